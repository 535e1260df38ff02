//! Strategic merge: a patch that looks like the object is laid over it.

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
        (Value::List(items), Some((_, of))) => {
            for item in items.iter_mut() {
                settle_map(item, of);
            }
            Left::Kept
        }
        _ => {
            settle_map(value, inner);
            Left::Kept
        }
    }
}

fn settle_map(value: &mut Node, kind: Type) {
    let kind = if kind == Type::Unknown { Type::of(value) } else { kind };
    if let Value::Map(map) = &mut value.value {
        map.entries.retain_mut(|entry| settle(&mut entry.value, kind, &entry.key) == Left::Kept);
    }
}

/// Joins two lists by keys: items of the patch come first.
fn lists(base: &mut Vec<Node>, patch: &[Node], keys: &[&str], kind: Type) -> Result<Left, Misfit> {
    let (directive, patch) = list_directive(patch)?;
    match directive {
        Directive::Delete => return Ok(Left::Gone),
        Directive::Replace => base.clear(),
        Directive::Merge => {}
    }
    if keys.is_empty() {
        scalars(base, &patch);
        return Ok(Left::Kept);
    }
    let mut first = Vec::with_capacity(patch.len() + base.len());
    for item in patch {
        match base.iter().position(|one| is_same(one, item, keys)) {
            Some(at) => {
                let mut found = base.remove(at);
                if value(&mut found, item, kind)? == Left::Kept && !is_empty_map(&found) {
                    first.push(found);
                }
            }
            None => first.extend(added(item, kind)?.filter(|item| !is_empty_map(item))),
        }
    }
    for item in base.iter_mut() {
        settle_map(item, kind);
    }
    first.append(base);
    *base = first;
    Ok(Left::Kept)
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

/// Whether two items of a list are the same one: every key that both have is equal, and the first is
/// there.
fn is_same(one: &Node, other: &Node, keys: &[&str]) -> bool {
    let text = |node: &Node, key: &str| node.get(key).and_then(tree::text).map(std::borrow::Cow::into_owned);
    let first = keys.first().is_some_and(|key| text(one, key).is_some());
    first && keys.iter().all(|key| text(one, key) == text(other, key))
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
