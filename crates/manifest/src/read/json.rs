//! A text that starts with `{` as a stream of JSON values, which kubectl tries first.

use super::frame::{Gone, MapFrame};
use super::notes::{Failure, MOST_OF_A_KIND, Notes};
use super::pass::pass_json;
use crate::node::{Entry, Map, Node, Number, Origin, Unknown, Value};
use crate::read::{Limits, ProblemKind};
use crate::source::SourceId;
use crate::unknown::UnknownReason;
use std::ops::Range;

/// How far kubectl looks for the `{`.
const PEEK: usize = 4096;

/// Whether kubectl takes the text from `start` on for JSON: the first character that is no
/// white space is `{`.
pub(super) fn starts(text: &[u8], start: usize) -> bool {
    let head = text.get(start..text.len().min(start + PEEK)).unwrap_or_default();
    let blank = head.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0B).count();
    match head.get(blank) {
        Some(b'{') => true,
        Some(byte) if !byte.is_ascii() => {
            // Unicode has more white space.
            let valid = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            valid.trim_start().starts_with('{')
        }
        _ => false,
    }
}

/// What comes next in a stream.
pub(super) enum Next {
    /// Nothing.
    End,
    /// A value, and the byte behind it.
    Value(Node, usize),
    /// A value that nothing can hold, and the byte behind it.
    Unfit(Failure, usize),
    /// No JSON, and kubectl would not try YAML any more.
    Refused(Failure),
    /// No JSON; YAML from this byte on.
    Yaml(usize),
}

/// A stream of JSON values.
pub(super) struct Stream<'t> {
    text: &'t [u8],
    at: usize,
    limits: Limits,
    values: usize,
}

impl<'t> Stream<'t> {
    pub(super) fn new(text: &'t [u8], start: usize, limits: Limits) -> Self {
        Self { text, at: start, limits, values: 0 }
    }

    /// Reads the next value.
    pub(super) fn next(&mut self, notes: &mut Notes) -> Next {
        let mut parser = Parser::new(self.text, self.at, self.limits, notes.id);
        parser.skip_space();
        if parser.at >= self.text.len() {
            return Next::End;
        }
        let failure = match parser.value() {
            Ok(node) => {
                self.at = parser.at;
                self.values += 1;
                for gone in &parser.gone {
                    notes.duplicate(gone);
                }
                return match parser.unfit {
                    Some(failure) => Next::Unfit(failure, self.at),
                    None => Next::Value(node, self.at),
                };
            }
            Err(failure) => failure,
        };
        // Behind two values kubectl is sure that it is JSON.
        if self.values > 1 || failure.kind == ProblemKind::Limit {
            return Next::Refused(failure);
        }
        match self.yaml_start() {
            Some(start) => Next::Yaml(start),
            None => Next::Refused(failure),
        }
    }

    /// kubectl skips white space up to a line break before it tries YAML, and gives up where
    /// fewer than four bytes are left.
    fn yaml_start(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            let next = self.text.get(at..at.checked_add(4)?)?;
            let char = next.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next())?;
            if !char.is_whitespace() {
                return Some(at);
            }
            at += char.len_utf8();
            if char == '\n' {
                return Some(at);
            }
        }
    }
}

/// Reads one JSON value and nothing behind it; what stands at a path of `unread` is there, but nothing is
/// known of what it holds.
pub(super) fn read_one(
    text: &[u8],
    id: SourceId,
    limits: Limits,
    unread: &[&[&str]],
) -> Result<Node, Failure> {
    let mut parser = Parser::new(text, 0, limits, id);
    parser.unread = unread.to_vec();
    parser.skip_space();
    let node = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.refuse("nothing may follow the value"));
    }
    match parser.unfit {
        Some(failure) => Err(failure),
        None => Ok(node),
    }
}

/// A parser of one JSON value, as strict as Go's.
struct Parser<'t, 'u> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    nodes: usize,
    limits: Limits,
    id: SourceId,
    gone: Vec<Gone>,
    /// A number out of range, which is no fault of the text.
    unfit: Option<Failure>,
    /// Paths from the map that is read, of what is not.
    unread: Vec<&'u [&'u str]>,
}

