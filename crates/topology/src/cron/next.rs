//! The next time that fits.

use super::Fields;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// Years that are searched before a schedule counts as one that never fires.
const YEARS: i16 = 5;

/// The second that a time lies in.
pub(super) fn whole_second(time: DateTime) -> DateTime {
    time.with().subsec_nanosecond(0).build().unwrap_or(time)
}

/// The first time after `after` that fits, up to the end of the fifth year from then.
pub(super) fn next(fields: &Fields, after: DateTime) -> Option<DateTime> {
    let start = whole_second(after).checked_add(1.second()).ok()?;
    let last = start.year().saturating_add(YEARS);
    let mut date = start.date();
    let mut from = Some(start);
    while date.year() <= last {
        if !fields.month.holds(date.month()) {
            date = date.first_of_month().checked_add(1.month()).ok()?;
            from = None;
            continue;
        }
        if day_fits(fields, date)
            && let Some(time) = time_of_day(fields, date, from)
        {
            return Some(time);
        }
        date = date.tomorrow().ok()?;
        from = None;
    }
    None
}

/// Where both the day of the month and the day of the week are restricted, either is enough.
fn day_fits(fields: &Fields, date: Date) -> bool {
    let day = fields.day.holds(date.day());
    let weekday = fields.weekday.holds(date.weekday().to_sunday_zero_offset());
    if fields.day.is_star || fields.weekday.is_star { day && weekday } else { day || weekday }
}

/// The first time of a day that fits, not before `from`.
fn time_of_day(fields: &Fields, date: Date, from: Option<DateTime>) -> Option<DateTime> {
    let (hour, minute, second) = from.map_or((0, 0, 0), |from| (from.hour(), from.minute(), from.second()));
    for at_hour in (hour..24).filter(|value| fields.hour.holds(*value)) {
        let least = if at_hour == hour { minute } else { 0 };
        for at_minute in (least..60).filter(|value| fields.minute.holds(*value)) {
            let least = if at_hour == hour && at_minute == minute { second } else { 0 };
            if let Some(at_second) = (least..60).find(|value| fields.second.holds(*value)) {
                return Some(date.at(at_hour, at_minute, at_second, 0));
            }
        }
    }
    None
}
