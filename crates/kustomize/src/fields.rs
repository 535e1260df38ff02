//! Which fields a kustomization file has: kustomize refuses any other.

use manifest::{Entry, Node, Value};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Any,
    Text,
    Flag,
    Texts,
    /// A map of texts.
    Map,
    /// A map with these fields.
    Of(Fields),
    /// A list of such maps.
    List(Fields),
}

type Fields = &'static [(&'static str, Shape)];

const SELECTOR: Fields = &[
    ("group", Shape::Text),
    ("version", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("labelSelector", Shape::Text),
    ("annotationSelector", Shape::Text),
];

const PATCH: Fields = &[
    ("path", Shape::Text),
    ("patch", Shape::Text),
    ("target", Shape::Of(SELECTOR)),
    ("options", Shape::Any),
];

const IMAGE: Fields = &[
    ("name", Shape::Text),
    ("newName", Shape::Text),
    ("newTag", Shape::Text),
    ("tagSuffix", Shape::Text),
    ("digest", Shape::Text),
];

const OPTIONS: Fields = &[
    ("labels", Shape::Map),
    ("annotations", Shape::Map),
    ("disableNameSuffixHash", Shape::Flag),
    ("immutable", Shape::Flag),
];

const CONFIG_MAP: Fields = &[
    ("namespace", Shape::Text),
    ("name", Shape::Text),
    ("behavior", Shape::Text),
    ("literals", Shape::Texts),
    ("files", Shape::Texts),
    ("envs", Shape::Texts),
    ("env", Shape::Text),
    ("options", Shape::Of(OPTIONS)),
];

const SECRET: Fields = &[
    ("namespace", Shape::Text),
    ("name", Shape::Text),
    ("behavior", Shape::Text),
    ("literals", Shape::Texts),
    ("files", Shape::Texts),
    ("envs", Shape::Texts),
    ("env", Shape::Text),
    ("type", Shape::Text),
    ("options", Shape::Of(OPTIONS)),
];

const LABEL: Fields = &[
    ("pairs", Shape::Map),
    ("includeSelectors", Shape::Flag),
    ("includeTemplates", Shape::Flag),
    ("fields", Shape::Any),
];

const REPLICA: Fields = &[("name", Shape::Text), ("count", Shape::Any)];

const REPLACEMENT: Fields =
    &[("path", Shape::Text), ("source", Shape::Any), ("sourceValue", Shape::Text), ("targets", Shape::Any)];

const KUSTOMIZATION: Fields = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("metadata", Shape::Any),
    ("openapi", Shape::Map),
    ("namePrefix", Shape::Text),
    ("nameSuffix", Shape::Text),
    ("namespace", Shape::Text),
    ("commonLabels", Shape::Map),
    ("labels", Shape::List(LABEL)),
    ("commonAnnotations", Shape::Map),
    ("patchesStrategicMerge", Shape::Texts),
    ("patchesJson6902", Shape::List(PATCH)),
    ("patches", Shape::List(PATCH)),
    ("images", Shape::List(IMAGE)),
    ("imageTags", Shape::List(IMAGE)),
    ("replacements", Shape::List(REPLACEMENT)),
    ("replicas", Shape::List(REPLICA)),
    ("vars", Shape::Any),
    ("sortOptions", Shape::Any),
    ("resources", Shape::Texts),
    ("components", Shape::Texts),
    ("crds", Shape::Texts),
    ("bases", Shape::Texts),
    ("configMapGenerator", Shape::List(CONFIG_MAP)),
    ("secretGenerator", Shape::List(SECRET)),
    ("helmGlobals", Shape::Any),
    ("helmCharts", Shape::Any),
    ("helmChartInflationGenerator", Shape::Any),
    ("generatorOptions", Shape::Of(OPTIONS)),
    ("configurations", Shape::Texts),
    ("generators", Shape::Texts),
    ("transformers", Shape::Texts),
    ("validators", Shape::Texts),
    ("buildMetadata", Shape::Texts),
];

/// What kustomize refuses in a kustomization file: a sentence for each, and the node.
pub(crate) fn check(file: &Node) -> Vec<(String, &Node)> {
    let mut wrong = Vec::new();
    map(file, KUSTOMIZATION, "", &mut wrong);
    wrong
}

fn map<'n>(node: &'n Node, fields: Fields, of: &str, wrong: &mut Vec<(String, &'n Node)>) {
    let entries: &[Entry] = match &node.value {
        Value::Map(map) => &map.entries,
        Value::Null => return,
        _ => return wrong.push((format!("{of} is a map"), node)),
    };
    for entry in entries {
        let known = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&entry.key));
        match known {
            Some((name, shape)) => value(&entry.value, *shape, name, wrong),
            None if of.is_empty() => {
                wrong.push((format!("kustomize knows no field `{}`", entry.key), &entry.value));
            }
            None => wrong.push((format!("kustomize knows no field `{}` of {of}", entry.key), &entry.value)),
        }
    }
}

fn value<'n>(node: &'n Node, shape: Shape, name: &str, wrong: &mut Vec<(String, &'n Node)>) {
    if node.value == Value::Null {
        return;
    }
    let mut must = |fine: bool, what: &str| {
        if !fine {
            wrong.push((format!("`{name}` is {what}"), node));
        }
    };
    match shape {
        Shape::Any => {}
        Shape::Text => must(node.raw_text().is_some(), "a string"),
        Shape::Flag => must(node.as_bool().is_some(), "true or false"),
        Shape::Texts => {
            must(node.as_list().is_some_and(|items| items.iter().all(is_text)), "a list of strings");
        }
        Shape::Map => {
            must(
                node.as_map().is_some_and(|map| map.entries.iter().all(|one| is_text(&one.value))),
                "a map of strings",
            );
        }
        Shape::Of(fields) => map(node, fields, &format!("`{name}`"), wrong),
        Shape::List(fields) => match node.as_list() {
            Some(items) => items.iter().for_each(|item| map(item, fields, &format!("`{name}`"), wrong)),
            None => must(false, "a list"),
        },
    }
}

fn is_text(node: &Node) -> bool {
    node.value == Value::Null || node.raw_text().is_some()
}
