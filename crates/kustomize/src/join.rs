//! Joining two lists of maps by keys, in the order and with the oddities of kustomize.

use crate::merge::Misfit;
use crate::tree;
use manifest::Node;

/// Comparisons of items in one join, beyond which lists are not joined.
const MOST: usize = 20_000_000;

/// How two items are merged.
pub(crate) trait Merge {
    /// Lays an item of the patch over the one of the base.
    fn merge(&mut self, base: &mut Node, patch: &Node) -> Result<Merged, Misfit>;
    /// What becomes of an item that only the base has.
    fn settle(&mut self, base: &mut Node);
    /// What becomes of an item that only the patch has.
    fn added(&mut self, patch: &Node) -> Result<Option<Node>, Misfit>;
}

/// What is left of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merged {
    Kept,
    Gone,
}

/// An item of the result.
enum Slot {
    /// One of the base.
    Old(usize),
    New(Node),
}

/// What an item has at the keys; empty where it has nothing.
type Values = Vec<String>;

/// Joins `patch` into `base`. Items of the patch come first; with several keys only those that the base
/// does not have.
pub(crate) fn join(
    base: &mut Vec<Node>,
    patch: &[&Node],
    keys: &[&str],
    items: &mut dyn Merge,
) -> Result<(), Misfit> {
    let all = base.len().saturating_add(patch.len());
    if all.saturating_mul(all) > MOST {
        let message = "the lists are too long to be joined".to_owned();
        return patch.first().map_or(Ok(()), |first| Err(Misfit { message, span: first.origin.span }));
    }
    let mut wanted = distinct(patch.iter().copied().chain(base.iter()), keys);
    if keys.len() > 1 {
        align(&mut wanted);
    }
    let keys = used_keys(&wanted, keys);
    let mut old: Vec<Option<Node>> = std::mem::take(base).into_iter().map(Some).collect();
    let merged = merge_all(&wanted, patch, &keys, &mut old, items);
    let done = merged.map(|mut slots| {
        for at in 0..old.len() {
            append(&mut slots, at, &keys, &old);
        }
        let result = slots.into_iter().filter_map(|slot| match slot {
            Slot::Old(at) => old.get_mut(at).and_then(Option::take),
            Slot::New(node) => Some(node),
        });
        *base = result.collect();
    });
    if done.is_err() {
        *base = old.into_iter().flatten().collect();
    }
    done
}

/// The items with the values that are wanted, merged, in the order of the values.
fn merge_all(
    wanted: &[Values],
    patch: &[&Node],
    keys: &[(usize, &str)],
    old: &mut [Option<Node>],
    items: &mut dyn Merge,
) -> Result<Vec<Slot>, Misfit> {
    let mut slots: Vec<Slot> = Vec::with_capacity(wanted.len());
    for values in wanted {
        let asked: Vec<(&str, &str)> = pairs(keys, values).filter(|(_, value)| !value.is_empty()).collect();
        let of_patch = patch.iter().find(|item| fits(item, &asked)).copied();
        let at = old.iter().position(|item| item.as_ref().is_some_and(|item| fits(item, &asked)));
        let found = at.and_then(|at| Some((at, old.get_mut(at)?.as_mut()?)));
        let slot = match (found, of_patch) {
            (Some((at, item)), Some(over)) => {
                (items.merge(item, over)? == Merged::Kept).then_some(Slot::Old(at))
            }
            (Some((at, item)), None) => {
                items.settle(item);
                Some(Slot::Old(at))
            }
            (None, Some(over)) => items.added(over)?.map(Slot::New),
            (None, None) => None,
        };
        let full: Vec<(&str, &str)> = pairs(keys, values).collect();
        match slot {
            Some(slot) => put(&mut slots, slot, &full, old),
            None => take_away(old, &full),
        }
    }
    Ok(slots)
}

fn take_away(old: &mut [Option<Node>], values: &[(&str, &str)]) {
    for item in old {
        if item.as_ref().is_some_and(|item| fits(item, values)) {
            *item = None;
        }
    }
}

