//! A text to documents, line by line, before any YAML is read: kubectl's own splitting.

use memchr::{memchr, memmem};
use std::ops::Range;

/// A document's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its bytes. A first `---` is among them, the one behind it is not.
    pub(super) range: Range<usize>,
    /// What stands behind the `---` that ends it, up to the end of that line.
    pub(super) after: Range<usize>,
    /// `false` where kubectl does not get to it.
    pub(super) reached: bool,
}

/// A text taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    /// The documents, in order.
    pub(super) pieces: Vec<Piece>,
    /// The line at which kubectl stops: `---` and more than a comment.
    pub(super) stop: Option<Range<usize>>,
}

/// Splits the text from `start` on. A line that starts with `---` ends the document before
/// it; with anything but a comment behind it, it ends the reading. We go on there: YAML lets
/// a document's content stand behind `--- `.
pub(super) fn split(text: &[u8], start: usize) -> Pieces {
    let mut pieces = Pieces { pieces: Vec::new(), stop: None };
    let mut piece_start = start;
    let mut at = start;
    while let Some(separator) = next_separator(text, start, at) {
        let line_end = line_end(text, separator);
        let behind = separator + 3..line_end;
        let next_line = (line_end + 1).min(text.len());
        at = next_line;
        match kind(text.get(behind.clone()).unwrap_or_default()) {
            // Before anything else, kubectl leaves the separator to the YAML parser.
            Separator::Plain if separator == piece_start => {}
            Separator::Plain => {
                pieces.push(piece_start..separator, behind);
                piece_start = next_line;
            }
            Separator::Content => {
                pieces.stop.get_or_insert(separator..line_end);
                if separator > piece_start {
                    pieces.push(piece_start..separator, separator..separator);
                }
                piece_start = separator;
            }
            Separator::Text => {
                pieces.stop.get_or_insert(separator..line_end);
            }
        }
    }
    if piece_start < text.len() {
        pieces.push(piece_start..text.len(), text.len()..text.len());
    }
    pieces
}

impl Pieces {
    /// kubectl loses the document before the line at which it stops, too.
    fn push(&mut self, range: Range<usize>, after: Range<usize>) {
        self.pieces.push(Piece { range, after, reached: self.stop.is_none() });
    }
}

/// What a line that starts with `---` is.
enum Separator {
    /// A separator for kubectl: nothing or a comment follows.
    Plain,
    /// A separator for YAML: white space and content follow.
    Content,
    /// No separator for YAML, such as `-----BEGIN`.
    Text,
}

fn kind(behind: &[u8]) -> Separator {
    let trimmed = std::str::from_utf8(behind).map_or(behind, |behind| behind.trim().as_bytes());
    match (trimmed.first(), behind.first()) {
        (None | Some(b'#'), _) => Separator::Plain,
        (_, Some(b' ' | b'\t')) => Separator::Content,
        _ => Separator::Text,
    }
}

/// The next line from `at` (the start of a line) on that starts with `---`.
fn next_separator(text: &[u8], start: usize, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if rest.starts_with(b"---") && (at == start || text.get(at - 1) == Some(&b'\n')) {
        return Some(at);
    }
    memmem::find(rest, b"\n---").map(|found| at + found + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    text.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(text.len(), |found| at + found)
}
