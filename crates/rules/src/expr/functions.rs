//! The functions that expressions may call: those of CEL's standard library and of its strings
//! extension that rules have a use for. Indices count code points.

use super::eval::{Heap, Stop};
use super::val::{Val, unsure_keys};
use manifest::{Part, Partial};
use regex_lite::Regex;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Bool,
    CharAt,
    Contains,
    Double,
    EndsWith,
    IndexOf,
    Int,
    Join,
    LastIndexOf,
    LowerAscii,
    Matches,
    Replace,
    Size,
    Split,
    StartsWith,
    String,
    Substring,
    Trim,
    UpperAscii,
}

/// Every function a rule may call, besides operators and macros: its name, and how many arguments
/// it takes, at least and at most; what a method is called on counts as one.
const ALL: [(&str, Function, usize, usize); 19] = [
    ("bool", Function::Bool, 1, 1),
    ("charAt", Function::CharAt, 2, 2),
    ("contains", Function::Contains, 2, 2),
    ("double", Function::Double, 1, 1),
    ("endsWith", Function::EndsWith, 2, 2),
    ("indexOf", Function::IndexOf, 2, 3),
    ("int", Function::Int, 1, 1),
    ("join", Function::Join, 1, 2),
    ("lastIndexOf", Function::LastIndexOf, 2, 3),
    ("lowerAscii", Function::LowerAscii, 1, 1),
    ("matches", Function::Matches, 2, 2),
    ("replace", Function::Replace, 3, 4),
    ("size", Function::Size, 1, 1),
    ("split", Function::Split, 2, 3),
    ("startsWith", Function::StartsWith, 2, 2),
    ("string", Function::String, 1, 1),
    ("substring", Function::Substring, 2, 3),
    ("trim", Function::Trim, 1, 1),
    ("upperAscii", Function::UpperAscii, 1, 1),
];

/// The most arguments that a function takes.
pub(super) const MOST: usize = 4;

