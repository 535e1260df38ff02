//! What the operators do with a value. Places and lengths are counted in bytes, as Flux does.

use crate::expression::Operator;
use crate::glob::Glob;

/// The value after the operator; `None` where a character would be cut in two.
pub(crate) fn apply(operator: Operator, value: &str, operands: &[String]) -> Option<String> {
    let first = operands.first().map(String::as_str).unwrap_or_default();
    let second = operands.get(1).map(String::as_str);
    Some(match operator {
        Operator::Default if value.is_empty() => operands.concat(),
        Operator::Plain | Operator::Default => value.to_owned(),
        Operator::Length => value.len().to_string(),
        Operator::Lower => value.chars().map(lower).collect(),
        Operator::Upper => value.chars().map(upper).collect(),
        Operator::LowerFirst => first_char(value, lower),
        Operator::UpperFirst => first_char(value, upper),
        Operator::Substring => return substring(value, first, second).map(str::to_owned),
        Operator::ReplaceFirst => value.replacen(first, second.unwrap_or_default(), 1),
        Operator::ReplaceAll => value.replace(first, second.unwrap_or_default()),
        Operator::ReplacePrefix => match (value.strip_prefix(first), second) {
            (Some(rest), Some(with)) => format!("{with}{rest}"),
            _ => value.to_owned(),
        },
        Operator::ReplaceSuffix => match (value.strip_suffix(first), second) {
            (Some(rest), Some(with)) => format!("{rest}{with}"),
            _ => value.to_owned(),
        },
        Operator::TrimPrefix { longest } => return trim(value, first, longest),
        Operator::TrimSuffix { longest } => {
            return Some(reversed(&trim(&reversed(value), &reversed(first), longest)?));
        }
    })
}

fn first_char(value: &str, change: fn(char) -> char) -> String {
    let mut chars = value.chars();
    chars.next().map(change).into_iter().chain(chars).collect()
}

/// One character to one: where Unicode makes several of it, Go leaves it.
fn lower(char: char) -> char {
    single(char, char.to_lowercase())
}

fn upper(char: char) -> char {
    single(char, char.to_uppercase())
}

fn single(char: char, mut changed: impl ExactSizeIterator<Item = char>) -> char {
    if changed.len() == 1 { changed.next().unwrap_or(char) } else { char }
}

/// `from` and `length` that are no numbers leave the value as it is.
fn substring<'v>(value: &'v str, from: &str, length: Option<&str>) -> Option<&'v str> {
    let size = i64::try_from(value.len()).ok()?;
    let Ok(from) = from.parse::<i64>() else { return Some(value) };
    let from = if from < 0 { (size + from).max(0) } else { from };
    let end = match length.map(str::parse::<i64>) {
        None => size,
        Some(Err(_)) => return Some(value),
        Some(Ok(length)) if length < 0 => size.saturating_add(length),
        Some(Ok(length)) => from.saturating_add(length).min(size),
    };
    if end <= from {
        return Some("");
    }
    value.get(usize::try_from(from).ok()?..usize::try_from(end).ok()?)
}

/// Takes a prefix that a pattern matches away; an empty one does not count.
fn trim(value: &str, pattern: &str, longest: bool) -> Option<String> {
    let Some(glob) = Glob::parse(pattern) else { return Some(value.to_owned()) };
    let bytes = value.as_bytes();
    let matches = |end: &usize| bytes.get(..*end).is_some_and(|prefix| glob.is_match(prefix));
    let mut ends = 1..=bytes.len();
    let end = if longest { ends.rfind(matches) } else { ends.find(matches) };
    value.get(end.unwrap_or(0)..).map(str::to_owned)
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}
