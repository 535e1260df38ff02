//! The parameters that a Cluster gives to PostgreSQL.

use crate::lazy_view::lazy_view;
use crate::postgres::{operator, value};
use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::cluster::is_replica;
use crate::views::postgres::Version;
use manifest::{Entry, Node, Value, pointer_token};
use schema::postgres::{self as known, LAST_MAJOR, Row};
use std::sync::OnceLock;

lazy_view! {
    /// A parameter that a Cluster gives to PostgreSQL.
    pub struct ParameterView of ParameterParts {
        /// Its name.
        pub name: String =
            |view| view.parts.name().to_owned(),
        /// Its value, as written.
        pub value: Known<String> =
            |view| scalar(&view.parts.entry.value),
        /// Whether this PostgreSQL knows it; a name with a dot is some extension's, and always taken.
        pub exists: Known<bool> =
            |view| view.parts.version.ask(|major| view.parts.is_extensions() || view.parts.majors().contains(&major)),
        /// The versions that know it, in words: `13 to 15`; empty: none from 13 on.
        pub versions: String =
            |view| in_words(view.parts.majors()),
        /// The parameter that was probably meant; null: none is near.
        pub suggestion: Option<String> =
            |view| view.parts.suggestion().map(str::to_owned),
        /// What PostgreSQL wants instead of the value: a phrase after its name; null: it takes the value.
        pub problem: Known<Option<String>> =
            |view| view.of_value(|row, text| value::read(row, text).err()),
        /// Whether the operator refuses it, because it sets it itself.
        pub is_fixed: Known<bool> =
            ParameterView::is_refused,
        /// What a bare number counts, where the value is one and the parameter is a size: `8kB`;
        /// null elsewhere.
        pub counts: Known<Option<String>> =
            |view| view.of_value(counts),
    }
}

/// The entries of `spec.postgresql.parameters`.
pub(crate) fn parameters<'t>(cluster: Subject<'t>, version: &Version) -> Known<Vec<ParameterView<'t>>> {
    let archive_mode = archive_mode(cluster);
    match cluster.seen(&["spec", "postgresql", "parameters"]) {
        Seen::Absent => Known::Known(Vec::new()),
        Seen::Unknown(reason) => Known::Unknown(reason),
        Seen::Present(node) => match (node.as_map(), node.unknown_reason()) {
            (Some(map), _) => Known::Known(
                map.entries
                    .iter()
                    // What is no string the API server refuses, or drops.
                    .filter(|entry| {
                        entry.value.raw_text().is_some() || matches!(entry.value.value, Value::Unknown(_))
                    })
                    .map(|entry| parameter(entry, version, &archive_mode))
                    .collect(),
            ),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Known(Vec::new()),
        },
    }
}

/// What the operator sets `archive_mode` to; it lets that value through.
fn archive_mode(cluster: Subject<'_>) -> Known<&'static str> {
    let skips =
        cluster.annotation("cnpg.io/skipWalArchiving").map(|value| value.as_deref() == Some("enabled"));
    let name = cluster.raw(&["metadata", "name"]).unwrap_or_default();
    skips.and_then(|skips| {
        if skips {
            return Known::Known("off");
        }
        is_replica(cluster, name).map(|is_replica| if is_replica { "always" } else { "on" })
    })
}

/// Names that PostgreSQL takes and does not list: older ones of other parameters, and one without effect.
const UNLISTED: [&str; 5] =
    ["force_parallel_mode", "sort_mem", "ssl_ecdh_curve", "ssl_renegotiation_limit", "vacuum_mem"];

/// What the view of a parameter is made of.
#[derive(Debug)]
struct ParameterParts<'t> {
    entry: &'t Entry,
    version: Version,
    archive_mode: Known<&'static str>,
    majors: OnceLock<Vec<i64>>,
}

impl<'t> ParameterParts<'t> {
    fn name(&self) -> &'t str {
        &self.entry.key
    }

    /// The majors that know it.
    fn majors(&self) -> &[i64] {
        self.majors.get_or_init(|| known::majors(self.name()))
    }

    fn is_extensions(&self) -> bool {
        self.name().contains('.') || UNLISTED.contains(&self.name().to_ascii_lowercase().as_str())
    }

    fn suggestion(&self) -> Option<&'static str> {
        if !self.majors().is_empty() || self.is_extensions() {
            return None;
        }
        let major = self.version.major.known().copied().unwrap_or(LAST_MAJOR);
        schema::did_you_mean(self.name(), known::names(major))
    }
}

fn parameter<'t>(
    entry: &'t Entry,
    version: &Version,
    archive_mode: &Known<&'static str>,
) -> ParameterView<'t> {
    let place = place(&entry.value, format!("/spec/postgresql/parameters/{}", pointer_token(&entry.key)));
    let (version, archive_mode) = (version.clone(), archive_mode.clone());
    ParameterView::new(ParameterParts { entry, version, archive_mode, majors: OnceLock::new() }, Some(place))
}

impl ParameterView<'_> {
    /// What `read` says of its value in the version that runs.
    fn of_value(&self, read: impl Fn(&Row, &str) -> Option<String>) -> Known<Option<String>> {
        let name = self.parts.name();
        self.value().as_ref().and_then(|text| {
            self.parts.version.ask(|major| known::parameter(name, major).and_then(|row| read(row, text)))
        })
    }

    fn is_refused(&self) -> Known<bool> {
        let name = self.parts.name();
        match self.value() {
            Known::Known(text) if name == "archive_mode" => {
                self.parts.archive_mode.as_ref().map(|mode| text != *mode)
            }
            Known::Known(text) => Known::Known(operator::is_refused(name, text)),
            Known::Unknown(_) if !operator::is_refused(name, "\0") => Known::Known(false),
            Known::Unknown(reason) => Known::Unknown(reason.clone()),
        }
    }
}

/// What a bare number counts.
fn counts(row: &Row, text: &str) -> Option<String> {
    let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text != "0";
    (is_bare && row.unit.len() > 1 && row.unit.ends_with('B')).then(|| row.unit.to_owned())
}

/// A scalar as text, numbers too.
pub(crate) fn scalar(node: &Node) -> Known<String> {
    match node.unknown_reason() {
        Some(reason) => Known::Unknown(reason.to_string()),
        None => Known::Known(match (node.raw_text(), node.as_i64()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(number)) => number.to_string(),
            (None, None) => String::new(),
        }),
    }
}

/// `13 to 15` of those.
fn in_words(majors: &[i64]) -> String {
    match majors {
        [] => String::new(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first} to {last}"),
    }
}
