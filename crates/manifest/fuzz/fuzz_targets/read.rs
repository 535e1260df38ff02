//! Any bytes: reading does not panic, and every place it gives is in the text.
//!
//! Run with `cargo +nightly fuzz run read` in `crates/manifest`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use manifest::{Dialect, Limits, Node, Source, Sources, Span, Value, mark_unknowns, read, to_json};

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::new();
    let id = sources.add(Source::new("text", bytes.to_vec()));
    let Some(source) = sources.get(id) else { return };
    let limits = Limits { nodes: 100_000, ..Limits::default() };
    let reading = read(source, id, &limits);
    let check = |span: Span| {
        assert!(span.source == id && span.start <= span.end && span.end as usize <= bytes.len());
        assert!(sources.positions(span).is_some_and(|(start, end)| start <= end));
    };
    for comment in &reading.comments {
        check(comment.span);
    }
    for problem in &reading.problems {
        check(problem.span);
        problem.related.iter().for_each(|(_, span)| check(*span));
    }
    for document in reading.documents {
        check(document.span);
        match &document.content {
            Ok(node) => {
                nodes(node, &check);
                let _ = to_json(node);
            }
            Err(error) => check(error.span),
        }
        for mut manifest in document.into_manifests() {
            mark_unknowns(&mut manifest.node, Dialect::FILE);
            nodes(&manifest.node, &check);
        }
    }
});

fn nodes(node: &Node, check: &dyn Fn(Span)) {
    check(node.origin.span);
    node.origin.used_at.into_iter().for_each(check);
    if let Value::Map(map) = &node.value {
        map.entries.iter().for_each(|entry| check(entry.key_origin.span));
    }
    node.children().for_each(|child| nodes(child, check));
}
