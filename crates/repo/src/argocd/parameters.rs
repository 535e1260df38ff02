//! Parameters: the values that a generator gives to the template.
//!
//! In Go's language they keep their structure; in the plain one each text has a name of its own
//! (`path.basename`, `path[0]`). A map that is open may have parameters that are not known.

use super::template::Refusal;
use manifest::{Entry, Map, Node, Number, Origin, Value};

/// One set of parameters.
pub(crate) type Parameters = Map;

/// Sets a parameter.
pub(crate) fn set(parameters: &mut Parameters, key: String, value: Node) {
    if let Some(entry) = parameters.entries.iter_mut().find(|entry| entry.key == key) {
        entry.value = value;
    } else {
        let key_origin = value.origin;
        parameters.entries.push(Entry { key, key_origin, value });
    }
}

/// A text at a place.
pub(crate) fn text(text: impl Into<String>, origin: Origin) -> Node {
    Node { value: Value::String(text.into()), origin }
}

/// A map at a place.
pub(crate) fn map(entries: Vec<(&str, Node)>, origin: Origin) -> Node {
    let mut map = Map::default();
    for (key, value) in entries {
        set(&mut map, key.to_owned(), value);
    }
    Node { value: Value::Map(map), origin }
}

/// The scalars of a value as texts, names joined by dots.
pub(crate) fn flat(node: &Node) -> Parameters {
    let mut parameters = Parameters::default();
    flatten("", node, &mut parameters);
    parameters
}

fn flatten(prefix: &str, node: &Node, into: &mut Parameters) {
    let name = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    match &node.value {
        Value::Map(map) if !map.entries.is_empty() || prefix.is_empty() => {
            into.open = into.open.take().or_else(|| map.open.clone());
            for entry in &map.entries {
                flatten(&name(&entry.key), &entry.value, into);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                flatten(&name(&at.to_string()), item, into);
            }
        }
        Value::Partial(_) | Value::Unknown(_) => set(into, prefix.to_owned(), node.clone()),
        _ => set(into, prefix.to_owned(), text(printed(node), node.origin)),
    }
}

/// A value as Go prints it.
pub(crate) fn printed(node: &Node) -> String {
    match &node.value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => printed_number(*number),
        Value::List(items) => {
            format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" "))
        }
        Value::Map(map) => {
            let mut entries: Vec<_> =
                map.entries.iter().map(|entry| (&entry.key, printed(&entry.value))).collect();
            entries.sort();
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("map[{}]", entries.join(" "))
        }
        Value::String(_) | Value::Partial(_) | Value::Unknown(_) => {
            node.raw_text().unwrap_or_default().to_owned()
        }
    }
}

/// Every number that came as JSON is a float to Go, and a large one is printed as such.
fn printed_number(number: Number) -> String {
    let value = match number {
        Number::Int(value) if value.unsigned_abs() < 1_000_000 => return value.to_string(),
        #[expect(clippy::cast_precision_loss, reason = "so does Go")]
        Number::Int(value) => value as f64,
        #[expect(clippy::cast_precision_loss, reason = "so does Go")]
        Number::UInt(value) => value as f64,
        Number::Float(value) => value,
    };
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

/// What two generators give together, in the plain language: no name twice with two values.
pub(crate) fn combined(one: &Parameters, two: &Parameters) -> Result<Parameters, Refusal> {
    let mut both = one.clone();
    both.open = both.open.or_else(|| two.open.clone());
    for entry in &two.entries {
        match one.entry(&entry.key) {
            Some(other) if other.value.value != entry.value.value => {
                return Err(format!("both generators give `{}`, with different values", entry.key));
            }
            Some(_) => {}
            None => both.entries.push(entry.clone()),
        }
    }
    Ok(both)
}

/// The first with what it lacks from the second, map by map.
pub(crate) fn filled_up(one: &Node, two: &Node) -> Node {
    match (&one.value, &two.value) {
        (Value::Map(first), Value::Map(second)) => {
            let mut both = first.clone();
            both.open = both.open.or_else(|| second.open.clone());
            for entry in &second.entries {
                match both.entries.iter_mut().find(|own| own.key == entry.key) {
                    Some(own) => own.value = filled_up(&own.value, &entry.value),
                    None => both.entries.push(entry.clone()),
                }
            }
            Node { value: Value::Map(both), origin: one.origin }
        }
        _ if is_empty(one) => two.clone(),
        _ => one.clone(),
    }
}

/// Whether a value counts as none.
pub(crate) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) | Value::Number(Number::Int(0)) => true,
        Value::Number(Number::Float(value)) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.entries.is_empty() && map.open.is_none(),
        _ => false,
    }
}
