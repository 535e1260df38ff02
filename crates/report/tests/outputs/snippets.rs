//! Lines that are hard to show: long, empty, of many widths, without an end.

use crate::sample::Run;
use insta::assert_snapshot;
use manifest::{SourceId, Span};
use rules::{Location, Related, Severity};

/// The human output, at 60 columns, of one finding at the first `needle` of `text`.
fn shown(text: &str, needle: &str) -> String {
    let mut run = Run::new();
    let source = run.file("db.yaml", text);
    let span = run.at(source, needle);
    run.find(Severity::Error, "rule", "message", span);
    body(&run)
}

/// Without the header and the summary, which are the same for all.
fn body(run: &Run) -> String {
    let text = run.human(60);
    text.lines().skip(2).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn raw(bytes: &[u8], start: u32, end: u32) -> String {
    let mut run = Run::new();
    let source = run.sources.add(manifest::Source::new("db.yaml", bytes.to_vec()));
    run.find(Severity::Error, "rule", "message", Span { source, start, end });
    body(&run)
}

#[test]
fn wide_and_combining_characters_before_the_place() {
    assert_snapshot!(shown("a: 1\nb: {ü日本🐘e\u{301}: wrong}\nc: 1\n", "wrong"));
}

#[test]
fn windows_line_ends_and_tabs() {
    assert_snapshot!(shown("a: 1\r\n\tb:\twrong\t# c\r\nc: 1\r\n", "wrong"));
}

#[test]
fn lone_carriage_returns_end_lines() {
    assert_snapshot!(shown("a: 1\rb: wrong\rc: 1\r", "wrong"));
}

#[test]
fn an_empty_file() {
    assert_snapshot!(shown("", ""));
}

#[test]
fn the_end_of_a_file_without_a_last_line_end() {
    assert_snapshot!(raw(b"a: 1\nb:", 7, 7));
}

#[test]
fn the_end_of_a_file_after_the_last_line_end() {
    assert_snapshot!(raw(b"a: 1\nb:\n", 8, 8));
}

#[test]
fn a_place_beyond_the_end_is_the_end() {
    assert_snapshot!(raw(b"a: 1\n", 90, 99));
}

#[test]
fn a_place_in_no_text_has_no_snippet() {
    let mut run = Run::new();
    run.find(Severity::Error, "rule", "message", Span { source: SourceId(9), start: 3, end: 4 });
    assert_snapshot!(run.human(60));
}

#[test]
fn bytes_that_are_no_text() {
    assert_snapshot!(raw(b"a: 1\nb\xff\xfe: wrong\xe2\x82\nc: 1\n", 10, 15));
}

#[test]
fn a_byte_order_mark() {
    assert_snapshot!(shown("\u{feff}a: wrong\nb: 1\n", "wrong"));
}

#[test]
fn a_whole_map_is_marked_on_its_first_line_only() {
    let map = (1..=100).map(|number| format!("  key-{number}: value   ")).collect::<Vec<_>>().join("\n");
    assert_snapshot!(shown(&format!("spec:\n{map}\nlast: 1\n"), map.trim_start()));
}

#[test]
fn a_long_line_is_cut_at_its_end() {
    let line = format!("value: wrong{}", ", more".repeat(60));
    assert_snapshot!(shown(&format!("a: 1\n{line}\n{line}\n"), "wrong"));
}

#[test]
fn a_long_line_is_moved_to_its_mark() {
    let line = format!("value: {}wrong{}", "äß, ".repeat(40), ", more".repeat(60));
    assert_snapshot!(shown(&format!("a: 1\n{line}\nb: 1\n"), "wrong"));
}

#[test]
fn a_long_mark_is_cut_with_its_line() {
    let value = "long ".repeat(60);
    assert_snapshot!(shown(&format!("value: {value}\n"), value.trim_end()));
}

#[test]
fn a_mark_at_the_end_of_a_long_line() {
    let line = format!("{}: wrong", "k".repeat(300));
    assert_snapshot!(shown(&line, "wrong"));
}

#[test]
fn a_file_of_one_line_of_a_megabyte() {
    let half = r#"{"a":"日本語","b":[1,2,3]},"#.repeat(20_000);
    assert_snapshot!(shown(&format!("[{half}\"wrong\",{half}0]"), "\"wrong\""));
}

#[test]
fn every_place_of_a_text_can_be_shown() {
    let bytes = "a: ü\r\n\t日本🐘\r\r\n\n- \u{feff}e\u{301}\u{1b}[0m\n".as_bytes();
    let end = u32::try_from(bytes.len()).unwrap() + 1;
    for start in 0..=end {
        for end in start..=end {
            assert!(raw(bytes, start, end).contains("╭─[db.yaml:"), "{start}..{end}");
        }
    }
}

#[test]
fn a_related_place_within_the_marked_one_has_its_own_snippet() {
    let mut run = Run::new();
    let source = run.file("db.yaml", "a: 1\nschedule: 0 0 * * *\n");
    let (whole, field) = (run.at(source, "0 0 * * *"), run.at(source, "* * *"));
    run.find(Severity::Error, "rule", "message", whole).related =
        vec![Related { message: "part".into(), location: Location { span: field, pointer: String::new() } }];
    assert_snapshot!(body(&run));
}

#[test]
fn no_terminal_is_too_narrow() {
    for width in 0..30 {
        assert!(crate::everything::everything().human(width).contains("instances: 1"), "{width}");
    }
}

#[test]
fn places_near_each_other_share_a_snippet_and_far_ones_do_not() {
    let mut run = Run::new();
    let lines = (1..=40).map(|number| format!("key-{number:02}: value")).collect::<Vec<_>>().join("\n");
    let here = run.file("db.yaml", &lines);
    let there = run.file("store.yaml", "a: 1\n");
    let places = [
        ("a label that is so long that it has to be wrapped to stay on the screen", run.at(here, "key-08")),
        ("on the same line", run.at(here, "value\nkey-11")),
        ("far away", run.at(here, "key-30")),
        ("in another file", run.at(there, "1")),
    ];
    let span = run.at(here, "key-10");
    run.find(Severity::Warning, "rule", "message", span).related = places
        .map(|(message, span)| Related {
            message: message.into(),
            location: Location { span, pointer: String::new() },
        })
        .to_vec();
    assert_snapshot!(body(&run));
}
