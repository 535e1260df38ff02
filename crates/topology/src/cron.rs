//! Schedules as the operator reads them: the cron library it uses (robfig/cron v1.2.0, `Parse`),
//! to the letter.
//!
//! Six fields, seconds first: second, minute, hour, day of the month, month, day of the week. The
//! last may be left out, so that five fields are accepted and mean something else than elsewhere.
//! Times are UTC, the operator's own zone in its image.

mod bits;
mod duration;
mod next;
mod words;

use bits::{Bits, Bounds};
use duration::every;
use jiff::civil::DateTime;

/// When something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    times: Times,
    fields: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Times {
    /// Every so many seconds, counted from when it was looked at.
    Every(i64),
    Fields(Box<Fields>),
}

/// The values of each field that count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fields {
    second: Bits,
    minute: Bits,
    hour: Bits,
    day: Bits,
    month: Bits,
    weekday: Bits,
}

impl Schedule {
    /// Reads a schedule; the error is the library's own sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Empty spec string".to_owned());
        }
        if text.starts_with('@') {
            return Ok(Self { times: descriptor(text)?, fields: 1 });
        }
        let fields: Vec<&str> = text.split(is_space).filter(|field| !field.is_empty()).collect();
        let (first, weekday) = match fields.as_slice() {
            [second, minute, hour, day, month] => ([second, minute, hour, day, month], "*"),
            [second, minute, hour, day, month, weekday] => ([second, minute, hour, day, month], *weekday),
            _ => return Err(format!("Expected 5 to 6 fields, found {}: {text}", fields.len())),
        };
        let [second, minute, hour, day, month] = first;
        let read = Fields {
            second: Bits::read(second, &Bounds::SECOND)?,
            minute: Bits::read(minute, &Bounds::MINUTE)?,
            hour: Bits::read(hour, &Bounds::HOUR)?,
            day: Bits::read(day, &Bounds::DAY)?,
            month: Bits::read(month, &Bounds::MONTH)?,
            weekday: Bits::read(weekday, &Bounds::WEEKDAY)?,
        };
        Ok(Self { times: Times::Fields(Box::new(read)), fields: fields.len() })
    }

    /// How many fields it was written in; a descriptor (`@daily`) is one.
    pub fn fields(&self) -> usize {
        self.fields
    }

    /// The first time after this one; `None` if there is none within five years.
    pub fn next(&self, after: DateTime) -> Option<DateTime> {
        match &self.times {
            Times::Every(seconds) => {
                next::whole_second(after).checked_add(jiff::Span::new().try_seconds(*seconds).ok()?).ok()
            }
            Times::Fields(fields) => next::next(fields, after),
        }
    }

    /// The times after this one, one after the other.
    pub fn times(&self, after: DateTime) -> impl Iterator<Item = DateTime> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    /// The fewest seconds between two times that follow each other, of the first hundred;
    /// `None` if there are not two.
    pub fn shortest_interval(&self, after: DateTime) -> Option<i64> {
        if let Times::Every(seconds) = self.times {
            return Some(seconds);
        }
        let times: Vec<DateTime> = self.times(after).take(100).collect();
        let gaps = times.windows(2).filter_map(|pair| {
            let [one, two] = pair else { return None };
            Some(one.duration_until(*two).as_secs())
        });
        gaps.min()
    }

    /// When it is, in words that stand behind "fires": `every hour at minute 2`.
    pub fn words(&self) -> String {
        match &self.times {
            Times::Every(seconds) => words::every(*seconds),
            Times::Fields(fields) => words::fields(fields),
        }
    }
}

/// For a schedule of five fields, which look like those of other programs: the same with a second
/// in front, and when that fires; `None` if there are not five or that is no schedule.
pub fn with_seconds(text: &str) -> Option<(String, String)> {
    let fields = text.split(is_space).filter(|field| !field.is_empty()).count();
    let meant = format!("0 {}", text.trim());
    let read = Schedule::parse(&meant).ok().filter(|_| fields == 5)?;
    Some((meant, read.words()))
}

/// White space as Go has it (`unicode.IsSpace`).
fn is_space(char: char) -> bool {
    char.is_whitespace()
}

fn descriptor(text: &str) -> Result<Times, String> {
    let spec = match text {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" | "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        _ => {
            let Some(length) = text.strip_prefix("@every ") else {
                return Err(format!("Unrecognized descriptor: {text}"));
            };
            return every(length)
                .map(Times::Every)
                .map_err(|error| format!("Failed to parse duration {text}: {error}"));
        }
    };
    Schedule::parse(spec).map(|schedule| schedule.times)
}

#[cfg(test)]
mod tests;
