//! One line a finding: `path:line:column: severity[rule-id] message (Kind namespace/name)`.

use crate::Options;
use crate::model::{Place, Report, Resolved};
use crate::summary::summary_line;
use crate::terminal::{Palette, one_line};
use rules::{Failure, ObjectRef, Undecided};
use std::io::{self, Write};

/// Findings, what could not be judged if wanted, what failed; last the summary.
pub(crate) fn render(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(options.color);
    for one in &report.findings {
        writeln!(out, "{}", finding_line(one, &palette))?;
    }
    if options.show_undecided {
        for (place, one) in &report.undecided {
            writeln!(out, "{}", undecided_line(place, one, &palette))?;
        }
    }
    for one in report.failures {
        writeln!(out, "{}", failure_line(one, &palette))?;
    }
    writeln!(out, "{}", summary_line(report))
}

fn finding_line(one: &Resolved<'_>, palette: &Palette) -> String {
    let finding = one.finding;
    let what = format!("{}[{}]", finding.severity, finding.rule);
    let what = palette.severity(finding.severity).style(what);
    let object = in_parentheses(finding.object.as_ref(), palette);
    format!("{}: {what} {}{object}", place_text(&one.place, palette), one_line(&finding.message))
}

/// `path:line:column: undecided[rule-id] reason (Kind namespace/name)`.
pub(crate) fn undecided_line(place: &Place<'_>, one: &Undecided, palette: &Palette) -> String {
    let what = format!("undecided[{}]", one.rule);
    let (place, what) = (place_text(place, palette), palette.strong.style(what));
    format!("{place}: {what} {}{}", one_line(&one.reason), in_parentheses(Some(&one.object), palette))
}

/// `failed[rule-id] message (Kind namespace/name)`.
pub(crate) fn failure_line(one: &Failure, palette: &Palette) -> String {
    let what = palette.error.style(format!("failed[{}]", one.rule));
    format!("{what} {}{}", one_line(&one.message), in_parentheses(Some(&one.object), palette))
}

/// `path:line:column`.
fn place_text(place: &Place<'_>, palette: &Palette) -> String {
    let text = format!("{}:{}:{}", one_line(place.path), place.start.line, place.start.column);
    palette.path.style(text).to_string()
}

fn in_parentheses(object: Option<&ObjectRef>, palette: &Palette) -> String {
    object.map_or_else(String::new, |object| {
        format!(" {}", palette.dim.style(format!("({})", one_line(&object.to_string()))))
    })
}
