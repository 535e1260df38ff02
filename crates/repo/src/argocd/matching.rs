//! Which paths and parameters are meant: globs of directories and files, selectors of labels.

use super::parameters::{Parameters, flat};
use globset::{GlobBuilder, GlobMatcher};
use manifest::Node;

/// A glob over directories: `*` stays within one part of the path, and `**` means no more.
pub(crate) fn directories(glob: &str) -> Option<GlobMatcher> {
    matcher(glob, true)
}

/// A glob over files as Git takes it: `*` crosses parts of the path, and what has no mark means
/// all below it too.
pub(crate) fn files(glob: &str) -> Option<impl Fn(&str) -> bool + use<>> {
    let matcher = matcher(glob, false)?;
    let below = format!("{}/", glob.trim_end_matches('/'));
    Some(move |path: &str| matcher.is_match(path) || path.starts_with(&below))
}

fn matcher(glob: &str, literal_separator: bool) -> Option<GlobMatcher> {
    let mut plain = String::new();
    for char in glob.chars() {
        match char {
            '*' if plain.ends_with('*') => {}
            // Neither knows alternatives.
            '{' | '}' => plain.extend(['[', char, ']']),
            _ => plain.push(char),
        }
    }
    GlobBuilder::new(&plain)
        .literal_separator(literal_separator)
        .build()
        .ok()
        .map(|glob| glob.compile_matcher())
}

/// The directory that a glob cannot leave.
pub(crate) fn fixed(glob: &str) -> &str {
    let plain = glob.split(['*', '?', '[', '\\']).next().unwrap_or_default();
    if plain.len() == glob.len() { glob } else { plain.rsplit_once('/').map_or("", |(dir, _)| dir) }
}

/// Whether a label selector means these parameters; `None` where that is not known.
pub(crate) fn selects(selector: &Node, parameters: &Parameters) -> Option<bool> {
    let node = Node { value: manifest::Value::Map(parameters.clone()), origin: selector.origin };
    let labels = flat(&node);
    let value = |key: &str| match labels.lookup(key) {
        manifest::Lookup::Present(entry) => entry.value.as_str().map(Some),
        manifest::Lookup::Absent => Some(None),
        manifest::Lookup::Unknown(_) => None,
    };
    let wanted = selector.get("matchLabels").and_then(Node::as_map).map(|map| map.entries.as_slice());
    for entry in wanted.unwrap_or_default() {
        if value(&entry.key)? != Some(entry.value.as_str()?) {
            return Some(false);
        }
    }
    for expression in selector.get("matchExpressions").and_then(Node::as_list).unwrap_or_default() {
        let found = value(expression.get("key")?.as_str()?)?;
        let values = expression.get("values").and_then(Node::as_list).unwrap_or_default();
        let among = found.is_some_and(|found| values.iter().any(|one| one.as_str() == Some(found)));
        let holds = match expression.get("operator")?.as_str()? {
            "In" => among,
            "NotIn" => !among,
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            _ => return None,
        };
        if !holds {
            return Some(false);
        }
    }
    Some(true)
}
