use super::Schedule;
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

fn start() -> DateTime {
    date(2026, 2, 27).at(22, 30, 15, 0)
}

fn next(text: &str) -> Vec<String> {
    let schedule = Schedule::parse(text).unwrap();
    schedule.times(start()).take(3).map(|time| time.to_string()).collect()
}

fn words(text: &str) -> String {
    Schedule::parse(text).unwrap().words()
}

#[test]
fn six_fields_start_with_the_second() {
    assert_eq!(next("0 0 2 * * *"), ["2026-02-28T02:00:00", "2026-03-01T02:00:00", "2026-03-02T02:00:00"]);
    assert_eq!(next("@every 12h"), ["2026-02-28T10:30:15", "2026-02-28T22:30:15", "2026-03-01T10:30:15"]);
}

#[test]
fn five_fields_mean_something_else() {
    assert_eq!(next("0 2 * * *"), ["2026-02-27T23:02:00", "2026-02-28T00:02:00", "2026-02-28T01:02:00"]);
    assert_eq!(words("0 2 * * *"), "every hour at minute 2");
    assert_eq!(words("0 2 * * 1"), "every hour at minute 2, every day in January");
    assert_eq!(words("0 */6 * * *"), "every 6 minutes");
    assert_eq!(Schedule::parse("0 2 * * 0").unwrap_err(), "Beginning of range (0) below minimum (1): 0");
}

#[test]
fn in_words() {
    for (text, wanted) in [
        ("0 0 2 * * *", "every day at 02:00"),
        ("0 0 2 * * 0", "on Sundays at 02:00"),
        ("0 30 2,14 * * mon-fri/2", "on Mondays, Wednesdays and Fridays at 02:30 and 14:30"),
        ("0 0 0 1 * *", "on day 1 of the month at 00:00"),
        ("0 0 */6 * * *", "every day at 00:00, 06:00, 12:00 and 18:00"),
        ("0 15 */2 * * *", "every 2 hours at minute 15"),
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every minute at seconds 0, 10, 20, 30, 40 and 50"),
        ("0 0 3 1 1 1", "on day 1 of the month or on Mondays in January at 03:00"),
        ("@hourly", "every hour at minute 0"),
        ("@every 90s", "every 90 seconds"),
        ("@every 1h", "every hour"),
    ] {
        assert_eq!(words(text), wanted, "{text}");
    }
}

#[test]
fn what_never_is_has_no_next_time() {
    assert_eq!(next("0 0 0 31 2 *"), [""; 0]);
    assert_eq!(Schedule::parse("0 0 0 31 2 *").unwrap().shortest_interval(start()), None);
}

#[test]
fn intervals() {
    let shortest = |text| Schedule::parse(text).unwrap().shortest_interval(start());
    assert_eq!(shortest("0 0 2 * * *"), Some(86_400));
    assert_eq!(shortest("0 0 2,14 * * *"), Some(43_200));
    assert_eq!(shortest("0 2 * * *"), Some(3600));
    assert_eq!(shortest("@every 10m"), Some(600));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[@0-9a-z*?/, -]{0,24}") {
        if let Ok(schedule) = Schedule::parse(&text) {
            let mut last = start();
            for time in schedule.times(start()).take(3) {
                prop_assert!(time > last);
                last = time;
            }
            prop_assert!(!schedule.words().is_empty());
        }
    }
}
