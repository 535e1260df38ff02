//! What rules read at the webhook is watched there: else they would be undecided for ever.

#![allow(clippy::expect_used, reason = "a test ends so")]

use rules::{Door, RuleSet};
use std::collections::BTreeSet;

#[test]
fn every_kind_that_a_rule_of_the_webhook_reads_is_watched() {
    let rules = RuleSet::new(rulebook::rules()).expect("the rules are sound");
    let watched: BTreeSet<_> = cluster::WATCHED.iter().map(|kind| kind.kind).collect();
    // Rules about what the API server sends to the webhook: of its own kinds.
    let judged = |kind: &String| watched.contains(kind.as_str()) || kind == "Secret";
    let mut read = 0;
    for rule in rules.iter().filter(|rule| rule.file().doors.contains(&Door::Admission)) {
        if !rule.kinds().iter().any(judged) {
            continue;
        }
        for kind in &rule.file().reads {
            read += 1;
            // Secrets are read by no webhook that can do without; rules on them say so by being undecided.
            assert!(watched.contains(kind.as_str()) || kind == "Secret", "{} reads {kind}", rule.id);
        }
    }
    assert!(read > 20, "only {read} kinds are read");
}
