//! What is applied once more as it is changes nothing, whatever the API server and the operator wrote into it.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test ends so")]

use rules::config::Config;
use rules::rule_file::Need;
use rules::{Change, Input, Judgement, RuleSet, inventory_of, judge};
use serde_json::Value;
use topology::{Settings, Topology};

/// The rules that compare an object with what it was, and the one that tells what the API server drops.
fn comparing() -> RuleSet {
    let mut rules = rulebook::rules();
    rules.retain(|rule| rule.file().needs.contains(&Need::Old) || &*rule.id == DROPPED);
    RuleSet::new(rules).expect("built-in rules")
}

const DROPPED: &str = "unknown-field";

fn judged(rules: &RuleSet, old: &Value, new: &Value) -> Judgement {
    let (_, past) = inventory_of(&old.to_string()).expect("JSON is YAML");
    let (sources, inventory) = inventory_of(&new.to_string()).expect("JSON is YAML");
    let topology = Topology::new(&inventory, Settings::default());
    judge(&Input {
        change: Change::Since(&past, &Topology::new(&past, Settings::default())),
        path: &|_| Some("object.yaml"),
        ..Input::new(&inventory, &topology, &sources, rules, &Config::default())
    })
}

/// What is said though nothing was changed.
fn said(row: &Value, judgement: &Judgement) -> Vec<String> {
    let failures =
        judgement.failures.iter().map(|one| format!("{}: {} fails: {}", row["id"], one.rule, one.message));
    let findings = judgement.findings.iter().filter(|one| &*one.rule != DROPPED);
    let findings = findings.map(|one| format!("{}: {}: {}", row["id"], one.rule, one.message));
    failures.chain(findings).collect()
}

#[test]
fn an_object_that_stays_is_no_change() {
    let Some(rows) = oracle::rows("admission") else { return };
    let rules = comparing();
    let mut wrong = Vec::new();
    for row in &rows {
        for version in ["written", "seen"] {
            wrong.extend(said(row, &judged(&rules, &row[version], &row[version])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_server_wrote_into_an_object_is_no_change() {
    let Some(rows) = oracle::rows("admission") else { return };
    let rules = comparing();
    let mut wrong = Vec::new();
    // What was refused is not there to be changed.
    for row in rows.iter().filter(|row| row["errors"].as_array().is_none_or(Vec::is_empty)) {
        let once_more = judged(&rules, &row["seen"], &row["written"]);
        if once_more.findings.iter().any(|one| &*one.rule == DROPPED) {
            continue;
        }
        wrong.extend(said(row, &once_more));
        wrong.extend(said(row, &judged(&rules, &row["written"], &row["seen"])));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
