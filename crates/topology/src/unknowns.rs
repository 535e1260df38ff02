//! Which dialect each part of an object is written in.

use manifest::{Dialect, Node, Value};

/// Kinds that hold a template of External Secrets, and where: `{{ .key }}` there is theirs.
const TEMPLATES: [(&str, &[&str]); 3] = [
    ("ExternalSecret", &["spec", "target", "template"]),
    ("ClusterExternalSecret", &["spec", "externalSecretSpec", "target", "template"]),
    ("PushSecret", &["spec", "template"]),
];

/// Marks what is not known of an object written in `dialect`. In a template of External Secrets
/// `{{ .key }}` is literal at every door; a `${VARIABLE}` of Flux is none the less a variable.
pub fn mark_unknowns(object: &mut Node, dialect: Dialect) {
    let kind = object.get("kind").and_then(Node::as_str);
    let template = TEMPLATES.iter().find(|(name, _)| kind == Some(name)).map(|(_, path)| *path);
    let pointer = template.map(|path| format!("/{}", path.join("/")));
    manifest::mark_unknowns(object, dialect, &|at| Some(at) == pointer.as_deref());
    if let Some(node) = template.and_then(|path| at_mut(object, path)) {
        manifest::mark_unknowns(node, Dialect { templates: false, ..dialect }, &|_| false);
    }
}

fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| match &mut node.value {
        Value::Map(map) => {
            map.entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
        }
        _ => None,
    })
}
