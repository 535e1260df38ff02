//! Findings to human, compact, JSON, SARIF and GitHub output.
//!
//! A [`Report`] resolves one run's judgement against its texts, once; [`render`] writes it in
//! any number of [`Format`]s. Everything that a person or a program sees comes from the same
//! report, and the same report always gives the same bytes: no clock, no hash order.

mod color;
mod compact;
mod github;
mod group;
mod human;
mod json;
mod model;
mod sarif;
mod snippet;
mod summary;
mod terminal;
mod uri;

pub use color::{ColorChoice, UnknownColorChoice};
pub use model::{Counts, Place, Report, ReportInput, Resolved, Tally, Tool};
pub use summary::{NotLinted, summary_line};

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

/// The forms in which a report can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Format {
    /// For people: grouped by object, with snippets.
    #[default]
    Human,
    /// For people and editors: one line a finding, `path:line:column: severity[rule-id] message`.
    Compact,
    /// For scripts: one JSON object.
    Json,
    /// For code scanning services: SARIF 2.1.0.
    Sarif,
    /// For GitHub's log: workflow commands that become annotations.
    Github,
}

impl Format {
    /// All, as they should be listed.
    pub const ALL: [Self; 5] = [Self::Human, Self::Compact, Self::Json, Self::Sarif, Self::Github];

    /// The name that selects it: `human`, `compact`, `json`, `sarif` or `github`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Compact => "compact",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`: one of human, compact, json, sarif, github")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat(name.into()))
    }
}

/// What can be chosen about an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, none excludes another")]
pub struct Options {
    /// Human and compact: colours, see [`ColorChoice::enabled`]. Give `false` for files.
    pub color: bool,
    /// Human: columns of the terminal; what is longer is wrapped or clipped.
    pub width: usize,
    /// Human and compact: list what is undecided, one line each.
    pub show_undecided: bool,
    /// Human: list every file that was not linted, instead of the first few for each reason.
    pub show_not_linted: bool,
    /// JSON: every judgement, not only the broken ones.
    pub checks: bool,
}

impl Default for Options {
    /// For a file or a pipe: no colour, 100 columns, nothing extra.
    fn default() -> Self {
        Self { color: false, width: 100, show_undecided: false, show_not_linted: false, checks: false }
    }
}

/// Writes `report` in `format`. The only errors are those of `out`.
pub fn render(format: Format, report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    // JSON comes in small pieces; standard output should not be asked to write each.
    let mut out = io::BufWriter::new(out);
    match format {
        Format::Human => human::render(report, options, &mut out),
        Format::Compact => compact::render(report, options, &mut out),
        Format::Json => json::render(report, options, &mut out),
        Format::Sarif => sarif::render(report, &mut out),
        Format::Github => github::render(report, &mut out),
    }?;
    out.flush()
}
