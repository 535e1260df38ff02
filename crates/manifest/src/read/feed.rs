//! Hands one document's bytes to the YAML parser as kubectl would, and maps places back.

use std::io::{BufRead, Read, Result};
use std::ops::Range;

/// The first helping, in bytes: a document behind `...` may be a few bytes of many.
const FIRST: usize = 64;
/// The largest helping: the parser widens each to four bytes a character at once.
const LARGEST: usize = 2048;

/// One document's bytes. kubectl ends every line with `\n`, the last one too, and takes one
/// `\r` before it away; only where another `\r` stands before that can it be told.
pub(super) struct Feed<'t> {
    text: &'t [u8],
    at: usize,
    end: usize,
    /// Bytes that are left out, ascending.
    cuts: Vec<usize>,
    next_cut: usize,
    helping: usize,
    /// The line break that the last line lacks is still to come.
    line_break: bool,
}

impl<'t> Feed<'t> {
    /// The bytes of `range` in `text`; `range` must not start with a byte order mark.
    pub(super) fn new(text: &'t [u8], range: Range<usize>) -> Self {
        let bytes = text.get(range.clone()).unwrap_or_default();
        let cuts = cuts(bytes, range.start);
        Self {
            text,
            at: range.start,
            end: range.end,
            cuts,
            next_cut: 0,
            helping: FIRST,
            line_break: !bytes.ends_with(b"\n"),
        }
    }

    fn cut(&self) -> usize {
        self.cuts.get(self.next_cut).copied().unwrap_or(self.end)
    }
}

/// Every `\r` that stands between another one and a `\n`.
fn cuts(bytes: &[u8], start: usize) -> Vec<usize> {
    memchr::memmem::find_iter(bytes, b"\r\r\n").map(|at| start + at).collect()
}

impl Read for Feed<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        for (to, from) in into.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Feed<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        while self.at < self.end && self.at == self.cut() {
            self.at += 1;
            self.next_cut += 1;
        }
        if self.at >= self.end {
            return Ok(if self.line_break { b"\n" } else { b"" });
        }
        let end = self.cut().min(self.at + self.helping);
        Ok(self.text.get(self.at..end).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        if self.at >= self.end {
            self.line_break &= bytes == 0;
        } else {
            self.at += bytes;
            self.helping = (self.helping * 2).min(LARGEST);
        }
    }
}

/// From the parser's byte count to bytes of the text.
pub(super) struct Places {
    start: usize,
    end: usize,
    /// What the parser's count is where the next byte was left out, ascending.
    cuts: Vec<usize>,
}

impl Places {
    /// For the parser that is fed `range` of `text`.
    pub(super) fn new(text: &[u8], range: Range<usize>) -> Self {
        let bytes = text.get(range.clone()).unwrap_or_default();
        let cuts = cuts(bytes, 0).into_iter().enumerate().map(|(before, cut)| cut - before).collect();
        Self { start: range.start, end: range.end, cuts }
    }

    /// The byte of the text at which the parser's `index` is: where something starts.
    pub(super) fn start(&self, index: u64) -> usize {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let left_out = self.cuts.partition_point(|cut| *cut <= index);
        self.start.saturating_add(index).saturating_add(left_out).min(self.end)
    }

    /// The byte of the text behind the one before the parser's `index`: where something ends.
    pub(super) fn end(&self, index: u64) -> usize {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let left_out = self.cuts.partition_point(|cut| *cut < index);
        self.start.saturating_add(index).saturating_add(left_out).min(self.end)
    }

    /// Behind the last byte.
    pub(super) fn last(&self) -> usize {
        self.end
    }
}