impl Function {
    /// The names of all of them.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, ..)| *name)
    }

    /// The function of that name, which takes that many arguments.
    pub(super) fn of(name: &str, arguments: usize) -> Option<Self> {
        let takes = |(known, _, least, most): &&(&str, Self, usize, usize)| {
            *known == name && (*least..=*most).contains(&arguments)
        };
        ALL.iter().find(takes).map(|(_, function, ..)| *function)
    }

    /// Whether it is written `function(x)`, and whether `x.function()`.
    pub(super) fn forms(self) -> (bool, bool) {
        match self {
            Self::Bool | Self::Double | Self::Int | Self::String => (true, false),
            Self::Size | Self::Matches => (true, true),
            _ => (false, true),
        }
    }

    /// Whether it can answer for partly known text.
    pub(super) fn is_of_partial(self) -> bool {
        matches!(self, Self::StartsWith | Self::EndsWith | Self::Contains)
    }

    fn name(self) -> &'static str {
        ALL.iter().find(|(_, function, ..)| *function == self).map_or("", |(name, ..)| *name)
    }

    /// Its value.
    pub(super) fn call<'v>(self, args: &[Val<'v>], heap: &'v Heap<'v>) -> Result<Val<'v>, Stop> {
        match (self, args) {
            (Self::Size, [of]) => size(*of),
            (Self::Bool | Self::Int | Self::Double | Self::String, [of]) => self.convert(*of, heap),
            (Self::Join, [list]) => join(*list, "", heap),
            (Self::Join, [list, Val::Text(between)]) => join(*list, between, heap),
            (_, [Val::Text(text)]) => self.of_text(text, heap),
            (_, [Val::Text(text), Val::Text(word), rest @ ..]) => self.of_texts(text, word, rest, heap),
            (_, [Val::Text(text), Val::Int(at), rest @ ..]) => self.of_index(text, *at, rest, heap),
            (_, [Val::Partial(partial), Val::Text(word)]) => self.of_partial(partial, word),
            _ => Err(self.wrong(args)),
        }
    }

    fn wrong(self, args: &[Val<'_>]) -> Stop {
        let types: Vec<_> = args.iter().map(|arg| arg.type_name()).collect();
        Stop::wrong(format!("no `{}` for {}", self.name(), types.join(" and ")))
    }

    fn failed(self, what: impl std::fmt::Display) -> Stop {
        Stop::failed(format!("`{}`: {what}", self.name()))
    }

    fn convert<'v>(self, of: Val<'v>, heap: &'v Heap<'v>) -> Result<Val<'v>, Stop> {
        Ok(match (self, of) {
            (Self::Bool, Val::Bool(_))
            | (Self::Int, Val::Int(_))
            | (Self::Double, Val::Double(_))
            | (Self::String, Val::Text(_)) => of,
            (Self::Bool, Val::Text("1" | "t" | "true" | "TRUE" | "True")) => Val::Bool(true),
            (Self::Bool, Val::Text("0" | "f" | "false" | "FALSE" | "False")) => Val::Bool(false),
            (Self::Bool, Val::Text(text)) => return Err(self.failed(format!("`{text}` is no boolean"))),
            (Self::Int, Val::UInt(value)) => {
                Val::Int(i64::try_from(value).map_err(|error| self.failed(error))?)
            }
            (Self::Int, Val::Double(value)) => {
                Val::Int(whole(value).ok_or_else(|| self.failed("out of range"))?)
            }
            (Self::Int, Val::Text(text)) => Val::Int(text.parse().map_err(|error| self.failed(error))?),
            (Self::Double, Val::Int(_) | Val::UInt(_)) => of.as_double().map_or(Val::Null, Val::Double),
            (Self::Double, Val::Text(text)) => Val::Double(text.parse().map_err(|error| self.failed(error))?),
            (Self::String, Val::Bool(_) | Val::Int(_) | Val::UInt(_) | Val::Double(_)) => {
                heap.text(super::val::display(of))
            }
            _ => return Err(self.wrong(&[of])),
        })
    }

    fn of_text<'v>(self, text: &'v str, heap: &'v Heap<'v>) -> Result<Val<'v>, Stop> {
        Ok(match self {
            Self::LowerAscii => heap.text(text.to_ascii_lowercase()),
            Self::UpperAscii => heap.text(text.to_ascii_uppercase()),
            Self::Trim => Val::Text(text.trim()),
            _ => return Err(self.wrong(&[Val::Text(text)])),
        })
    }

    fn of_texts<'v>(
        self,
        text: &'v str,
        word: &'v str,
        rest: &[Val<'v>],
        heap: &'v Heap<'v>,
    ) -> Result<Val<'v>, Stop> {
        Ok(match (self, rest) {
            (Self::StartsWith, []) => Val::Bool(text.starts_with(word)),
            (Self::EndsWith, []) => Val::Bool(text.ends_with(word)),
            (Self::Contains, []) => Val::Bool(text.contains(word)),
            (Self::Matches, []) => Val::Bool(compiled(word)?.is_match(text)),
            (Self::IndexOf, []) => index(text.find(word), text),
            (Self::IndexOf, [Val::Int(from)]) => self.index_from(text, word, *from)?,
            (Self::LastIndexOf, []) => index(text.rfind(word), text),
            (Self::LastIndexOf, [Val::Int(from)]) => self.last_index_from(text, word, *from)?,
            (Self::Replace, [Val::Text(with)]) => heap.text(text.replace(word, with)),
            (Self::Replace, [Val::Text(with), Val::Int(most)]) => heap.text(match usize::try_from(*most) {
                Ok(most) => text.replacen(word, with, most),
                Err(_) => text.replace(word, with),
            }),
            (Self::Split, []) => heap.list(split(text, word, None)),
            (Self::Split, [Val::Int(most)]) => heap.list(split(text, word, usize::try_from(*most).ok())),
            _ => {
                let args: Vec<_> = [Val::Text(text), Val::Text(word)].iter().chain(rest).copied().collect();
                return Err(self.wrong(&args));
            }
        })
    }

    fn of_index<'v>(
        self,
        text: &'v str,
        at: i64,
        rest: &[Val<'v>],
        heap: &'v Heap<'v>,
    ) -> Result<Val<'v>, Stop> {
        let to = match (self, rest) {
            (Self::CharAt, []) => {
                let start = self.byte(text, at)?;
                let found = text.get(start..).and_then(|rest| rest.chars().next());
                return Ok(heap.text(found.map(String::from).unwrap_or_default()));
            }
            (Self::Substring, []) => text.len(),
            (Self::Substring, [Val::Int(to)]) if *to < at => {
                return Err(self.failed(format!("{to} is before {at}")));
            }
            (Self::Substring, [Val::Int(to)]) => self.byte(text, *to)?,
            _ => return Err(self.wrong(&[Val::Text(text), Val::Int(at)])),
        };
        Ok(Val::Text(text.get(self.byte(text, at)?..to).unwrap_or_default()))
    }

    /// The byte of a code point, or the end.
    fn byte(self, text: &str, at: i64) -> Result<usize, Stop> {
        let starts = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
        let found = usize::try_from(at).ok().and_then(|at| starts.clone().nth(at));
        found.ok_or_else(|| self.failed(format!("index out of range: {at}")))
    }

    fn index_from<'v>(self, text: &str, word: &str, from: i64) -> Result<Val<'v>, Stop> {
        let end = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if word.is_empty() && from >= 0 {
            return Ok(Val::Int(from.min(end)));
        }
        if from >= end {
            return Err(self.failed(format!("index out of range: {from}")));
        }
        let start = self.byte(text, from)?;
        let found = text.get(start..).and_then(|rest| rest.find(word));
        Ok(index(found.map(|at| at + start), text))
    }

    fn last_index_from<'v>(self, text: &str, word: &str, from: i64) -> Result<Val<'v>, Stop> {
        let end = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if word.is_empty() && from >= 0 {
            return Ok(Val::Int(from.min(end)));
        }
        if from >= end {
            return Err(self.failed(format!("index out of range: {from}")));
        }
        let last = self.byte(text, from)?;
        let starts = text.char_indices().map(|(byte, _)| byte).rev().skip_while(|byte| *byte > last);
        let mut found = starts.filter(|byte| text.get(*byte..).is_some_and(|rest| rest.starts_with(word)));
        Ok(index(found.next(), text))
    }

    /// Asks partly known text; decided where it is surely so, or surely not.
    fn of_partial<'v>(self, partial: &Partial, word: &str) -> Result<Val<'v>, Stop> {
        let decided = match self {
            Self::StartsWith => match partial.parts.first() {
                Some(Part::Text(text)) if text.starts_with(word) => Some(true),
                Some(Part::Text(text)) if !word.starts_with(text.as_str()) => Some(false),
                _ => word.is_empty().then_some(true),
            },
            Self::EndsWith => match partial.parts.last() {
                Some(Part::Text(text)) if text.ends_with(word) => Some(true),
                Some(Part::Text(text)) if !word.ends_with(text.as_str()) => Some(false),
                _ => word.is_empty().then_some(true),
            },
            Self::Contains => {
                let has_word = |part: &Part| matches!(part, Part::Text(text) if text.contains(word));
                partial.parts.iter().any(has_word).then_some(true)
            }
            _ => None,
        };
        decided.map(Val::Bool).ok_or_else(|| Stop::unknown(format!("the text is {}", partial.raw)))
    }
}

