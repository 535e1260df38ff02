//! The configuration as a tree whose every key and value knows where it is written.
//!
//! `serde` stops at the first thing that does not fit. A tree is read once and then decoded
//! with all problems told at once.

use super::error::{Bytes, Problems};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Yaml {
    pub(crate) value: Value,
    /// Its text; for a block list or map its first line.
    pub(crate) at: Bytes,
}

/// What a [`Yaml`] holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<Yaml>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Bytes,
    pub(crate) value: Yaml,
}

impl Yaml {
    /// What it is, with an article.
    pub(crate) fn phrase(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads the one document of a file; an empty file is [`Value::Null`].
pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<Yaml> {
    let options = serde_saphyr::options! {
        // `off` is a severity, not a boolean.
        strict_booleans: true,
        with_snippet: false,
        // A version such as 1_30 is a typing error, not the number 130.
        underscored_numbers_as_strings: true,
        // Deep enough for any configuration, and far from the end of the stack.
        budget: serde_saphyr::budget! { max_depth: 32 },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Some(Yaml::from_raw(root, text)),
        Err(error) => {
            let at = error.location().map_or(0..0, |location| bytes(location, text));
            problems.add(&at, message(&error), "");
            None
        }
    }
}

/// The message without place, and without advice about options that the user cannot set.
fn message(error: &serde_saphyr::Error) -> String {
    let whole = error.to_string();
    let message = whole.rfind(" at line ").and_then(|end| whole.get(..end)).unwrap_or(&whole);
    let rewritten = [
        ("multiple YAML documents", "a configuration is one document; here a second one starts"),
        ("budget breached", "this is too large or too deeply nested for a configuration"),
        ("recursion limit", "this is too large or too deeply nested for a configuration"),
        ("expected string scalar", "a key is a string, not a list or a map"),
        ("null into string", "a key is a string, not nothing"),
        ("non-finite float", "a number here is finite"),
    ];
    if let Some((_, better)) = rewritten.iter().find(|(theirs, _)| message.contains(theirs)) {
        return (*better).to_owned();
    }
    let end = message.find(", set DuplicateKeyPolicy").unwrap_or(message.len());
    message.get(..end).unwrap_or(message).to_owned()
}

/// The byte range of a location; the reader does not know the bytes of a syntax error, but
/// always the characters before it.
fn bytes(location: Location, text: &str) -> Bytes {
    let span = location.span();
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let known = span.byte_offset().and_then(|byte| u32::try_from(byte).ok());
    let start = known.unwrap_or_else(|| {
        let characters = usize::try_from(span.offset()).unwrap_or(usize::MAX);
        let before: usize = text.chars().take(characters).map(char::len_utf8).sum();
        u32::try_from(before).unwrap_or(u32::MAX)
    });
    let length = span.byte_len().filter(|_| known.is_some());
    let length = length.and_then(|length| u32::try_from(length).ok()).unwrap_or(0);
    let start = start.min(end);
    start..start.saturating_add(length).min(end)
}

impl Yaml {
    fn from_raw(raw: Spanned<Raw>, text: &str) -> Self {
        let mut at = bytes(raw.referenced, text);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => Value::Bool(value),
            Raw::Int(value) => Value::Int(value),
            Raw::Float(value) => Value::Float(value),
            Raw::String(value) => Value::String(value),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| Self::from_raw(item, text)).collect())
            }
            Raw::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key: key.value.0,
                        key_at: bytes(key.referenced, text),
                        value: Self::from_raw(value, text),
                    })
                    .collect(),
            ),
        };
        // A collection is located by one byte or none: its line says more.
        if matches!(value, Value::List(_) | Value::Map(_)) {
            let rest = text.get(at.start as usize..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default().trim_end();
            at.end = at.start.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
        }
        Self { value, at }
    }
}

/// What the reader gives, before places are worked out.
#[derive(Debug)]
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Key>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        // Above what any parameter can be; as text it is refused wherever a number is wanted.
        Ok(i64::try_from(value).map_or_else(|_| Raw::String(value.to_string()), Raw::Int))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[derive(Debug)]
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}
