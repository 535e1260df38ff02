//! Reading manifests without guessing: what is there, what is not, and what cannot be told.

use crate::inventory::{Object, Wholeness};
use crate::view::{Known, Place};
use manifest::{Lookup, Node, Part, Value, pointer_token};
use std::borrow::Cow;

/// What a manifest says at a path.
#[derive(Debug, Clone)]
pub(crate) enum Seen<'n> {
    /// This, and it is not null.
    Present(&'n Node),
    /// Nothing; null counts as nothing, as the API server drops it.
    Absent,
    /// It cannot be told; the reason reads after "… is".
    Unknown(String),
}

/// A manifest, or a part of one, to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'n> {
    pub(crate) node: &'n Node,
    /// Not a whole object: what is absent here may stand elsewhere.
    partial: bool,
}

impl<'n> Subject<'n> {
    pub(crate) fn new(object: &'n Object) -> Self {
        Self { node: &object.manifest.node, partial: object.wholeness != Wholeness::Whole }
    }

    /// A list item or the like: a patch replaces those as a whole.
    pub(crate) fn whole(node: &'n Node) -> Self {
        Self { node, partial: false }
    }

    /// A part of it, no more whole than it is itself.
    pub(crate) fn below(self, node: &'n Node) -> Self {
        Self { node, ..self }
    }

    /// What stands at a path of keys.
    pub(crate) fn seen(self, keys: &[&str]) -> Seen<'n> {
        let mut node = self.node;
        for key in keys {
            match &node.value {
                Value::Map(map) => match map.lookup(key) {
                    Lookup::Present(entry) => node = &entry.value,
                    Lookup::Absent => return self.absent(),
                    Lookup::Unknown(reason) => return Seen::Unknown(reason.to_string()),
                },
                Value::Unknown(unknown) => return Seen::Unknown(unknown.reason.to_string()),
                _ => return self.absent(),
            }
        }
        if node.value == Value::Null { Seen::Absent } else { Seen::Present(node) }
    }

    fn absent(self) -> Seen<'n> {
        if self.partial { Seen::Unknown("not in this partial manifest".to_owned()) } else { Seen::Absent }
    }

    /// Whether there is something at a path.
    pub(crate) fn has(self, keys: &[&str]) -> Known<bool> {
        match self.seen(keys) {
            Seen::Present(_) => Known::Known(true),
            Seen::Absent => Known::Known(false),
            Seen::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// The boolean at a path, or what holds where there is none.
    pub(crate) fn boolean(self, keys: &[&str], default: bool) -> Known<bool> {
        match self.seen(keys) {
            Seen::Present(node) => match node.unknown_reason() {
                Some(reason) => Known::Unknown(reason.to_string()),
                None => Known::Known(node.as_bool().unwrap_or(default)),
            },
            Seen::Absent => Known::Known(default),
            Seen::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// The string at a path, if there is one that is not empty.
    pub(crate) fn text(self, keys: &[&str]) -> Known<Option<String>> {
        match self.seen(keys) {
            Seen::Present(node) => match node.unknown_reason() {
                Some(reason) => Known::Unknown(reason.to_string()),
                None => Known::Known(node.as_str().filter(|text| !text.is_empty()).map(str::to_owned)),
            },
            Seen::Absent => Known::Known(None),
            Seen::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// The string at a path as written, variables and all: equal texts of one environment are
    /// equal after substitution too, so names can be compared by it.
    pub(crate) fn raw(self, keys: &[&str]) -> Option<&'n str> {
        self.node.at(keys)?.raw_text().filter(|text| !text.is_empty())
    }

    /// The items of the list at a path.
    pub(crate) fn list(self, keys: &[&str]) -> Known<&'n [Node]> {
        match self.seen(keys) {
            Seen::Present(node) => match node.unknown_reason() {
                Some(reason) => Known::Unknown(reason.to_string()),
                None => Known::Known(node.as_list().unwrap_or_default()),
            },
            Seen::Absent => Known::Known(&[]),
            Seen::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// The annotation of that name.
    pub(crate) fn annotation(self, name: &str) -> Known<Option<String>> {
        self.text(&["metadata", "annotations", name])
    }
}

/// The place of a node that stands at `pointer` in its object.
pub(crate) fn place(node: &Node, pointer: impl Into<String>) -> Place {
    Place { span: node.origin.span, pointer: pointer.into() }
}

/// Stands for a part of a text that is not known; no YAML scalar can hold it.
pub(crate) const HOLE: char = '\0';

/// A string with [`HOLE`]s for what is not known of it.
pub(crate) fn with_holes(node: &Node) -> Option<Cow<'_, str>> {
    match &node.value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Partial(partial) => Some(Cow::Owned(parts_with_holes(&partial.parts))),
        Value::Unknown(_) => Some(Cow::Owned(HOLE.to_string())),
        _ => None,
    }
}

/// The same of the parts of a partly known string.
pub(crate) fn parts_with_holes(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(known) => text.push_str(known),
            Part::Hole => text.push(HOLE),
        }
    }
    text
}

/// Every node below `node` that a pointer with `*` for any key or item leads to, with its own
/// pointer: `/spec/managed/roles/*/passwordSecret/name`.
pub(crate) fn select<'n>(node: &'n Node, pattern: &str) -> Vec<(&'n Node, String)> {
    let mut found = Vec::new();
    select_below(node, pattern, &mut String::new(), &mut found);
    found
}

fn select_below<'n>(
    node: &'n Node,
    pattern: &str,
    pointer: &mut String,
    found: &mut Vec<(&'n Node, String)>,
) {
    let Some(rest) = pattern.strip_prefix('/') else { return found.push((node, pointer.clone())) };
    let end = rest.find('/').unwrap_or(rest.len());
    let (token, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let length = pointer.len();
    let mut below = |key: &str, child: &'n Node| {
        pointer.push('/');
        pointer.push_str(key);
        select_below(child, rest, pointer, found);
        pointer.truncate(length);
    };
    match &node.value {
        Value::Map(map) if token == "*" => {
            map.entries.iter().for_each(|entry| below(&pointer_token(&entry.key), &entry.value));
        }
        Value::Map(map) => {
            if let Some(entry) = map.entry(token) {
                below(token, &entry.value);
            }
        }
        Value::List(items) if token == "*" => {
            items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item));
        }
        _ => {}
    }
}

/// What is called for every node: the node, the keys that lead to it, its pointer.
pub(crate) type Visit<'v, 'n> = &'v mut dyn FnMut(&'n Node, &[Cow<'n, str>], &str);

/// Calls `visit` for `node` and every node below it with the keys that lead there (a list item
/// has its index) and its pointer.
pub(crate) fn walk<'n>(node: &'n Node, visit: Visit<'_, 'n>) {
    walk_below(node, &mut Vec::new(), &mut String::new(), visit);
}

fn walk_below<'n>(node: &'n Node, keys: &mut Vec<Cow<'n, str>>, pointer: &mut String, visit: Visit<'_, 'n>) {
    visit(node, keys, pointer);
    let length = pointer.len();
    let mut down = |key: Cow<'n, str>, child: &'n Node| {
        pointer.push('/');
        pointer.push_str(&pointer_token(&key));
        keys.push(key);
        walk_below(child, keys, pointer, visit);
        keys.pop();
        pointer.truncate(length);
    };
    match &node.value {
        Value::Map(map) => map.entries.iter().for_each(|entry| down(Cow::Borrowed(&entry.key), &entry.value)),
        Value::List(items) => {
            items.iter().enumerate().for_each(|(index, item)| down(Cow::Owned(index.to_string()), item));
        }
        _ => {}
    }
}
