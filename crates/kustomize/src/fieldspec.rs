//! Field specs: which field of which kinds a transformer sets.

use crate::item::Id;
use crate::tree;
use manifest::{Node, Origin, Value};

/// A field of some kinds. Empty group, version or kind mean any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) path: Vec<String>,
    /// The path is made where it is not there.
    pub(crate) create: bool,
}

/// What is made at the end of a path that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Nothing,
    Map,
    Scalar,
}

impl FieldSpec {
    /// Whether the object is of its kinds.
    pub(crate) fn selects(&self, id: &Id<'_>) -> bool {
        id.is_of(&self.group, &self.version, &self.kind)
    }

    /// Whether its path is that.
    pub(crate) fn is_path(&self, path: &[&str]) -> bool {
        self.path.len() == path.len() && self.path.iter().zip(path).all(|(one, other)| one == other)
    }

    /// Calls `set` on every value at the path. What is made on the way has `origin`.
    pub(crate) fn visit(
        &self,
        object: &mut Node,
        made: Made,
        origin: Origin,
        set: &mut dyn FnMut(&mut Node),
    ) {
        let made = if self.create { made } else { Made::Nothing };
        visit(object, &self.path, made, origin, set);
    }
}

/// Splits a path; `\/` is a `/` in a key.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        match parts.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            None => parts.push(part.to_owned()),
        }
    }
    parts
}

fn visit(node: &mut Node, path: &[String], made: Made, origin: Origin, set: &mut dyn FnMut(&mut Node)) {
    let Some((first, rest)) = path.split_first() else { return set(node) };
    match &mut node.value {
        // A list has no part of the path of its own.
        Value::List(items) => {
            for item in items.iter_mut() {
                visit(item, path, made, origin, set);
            }
        }
        Value::Map(map) => {
            let key = first.strip_suffix("[]").unwrap_or(first);
            let made_here = if key.len() == first.len() { made } else { Made::Nothing };
            if made_here != Made::Nothing
                && map.entry(key).is_none_or(|entry| entry.value.value == Value::Null)
            {
                let value = match (rest.is_empty(), made_here) {
                    (true, Made::Scalar) => Node { value: Value::Null, origin },
                    _ => tree::empty_map(origin),
                };
                tree::set(map, key, origin, value);
            }
            if let Some(entry) = tree::entry_mut(map, key) {
                visit(&mut entry.value, rest, made, origin, set);
            }
        }
        _ => {}
    }
}
