//! Whatever stands in a manifest, every rule gives one of its three answers.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test ends so")]

use proptest::prelude::*;
use rules::config::Config;
use rules::{Input, Judgement, RuleSet, inventory_of, judge};
use std::sync::LazyLock;
use topology::{Settings, Topology};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::new(rulebook::rules()).expect("built-in rules"));

/// The manifests that rules show as examples.
static MANIFESTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let examples = RULES.iter().flat_map(|rule| &rule.documentation().examples);
    examples.map(|example| example.manifest.clone()).collect()
});

fn judged(rules: &RuleSet, text: &str) -> Option<Judgement> {
    let (sources, inventory) = inventory_of(text).ok()?;
    let topology = Topology::new(&inventory, Settings::default());
    Some(judge(&Input {
        path: &|_| Some("any.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, rules, &Config::default())
    }))
}

const VALUES: [&str; 16] = [
    "null",
    "true",
    "1",
    "-1",
    "1.5",
    "''",
    "text",
    "${VARIABLE}",
    "a${VARIABLE}b",
    "ENC[AES256_GCM,data:x]",
    "[]",
    "{}",
    "[1, null, {a: b}]",
    "{a: [b], name: 1}",
    "'{{ .template }}'",
    "!Find x",
];

/// One change of one line.
#[derive(Debug, Clone)]
enum Change {
    Drop(usize),
    Value(usize, usize),
    Twice(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..40usize).prop_map(Change::Drop),
        (0..40usize, 0..VALUES.len()).prop_map(|(line, value)| Change::Value(line, value)),
        (0..40usize).prop_map(Change::Twice),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for change in changes {
        let (Change::Drop(line) | Change::Value(line, _) | Change::Twice(line)) = change;
        let at = line % lines.len().max(1);
        let Some(line) = lines.get(at).cloned() else { continue };
        match change {
            Change::Drop(_) => drop(lines.remove(at)),
            Change::Twice(_) => lines.insert(at, line),
            Change::Value(_, value) => {
                let key = line.split_once(": ").map_or(line.trim_end_matches(':'), |(key, _)| key);
                lines[at] = [key, ": ", VALUES[*value]].concat();
            }
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_manifest_makes_a_rule_fail(which in 0..10_000usize, changes in prop::collection::vec(change(), 1..4)) {
        let text = changed(&MANIFESTS[which % MANIFESTS.len()], &changes);
        if let Some(judgement) = judged(&RULES, &text) {
            prop_assert!(judgement.failures.is_empty(), "{:?}\n{text}", judgement.failures);
            for finding in &judgement.findings {
                prop_assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{}", finding.rule);
            }
        }
    }
}
