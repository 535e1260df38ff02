//! For people: findings grouped by object, with the lines they are about.

use crate::Options;
use crate::compact::{failure_line, undecided_line};
use crate::group::{Group, Told, groups};
use crate::model::{Place, Report, Resolved};
use crate::snippet::{Mark, Snippet, near, overlap};
use crate::summary::{by_reason, count, summary_line};
use crate::terminal::{Palette, first_few, one_line, wrap};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level};
use miette::{SourceCode, ThemeCharacters, ThemeStyles};
use rules::{RefusedBy, Severity};
use std::fmt;
use std::io::{self, Write};
use textwrap::{WordSeparator, WordSplitter};

/// How many environments or objects are named before the rest is only counted.
const NAMED: usize = 3;
/// How many files that were not linted are named for each reason, unless all are wanted.
const NOT_LINTED: usize = 5;

/// Groups of findings, then what could not be judged, read or evaluated; last the summary.
pub(crate) fn render(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { palette: Palette::new(options.color), options };
    for group in groups(report) {
        page.group(&group, out)?;
    }
    if options.show_undecided && !report.undecided.is_empty() {
        for (place, one) in &report.undecided {
            writeln!(out, "{}", undecided_line(place, one, &page.palette))?;
        }
        writeln!(out)?;
    }
    if !report.failures.is_empty() {
        for one in report.failures {
            writeln!(out, "{}", failure_line(one, &page.palette))?;
        }
        writeln!(out)?;
    }
    page.not_linted(report, out)?;
    writeln!(out, "{}", summary_line(report))
}

/// How to write.
struct Page<'o> {
    palette: Palette,
    options: &'o Options,
}

