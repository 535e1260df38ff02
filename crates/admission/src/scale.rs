//! `clusters/scale` and `poolers/scale`: the parent at the number of instances that is asked for.

use crate::object::{self, JUDGED, OLD};
use manifest::{Entry, Manifest, Node, Number, Value};

/// The parent as it is and as it would be; `None` if one of the two cannot be read.
pub(crate) fn parent(kind: &str, parent: &[u8], scale: &[u8]) -> Option<(Manifest, Manifest)> {
    let scale = object::read(scale, JUDGED, "Scale").ok()?;
    // Zero is left out of a Scale's JSON.
    let replicas = match scale.node.at(&["spec", "replicas"]).map(|node| &node.value) {
        Some(Value::Number(Number::Int(replicas))) => *replicas,
        None => 0,
        _ => return None,
    };
    let old = object::read(parent, OLD, kind).ok()?;
    let mut new = object::read(parent, JUDGED, kind).ok()?;
    set_instances(&mut new.node, replicas)?;
    Some((old, new))
}

fn set_instances(node: &mut Node, replicas: i64) -> Option<()> {
    let Value::Map(top) = &mut node.value else { return None };
    let spec = top.entries.iter_mut().find(|entry| entry.key == "spec")?;
    let origin = spec.value.origin;
    let Value::Map(spec) = &mut spec.value.value else { return None };
    let value = Node { value: Value::Number(Number::Int(replicas)), origin };
    match spec.entries.iter_mut().find(|entry| entry.key == "instances") {
        Some(entry) => entry.value = value,
        None => spec.entries.push(Entry { key: "instances".to_owned(), key_origin: origin, value }),
    }
    Some(())
}
