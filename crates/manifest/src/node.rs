//! Values of our own tree: every key and every value knows where it was written.

use crate::source::Span;
use crate::unknown::UnknownReason;

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it was written.
    pub origin: Origin,
}

/// Where a key or value was written. One object may mix origins of several sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Where the value itself stands; for an alias or a merged entry, at its definition.
    pub span: Span,
    /// Where an alias (`*name`) or merge (`<<`) that brought it here stands.
    pub used_at: Option<Span>,
}

impl Origin {
    /// The place to change it at: an alias where it is used, for there it can be changed without
    /// changing others; what comes from another text (a variable, a renamed base) where it is written.
    pub fn place(self) -> Span {
        self.used_at.filter(|used_at| used_at.source == self.span.source).unwrap_or(self.span)
    }

    /// The other end: where an alias is defined, or where what comes from another text is used.
    pub fn other_place(self) -> Option<Span> {
        let used_at = self.used_at?;
        Some(if used_at.source == self.span.source { self.span } else { used_at })
    }
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string that is known whole.
    String(String),
    /// Text around holes that something else fills in.
    Partial(Partial),
    /// A scalar, list or map of which nothing is known.
    Unknown(Unknown),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Map),
}

/// A number as Go's YAML reader keeps it before it is written as JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Fits in an `i64`.
    Int(i64),
    /// Above `i64::MAX`, fits in a `u64`.
    UInt(u64),
    /// All else.
    Float(f64),
}

/// A map, in the order of the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// Keys are unique: of duplicates the last is kept, as kubectl does.
    pub entries: Vec<Entry>,
    /// Why keys that are not among `entries` may exist all the same (a patch that was not
    /// applied, a key with a variable). Absence cannot be told from such a map.
    pub open: Option<UnknownReason>,
}

/// One key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as JSON has it: a string.
    pub key: String,
    /// Where the key stands.
    pub key_origin: Origin,
    /// The value.
    pub value: Node,
}

/// A string of which parts are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// The text as written.
    pub raw: String,
    /// Known and unknown parts, in order; never two `Text` side by side.
    pub parts: Vec<Part>,
    /// What the first hole is.
    pub reason: UnknownReason,
}

/// A part of a [`Partial`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Known text, never empty.
    Text(String),
    /// Any text, possibly none.
    Hole,
}

/// A value of which nothing is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The text as written; empty for a list or map.
    pub raw: String,
    /// Why.
    pub reason: UnknownReason,
    /// What kubectl would take it for, where that is something else than the string `raw`:
    /// the value under a custom tag, which kubectl ignores.
    pub value: Option<Box<Node>>,
}

/// What a map says of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'n> {
    /// It is there.
    Present(&'n Entry),
    /// It is not there.
    Absent,
    /// It may be there.
    Unknown(&'n UnknownReason),
}

impl Map {
    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        // Most keys differ in length or last byte from the one that is asked for: no text is compared.
        let last = key.as_bytes().last();
        let mut entries = self.entries.iter();
        entries.find(|entry| {
            entry.key.len() == key.len() && entry.key.as_bytes().last() == last && entry.key == key
        })
    }

    /// What is known of that key.
    pub fn lookup(&self, key: &str) -> Lookup<'_> {
        match (self.entry(key), &self.open) {
            (Some(entry), _) => Lookup::Present(entry),
            (None, Some(reason)) => Lookup::Unknown(reason),
            (None, None) => Lookup::Absent,
        }
    }
}

impl Node {
    /// The value at `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.entry(key).map(|entry| &entry.value)
    }

    /// The value down a path of keys.
    pub fn at<'n>(&'n self, keys: &[&str]) -> Option<&'n Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value at an RFC 6901 pointer (`""` is this node).
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, |node, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::Map(map) => map.entry(&token).map(|entry| &entry.value),
                Value::List(items) => items.get(token.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }

    /// The string, if it is one and known whole.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text as written of a string, known, partly known or unknown.
    pub fn raw_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            Value::Partial(partial) => Some(&partial.raw),
            Value::Unknown(unknown) => Some(&unknown.raw),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Number(Number::Int(value)) => Some(value),
            _ => None,
        }
    }

    /// Why this node itself is not known whole, if it is not.
    pub fn unknown_reason(&self) -> Option<&UnknownReason> {
        match &self.value {
            Value::Unknown(unknown) => Some(&unknown.reason),
            Value::Partial(partial) => Some(&partial.reason),
            _ => None,
        }
    }

    /// The items of a list, or the values of a map; nothing for a scalar.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        let (items, entries) = match &self.value {
            Value::List(items) => (items.as_slice(), [].as_slice()),
            Value::Map(map) => ([].as_slice(), map.entries.as_slice()),
            _ => ([].as_slice(), [].as_slice()),
        };
        items.iter().chain(entries.iter().map(|entry| &entry.value))
    }
}

/// Escapes a key for use in an RFC 6901 pointer.
pub fn pointer_token(key: &str) -> String {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1") } else { key.to_owned() }
}
