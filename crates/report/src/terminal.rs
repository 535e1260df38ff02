//! Text for a terminal: colours, and other people's text made harmless.

use owo_colors::Style;
use rules::Severity;
use std::borrow::Cow;
use textwrap::{WordSeparator, WordSplitter};

/// The colours of an output; without colour every style is plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    pub(crate) error: Style,
    pub(crate) warning: Style,
    pub(crate) info: Style,
    pub(crate) strong: Style,
    pub(crate) path: Style,
    pub(crate) dim: Style,
}

impl Palette {
    pub(crate) fn new(color: bool) -> Self {
        let plain = Style::new();
        if !color {
            return Self {
                error: plain,
                warning: plain,
                info: plain,
                strong: plain,
                path: plain,
                dim: plain,
            };
        }
        Self {
            error: plain.red().bold(),
            warning: plain.yellow().bold(),
            info: plain.cyan().bold(),
            strong: plain.bold(),
            path: plain.cyan(),
            dim: plain.dimmed(),
        }
    }

    pub(crate) fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Info => self.info,
        }
    }
}

/// What is shown for a character of a manifest. Control characters could move the cursor or
/// recolour the screen, bidirectional ones make text read other than it is: both are shown as
/// what they are. A tab stays; who shows it must expand it.
pub(crate) fn visible(character: char) -> char {
    match character {
        '\t' => '\t',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        other => other,
    }
}

/// A text that may quote a manifest, as one harmless line: ends of lines and tabs become spaces.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let end_of_line = |character: char| matches!(character, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}');
    if text.chars().all(|character| !end_of_line(character) && visible(character) == character) {
        return Cow::Borrowed(text);
    }
    let text = text.trim_end().replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|one| if end_of_line(one) { ' ' } else { visible(one) }).collect())
}

/// Wraps `text` at spaces only, so that paths, ids and values can be copied whole.
pub(crate) fn wrap(text: &str, width: usize, first: &str, rest: &str) -> String {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// The first `most` of `items`, with `…` if there are more; one more is told instead.
pub(crate) fn first_few(items: &[impl AsRef<str>], most: usize) -> String {
    let most = if items.len() == most + 1 { items.len() } else { most };
    let mut text = items.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if items.len() > most {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_manifest_reaches_the_terminal_as_a_command() {
        assert_eq!(one_line("a \u{1b}[31mred\u{7}"), "a ␛[31mred␇");
        assert_eq!(one_line("first\r\nsecond\tthird\n"), "first second third");
        assert_eq!(one_line("evil\u{202e}drow"), "evil\u{fffd}drow");
        assert!(matches!(one_line("plain ü 日本"), Cow::Borrowed(_)));
    }
}
