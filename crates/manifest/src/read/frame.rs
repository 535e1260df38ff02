//! Lists and maps that are not complete yet, and what a map does with keys and merges.

use super::anchors::{Anchor, mark_used};
use super::budget::Cost;
use super::notes::Failure;
use crate::node::{Entry, Map, Node, Origin, Unknown, Value};
use crate::read::ProblemKind;
use crate::source::Span;
use crate::unknown::UnknownReason;
use std::collections::HashMap;

/// A list or map that is not complete yet.
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// It stands in brackets or braces.
    pub(super) flow: bool,
    /// First byte of its content.
    pub(super) start: usize,
    /// First byte of its anchor or tag, else of its content.
    pub(super) property_start: usize,
    pub(super) anchor: Option<Anchor>,
    pub(super) tag: Option<String>,
    /// What the document had cost before it.
    pub(super) spent_before: Cost,
    /// Levels of lists and maps, this one among them.
    pub(super) height: usize,
}

pub(super) enum Kind {
    List(Vec<Node>),
    Map(MapFrame),
}

/// What comes next in a map.
#[derive(Default)]
pub(super) enum Pending {
    #[default]
    Key,
    /// The value of this key.
    Value(String, Origin),
    /// The value of a key that JSON cannot have.
    NoKey,
    /// What the `<<` at this place merges.
    Merge(Span),
}

/// From how many entries on a map keeps an index: below, looking at all is faster.
const INDEXED: usize = 24;

/// A map that is not complete yet.
#[derive(Default)]
pub(super) struct MapFrame {
    pub(super) pending: Pending,
    entries: Vec<Entry>,
    /// Indices of entries that a later one overwrote.
    dead: Vec<usize>,
    /// Where each key stands, once there are many.
    index: Option<HashMap<String, usize>>,
    open: Option<UnknownReason>,
}

/// An entry that a later one overwrote.
pub(super) struct Gone {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value_span: Span,
    pub(super) used_at: Option<Span>,
    /// A merge had brought it.
    pub(super) merged: bool,
    /// The key of the later one.
    pub(super) by: Span,
}

impl MapFrame {
    /// Puts an entry behind all others. Of equal keys the last one counts.
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Gone> {
        let gone = self.find(&entry.key).and_then(|at| {
            self.dead.push(at);
            self.entries.get(at).map(|old| Gone {
                key: entry.key.clone(),
                key_span: old.key_origin.span,
                value_span: old.value.origin.span,
                used_at: old.value.origin.used_at,
                merged: old.key_origin.used_at.is_some(),
                by: entry.key_origin.span,
            })
        });
        if let Some(index) = &mut self.index {
            index.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
        if self.index.is_none() && self.entries.len() > INDEXED {
            // Later entries replace earlier ones of the same key.
            let numbered = self.entries.iter().enumerate();
            self.index = Some(numbered.map(|(at, entry)| (entry.key.clone(), at)).collect());
        }
        gone
    }

    fn find(&self, key: &str) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().rposition(|entry| entry.key == key),
            Some(index) => index.get(key).copied(),
        }
    }

    /// Merges what a `<<` at `at` has as its value: a map or a list of maps, of which the
    /// first that has a key wins. It overwrites what was written before it. Returns what is
    /// gone.
    pub(super) fn merge(&mut self, node: Node, at: Span) -> Result<Vec<Gone>, Failure> {
        let span = node.origin.span;
        let used_at = node.origin.used_at;
        let refuse = || {
            let message = "`<<` merges a map or a list of maps only".to_owned();
            Failure::new(ProblemKind::Syntax, message, used_at.unwrap_or(span))
        };
        let mut gone = Vec::new();
        match node.value {
            // Go looks into a list that is written here, not into one that an alias brings.
            Value::List(items) if used_at.is_none() => {
                for item in items.into_iter().rev() {
                    self.merge_map(item, at, &mut gone).ok_or_else(refuse)?;
                }
            }
            Value::Unknown(Unknown { value: Some(inner), reason, .. }) => {
                self.open.get_or_insert(reason);
                return self.merge(*inner, at);
            }
            value => self.merge_map(Node { value, origin: node.origin }, at, &mut gone).ok_or_else(refuse)?,
        }
        Ok(gone)
    }

    fn merge_map(&mut self, node: Node, at: Span, gone: &mut Vec<Gone>) -> Option<()> {
        let used_at = node.origin.used_at.unwrap_or(at);
        let map = match node.value {
            Value::Map(map) => map,
            Value::Unknown(Unknown { value: Some(inner), reason, .. }) => {
                self.open.get_or_insert(reason);
                return self.merge_map(*inner, at, gone);
            }
            _ => return None,
        };
        if let Some(reason) = map.open {
            self.open.get_or_insert(reason);
        }
        for mut entry in map.entries {
            entry.key_origin.used_at = Some(used_at);
            mark_used(&mut entry.value, used_at);
            gone.extend(self.insert(entry));
        }
        Some(())
    }

    /// The complete map.
    pub(super) fn finish(self) -> Map {
        let mut entries = self.entries;
        if !self.dead.is_empty() {
            let mut dead = self.dead;
            dead.sort_unstable();
            let mut dead = dead.into_iter().peekable();
            let mut at = 0;
            entries.retain(|_| {
                let keep = dead.next_if_eq(&at).is_none();
                at += 1;
                keep
            });
        }
        Map { entries, open: self.open }
    }
}
