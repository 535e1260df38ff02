//! `settings[name]`: what a parameter of PostgreSQL really is in a Cluster.

use crate::postgres::value::Value;
use crate::postgres::{operator, value};
use crate::read::{Seen, place};
use crate::view::{Known, View, ViewLookup};
use crate::views::Context;
use crate::views::parameter::scalar;
use crate::views::postgres::Version;
use manifest::pointer_token;
use schema::postgres as known;
use std::sync::OnceLock;

crate::view! {
    /// A parameter of PostgreSQL as it really is in this Cluster.
    pub struct SettingView {
        /// Whether the Cluster sets it.
        pub is_set: Known<bool>,
        /// The value, as it is written here, by the operator or by PostgreSQL itself.
        pub text: Known<String>,
        /// Its number: in bytes for a size, in milliseconds for a time; null where it is none, or
        /// PostgreSQL would not take it. What is below zero has a meaning of its own.
        pub number: Known<Option<i64>>,
        /// Its number in thousandths, where it has no unit: `1.1` is 1100; null where it is none.
        pub thousandths: Known<Option<i64>>,
        /// Whether it is on, for one that is on or off; null for others.
        pub is_on: Known<Option<bool>>,
    }
}

/// `settings[name]`.
#[derive(Debug)]
pub(crate) struct Settings<'t> {
    context: Context<'t>,
    version: OnceLock<Version>,
}

impl<'t> Settings<'t> {
    pub(crate) fn new(context: Context<'t>) -> Self {
        Self { context, version: OnceLock::new() }
    }
}

impl ViewLookup for Settings<'_> {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(view(self.context, self.version.get_or_init(|| Version::of(self.context)), name))
    }
}

fn view(context: Context<'_>, version: &Version, name: &str) -> SettingView {
    let seen = context
        .subject()
        .map_or(Seen::Absent, |cluster| cluster.seen(&["spec", "postgresql", "parameters", name]));
    let (is_set, written) = match &seen {
        Seen::Present(node) => (Known::Known(true), scalar(node).map(Some)),
        Seen::Absent => (Known::Known(false), Known::Known(None)),
        Seen::Unknown(reason) => (Known::Unknown(reason.clone()), Known::Unknown(reason.clone())),
    };
    let text = written.map(|text| {
        text.or_else(|| operator::default(name).or_else(|| value::of_initdb(name)).map(str::to_owned))
    });
    let read = text.as_ref().and_then(|text| {
        version.ask(|major| {
            let row = known::parameter(name, major)?;
            match text {
                Some(text) => value::read(row, text).ok(),
                None => value::default(row),
            }
        })
    });
    let in_data = || version.ask(|major| known::parameter(name, major).map(with_unit));
    SettingView {
        is_set,
        number: number(&read, 1.0),
        thousandths: number(&read, 1000.0),
        is_on: read.map(|value| match value {
            Some(Value::Bool(is_on)) => Some(is_on),
            _ => None,
        }),
        text: text.and_then(|text| match text {
            Some(text) => Known::Known(text),
            None => in_data().map(Option::unwrap_or_default),
        }),
        place: match seen {
            Seen::Present(node) => {
                Some(place(node, format!("/spec/postgresql/parameters/{}", pointer_token(name))))
            }
            _ => None,
        },
    }
}

/// The default as one would write it.
fn with_unit(row: &known::Row) -> String {
    match value::default(row) {
        Some(Value::Number(bytes)) if row.unit.ends_with('B') && bytes > 0.0 => value::in_bytes(bytes),
        Some(Value::Number(number)) if !row.unit.is_empty() && number > 0.0 => {
            [row.default, row.unit].concat()
        }
        _ => row.default.to_owned(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, far above what PostgreSQL takes")]
fn number(read: &Known<Option<Value>>, factor: f64) -> Known<Option<i64>> {
    read.as_ref().map(|value| match value {
        Some(Value::Number(number)) => Some((number * factor).round() as i64),
        _ => None,
    })
}
