//! What a person sees of the fixtures.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use std::path::Path;
use support::{Run, run_in};

fn check(fixture: &str) -> Run {
    let fixture = format!("fixtures/{fixture}");
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), &["check", "--root", &fixture, &fixture], b"")
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
fn every_rule_is_broken_somewhere_in_the_bad_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let report = run_in(root, &["check", "--root", "fixtures/bad", "fixtures/bad", "--format", "json"], b"");
    let rules = run_in(root, &["rules", "--format", "json"], b"");
    let rules: serde_json::Value = serde_json::from_str(&rules.out).expect("JSON");
    let rules = rules
        .as_array()
        .expect("rules")
        .iter()
        .filter(|rule| !rule["kinds"].as_array().expect("kinds").is_empty());
    let missing: Vec<_> = rules
        .filter_map(|rule| rule["id"].as_str())
        .filter(|id| !report.out.contains(&format!("\"{id}\"")))
        .collect();
    assert_eq!(missing, [""; 0], "no fixture breaks these");
}
