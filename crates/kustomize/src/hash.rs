//! The hash that kustomize adds to the names of generated `ConfigMaps` and Secrets.

use manifest::{Node, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The hash of a `ConfigMap` or Secret: ten letters and digits.
pub(crate) fn of(object: &Node) -> String {
    let is_secret = object.get("kind").and_then(Node::as_str) == Some("Secret");
    let (data, more, kind) =
        if is_secret { ("data", "stringData", "Secret") } else { ("data", "binaryData", "ConfigMap") };
    // As Go writes a map: keys sorted. The name is always left empty.
    let mut fields: Vec<(&str, String)> = vec![("kind", quote(kind)), ("name", quote(""))];
    fields.push((data, object.get(data).map_or_else(|| quote(""), json)));
    if let Some(node) = object.get(more).filter(|node| node.as_map().is_some()) {
        fields.push((more, json(node)));
    }
    if is_secret {
        fields.push(("type", object.get("type").map_or_else(|| quote(""), json)));
    }
    fields.sort_unstable_by_key(|(key, _)| *key);
    let fields: Vec<String> =
        fields.into_iter().map(|(key, value)| format!("{}:{value}", quote(key))).collect();
    letters(&Sha256::digest(format!("{{{}}}", fields.join(","))))
}

/// The first ten hexadecimal digits, of which those that could spell words are others.
fn letters(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(10);
    digits.filter_map(|digit| "gh2k456789mbcdtf".chars().nth(usize::from(digit))).collect()
}

/// A value as Go's `encoding/json` writes it.
fn json(node: &Node) -> String {
    match &node.value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.entries.iter().collect();
            entries.sort_unstable_by(|one, other| one.key.cmp(&other.key));
            let entries =
                entries.into_iter().map(|entry| format!("{}:{}", quote(&entry.key), json(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        _ => node.raw_text().map_or_else(|| manifest::to_json(node), quote),
    }
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1F}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}
