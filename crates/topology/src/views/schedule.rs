//! `schedules[text]`: what the operator makes of a schedule.

use crate::cron::{Schedule, with_seconds};
use crate::view::{View, ViewLookup};
use jiff::civil::DateTime;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

crate::view! {
    /// What the operator makes of a schedule.
    pub struct TimesView {
        /// Why the operator refuses it; null if it does not.
        pub error: Option<String>,
        /// In how many fields it is written; a descriptor (`@daily`) is one, a refused one none.
        pub fields: i64,
        /// When it fires, in words behind "fires": `every hour at minute 2`.
        pub words: String,
        /// The next three times, in UTC.
        pub next: Vec<String>,
        /// The fewest seconds between two times that follow each other; null if there are not two.
        pub shortest_interval: Option<i64>,
        /// The same with a second in front, where it is written in five fields and that is a schedule.
        pub with_seconds: Option<String>,
        /// When that fires, in words.
        pub with_seconds_words: Option<String>,
    }
}

/// Schedules, seen from a point in time; each is looked at once.
#[derive(Debug)]
pub(crate) struct Schedules {
    now: DateTime,
    seen: Mutex<HashMap<String, TimesView>>,
}

impl Schedules {
    pub(crate) fn new(now: DateTime) -> Self {
        Self { now, seen: Mutex::default() }
    }
}

impl ViewLookup for Schedules {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let view = seen.entry(name.to_owned()).or_insert_with(|| view(name, self.now));
        Box::new(view.clone())
    }
}

fn view(text: &str, now: DateTime) -> TimesView {
    let (with_seconds, with_seconds_words) = with_seconds(text).unzip();
    let read = Schedule::parse(text);
    let known = read.as_ref().ok();
    TimesView {
        error: read.as_ref().err().cloned(),
        fields: known.and_then(|read| i64::try_from(read.fields()).ok()).unwrap_or_default(),
        words: known.map(Schedule::words).unwrap_or_default(),
        next: known.iter().flat_map(|read| read.times(now)).take(3).map(|time| format!("{time}Z")).collect(),
        shortest_interval: known.and_then(|read| read.shortest_interval(now)),
        with_seconds,
        with_seconds_words,
        place: None,
    }
}
