//! Marks: what stands in a text for something that is not known, until the text is read again.

use manifest::{Node, Part, Partial, Unknown, UnknownReason, Value};
use std::cell::RefCell;

/// A mark is a number between two characters that nothing else in the texts uses.
pub(crate) struct Marks {
    bound: char,
    /// Nodes of which nothing is known, by the number of their mark.
    opaque: RefCell<Vec<Node>>,
}

/// Marks of holes count from here, those of opaque nodes from 0.
const HOLES: usize = 1 << 30;

/// A string that holds marks.
pub(crate) enum Marked {
    /// An opaque node's, and nothing else.
    Opaque(Node),
    /// Text and holes, by index.
    Parts(Vec<MarkedPart>),
}

pub(crate) enum MarkedPart {
    Text(String),
    Hole(usize),
}

impl Marks {
    /// Marks for texts that `uses` says not to hold a character.
    pub(crate) fn new(uses: impl Fn(char) -> bool) -> Option<Self> {
        let bound = ('\u{E000}'..='\u{F8FF}').find(|char| !uses(*char))?;
        Some(Self { bound, opaque: RefCell::default() })
    }

    /// Whether a character is that of marks.
    pub(crate) fn is_bound(&self, char: char) -> bool {
        char == self.bound
    }

    /// The mark of a node that is put back as it is.
    pub(crate) fn opaque(&self, node: &Node) -> String {
        let mut opaque = self.opaque.borrow_mut();
        opaque.push(node.clone());
        self.mark(opaque.len() - 1)
    }

    /// The mark of a hole.
    pub(crate) fn hole(&self, index: usize) -> String {
        self.mark(HOLES.saturating_add(index))
    }

    fn mark(&self, number: usize) -> String {
        format!("{}{number}{}", self.bound, self.bound)
    }

    /// What a string says, if it holds marks.
    pub(crate) fn find(&self, text: &str) -> Option<Marked> {
        if !text.contains(self.bound) {
            return None;
        }
        let mut parts = Vec::new();
        for (at, piece) in text.split(self.bound).enumerate() {
            let number = piece.parse::<usize>().ok().filter(|_| at % 2 == 1);
            match number {
                Some(number) if number >= HOLES => parts.push(MarkedPart::Hole(number - HOLES)),
                Some(number) => return self.opaque.borrow().get(number).cloned().map(Marked::Opaque),
                None if piece.is_empty() => {}
                None => parts.push(MarkedPart::Text(piece.to_owned())),
            }
        }
        Some(Marked::Parts(parts))
    }
}

/// The text in which Flux would find the variables of a node that is not known whole.
pub(crate) fn substituted_text(node: &Node) -> Option<&str> {
    let reason = node.unknown_reason()?;
    let whole = matches!(&node.value, Value::Unknown(Unknown { value: Some(_), .. }));
    let from_text = matches!(
        reason,
        UnknownReason::Variable(_)
            | UnknownReason::Template(_)
            | UnknownReason::Placeholder(_)
            | UnknownReason::Encrypted
    );
    node.raw_text().filter(|text| from_text && !whole && !text.is_empty())
}

/// A hole as far as values are concerned.
pub(crate) struct Gap<'h> {
    pub(crate) written: &'h str,
    pub(crate) reason: &'h UnknownReason,
}

/// The value of a string with holes. One without quotes may turn out to be a number, a boolean
/// or nothing, once its holes are filled: of such a one nothing is known.
pub(crate) fn join<'h>(
    parts: &[MarkedPart],
    plain: bool,
    gap: impl Fn(usize) -> Option<Gap<'h>>,
) -> Option<Value> {
    let mut raw = String::new();
    let mut joined = Vec::new();
    let mut reason = None;
    for part in parts {
        match part {
            MarkedPart::Text(text) => {
                raw.push_str(text);
                joined.push(Part::Text(text.clone()));
            }
            MarkedPart::Hole(index) => {
                let gap = gap(*index)?;
                raw.push_str(gap.written);
                reason.get_or_insert(gap.reason);
                joined.push(Part::Hole);
            }
        }
    }
    if plain {
        trim(&mut joined);
    }
    let reason = reason?.clone();
    let known = joined.iter().any(|part| matches!(part, Part::Text(_)));
    Some(if known && !(plain && (may_be_other(&joined) || may_be_mark(&joined))) {
        Value::Partial(Partial { raw, parts: joined, reason })
    } else {
        Value::Unknown(Unknown { raw, reason, value: None })
    })
}

/// White space at either end is not part of a text without quotes, and what stands between it
/// and the end may be nothing.
fn trim(parts: &mut Vec<Part>) {
    for trim in [str::trim_start, str::trim_end] {
        for part in parts.iter_mut() {
            let Part::Text(text) = part else { continue };
            *text = trim(text).to_owned();
            if !text.is_empty() {
                break;
            }
        }
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        parts.reverse();
    }
}

/// Whether a text without quotes may be something else than a string, for some text in its holes.
fn may_be_other(parts: &[Part]) -> bool {
    const WORDS: [&str; 13] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".inf", "-.inf", ".nan"];
    let in_number = |part: &Part| match part {
        Part::Text(text) => text.bytes().all(|byte| byte.is_ascii_hexdigit() || b"+-._:xXoO".contains(&byte)),
        Part::Hole => true,
    };
    parts.iter().all(in_number) || WORDS.iter().any(|word| may_be(parts, word))
}

/// Whether a text without quotes may be YAML's own once a hole is empty: a tag, a comment, …
fn may_be_mark(parts: &[Part]) -> bool {
    let first = parts.iter().find_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Hole => None,
    });
    let first = first.filter(|_| parts.first() == Some(&Part::Hole)).unwrap_or_default();
    let comment = |part: &Part| matches!(part, Part::Text(text) if text.starts_with('#'));
    first.starts_with(|char| "!&*#|>%@`\"'{}[],".contains(char))
        || ["- ", "? ", ": "].iter().any(|mark| first.starts_with(mark))
        || matches!(first, "-" | "?" | ":")
        || parts.iter().skip(1).any(comment)
}

/// Whether parts may make a word.
fn may_be(parts: &[Part], word: &str) -> bool {
    let mut rest = word;
    for (at, part) in parts.iter().enumerate() {
        let Part::Text(text) = part else { continue };
        let text = text.to_ascii_lowercase();
        let found = if at == 0 { rest.starts_with(&text).then_some(0) } else { rest.find(&text) };
        let Some(found) = found else { return false };
        let last = at + 1 == parts.len();
        if last {
            return at > 0 && rest.ends_with(&text);
        }
        rest = rest.get(found + text.len()..).unwrap_or_default();
    }
    true
}
