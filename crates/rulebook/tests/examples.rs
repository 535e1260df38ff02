//! Every example of every built-in rule comes out as its file says.

#![allow(clippy::expect_used, reason = "a test ends so")]

use rules::{RuleSet, rule_file::JudgedBy, run_examples};

fn built_in() -> RuleSet {
    RuleSet::new(rulebook::rules()).expect("built-in rules")
}

#[test]
fn examples_come_out_as_they_say() {
    let rules = built_in();
    let mut wrong = String::new();
    let mut count = 0;
    for rule in rules.iter() {
        count += rule.documentation().examples.len();
        for failure in run_examples(&rules, &rule.id) {
            wrong += &[&rule.id, ": ", &failure.title, "\n", &failure.difference, "\n\n"].concat();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 2 * rules.iter().filter(|rule| rule.file().judged_by == JudgedBy::Itself).count());
}

#[test]
fn every_rule_shows_a_broken_and_a_holding_example() {
    for rule in built_in().iter().filter(|rule| rule.file().judged_by == JudgedBy::Itself) {
        let examples = &rule.documentation().examples;
        assert!(
            examples.iter().any(|example| !example.broken.is_empty()),
            "{} shows nothing broken",
            rule.id
        );
        assert!(examples.iter().any(|example| example.holds), "{} shows nothing that holds", rule.id);
    }
}
