//! What a patch is aimed at: group, kind, name and labels of objects.

use manifest::{Manifest, Node};

/// The target of a patch. What is not said matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) kind: Option<String>,
    /// A regular expression that the whole name must match.
    pub(crate) name: Option<String>,
    pub(crate) labels: Option<String>,
    pub(crate) annotations: Option<String>,
}

impl Target {
    /// The `target` of a patch as kustomize reads it.
    pub(crate) fn read(node: &Node) -> Self {
        let text = |key| node.get(key).and_then(Node::raw_text).map(str::to_owned);
        Self {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
            name: text("name"),
            labels: text("labelSelector"),
            annotations: text("annotationSelector"),
        }
    }

    /// The object that a strategic merge patch without a target is aimed at: the one it names.
    pub(crate) fn of_patch(patch: &Node) -> Option<Self> {
        let (group, version) = split_version(patch.get("apiVersion")?.raw_text()?);
        Some(Self {
            group: Some(group.to_owned()),
            version: Some(version.to_owned()),
            kind: Some(patch.get("kind")?.raw_text()?.to_owned()),
            name: Some(patch.at(&["metadata", "name"])?.raw_text()?.to_owned()),
            ..Self::default()
        })
    }

    /// Whether an object may be meant. Where it cannot be told, it may.
    pub(crate) fn may_match(&self, manifest: &Manifest) -> bool {
        let (group, version) = manifest.api_version().map(split_version).unwrap_or_default();
        let said =
            |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| matches(wanted, is));
        let map = |key| manifest.node.at(&["metadata", key]);
        said(&self.group, group)
            && said(&self.version, version)
            && said(&self.kind, manifest.kind().unwrap_or_default())
            && said(&self.name, manifest.name().unwrap_or_default())
            && self.labels.as_deref().is_none_or(|selector| selects(selector, map("labels")))
            && self.annotations.as_deref().is_none_or(|selector| selects(selector, map("annotations")))
    }
}

fn split_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Whether a pattern may match a whole text. `.*` is any text; a pattern with other marks of a
/// regular expression may match anything.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern == text || pattern.is_empty() {
        return true;
    }
    if text.contains("${") || pattern.contains("${") {
        return true;
    }
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    if pattern.replace(".*", "").contains(['*', '+', '?', '[', '(', '|', '\\', '{']) {
        return true;
    }
    let Some((first, rest)) = pattern.split_once(".*") else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces = rest.split(".*").peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        let Some(at) = text.find(piece) else { return false };
        text = text.get(at + piece.len()..).unwrap_or_default();
    }
    true
}

/// Whether a label selector may select an object with these labels.
pub(crate) fn selects(selector: &str, labels: Option<&Node>) -> bool {
    requirements(selector).all(|requirement| satisfied(requirement.trim(), labels))
}

/// A selector's parts: commas inside `in (a, b)` separate nothing.
fn requirements(selector: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    selector.split(move |char| {
        depth += match char {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        char == ',' && depth == 0
    })
}

fn satisfied(requirement: &str, labels: Option<&Node>) -> bool {
    let value = |key: &str| labels.and_then(|labels| labels.get(key.trim()));
    let is = |key: &str, wanted: &str| match value(key).map(|node| (node.as_str(), node.unknown_reason())) {
        Some((Some(text), _)) => text == wanted.trim(),
        Some((None, unknown)) => unknown.is_some(),
        None => false,
    };
    let among = |key: &str, list: &str| {
        list.trim().trim_start_matches('(').trim_end_matches(')').split(',').any(|one| is(key, one))
    };
    if let Some((key, wanted)) = requirement.split_once("!=") {
        !is(key, wanted)
    } else if let Some((key, wanted)) = requirement.split_once('=') {
        is(key, wanted.trim_start_matches('='))
    } else if let Some((key, list)) = requirement.split_once(" notin ") {
        !among(key, list)
    } else if let Some((key, list)) = requirement.split_once(" in ") {
        among(key, list)
    } else if let Some(key) = requirement.strip_prefix('!') {
        value(key).is_none()
    } else {
        requirement.is_empty() || value(requirement).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_whole_text() {
        assert!(matches("image-.*-controller", "image-reflector-controller"));
        assert!(!matches("image-.*-controller", "image-reflector"));
        assert!(!matches("db", "db-2") && matches(".*", "db") && matches("^db.*$", "db-2"));
        assert!(matches("(a|b)", "c"), "what is not understood may match");
    }

    #[test]
    fn a_selector_without_labels_selects_by_absence_only() {
        assert!(selects("!a, b notin (x, y)", None));
        assert!(!selects("a", None));
        assert!(!selects("a in (x)", None));
        assert!(!selects("a=x", None) && selects("a!=x", None) && selects("", None));
    }
}
