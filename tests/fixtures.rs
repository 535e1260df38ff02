//! What a person sees of the fixtures.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use std::path::Path;
use support::{Run, run_in};

fn check(fixture: &str) -> Run {
    check_with(fixture, &[])
}

/// On a day of our choice: schedules are told with their next times.
fn check_with(fixture: &str, more: &[&str]) -> Run {
    let fixture = format!("fixtures/{fixture}");
    let arguments = [&["check", "--root", &fixture, &fixture, "--today", "2026-11-24"], more].concat();
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments, b"")
}

#[test]
fn a_well_kept_repository_has_no_finding() {
    let run = check("good");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out);
}

#[test]
fn a_bad_repository_is_told_what_is_wrong() {
    let run = check("bad");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out);
}

#[test]
fn the_mistakes_of_the_guideline_are_recognised() {
    let run = check("guideline");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out);
}

#[test]
fn the_guideline_turns_its_demands_into_errors() {
    let strict = ["--config", "fixtures/guideline/strict.yaml", "--format", "compact"];
    let run = check_with("guideline", &strict);
    assert_eq!(run.code, 1);
    let errors: Vec<&str> = run.out.lines().filter(|line| line.contains(" error[")).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn each_row_of_the_list_of_mistakes_is_told_where_it_says() {
    let rows =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/guideline/README.md"));
    let rows = rows.expect("the list");
    let told = check_with("guideline", &["--format", "compact"]).out;
    let mut checked = 0;
    for row in rows
        .lines()
        .filter(|row| row.starts_with("| ") && !row.starts_with("| #") && !row.starts_with("| ---"))
    {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let (files, rules) = (quoted(columns[3]), quoted(columns[4]));
        if columns[4].starts_with("nothing") || columns[4].starts_with("prose") {
            continue;
        }
        for rule in &rules {
            let is_told = |line: &str| {
                line.contains(&format!("[{rule}]")) && files.iter().any(|file| line.contains(file.as_str()))
            };
            assert!(told.lines().any(is_told), "{rule}: {row}");
            checked += 1;
        }
    }
    assert_eq!(checked, 23, "rules that the list names");
}
