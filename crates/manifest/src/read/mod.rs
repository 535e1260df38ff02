//! A text to documents, as kubectl reads it.

mod anchors;
mod budget;
mod comments;
mod compose;
mod feed;
mod frame;
mod hush;
mod json;
mod layout;
mod notes;
mod pass;
mod resolve;
mod split;
mod time;
mod words;
mod yaml;

use crate::node::{Node, Value};
use crate::source::{Source, SourceId, Span};
use notes::{Failure, Notes};
pub use pass::pass_json;
use split::{Piece, Pieces};
use std::ops::Range;
use yaml::{End, Reader};

/// Bounds that keep a hostile or broken file from costing more than it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Levels of nesting in one document.
    pub depth: usize,
    /// Nodes of one document after aliases are expanded.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, depth: 200, nodes: 4_000_000 }
    }
}

/// Reads a text that is one JSON value, as an API server sends it. Of what stands at a path of `unread`
/// (keys from the top) it is known that it is there, and nothing else; passing over it costs next to nothing.
///
/// # Errors
/// What is no JSON, is nested or large beyond `limits`, or has a number that nothing can hold.
pub fn read_json(
    text: &[u8],
    id: SourceId,
    limits: &Limits,
    unread: &[&[&str]],
) -> Result<Node, (ProblemKind, ReadError)> {
    let limits = Limits { depth: limits.depth.min(DEEPEST), ..*limits };
    json::read_one(text, id, limits, unread)
        .map_err(|failure| (failure.kind, ReadError { message: failure.message, span: failure.span }))
}

/// What was read from one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its documents, in order; empty ones are left out as kubectl leaves them out.
    pub documents: Vec<Document>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// What is wrong or surprising, in order of place. Every unreadable document has one here too.
    pub problems: Vec<Problem>,
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Counted from 0 over the documents of the text; empty ones do not count.
    pub index: usize,
    /// From its first byte to the one before the next separator.
    pub span: Span,
    /// What it holds, or why it could not be read.
    pub content: Result<Node, ReadError>,
    /// `false` where kubectl never reaches it (it stands behind `...` or after `--- text`).
    pub kubectl: bool,
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// One sentence, without place.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line, without the line break.
    pub span: Span,
    /// The line it is on, from 1.
    pub line: usize,
    /// Nothing but white space stands before it on its line.
    pub alone: bool,
}

/// What is wrong with a text, or read otherwise than one would think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub kind: ProblemKind,
    /// One sentence, without place.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Another place that belongs to it, with a word on it (the first of two equal keys).
    pub related: Option<(String, Span)>,
}

/// The kinds of [`Problem`]; each is a rule of category `reading`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Not YAML, or YAML that kubectl refuses.
    Syntax,
    /// A key that stands twice in a map: kubectl keeps the last without a word.
    DuplicateKey,
    /// Nesting, aliases or size over a bound.
    Limit,
    /// Not UTF-8.
    Encoding,
    /// Text that kubectl never reaches: behind `...`, or after `--- text`.
    Unreached,
    /// A custom tag: kubectl ignores it, what is meant is not known.
    CustomTag,
}

impl ProblemKind {
    /// The id of the rule that says it.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Syntax => "yaml-syntax",
            Self::DuplicateKey => "duplicate-key",
            Self::Limit => "limit-exceeded",
            Self::Encoding => "not-utf8",
            Self::Unreached => "document-unreached",
            Self::CustomTag => "custom-tag",
        }
    }
}

/// More levels than this are refused whatever [`Limits::depth`] says: a tree is walked and
/// dropped by functions that call themselves.
const DEEPEST: usize = 500;

/// So many documents behind `...` are read between two separators: kubectl reads none, and each
/// costs a look at all that follow.
const MOST_BEHIND: usize = 100;

/// A text with more documents than this, empty ones too, is not read to its end.
const MOST_DOCUMENTS: usize = 100_000;

/// Reads a text. Never panics and never takes longer than its bounds allow.
pub fn read(source: &Source, id: SourceId, limits: &Limits) -> Reading {
    let text = source.bytes();
    let mut limits = *limits;
    limits.depth = limits.depth.min(DEEPEST);
    let mut file = File { text, limits, notes: Notes::new(id), documents: Vec::new(), read: 0 };
    let most = limits.bytes.min(u32::MAX as usize);
    if text.len() > most {
        let message = format!("the file has {} bytes, more than the {most} that are read", text.len());
        let span = file.notes.span(0, 0);
        file.notes.problem(ProblemKind::Limit, message, span, None);
    } else {
        file.read();
    }
    file.finish(source)
}

/// A text that is being read.
struct File<'t> {
    text: &'t [u8],
    limits: Limits,
    notes: Notes,
    documents: Vec<Document>,
    /// Documents so far, empty ones too.
    read: usize,
}

