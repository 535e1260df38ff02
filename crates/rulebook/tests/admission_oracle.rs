//! What the operator's own admission refuses is a finding that says so, at the field it names; what
//! it accepts has none.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test ends so")]

use rules::config::Config;
use rules::finding::{RefusedBy, Severity};
use rules::{Door, Finding, Input, Judgement, RuleSet, inventory_of, judge};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use topology::{Settings, Topology};

/// Fields as the operator's messages name them, that are written otherwise or said elsewhere.
const WRITTEN: [(&str, &str); 9] = [
    ("/spec/certificates/servercasecret", "/spec/certificates/serverCASecret"),
    ("/spec/certificates/clientcasecret", "/spec/certificates/clientCASecret"),
    ("/spec/replicaCluster/primaryServerName", "/spec/replica/source"),
    ("/spec/replicaCluster", "/spec/replica"),
    ("/spec/backup/barmanObjectStore/awsCredentials", "/spec/backup/barmanObjectStore/s3Credentials"),
    ("/spec/bootstrap/recovery/dataSource", "/spec/bootstrap/recovery/volumeSnapshots"),
    ("/spec/bootstrap/recovery/storage", "/spec/bootstrap/recovery/volumeSnapshots/storage"),
    ("/spec/tablespaces/1/size", "/spec/tablespaces/1/storage"),
    // The archiver beside the plugin is what has to go.
    ("/spec/plugins", "/spec/backup/barmanObjectStore"),
];

/// `spec.tablespaces[1].size` as the pointer of the field that is meant.
fn pointer(field: &str) -> String {
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    let written = WRITTEN.iter().find_map(|(named, written)| {
        let rest = pointer.strip_prefix(named).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some([written, rest].concat())
    });
    written.unwrap_or(pointer)
}

fn judged(rules: &RuleSet, object: &Value) -> Judgement {
    judged_at(Door::Repo, rules, object)
}

