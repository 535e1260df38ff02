//! No text makes reading panic, and every place it gives is in the text.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod pieces;

use manifest::{Dialect, Limits, Node, Reading, Source, Sources, Span, Value, mark_unknowns, read, to_json};
use proptest::prelude::*;

fn check(bytes: Vec<u8>) {
    let length = u32::try_from(bytes.len()).unwrap();
    let mut sources = Sources::new();
    let id = sources.add(Source::new("text", bytes));
    let limits = Limits { depth: 40, nodes: 10_000, ..Limits::default() };
    let reading = read(sources.get(id).unwrap(), id, &limits);
    let inside = |span: Span| {
        assert!(span.source == id && span.start <= span.end && span.end <= length, "{span:?}");
        let (start, end) = sources.positions(span).unwrap();
        assert!(start <= end);
    };
    check_places(&reading, &inside);
    for document in reading.documents {
        for mut manifest in document.into_manifests() {
            mark_unknowns(&mut manifest.node, Dialect::FILE);
            check_node(&manifest.node, &inside);
        }
    }
}

fn check_places(reading: &Reading, inside: &dyn Fn(Span)) {
    let spans: Vec<_> = reading.comments.iter().map(|comment| comment.span).collect();
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{spans:?}");
    spans.into_iter().for_each(inside);
    for problem in &reading.problems {
        inside(problem.span);
        problem.related.iter().for_each(|(_, span)| inside(*span));
    }
    for document in &reading.documents {
        inside(document.span);
        match &document.content {
            Ok(node) => {
                check_node(node, inside);
                serde_json::from_str::<serde_json::Value>(&to_json(node)).unwrap();
            }
            Err(error) => inside(error.span),
        }
    }
}

fn check_node(node: &Node, inside: &dyn Fn(Span)) {
    inside(node.origin.span);
    node.origin.used_at.into_iter().for_each(inside);
    if let Value::Map(map) = &node.value {
        for entry in &map.entries {
            inside(entry.key_origin.span);
        }
    }
    for child in node.children() {
        check_node(child, inside);
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(bytes);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(text.into_bytes());
    }

    #[test]
    fn any_pieces(pieces in proptest::collection::vec(proptest::sample::select(pieces::PIECES), 0..60)) {
        check(pieces.concat().into_bytes());
    }
}
