//! Characters and runs of them, as Flux's scanner takes them from a text.

use std::ops::Range;
use unicode_general_category::{GeneralCategory, get_general_category};

/// Stands for the end of the text. A real one ends the text too: Flux reads no further.
pub(crate) const END: char = '\0';

/// What a run does with characters that have a meaning of their own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    /// `${` ends it.
    pub(crate) variables: bool,
    /// `$$` is a `$`.
    pub(crate) dollars: bool,
    /// `\/` is a `/`, `\\` is a `\`.
    pub(crate) backslashes: bool,
}

pub(crate) struct Scanner<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> char {
        self.rest().chars().next().unwrap_or(END)
    }

    /// The character behind the next one.
    pub(crate) fn second(&self) -> char {
        self.rest().chars().nth(1).unwrap_or(END)
    }

    /// Takes what is next if it is `text`.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes up to `most` characters that are accepted.
    pub(crate) fn take_while(&mut self, most: usize, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = rest.chars().take(most).take_while(|char| *char != END && accept(*char));
        let length = taken.map(char::len_utf8).sum();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Takes a run of accepted characters; gives the ranges of it that are meant as written.
    /// Between them stands what escapes the character behind it.
    pub(crate) fn run(&mut self, run: Run, accept: impl Fn(char) -> bool) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut start = self.at;
        loop {
            let (char, second) = (self.peek(), self.second());
            if char == END || (run.variables && char == '$' && second == '{') {
                break;
            }
            let escapes = (run.dollars && char == '$' && second == '$')
                || (run.backslashes && char == '\\' && matches!(second, '/' | '\\'));
            if escapes {
                ranges.push(start..self.at);
                start = self.at + 1;
                self.at += 2;
            } else if accept(char) {
                self.at += char.len_utf8();
            } else {
                break;
            }
        }
        ranges.push(start..self.at);
        ranges.retain(|range| !range.is_empty());
        ranges
    }
}

/// What Flux's scanner lets a name be made of: more than a variable's name may have.
pub(crate) fn in_name(char: char) -> bool {
    char == '_' || is_letter(char) || is_digit(char)
}

pub(crate) fn is_letter(char: char) -> bool {
    use GeneralCategory::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    if char.is_ascii() {
        return char.is_ascii_alphabetic();
    }
    let category = get_general_category(char);
    matches!(category, LowercaseLetter | ModifierLetter | OtherLetter | TitlecaseLetter | UppercaseLetter)
}

pub(crate) fn is_digit(char: char) -> bool {
    char.is_ascii_digit()
        || (!char.is_ascii() && get_general_category(char) == GeneralCategory::DecimalNumber)
}
