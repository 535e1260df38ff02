//! For GitHub's log: workflow commands, which become annotations at the lines of a pull request.
//!
//! GitHub shows the first ten annotations of each level of a step, so the worst come first.

use crate::model::{Report, Resolved};
use rules::{Failure, Severity};
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

/// One command a finding, the worst first; rules that failed to evaluate are errors too.
pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<_> = report.findings.iter().collect();
    // Stable: within a severity they stay in the order of their places.
    findings.sort_by_key(|one| Reverse(one.finding.severity));
    for one in report.failures {
        writeln!(out, "{}", failure_command(one))?;
    }
    for one in findings {
        writeln!(out, "{}", command(report, one))?;
    }
    Ok(())
}

fn command(report: &Report<'_>, one: &Resolved<'_>) -> String {
    let finding = one.finding;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (start, end) = (one.place.start, one.place.end);
    let file = property(&report.checkout_path(&one.place));
    let mut text = format!("::{level} file={file},line={},endLine={}", start.line, end.line);
    if start.line == end.line {
        // Writing to a String cannot fail. GitHub takes columns only within one line.
        let _ = write!(text, ",col={},endColumn={}", start.column, end.column);
    }
    let mut title = format!("{}[{}]", finding.severity, finding.rule);
    if let Some(object) = &finding.object {
        let _ = write!(title, " {object}");
    }
    let mut message = finding.message.clone();
    if !finding.help.is_empty() {
        let _ = write!(message, "\nhelp: {}", finding.help);
    }
    let _ = write!(text, ",title={}::{}", property(&title), data(&message));
    text
}

fn failure_command(one: &Failure) -> String {
    let title = property(&format!("failed[{}] {}", one.rule, one.object));
    format!("::error title={title}::{}", data(&one.message))
}

/// A message: it ends at the end of the line, and `%` escapes.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: it ends at a comma or a double colon, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%: a,\r\nb"), "100%25: a,%0D%0Ab");
        assert_eq!(property("C:\\a,b%\n::error::"), "C%3A\\a%2Cb%25%0A%3A%3Aerror%3A%3A");
    }
}
