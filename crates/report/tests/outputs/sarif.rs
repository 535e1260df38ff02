//! The output for code scanning services, held against the published schema.

use crate::everything::everything;
use crate::sample::Run;
use insta::assert_snapshot;
use report::{Format, Options};
use rules::{RefusedBy, Severity};
use serde_json::{Value, json};
use std::process::Command;

/// The schema of SARIF 2.1.0, as a crate among the test dependencies ships it. Cargo knows where
/// that crate lies.
fn schema() -> Value {
    let output = Command::new(env!("CARGO"))
        // Only what this machine builds, or Cargo would ask for the crates of other systems.
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform=host-tuple"])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|one| one["name"] == "serde-sarif");
    let manifest = std::path::Path::new(package.unwrap()["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema["title"], "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema");
    // Its pattern for a language has a bracket too many, which a strict validator refuses. We
    // write no language.
    for owner in ["run", "toolComponent"] {
        schema["definitions"][owner]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    schema
}

/// What the schema has against `documents`, one list each.
fn errors(documents: &[&Value]) -> Vec<Vec<String>> {
    let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
    let errors = |document| validator.iter_errors(document).map(|error| error.to_string()).collect();
    documents.iter().map(|document| errors(document)).collect()
}

fn sarif(run: &Run) -> Value {
    serde_json::from_str(&run.rendered(Format::Sarif, &Options::default())).unwrap()
}

/// A run with all that can be unusual about a place, a rule or a path.
fn unusual() -> Run {
    let mut run = everything();
    run.prefix = "k8s apps/ü";
    run.complete = false;
    let odd = run.file("../x y/#1%:?[].yaml", "");
    let outside = run.file("/etc/db.yaml", "a: 1\n");
    let (start, span) = (run.at(odd, ""), run.at(outside, "a: 1\n"));
    run.find(Severity::Info, "not-documented", "", start).object = None;
    run.find(Severity::Warning, "wal-storage", "message", span).refused_by = Some(RefusedBy::ApiServer);
    run.rules[0].why = String::new();
    run
}

#[test]
fn everything_as_sarif() {
    assert_snapshot!(everything().rendered(Format::Sarif, &Options::default()));
}

#[test]
fn every_log_is_valid() {
    let documents = [Run::new(), everything(), unusual()].map(|run| sarif(&run));
    let none: [Vec<String>; 3] = Default::default();
    assert_eq!(errors(&documents.each_ref()), none);
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let good = sarif(&everything());
    let spoil = |pointer: &str, wrong: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        bad
    };
    let region = "/runs/0/results/0/locations/0/physicalLocation/region";
    let bad = [
        spoil("/version", json!("2.0.0")),
        spoil("/runs/0/results/0/level", json!("info")),
        spoil(&format!("{region}/startLine"), json!(0)),
        spoil("/runs/0/results/0/message", json!({})),
        spoil("/runs/0/columnKind", json!("codePoints")),
        spoil(
            "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri",
            json!("not a uri: {a} \\ b"),
        ),
        spoil("/runs/0/invocations/0", json!({"toolExecutionNotifications": []})),
    ];
    for (bad, errors) in bad.iter().zip(errors(&bad.each_ref())) {
        assert!(!errors.is_empty(), "{bad}");
    }
}

#[test]
fn a_run_says_whether_it_is_complete() {
    let successful = |run: &Run| sarif(run)["runs"][0]["invocations"][0]["executionSuccessful"].clone();
    assert_eq!(successful(&Run::new()), true);
    // A rule failed to evaluate.
    assert_eq!(successful(&everything()), false);
    let mut missing = Run::new();
    missing.complete = false;
    assert_eq!(successful(&missing), false);
}

#[test]
fn paths_are_uris_seen_from_the_checkout() {
    let log = sarif(&unusual());
    let uris: Vec<_> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"])
        .collect();
    assert_eq!(
        uris[0],
        &json!({"uri": "k8s%20apps/x%20y/%231%25%3A%3F%5B%5D.yaml", "uriBaseId": "%SRCROOT%"})
    );
    assert_eq!(uris[1], &json!({"uri": "file:///etc/db.yaml"}));
}

#[test]
fn results_name_their_rule() {
    let log = sarif(&unusual());
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        if let Some(index) = result["ruleIndex"].as_u64() {
            let index = usize::try_from(index).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        } else {
            assert!(["not-documented", "yaml-syntax"].contains(&result["ruleId"].as_str().unwrap()));
        }
    }
}
