//! A few lines of a text with places marked in them, as miette wants to read them.
//!
//! Miette would look for lines from the start of the file, for every snippet anew, and would
//! print what it finds: lines of any length, control characters included. So it never sees the
//! file. A [`Snippet`] is the handful of lines that are shown, found through the index of line
//! starts, clipped and made harmless, with the marks moved along.

use crate::model::Place;
use crate::terminal;
use manifest::{Position, Source};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthChar;

/// Lines shown around a marked one.
const CONTEXT: usize = 1;
/// Marks with at most so many lines between them share a snippet.
const NEAR: usize = 6;
/// Columns of a tab.
const TAB: usize = 4;
/// The least that is shown of a line, however narrow the terminal.
const LEAST_WIDTH: usize = 20;

/// A place to mark.
pub(crate) struct Mark<'a> {
    pub(crate) place: Place<'a>,
    /// What to write at it; empty for nothing.
    pub(crate) label: String,
    /// Whether the snippet is about it.
    pub(crate) primary: bool,
}

/// Whether two places can be shown in one snippet.
pub(crate) fn near(one: &Place<'_>, other: &Place<'_>) -> bool {
    let same_text = match (one.source, other.source) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        _ => false,
    };
    same_text && one.start.line.abs_diff(other.start.line) <= NEAR + 2 * CONTEXT
}

/// Whether the marks of two places would lie over each other, and could not be told apart.
pub(crate) fn overlap(one: &Place<'_>, other: &Place<'_>) -> bool {
    let end = |place: &Place<'_>| place.end.byte.max(place.start.byte + 1);
    one.start.line == other.start.line && one.start.byte < end(other) && other.start.byte < end(one)
}

/// The lines, and the marks in them.
#[derive(Debug)]
pub(crate) struct Snippet {
    name: String,
    /// Every line of it ends in `\n`.
    text: String,
    /// The number of its first line, from 0.
    first_line: usize,
    lines: usize,
    marks: Vec<Marked>,
}

#[derive(Debug)]
struct Marked {
    span: LabeledSpan,
    /// Where it is in the file.
    position: Position,
}

impl Snippet {
    /// Shows `marks`, which are all in the text of the first one and [`near`] each other, on
    /// lines of at most `width` columns. `None` if there is nothing to show.
    pub(crate) fn new(marks: &[Mark<'_>], width: usize) -> Option<Self> {
        let source = marks.first()?.place.source?;
        let total = source.line_starts().len();
        let first = marks.iter().map(|mark| mark.place.start.line).min()?.saturating_sub(CONTEXT).max(1);
        let last = marks.iter().map(|mark| mark.place.start.line).max()?.saturating_add(CONTEXT).min(total);
        // Line number, bar and the spaces around them.
        let width = width.saturating_sub(last.to_string().len() + 4).max(LEAST_WIDTH);

        let mut snippet = Self {
            name: terminal::one_line(source.path()).into_owned(),
            text: String::new(),
            first_line: first - 1,
            lines: 0,
            marks: Vec::new(),
        };
        for number in first..=last {
            let bytes = line(source, number);
            // What is after the last end of line is a line only if there is something.
            if number == total
                && number > first
                && bytes.text.is_empty()
                && !marks.iter().any(|m| m.is_on(number))
            {
                break;
            }
            snippet.push(&bytes, marks.iter().filter(|mark| mark.is_on(number)), width);
        }
        Some(snippet)
    }

    fn push<'m, 'p: 'm>(&mut self, line: &Line<'_>, marks: impl Iterator<Item = &'m Mark<'p>>, width: usize) {
        let marks: Vec<_> = marks.collect();
        let focus = marks.iter().map(|mark| mark.place.start.byte).min();
        let shown = Shown::new(line, focus, width);
        let base = self.text.len();
        for mark in marks {
            let start = shown.offset(mark.place.start.byte);
            let end = shown.offset(mark.place.end.byte.min(line.start + line.text.trim_ascii_end().len()));
            let label = (!mark.label.is_empty()).then(|| mark.label.clone());
            let span = (base + start, end.saturating_sub(start));
            let span = if mark.primary {
                LabeledSpan::new_primary_with_span(label, span)
            } else {
                LabeledSpan::new_with_span(label, span)
            };
            self.marks.push(Marked { span, position: mark.place.start });
        }
        self.text.push_str(&shown.text);
        self.text.push('\n');
        self.lines += 1;
    }

    /// The marks, as places of the snippet.
    pub(crate) fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.marks.iter().map(|mark| mark.span.clone())
    }
}

impl Mark<'_> {
    fn is_on(&self, line: usize) -> bool {
        self.place.start.line == line
    }
}

