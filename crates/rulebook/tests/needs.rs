//! A rule of the webhook that says it needs nothing but the object is decided by nothing else. Its
//! words and its severity may depend on what stands around.

#![allow(clippy::expect_used, reason = "a test ends so")]

use rules::config::Config;
use rules::rule_file::Need;
use rules::{Door, Finding, Input, Rule, RuleSet, inventory_of, judge};
use std::collections::BTreeSet;
use topology::{Settings, Topology};

/// What the rules say of the objects of a manifest that are judged wherever they stand.
fn said(rules: &RuleSet, manifest: &str) -> BTreeSet<String> {
    let (sources, inventory) = inventory_of(manifest).expect("an example can be read");
    let topology = Topology::new(&inventory, Settings::default());
    let judgement = judge(&Input {
        path: &|_| Some("example.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, rules, &Config::default())
    });
    let is_judged_alone = |finding: &Finding| {
        let kind = finding.object.as_ref().and_then(|object| schema::kind(&object.kind));
        kind.is_some_and(|kind| kind.judged == schema::Judged::Always)
    };
    let told = judgement.findings.into_iter().filter(is_judged_alone);
    told.map(|finding| format!("{} {}", finding.rule, finding.location.pointer)).collect()
}

#[test]
fn a_rule_that_needs_the_object_only_says_the_same_without_others() {
    let all = rulebook::rules();
    let is_alone = |rule: &Rule| {
        let file = rule.file();
        file.doors.contains(&Door::Admission) && file.needs.iter().all(|need| *need == Need::Object)
    };
    let alone =
        RuleSet::new(rulebook::rules().into_iter().filter(is_alone).collect()).expect("built-in rules");
    let (mut compared, mut told) = (0, 0);
    for rule in &all {
        for example in rule.documentation().examples.iter().filter(|example| example.old.is_none()) {
            let documents: Vec<&str> = example.manifest.split("\n---\n").collect();
            if documents.len() < 2 {
                continue;
            }
            let separate: BTreeSet<String> =
                documents.iter().flat_map(|document| said(&alone, document)).collect();
            assert_eq!(separate, said(&alone, &example.manifest), "{}: {:?}", rule.id, example.title);
            compared += 1;
            told += separate.len();
        }
    }
    assert!(compared > 0 && told > 0, "nothing was compared");
}
