//! One run, resolved: what every output renders.

use crate::summary::NotLinted;
use crate::uri;
use manifest::{Position, Source, Sources, Span};
use rules::fingerprint::fingerprints;
use rules::{Check, Failure, Finding, Judgement, Location, RuleDoc, Severity, Suppressed, Undecided};

/// Who made the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool<'a> {
    /// `cnpg-lint`.
    pub name: &'a str,
    /// `0.1.0`.
    pub version: &'a str,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Files read.
    pub files: usize,
    /// Files parsed, because they could matter.
    pub parsed: usize,
    /// Documents in them.
    pub documents: usize,
    /// Rules that were on.
    pub rules: usize,
}

/// What a report is made of.
#[derive(Debug)]
pub struct ReportInput<'a> {
    /// Who made it.
    pub tool: Tool<'a>,
    /// The texts that the judgement points into.
    pub sources: &'a Sources,
    /// What judging gave.
    pub judgement: &'a Judgement,
    /// The documentation of the rules that were on; any order.
    pub rules: &'a [RuleDoc],
    /// What was looked at.
    pub counts: Counts,
    /// Files that should have been linted and were not; any order.
    pub not_linted: Vec<NotLinted>,
    /// `false` if something named by the user is missing or unreadable. Rules that failed to
    /// evaluate need not be told: the judgement knows.
    pub complete: bool,
    /// The working directory as seen from the root of the checkout, with `/`; empty if they are
    /// the same. SARIF and GitHub want paths relative to the checkout.
    pub prefix: &'a str,
}

/// A place, as people and programs name it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Relative to the working directory.
    pub path: &'a str,
    /// RFC 6901 pointer in the object.
    pub pointer: &'a str,
    /// The first character.
    pub start: Position,
    /// The character after the last one.
    pub end: Position,
    /// The text.
    pub(crate) source: Option<&'a Source>,
}

impl<'a> Place<'a> {
    /// Resolves a span; one that is in no text of the run stands at the start of a text `?`.
    pub(crate) fn of_span(span: Span, pointer: &'a str, sources: &'a Sources) -> Self {
        let nowhere = Position { line: 1, column: 1, byte: 0 };
        let source = sources.get(span.source);
        let (start, end) = sources.positions(span).unwrap_or((nowhere, nowhere));
        Self { path: source.map_or("?", Source::path), pointer, start, end, source }
    }

    fn of(location: &'a Location, sources: &'a Sources) -> Self {
        Self::of_span(location.span, &location.pointer, sources)
    }
}

/// A finding whose places are known.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Its place.
    pub place: Place<'a>,
    /// The places of `finding.related`, in the same order.
    pub related: Vec<Place<'a>>,
    /// Its name from one run to the next, see [`rules::fingerprint`].
    pub fingerprint: String,
}

/// How many findings of each severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Infos.
    pub infos: usize,
}

/// One run, resolved. Everything in it is sorted by path and place.
#[derive(Debug)]
pub struct Report<'a> {
    pub(crate) tool: Tool<'a>,
    pub(crate) counts: Counts,
    pub(crate) objects: usize,
    pub(crate) findings: Vec<Resolved<'a>>,
    pub(crate) suppressed: Vec<(Resolved<'a>, &'a Suppressed)>,
    pub(crate) undecided: Vec<(Place<'a>, &'a Undecided)>,
    pub(crate) failures: &'a [Failure],
    pub(crate) rules: Vec<&'a RuleDoc>,
    pub(crate) not_linted: Vec<NotLinted>,
    pub(crate) prefix: &'a str,
    pub(crate) sources: &'a Sources,
    checks: &'a [Check],
    complete: bool,
}

impl<'a> Report<'a> {
    /// Resolves every place and names every finding.
    pub fn new(input: ReportInput<'a>) -> Self {
        let ReportInput { sources, judgement, .. } = input;
        let all = judgement.findings.iter().chain(judgement.suppressed.iter().map(|one| &one.finding));
        let mut resolved: Vec<Resolved<'a>> = all
            .clone()
            .zip(fingerprints(all, sources))
            .map(|(finding, fingerprint)| Resolved {
                finding,
                place: Place::of(&finding.location, sources),
                related: finding.related.iter().map(|one| Place::of(&one.location, sources)).collect(),
                fingerprint,
            })
            .collect();
        let suppressed = resolved.split_off(judgement.findings.len());
        let mut suppressed: Vec<_> = suppressed.into_iter().zip(&judgement.suppressed).collect();

        // Paths, not ids: the order in which texts were read is nobody's business.
        resolved.sort_by(|a, b| order(a).cmp(&order(b)));
        suppressed.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let mut undecided: Vec<_> =
            judgement.undecided.iter().map(|one| (Place::of(&one.location, sources), one)).collect();
        undecided.sort_by_key(|(place, one)| (place.path, place.start, &one.rule, &one.object));
        let mut rules: Vec<_> = input.rules.iter().collect();
        rules.sort_by_key(|rule| &rule.id);
        let mut not_linted = input.not_linted;
        not_linted.sort();

        Self {
            tool: input.tool,
            counts: input.counts,
            objects: judgement.objects,
            findings: resolved,
            suppressed,
            undecided,
            failures: &judgement.failures,
            rules,
            not_linted,
            prefix: input.prefix,
            sources,
            checks: &judgement.checks,
            complete: input.complete,
        }
    }

    /// The findings, sorted by path and place.
    pub fn findings(&self) -> &[Resolved<'a>] {
        &self.findings
    }

    /// The worst severity found; `None` without findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|one| one.finding.severity).max()
    }

    /// How many findings of each severity there are.
    pub fn tally(&self) -> Tally {
        let count = |severity| self.findings.iter().filter(|one| one.finding.severity == severity).count();
        Tally {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }

    /// How many objects were judged.
    pub fn objects(&self) -> usize {
        self.objects
    }

    /// How many judgements could not be made.
    pub fn undecided(&self) -> usize {
        self.undecided.len()
    }

    /// The files that were not linted, sorted.
    pub fn not_linted(&self) -> &[NotLinted] {
        &self.not_linted
    }

    /// Whether everything that was named could be read and every rule evaluated.
    pub fn is_complete(&self) -> bool {
        self.complete && self.failures.is_empty()
    }

    /// Every judgement with its place, sorted by place; made only when asked for, there are many.
    pub(crate) fn checks(&self) -> Vec<(Place<'a>, &'a Check)> {
        let mut checks: Vec<_> =
            self.checks.iter().map(|check| (Place::of(&check.location, self.sources), check)).collect();
        checks.sort_by_key(|(place, check)| (place.path, place.start, &check.rule, &check.object));
        checks
    }

    /// The path of a place as seen from the root of the checkout.
    pub(crate) fn checkout_path(&self, place: &Place<'_>) -> String {
        uri::join(self.prefix, place.path)
    }
}

/// The order of an output: by path, place, rule, then whatever tells two findings apart.
fn order<'r>(one: &'r Resolved<'_>) -> impl Ord + use<'r> {
    let finding = one.finding;
    (one.place.path, one.place.start, one.place.end, &finding.rule, &finding.object, &finding.message)
}
