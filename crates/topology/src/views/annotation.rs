//! The annotations of an object.

use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::Context;
use manifest::pointer_token;

crate::view! {
    /// An annotation.
    pub struct AnnotationView {
        /// Its name.
        pub name: String,
        /// Its text; null where it is none.
        pub value: Known<Option<String>>,
    }
}

/// The annotations that an object carries, in the order they are written.
pub(crate) fn annotations(context: Context<'_>) -> Known<Vec<AnnotationView>> {
    let Some(object) = context.subject() else { return Known::Known(Vec::new()) };
    let node = match object.seen(&["metadata", "annotations"]) {
        Seen::Present(node) => node,
        Seen::Absent => return Known::Known(Vec::new()),
        Seen::Unknown(reason) => return Known::Unknown(reason),
    };
    if let Some(reason) = node.unknown_reason() {
        return Known::Unknown(reason.to_string());
    }
    let entries = node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
    let view = |entry: &manifest::Entry| AnnotationView {
        name: entry.key.clone(),
        value: Subject::whole(&entry.value).text(&[]),
        place: Some(place(&entry.value, format!("/metadata/annotations/{}", pointer_token(&entry.key)))),
    };
    Known::Known(entries.iter().map(view).collect())
}
