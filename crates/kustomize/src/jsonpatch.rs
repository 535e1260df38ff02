//! JSON patches (RFC 6902), as the library that kustomize uses takes them.

use crate::merge::Misfit;
use crate::tree;
use manifest::{Entry, Map, Node, Origin, Value};

/// Applies the operations one after the other. After an error the object is changed in part.
pub(crate) fn apply(object: &mut Node, operations: &[Node], budget: &mut usize) -> Result<(), Misfit> {
    operations.iter().try_for_each(|operation| step(object, operation, budget))
}

/// Whether a list of a patch can be operations.
pub(crate) fn is_patch(operations: &[Node]) -> bool {
    operations.iter().all(|operation| operation.as_map().is_some())
}

fn step(object: &mut Node, operation: &Node, budget: &mut usize) -> Result<(), Misfit> {
    let text = |key: &str| operation.get(key).and_then(Node::raw_text);
    let refuse = |message: String| Misfit { message, span: operation.origin.span };
    let path = text("path").ok_or_else(|| refuse("the operation has no `path`".to_owned()))?;
    let origin = operation.get("path").map_or(operation.origin, |path| path.origin);
    let value = || {
        let null = Node { value: Value::Null, origin: operation.origin };
        operation.get("value").cloned().unwrap_or(null)
    };
    let from = || text("from").ok_or_else(|| refuse("the operation has no `from`".to_owned()));
    let done = match text("op").unwrap_or_default() {
        "add" => add(object, path, value(), origin),
        "replace" => replace(object, path, value(), origin),
        "remove" => remove(object, path).map(|_| ()),
        "test" => test(object, path, operation.get("value")),
        "move" => {
            let from = from()?;
            remove(object, from).and_then(|value| add(object, path, value, origin))
        }
        "copy" => {
            let from = from()?;
            copied(object, from, budget).and_then(|value| add(object, path, value, origin))
        }
        other => return Err(refuse(format!("`{other}` is no operation of a JSON patch"))),
    };
    done.map_err(|message| Misfit { message, span: origin.span })
}

fn add(object: &mut Node, path: &str, value: Node, origin: Origin) -> Result<(), String> {
    let (parent, key) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(map) => put(map, key, value, origin),
        Value::List(items) if key == "-" => items.push(value),
        Value::List(items) => {
            let at = index(&key, items.len() + 1, path)?;
            items.insert(at, value);
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

/// As kustomize: a key that is not there is added.
fn replace(object: &mut Node, path: &str, value: Node, origin: Origin) -> Result<(), String> {
    let (parent, key) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(map) => put(map, key, value, origin),
        Value::List(items) => {
            let at = index(&key, items.len(), path)?;
            *items.get_mut(at).ok_or_else(|| missing(path))? = value;
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

fn put(map: &mut Map, key: String, value: Node, key_origin: Origin) {
    match tree::entry_mut(map, &key) {
        Some(entry) => entry.value = value,
        None => map.entries.push(Entry { key, key_origin, value }),
    }
}

fn remove(object: &mut Node, path: &str) -> Result<Node, String> {
    let (parent, key) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(map) => tree::remove(map, &key).map(|entry| entry.value).ok_or_else(|| missing(path)),
        Value::List(items) => {
            let at = index(&key, items.len(), path)?;
            Ok(items.remove(at))
        }
        _ => Err(missing(path)),
    }
}

fn test(object: &mut Node, path: &str, expected: Option<&Node>) -> Result<(), String> {
    let found = get(object, path)?;
    let same = match (found, expected) {
        (Some(found), Some(expected)) => equal(found, expected),
        (found, None) => found.is_none_or(|found| found.value == Value::Null),
        (None, Some(expected)) => expected.value == Value::Null,
    };
    if same { Ok(()) } else { Err(format!("`test` fails: {path} has another value")) }
}

fn copied(object: &mut Node, path: &str, budget: &mut usize) -> Result<Node, String> {
    let found = get(object, path)?;
    let weight = found.as_deref().map_or(1, tree::weight);
    let Some(left) = budget.checked_sub(weight) else { return Err("too much is copied".to_owned()) };
    *budget = left;
    found.map(|found| found.clone()).ok_or_else(|| missing(path))
}

/// The value at a path; `None` for a key that its map does not have.
fn get<'n>(object: &'n mut Node, path: &str) -> Result<Option<&'n mut Node>, String> {
    let (parent, key) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(map) => Ok(tree::entry_mut(map, &key).map(|entry| &mut entry.value)),
        Value::List(items) => {
            let at = index(&key, items.len(), path)?;
            Ok(items.get_mut(at))
        }
        _ => Err(missing(path)),
    }
}

/// The map or list that holds what a path means, and the last key.
fn parent<'n>(object: &'n mut Node, path: &str) -> Result<(&'n mut Node, String), String> {
    let mut tokens: Vec<String> = path.split('/').skip(1).map(unescape).collect();
    let last =
        tokens.pop().ok_or_else(|| format!("`{path}` is no path of a JSON patch: it starts with `/`"))?;
    let mut node = object;
    for token in tokens {
        node = match &mut node.value {
            Value::Map(map) => tree::entry_mut(map, &token).map(|entry| &mut entry.value),
            Value::List(items) => {
                let at = index(&token, items.len(), path)?;
                items.get_mut(at)
            }
            _ => None,
        }
        .ok_or_else(|| missing(path))?;
    }
    Ok((node, last))
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// An index below `length`; a negative one counts from the end.
fn index(token: &str, length: usize, path: &str) -> Result<usize, String> {
    let found = match token.strip_prefix('-') {
        Some(back) => back.parse::<usize>().ok().and_then(|back| length.checked_sub(back)),
        None => token.parse::<usize>().ok(),
    };
    found.filter(|at| *at < length).ok_or_else(|| missing(path))
}

fn missing(path: &str) -> String {
    format!("the resource has no {path}")
}

/// Equal as JSON: the order of keys does not count.
fn equal(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => {
            one.entries.len() == other.entries.len()
                && one.entries.iter().all(|entry| {
                    other.entry(&entry.key).is_some_and(|found| equal(&entry.value, &found.value))
                })
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (one, other) => one == other,
    }
}
