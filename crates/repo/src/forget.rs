//! What is left of an object that something changed which is not rendered.

use kustomize::{Resource, UncertainKind};
use manifest::{Node, Span, Unknown, UnknownReason, Value};

/// What changes an object unseen, if anything does.
pub(crate) fn changed_unseen(resource: &Resource) -> Option<Span> {
    let changes = |kind| matches!(kind, UncertainKind::Transformer | UncertainKind::NotApplied);
    resource.uncertain.iter().find(|one| changes(one.kind)).map(|one| one.span)
}

/// Forgets all of an object but what it is.
pub(crate) fn forget(object: &mut Node, reason: &UnknownReason) {
    let Value::Map(map) = &mut object.value else { return };
    map.open.get_or_insert_with(|| reason.clone());
    let is_identity = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata");
    for entry in map.entries.iter_mut().filter(|entry| !is_identity(&entry.key)) {
        let raw = entry.value.raw_text().unwrap_or_default().to_owned();
        entry.value.value = Value::Unknown(Unknown { raw, reason: reason.clone(), value: None });
    }
}
