//! The output for scripts.

use crate::everything::everything;
use crate::sample::Run;
use insta::assert_snapshot;
use report::{Format, Options};
use rules::Severity;
use serde_json::Value;

fn json(run: &Run, checks: bool) -> Value {
    serde_json::from_str(&run.rendered(Format::Json, &Options { checks, ..Options::default() })).unwrap()
}

#[test]
fn everything_with_every_check() {
    assert_snapshot!(everything().rendered(Format::Json, &Options { checks: true, ..Options::default() }));
}

#[test]
fn checks_are_there_only_when_asked_for() {
    assert!(json(&everything(), false).get("checks").is_none());
    assert_eq!(json(&everything(), true)["checks"].as_array().unwrap().len(), 2);
    assert_eq!(json(&Run::new(), true)["checks"], Value::Array(vec![]));
}

#[test]
fn the_summary_agrees_with_the_lists() {
    let document = json(&everything(), false);
    let summary = &document["summary"];
    let count = |list: &str| document[list].as_array().unwrap().len();
    let sum = ["errors", "warnings", "infos"].map(|one| summary[one].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!(usize::try_from(sum).unwrap(), count("findings"));
    assert_eq!(summary["undecided"], count("undecided"));
    assert_eq!(summary["suppressed"], count("suppressed"));
}

#[test]
fn columns_are_code_points_and_bytes_are_bytes() {
    let mut run = Run::new();
    // Two bytes, three bytes, four bytes, and one character of two code points.
    let text = run.file("db.yaml", "a: 1\r\n\"ü日🐘e\u{301}\": wrong\r\n");
    let span = run.at(text, "wrong");
    run.find(Severity::Error, "rule", "message", span);
    let location = &json(&run, false)["findings"][0]["location"];
    assert_eq!(location["start"], serde_json::json!({"line": 2, "column": 10, "byte": 22}));
    assert_eq!(location["end"], serde_json::json!({"line": 2, "column": 15, "byte": 27}));
}

#[test]
fn an_object_of_an_unknown_namespace_says_so() {
    let mut run = Run::new();
    let text = run.file("db.yaml", "a: 1\n");
    let span = run.at(text, "1");
    run.find(Severity::Error, "rule", "message", span).object.as_mut().unwrap().namespace = None;
    assert_eq!(json(&run, false)["findings"][0]["object"]["namespace"], Value::Null);
}
