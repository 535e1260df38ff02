//! A text inside a scalar, read with places in the file that holds it.

use crate::node::{Node, Origin, Value};
use crate::read::{Limits, Reading, read};
use crate::source::{Source, Span};

/// Reads the text of a scalar, such as the patch under `patch: |`. `file` is the text of the source in
/// which the scalar stands.
///
/// Every place in what is returned is in `file`: at the very bytes for a literal block and for a text on
/// one line without escapes, at the whole scalar for a folded or escaped one.
pub fn read_embedded(scalar: &Node, file: &[u8], limits: &Limits) -> Reading {
    let text = scalar.raw_text().unwrap_or_default();
    let places = Places::find(scalar, text, file);
    let mut reading = read(&Source::new("", text.as_bytes().to_vec()), scalar.origin.span.source, limits);
    for document in &mut reading.documents {
        document.span = places.of(document.span);
        match &mut document.content {
            Ok(node) => places.of_node(node),
            Err(error) => error.span = places.of(error.span),
        }
    }
    for comment in &mut reading.comments {
        comment.span = places.of(comment.span);
    }
    for problem in &mut reading.problems {
        problem.span = places.of(problem.span);
        if let Some((_, span)) = &mut problem.related {
            *span = places.of(*span);
        }
    }
    reading
}

/// Where the bytes of the text stand in the file.
struct Places {
    scalar: Origin,
    /// For each line the byte of the text and that of the file at which it starts; empty where only the
    /// whole scalar can be told.
    lines: Vec<(u32, u32)>,
}

impl Places {
    fn find(scalar: &Node, text: &str, file: &[u8]) -> Self {
        let start = scalar.origin.span.start;
        let written = file.get(start as usize..).unwrap_or_default();
        let lines = match written.first() {
            Some(b'|') => literal(text, written, start).unwrap_or_default(),
            Some(b'"' | b'\'') if written.get(1..).is_some_and(|rest| is_there(text, rest)) => {
                vec![(0, start.saturating_add(1))]
            }
            _ if is_there(text, written) => vec![(0, start)],
            _ => Vec::new(),
        };
        Self { scalar: scalar.origin, lines }
    }

    fn of(&self, span: Span) -> Span {
        let (Some(start), Some(last)) = (self.byte(span.start), self.byte(span.end.saturating_sub(1))) else {
            return self.scalar.span;
        };
        let end = if span.end > span.start { last.saturating_add(1) } else { start };
        Span { source: span.source, start, end }
    }

    fn byte(&self, byte: u32) -> Option<u32> {
        let line = self.lines.partition_point(|(text, _)| *text <= byte);
        let (text, file) = self.lines.get(line.checked_sub(1)?)?;
        Some(file.saturating_add(byte - text))
    }

    fn of_origin(&self, origin: &mut Origin) {
        origin.span = self.of(origin.span);
        origin.used_at = origin.used_at.map(|span| self.of(span)).or(self.scalar.used_at);
    }

    fn of_node(&self, node: &mut Node) {
        self.of_origin(&mut node.origin);
        match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|item| self.of_node(item)),
            Value::Map(map) => {
                for entry in &mut map.entries {
                    self.of_origin(&mut entry.key_origin);
                    self.of_node(&mut entry.value);
                }
            }
            Value::Unknown(unknown) => {
                if let Some(value) = &mut unknown.value {
                    self.of_node(value);
                }
            }
            _ => {}
        }
    }
}

/// Whether the text stands there as it is, on one line.
fn is_there(text: &str, written: &[u8]) -> bool {
    !text.contains('\n') && written.starts_with(text.as_bytes())
}

/// The lines of a literal block, whose header starts `written`: each line of the text is the end of one
/// line of the file.
fn literal(text: &str, written: &[u8], start: u32) -> Option<Vec<(u32, u32)>> {
    let mut lines = Vec::new();
    let mut in_text = 0;
    let mut in_file = after_line(written, 0)?;
    let mut rest = text.split('\n').peekable();
    while let Some(line) = rest.next() {
        if rest.peek().is_none() && line.is_empty() {
            break;
        }
        let next = after_line(written, in_file);
        let whole = written.get(in_file..next.unwrap_or(written.len()))?.trim_ascii_end();
        let there = whole.len().checked_sub(line.trim_ascii_end().len())?;
        if !whole.ends_with(line.trim_ascii_end().as_bytes()) {
            return None;
        }
        let place = start.checked_add(u32::try_from(in_file + there).ok()?)?;
        lines.push((u32::try_from(in_text).ok()?, place));
        in_text += line.len() + 1;
        in_file = next.unwrap_or(written.len());
    }
    Some(lines)
}

/// The byte after the end of the line on which `from` stands.
fn after_line(text: &[u8], from: usize) -> Option<usize> {
    let end = memchr::memchr(b'\n', text.get(from..)?)?;
    Some(from + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    /// What stands in the file where each scalar of the embedded text is said to stand.
    fn spots(file: &str, key: &str) -> Vec<String> {
        let reading = read(&Source::new("f", file.as_bytes().to_vec()), SourceId(0), &Limits::default());
        let scalar = reading.documents.first().and_then(|document| document.content.as_ref().ok());
        let scalar = scalar.and_then(|node| node.get(key)).cloned();
        let inner = scalar.map(|scalar| read_embedded(&scalar, file.as_bytes(), &Limits::default()));
        let mut spots = Vec::new();
        for document in inner.iter().flat_map(|reading| &reading.documents) {
            if let Ok(node) = &document.content {
                collect(file, node, &mut spots);
            }
        }
        spots
    }

    fn collect(file: &str, node: &Node, spots: &mut Vec<String>) {
        let text = |span: Span| file.get(span.start as usize..span.end as usize).unwrap_or("?").to_owned();
        if let Value::Map(map) = &node.value {
            spots.extend(map.entries.iter().map(|entry| text(entry.key_origin.span)));
        }
        if node.children().next().is_none() {
            spots.push(text(node.origin.span));
        }
        node.children().for_each(|child| collect(file, child, spots));
    }

    #[test]
    fn a_literal_block_is_placed_to_the_byte() {
        for header in ["|", "|-", "|+", "|2", "| # why"] {
            let file =
                format!("a: 1\npatch: {header}\n  kind: X\n\n  spec:\n    - ä: 7 # seven\n    - b\nz: 0\n");
            assert_eq!(spots(&file, "patch"), ["kind", "spec", "X", "ä", "7", "b"], "{header}");
        }
    }

    #[test]
    fn line_ends_of_windows_are_counted() {
        assert_eq!(spots("patch: |-\r\n  kind: X\r\n  n: 5\r\n", "patch"), ["kind", "n", "X", "5"]);
    }

    #[test]
    fn one_line_is_placed_and_what_is_folded_is_told_whole() {
        assert_eq!(spots("patch: '[{\"op\": \"add\"}]'\n", "patch"), ["\"op\"", "\"add\""]);
        let whole = "\"kind: X\\nn: 5\"";
        assert_eq!(spots(&format!("patch: {whole}\n"), "patch"), [whole; 4]);
        let spots = spots("patch: >\n  {a:\n  5}\nz: 1\n", "patch");
        assert!(spots.iter().all(|spot| spot.starts_with('>')), "{spots:?}");
    }
}
