//! Changing Nodes: what `manifest` does not offer, because it only reads.

use manifest::{Entry, Map, Node, Number, Origin, Value};
use std::borrow::Cow;

/// The map, if the node is one.
pub(crate) fn map_mut(node: &mut Node) -> Option<&mut Map> {
    match &mut node.value {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// The list, if the node is one.
pub(crate) fn list_mut(node: &mut Node) -> Option<&mut Vec<Node>> {
    match &mut node.value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

/// The value at `key`, to be changed.
pub(crate) fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    entry_mut(map_mut(node)?, key).map(|entry| &mut entry.value)
}

/// The entry of that key, to be changed.
pub(crate) fn entry_mut<'m>(map: &'m mut Map, key: &str) -> Option<&'m mut Entry> {
    map.entries.iter_mut().find(|entry| entry.key == key)
}

/// Takes the entry of that key out.
pub(crate) fn remove(map: &mut Map, key: &str) -> Option<Entry> {
    let at = map.entries.iter().position(|entry| entry.key == key)?;
    Some(map.entries.remove(at))
}

/// Puts an entry in the place of the one of its key, or at the end.
pub(crate) fn put(map: &mut Map, entry: Entry) {
    match entry_mut(map, &entry.key) {
        Some(found) => *found = entry,
        None => map.entries.push(entry),
    }
}

/// Sets the value of a key; a key that is there keeps its place.
pub(crate) fn set(map: &mut Map, key: &str, key_origin: Origin, value: Node) {
    match entry_mut(map, key) {
        Some(found) => found.value = value,
        None => map.entries.push(Entry { key: key.to_owned(), key_origin, value }),
    }
}

/// The text of a scalar; `None` for null, a list or a map.
pub(crate) fn text(node: &Node) -> Option<Cow<'_, str>> {
    match &node.value {
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Number(Number::Int(value)) => Some(Cow::Owned(value.to_string())),
        Value::Number(_) => Some(Cow::Owned(manifest::to_json(node))),
        _ => node.raw_text().map(Cow::Borrowed),
    }
}

/// How many nodes there are, this one and its keys counted.
pub(crate) fn weight(node: &Node) -> usize {
    1 + node.children().map(|child| 1 + weight(child)).sum::<usize>()
}

/// A string.
pub(crate) fn string(text: impl Into<String>, origin: Origin) -> Node {
    Node { value: Value::String(text.into()), origin }
}

/// A map without entries.
pub(crate) fn empty_map(origin: Origin) -> Node {
    Node { value: Value::Map(Map::default()), origin }
}

/// A scalar that another was made of: its place, brought here by `by`.
pub(crate) fn brought(origin: Origin, by: Origin) -> Origin {
    Origin { span: origin.span, used_at: Some(by.span) }
}

/// The items of the list at `key`, none where it is no list.
pub(crate) fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).and_then(Node::as_list).unwrap_or_default()
}

/// The entries of a map, none where it is no map.
pub(crate) fn entries(node: &Node) -> &[Entry] {
    node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default()
}
