//! What a hostile text may cost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use manifest::{Limits, ProblemKind, Reading, Source, SourceId, read};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn limited(text: impl Into<Vec<u8>>, limits: &Limits) -> Reading {
    let source = Source::new("text.yaml", text.into());
    let start = Instant::now();
    let reading = read(&source, SourceId(0), limits);
    assert!(start.elapsed() < Duration::from_mins(1), "took {:?}", start.elapsed());
    reading
}

/// One line for each number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

/// The message of the only problem, which is that a bound was met.
fn bound(text: impl Into<Vec<u8>>) -> String {
    let reading = limited(text, &Limits::default());
    let problem = reading.problems.last().unwrap();
    assert_eq!(problem.kind, ProblemKind::Limit, "{problem:?}");
    problem.message.clone()
}

#[test]
fn nesting_is_bound_however_it_is_written() {
    let deep = "lists and maps are nested more than 200 levels deep";
    let mut maps = String::new();
    for level in 0..300 {
        maps.push_str(&" ".repeat(level));
        maps.push_str("a:\n");
    }
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
        "[\n".repeat(100_000),
        maps,
        format!("{{\"a\":{}", "[".repeat(100_000)),
        format!("{{\"a\":{}{}}}", "[".repeat(201), "]".repeat(201)),
    ] {
        assert_eq!(bound(text.clone()), deep, "{text:.40}");
    }
    let most = format!("{}{}\n", "[".repeat(200), "]".repeat(200));
    assert!(limited(most, &Limits::default()).problems.is_empty());
}

#[test]
fn nesting_by_aliases_is_bound() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(bound(text), "lists and maps are nested more than 200 levels deep");
}

#[test]
fn no_depth_that_is_asked_for_overflows_the_stack() {
    let text = format!("{}{}\n", "[".repeat(9_000), "]".repeat(9_000));
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    assert_eq!(limited(text, &limits).problems[0].kind, ProblemKind::Limit);
    let text = format!("{}{}\n", "[".repeat(500), "]".repeat(500));
    let reading = limited(text, &limits);
    assert!(reading.problems.is_empty());
    assert_eq!(reading, reading.clone());
}

#[test]
fn alias_bombs_are_refused_as_kubectl_refuses_them() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let item = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} [{}]", [item.as_str(); 10].join(",")).unwrap();
    }
    assert_eq!(bound(text), "kubectl refuses a document of which aliases make this much");
}

#[test]
fn nodes_are_bound_with_aliases_expanded() {
    let limits = Limits { nodes: 100, ..Limits::default() };
    let reading = limited("a: &a [1,2,3,4,5,6,7,8,9]\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n", &limits);
    assert_eq!(reading.problems[0].kind, ProblemKind::Limit);
    assert_eq!(
        reading.problems[0].message,
        "with its aliases expanded, the document has more than 100 values"
    );
    assert!(limited("a: &a [1,2,3]\nb: [*a,*a]\n", &limits).problems.is_empty());
}

#[test]
fn long_texts_cannot_be_multiplied() {
    let long = "x".repeat(1 << 20);
    let aliases = format!("a: &a {long}\nb: [{}]\n", "*a,".repeat(100_000));
    assert!(bound(aliases).contains("bytes"));
    let tags = format!("%TAG ! tag:{long}\n--- # c\n[{}]\n", "!a b,".repeat(100_000));
    assert_eq!(limited(tags, &Limits::default()).documents.len(), 2);
    let anchors = lines(150, |name| format!("{}- &a{name}", " ".repeat(name)));
    let nested = format!("{anchors}{}{long}\n", " ".repeat(151));
    assert!(bound(nested).contains("anchors"));
}

#[test]
fn a_file_over_the_bound_is_not_read() {
    let limits = Limits { bytes: 10, ..Limits::default() };
    let reading = limited("a: 1\nb: 2\nc: 3\n", &limits);
    assert!(reading.documents.is_empty());
    assert_eq!(reading.problems[0].message, "the file has 15 bytes, more than the 10 that are read");
}

#[test]
fn many_small_things_take_time_that_grows_with_the_text_only() {
    let many = 50_000;
    for text in [
        "a\n...\n".repeat(many),
        "a\n---\n".repeat(many),
        "---\n".repeat(many),
        "{}".repeat(many),
        "#\n".repeat(many),
        "a: 1\n".repeat(many),
        "a: .inf\n".repeat(many),
        "~: 1\n".repeat(many),
        "a: 1\r\r\n".repeat(many),
        "- &a 1\n".repeat(many),
        "- *a\n".repeat(many),
        "- ${a${".repeat(many),
        "{{".repeat(many),
        "]\n---\n".repeat(many),
        lines(many, |key| format!("k{key}: 1")),
        format!("{{{}}}", (0..many).map(|key| format!("\"k{key}\": 1")).collect::<Vec<_>>().join(",")),
        format!("? {}\n", "? ".repeat(100)) + &"# c\n".repeat(many),
        format!("a: {}", "!a!,".repeat(many)),
        format!("a: \"{}\"", "\\\\".repeat(many)),
    ] {
        limited(text, &Limits::default());
    }
}
