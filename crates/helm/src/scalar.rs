//! Scalars as templates of Helm test, print and join them.

use manifest::{
    Limits, Node, Number, Origin, Part, Partial, Source, SourceId, Unknown, UnknownReason, Value,
};

/// What a template makes of a value as a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds.
    Yes,
    /// Null, false, zero or empty.
    No,
    /// That depends on what is not known.
    Perhaps,
}

impl Truth {
    pub(crate) fn of(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::No };
        let holds = match &node.value {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Number(Number::Int(value)) => *value != 0,
            Value::Number(Number::UInt(value)) => *value != 0,
            Value::Number(Number::Float(value)) => *value != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(map) if map.entries.is_empty() && map.open.is_some() => return Self::Perhaps,
            Value::Map(map) => !map.entries.is_empty(),
            Value::Partial(_) => true,
            Value::Unknown(_) => return Self::Perhaps,
        };
        if holds { Self::Yes } else { Self::No }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Perhaps,
        }
    }
}

/// A value of which nothing is known.
pub(crate) fn unknown(reason: UnknownReason, origin: Origin) -> Node {
    Node { value: Value::Unknown(Unknown { raw: String::new(), reason, value: None }), origin }
}

/// A string.
pub(crate) fn text(text: impl Into<String>, origin: Origin) -> Node {
    Node { value: Value::String(text.into()), origin }
}

/// What stands in the manifest where a template prints a value without quotes: the text is read
/// as YAML once more, so that the string `"3"` becomes a number.
pub(crate) fn printed(node: &Node) -> Node {
    let Value::String(text) = &node.value else { return node.clone() };
    let reread = read_scalar(text);
    Node { value: reread.unwrap_or_else(|| node.value.clone()), origin: node.origin }
}

/// A text as YAML would read it as a plain scalar.
pub(crate) fn read_scalar(text: &str) -> Option<Value> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'~');
    if text.is_empty() {
        return Some(Value::Null);
    }
    if !text.bytes().all(plain) {
        return None;
    }
    let source = Source::new("", text.as_bytes().to_vec());
    let document = manifest::read(&source, SourceId(0), &Limits::default()).documents.pop()?;
    let value = document.content.ok()?.value;
    (!matches!(value, Value::List(_) | Value::Map(_) | Value::Unknown(_))).then_some(value)
}

/// A part of a text that a template joins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a> {
    /// Text of the template.
    Text(&'a str),
    /// A value, printed.
    Value(Option<&'a Node>),
}

/// A text that a template joins; with holes where a value is not known.
pub(crate) fn join(pieces: &[Piece<'_>], origin: Origin) -> Node {
    let mut joined = Joined::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => joined.text(text),
            Piece::Value(Some(node)) => joined.value(node),
            Piece::Value(None) => {}
        }
    }
    Node { value: joined.finish(), origin }
}

#[derive(Default)]
struct Joined {
    raw: String,
    parts: Vec<Part>,
    reason: Option<UnknownReason>,
}

impl Joined {
    fn text(&mut self, text: &str) {
        self.raw.push_str(text);
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn value(&mut self, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::String(text) => self.text(text),
            Value::Bool(_) | Value::Number(_) => self.text(&manifest::to_json(node)),
            Value::Partial(partial) => {
                for part in &partial.parts {
                    match part {
                        Part::Text(text) => self.text(text),
                        Part::Hole => self.hole("", &partial.reason),
                    }
                }
            }
            Value::Unknown(unknown) => self.hole(&unknown.raw, &unknown.reason),
            Value::List(_) | Value::Map(_) => {
                self.hole("", &UnknownReason::Chart("(prints a list or map as text)".to_owned()));
            }
        }
    }

    fn hole(&mut self, raw: &str, reason: &UnknownReason) {
        self.raw.push_str(raw);
        self.parts.push(Part::Hole);
        self.reason.get_or_insert_with(|| reason.clone());
    }

    fn finish(self) -> Value {
        let Self { raw, parts, reason } = self;
        match reason {
            None => Value::String(raw),
            Some(reason) if parts.iter().all(|part| *part == Part::Hole) => {
                Value::Unknown(Unknown { raw, reason, value: None })
            }
            Some(reason) => Value::Partial(Partial { raw, parts, reason }),
        }
    }
}
