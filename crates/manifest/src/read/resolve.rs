//! Scalars as Go's YAML 1.1 reader understands them.
//!
//! Source: `go.yaml.in/yaml/v2` 2.4.3, which `sigs.k8s.io/yaml` 1.6.0 reads with: the
//! tables of YAML 1.1, integers as Go writes them, floats by their YAML form, no base 60.

use super::notes::short;
use super::time::is_timestamp;
use crate::node::{Number, Value};
use std::borrow::Cow;

/// What all tags of YAML itself start with.
pub(super) const YAML_TAG: &str = "tag:yaml.org,2002:";

/// The tag of a merge key.
pub(super) const MERGE_TAG: &str = "tag:yaml.org,2002:merge";

/// What a plain scalar is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Number(Number),
    Text,
}

impl Plain {
    /// The name of its tag, for messages.
    fn name(self) -> &'static str {
        match self {
            Self::Null => "a null",
            Self::Bool(_) => "a boolean",
            Self::Number(Number::Float(_)) => "a float",
            Self::Number(_) => "an integer",
            Self::Text => "a string",
        }
    }
}

/// A tag that a scalar can carry, as far as it changes what the scalar is.
enum Tag {
    None,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    /// Any other: the text is kept as a string.
    Other,
}

impl Tag {
    fn new(tag: Option<&str>) -> Self {
        let Some(tag) = tag else { return Self::None };
        match tag.strip_prefix(YAML_TAG) {
            Some("str") => Self::Str,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("null") => Self::Null,
            Some("timestamp") => Self::Timestamp,
            Some("binary") => Self::Binary,
            _ => Self::Other,
        }
    }
}

/// The value of a scalar; `plain` where no quotes make a string of it. The error says why
/// the text does not fit the tag.
pub(super) fn scalar(tag: Option<&str>, plain: bool, text: String) -> Result<Value, String> {
    match Tag::new(tag) {
        Tag::None if !plain => Ok(Value::String(text)),
        Tag::None => Ok(self::plain(text)),
        Tag::Str | Tag::Other => Ok(Value::String(text)),
        Tag::Binary => binary(&text).map(Value::String).ok_or_else(|| "!!binary needs base64".to_owned()),
        Tag::Timestamp if is_timestamp(&text) => Ok(Value::String(text)),
        Tag::Timestamp => Err(misfit(&text, resolve(&text), "!!timestamp")),
        Tag::Bool => fits(text, "!!bool", |plain| matches!(plain, Plain::Bool(_))),
        Tag::Null => fits(text, "!!null", |plain| matches!(plain, Plain::Null)),
        Tag::Int => {
            fits(text, "!!int", |plain| matches!(plain, Plain::Number(Number::Int(_) | Number::UInt(_))))
        }
        Tag::Float => match resolve(&text) {
            // Rounds as a conversion would; there is none that cannot lose.
            Plain::Number(Number::Int(integer)) => {
                let float = integer.to_string().parse().unwrap_or(f64::INFINITY);
                Ok(Value::Number(Number::Float(float)))
            }
            _ => fits(text, "!!float", |plain| matches!(plain, Plain::Number(Number::Float(_)))),
        },
    }
}

/// The value of a scalar without quotes and tag.
pub(super) fn plain(text: String) -> Value {
    value(resolve(&text), text)
}

fn fits(text: String, tag: &str, fit: impl Fn(Plain) -> bool) -> Result<Value, String> {
    let plain = resolve(&text);
    if fit(plain) { Ok(value(plain, text)) } else { Err(misfit(&text, plain, tag)) }
}

fn misfit(text: &str, plain: Plain, tag: &str) -> String {
    format!("`{}` is {} and cannot be read as {tag}", short(text), plain.name())
}

fn value(plain: Plain, text: String) -> Value {
    match plain {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(value),
        Plain::Number(number) => Value::Number(number),
        Plain::Text => Value::String(text),
    }
}

/// What a text without quotes and tag is. The first byte tells most texts from all else.
fn resolve(text: &str) -> Plain {
    match text.as_bytes().first() {
        None => Plain::Null,
        Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => word(text),
        Some(b'.') => special_float(text).or_else(|| dotted(text)).map_or(Plain::Text, float),
        Some(b'+' | b'-') => special_float(text).map(float).or_else(|| number(text)).unwrap_or(Plain::Text),
        Some(b'0'..=b'9') => number(text).unwrap_or(Plain::Text),
        Some(_) => Plain::Text,
    }
}

fn float(value: f64) -> Plain {
    Plain::Number(Number::Float(value))
}

fn word(text: &str) -> Plain {
    match text {
        "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Plain::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Bool(false)
        }
        _ => Plain::Text,
    }
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A text that starts with a digit or a sign.
fn number(text: &str) -> Option<Plain> {
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&plain)
        .map(Plain::Number)
        .or_else(|| if is_yaml_float(&plain) { finite(&plain).map(float) } else { None })
        .or_else(|| binary_integer(&plain).map(Plain::Number))
}

/// An integer as Go writes it: `0x`, `0o`, `0b`, and `0` for octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let signed = digits.len() != text.len();
    let prefix = digits.as_bytes().get(..2).unwrap_or_default();
    let (radix, digits) = match prefix {
        [b'0', b'x' | b'X'] if digits.len() > 2 => (16, digits.get(2..)?),
        [b'0', b'o' | b'O'] if digits.len() > 2 => (8, digits.get(2..)?),
        [b'0', b'b' | b'B'] if digits.len() > 2 => (2, digits.get(2..)?),
        [b'0', _] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    let magnitude = unsigned(digits, radix)?;
    signed_number(negative, magnitude, signed)
}

