//! Which dialect each part of an object is written in.

use manifest::{Dialect, Node, Value};

/// Where `{{ }}` is the language of the kind itself: a template of External Secrets, an alert, a
/// policy. It is rendered in the cluster, so in the manifest it is what the author wrote.
fn own_template(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "ExternalSecret" => Some(&["spec", "target", "template"]),
        "ClusterExternalSecret" => Some(&["spec", "externalSecretSpec", "target", "template"]),
        "PushSecret" => Some(&["spec", "template"]),
        "ClusterPushSecret" => Some(&["spec", "pushSecretSpec", "template"]),
        "PrometheusRule" | "VMRule" => Some(&["spec"]),
        kind if kind.ends_with("Policy") => Some(&["spec"]),
        _ => None,
    }
}

/// Marks what is not known of an object written in `dialect`. `{{ }}` in a template of the kind's
/// own is literal at every door; a `${VARIABLE}` of Flux is none the less a variable.
pub fn mark_unknowns(object: &mut Node, dialect: Dialect) {
    let template = object.get("kind").and_then(Node::as_str).and_then(own_template);
    manifest::mark_unknowns_but(object, dialect, template);
    if let Some(node) = template.and_then(|path| at_mut(object, path)) {
        manifest::mark_unknowns(node, Dialect { templates: false, ..dialect });
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
