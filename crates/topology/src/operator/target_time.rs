//! `recoveryTarget.targetTime`: a timestamp as PostgreSQL writes it (lib/pq, `ParseTimestamp`), or
//! RFC 3339, with or without an offset (cloudnative-pg/machinery, `ParseTargetTime`).

/// A text that is a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TargetTime {
    /// Whether it says its offset from UTC.
    pub(super) has_offset: bool,
}

/// Reads a time; `None` if the operator would refuse it.
pub(super) fn read(text: &str) -> Option<TargetTime> {
    postgresql(text).or_else(|| rfc3339(text))
}

/// What is left to read.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn starts_with(&self, mark: char) -> bool {
        self.0.starts_with(mark)
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    /// A number of that many characters. lib/pq takes a sign in their place too.
    fn number(&mut self, length: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.trim_start_matches('+').parse().ok()
    }

    /// As many digits as there are, at least one.
    fn digits(&mut self) -> Option<&'t str> {
        let end = self.0.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!digits.is_empty()).then_some(digits)
    }

    /// A time, if nothing is left.
    fn end(&self, has_offset: bool) -> Option<TargetTime> {
        self.0.is_empty().then_some(TargetTime { has_offset })
    }
}

/// `2026-01-15`, `2026-01-15 12:00:00.5+02:00`. Nothing is checked for being on the calendar: what
/// is too much is carried over.
fn postgresql(text: &str) -> Option<TargetTime> {
    let mut rest = Rest(text.strip_suffix(" BC").unwrap_or(text));
    rest.digits()?;
    rest.mark('-')?;
    rest.number(2)?;
    rest.mark('-')?;
    rest.number(2)?;
    if rest.0.is_empty() {
        return rest.end(false);
    }
    for mark in [' ', ':', ':'] {
        rest.mark(mark)?;
        rest.number(2)?;
    }
    if rest.starts_with('.') {
        rest.mark('.')?;
        rest.digits()?;
    }
    let has_offset = offset_of_postgresql(&mut rest)?;
    rest.end(has_offset)
}

/// `Z`, `+02`, `-03:30`, `+01:00:00`, or nothing.
fn offset_of_postgresql(rest: &mut Rest<'_>) -> Option<bool> {
    if rest.starts_with('Z') {
        rest.mark('Z')?;
        return Some(true);
    }
    if !rest.0.starts_with(['+', '-']) {
        return Some(false);
    }
    rest.0 = rest.0.get(1..)?;
    rest.number(2)?;
    for _ in 0..2 {
        if rest.starts_with(':') {
            rest.mark(':')?;
            rest.number(2)?;
        }
    }
    Some(true)
}

/// `2026-01-15T12:00:00Z`, `2026-01-15T12:00:00.123456+02:00`, `2026-01-15T12:00:00`; on the calendar.
fn rfc3339(text: &str) -> Option<TargetTime> {
    let (date, time) = text.split_once('T')?;
    if date.len() != "2026-01-15".len() {
        return None;
    }
    date.parse::<jiff::civil::Date>().ok()?;
    let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at_checked(end)?;
    let clock = clock.replace(',', ".");
    let (seconds, fraction) = clock.split_once('.').unwrap_or((&clock, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fields: Vec<_> = seconds.split(':').map(two_digits).collect();
    let [Some(hour), Some(minute), Some(second)] = fields.as_slice() else { return None };
    let is_clock = *hour < 24 && *minute < 60 && *second < 60 && is_fraction;
    (is_clock && is_offset(offset)).then_some(TargetTime { has_offset: !offset.is_empty() })
}

fn two_digits(text: &str) -> Option<u32> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// `Z`, `+02:00`, or nothing.
fn is_offset(text: &str) -> bool {
    if text.is_empty() || text == "Z" {
        return true;
    }
    let parts = text.get(1..).and_then(|text| text.split_once(':'));
    let numbers = parts.map(|(hours, minutes)| (two_digits(hours), two_digits(minutes)));
    matches!(numbers, Some((Some(hours), Some(minutes))) if hours <= 24 && minutes < 60)
}

#[cfg(test)]
mod tests {
    use super::{TargetTime, read};

    #[test]
    fn times_that_the_operator_reads() {
        for (text, has_offset) in [
            ("2026-01-15", false),
            ("2026-01-15 12:00:00", false),
            ("2026-01-15 12:00:00+00", true),
            ("2026-01-15 12:00:00.123456-03:30", true),
            ("2026-01-15 12:00:00Z", true),
            ("2026-01-15T12:00:00", false),
            ("2026-01-15T12:00:00Z", true),
            ("2026-01-15T12:00:00.5+02:00", true),
            ("2026-13-45 25:61:61", false),
        ] {
            assert_eq!(read(text), Some(TargetTime { has_offset }), "{text}");
        }
    }

    #[test]
    fn texts_that_it_refuses() {
        for text in [
            "",
            "yesterday",
            "2026-01-15 12:00:00 UTC",
            "2026-01-15 12:00",
            "2026-01-15 12:00:00 +02:00",
            "2026-1-15 12:00:00",
            "15.01.2026 12:00",
            "2026-01-15T12:00Z",
            "2026-01-15T25:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-01-15T12:00:00+0200",
            "2026-01-15T12:00:00 Z",
            "20260115",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
