//! CRDs to types.

use crate::checks;
use crate::types::{Check, Root, Schemas, Shape, Type, Types};
use manifest::{Limits, Node, Source, SourceId};
use std::fs;
use std::path::{Path, PathBuf};

/// Reads the CRDs of directories; their order changes nothing.
pub(crate) fn read(directories: &[PathBuf]) -> Result<Schemas, String> {
    let mut schemas = Schemas::default();
    let mut directories: Vec<&PathBuf> = directories.iter().collect();
    directories.sort_by_key(|directory| directory.file_name());
    for directory in directories {
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let release = name.rsplit_once('-').map_or("", |(_, release)| release).to_owned();
        let failed = |error| format!("{}: {error}", directory.display());
        let entries = fs::read_dir(directory).map_err(failed)?;
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            file(&path, &release, &mut schemas)?;
        }
    }
    schemas.roots.sort_by(|one, two| {
        (&one.group, &one.kind, &one.version, &one.release).cmp(&(
            &two.group,
            &two.kind,
            &two.version,
            &two.release,
        ))
    });
    Ok(schemas)
}

fn file(path: &Path, release: &str, schemas: &mut Schemas) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let source = Source::new(path.to_string_lossy(), bytes);
    let reading = manifest::read(&source, SourceId(0), &Limits::default());
    for document in &reading.documents {
        let root = document.content.as_ref().map_err(|error| format!("{}: {error:?}", path.display()))?;
        let text = |keys: &[&str]| root.at(keys).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
        for version in root.at(&["spec", "versions"]).and_then(Node::as_list).unwrap_or_default() {
            let is_served = version.get("served").and_then(Node::as_bool) == Some(true);
            let schema = version.at(&["schema", "openAPIV3Schema"]);
            let of = match schema.filter(|_| is_served) {
                Some(schema) => {
                    let scale = version.at(&["subresources", "scale", "specReplicasPath"]);
                    let scale = scale.and_then(Node::as_str).unwrap_or_default();
                    Some(Reader { types: &mut schemas.types, kind: &kind, scale }.root(schema)?)
                }
                None => None,
            };
            let version = version.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
            schemas.roots.push(Root {
                group: group.clone(),
                kind: kind.clone(),
                version,
                release: release.to_owned(),
                of,
            });
        }
    }
    Ok(())
}

struct Reader<'t> {
    types: &'t mut Types,
    kind: &'t str,
    /// The path of what `kubectl scale` sets.
    scale: &'t str,
}

impl Reader<'_> {
    /// A whole object; what Kubernetes itself checks of it is left out, and so is the status, which
    /// is not written by people.
    fn root(&mut self, schema: &Node) -> Result<usize, String> {
        let mut root = self.object(schema, "")?;
        root.fields.retain(|(name, ..)| name == "spec");
        let open = self.types.add(any());
        for name in ["apiVersion", "kind", "metadata", "status"] {
            root.fields.push((name.to_owned(), open, None));
        }
        root.fields.sort();
        Ok(self.types.add(root))
    }

    fn schema(&mut self, schema: &Node, path: &str) -> Result<usize, String> {
        let of = self.object(schema, path)?;
        Ok(self.types.add(of))
    }

    fn object(&mut self, schema: &Node, path: &str) -> Result<Type, String> {
        let flag = |key| schema.get(key).and_then(Node::as_bool) == Some(true);
        let mut of = Type {
            shape: shape(schema)?,
            nullable: flag("nullable"),
            open: flag("x-kubernetes-preserve-unknown-fields"),
            fields: Vec::new(),
            of: None,
            required: strings(schema.get("required")),
            checks: bounds(schema)?,
        };
        of.required.sort();
        for entry in entries(schema.get("properties")) {
            let default = entry.value.get("default").map(manifest::to_json);
            let field = self.schema(&entry.value, &format!("{path}.{}", entry.key))?;
            of.fields.push((entry.key.clone(), field, default));
        }
        of.fields.sort();
        let inner = schema.get("items").or_else(|| schema.get("additionalProperties"));
        if let Some(inner) = inner.filter(|inner| inner.as_map().is_some()) {
            of.of = Some(self.schema(inner, &format!("{path}[]"))?);
        }
        for validation in schema.get("x-kubernetes-validations").and_then(Node::as_list).unwrap_or_default() {
            let rule = validation.get("rule").and_then(Node::as_str).unwrap_or_default();
            of.checks.extend(checks::of_rule(self.kind, path, rule)?);
        }
        if !path.is_empty() && path == self.scale {
            of.checks.extend([("Min", 0, String::new()), ("Int32", 0, String::new())]);
        }
        of.checks.sort();
        of.checks.dedup();
        Ok(of)
    }
}

fn any() -> Type {
    let (fields, required, checks) = (Vec::new(), Vec::new(), Vec::new());
    Type { shape: Shape::Any, nullable: true, open: true, fields, of: None, required, checks }
}

fn shape(schema: &Node) -> Result<Shape, String> {
    if schema.get("x-kubernetes-int-or-string").is_some() {
        return Ok(Shape::IntOrString);
    }
    Ok(match schema.get("type").and_then(Node::as_str) {
        Some("object") if schema.get("additionalProperties").is_some() => Shape::Map,
        Some("object") => Shape::Object,
        Some("array") => Shape::List,
        Some("string") => Shape::String,
        Some("integer") => Shape::Int,
        Some("boolean") => Shape::Bool,
        None => Shape::Any,
        Some(other) => return Err(format!("a type `{other}`")),
    })
}

/// Numbers that bound a value, by the name that the schema crate has for the check.
const NUMBERS: [(&str, &str); 8] = [
    ("minimum", "Min"),
    ("maximum", "Max"),
    ("minLength", "MinLength"),
    ("maxLength", "MaxLength"),
    ("minItems", "MinItems"),
    ("maxItems", "MaxItems"),
    ("minProperties", "MinFields"),
    ("maxProperties", "MaxFields"),
];

fn bounds(schema: &Node) -> Result<Vec<Check>, String> {
    let mut found: Vec<Check> = Vec::new();
    for (key, name) in NUMBERS {
        if let Some(bound) = schema.get(key) {
            let bound = bound.as_i64().ok_or_else(|| format!("`{key}` is no whole number"))?;
            found.push((name, bound, String::new()));
        }
    }
    if let Some(pattern) = schema.get("pattern").and_then(Node::as_str) {
        found.push(("Pattern", 0, pattern.to_owned()));
    }
    if let Some(values) = schema.get("enum") {
        found.push(("Enum", 0, strings(Some(values)).join("\n")));
    }
    match schema.get("format").and_then(Node::as_str) {
        Some("int32") => found.push(("Int32", 0, String::new())),
        Some("date-time") => found.push(("DateTime", 0, String::new())),
        Some("byte") => found.push(("Base64", 0, String::new())),
        _ => {}
    }
    match schema.get("x-kubernetes-list-type").and_then(Node::as_str) {
        Some("map") => {
            found.push(("ListMap", 0, strings(schema.get("x-kubernetes-list-map-keys")).join("\n")));
        }
        Some("set") => found.push(("Set", 0, String::new())),
        _ => {}
    }
    Ok(found)
}

fn strings(list: Option<&Node>) -> Vec<String> {
    let items = list.and_then(Node::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn entries(map: Option<&Node>) -> &[manifest::Entry] {
    map.and_then(Node::as_map).map(|map| map.entries.as_slice()).unwrap_or_default()
}