impl Page<'_> {
    fn group(&self, group: &Group<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
        let path = one_line(group.path);
        match group.object {
            Some(object) => writeln!(
                out,
                "{}  {}",
                self.palette.strong.style(one_line(&object.to_string())),
                self.palette.path.style(path)
            )?,
            None => writeln!(out, "{}", self.palette.strong.style(path))?,
        }
        writeln!(out)?;
        for told in &group.findings {
            let text = self.finding(told).map_err(|_| io::Error::other("a snippet could not be rendered"))?;
            writeln!(out, "{text}")?;
        }
        Ok(())
    }

    fn finding(&self, told: &Told<'_, '_>) -> Result<String, fmt::Error> {
        let finding = told.one.finding;
        let mut text = String::new();

        let (mut pieces, last) = self.pieces(told.one);
        let help = one_line(&finding.help);
        if let (Some(piece), false) = (pieces.get_mut(last), help.is_empty()) {
            piece.help = Some(&help);
        }
        for piece in &pieces {
            self.handler(piece).render_report(&mut text, piece)?;
        }
        let notes = [
            finding.refused_by.map(|by| match by {
                RefusedBy::ApiServer => "the API server refuses such an object".to_owned(),
                RefusedBy::Operator => "the operator's webhook refuses such an object".to_owned(),
            }),
            same_for(told),
            environments(told),
        ];
        for note in notes.into_iter().flatten() {
            text.push_str(&self.note(&one_line(&note)));
            text.push('\n');
        }
        Ok(text)
    }

    fn note(&self, text: &str) -> String {
        let first = format!("  {} ", self.palette.dim.style("note:"));
        wrap(text, self.options.width.saturating_sub(2), &first, "        ")
    }

    /// The finding with its snippet, then each related place that is not in that snippet.
    fn pieces<'p>(&self, one: &'p Resolved<'_>) -> (Vec<Piece<'p>>, usize) {
        let finding = one.finding;
        let mut marks = vec![Mark { place: one.place, label: String::new(), primary: true }];
        let mut elsewhere = Vec::new();
        for (place, related) in one.related.iter().zip(&finding.related) {
            let message = one_line(&related.message);
            if near(&one.place, place) && !marks.iter().any(|mark| overlap(&mark.place, place)) {
                marks.push(Mark { place: *place, label: self.label(&message, place), primary: false });
            } else {
                elsewhere.push((place, message));
            }
        }
        let mut pieces = vec![Piece {
            heading: format!("{}[{}]", finding.severity, finding.rule),
            message: one_line(&finding.message).into_owned(),
            level: level(finding.severity),
            help: None,
            snippet: Snippet::new(&marks, self.options.width),
        }];
        pieces.extend(elsewhere.into_iter().map(|(place, message)| Piece {
            heading: "related:".to_owned(),
            message: message.into_owned(),
            level: Level::Advice,
            help: None,
            snippet: self.alone(place),
        }));
        let last = pieces.len() - 1;
        (pieces, last)
    }

    fn alone(&self, place: &Place<'_>) -> Option<Snippet> {
        Snippet::new(&[Mark { place: *place, label: String::new(), primary: true }], self.options.width)
    }

    /// A label is written below its place, to the right of it; miette leaves wrapping to us.
    fn label(&self, message: &str, place: &Place<'_>) -> String {
        let room = self.options.width.saturating_sub(place.start.column + 16).max(24);
        wrap(message, room, "", "")
    }

    fn handler(&self, piece: &Piece<'_>) -> GraphicalReportHandler {
        GraphicalReportHandler::new_themed(self.theme(piece))
            .with_width(self.options.width)
            .with_links(false)
            .with_context_lines(1)
            .without_syntax_highlighting()
            .with_break_words(false)
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation)
    }

    /// Where miette would put a sign before the message, the severity and the rule stand.
    fn theme(&self, piece: &Piece<'_>) -> GraphicalTheme {
        let palette = &self.palette;
        let mut characters = ThemeCharacters::unicode();
        characters.error.clone_from(&piece.heading);
        characters.warning.clone_from(&piece.heading);
        characters.advice.clone_from(&piece.heading);
        let own = match piece.level {
            Level::Error => palette.error,
            Level::Warning => palette.warning,
            Level::Advice => palette.info,
        };
        // Miette gives them out in the order in which the marks stand in the text.
        let mut marks: Vec<_> = piece.snippet.iter().flat_map(Snippet::labels).collect();
        marks.sort_by_key(LabeledSpan::offset);
        let mut highlights: Vec<_> =
            marks.iter().map(|mark| if mark.primary() { own } else { palette.strong }).collect();
        if highlights.is_empty() {
            highlights.push(own);
        }
        let styles = ThemeStyles {
            error: palette.error,
            warning: palette.warning,
            advice: palette.info,
            help: palette.strong,
            link: palette.path,
            linum: palette.dim,
            highlights,
        };
        GraphicalTheme { characters, styles }
    }

    fn not_linted(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        for reason in by_reason(&report.not_linted) {
            writeln!(out, "{} {}", self.palette.strong.style("not linted:"), reason.label)?;
            let most = if self.options.show_not_linted { usize::MAX } else { NOT_LINTED };
            for path in reason.paths.iter().take(most) {
                writeln!(out, "  {}", self.palette.path.style(one_line(path)))?;
            }
            if reason.paths.len() > most {
                writeln!(out, "  … and {} more", reason.paths.len() - most)?;
            }
        }
        if !report.not_linted.is_empty() {
            writeln!(out)?;
        }
        Ok(())
    }
}

/// `the same for 4 other objects: Cluster b/db, …`.
fn same_for(told: &Told<'_, '_>) -> Option<String> {
    let others = count(told.also.len(), "other object", "other objects");
    (!told.also.is_empty()).then(|| format!("the same for {others}: {}", first_few(&told.also, NAMED)))
}

/// `in 14 environments: a, b, c, …`; one needs no word.
fn environments(told: &Told<'_, '_>) -> Option<String> {
    let all: Vec<&str> = told.environments.iter().copied().collect();
    (all.len() > 1).then(|| format!("in {} environments: {}", all.len(), first_few(&all, NAMED)))
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Advice,
    }
}

/// What miette renders at once: a message and lines of one text.
#[derive(Debug)]
struct Piece<'p> {
    heading: String,
    message: String,
    level: Level,
    help: Option<&'p str>,
    snippet: Option<Snippet>,
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Piece<'_> {}

impl Diagnostic for Piece<'_> {
    fn severity(&self) -> Option<Level> {
        Some(self.level)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.snippet.as_ref().map(|snippet| Box::new(snippet.labels()) as Box<_>)
    }
}