fn judged_at(door: Door, rules: &RuleSet, object: &Value) -> Judgement {
    let (sources, inventory) = inventory_of(&object.to_string()).expect("JSON is YAML");
    let topology = Topology::new(&inventory, Settings::default());
    judge(&Input {
        door,
        path: &|_| Some("object.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, rules, &Config::default())
    })
}

fn refusals(judgement: &Judgement) -> impl Iterator<Item = &Finding> {
    judgement.findings.iter().filter(|finding| finding.refused_by == Some(RefusedBy::Operator))
}

/// What is wrong about the judgement of one row, by cause.
fn differences(row: &Value, judgement: &Judgement) -> Vec<String> {
    let refusals: Vec<_> = refusals(judgement).collect();
    let errors = row["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut wrong: Vec<String> = judgement
        .failures
        .iter()
        .map(|failure| format!("fails: {} {}", failure.rule, failure.message))
        .collect();
    for error in errors {
        let field = error["field"].as_str().unwrap_or_default();
        let at = pointer(field);
        let is_said =
            |finding: &&Finding| finding.location.pointer == at && finding.severity == Severity::Error;
        if !refusals.iter().any(is_said) {
            wrong.push(format!("not said: {field}: {}", error["message"].as_str().unwrap_or_default()));
        }
    }
    if errors.is_empty() {
        let said =
            refusals.iter().map(|finding| format!("accepted, but: {} {}", finding.rule, finding.message));
        wrong.extend(said);
    }
    wrong
}

/// What the operator only warns of, by words of its warning, and the rule that says so.
const WARNINGS: [(&str, &str); 5] = [
    ("spec.monitoring.enablePodMonitor is deprecated", "podmonitor-deprecated"),
    ("spec.monitoring.podMonitorMetricRelabelings is deprecated", "podmonitor-deprecated"),
    ("Retention policies specified in .spec.backup.retentionPolicy", "retention-policy-ignored"),
    ("instead of the node maintenance window feature", "node-maintenance-window"),
    ("The .spec.pgbouncer.authQuerySecret field has been deprecated", "pooler-auth-secret-deprecated"),
];

#[test]
fn warnings_of_the_operator_are_findings() {
    let Some(rows) = oracle::rows("admission") else { return };
    let rules = RuleSet::new(rulebook::rules()).expect("built-in rules");
    for row in &rows {
        let warnings = row["warnings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<_> = warnings.iter().filter_map(Value::as_str).collect();
        let findings = judged(&rules, &row["written"]).findings;
        for (words, rule) in WARNINGS {
            let is_warned = texts.iter().any(|text| text.contains(words));
            let is_said = findings.iter().any(|finding| finding.rule.as_ref() == rule);
            assert!(is_said || !is_warned, "{} is silent about {}", rule, row["id"]);
        }
    }
}

#[test]
fn refusals_of_the_operator_are_findings() {
    let Some(rows) = oracle::rows("admission") else { return };
    let rules = RuleSet::new(rulebook::rules()).expect("built-in rules");
    let mut wrong: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut right = 0;
    for row in &rows {
        let differences = differences(row, &judged(&rules, &row["written"]));
        right += usize::from(differences.is_empty());
        for difference in differences {
            wrong.entry(difference).or_default().push(row["id"].as_u64().unwrap_or_default());
        }
    }
    println!("{right} of {} objects are judged as the operator admits them", rows.len());
    let lines: Vec<_> = wrong.iter().map(|(what, ids)| format!("{what} {ids:?}")).collect();
    assert!(wrong.is_empty(), "{right} of {} right\n{}", rows.len(), lines.join("\n"));
}

/// What rules say of an object, each with its place.
fn said(judgement: &Judgement) -> BTreeSet<(String, String)> {
    let rows = judgement.findings.iter();
    rows.map(|finding| (finding.rule.to_string(), finding.location.pointer.clone())).collect()
}

#[test]
fn what_admission_fills_in_changes_no_verdict() {
    let Some(rows) = oracle::rows("admission") else { return };
    let rules = RuleSet::new(rulebook::rules()).expect("built-in rules");
    let mut wrong: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut both = 0;
    for row in rows.iter().filter(|row| row["seen"].is_object()) {
        let [written, seen] = ["written", "seen"].map(|side| judged_at(Door::Admission, &rules, &row[side]));
        both += usize::from(!written.findings.is_empty());
        // What is not written need not be known: the version of an image that the operator chooses.
        let is_open = |rule: &str| {
            let mut undecided = written.undecided.iter().chain(&seen.undecided);
            undecided.any(|undecided| undecided.rule.as_ref() == rule)
        };
        for difference in said(&written).symmetric_difference(&said(&seen)) {
            let (rule, pointer) = difference;
            if !is_open(rule) {
                let id = row["id"].as_u64().unwrap_or_default();
                wrong.entry(format!("{rule} {pointer}")).or_default().push(id);
            }
        }
    }
    assert!(both > 0, "no object with findings");
    let wrong: Vec<String> =
        wrong.iter().map(|(what, ids)| format!("{what}: {} {ids:?}", ids.len())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_object_that_the_operator_does_not_look_at_is_refused_by_nobody() {
    let rules = RuleSet::new(rulebook::rules()).expect("the rules are sound");
    let cluster = |validation: &str| {
        serde_json::json!({
            "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
            "metadata": {"name": "orders", "annotations": {"cnpg.io/validation": validation}},
            "spec": {"instances": 2, "minSyncReplicas": 3, "maxSyncReplicas": 1, "storage": {"size": "1Gi"}},
        })
    };
    let refused = |judgement: &Judgement| refusals(judgement).count();
    let (looked_at, passed) = (judged(&rules, &cluster("enabled")), judged(&rules, &cluster("disabled")));
    assert!(refused(&looked_at) > 0);
    assert_eq!(refused(&passed), 0);
    let is_found =
        |judgement: &Judgement, rule: &str| judgement.findings.iter().any(|one| one.rule.as_ref() == rule);
    for finding in refusals(&looked_at) {
        assert!(is_found(&passed, &finding.rule), "{} is still wrong", finding.rule);
    }
}
