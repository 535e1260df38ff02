//! Comments: the YAML parser skips them, so they are found in what lies between its tokens.

use memchr::{memchr, memchr2};
use std::ops::Range;

/// Finds the comments in `gap`, which holds no scalar: every `#` there starts one.
pub(super) fn find(text: &[u8], gap: Range<usize>, mut found: impl FnMut(Range<usize>)) {
    let mut at = gap.start;
    while let Some(hash) = text.get(at..gap.end).and_then(|rest| memchr(b'#', rest)) {
        let start = at + hash;
        let end = comment_end(text, start);
        found(start..end);
        at = end;
    }
}

/// The first byte that is neither white space nor in a comment, if there is one before `end`.
pub(super) fn content(text: &[u8], mut at: usize, end: usize) -> Option<usize> {
    loop {
        let rest = text.get(at..end)?;
        let step = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        at += step;
        if text.get(at) != Some(&b'#') {
            return Some(at);
        }
        at = comment_end(text, at);
    }
}

/// Whether nothing but white space stands before the byte on its line.
pub(super) fn is_alone(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before =
        before.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).and_then(|at| before.get(..=at));
    before
        .is_none_or(|before| before.ends_with(b"\n") || before.ends_with(b"\r") || before == b"\xEF\xBB\xBF")
}

/// The parser ends a comment at its line breaks, of which Unicode has three more.
fn comment_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let line = memchr2(b'\n', b'\r', rest).and_then(|end| rest.get(..end)).unwrap_or(rest);
    let breaks = ["\u{85}", "\u{2028}", "\u{2029}"];
    let end = if line.is_ascii() {
        line.len()
    } else {
        breaks
            .iter()
            .filter_map(|text| memchr::memmem::find(line, text.as_bytes()))
            .min()
            .unwrap_or(line.len())
    };
    start + end
}
