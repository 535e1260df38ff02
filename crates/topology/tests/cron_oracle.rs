//! Schedules against the cron library that the operator uses.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends so")]

use jiff::civil::date;
use serde_json::Value;
use topology::cron::Schedule;

/// From when the recorded times count.
fn start() -> jiff::civil::DateTime {
    date(2026, 2, 27).at(22, 30, 15, 0)
}

fn ours(text: &str, count: usize) -> Value {
    match Schedule::parse(text) {
        Err(error) => Value::from(error),
        Ok(schedule) => schedule.times(start()).take(count).map(|time| format!("{time}Z")).collect(),
    }
}

#[test]
fn every_recorded_schedule_is_read_the_same() {
    let Some(rows) = oracle::rows("cron") else { return };
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row["schedule"].as_str().unwrap();
        let theirs = row.get("error").unwrap_or(&row["next"]);
        let theirs = if theirs.is_null() { &Value::Array(Vec::new()) } else { theirs };
        let ours = ours(text, 5);
        if ours != *theirs {
            wrong.push(format!("{text:?}: {ours}, not {theirs}"));
        }
    }
    println!("{} of {} schedules read the same", rows.len() - wrong.len(), rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
