//! What takes too long to judge denies nothing, and is told.
#![allow(clippy::expect_used, reason = "a test may panic, in its helpers too")]

mod support;

use admission::{Decision, Reply};
use dispatcher::Request;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Door, ENFORCE, cluster, engine_with, now, whole, with};

fn single() -> Value {
    with(cluster(), &[("/spec/instances", json!(1))])
}

/// Each with each, and nothing that settles it.
const QUADRATIC: &str = r#"
id: quadratic
title: No two lines say the same
severity: error
admission: deny
kinds: [Cluster]
needs: [object]
select: $.spec.postgresql.pg_hba
assert: "!self.exists(one, self.exists(other, one + 'x' == other))"
message: two lines say the same
why: For a test.
help: Take one away.
"#;

fn of_lines(lines: usize) -> Vec<u8> {
    let lines: Vec<_> =
        (0..lines).map(|line| format!("host app{line} app 10.0.0.0/8 scram-sha-256")).collect();
    let object = with(cluster(), &[("/spec/postgresql/pg_hba", json!(lines))]);
    Request::create(object).review().1
}

#[test]
fn a_rule_that_takes_too_many_steps_fails_and_denies_nothing() {
    let rule = rules::Rule::load("rules/test/quadratic.yaml", "test", QUADRATIC).expect("a sound rule");
    let door = Door { engine: engine_with(ENFORCE, vec![rule]), cache: whole(&[]) };
    let few = door.reply(&of_lines(100));
    assert!(few.record.failures.is_empty(), "{few:#?}");
    let many = door.reply(&of_lines(4000));
    assert_eq!(many.record.failures, ["quadratic"]);
    assert!(many.record.findings.iter().all(|(rule, _)| rule != "quadratic"), "{many:#?}");
    assert!(String::from_utf8_lossy(&many.body).contains("could not evaluate quadratic"));
}

/// The reply where the time is up at the look of that number.
fn late_at(door: &Door, body: &[u8], look: usize) -> Reply {
    let looks = AtomicUsize::new(0);
    let is_late = || looks.fetch_add(1, Ordering::Relaxed) >= look;
    door.engine.review_in_time(&door.cache, body, now(), &is_late)
}

#[test]
fn what_is_not_judged_in_time_is_undecided() {
    let door = Door::enforcing(&[]);
    let (_, body) = Request::create(single()).review();
    let reply = late_at(&door, &body, 0);
    assert_eq!(reply.status, 200);
    assert!(reply.record.undecided > 100, "{}", reply.record.undecided);
    assert_eq!(late_at(&door, &body, usize::MAX), door.reply(&body));
    assert_eq!(door.reply(&body).record.decision, Decision::Deny);
}

#[test]
fn whenever_the_time_is_up_nothing_is_denied_that_was_there_before() {
    let door = Door::enforcing(&[]);
    let after = with(single(), &[("/spec/logLevel", json!("debug"))]);
    let (_, body) = Request::update(single(), after).review();
    for look in 0..60 {
        assert_ne!(late_at(&door, &body, look).record.decision, Decision::Deny, "late at {look}");
    }
}
