//! Which value a scalar of a rendered object comes from.

use crate::values::Values;
use manifest::{Node, Origin, Value, to_json};
use std::collections::HashMap;

/// The scalars of all values, by their last key and what they are.
pub(super) struct Trace {
    scalars: HashMap<(String, String), Vec<Candidate>>,
    /// The place of all that comes from no value.
    reference: Origin,
}

/// A scalar of the values.
struct Candidate {
    /// The keys that lead to it; items of a list have the key of the list.
    path: Vec<String>,
    key: Origin,
    value: Origin,
}

impl Trace {
    pub(super) fn new(defaults: Option<&Node>, given: Option<&Node>, reference: Origin) -> Self {
        let mut trace = Self { scalars: HashMap::new(), reference };
        let merged = match (defaults, given) {
            (Some(defaults), _) => Some(Values::new(defaults, given).into_root()),
            (None, given) => given.cloned(),
        };
        if let Some(merged) = merged {
            trace.collect(&merged, merged.origin, &mut Vec::new());
        }
        trace
    }

    fn collect(&mut self, node: &Node, key: Origin, path: &mut Vec<String>) {
        match &node.value {
            Value::Map(map) => {
                for entry in &map.entries {
                    path.push(entry.key.clone());
                    self.collect(&entry.value, entry.key_origin, path);
                    path.pop();
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.collect(item, key, path)),
            Value::Null => {}
            _ => {
                let Some(last) = path.last() else { return };
                let candidate = Candidate { path: path.clone(), key, value: node.origin };
                self.scalars.entry((last.clone(), plain(node))).or_default().push(candidate);
            }
        }
    }

    /// Gives a rendered object its places.
    pub(super) fn place(&self, node: &mut Node) {
        self.below(node, &mut Vec::new());
    }

    fn below(&self, node: &mut Node, path: &mut Vec<String>) {
        let scalar = !matches!(node.value, Value::Map(_) | Value::List(_));
        let found = if scalar { self.find(node, path) } else { None };
        node.origin = found.map_or(self.reference, |found| found.value);
        match &mut node.value {
            Value::Map(map) => {
                for entry in &mut map.entries {
                    path.push(entry.key.clone());
                    let known = self.find(&entry.value, path).map(|found| found.key);
                    self.below(&mut entry.value, path);
                    path.pop();
                    entry.key_origin = known.unwrap_or(self.reference);
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.below(item, path)),
            _ => {}
        }
    }

    /// The one value that is equal and stands under the same key; of several the one that more of the
    /// keys above agree with.
    fn find(&self, node: &Node, path: &[String]) -> Option<&Candidate> {
        if matches!(node.value, Value::Map(_) | Value::List(_) | Value::Null) {
            return None;
        }
        let candidates = self.scalars.get(&(path.last()?.clone(), plain(node)))?;
        let agree = |one: &Candidate| {
            one.path.iter().rev().zip(path.iter().rev()).take_while(|(a, b)| a == b).count()
        };
        let most = candidates.iter().map(agree).max()?;
        let mut best = candidates.iter().filter(|one| agree(one) == most);
        best.next().filter(|_| best.next().is_none())
    }
}

/// A scalar as text: a template prints a number or a string in the same way.
fn plain(node: &Node) -> String {
    node.raw_text().map_or_else(|| to_json(node), str::to_owned)
}
