//! Texts, and places in them.

use memchr::memchr2_iter;
use std::sync::OnceLock;

/// Which [`Source`] of a [`Sources`] a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A byte range of one source; `start == end` is a place between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text it is in.
    pub source: SourceId,
    /// First byte, from 0.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// A place as people count: line and column from 1, columns in Unicode code points, bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1. `\n`, `\r\n` and a lone `\r` end a line.
    pub line: usize,
    /// Column in code points, from 1.
    pub column: usize,
    /// Byte, from 0.
    pub byte: usize,
}

/// One text: a file, standard input, a request body. Immutable.
#[derive(Debug)]
pub struct Source {
    path: String,
    bytes: Vec<u8>,
    /// Byte at which each line starts; made when first asked for.
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A text known to the user as `path` (relative to the working directory, with `/`;
    /// `-` is standard input).
    pub fn new(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { path: path.into(), bytes, lines: OnceLock::new() }
    }

    /// The path as shown to the user.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The bytes as read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text, where it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Bytes at which lines start; the first is 0.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr2_iter(b'\n', b'\r', &self.bytes).filter(|end| {
                self.bytes.get(*end) == Some(&b'\n') || self.bytes.get(end + 1) != Some(&b'\n')
            });
            let starts = ends.map_while(|end| u32::try_from(end + 1).ok());
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// Where `byte` stands; a byte past the end is the end.
    pub fn position(&self, byte: u32) -> Position {
        let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let byte = byte.min(end);
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= byte).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let before = self.bytes.get(start as usize..byte as usize).unwrap_or_default();
        // A code point starts at every byte that is not a continuation byte.
        let column = before.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Position { line, column, byte: byte as usize }
    }
}

/// All texts of a run; hands out their ids.
#[derive(Debug, Default)]
pub struct Sources {
    texts: Vec<Source>,
    /// The id of the first one.
    first: u32,
}

impl Sources {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet; the first that is added gets that id. So two collections never name two texts alike,
    /// and one can [`append`](Self::append) the other.
    pub fn starting_at(first: SourceId) -> Self {
        Self { texts: Vec::new(), first: first.0 }
    }

    /// The id that the next text gets.
    pub fn next_id(&self) -> SourceId {
        SourceId(self.first.saturating_add(u32::try_from(self.texts.len()).unwrap_or(u32::MAX)))
    }

    /// Takes a text and names it.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = self.next_id();
        self.texts.push(source);
        id
    }

    /// Takes texts whose ids go on after its own: a collection that started at [`next_id`](Self::next_id).
    /// Each is known by the path that `renamed` makes of its own.
    pub fn append(&mut self, others: Self, renamed: impl Fn(&str) -> String) {
        debug_assert!(others.texts.is_empty() || others.first == self.next_id().0);
        let rename = |source: Source| Source { path: renamed(&source.path), ..source };
        self.texts.extend(others.texts.into_iter().map(rename));
    }

    /// The index of a text among all, in the order they were added.
    pub fn index(&self, id: SourceId) -> Option<usize> {
        Some(id.0.checked_sub(self.first)? as usize)
    }

    /// The text of that name; `None` only for an id of another `Sources`.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.texts.get(self.index(id)?)
    }

    /// Every text with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (self.first..).map(SourceId).zip(&self.texts)
    }

    /// Start and end of a span.
    pub fn positions(&self, span: Span) -> Option<(Position, Position)> {
        let source = self.get(span.source)?;
        Some((source.position(span.start), source.position(span.end)))
    }
}
