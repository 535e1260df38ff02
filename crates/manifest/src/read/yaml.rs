//! One document through the YAML parser.

use super::compose::{Composer, Properties, Scalar};
use super::feed::{Feed, Places};
use super::notes::{Failure, Notes};
use super::{hush, words};
use crate::node::Node;
use crate::read::{Limits, ProblemKind};
use libyaml_safer::{Encoding, Error, ErrorKind, Event, EventData, Parser};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of a document's bytes.
pub(super) struct Composed {
    /// What it holds; `None` for null.
    pub(super) content: Result<Option<Node>, Failure>,
    /// Where it ends, if it could be read.
    pub(super) end: Option<End>,
}

/// Where a document ends before its bytes do.
pub(super) enum End {
    /// Behind `...`.
    Marked(usize),
    /// Before something that cannot belong to it.
    Before(usize),
}

/// Reads YAML documents, one after the other.
pub(super) struct Reader<'t> {
    text: &'t [u8],
    limits: Limits,
    parser: Parser<Feed<'t>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t [u8], limits: Limits) -> Self {
        Self { text, limits, parser: Parser::new() }
    }

    /// Reads the document in `range`, up to its `...` if it has one.
    pub(super) fn read(&mut self, range: Range<usize>, notes: &mut Notes) -> Composed {
        match self.try_read(range.clone(), notes) {
            Ok((node, end)) => Composed { content: Ok(node), end },
            Err(failure) => {
                // What stands behind its `...` is not hidden by what is wrong with it.
                let end = self.end_mark(failure.span.start as usize..range.end).map(End::Marked);
                Composed { content: Err(failure), end }
            }
        }
    }

    fn try_read(
        &mut self,
        range: Range<usize>,
        notes: &mut Notes,
    ) -> Result<(Option<Node>, Option<End>), Failure> {
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = range.start + error.valid_up_to();
            let span = notes.span(at, (at + error.error_len().unwrap_or(1)).min(range.end));
            return Err(Failure::new(ProblemKind::Encoding, "this byte is not UTF-8".to_owned(), span));
        }
        // The parser would take the mark away too, but not count it.
        let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let range = range.start + mark..range.end;
        self.parser.reset();
        self.parser.set_encoding(Encoding::Utf8);
        self.parser.set_input(Feed::new(self.text, range.clone()));
        let places = Places::new(self.text, range.clone());
        let mut composer = Composer::new(self.text, range.start, self.limits, notes);
        let parser = &mut self.parser;
        let events = AssertUnwindSafe(|| Self::events(parser, &mut composer, &places));
        let outcome = if hush::may_panic(bytes) { hush::catch(events) } else { catch_unwind(events).ok() };
        match outcome {
            Some(Ok(end)) => Ok((composer.finish()?, end)),
            Some(Err(Stop::Refused(failure))) => Err(failure),
            Some(Err(Stop::Parser(error))) => Err(self.explain(&error, &places, &range, notes)),
            None => {
                let at = composer.cursor();
                self.parser = Parser::new();
                Err(self.gave_up(at, range.end, notes))
            }
        }
    }

    /// Behind the first line of `range` that is `...`.
    fn end_mark(&self, range: Range<usize>) -> Option<usize> {
        let bytes = self.text.get(range.clone())?;
        let is_mark = |at: usize| {
            let line_start = at == 0 || matches!(self.text.get(at - 1), Some(b'\n' | b'\r'));
            line_start && self.text.get(at + 3).is_none_or(u8::is_ascii_whitespace)
        };
        let mut marks = memchr::memmem::find_iter(bytes, b"...").map(|found| range.start + found);
        marks.find(|at| is_mark(*at)).map(|at| at + 3)
    }

    fn events(
        parser: &mut Parser<Feed<'t>>,
        composer: &mut Composer<'_, '_>,
        places: &Places,
    ) -> Result<Option<End>, Stop> {
        loop {
            let event = parser.parse().map_err(Stop::Parser)?;
            match event.data {
                EventData::StreamEnd => {
                    composer.skip_to(places.last());
                    return Ok(None);
                }
                EventData::DocumentEnd { implicit } => {
                    let start = places.start(event.start_mark.index);
                    composer.skip_to(start);
                    let end = places.end(event.end_mark.index);
                    let last = start == places.last();
                    return Ok(match implicit {
                        false => Some(End::Marked(end)),
                        true if last => None,
                        true => Some(End::Before(start)),
                    });
                }
                _ => take(event, composer, places).map_err(Stop::Refused)?,
            }
        }
    }

    fn explain(&self, error: &Error, places: &Places, range: &Range<usize>, notes: &Notes) -> Failure {
        if error.kind() == ErrorKind::Reader {
            let at = control(self.text, range.clone()).unwrap_or(range.start);
            let message = "control characters are not allowed".to_owned();
            return Failure::new(ProblemKind::Syntax, message, notes.span(at, self.next_char(at, range.end)));
        }
        let context = error.context();
        let (message, at_context) = words::sentence(error.problem(), context);
        let place = |mark: Option<libyaml_safer::Mark>| mark.map(|mark| places.start(mark.index));
        let context_at = place(error.context_mark());
        let found_at = place(error.problem_mark()).unwrap_or(range.start);
        let at = if at_context { context_at.unwrap_or(found_at) } else { found_at };
        let mut failure =
            Failure::new(ProblemKind::Syntax, message, notes.span(at, self.next_char(at, range.end)));
        if let Some(context_at) = context_at.filter(|context_at| *context_at != at) {
            let what = context.unwrap_or_default().replace("while ", "").replace("parsing a", "the");
            let span = notes.span(context_at, self.next_char(context_at, range.end));
            failure.related = Some((format!("{what} starts here"), span));
        }
        failure
    }

    /// The parser has faults; the only one known is a `,` behind a tag.
    fn gave_up(&self, from: usize, end: usize, notes: &Notes) -> Failure {
        let at = hush::tag_before_comma(self.text, from..end).unwrap_or(from);
        let message = "this cannot be read; a space must stand between a tag and a `,`".to_owned();
        Failure::new(ProblemKind::Syntax, message, notes.span(at, self.next_char(at, end)))
    }

    fn next_char(&self, at: usize, end: usize) -> usize {
        let rest = self.text.get(at..end).unwrap_or_default();
        let length = match rest.first() {
            None => 0,
            Some(_) => 1 + rest.iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80).count(),
        };
        at + length
    }
}

