//! The clock: the only thing about a run that is not in its input.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The second of now, in UTC.
pub(crate) fn now() -> DateTime {
    let now = Timestamp::now().to_zoned_datetime(TimeZone::UTC).datetime();
    now.with().subsec_nanosecond(0).build().unwrap_or(now)
}

/// A day or a time as the command line has it: `2026-03-01`, `2026-03-01T02:00:00Z`.
pub(crate) fn parse(text: &str) -> Result<DateTime, String> {
    let time = text.parse::<Timestamp>().map(|time| time.to_zoned_datetime(TimeZone::UTC).datetime());
    time.or_else(|_| text.parse::<DateTime>())
        .map_err(|_| "a day or a time, such as 2026-03-01 or 2026-03-01T02:00:00Z".to_owned())
}
