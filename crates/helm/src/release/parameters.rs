//! Single values, as `helm --set` takes them.

use crate::scalar::unknown;
use crate::values::set;
use manifest::{Map, Node, Number, UnknownReason, Value};

/// The values of Argo CD's parameters: `{name, value, forceString}`, or `{name, path}` for the content
/// of a file.
pub(super) fn read(parameters: &[Node]) -> Option<Node> {
    let first = parameters.first()?;
    let mut root = Node { value: Value::Map(Map::default()), origin: first.origin };
    for parameter in parameters {
        let Some(name) = parameter.get("name") else { continue };
        let Some(text) = name.as_str() else {
            // Whichever value it sets, nothing before it is sure.
            if let Value::Map(map) = &mut root.value {
                map.open = name.unknown_reason().cloned();
            }
            continue;
        };
        let keys = keys(text);
        let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut value = value(parameter);
        if let Some(indexed) = keys.iter().position(|key| key.contains('[')) {
            // One item of a list that stands elsewhere.
            keys.truncate(indexed + 1);
            if let Some(last) = keys.last_mut() {
                *last = last.split('[').next().unwrap_or_default();
            }
            value = unknown(UnknownReason::Placeholder(format!("set by parameter {text}")), name.origin);
        }
        set(&mut root, &keys, value);
    }
    Some(root)
}

fn value(parameter: &Node) -> Node {
    let Some(value) = parameter.get("value") else {
        let path = parameter.get("path").and_then(Node::raw_text).unwrap_or_default();
        return unknown(UnknownReason::Placeholder(format!("the content of {path}")), parameter.origin);
    };
    let forced = parameter.get("forceString").and_then(Node::as_bool) == Some(true);
    match value.as_str() {
        Some(text) if !forced => Node { value: typed(text), origin: value.origin },
        _ => value.clone(),
    }
}

/// A text as `--set` understands it.
fn typed(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ if text.starts_with('0') && text != "0" => Value::String(text.to_owned()),
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.to_owned()), |number| Value::Number(Number::Int(number))),
    }
}

/// The keys of a path with dots; a backslash keeps a dot in a key.
pub(super) fn keys(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut chars = path.chars();
    while let Some(char) = chars.next() {
        let Some(last) = keys.last_mut() else { break };
        match char {
            '\\' => last.extend(chars.next()),
            '.' => keys.push(String::new()),
            _ => last.push(char),
        }
    }
    keys
}