/// `0b` with a sign behind it, which Go's reader accepts by accident.
fn binary_integer(text: &str) -> Option<Number> {
    let rest = text.strip_prefix("0b")?;
    let (negative, digits) = sign(rest);
    signed_number(negative, unsigned(digits, 2)?, digits.len() != rest.len())
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    // The library would take a sign here.
    let clean = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if clean { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// Only a number without a sign may exceed `i64`.
fn signed_number(negative: bool, magnitude: u64, signed: bool) -> Option<Number> {
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Number::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Number::Int(value)),
        Err(_) if !signed => Some(Number::UInt(magnitude)),
        Err(_) => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_yaml_float(text: &str) -> bool {
    let (_, rest) = sign(text);
    let (whole, rest) = digits(rest);
    let (fraction, rest, dot) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, rest) = digits(rest);
            (fraction, rest, true)
        }
        None => ("", rest, false),
    };
    if whole.is_empty() && (!dot || fraction.is_empty()) {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let (power, rest) = digits(sign(exponent).1);
            !power.is_empty() && rest.is_empty()
        }
        None => rest.is_empty(),
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A text that starts with a dot, as Go parses a float: `_` may stand between digits.
fn dotted(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let separates = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    };
    let lawful = bytes.iter().enumerate().all(|(at, byte)| *byte != b'_' || separates(at));
    let plain = text.replace('_', "");
    if lawful && is_yaml_float(&plain) { finite(&plain) } else { None }
}

/// A float that does not overflow; one that does is a string.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Decodes base64 as Go does: line breaks are skipped, padding is needed, and bytes that
/// are no UTF-8 are written as U+FFFD each.
fn binary(text: &str) -> Option<String> {
    let mut bits = 0u32;
    let mut held = 0u32;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut symbols = 0usize;
    let mut padding = 0usize;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        symbols += 1;
        if byte == b'=' {
            padding += 1;
            continue;
        }
        if padding > 0 {
            return None;
        }
        bits = (bits << 6 | sextet(byte)?) & 0xFF_FFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    let lawful = symbols.is_multiple_of(4) && padding <= 2 && (padding == 0 || symbols >= 4);
    if lawful { Some(lossy(&bytes)) } else { None }
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Go replaces every byte of a broken sequence by itself; `from_utf8_lossy` joins them.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}

/// The text of a float as a key, as Go writes it: shortest for 32 bits, `%g`.
pub(super) fn float_key(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds float keys to 32 bits too")]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf".to_owned() } else { "-.inf".to_owned() };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        format!("{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::{float_key, lossy, resolve, scalar};
    use crate::node::{Node, Origin};
    use crate::source::{SourceId, Span};
    use crate::to_json;

    fn json(text: &str) -> String {
        let span = Span { source: SourceId(0), start: 0, end: 0 };
        let value = super::value(resolve(text), text.to_owned());
        to_json(&Node { value, origin: Origin { span, used_at: None } })
    }

    #[test]
    fn texts_without_quotes_are_what_yaml_1_1_says() {
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("NULL", "null"),
            ("y", "true"),
            ("No", "false"),
            ("ON", "true"),
            ("nO", "\"nO\""),
            ("010", "8"),
            ("0o10", "8"),
            ("08", "8"),
            ("-0x1F", "-31"),
            ("0b101", "5"),
            ("0b-1", "-1"),
            ("1_000", "1000"),
            ("1:30", "\"1:30\""),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("+9223372036854775808", "9223372036854776000"),
            ("1e3", "1000"),
            (".5", "0.5"),
            ("1e400", "\"1e400\""),
            ("0x1p3", "\"0x1p3\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("1.2.3", "\"1.2.3\""),
            ("10Gi", "\"10Gi\""),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn a_tag_takes_only_what_fits_it() {
        let tagged = |tag: &str, text: &str| {
            scalar(Some(&format!("tag:yaml.org,2002:{tag}")), false, text.to_owned()).is_ok()
        };
        for (tag, fits, misfits) in [
            ("int", "0x1F", "1.5"),
            ("float", "1", "18446744073709551615"),
            ("bool", "yes", "1"),
            ("null", "~", "x"),
            ("timestamp", "2001-02-28T1:2:3.5Z", "2001-02-29"),
            ("binary", "aGVsbG8=\n", "aGVsbG8"),
        ] {
            assert!(tagged(tag, fits), "{tag} {fits}");
            assert!(!tagged(tag, misfits), "{tag} {misfits}");
        }
    }

    #[test]
    fn keys_that_are_floats_are_written_short() {
        let keys = [1.5, 1e3, 1e6, 123_456_789.125, 0.0001, 0.00001, 1e300, f64::NAN];
        let written: Vec<_> = keys.into_iter().map(float_key).collect();
        assert_eq!(written, ["1.5", "1000", "1e+06", "1.2345679e+08", "0.0001", "1e-05", ".inf", ".nan"]);
    }

    #[test]
    fn every_byte_that_is_no_text_is_replaced() {
        assert_eq!(lossy(b"a\xF0\x9F\x98b"), "a\u{FFFD}\u{FFFD}\u{FFFD}b");
    }
}