fn size(of: Val<'_>) -> Result<Val<'_>, Stop> {
    let count = match of {
        Val::Text(text) => text.chars().count(),
        Val::Map(_, map) => match unsure_keys(map) {
            Some(reason) => return Err(Stop::unknown(format!("the rest of the map is {reason}"))),
            None => of.elements().map_or(0, |keys| keys.iter().count()),
        },
        _ => of.elements().ok_or_else(|| Function::Size.wrong(&[of]))?.len(),
    };
    Ok(Val::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn join<'v>(list: Val<'v>, between: &str, heap: &'v Heap<'v>) -> Result<Val<'v>, Stop> {
    let items = list.items().ok_or_else(|| Function::Join.wrong(&[list]))?;
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        let Val::Text(text) = item else {
            return Err(match item.unknown() {
                Some(reason) => Stop::unknown(format!("an item of the list is {reason}")),
                None => Function::Join.wrong(&[item]),
            });
        };
        if at > 0 {
            joined.push_str(between);
        }
        joined.push_str(text);
    }
    Ok(heap.text(joined))
}

/// At most `most` parts, the last of them with all that is left; without a word between, one for each
/// code point.
fn split<'v>(text: &'v str, word: &str, most: Option<usize>) -> Vec<Val<'v>> {
    let most = most.unwrap_or(usize::MAX);
    if !word.is_empty() {
        return text.splitn(most, word).map(Val::Text).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|_| parts.len() + 1 < most) {
        let (head, tail) = rest.split_at(first.len_utf8());
        parts.push(Val::Text(head));
        rest = tail;
    }
    if !rest.is_empty() && most > 0 {
        parts.push(Val::Text(rest));
    }
    parts
}

/// The code point of a byte; -1 for none.
fn index<'v>(byte: Option<usize>, text: &str) -> Val<'v> {
    let before = byte.and_then(|byte| text.get(..byte)).map(|before| before.chars().count());
    Val::Int(before.map_or(-1, |before| i64::try_from(before).unwrap_or(i64::MAX)))
}

/// A double without its fraction, where an integer can hold it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
pub(super) fn whole(value: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    (value > -END && value < END).then_some(value as i64)
}

/// A pattern that is written in an expression, compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    compiled: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    pub(super) fn is_match(&self, text: &str) -> Result<bool, Stop> {
        let compiled =
            self.compiled.get_or_init(|| Regex::new(&self.text).map_err(|error| error.to_string()));
        match compiled {
            Ok(compiled) => Ok(compiled.is_match(text)),
            Err(error) => Err(no_pattern(&self.text, error)),
        }
    }
}

fn no_pattern(pattern: &str, error: impl std::fmt::Display) -> Stop {
    Stop::failed(format!("`{pattern}` is no pattern: {error}"))
}

/// A pattern that a parameter gives, compiled once a run.
fn compiled(pattern: &str) -> Result<Arc<Regex>, Stop> {
    static PATTERNS: RwLock<Option<HashMap<String, Arc<Regex>>>> = RwLock::new(None);
    let known = PATTERNS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.as_ref().and_then(|patterns| patterns.get(pattern)) {
        return Ok(Arc::clone(known));
    }
    drop(known);
    let made = Arc::new(Regex::new(pattern).map_err(|error| no_pattern(pattern, error))?);
    let mut patterns = PATTERNS.write().unwrap_or_else(PoisonError::into_inner);
    patterns.get_or_insert_default().insert(pattern.to_owned(), Arc::clone(&made));
    Ok(made)
}
