//! A Node as the JSON that kubectl would have of it.

use crate::node::{Map, Node, Number, Value};
use std::fmt::Write as _;

/// The JSON value of a node, on one line, keys in the order of the text.
///
/// What is partly known or unknown is the string that was written. Under a custom tag, which
/// kubectl ignores, it is the value that stands there. Numbers are written as Go writes them.
pub fn to_json(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn write(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => write_number(*number, out),
        Value::String(text) => write_string(text, out),
        Value::Partial(partial) => write_string(&partial.raw, out),
        Value::Unknown(unknown) => match &unknown.value {
            Some(value) => write(value, out),
            None => write_string(&unknown.raw, out),
        },
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => write_map(map, out),
    }
}

fn write_map(map: &Map, out: &mut String) {
    out.push('{');
    for (at, entry) in map.entries.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_string(&entry.key, out);
        out.push(':');
        write(&entry.value, out);
    }
    out.push('}');
}

fn write_number(number: Number, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match number {
        Number::Int(value) => write!(out, "{value}"),
        Number::UInt(value) => write!(out, "{value}"),
        Number::Float(value) if value == 0.0 || (1e-6..1e21).contains(&value.abs()) => write!(out, "{value}"),
        Number::Float(value) if value.is_finite() => {
            let text = format!("{value:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            write!(out, "{mantissa}e{sign}{exponent}")
        }
        Number::Float(_) => write!(out, "null"),
    };
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1F}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}
