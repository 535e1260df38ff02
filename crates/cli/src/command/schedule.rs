//! `cnpg-lint schedule`: what the operator makes of a schedule.

use crate::args::{ScheduleArgs, TextFormat};
use crate::exit::{Error, Exit};
use crate::output;
use jiff::civil::DateTime;
use std::fmt::Write as _;
use std::io::Read as _;
use topology::cron::Schedule;

/// Prints each schedule's error or next times; a schedule that is refused fails the run.
pub(crate) fn run(arguments: &ScheduleArgs) -> Result<Exit, Error> {
    let from = arguments.from.unwrap_or_else(crate::clock::now);
    let mut text = String::new();
    let mut all_fire = true;
    for schedule in specs(arguments)? {
        let read = Schedule::parse(&schedule);
        let next: Vec<DateTime> =
            read.iter().flat_map(|read| read.times(from)).take(arguments.count).collect();
        all_fire &= read.is_ok();
        text.push_str(&match arguments.format {
            TextFormat::Human => human(&schedule, &read, &next),
            TextFormat::Json => json(&schedule, &read, &next),
        });
    }
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(if all_fire { Exit::Clean } else { Exit::Findings })
}

/// The schedules of the command line, else a line each of standard input.
fn specs(arguments: &ScheduleArgs) -> Result<Vec<String>, Error> {
    if !arguments.schedules.is_empty() {
        return Ok(arguments.schedules.clone());
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn json(schedule: &str, read: &Result<Schedule, String>, next: &[DateTime]) -> String {
    let row = if let Err(error) = read {
        serde_json::json!({"schedule": schedule, "error": error})
    } else {
        serde_json::json!({"schedule": schedule, "next": next.iter().map(utc).collect::<Vec<_>>()})
    };
    format!("{row}\n")
}

fn human(schedule: &str, read: &Result<Schedule, String>, next: &[DateTime]) -> String {
    let mut text = format!("{schedule}\n");
    match read {
        Err(error) => _ = writeln!(text, "  the operator refuses it: {error}"),
        Ok(_) if next.is_empty() => text.push_str("  never fires\n"),
        Ok(read) => {
            let _ = writeln!(text, "  fires {}", read.words());
            for time in next {
                let _ = writeln!(text, "  {}", utc(time));
            }
        }
    }
    if let Some(meant) = topology::cron::with_seconds(schedule) {
        let _ = writeln!(
            text,
            "  the first of six fields is the second; with it: \"{}\" fires {}",
            meant.0, meant.1
        );
    }
    text
}

fn utc(time: &DateTime) -> String {
    format!("{time}Z")
}
