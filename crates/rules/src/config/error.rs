//! What is wrong with a configuration or baseline file, and where.

use manifest::{Position, Source};
use std::fmt;
use std::ops::Range;

/// A range of bytes of the file.
pub(crate) type Bytes = Range<u32>;

/// Everything that is wrong with a file; never empty, in order of place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// What, one by one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a file. Shows as `4:5: message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", start.line, start.column)]
pub struct Problem {
    /// One sentence, without place.
    pub message: String,
    /// What to write instead, if one can tell.
    pub help: Option<String>,
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(out, "{gap}{problem}")?;
            if let Some(help) = &problem.help {
                write!(out, "\n  help: {help}")?;
            }
        }
        Ok(())
    }
}

/// Collects problems while a file is read, so that all are told at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(Bytes, String, Option<String>)>);

impl Problems {
    /// Something is wrong at `at`; an empty `help` is none.
    pub(crate) fn add(&mut self, at: &Bytes, message: impl Into<String>, help: impl Into<String>) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        self.0.push((at.clone(), message.into(), help));
    }

    /// The error, if anything was wrong.
    pub(crate) fn into_result(mut self, text: &str) -> Result<(), ConfigError> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_by_key(|(at, ..)| (at.start, at.end));
        let source = Source::new("", text.as_bytes().to_vec());
        let place = |(at, message, help): (Bytes, String, Option<String>)| Problem {
            message,
            help,
            start: source.position(at.start),
            end: source.position(at.end),
        };
        Err(ConfigError { problems: self.0.into_iter().map(place).collect() })
    }
}
