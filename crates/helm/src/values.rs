//! Values as Helm merges them: maps deep, all else replaced, null takes away.

use crate::scalar::unknown;
use manifest::{Entry, Lookup, Map, Node, Origin, UnknownReason, Value};

/// Values of several files in the order in which they are given; the last one wins. A map that is
/// *open* stands for values that are not at hand: what it may override is not known afterwards.
pub fn merge<'n>(values: impl IntoIterator<Item = &'n Node>) -> Option<Node> {
    values.into_iter().fold(None, |under, over| match under {
        None => Some(over.clone()),
        Some(under) => Some(lay(&under, over, Null::Stays)),
    })
}

/// What a null does to the value under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Null {
    /// Replaces it as any value: another file may come.
    Stays,
    /// Takes it away: under it are the chart's own defaults.
    Removes,
}

/// Lays one tree of values over another.
fn lay(under: &Node, over: &Node, null: Null) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&under.value, &over.value) else { return over.clone() };
    let mut entries = Vec::with_capacity(below.entries.len() + above.entries.len());
    for entry in &below.entries {
        entries.extend(laid(entry, above, null));
    }
    let new = above.entries.iter().filter(|entry| below.entry(&entry.key).is_none());
    for entry in new {
        let mut entry = entry.clone();
        if let Some(reason) = &below.open {
            open_below(&mut entry.value, reason);
        }
        entries.push(entry);
    }
    let open = above.open.clone().or_else(|| below.open.clone());
    Node { value: Value::Map(Map { entries, open }), origin: over.origin }
}

fn laid(entry: &Entry, above: &Map, null: Null) -> Option<Entry> {
    let value = match above.lookup(&entry.key) {
        Lookup::Present(over) if over.value.value == Value::Null && null == Null::Removes => return None,
        Lookup::Present(over) => {
            let value = lay(&entry.value, &over.value, null);
            return Some(Entry { key: entry.key.clone(), key_origin: over.key_origin, value });
        }
        Lookup::Unknown(reason) => unknown(reason.clone(), entry.value.origin),
        Lookup::Absent => entry.value.clone(),
    };
    Some(Entry { key: entry.key.clone(), key_origin: entry.key_origin, value })
}

/// Maps over one that is not known are merged with what may stand there.
fn open_below(node: &mut Node, reason: &UnknownReason) {
    if let Value::Map(map) = &mut node.value {
        map.entries.iter_mut().for_each(|entry| open_below(&mut entry.value, reason));
        map.open.get_or_insert_with(|| reason.clone());
    }
}

/// A value and where its key stands.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) key: Origin,
    pub(crate) node: Node,
}

/// The values that a chart's templates see.
#[derive(Debug)]
pub(crate) struct Values {
    root: Node,
}

impl Values {
    /// What was given, over the defaults of the chart.
    pub(crate) fn new(defaults: &Node, given: Option<&Node>) -> Self {
        let root = given.map_or_else(|| defaults.clone(), |given| lay(defaults, given, Null::Removes));
        Self { root }
    }

    /// The tree as a whole.
    pub(crate) fn into_root(self) -> Node {
        self.root
    }

    /// The value down a path; `None` where there is none or null.
    pub(crate) fn get(&self, path: &[&str]) -> Option<Given> {
        get(&self.root, path)
    }

    /// Where the map down a path is written, as far down as it is.
    pub(crate) fn origin(&self, path: &[&str]) -> Origin {
        let mut node = &self.root;
        for key in path {
            match node.get(key) {
                Some(below) if matches!(below.value, Value::Map(_) | Value::List(_)) => node = below,
                _ => break,
            }
        }
        node.origin
    }
}

/// The value down a path of any tree of values.
pub(crate) fn get(root: &Node, path: &[&str]) -> Option<Given> {
    let mut given = Given { key: root.origin, node: root.clone() };
    for key in path {
        given = match &given.node.value {
            Value::Map(map) => match map.lookup(key) {
                Lookup::Present(entry) => Given { key: entry.key_origin, node: entry.value.clone() },
                Lookup::Unknown(reason) => {
                    Given { key: given.key, node: unknown(reason.clone(), given.node.origin) }
                }
                Lookup::Absent => return None,
            },
            Value::Unknown(_) => given,
            _ => return None,
        };
    }
    (given.node.value != Value::Null).then_some(given)
}

/// Sets the value down a path of keys, making maps on the way.
pub(crate) fn set(root: &mut Node, path: &[&str], value: Node) {
    let Some((key, rest)) = path.split_first() else {
        *root = value;
        return;
    };
    if !matches!(root.value, Value::Map(_)) {
        *root = Node { value: Value::Map(Map::default()), origin: value.origin };
    }
    let Value::Map(map) = &mut root.value else { return };
    let at = map.entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let null = Node { value: Value::Null, origin: value.origin };
        map.entries.push(Entry { key: (*key).to_owned(), key_origin: value.origin, value: null });
        map.entries.len() - 1
    });
    if let Some(entry) = map.entries.get_mut(at) {
        set(&mut entry.value, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifest::{Limits, Source, SourceId, to_json};

    fn node(text: &str) -> Node {
        let source = Source::new("values.yaml", text.as_bytes().to_vec());
        let reading = manifest::read(&source, SourceId(0), &Limits::default());
        reading.documents[0].content.clone().unwrap()
    }

    #[test]
    fn the_last_file_wins_key_by_key_and_lists_are_replaced() {
        let files = [node("a: {x: 1, z: [1, 2]}\nb: 1"), node("a: {z: [3]}\nc: 2"), node("b: null")];
        assert_eq!(to_json(&merge(&files).unwrap()), r#"{"a":{"x":1,"z":[3]},"b":null,"c":2}"#);
    }

    #[test]
    fn null_takes_a_default_away() {
        let values = Values::new(&node("a: 1\nb: {c: 2, d: 3}"), Some(&node("a: null\nb: {c: null}")));
        assert!(values.get(&["a"]).is_none());
        assert!(values.get(&["b", "c"]).is_none());
        assert_eq!(values.get(&["b", "d"]).unwrap().node.as_i64(), Some(3));
    }

    #[test]
    fn what_is_not_at_hand_may_override_all_before_it_and_nothing_after_it() {
        let mut elsewhere = node("{}");
        let Value::Map(map) = &mut elsewhere.value else { unreachable!() };
        map.open = Some(UnknownReason::Unread);
        let merged = merge(&[node("a: 1\nb: 1"), elsewhere, node("b: 2")]).unwrap();
        let values = Values::new(&node("c: 3"), Some(&merged));
        assert!(values.get(&["a"]).unwrap().node.unknown_reason().is_some());
        assert_eq!(values.get(&["b"]).unwrap().node.as_i64(), Some(2));
        assert!(values.get(&["c"]).unwrap().node.unknown_reason().is_some());
    }

    #[test]
    fn a_path_is_set_through_maps_that_are_not_there_yet() {
        let mut root = node("a: {x: 1}");
        set(&mut root, &["a", "y"], node("2"));
        set(&mut root, &["b", "c"], node("3"));
        assert_eq!(to_json(&root), r#"{"a":{"x":1,"y":2},"b":{"c":3}}"#);
    }
}