/// Why the events of a document stop before its end.
enum Stop {
    Parser(Error),
    Refused(Failure),
}

fn take(event: Event, composer: &mut Composer<'_, '_>, places: &Places) -> Result<(), Failure> {
    let (first, last) = (event.start_mark.index, event.end_mark.index);
    let start = places.start(first);
    let end = if first == last { start } else { places.end(last) };
    match event.data {
        EventData::Alias { anchor } => composer.alias(&anchor, start..end),
        EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
            let properties = Properties { anchor, tag, start };
            composer.scalar(Scalar { properties, text: value, plain: plain_implicit, style, end })
        }
        EventData::SequenceStart { anchor, tag, .. } => {
            composer.start_list(Properties { anchor, tag, start }, start..end)
        }
        EventData::MappingStart { anchor, tag, .. } => {
            composer.start_map(Properties { anchor, tag, start }, start..end)
        }
        EventData::SequenceEnd | EventData::MappingEnd => composer.end(start..end),
        EventData::StreamStart { .. }
        | EventData::StreamEnd
        | EventData::DocumentStart { .. }
        | EventData::DocumentEnd { .. } => Ok(()),
    }
}

/// The first character in `range` that YAML does not allow.
fn control(text: &[u8], range: Range<usize>) -> Option<usize> {
    let start = range.start;
    let text = std::str::from_utf8(text.get(range)?).ok()?;
    let lawful = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..);
    text.char_indices().find(|(_, char)| !lawful(*char)).map(|(at, _)| start + at)
}
