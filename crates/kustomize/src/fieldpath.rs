//! Field paths of replacements: `spec.template.spec.containers.[name=db].env.*.value`.

use crate::tree;
use manifest::{Entry, Node, Number, Origin, Value};
use regex_lite::Regex;

/// One part of a path.
#[derive(Debug, Clone)]
enum Part {
    Key(String),
    Index(usize),
    Every,
    /// Items whose field has a value; without a field items that are it.
    Item {
        field: String,
        value: String,
    },
}

/// A field path.
#[derive(Debug, Clone)]
pub(crate) struct FieldPath(Vec<Part>);

/// Why a path means nothing in an object.
pub(crate) type NotFound = String;

impl FieldPath {
    pub(crate) fn read(path: &str) -> Self {
        Self(split(path).into_iter().map(Part::read).collect())
    }

    /// The value at the path; the parts in brackets are texts.
    pub(crate) fn get<'n>(&self, object: &'n Node) -> Option<&'n Node> {
        self.0.iter().try_fold(object, |node, part| match part {
            Part::Key(key) if key.is_empty() => Some(node),
            Part::Key(key) if key == "-" => node.as_list()?.last(),
            Part::Key(key) => node.get(key),
            Part::Index(at) => match &node.value {
                Value::List(items) => items.get(*at),
                _ => node.get(&at.to_string()),
            },
            Part::Every => None,
            Part::Item { field, value } => node.as_list()?.iter().find(|item| {
                let found = if field.is_empty() { Some(*item) } else { item.get(field) };
                found.and_then(tree::text).is_some_and(|text| text == *value)
            }),
        })
    }

    /// Calls `set` on every value at the path; the parts in brackets are patterns. What is not there is
    /// made with the origin in `create`. Returns how many there are.
    pub(crate) fn visit(
        &self,
        object: &mut Node,
        create: Option<Origin>,
        set: &mut dyn FnMut(&mut Node, bool) -> Result<(), NotFound>,
    ) -> Result<usize, NotFound> {
        visit(object, &self.0, create, false, set)
    }
}

impl Part {
    fn read(text: String) -> Self {
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'))
            && let Some((field, value)) = inner.split_once('=')
        {
            return Self::Item { field: field.to_owned(), value: value.to_owned() };
        }
        match text.parse() {
            _ if text == "*" => Self::Every,
            Ok(index) => Self::Index(index),
            Err(_) => Self::Key(text),
        }
    }
}

fn visit(
    node: &mut Node,
    path: &[Part],
    create: Option<Origin>,
    made: bool,
    set: &mut dyn FnMut(&mut Node, bool) -> Result<(), NotFound>,
) -> Result<usize, NotFound> {
    let Some((part, rest)) = path.split_first() else {
        return set(node, made).map(|()| 1);
    };
    match part {
        Part::Key(key) => key_of(node, key, rest, create, set),
        Part::Every => {
            let items = tree::list_mut(node).ok_or("`*` stands for the items of a list")?;
            items.iter_mut().try_fold(0, |found, item| Ok(found + visit(item, rest, create, false, set)?))
        }
        Part::Index(at) => {
            let items = tree::list_mut(node).ok_or_else(|| format!("`{at}` is an index of a list"))?;
            let made = items.len() == *at && create.is_some();
            if let Some(origin) = create.filter(|_| made) {
                items.push(container(rest, origin));
            }
            let length = items.len();
            let item = items.get_mut(*at);
            let item = item.ok_or_else(|| format!("the list has {length} items, there is no item {at}"))?;
            visit(item, rest, create, made, set)
        }
        Part::Item { field, value } => item_of(node, field, value, rest, create, set),
    }
}

fn key_of(
    node: &mut Node,
    key: &str,
    rest: &[Part],
    create: Option<Origin>,
    set: &mut dyn FnMut(&mut Node, bool) -> Result<(), NotFound>,
) -> Result<usize, NotFound> {
    let Some(map) = tree::map_mut(node) else { return Ok(0) };
    let mut made = false;
    if let Some(origin) = create.filter(|_| map.entry(key).is_none()) {
        made = true;
        let value = container(rest, origin);
        map.entries.push(Entry { key: key.to_owned(), key_origin: origin, value });
    }
    match tree::entry_mut(map, key) {
        Some(entry) => visit(&mut entry.value, rest, create, made, set),
        None => Ok(0),
    }
}

fn item_of(
    node: &mut Node,
    field: &str,
    value: &str,
    rest: &[Part],
    create: Option<Origin>,
    set: &mut dyn FnMut(&mut Node, bool) -> Result<(), NotFound>,
) -> Result<usize, NotFound> {
    let pattern = Regex::new(value).map_err(|_| format!("`{value}` is no pattern"))?;
    let items = tree::list_mut(node).ok_or_else(|| format!("`[{field}={value}]` is an item of a list"))?;
    let is_it = |item: &Node| {
        let found = if field.is_empty() { Some(item) } else { item.get(field) };
        found.and_then(tree::text).is_some_and(|text| pattern.is_match(&text))
    };
    if let Some(origin) = create.filter(|_| !items.iter().any(is_it)) {
        let text = tree::string(value, origin);
        let mut item = text.clone();
        if !field.is_empty() {
            item = tree::empty_map(origin);
            if let Some(map) = tree::map_mut(&mut item) {
                tree::set(map, field, origin, text);
            }
        }
        items.push(item);
    }
    // As kustomize: a path is not followed into items that are texts.
    let rest = if field.is_empty() { &[] } else { rest };
    let mut found = items.iter_mut().filter(|item| is_it(item));
    found.try_fold(0, |found, item| Ok(found + visit(item, rest, create, false, set)?))
}

/// What is made where the rest of a path is to be put.
fn container(rest: &[Part], origin: Origin) -> Node {
    let value = match rest.first() {
        None => Value::Null,
        Some(Part::Key(key)) if key != "-" => return tree::empty_map(origin),
        Some(_) => Value::List(Vec::new()),
    };
    Node { value, origin }
}

/// The scalar that a text without quotes is.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "null" | "~" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) if !text.starts_with('+') => Value::Number(Number::Int(integer)),
            (_, Ok(float)) if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
                Value::Number(Number::Float(float))
            }
            _ => Value::String(text.to_owned()),
        },
    }
}

/// Splits at dots that are not escaped and not in brackets.
fn split(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in path.split('.') {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            Some(last) if last.starts_with('[') && !last.ends_with(']') => {
                last.push('.');
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    let without_brackets = |part: String| {
        let is_key = part.starts_with('[') && part.contains('.') && !part.contains('=');
        if is_key { part.trim_matches(['[', ']']).to_owned() } else { part }
    };
    parts.into_iter().map(without_brackets).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_written() {
        assert_eq!(split("spec.a.[name=b.c].d"), ["spec", "a", "[name=b.c]", "d"]);
        assert_eq!(split("metadata.annotations.[a.b/c]"), ["metadata", "annotations", "a.b/c"]);
        assert_eq!(split("a.b\\.c.0"), ["a", "b.c", "0"]);
    }
}
