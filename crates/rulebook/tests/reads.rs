//! A rule says which kinds of other objects it reads: taking away objects of any other kind changes
//! nothing of what it says, in none of its examples.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends so")]

use rules::config::Config;
use rules::{Door, Input, Judgement, Rule, RuleSet, inventory_of, judge};
use std::collections::{BTreeMap, BTreeSet};
use topology::{Inventory, Object, Settings, Topology};

/// What makes other objects: in a live cluster there are those instead.
const MAKERS: [&str; 5] = ["HelmRelease", "Kustomization", "Application", "ClusterPolicy", "SealedSecret"];

/// What a rule says of its example: the place of each finding, and the places it could not decide.
type Said = (Vec<String>, Vec<String>);

/// `None`: without those objects, none of the rule's kinds belongs to a database any more.
fn said(rules: &RuleSet, rule: &Rule, text: &str, without: Option<&str>) -> Option<Said> {
    let (sources, inventory) = inventory_of(text).expect("an example can be read");
    let environments = inventory.environments().to_vec();
    let is_left = |object: &Object| {
        object.manifest.kind() != without || rule.kinds().iter().any(|kind| Some(kind.as_str()) == without)
    };
    let left = inventory.objects().map(|(_, object)| object.clone()).filter(is_left).collect();
    let inventory = Inventory::new(environments, left);
    let topology = Topology::new(&inventory, Settings::default());
    let judgement = judge(&Input {
        door: if rule.file().doors.contains(&Door::Repo) { Door::Repo } else { Door::Admission },
        path: &|_| Some("example.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, rules, &Config::default())
    });
    let is_judged = judgement.checks.iter().any(|check| rule.kinds().contains(&check.object.kind));
    is_judged.then(|| of_rule(&judgement, rule))
}

fn of_rule(judgement: &Judgement, rule: &Rule) -> Said {
    let findings = judgement.findings.iter().filter(|finding| finding.rule == rule.id);
    let undecided = judgement.undecided.iter().filter(|undecided| undecided.rule == rule.id);
    (
        findings.map(|finding| finding.location.pointer.clone()).collect(),
        undecided.map(|undecided| undecided.location.pointer.clone()).collect(),
    )
}

/// The kinds of a text.
fn kinds(text: &str) -> BTreeSet<String> {
    let (_, inventory) = inventory_of(text).expect("an example can be read");
    inventory.objects().filter_map(|(_, object)| object.manifest.kind().map(str::to_owned)).collect()
}

#[test]
fn a_rule_reads_no_kind_that_it_does_not_name() {
    let rules = RuleSet::new(rulebook::rules()).expect("the rules are sound");
    let mut unnamed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut tried = 0;
    for rule in rules.iter() {
        for example in rule.documentation().examples.iter().filter(|example| example.old.is_none()) {
            let all = said(&rules, rule, &example.manifest, None);
            for kind in kinds(&example.manifest) {
                let is_named = rule.kinds().contains(&kind) || rule.file().reads.contains(&kind);
                if is_named || MAKERS.contains(&kind.as_str()) {
                    continue;
                }
                let Some(less) = said(&rules, rule, &example.manifest, Some(&kind)) else { continue };
                tried += 1;
                if Some(less) != all {
                    unnamed.entry(&rule.id).or_default().insert(kind);
                }
            }
        }
    }
    assert!(tried > 20, "only {tried} examples hold objects that their rule does not read");
    assert!(unnamed.is_empty(), "rules that read kinds they do not name in `reads`: {unnamed:#?}");
}
