//! How the program ends.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};
use rules::RuleError;
use rules::config::ConfigError;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

/// The fixed exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The run is complete and nothing is at or above `--fail-on`.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Wrong usage, configuration or rule file: nothing was judged.
    Usage,
    /// Nothing to fail on, but the run is incomplete.
    Incomplete,
    /// `--require-objects` was given and no object was judged.
    NoObjects,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
            Exit::NoObjects => 4,
        })
    }
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// As the user named it.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The configuration or the baseline is wrong.
    #[error("{path} cannot be used")]
    Config {
        /// As shown to the user.
        path: String,
        /// Its text.
        text: String,
        /// What is wrong with it.
        error: ConfigError,
    },
    /// A rule file is wrong.
    #[error("{}", error.message)]
    Rule {
        /// Its text.
        text: String,
        /// What is wrong with it.
        error: Box<RuleError>,
    },
    /// Rules do not go together, or an argument makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Nothing could be scanned.
    #[error(transparent)]
    Scan(#[from] repo::ScanError),
    /// Git cannot tell what is asked for.
    #[error(transparent)]
    Git(#[from] repo::git::GitError),
    /// Standard output could not be written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    /// What is wrong, a line each, with its place.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Config { path, error, .. } => {
                let line = |problem: &rules::config::Problem| {
                    format!("{path}:{}:{}: {}", problem.start.line, problem.start.column, problem.message)
                };
                error.problems.iter().map(line).collect()
            }
            Self::Rule { error, .. } => vec![format!("{}: {}", error.path, error.message)],
            error => vec![error.to_string()],
        }
    }

    /// Tells it on standard error; gives the exit code.
    pub(crate) fn tell(self) -> Exit {
        match self {
            // Whoever reads us has read enough.
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Clean,
            Self::Config { path, text, error } => {
                for problem in error.problems {
                    let range = problem.start.byte..problem.end.byte.max(problem.start.byte + 1);
                    snippet(&problem.message, problem.help, &path, &text, range);
                }
            }
            Self::Rule { text, error } => {
                let range = error.span.start..error.span.end.max(error.span.start + 1);
                snippet(&error.message, error.help, &error.path, &text, range);
            }
            error => eprintln!("error: {error}"),
        }
        Exit::Usage
    }
}

/// Prints what is wrong at a place of a text.
fn snippet(message: &str, help: Option<String>, path: &str, text: &str, range: std::ops::Range<usize>) {
    let end = range.end.min(text.len());
    let range = range.start.min(end)..end;
    let mut diagnostic = MietteDiagnostic::new(message)
        .with_label(LabeledSpan::underline(range))
        .with_severity(miette::Severity::Error);
    diagnostic.help = help;
    let report = Report::new(diagnostic).with_source_code(NamedSource::new(path, text.to_owned()));
    let color = report::ColorChoice::Auto.enabled(io::stderr().is_terminal(), |name| std::env::var_os(name));
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut rendered = String::new();
    if GraphicalReportHandler::new_themed(theme).render_report(&mut rendered, report.as_ref()).is_ok() {
        eprint!("{rendered}");
    } else {
        eprintln!("error: {path}: {message}");
    }
}
