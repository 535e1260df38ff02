//! Strategic merge: a patch that looks like the object is laid over it.

use crate::join::{Merge, Merged, is_distinct, join};
use crate::schema::Type;
use crate::tree;
use manifest::{Entry, Map, Node, Span, Value};

/// A patch that cannot be laid over its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    pub(crate) span: Span,
}

/// What is left of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Kept,
    /// The patch takes it away.
    Gone,
}

/// What `$patch` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

const DIRECTIVE: &str = "$patch";

/// Lays `patch` over `base`. After an error `base` may be changed in part.
pub(crate) fn merge(base: &mut Node, patch: &Node) -> Result<Left, Misfit> {
    let kind = match Type::of(base) {
        Type::Unknown => Type::of(patch),
        known => known,
    };
    value(base, patch, kind)
}

fn value(base: &mut Node, patch: &Node, kind: Type) -> Result<Left, Misfit> {
    let kind = if kind == Type::Unknown { of_either(base, patch) } else { kind };
    match (&mut base.value, &patch.value) {
        (Value::Map(map), Value::Map(with)) => match directive(with)? {
            Directive::Delete => Ok(Left::Gone),
            Directive::Replace => {
                *base = added(patch, kind)?.unwrap_or_else(|| tree::empty_map(patch.origin));
                Ok(Left::Kept)
            }
            Directive::Merge => maps(map, with, kind).map(|()| Left::Kept),
        },
        (Value::List(_), Value::List(_)) => {
            *base = patch.clone();
            Ok(Left::Kept)
        }
        (Value::Map(_) | Value::List(_), _) | (_, Value::Map(_) | Value::List(_)) => Err(misfit(base, patch)),
        _ => {
            *base = patch.clone();
            Ok(Left::Kept)
        }
    }
}

/// A map inside a custom resource may name a kind that is known.
fn of_either(base: &Node, patch: &Node) -> Type {
    match Type::of(base) {
        Type::Unknown => Type::of(patch),
        known => known,
    }
}

fn maps(base: &mut Map, patch: &Map, kind: Type) -> Result<(), Misfit> {
    base.entries.retain_mut(|entry| {
        let touched = patch.entry(&entry.key).is_some();
        touched || settle(&mut entry.value, kind, &entry.key) == Left::Kept
    });
    for entry in patch.entries.iter().filter(|entry| entry.key != DIRECTIVE) {
        field(base, entry, kind)?;
    }
    Ok(())
}

/// Lays one field of a patch over a map.
fn field(base: &mut Map, entry: &Entry, kind: Type) -> Result<(), Misfit> {
    if entry.value.value == Value::Null {
        tree::remove(base, &entry.key);
        return Ok(());
    }
    let joined = kind.joined(&entry.key);
    let found = tree::entry_mut(base, &entry.key).filter(|found| found.value.value != Value::Null);
    let Some(found) = found else {
        match added_field(entry, kind)? {
            Some(value) => tree::set(base, &entry.key, entry.key_origin, value),
            None => _ = tree::remove(base, &entry.key),
        }
        return Ok(());
    };
    let left = match (&mut found.value.value, &entry.value.value, joined) {
        (Value::List(items), Value::List(with), Some((keys, of))) => lists(items, with, keys, of)?,
        _ => value(&mut found.value, &entry.value, kind.field(&entry.key))?,
    };
    if left == Left::Gone {
        tree::remove(base, &entry.key);
    }
    Ok(())
}

/// The value of a field that only the patch has.
fn added_field(entry: &Entry, kind: Type) -> Result<Option<Node>, Misfit> {
    match (&entry.value.value, kind.joined(&entry.key)) {
        (Value::List(items), Some((_, of))) => {
            let (_, items) = list_directive(items)?;
            let items = items.into_iter().map(|item| added(item, of)).collect::<Result<Vec<_>, _>>()?;
            let items = items.into_iter().flatten().filter(|item| !is_empty_map(item)).collect();
            Ok(Some(Node { value: Value::List(items), origin: entry.value.origin }))
        }
        _ => added(&entry.value, kind.field(&entry.key)),
    }
}

/// A value that only the patch has: without its nulls and directives.
fn added(patch: &Node, kind: Type) -> Result<Option<Node>, Misfit> {
    let Value::Map(map) = &patch.value else { return Ok(Some(patch.clone())) };
    if directive(map)? == Directive::Delete {
        return Ok(None);
    }
    let kind = if kind == Type::Unknown { Type::of(patch) } else { kind };
    let mut entries = Vec::with_capacity(map.entries.len());
    for entry in map.entries.iter().filter(|entry| entry.key != DIRECTIVE) {
        if entry.value.value == Value::Null {
            continue;
        }
        if let Some(value) = added_field(entry, kind)? {
            entries.push(Entry { key: entry.key.clone(), key_origin: entry.key_origin, value });
        }
    }
    Ok(Some(Node { value: Value::Map(Map { entries, open: map.open.clone() }), origin: patch.origin }))
}