impl SourceCode for Snippet {
    /// All of it for any span that is asked for with context; without context, where the mark
    /// that starts there is in the file.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::from((0, self.text.len()));
        let marked = self.marks.iter().find(|mark| mark.span.offset() == span.offset());
        let (line, column) = match marked {
            Some(mark) if lines_before == 0 => (mark.position.line - 1, mark.position.column - 1),
            _ => (self.first_line, 0),
        };
        let name = self.name.clone();
        let contents =
            MietteSpanContents::new_named(name, self.text.as_bytes(), whole, line, column, self.lines);
        Ok(Box::new(contents))
    }
}

/// One line of a file, without its end.
struct Line<'a> {
    /// Its first byte in the file.
    start: usize,
    text: &'a [u8],
}

/// Line `number`, from 1; empty if there is none.
fn line(source: &Source, number: usize) -> Line<'_> {
    let starts = source.line_starts();
    let at = |index: usize| starts.get(index).map(|start| *start as usize);
    let start = at(number.saturating_sub(1)).unwrap_or(source.bytes().len());
    let end = at(number).unwrap_or(source.bytes().len());
    let text = source.bytes().get(start..end).unwrap_or_default();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    Line { start, text: text.strip_suffix(b"\r").unwrap_or(text) }
}

/// A line as shown.
struct Shown {
    text: String,
    /// For each shown character of the file: its byte there, its byte in `text`.
    map: Vec<(usize, usize)>,
}

/// One character of the file.
struct Cell {
    byte: usize,
    character: char,
    width: usize,
}

impl Shown {
    /// At most `width` columns of `line`, so that the byte `focus` of the file is among them.
    fn new(line: &Line<'_>, focus: Option<usize>, width: usize) -> Self {
        let focus = focus.unwrap_or(line.start);
        let (cells, more_before, more_after) = cells_around(line, focus, width * 4);
        let focus_cell = cells.partition_point(|cell| cell.byte < focus);
        let before: usize = cells.iter().take(focus_cell).map(|cell| cell.width).sum();
        let all: usize = cells.iter().map(|cell| cell.width).sum();

        let fits = all <= width && !more_before && !more_after;
        // A mark in the right third would leave no room for what is marked: move the line left.
        let skip = if fits || (before <= width * 2 / 3 && !more_before) {
            0
        } else {
            before - before.min(width / 3)
        };
        let room = if fits { width } else { width - 2 };

        let mut shown = Self { text: String::new(), map: Vec::new() };
        let (mut column, mut used, mut cut_before, mut cut_after) = (0, 0, more_before, more_after);
        for cell in cells {
            column += cell.width;
            if column <= skip && cell.width > 0 {
                cut_before = true;
            } else if used + cell.width > room {
                cut_after = true;
                break;
            } else {
                if shown.map.is_empty() && cut_before {
                    shown.text.push('…');
                }
                used += cell.width;
                shown.map.push((cell.byte, shown.text.len()));
                match cell.character {
                    '\t' => shown.text.extend(std::iter::repeat_n(' ', cell.width)),
                    other => shown.text.push(other),
                }
            }
        }
        shown.map.push((usize::MAX, shown.text.len()));
        if cut_after {
            shown.text.push('…');
        }
        shown
    }

    /// Where the byte `byte` of the file is in `text`: what is cut off is at its edge.
    fn offset(&self, byte: usize) -> usize {
        let index = self.map.partition_point(|(of_file, _)| *of_file < byte);
        self.map.get(index).map_or(self.text.len(), |(_, of_text)| *of_text)
    }
}

/// The characters of a line within about `reach` bytes of `focus`, and whether there are more
/// before and after them: a manifest may be one line of a megabyte.
fn cells_around(line: &Line<'_>, focus: usize, reach: usize) -> (Vec<Cell>, bool, bool) {
    let focus = focus.saturating_sub(line.start).min(line.text.len());
    let is_boundary = |at: &usize| line.text.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let from = (0..=focus.saturating_sub(reach)).rev().find(is_boundary).unwrap_or(0);
    let to = (focus.saturating_add(reach).min(line.text.len())..=line.text.len()).find(is_boundary);
    let to = to.unwrap_or(line.text.len());

    let mut cells: Vec<Cell> = Vec::new();
    let (mut byte, mut column) = (line.start + from, 0);
    let mut push = |byte: usize, character: char| {
        let width = match character {
            '\t' => TAB - column % TAB,
            other => other.width().unwrap_or(0),
        };
        column += width;
        cells.push(Cell { byte, character, width });
    };
    for chunk in line.text.get(from..to).unwrap_or_default().utf8_chunks() {
        for (at, character) in chunk.valid().char_indices() {
            if character == '\u{feff}' && byte + at == 0 {
                continue; // A byte order mark: nobody sees it in an editor.
            }
            push(byte + at, terminal::visible(character));
        }
        byte += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            push(byte, char::REPLACEMENT_CHARACTER);
        }
        byte += chunk.invalid().len();
    }
    (cells, from > 0, to < line.text.len())
}
