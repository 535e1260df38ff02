//! Bounds of single values.

use crate::tables::Check;
use crate::tree::Bound;
use manifest::{Node, Number, Value};
use std::cmp::Ordering;

/// What a value must be to keep a bound that it breaks.
pub(super) fn broken(node: &Node, bound: Bound) -> Option<String> {
    match &node.value {
        Value::String(text) => text_broken(text, bound),
        Value::Number(number) => number_broken(*number, bound),
        Value::List(items) => match bound.check {
            Check::NoItemStarts => {
                let starts = |item: &Node| item.as_str().is_some_and(|text| text.starts_with(bound.text));
                items.iter().any(starts).then(|| format!("without items that start with `{}`", bound.text))
            }
            Check::MinItems => (count(items) < bound.number).then(|| at("least", bound.number, "item")),
            Check::MaxItems => (count(items) > bound.number).then(|| at("most", bound.number, "item")),
            _ => None,
        },
        Value::Map(map) => match bound.check {
            Check::MinFields => (count(&map.entries) < bound.number && map.open.is_none())
                .then(|| at("least", bound.number, "field")),
            Check::MaxFields => {
                (count(&map.entries) > bound.number).then(|| at("most", bound.number, "field"))
            }
            _ => None,
        },
        _ => None,
    }
}

fn count<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

fn at(which: &str, number: i64, what: &str) -> String {
    let mark = if number == 1 { "" } else { "s" };
    format!("of at {which} {number} {what}{mark}")
}

fn text_broken(text: &str, bound: Bound) -> Option<String> {
    let length = || i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let not_empty = || "not empty".to_owned();
    let (holds, wanted) = match bound.check {
        Check::MinLength if bound.number == 1 => (!text.is_empty(), not_empty()),
        Check::MinLength => (length() >= bound.number, format!("at least {} characters long", bound.number)),
        Check::MaxLength => (length() <= bound.number, format!("at most {} characters long", bound.number)),
        Check::Enum => (bound.lines().any(|value| value == text), one_of(bound)),
        Check::Pattern => {
            (bound.pattern().is_none_or(|pattern| pattern.is_match(text)), pattern_words(bound.text))
        }
        Check::Not if bound.text.is_empty() => (!text.is_empty(), not_empty()),
        Check::Not => (text != bound.text, format!("something else than `{}`", bound.text)),
        Check::DateTime => (is_time(text), "a time such as `2026-01-31T12:00:00Z`".to_owned()),
        Check::Base64 => (is_base64(text), "base 64".to_owned()),
        _ => return None,
    };
    (!holds).then_some(wanted)
}

fn number_broken(number: Number, bound: Bound) -> Option<String> {
    let (holds, wanted) = match bound.check {
        Check::Min => (compare(number, bound.number).is_ge(), format!("at least {}", bound.number)),
        Check::Max => (compare(number, bound.number).is_le(), format!("at most {}", bound.number)),
        Check::Int32 => {
            let fits = compare(number, i32::MIN.into()).is_ge() && compare(number, i32::MAX.into()).is_le();
            (fits, format!("at most {}", i32::MAX))
        }
        // A number is none of the texts; that is told as its type.
        _ => return None,
    };
    (!holds).then_some(wanted)
}

fn compare(number: Number, bound: i64) -> Ordering {
    match number {
        Number::Int(value) => value.cmp(&bound),
        Number::UInt(_) => Ordering::Greater,
        #[allow(clippy::cast_precision_loss, reason = "bounds are small")]
        Number::Float(value) => value.partial_cmp(&(bound as f64)).unwrap_or(Ordering::Greater),
    }
}

fn one_of(bound: Bound) -> String {
    let values: Vec<String> = bound.lines().map(|value| format!("`{value}`")).collect();
    match values.as_slice() {
        [one] => one.clone(),
        values => format!("one of {}", values.join(", ")),
    }
}

/// A pattern by the name that people have for it.
fn pattern_words(pattern: &str) -> String {
    if pattern == "^[1-9][0-9]*[dwm]$" {
        "a number of days, weeks or months, such as `30d`, `4w`, `1m`".to_owned()
    } else if pattern.contains("[KMGTPE]i") {
        "a quantity such as `512Mi`, `10Gi`, `500m`".to_owned()
    } else {
        format!("something that matches `{pattern}`")
    }
}

/// A time as RFC 3339 has it.
fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

fn is_base64(text: &str) -> bool {
    let kept: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let body = kept.iter().take_while(|byte| **byte != b'=').count();
    let is_char = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    kept.len().is_multiple_of(4)
        && kept.len() - body <= 2
        && kept.iter().take(body).all(is_char)
        && kept.iter().skip(body).all(|byte| *byte == b'=')
}

/// Longer texts are cut.
const SHOWN: usize = 60;

/// What is there, in a few words.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(_) => format!("the number {}", manifest::to_json(node)),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => {
            let cut: String = text.chars().take(SHOWN).collect();
            let dots = if cut.len() < text.len() { "…" } else { "" };
            format!("`{}{dots}`", cut.replace('\n', " "))
        }
        Value::Partial(partial) => format!("`{}`", partial.raw),
        Value::Unknown(unknown) => format!("`{}`", unknown.raw),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}
