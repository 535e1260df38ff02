//! An object as the YAML text that Flux substitutes in: keys in the order of Go's encoder,
//! each scalar in the style that it chooses.

use crate::document::document;
use crate::holes::{Marks, substituted_text};
use crate::scanner::{is_digit, is_letter};
use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};
use manifest::{Entry, Map, Node, Value, to_json};
use std::cmp::Ordering;

/// The text; `None` where the encoder fails. What is known as a whole not to be known is a mark.
pub(crate) fn emit(node: &Node, marks: &Marks) -> Option<String> {
    let mut out = Vec::new();
    let mut emitter = Emitter::new();
    emitter.set_output_string(&mut out);
    emitter.set_unicode(true);
    let mut emit = Emit { emitter, marks };
    emit.event(Event::stream_start(Encoding::Utf8))?;
    emit.event(Event::document_start(None, &[], true))?;
    emit.node(node)?;
    emit.event(Event::document_end(true))?;
    emit.event(Event::stream_end())?;
    drop(emit);
    String::from_utf8(out).ok()
}

/// The entries of a map in the order of the text, each with its index in the map.
pub(crate) fn sorted(map: &Map) -> Vec<(usize, &Entry)> {
    let mut entries: Vec<_> = map.entries.iter().enumerate().collect();
    entries.sort_by(|(_, one), (_, two)| compare(&one.key, &two.key));
    entries
}

struct Emit<'o, 'm> {
    emitter: Emitter<'o>,
    marks: &'m Marks,
}

impl Emit<'_, '_> {
    fn event(&mut self, event: Event) -> Option<()> {
        self.emitter.emit(event).ok()
    }

    fn node(&mut self, node: &Node) -> Option<()> {
        match &node.value {
            Value::List(items) => {
                self.event(Event::sequence_start(None, None, true, SequenceStyle::Block))?;
                items.iter().try_for_each(|item| self.node(item))?;
                self.event(Event::sequence_end())
            }
            Value::Map(map) => {
                self.event(Event::mapping_start(None, None, true, MappingStyle::Block))?;
                for (_, entry) in sorted(map) {
                    self.text(&entry.key)?;
                    self.node(&entry.value)?;
                }
                self.event(Event::mapping_end())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                self.scalar(&to_json(node), ScalarStyle::Plain)
            }
            Value::String(text) => self.text(text),
            Value::Partial(_) | Value::Unknown(_) => match substituted_text(node) {
                Some(text) => self.text(text),
                None => self.scalar(&self.marks.opaque(node), ScalarStyle::Plain),
            },
        }
    }

    fn text(&mut self, text: &str) -> Option<()> {
        let style = match text {
            _ if text.contains('\n') => ScalarStyle::Literal,
            _ if is_string(text) => ScalarStyle::Plain,
            _ => ScalarStyle::DoubleQuoted,
        };
        self.scalar(text, style)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle) -> Option<()> {
        self.event(Event::scalar(None, None, text, true, true, style))
    }
}

/// Whether a text without quotes is a string for certain. One with a variable always is. Others
/// come back as they are; their quotes matter only within a default that spans several values.
pub(crate) fn is_string(text: &str) -> bool {
    const WORDS: [&str; 13] =
        ["", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", ".nan"];
    if text.contains('$') {
        return true;
    }
    if !text.starts_with(|char: char| char.is_ascii_digit() || "+-.".contains(char)) {
        return !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    }
    // Times and sexagesimal numbers are quoted too.
    if text.as_bytes().get(4) == Some(&b'-') || is_sexagesimal(text) {
        return false;
    }
    let like_a_number = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte));
    let number = |node: &Node| matches!(node.value, Value::Null | Value::Bool(_) | Value::Number(_));
    !like_a_number || !matches!(document(text), Ok(Some(node)) if number(&node))
}

/// `1:30`, `-12:00:59.5`: numbers to older readers of YAML.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixtieth = |text: &str| match text.as_bytes() {
        [last] => last.is_ascii_digit(),
        [first, last] => (b'0'..=b'5').contains(first) && last.is_ascii_digit(),
        _ => false,
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let first = first.starts_with(|char: char| char.is_ascii_digit()) && digits(first);
    first && whole.contains(':') && parts.all(sixtieth) && digits(fraction)
}

/// The order of keys: numbers in them by value, letters behind all else.
fn compare(one: &str, two: &str) -> Ordering {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    let Some(at) = one.iter().zip(&two).position(|(one, two)| one != two) else {
        return one.len().cmp(&two.len());
    };
    let (first, second) = (one.get(at).copied(), two.get(at).copied());
    match (first.is_some_and(is_letter), second.is_some_and(is_letter)) {
        (true, true) => return first.cmp(&second),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero that follows another digit than zero does not make a number shorter.
    let before = one.get(..at).unwrap_or_default().iter().rev().take_while(|char| is_digit(**char));
    let zero = first == Some('0') || second == Some('0');
    let head = i64::from(zero && before.into_iter().any(|char| *char != '0'));
    let number = |chars: &[char]| {
        let digits = chars.get(at..).unwrap_or_default().iter().take_while(|char| is_digit(**char));
        digits.fold((head, 0usize), |(value, length), digit| {
            let digit = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
            (value.wrapping_mul(10).wrapping_add(digit), length + 1)
        })
    };
    number(&one).cmp(&number(&two)).then(first.cmp(&second))
}
