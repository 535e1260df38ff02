//! Suppressing, adopting in an old repository, rules of one's own, outputs.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use support::{Repository, cluster, findings};

/// Rules that have something to say of a Cluster as small as the one of these tests.
const ONLY: &str = "rules:\n  backup-missing: off\n  monitoring-missing: off\n  networkpolicy-missing: off\n  \
                    no-sync-replication: off\n  pod-spread: off\n  resources-missing: off\n  wal-storage-missing: off\n";

fn repository(instances: &str) -> Repository {
    Repository::new(&[("db.yaml", &cluster("orders", instances)), (".cnpg-lint.yaml", ONLY)])
}

#[test]
fn a_comment_with_a_reason_suppresses_and_is_told_when_it_is_stale() {
    let text = cluster("orders", "1  # cnpg-lint: ignore[instances-min-2] a test database");
    let repository = Repository::new(&[("db.yaml", &text), (".cnpg-lint.yaml", ONLY)]);
    let run = repository.run(&["check"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.summary().contains("1 suppressed"), "{}", run.out);
    assert!(run.err.contains("cnpg-lint.dev/ignore"), "{}", run.err);
    repository.write("db.yaml", text.replace("instances: 1", "instances: 2").as_bytes());
    assert_eq!(findings(&repository.json(&[])), ["suppression-unused "]);
    repository.write("db.yaml", text.replace("] a test", "] until=2020-01-01 a test").as_bytes());
    assert_eq!(findings(&repository.json(&[])), ["instances-min-2 /spec/instances", "suppression-expired "]);
    repository.write("db.yaml", text.replace("instances-min-2", "instances-min").as_bytes());
    let run = repository.run(&["check"]);
    assert!(run.out.contains("did you mean `instances-min-2`"), "{}", run.out);
}

#[test]
fn a_baseline_hides_what_was_there_and_tells_what_is_gone() {
    let repository = repository("1");
    assert_eq!(repository.run(&["check", "--write-baseline", "baseline.json", "--fail-on", "never"]).code, 0);
    let run = repository.run(&["check", "--baseline", "baseline.json"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.summary().contains("1 suppressed"), "{}", run.out);
    repository.write("new.yaml", cluster("billing", "1").as_bytes());
    assert_eq!(repository.run(&["check", "--baseline", "baseline.json"]).code, 1);
    repository.write("new.yaml", b"");
    repository.write("db.yaml", format!("# moved by a line\n{}", cluster("orders", "1")).as_bytes());
    assert_eq!(repository.run(&["check", "--baseline", "baseline.json"]).code, 0, "no line numbers in it");
    repository.write("db.yaml", cluster("orders", "3").as_bytes());
    let gone = findings(&repository.json(&["--baseline", "baseline.json"]));
    assert_eq!(gone, ["baseline-gone "]);
}

#[test]
fn the_configuration_that_init_writes_loads() {
    let repository = Repository::new(&[("db.yaml", &cluster("orders", "3"))]);
    assert_eq!(repository.run(&["init"]).code, 0);
    assert_eq!(repository.run(&["init"]).code, 2, "it never writes over a file");
    let run = repository.run(&["check", "--fail-on", "never"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn a_rule_of_ones_own_is_scaffolded_tested_and_used() {
    let repository = repository("3");
    assert_eq!(repository.run(&["rules", "new", "description-missing"]).code, 0);
    std::fs::create_dir(repository.path().join("policy")).expect("a directory");
    std::fs::rename(
        repository.path().join("description-missing.yaml"),
        repository.path().join("policy/description-missing.yaml"),
    )
    .expect("moved");
    let test = repository.run(&["rules", "test", "policy"]);
    assert_eq!((test.code, test.summary()), (0, "1 rules: 2 passed, 0 failed"), "{}", test.out);
    let report = repository.json(&["--rules", "policy"]);
    assert_eq!(findings(&report), ["description-missing /spec/description"]);
    assert_eq!(report["findings"][0]["category"], "policy");
    let broken = repository
        .read("policy/description-missing.yaml")
        .replace("size(self) >= params.minimum", "size(self) >= 100");
    repository.write("policy/description-missing.yaml", broken.as_bytes());
    let test = repository.run(&["rules", "test", "policy"]);
    assert_eq!(test.code, 1);
    assert!(test.out.contains("expected no place"), "{}", test.out);
}

#[test]
fn typos_in_a_rule_are_explained_at_their_places() {
    let repository = repository("3");
    repository.run(&["rules", "new", "description-missing"]);
    let right = repository.read("description-missing.yaml");
    std::fs::remove_file(repository.path().join("description-missing.yaml")).expect("removed");
    // What is right, what is written instead, the part of it that is wrong, what is said.
    for (from, to, wrong, help) in [
        ("severity: warning", "severty: warning", "severty", "did you mean `severity`?"),
        ("select: $.spec.description", "select: $.spec[?@.a]", "$.spec[?@.a]", "cannot have a filter"),
        ("!cluster.is_replica", "!cluster.is_replca", "is_replca", "did you mean `is_replica`?"),
        ("params.minimum", "params.minimun", "minimun", "did you mean `minimum`?"),
        ("size(self)", "sise(self)", "sise", "did you mean `size`?"),
        (
            "{{ object.metadata.name }} has",
            "{{ objct.metadata.name }} has",
            "objct",
            "did you mean `object`?",
        ),
        ("kinds: [Cluster]", "kinds: [Clutser]", "Clutser", "did you mean `Cluster`?"),
        ("when-absent: broken", "when-absent: brokn", "brokn", "did you mean `broken`?"),
        ("admission:", "guideline: {params: {minimun: 3}}\nadmission:", "3", "did you mean `minimum`?"),
        ("assert: size(self) >=", "assert: size(self) >= >=", ">= params", "not a CEL expression"),
    ] {
        assert!(right.contains(from), "{from}");
        let text = right.replacen(from, to, 1);
        let at = text.find(to).expect(to) + to.find(wrong.split(' ').next().expect(wrong)).expect(wrong);
        let at = if wrong == ">= params" { text.find(wrong).expect(wrong) } else { at };
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        let place = format!("policy/own.yaml:{line}:{column}");
        repository.write("policy/own.yaml", text.as_bytes());
        let run = repository.run(&["check", "--rules", "policy"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{to}");
        assert!(run.err.contains(&place), "{to} at {place}: {}", run.err);
        assert!(run.err.contains(help), "{to}: {}", run.err);
    }
}

#[test]
fn two_runs_print_the_same_bytes_in_every_format() {
    let repository = repository("1");
    repository.write("more/a.yaml", cluster("billing", "1").as_bytes());
    for format in ["human", "compact", "json", "sarif", "github"] {
        let arguments = ["check", "--format", format, "--checks", "--fail-on", "never"];
        let (one, two) = (repository.run(&arguments), repository.run(&arguments));
        assert_eq!(one.out, two.out, "{format}");
        assert!(one.out.contains("instances-min-2"), "{format}: {}", one.out);
    }
}

#[test]
fn several_outputs_are_written_in_one_run() {
    let repository = repository("1");
    let run = repository.run(&["check", "--output", "sarif=out.sarif", "--output", "json=out.json"]);
    assert_eq!(run.code, 1);
    let sarif: serde_json::Value = serde_json::from_str(&repository.read("out.sarif")).expect("SARIF");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "instances-min-2");
    let json: serde_json::Value = serde_json::from_str(&repository.read("out.json")).expect("JSON");
    assert_eq!(json["findings"][0]["location"]["start"]["line"], 7);
}

#[test]
fn checks_list_a_verdict_for_every_rule_and_object() {
    let repository = repository("3");
    let report = repository.json(&["--checks"]);
    let checks = report["checks"].as_array().expect("checks");
    let has = |rule: &str, outcome: &str| {
        checks.iter().any(|check| check["rule"] == rule && check["outcome"] == outcome)
    };
    assert!(has("instances-min-2", "holds"), "{checks:?}");
    let rules = repository.run(&["rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&rules.out).expect("JSON");
    for rule in rules.as_array().expect("rules") {
        let is_about = rule["kinds"].as_array().expect("kinds").iter().any(|kind| kind == "Cluster");
        let id = rule["id"].as_str().expect("id");
        let is_off = ONLY.contains(&format!(" {id}: off")) || rule["enabled"] == false;
        if is_about && !is_off && !checks.iter().any(|check| check["rule"] == id) {
            // It says itself for which Clusters it is.
            let explained = repository.run(&["explain", id, "--format", "json"]);
            let explained: serde_json::Value = serde_json::from_str(&explained.out).expect("JSON");
            let is_for_some = explained["applies"].is_string();
            let needs =
                explained["needs"].as_array().is_some_and(|needs| needs.iter().any(|need| need == "old"));
            let is_for_changes = needs || explained["on"].is_array();
            assert!(is_for_some || is_for_changes, "no verdict of {id}");
        }
    }
}

#[test]
fn affected_tells_what_a_change_caused_elsewhere_and_nothing_else() {
    let repository = repository("1");
    repository.write(".git/HEAD", b"");
    let schedule = "apiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata: {name: nightly, namespace: shop}\nspec: {schedule: '0 0 2 * * *', cluster: {name: orders}}\n";
    repository.write("schedule.yaml", schedule.as_bytes());
    assert_eq!(findings(&repository.json(&["db.yaml"])), ["instances-min-2 /spec/instances"]);
    repository.write("db.yaml", cluster("renamed", "3").as_bytes());
    assert_eq!(findings(&repository.json(&["db.yaml"])), [""; 0]);
    assert_eq!(
        findings(&repository.json(&["--affected", "db.yaml"])),
        ["scheduled-backup-orphan /spec/cluster/name"]
    );
}

#[test]
fn every_rule_can_be_explained() {
    let repository = Repository::new(&[]);
    let list = repository.run(&["rules", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&list.out).expect("JSON");
    for rule in list.as_array().expect("rules") {
        let id = rule["id"].as_str().expect("id");
        let run = repository.run(&["explain", id]);
        assert_eq!(run.code, 0, "{id}");
        assert!(run.out.contains("Why") && run.out.contains("Help"), "{id}: {}", run.out);
        let words = run.out.split_once("Help").map_or("", |(_, help)| help);
        let words = words.split("\n\n").nth(1).unwrap_or_default();
        assert!(!words.is_empty() && !words.contains("{{"), "{id} helps with a template: {words}");
    }
    let wrong = repository.run(&["explain", "instances-min-1"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `instances-min-2`?"), "{}", wrong.err);
}

#[test]
fn inspect_prints_one_line_for_each_document() {
    let repository = Repository::new(&[("a.yaml", "a: yes\n--- # two\nb: [1, 0x10]\n---\nc: [\n")]);
    let run = repository.run(&["inspect", "--format", "json", "a.yaml"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], r#"{"document": 0, "line": 1, "value": {"a":true}}"#);
    assert_eq!(lines[1], r#"{"document": 1, "line": 3, "value": {"b":[1,16]}}"#);
    assert!(lines[2].starts_with(r#"{"document": 2, "line": 5, "error": {"message": "#), "{}", lines[2]);
    assert_eq!(run.code, 3);
}
