//! The generator that turns directories and files of a repository into parameters.

use super::lookup::Lookup;
use super::matching;
use super::parameters::{Parameters, flat, map, set, text};
use super::template::{Language, Refusal};
use crate::paths;
use manifest::{Map, Node, Origin, UnknownReason, Value};
use std::collections::BTreeMap;

/// The parameters that a `git` generator gives.
pub(crate) fn parameters(
    generator: &Node,
    language: Language,
    checkout: &dyn Lookup,
) -> Result<Vec<Parameters>, Refusal> {
    let prefix = generator.get("pathParamPrefix").and_then(Node::as_str).filter(|text| !text.is_empty());
    let maker = Maker { language, prefix };
    let list = |key| generator.get(key).and_then(Node::as_list).filter(|items| !items.is_empty());
    let mut made = if let Some(directories) = list("directories") {
        directories_of(directories, checkout).iter().map(|(path, at)| maker.directory(path, *at)).collect()
    } else if let Some(files) = list("files") {
        maker.files(files, checkout)?
    } else {
        return Err("a git generator names neither directories nor files".to_owned());
    };
    if let Some(values) = generator.get("values") {
        for parameters in &mut made {
            add_values(values, language, parameters)?;
        }
    }
    Ok(made)
}

/// Adds what the generator's own `values` make of the parameters.
fn add_values(values: &Node, language: Language, parameters: &mut Parameters) -> Result<(), Refusal> {
    let filled = language.fill(values, parameters)?;
    if language.is_go() {
        set(parameters, "values".to_owned(), filled);
        return Ok(());
    }
    for entry in filled.as_map().map(|map| map.entries.as_slice()).unwrap_or_default() {
        set(parameters, format!("values.{}", entry.key), entry.value.clone());
    }
    Ok(())
}

/// A path and the place of the glob that means it.
type Meant = BTreeMap<String, Origin>;

fn is_excluded(item: &Node) -> bool {
    item.get("exclude").and_then(Node::as_bool) == Some(true)
}

/// The path of an item; `None` where it is not known.
fn path_of(item: &Node) -> Option<(&str, Origin)> {
    let node = item.get("path")?;
    Some((node.as_str()?, node.origin))
}

/// The directories that are meant and not excluded, hidden ones left out.
fn directories_of(items: &[Node], checkout: &dyn Lookup) -> Meant {
    let mut meant = Meant::new();
    for (glob, origin) in items.iter().filter(|item| !is_excluded(item)).filter_map(path_of) {
        let Some(matcher) = matching::directories(glob) else { continue };
        let found = checkout.directories(matching::fixed(glob));
        let found = found.into_iter().filter(|path| matcher.is_match(path) && !is_hidden(path));
        for path in found {
            meant.entry(path).or_insert(origin);
        }
    }
    for (glob, _) in items.iter().filter(|item| is_excluded(item)).filter_map(path_of) {
        let Some(matcher) = matching::directories(glob) else { continue };
        meant.retain(|path, _| !matcher.is_match(path));
    }
    meant
}

fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// Makes parameters of paths.
struct Maker<'p> {
    language: Language,
    /// Keeps the paths of two generators apart.
    prefix: Option<&'p str>,
}

impl Maker<'_> {
    fn directory(&self, path: &str, at: Origin) -> Parameters {
        let mut parameters = Parameters::default();
        self.add_path(path, None, at, &mut parameters);
        parameters
    }

    fn files(&self, items: &[Node], checkout: &dyn Lookup) -> Result<Vec<Parameters>, Refusal> {
        let mut meant = Meant::new();
        let (out, wanted): (Vec<_>, Vec<_>) = items.iter().partition(|item| is_excluded(item));
        for (glob, origin) in wanted.into_iter().filter_map(path_of) {
            let Some(matches) = matching::files(glob) else { continue };
            let below = matching::fixed(glob);
            // What names a file and no directory stands in the directory above.
            let mut found = checkout.files(below);
            if found.is_empty() {
                found = checkout.files(paths::parent(below));
            }
            for path in found.into_iter().filter(|path| matches(path)) {
                meant.entry(path).or_insert(origin);
            }
        }
        for (glob, _) in out.into_iter().filter_map(path_of) {
            let Some(matches) = matching::files(glob) else { continue };
            meant.retain(|path, _| !matches(path));
        }
        let mut made = Vec::new();
        for (path, origin) in meant {
            self.file(&path, origin, checkout, &mut made)?;
        }
        Ok(made)
    }

    /// A file gives one set for the map that it holds, or one for each map in its list.
    fn file(
        &self,
        path: &str,
        at: Origin,
        checkout: &dyn Lookup,
        into: &mut Vec<Parameters>,
    ) -> Result<(), Refusal> {
        let unread = Map { entries: Vec::new(), open: Some(UnknownReason::Unread) };
        let content = checkout.content(path, at).unwrap_or(Node { value: Value::Map(unread), origin: at });
        let items = match &content.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&content),
        };
        for item in items {
            let mut parameters = match &item.value {
                Value::Null => Parameters::default(),
                Value::Map(map) if self.language.is_go() => map.clone(),
                Value::Map(_) => flat(item),
                _ => return Err(format!("{path} holds neither a map nor a list of maps")),
            };
            self.add_path(paths::parent(path), Some(paths::file_name(path)), at, &mut parameters);
            into.push(parameters);
        }
        Ok(())
    }

    /// Adds what a directory, and a file in it, are called.
    fn add_path(&self, dir: &str, file: Option<&str>, at: Origin, parameters: &mut Parameters) {
        let dir = if dir.is_empty() { "." } else { dir };
        let name = paths::file_name(dir);
        let mut names = vec![
            ("path", dir.to_owned()),
            ("basename", name.to_owned()),
            ("basenameNormalized", normalized(name)),
        ];
        if let Some(file) = file {
            names.push(("filename", file.to_owned()));
            names.push(("filenameNormalized", normalized(file)));
        }
        if self.language.is_go() {
            let mut entries: Vec<_> = names.into_iter().map(|(key, value)| (key, text(value, at))).collect();
            let segments = dir.split('/').map(|part| text(part, at)).collect();
            entries.push(("segments", Node { value: Value::List(segments), origin: at }));
            let path = map(entries, at);
            match self.prefix {
                Some(prefix) => set(parameters, prefix.to_owned(), map(vec![("path", path)], at)),
                None => set(parameters, "path".to_owned(), path),
            }
            return;
        }
        let base = self.prefix.map_or_else(|| "path".to_owned(), |prefix| format!("{prefix}.path"));
        for (key, value) in names {
            let key = if key == "path" { base.clone() } else { format!("{base}.{key}") };
            set(parameters, key, text(value, at));
        }
        for (index, part) in dir.split('/').enumerate().filter(|(_, part)| !part.is_empty()) {
            set(parameters, format!("{base}[{index}]"), text(part, at));
        }
    }
}

/// A name that a Kubernetes object may have.
pub(crate) fn normalized(name: &str) -> String {
    const LONGEST: usize = 253;
    let lower = name.to_lowercase();
    let allowed =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '.');
    let clean: String =
        lower.chars().map(|char| if allowed(char) { char } else { '-' }).take(LONGEST).collect();
    clean.trim_matches(['-', '.']).to_owned()
}
