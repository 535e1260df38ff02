//! What reading notes down beside the values: problems and comments, with their places.

use super::frame::Gone;
use crate::read::{Problem, ProblemKind, ReadError};
use crate::source::{SourceId, Span};
use std::ops::Range;

/// Problems of one kind that one text may have; a thousand more would help nobody.
pub(super) const MOST_OF_A_KIND: usize = 100;

/// Why a document cannot be read.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: ProblemKind,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) related: Option<(String, Span)>,
}

impl Failure {
    pub(super) fn new(kind: ProblemKind, message: String, span: Span) -> Self {
        Self { kind, message, span, related: None }
    }
}

/// Problems and comments so far.
pub(super) struct Notes {
    pub(super) id: SourceId,
    pub(super) problems: Vec<Problem>,
    /// Bytes of every comment.
    pub(super) comments: Vec<Range<usize>>,
    counts: [usize; 2],
}

impl Notes {
    pub(super) fn new(id: SourceId) -> Self {
        Self { id, problems: Vec::new(), comments: Vec::new(), counts: [0; 2] }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        span(self.id, start, end)
    }

    pub(super) fn comment(&mut self, comment: Range<usize>) {
        self.comments.push(comment);
    }

    /// Notes a problem, unless there are enough of its kind.
    pub(super) fn problem(
        &mut self,
        kind: ProblemKind,
        message: String,
        span: Span,
        related: Option<(String, Span)>,
    ) {
        let [duplicates, tags] = &mut self.counts;
        let count = match kind {
            ProblemKind::DuplicateKey => Some(duplicates),
            ProblemKind::CustomTag => Some(tags),
            _ => None,
        };
        if let Some(count) = count {
            *count += 1;
            if *count > MOST_OF_A_KIND {
                return;
            }
        }
        self.problems.push(Problem { kind, message, span, related });
    }

    /// Notes a key that stands twice in a map.
    pub(super) fn duplicate(&mut self, gone: &Gone) {
        let message =
            format!("the key `{}` stands twice in this map; kubectl keeps the later one", short(&gone.key));
        let related = Some(("the first is here".to_owned(), gone.key_span));
        self.problem(ProblemKind::DuplicateKey, message, gone.by, related);
    }

    /// Notes why a document cannot be read, and gives it for the document itself.
    pub(super) fn failure(&mut self, failure: Failure) -> ReadError {
        let error = ReadError { message: failure.message.clone(), span: failure.span };
        self.problem(failure.kind, failure.message, failure.span, failure.related);
        error
    }
}

/// The span of these bytes. No text that is read has more bytes than `u32` counts.
pub(super) fn span(source: SourceId, start: usize, end: usize) -> Span {
    let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source, start: byte(start), end: byte(end) }
}

/// The start of a text, for a message.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
