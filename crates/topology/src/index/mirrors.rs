//! Annotations that have a Secret copied into other namespaces.

use crate::index::makers::Reach;
use manifest::Node;

/// Where the annotations of the Secret that an object makes can stand.
const ANNOTATIONS: [&[&str]; 5] = [
    &["metadata", "annotations"],
    &["spec", "target", "template", "metadata", "annotations"],
    &["spec", "template", "metadata", "annotations"],
    &["spec", "secretTemplate", "annotations"],
    // The operator puts these on all that it makes for a Cluster.
    &["spec", "inheritedMetadata", "annotations"],
];

/// Where else the Secret that an object makes is copied to, by the annotations of
/// kubernetes-reflector, kubernetes-replicator and config-syncer (from their documentation).
pub(crate) fn mirrored(node: &Node) -> Option<Reach> {
    ANNOTATIONS.iter().filter_map(|keys| node.at(keys)).find_map(reach)
}

fn reach(annotations: &Node) -> Option<Reach> {
    let text = |key: &str| annotations.get(key).and_then(Node::raw_text);
    let reflector = |key: &str| text(&format!("reflector.v1.k8s.emberstack.com/{key}"));
    let replicator = |key: &str| text(&format!("replicator.v1.mittwald.de/{key}"));
    if reflector("reflection-auto-enabled") == Some("true") {
        let names =
            reflector("reflection-auto-namespaces").or_else(|| reflector("reflection-allowed-namespaces"));
        return Some(names.filter(|names| !names.is_empty()).map_or(Reach::Everywhere, listed));
    }
    if let Some(names) = replicator("replicate-to") {
        return Some(listed(names));
    }
    if replicator("replicate-to-matching").is_some() {
        return Some(Reach::Perhaps);
    }
    let sync = text("kubed.appscode.com/sync")?;
    Some(if sync.is_empty() { Reach::Everywhere } else { Reach::Perhaps })
}

/// A list of namespaces, in which an item can also be a pattern.
fn listed(names: &str) -> Reach {
    let names: Vec<_> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let plain = |name: &&str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if names.iter().all(plain) {
        Reach::Namespaces(names.into_iter().map(str::to_owned).collect())
    } else {
        Reach::Perhaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_patterns() {
        assert_eq!(listed("web, auth"), Reach::Namespaces(vec!["web".to_owned(), "auth".to_owned()]));
        assert_eq!(listed("web-.*"), Reach::Perhaps);
        assert_eq!(listed("${NAMESPACE}"), Reach::Perhaps);
    }
}