/// What merging does to a value that the patch does not name: a key without a value is dropped.
fn settle(value: &mut Node, kind: Type, key: &str) -> Left {
    let inner = kind.field(key);
    match (&mut value.value, kind.joined(key)) {
        (Value::Null, _) if value.origin.span.start == value.origin.span.end => Left::Gone,
        (Value::List(items), Some((keys, of))) => {
            settle_list(items, keys, of);
            Left::Kept
        }
        _ => {
            settle_map(value, inner);
            Left::Kept
        }
    }
}

/// A list that the patch does not name is joined with itself: of items that have the same keys, or lack
/// some, not all are left.
fn settle_list(items: &mut Vec<Node>, keys: &[&str], kind: Type) {
    if keys.is_empty() || is_distinct(items, keys) {
        for item in items.iter_mut() {
            settle_map(item, kind);
        }
    } else {
        // No patch is laid over anything: there is nothing that could be refused.
        _ = join(items, &[], keys, &mut Items { kind });
    }
}

fn settle_map(value: &mut Node, kind: Type) {
    let kind = if kind == Type::Unknown { Type::of(value) } else { kind };
    if let Value::Map(map) = &mut value.value {
        map.entries.retain_mut(|entry| settle(&mut entry.value, kind, &entry.key) == Left::Kept);
    }
}

/// Joins two lists by keys.
fn lists(base: &mut Vec<Node>, patch: &[Node], keys: &[&str], kind: Type) -> Result<Left, Misfit> {
    let (directive, patch) = list_directive(patch)?;
    match directive {
        Directive::Delete => return Ok(Left::Gone),
        Directive::Replace => base.clear(),
        Directive::Merge => {}
    }
    if keys.is_empty() {
        scalars(base, &patch);
    } else {
        join(base, &patch, keys, &mut Items { kind })?;
    }
    Ok(Left::Kept)
}

/// How items of lists are merged: maps of a type.
struct Items {
    kind: Type,
}

impl Merge for Items {
    fn merge(&mut self, base: &mut Node, patch: &Node) -> Result<Merged, Misfit> {
        // As kustomize: `$patch: replace` in an item does not reach the list.
        let replaces = patch.as_map().map(directive).transpose()? == Some(Directive::Replace);
        if replaces {
            return Ok(Merged::Kept);
        }
        let left = value(base, patch, self.kind)?;
        Ok(if left == Left::Gone || is_empty_map(base) { Merged::Gone } else { Merged::Kept })
    }

    fn settle(&mut self, base: &mut Node) {
        settle_map(base, self.kind);
    }

    fn added(&mut self, patch: &Node) -> Result<Option<Node>, Misfit> {
        Ok(added(patch, self.kind)?.filter(|item| !is_empty_map(item)))
    }
}

fn scalars(base: &mut Vec<Node>, patch: &[&Node]) {
    let mut all: Vec<Node> = Vec::with_capacity(base.len() + patch.len());
    for item in patch.iter().map(|item| (*item).clone()).chain(std::mem::take(base)) {
        if !all.iter().any(|one| one.value == item.value) {
            all.push(item);
        }
    }
    *base = all;
}

fn is_empty_map(node: &Node) -> bool {
    node.as_map().is_some_and(|map| map.entries.is_empty())
}

fn directive(map: &Map) -> Result<Directive, Misfit> {
    let Some(entry) = map.entry(DIRECTIVE) else { return Ok(Directive::Merge) };
    match entry.value.raw_text() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        _ => Err(Misfit {
            message: format!("`{DIRECTIVE}` is `delete`, `replace` or `merge`"),
            span: entry.value.origin.span,
        }),
    }
}

/// What an item with nothing but `$patch` says of its list, and the other items.
fn list_directive(items: &[Node]) -> Result<(Directive, Vec<&Node>), Misfit> {
    let alone = |item: &Node| {
        let map = item.as_map().filter(|map| map.entries.len() == 1)?;
        map.entry(DIRECTIVE).map(|_| directive(map))
    };
    let said = items.iter().find_map(alone).transpose()?.unwrap_or(Directive::Merge);
    Ok((said, items.iter().filter(|item| alone(item).is_none()).collect()))
}

fn misfit(base: &Node, patch: &Node) -> Misfit {
    let what = |node: &Node| match node.value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        _ => "a scalar",
    };
    let message = format!("the patch has {} where the resource has {}", what(patch), what(base));
    Misfit { message, span: patch.origin.span }
}
