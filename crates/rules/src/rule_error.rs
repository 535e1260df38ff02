//! What is wrong with a rule file, and where.

use manifest::{Limits, Reading, Source, SourceId, Span};
use std::ops::Range;
use std::sync::OnceLock;

/// Something wrong with a rule file: nothing is judged until it is mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct RuleError {
    /// The file, as shown to the user.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// From 1.
    pub line: usize,
    /// From 1, in code points.
    pub column: usize,
    /// The bytes meant.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

/// The text of a rule file, to find places in it.
pub(crate) struct RuleText<'t> {
    text: &'t str,
    source: Source,
    reading: OnceLock<Reading>,
}

impl<'t> RuleText<'t> {
    pub(crate) fn new(path: &str, text: &'t str) -> Self {
        let source = Source::new(path, text.as_bytes().to_vec());
        Self { text, source, reading: OnceLock::new() }
    }

    /// The value of the file, read when a place in it is asked for.
    fn root(&self) -> Option<&manifest::Node> {
        let read = || manifest::read(&self.source, SourceId(0), &Limits::default());
        let documents = &self.reading.get_or_init(read).documents;
        documents.first().and_then(|document| document.content.as_ref().ok())
    }

    /// An error at the value of an RFC 6901 pointer, or inside of it: `at` is a byte of the
    /// value and a length. The start of the file where there is no such value.
    pub(crate) fn error(
        &self,
        pointer: &str,
        at: Option<(usize, usize)>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> RuleError {
        let root = self.root();
        let node = root.and_then(|root| root.pointer(pointer));
        let whole = node.map_or(0..0, |node| range(node.origin.span));
        let value = node.and_then(manifest::Node::as_str);
        let part = at.zip(value).and_then(|((start, len), value)| self.inside(&whole, value, start, len));
        self.error_at(part.unwrap_or(whole), message, help)
    }

    /// Whether the value at a pointer is this text.
    pub(crate) fn is_text(&self, pointer: &str, text: &str) -> bool {
        let root = self.root();
        root.and_then(|root| root.pointer(pointer)).and_then(manifest::Node::as_str) == Some(text)
    }

    /// An error at these bytes.
    pub(crate) fn error_at(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> RuleError {
        let position = self.source.position(u32::try_from(span.start).unwrap_or(u32::MAX));
        RuleError {
            path: self.source.path().to_owned(),
            message: message.into(),
            line: position.line,
            column: position.column,
            span,
            help,
        }
    }

    /// The bytes of the file that a part of a value stands in: of a value written as it is, or
    /// line by line in a block.
    fn inside(&self, whole: &Range<usize>, value: &str, start: usize, len: usize) -> Option<Range<usize>> {
        let written = self.text.get(whole.clone())?;
        let (line_start, line) = lines(value).find(|(at, line)| start <= at + line.len())?;
        // The same line may stand there twice: take the one with as many before it.
        let nth =
            lines(value).take_while(|(at, _)| *at < line_start).filter(|(_, other)| *other == line).count();
        let (line_at, _) = written.match_indices(line.trim_end()).nth(nth)?;
        let from = whole.start + line_at + (start - line_start);
        Some(from..(from + len).min(self.text.len()))
    }
}

/// The lines of a text with the bytes at which they start.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((start, line))
    })
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
