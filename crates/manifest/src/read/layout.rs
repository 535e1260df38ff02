//! Where values start and end in the text, which the parser's marks say only roughly.

use super::comments;
use std::ops::Range;

/// Where a list or map starts behind its anchor and tag. `first` is what the parser saw: it
/// has gone to the bracket, to the first key or `sign`, or behind the first `sign` (`-` of a
/// list that is not indented, `?` of a pair in brackets).
pub(super) fn collection_start(text: &[u8], first: &Range<usize>, sign: u8) -> usize {
    if first.start == first.end {
        return first.start;
    }
    let before = first.end.saturating_sub(1);
    match text.get(before) {
        Some(b'[' | b'{') => before,
        Some(byte) if *byte == sign => before,
        _ => first.end,
    }
}

/// Where a scalar's text starts behind its anchor and tag.
pub(super) fn scalar_start(text: &[u8], range: Range<usize>) -> usize {
    let mut at = range.start;
    while let Some(found) = comments::content(text, at, range.end) {
        let rest = text.get(found..range.end).unwrap_or_default();
        if !matches!(rest.first(), Some(b'&' | b'!')) {
            return found;
        }
        let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        at = found + length;
    }
    range.end
}

/// The first line of a block scalar: its indicator, and a comment if it has one.
pub(super) fn block_header(text: &[u8], block: Range<usize>) -> Range<usize> {
    let bytes = text.get(block.clone()).unwrap_or_default();
    let length = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    block.start..block.start + length
}

/// Behind the last character of a block scalar that is no white space.
pub(super) fn block_end(text: &[u8], block: Range<usize>) -> usize {
    let bytes = text.get(block.clone()).unwrap_or_default();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let last = bytes.iter().rposition(|byte| !blank(byte)).unwrap_or(0);
    block.start + (last + 1).min(bytes.len())
}

/// The first `\/` in a text in double quotes.
pub(super) fn slash_escape(text: &[u8], quoted: Range<usize>) -> Option<usize> {
    let mut at = quoted.start;
    while let Some(found) = text.get(at..quoted.end).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let escape = at + found;
        if text.get(escape + 1) == Some(&b'/') {
            return Some(escape);
        }
        at = escape + 2;
    }
    None
}
