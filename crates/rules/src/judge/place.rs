//! What of the text a finding marks.

use crate::finding::Location;
use crate::select::{Found, Selection};
use manifest::{Node, Span, Value};
use std::fmt::Write as _;

/// The place of a selection: the value; with its key, where the value is a map or list of
/// several lines; an alias where it is used, for there it can be changed without changing others;
/// the nearest parent's key, where nothing is there.
pub(super) fn location(selection: &Selection<'_>, object: &Node) -> Location {
    let key = selection.key.map(|key| key.span);
    let span = match &selection.found {
        Found::Node(node) if selection.pointer == "/metadata/name" => name_place(node, object),
        Found::Node(node) if node.value != Value::Null => match (alias(selection), key) {
            (Some((used_at, _)), _) => used_at,
            (None, Some(key)) if is_collection(node) && reaches(key, node.origin.span) => {
                Span { end: node.origin.span.end, ..key }
            }
            _ => node.origin.span,
        },
        _ => key.unwrap_or_else(|| first_key(object)),
    };
    Location { span, pointer: selection.pointer.to_owned() }
}

/// Of a value that is an alias or was merged in: where it is used and where it is written. Of one
/// that comes from another text: where it is written and where it is used.
pub(super) fn alias(selection: &Selection<'_>) -> Option<(Span, Span)> {
    let Found::Node(node) = &selection.found else { return None };
    if selection.pointer == "/metadata/name" {
        return None;
    }
    // What a merge (`<<`) brings has a key that stands elsewhere too.
    let is_merged = selection.key.is_some_and(|key| key.used_at.is_some());
    let origin = node.origin;
    let is_elsewhere = origin.used_at.is_some_and(|used_at| used_at.source != origin.span.source);
    let other = origin.other_place().filter(|_| is_elsewhere || !is_merged)?;
    Some((origin.place(), other))
}

/// A finding at the name means the object: the place is in the text that it began as, also where a
/// variable or a prefix gave it its name.
fn name_place(name: &Node, object: &Node) -> Span {
    let ends = [Some(name.origin.place()), name.origin.other_place()];
    let in_object = |span: &Span| span.source == object.origin.span.source;
    ends.into_iter().flatten().find(in_object).unwrap_or(name.origin.place())
}

/// The first key of an object: what to mark where nothing better is there.
pub(super) fn first_key(object: &Node) -> Span {
    let entry = object.as_map().and_then(|map| map.entries.first());
    entry.map_or(object.origin.span, |entry| entry.key_origin.span)
}

fn is_collection(node: &Node) -> bool {
    matches!(node.value, Value::Map(_) | Value::List(_))
}

/// Whether a value follows its key in the same text: not so behind an alias.
fn reaches(key: Span, value: Span) -> bool {
    key.source == value.source && key.end <= value.start
}

/// What a person would call the value at a pointer: `/spec/plugins/0/name` is
/// `spec.plugins[0].name`.
pub(super) fn subject(pointer: &str) -> String {
    let mut subject = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if token == "*" || token.bytes().all(|byte| byte.is_ascii_digit()) {
            let _ = write!(subject, "[{token}]");
        } else if token.contains(['.', '/']) {
            let _ = write!(subject, "['{token}']");
        } else {
            let dot = if subject.is_empty() { "" } else { "." };
            let _ = write!(subject, "{dot}{token}");
        }
    }
    if subject.is_empty() { "the object".to_owned() } else { subject }
}
