//! What judging costs: the Clusters of one file, held against every rule again and again by one thread.
//! `cargo run --release -p rulebook --example judge_one -- FILE [ROUNDS]` prints microseconds an object.

use rules::config::Config;
use rules::{Door, Input, RuleSet, inventory_of, judge};
use std::time::Instant;
use topology::{Settings, Topology};

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("judge_one FILE [ROUNDS]")?;
    let rounds: u32 = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(2000);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let rules = RuleSet::new(rulebook::rules())?;
    let (sources, inventory) = inventory_of(&text)?;
    let config = Config::default();
    let once = || {
        let topology = Topology::new(&inventory, Settings::default());
        judge(&Input {
            door: Door::Admission,
            judged: &|_, object| object.manifest.kind() == Some("Cluster"),
            ..Input::new(&inventory, &topology, &sources, &rules, &config)
        })
    };
    let start = Instant::now();
    let judgement = once();
    let first = start.elapsed();
    let start = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(once());
    }
    let each = start.elapsed() / rounds;
    println!(
        "{} objects, {} findings, {} undecided: first {first:?}, then {each:?} a round",
        judgement.objects,
        judgement.findings.len(),
        judgement.undecided.len()
    );
    Ok(())
}