impl File<'_> {
    fn read(&mut self) {
        // kubectl drops the mark before it looks at the text.
        let start = if self.text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        if json::starts(self.text, start) {
            if let Some(rest) = self.json(start) {
                self.yaml(rest);
            }
        } else {
            self.yaml(start);
        }
    }

    /// Reads a stream of JSON values. Returns from where on it is YAML.
    fn json(&mut self, start: usize) -> Option<usize> {
        let mut stream = json::Stream::new(self.text, start, self.limits);
        let mut before = start;
        loop {
            if !self.another(before) {
                return None;
            }
            match stream.next(&mut self.notes) {
                json::Next::End => return None,
                json::Next::Value(node, end) => {
                    let start = node.origin.span.start as usize;
                    self.document(start..end, Ok(Some(node)), true);
                    before = end;
                }
                json::Next::Unfit(failure, end) => {
                    self.document(before..end, Err(failure), true);
                    before = end;
                }
                json::Next::Refused(failure) => {
                    self.document(before..self.text.len(), Err(failure), true);
                    return None;
                }
                json::Next::Yaml(rest) => return Some(rest),
            }
        }
    }

    /// Whether one more document may be read at `at`.
    fn another(&mut self, at: usize) -> bool {
        self.read += 1;
        if self.read == MOST_DOCUMENTS + 1 {
            let message = format!("the file has more than {MOST_DOCUMENTS} documents");
            let span = self.notes.span(at, at);
            self.notes.problem(ProblemKind::Limit, message, span, None);
        }
        self.read <= MOST_DOCUMENTS
    }

    fn yaml(&mut self, start: usize) {
        let Pieces { pieces, stop } = split::split(self.text, start);
        let mut reader = Reader::new(self.text, self.limits);
        let mut stop = stop.map(|line| self.notes.span(line.start, line.end));
        for piece in pieces {
            let first_behind = stop.filter(|stop| piece.range.end > stop.start as usize);
            if let Some(span) = first_behind {
                let message = "kubectl stops here: only a comment may follow `---` on its line".to_owned();
                self.notes.problem(ProblemKind::Unreached, message, span, None);
                stop = None;
            }
            self.piece(&mut reader, piece);
        }
    }

    /// Reads a piece: a document, and those behind its `...`, if any.
    fn piece(&mut self, reader: &mut Reader<'_>, piece: Piece) {
        let Piece { range, after, mut reached } = piece;
        let mut at = range.start;
        let mut behind = 0;
        while self.another(at) {
            let composed = reader.read(at..range.end, &mut self.notes);
            let document_end = match composed.end {
                Some(End::Marked(end)) => end,
                _ => range.end,
            };
            self.document(at..document_end, composed.content, reached);
            match composed.end {
                Some(End::Marked(end)) => {
                    let Some(next) = self.behind(end..range.end) else { break };
                    if reached {
                        let message = "kubectl does not read what stands behind `...`".to_owned();
                        let span = self.notes.span(next, self.line_end(next, range.end));
                        self.notes.problem(ProblemKind::Unreached, message, span, None);
                        reached = false;
                    }
                    at = end;
                    behind += 1;
                    if behind > MOST_BEHIND {
                        let message = format!("more than {MOST_BEHIND} documents stand behind `...` here");
                        let span = self.notes.span(at, at);
                        self.notes.problem(ProblemKind::Limit, message, span, None);
                        break;
                    }
                }
                Some(End::Before(junk)) => {
                    let message = "this does not belong to the document above; kubectl ignores it".to_owned();
                    let span = self.notes.span(junk, self.line_end(junk, range.end));
                    self.notes.problem(ProblemKind::Unreached, message, span, None);
                    break;
                }
                None => break,
            }
        }
        let notes = &mut self.notes;
        comments::find(self.text, after, |comment| notes.comment(comment));
    }

    /// Where a document starts behind `...`; if there is none, takes the comments there.
    fn behind(&mut self, range: Range<usize>) -> Option<usize> {
        let mut at = range.start;
        while let Some(found) = comments::content(self.text, at, range.end) {
            let rest = self.text.get(found..range.end).unwrap_or_default();
            if !rest.starts_with(b"...") && !rest.starts_with(b"%") {
                return Some(found);
            }
            at = self.line_end(found, range.end);
        }
        let notes = &mut self.notes;
        comments::find(self.text, range, |comment| notes.comment(comment));
        None
    }

    fn line_end(&self, at: usize, end: usize) -> usize {
        let rest = self.text.get(at..end).unwrap_or_default();
        at + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    /// Takes a document, unless it is empty.
    fn document(&mut self, range: Range<usize>, content: Result<Option<Node>, Failure>, kubectl: bool) {
        let content = match content {
            Ok(None | Some(Node { value: Value::Null, .. })) => return,
            Ok(Some(node)) => Ok(node),
            Err(failure) => Err(self.notes.failure(failure)),
        };
        let span = self.notes.span(range.start, range.end);
        self.documents.push(Document { index: self.documents.len(), span, content, kubectl });
    }

    fn finish(self, source: &Source) -> Reading {
        let Notes { mut problems, comments, .. } = self.notes;
        problems.sort_by_key(|problem| (problem.span, problem.kind));
        let id = self.notes.id;
        let comments = comments
            .into_iter()
            .map(|range| {
                let span = notes::span(id, range.start, range.end);
                let line = source.position(span.start).line;
                Comment { span, line, alone: comments::is_alone(self.text, range.start) }
            })
            .collect();
        Reading { documents: self.documents, comments, problems }
    }
}
