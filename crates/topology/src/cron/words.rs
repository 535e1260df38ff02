//! A schedule in words.

use super::Fields;
use super::bits::Bits;

const MONTHS: [&str; 13] = [
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `every 12 hours`.
pub(super) fn every(seconds: i64) -> String {
    let (amount, unit) = match seconds {
        _ if seconds % 3600 == 0 => (seconds / 3600, "hour"),
        _ if seconds % 60 == 0 => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    if amount == 1 { format!("every {unit}") } else { format!("every {amount} {unit}s") }
}

/// `every hour at minute 2`, `every day at 02:00`, `on Sundays at 02:00`.
pub(super) fn fields(fields: &Fields) -> String {
    let days = days(fields);
    let times = clock(fields);
    match (times, days.as_str()) {
        (Clock::Times(times), "") => format!("every day at {times}"),
        (Clock::Times(times), days) => format!("{days} at {times}"),
        (Clock::Often(often), "") => often,
        (Clock::Often(often), days) => format!("{often}, {days}"),
    }
}

enum Clock {
    /// A few times of the day.
    Times(String),
    /// More often than that: the phrase starts with `every`.
    Often(String),
}

/// More times of a day than these are told as a rhythm.
const FEW: usize = 4;

fn clock(fields: &Fields) -> Clock {
    let (seconds, minutes, hours) = (fields.second.values(), fields.minute.values(), fields.hour.values());
    if seconds.len() * minutes.len() * hours.len() <= FEW {
        let of_hour = |hour: i8| {
            minutes.iter().flat_map({
                let seconds = &seconds;
                move |minute| seconds.iter().map(move |second| time(hour, *minute, *second))
            })
        };
        return Clock::Times(and(hours.iter().flat_map(|hour| of_hour(*hour)).collect()));
    }
    let (all_hours, all_minutes, all_seconds) = (hours.len() == 24, minutes.len() == 60, seconds.len() == 60);
    let within = if all_hours { String::new() } else { format!(" of hour{}", plural(&hours)) };
    let at_second = match seconds.as_slice() {
        [0] => String::new(),
        _ if all_seconds => String::new(),
        _ => format!(" at second{}", plural(&seconds)),
    };
    Clock::Often(match (rhythm(&minutes, 60), all_seconds) {
        (_, true) if all_minutes => format!("every second{within}"),
        (_, true) => format!("every second of minute{}{within}", plural(&minutes)),
        (Some(1), _) => format!("every minute{at_second}{within}"),
        (Some(step), _) if minutes.first() == Some(&0) => format!("every {step} minutes{at_second}{within}"),
        _ if all_hours => format!("every hour at minute{}{}", plural(&minutes), and_second(&at_second)),
        _ => match rhythm(&hours, 24) {
            Some(step) if hours.first() == Some(&0) => {
                format!("every {step} hours at minute{}{}", plural(&minutes), and_second(&at_second))
            }
            _ => format!("at minute{}{}{within}", plural(&minutes), and_second(&at_second)),
        },
    })
}

fn and_second(at_second: &str) -> String {
    at_second.replacen(" at", ",", 1)
}

/// The distance between values that fill their range evenly.
fn rhythm(values: &[i8], range: i8) -> Option<i8> {
    let (first, second) = (values.first()?, values.get(1)?);
    let step = second - first;
    let even = values.windows(2).all(|pair| matches!(pair, [one, two] if two - one == step));
    (even && values.last()? + step >= range && range % step == 0).then_some(step)
}

fn time(hour: i8, minute: i8, second: i8) -> String {
    match second {
        0 => format!("{hour:02}:{minute:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

fn days(fields: &Fields) -> String {
    let all = |bits: Bits, most: usize| bits.values().len() >= most;
    let day = (!all(fields.day, 31)).then(|| format!("on day{} of the month", plural(&fields.day.values())));
    let weekday = (!all(fields.weekday, 7)).then(|| {
        let names = fields.weekday.values();
        format!("on {}", and(names.iter().map(|value| format!("{}s", name(&WEEKDAYS, *value))).collect()))
    });
    let joined = match (day, weekday) {
        // Either is enough where both are restricted.
        (Some(day), Some(weekday)) if !fields.day.is_star && !fields.weekday.is_star => {
            format!("{day} or {weekday}")
        }
        (Some(day), Some(weekday)) => format!("{day} {weekday}"),
        (day, weekday) => day.or(weekday).unwrap_or_default(),
    };
    if all(fields.month, 12) {
        return joined;
    }
    let months = fields.month.values();
    let months = and(months.iter().map(|value| name(&MONTHS, *value).to_owned()).collect());
    let every = if joined.is_empty() { "every day".to_owned() } else { joined };
    format!("{every} in {months}")
}

fn name<'n>(names: &[&'n str], value: i8) -> &'n str {
    usize::try_from(value).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

/// ` 2`, `s 2 and 4`.
fn plural(values: &[i8]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    let mark = if texts.len() == 1 { "" } else { "s" };
    format!("{mark} {}", and(texts))
}

/// `a`, `a and b`, `a, b and c`.
fn and(mut texts: Vec<String>) -> String {
    let Some(last) = texts.pop() else { return "no time".to_owned() };
    if texts.is_empty() { last } else { format!("{} and {last}", texts.join(", ")) }
}
