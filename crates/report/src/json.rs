//! For scripts: one JSON object, `"version": 1`.
//!
//! The types below are the format, in the order in which the fields are written. Fields are
//! added, never renamed or removed, while the version is 1. Lines and columns count from 1,
//! columns in Unicode code points, bytes from 0; `end` is the character after the last one.

use crate::model::{Place, Report, Resolved};
use crate::{NotLinted, Options};
use manifest::Position;
use rules::{Check, Failure, ObjectRef, Suppressed, SuppressedBy, Undecided};
use serde::Serialize;
use std::io::{self, Write};

/// The object, and an end of line.
pub(crate) fn render(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: 1,
        tool: ToolOut { name: report.tool.name, version: report.tool.version },
        summary: summary(report),
        findings: report.findings.iter().map(FindingOut::new).collect(),
        suppressed: report.suppressed.iter().map(SuppressedOut::new).collect(),
        undecided: report.undecided.iter().map(|(place, one)| UndecidedOut::new(place, one)).collect(),
        failures: report.failures.iter().map(FailureOut::new).collect(),
        checks: options
            .checks
            .then(|| report.checks().iter().map(|(place, one)| CheckOut::new(place, one)).collect()),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    tool: ToolOut<'r>,
    summary: SummaryOut<'r>,
    findings: Vec<FindingOut<'r>>,
    suppressed: Vec<SuppressedOut<'r>>,
    undecided: Vec<UndecidedOut<'r>>,
    failures: Vec<FailureOut<'r>>,
    /// Only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckOut<'r>>>,
}

#[derive(Serialize)]
struct ToolOut<'r> {
    name: &'r str,
    version: &'r str,
}

#[derive(Serialize)]
struct SummaryOut<'r> {
    files: usize,
    parsed: usize,
    documents: usize,
    objects: usize,
    rules: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    undecided: usize,
    suppressed: usize,
    not_linted: Vec<NotLintedOut<'r>>,
}

#[derive(Serialize)]
struct NotLintedOut<'r> {
    path: &'r str,
    reason: &'r str,
}

fn summary<'r>(report: &'r Report<'_>) -> SummaryOut<'r> {
    let tally = report.tally();
    SummaryOut {
        files: report.counts.files,
        parsed: report.counts.parsed,
        documents: report.counts.documents,
        objects: report.objects,
        rules: report.counts.rules,
        errors: tally.errors,
        warnings: tally.warnings,
        infos: tally.infos,
        undecided: report.undecided.len(),
        suppressed: report.suppressed.len(),
        not_linted: report
            .not_linted
            .iter()
            .map(|NotLinted { path, reason, .. }| NotLintedOut { path, reason })
            .collect(),
    }
}

/// Fields that a text has no value for are null: a finding about a text has no object.
#[derive(Serialize)]
struct ObjectOut<'r> {
    api_version: &'r str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: Option<&'r str>,
}

impl<'r> ObjectOut<'r> {
    fn new(object: &'r ObjectRef) -> Self {
        Self {
            api_version: &object.api_version,
            kind: &object.kind,
            namespace: object.namespace.as_deref(),
            name: object.name.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct LocationOut<'r> {
    path: &'r str,
    pointer: &'r str,
    start: PositionOut,
    end: PositionOut,
}

impl<'r> LocationOut<'r> {
    fn new(place: &Place<'r>) -> Self {
        let Place { path, pointer, start, end, .. } = *place;
        Self { path, pointer, start: start.into(), end: end.into() }
    }
}

#[derive(Serialize)]
struct PositionOut {
    line: usize,
    column: usize,
    byte: usize,
}

impl From<Position> for PositionOut {
    fn from(Position { line, column, byte }: Position) -> Self {
        Self { line, column, byte }
    }
}

#[derive(Serialize)]
struct FindingOut<'r> {
    rule: &'r str,
    category: &'r str,
    severity: &'r str,
    refused_by: Option<&'r str>,
    message: &'r str,
    help: &'r str,
    object: Option<ObjectOut<'r>>,
    environments: &'r [String],
    location: LocationOut<'r>,
    related: Vec<RelatedOut<'r>>,
    fingerprint: &'r str,
}

#[derive(Serialize)]
struct RelatedOut<'r> {
    message: &'r str,
    location: LocationOut<'r>,
}

impl<'r> FindingOut<'r> {
    fn new(one: &'r Resolved<'r>) -> Self {
        let finding = one.finding;
        let related = finding.related.iter().zip(&one.related);
        Self {
            rule: &finding.rule,
            category: &finding.category,
            severity: finding.severity.name(),
            refused_by: finding.refused_by.map(rules::RefusedBy::name),
            message: &finding.message,
            help: &finding.help,
            object: finding.object.as_ref().map(ObjectOut::new),
            environments: &finding.environments,
            location: LocationOut::new(&one.place),
            related: related
                .map(|(one, place)| RelatedOut { message: &one.message, location: LocationOut::new(place) })
                .collect(),
            fingerprint: &one.fingerprint,
        }
    }
}

/// A finding that somebody gave a reason for; `by` is `comment`, `annotation`, `configuration`
/// or `baseline`.
#[derive(Serialize)]
struct SuppressedOut<'r> {
    rule: &'r str,
    severity: &'r str,
    message: &'r str,
    object: Option<ObjectOut<'r>>,
    location: LocationOut<'r>,
    by: &'r str,
    reason: &'r str,
    fingerprint: &'r str,
}

impl<'r> SuppressedOut<'r> {
    fn new((one, suppressed): &'r (Resolved<'r>, &'r Suppressed)) -> Self {
        Self {
            rule: &one.finding.rule,
            severity: one.finding.severity.name(),
            message: &one.finding.message,
            object: one.finding.object.as_ref().map(ObjectOut::new),
            location: LocationOut::new(&one.place),
            by: match suppressed.by {
                SuppressedBy::Comment => "comment",
                SuppressedBy::Annotation => "annotation",
                SuppressedBy::Configuration => "configuration",
                SuppressedBy::Baseline => "baseline",
            },
            reason: &suppressed.reason,
            fingerprint: &one.fingerprint,
        }
    }
}

#[derive(Serialize)]
struct UndecidedOut<'r> {
    rule: &'r str,
    object: ObjectOut<'r>,
    location: LocationOut<'r>,
    reason: &'r str,
}

impl<'r> UndecidedOut<'r> {
    fn new(place: &Place<'r>, one: &'r Undecided) -> Self {
        Self {
            rule: &one.rule,
            object: ObjectOut::new(&one.object),
            location: LocationOut::new(place),
            reason: &one.reason,
        }
    }
}

#[derive(Serialize)]
struct FailureOut<'r> {
    rule: &'r str,
    object: ObjectOut<'r>,
    message: &'r str,
}

impl<'r> FailureOut<'r> {
    fn new(one: &'r Failure) -> Self {
        Self { rule: &one.rule, object: ObjectOut::new(&one.object), message: &one.message }
    }
}

#[derive(Serialize)]
struct CheckOut<'r> {
    rule: &'r str,
    object: ObjectOut<'r>,
    location: LocationOut<'r>,
    outcome: &'r str,
}

impl<'r> CheckOut<'r> {
    fn new(place: &Place<'r>, check: &'r Check) -> Self {
        Self {
            rule: &check.rule,
            object: ObjectOut::new(&check.object),
            location: LocationOut::new(place),
            outcome: check.outcome.name(),
        }
    }
}
