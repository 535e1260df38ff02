//! Any text is judged by every built-in rule without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::config::Config;
use rules::{Input, RuleSet, inventory_of, judge};
use std::sync::OnceLock;
use topology::{Settings, Topology};

fn built_in() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| RuleSet::new(rulebook::rules()).expect("built-in rules"))
}

fuzz_target!(|text: &str| {
    let Ok((sources, inventory)) = inventory_of(text) else { return };
    let topology = Topology::new(&inventory, Settings::default());
    let config = Config::default();
    judge(&Input {
        path: &|_| Some("any.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, built_in(), &config)
    });
});