/// Whether every item has all keys, and no two the same values: joining such a list with itself changes
/// nothing.
pub(crate) fn is_distinct(items: &[Node], keys: &[&str]) -> bool {
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    items.iter().all(|item| {
        let values: Option<Values> =
            keys.iter().map(|key| Some(tree::text(item.get(key)?)?.into_owned())).collect();
        values.is_some_and(|values| seen.insert(values))
    })
}

/// Puts an item in the place of the one that has the values, or at the end.
fn put(slots: &mut Vec<Slot>, slot: Slot, values: &[(&str, &str)], old: &[Option<Node>]) {
    match slots.iter_mut().find(|one| node(one, old).is_some_and(|node| fits(node, values))) {
        Some(found) => *found = slot,
        None => slots.push(slot),
    }
}

/// Adds an item of the base to the result, where it is not there yet.
fn append(slots: &mut Vec<Slot>, at: usize, keys: &[(usize, &str)], old: &[Option<Node>]) {
    let Some(item) = old.get(at).and_then(Option::as_ref) else { return };
    let values: Vec<(&str, String)> =
        keys.iter().filter_map(|(_, key)| Some((*key, tree::text(item.get(key)?)?.into_owned()))).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    if keys.len() > 1 && !values.is_empty() {
        slots.retain(|slot| !node(slot, old).is_some_and(|node| fits(node, &values)));
    }
    if values.is_empty() {
        slots.push(Slot::Old(at));
    } else {
        put(slots, Slot::Old(at), &values, old);
    }
}

fn node<'n>(slot: &'n Slot, old: &'n [Option<Node>]) -> Option<&'n Node> {
    match slot {
        Slot::Old(at) => old.get(*at)?.as_ref(),
        Slot::New(node) => Some(node),
    }
}

/// Whether an item has these values; an empty one only asks for the key.
fn fits(item: &Node, values: &[(&str, &str)]) -> bool {
    let fit = |(key, value): &(&str, &str)| {
        item.get(key)
            .is_some_and(|found| value.is_empty() || tree::text(found).is_some_and(|text| text == *value))
    };
    !values.is_empty() && values.iter().all(fit)
}

fn pairs<'v>(keys: &'v [(usize, &'v str)], values: &'v Values) -> impl Iterator<Item = (&'v str, &'v str)> {
    keys.iter().map(|(at, key)| (*key, values.get(*at).map_or("", String::as_str)))
}

/// The values at the keys, in order, each once.
fn distinct<'n>(items: impl Iterator<Item = &'n Node>, keys: &[&str]) -> Vec<Values> {
    let mut seen = std::collections::HashSet::new();
    let text = |item: &Node, key: &str| item.get(key).and_then(tree::text).unwrap_or_default().into_owned();
    let values = items.map(|item| keys.iter().map(|key| text(item, key)).collect::<Values>());
    values.filter(|values| seen.insert(values.clone())).collect()
}

/// Items that differ only in what one of them leaves out are taken for the same.
fn align(all: &mut [Values]) {
    for one in 0..all.len() {
        let Some(left) = all.get(one).cloned() else { continue };
        for other in 0..all.len() {
            let Some(both) = all.get(other).and_then(|right| common(&left, right)) else { continue };
            for at in [one, other] {
                if let Some(values) = all.get_mut(at) {
                    values.clone_from(&both);
                }
            }
        }
    }
}

fn common(one: &Values, other: &Values) -> Option<Values> {
    let same = one.iter().zip(other).any(|(one, other)| one == other);
    let fit = one.iter().zip(other).all(|(one, other)| one == other || one.is_empty() || other.is_empty());
    let filled = one.iter().zip(other).map(|(one, other)| if one.is_empty() { other } else { one }.clone());
    (same && fit).then(|| filled.collect())
}

/// The keys that any item has, with their places; all where none has any.
fn used_keys<'k>(all: &[Values], keys: &[&'k str]) -> Vec<(usize, &'k str)> {
    let is_used = |at: usize| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let used: Vec<(usize, &str)> = keys.iter().copied().enumerate().filter(|(at, _)| is_used(*at)).collect();
    if used.is_empty() { keys.iter().copied().enumerate().collect() } else { used }
}
