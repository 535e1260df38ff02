//! A map that is being made.

use crate::values::Given;
use manifest::{Entry, Map, Node, Origin, UnknownReason, Value};

/// A map that is being made; null is left out, as the API server leaves it out.
pub(super) struct Fields {
    map: Map,
    origin: Origin,
}

impl Fields {
    pub(super) fn new(origin: Origin) -> Self {
        Self { map: Map::default(), origin }
    }

    /// A value that was given, under another key.
    pub(super) fn put(&mut self, key: &str, given: Option<Given>) {
        if let Some(given) = given.filter(|given| given.node.value != Value::Null) {
            self.map.entries.push(Entry { key: key.to_owned(), key_origin: given.key, value: given.node });
        }
    }

    /// A value whose key stands where it stands itself.
    pub(super) fn node(&mut self, key: &str, node: Node) {
        self.put(key, Some(Given { key: node.origin, node }));
    }

    /// A map, unless it is empty.
    pub(super) fn map(&mut self, key: &str, fields: Self) {
        if !fields.is_empty() {
            self.node(key, fields.finish());
        }
    }

    /// There may be more keys.
    pub(super) fn open(&mut self, reason: UnknownReason) {
        self.map.open.get_or_insert(reason);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.map.entries.is_empty() && self.map.open.is_none()
    }

    pub(super) fn finish(self) -> Node {
        Node { value: Value::Map(self.map), origin: self.origin }
    }
}