impl<'t> Parser<'t, '_> {
    fn new(text: &'t [u8], at: usize, limits: Limits, id: SourceId) -> Self {
        Self { text, at, depth: 0, nodes: 0, limits, id, gone: Vec::new(), unfit: None, unread: Vec::new() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn refuse(&self, message: &str) -> Failure {
        self.fail(ProblemKind::Syntax, message.to_owned(), self.at..(self.at + 1).min(self.text.len()))
    }

    fn fail(&self, kind: ProblemKind, message: String, range: Range<usize>) -> Failure {
        Failure::new(kind, message, super::notes::span(self.id, range.start, range.end))
    }

    fn origin(&self, start: usize) -> Origin {
        Origin { span: super::notes::span(self.id, start, self.at), used_at: None }
    }

    fn value(&mut self) -> Result<Node, Failure> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let message = format!("the document has more than {} values", self.limits.nodes);
            return Err(self.fail(ProblemKind::Limit, message, self.at..self.at));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::map)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.refuse("expected a JSON value here")),
        };
        Ok(Node { value, origin: self.origin(start) })
    }

    /// Reads a list or map, `self.depth` of which are open.
    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Failure>) -> Result<Value, Failure> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("lists and maps are nested more than {} levels deep", self.limits.depth);
            return Err(self.fail(ProblemKind::Limit, message, self.at..self.at + 1));
        }
        self.at += 1;
        self.skip_space();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, Failure> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                _ => return Err(self.refuse("expected `,` or `]` in this list")),
            }
            self.skip_space();
        }
    }

    fn map(&mut self) -> Result<Value, Failure> {
        let mut map = MapFrame::default();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(map.finish()));
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.refuse("expected a key in double quotes here"));
            }
            let key = self.string()?;
            let key_origin = self.origin(start);
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.refuse("expected `:` behind this key"));
            }
            self.at += 1;
            self.skip_space();
            let value = if self.unread.is_empty() { self.value() } else { self.value_of(&key) }?;
            let gone = map.insert(Entry { key, key_origin, value });
            self.gone.extend(gone.filter(|_| self.gone.len() < MOST_OF_A_KIND));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Map(map.finish()));
                }
                _ => return Err(self.refuse("expected `,` or `}` in this map")),
            }
            self.skip_space();
        }
    }

    /// Reads the value of a key, but for what is not to be read of it.
    fn value_of(&mut self, key: &str) -> Result<Node, Failure> {
        let here = self.unread.iter().filter(|path| path.first() == Some(&key));
        let below: Vec<_> = here.filter_map(|path| path.get(1..)).collect();
        if below.iter().any(|path| path.is_empty()) {
            return self.unread_value();
        }
        let above = std::mem::replace(&mut self.unread, below);
        let value = self.value();
        self.unread = above;
        value
    }

    /// Passes over a value, whatever its depth.
    fn unread_value(&mut self) -> Result<Node, Failure> {
        let start = self.at;
        let is_map = self.peek() == Some(b'{');
        self.at = match pass_json(self.text, start) {
            Some(end) if end > start => end,
            _ => return Err(self.refuse("expected a JSON value here")),
        };
        let reason = UnknownReason::Unread;
        let value = if is_map {
            Value::Map(Map { entries: Vec::new(), open: Some(reason) })
        } else {
            Value::Unknown(Unknown { raw: String::new(), reason, value: None })
        };
        Ok(Node { value, origin: self.origin(start) })
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Failure> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.refuse("expected a JSON value here"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), Failure> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.refuse("expected a digit here")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, Failure> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text =
            self.text.get(start..self.at).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("");
        let whole = || text.parse().map(Number::Int).or_else(|_| text.parse().map(Number::UInt)).ok();
        let float = || text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float);
        let number = if integer { whole().or_else(float) } else { float() };
        let number = number.unwrap_or_else(|| {
            let message = "this number is out of range".to_owned();
            let failure = self.fail(ProblemKind::Syntax, message, start..self.at);
            self.unfit.get_or_insert(failure);
            Number::Int(0)
        });
        Ok(Value::Number(number))
    }

    fn string(&mut self) -> Result<String, Failure> {
        let start = self.at;
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let run = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
            let run = run.unwrap_or(rest.len());
            let Ok(known) = std::str::from_utf8(rest.get(..run).unwrap_or_default()) else {
                let message = "this text is not UTF-8".to_owned();
                return Err(self.fail(ProblemKind::Encoding, message, self.at..self.at + run));
            };
            string.push_str(known);
            self.at += run;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.refuse("a control character must be escaped")),
                None => {
                    let message = "this text is never closed".to_owned();
                    return Err(self.fail(ProblemKind::Syntax, message, start..start + 1));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Failure> {
        let escape = self.text.get(self.at + 1).copied();
        let char = match escape {
            Some(b'u') => return self.unicode(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.refuse("unknown escape")),
        };
        self.at += 2;
        Ok(char)
    }

    /// `\uXXXX`; half a surrogate pair becomes U+FFFD as in Go.
    fn unicode(&mut self) -> Result<char, Failure> {
        let Some(high) = self.hex(self.at) else {
            return Err(self.refuse("`\\u` needs four hexadecimal digits"));
        };
        self.at += 6;
        if let Some(char) = char::from_u32(high) {
            return Ok(char);
        }
        let low = self.hex(self.at).unwrap_or_default();
        if (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low) {
            self.at += 6;
            let code = 0x1_0000 + (high - 0xD800) * 0x400 + (low - 0xDC00);
            return Ok(char::from_u32(code).unwrap_or('\u{FFFD}'));
        }
        Ok('\u{FFFD}')
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let clean = digits.iter().all(u8::is_ascii_hexdigit);
        if clean { u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok() } else { None }
    }
}
