//! For code scanning services: SARIF 2.1.0.
//!
//! Paths are URIs relative to the root of the checkout (`%SRCROOT%`), as GitHub wants them, and
//! columns are code points. Fingerprints go under a name of our own: `primaryLocationLineHash`
//! belongs to the uploader, and two different values for it give conflicts.

mod format;
mod parts;

use crate::model::Report;
use crate::uri;
use format::{
    Description, Driver, Invocation, Log, Notification, PartialFingerprints, Properties, RelatedLocation,
    Rule, RuleReference, Run, SarifResult, Text, Tool, UriBase, UriBases,
};
use rules::{RuleDoc, Severity};
use std::io::{self, Write};

/// Where the schema of the format is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One log with one run, and an end of line.
pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let open = report.findings.iter().map(|one| result(report, one, vec![]));
    let closed =
        report.suppressed.iter().map(|(one, by)| result(report, one, vec![parts::suppression(report, by)]));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: report.tool.name,
                semantic_version: report.tool.version,
                rules: report.rules.iter().map(|rule| describe(rule)).collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: report.is_complete(),
            tool_execution_notifications: notifications(report),
        }],
        original_uri_base_ids: UriBases {
            root: UriBase { description: Text::plain("The root of the checkout.") },
        },
        column_kind: "unicodeCodePoints",
        newline_sequences: ["\r\n", "\n", "\r"],
        results: open.chain(closed).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

/// SARIF's word for a severity.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn describe(rule: &RuleDoc) -> Rule<'_> {
    let RuleDoc { title, why, help, .. } = rule;
    // Texts may not be empty: without a reason the title must do.
    let why = if why.trim().is_empty() { title } else { why.trim() };
    let help = help.trim();
    Rule {
        id: &rule.id,
        short_description: Text::plain(title.as_str()),
        full_description: Text::plain(why.split("\n\n").next().unwrap_or(why)),
        help: Description {
            text: join_paragraphs(&[why, help]),
            markdown: join_paragraphs(&[&format!("# {title}"), why, help]),
        },
        default_configuration: format::Configuration { enabled: rule.enabled, level: level(rule.severity) },
        properties: format::RuleProperties {
            tags: vec![&rule.category],
            kinds: &rule.kinds,
            doors: &rule.doors,
            source: &rule.source,
            refused_by: rule.refused_by.map(rules::RefusedBy::name),
        },
    }
}

fn join_paragraphs(paragraphs: &[&str]) -> String {
    let filled: Vec<_> = paragraphs.iter().copied().filter(|one| !one.is_empty()).collect();
    filled.join("\n\n")
}

fn result<'r>(
    report: &'r Report<'_>,
    one: &'r crate::model::Resolved<'_>,
    suppressions: Vec<format::Suppression<'r>>,
) -> SarifResult<'r> {
    let finding = one.finding;
    let related = finding.related.iter().zip(&one.related).zip(1..);
    SarifResult {
        rule_id: &finding.rule,
        rule_index: report.rules.binary_search_by(|rule| rule.id.cmp(&finding.rule)).ok(),
        level: level(finding.severity),
        message: Text::plain(finding.message.as_str()),
        locations: [format::Location {
            physical_location: parts::physical(report, &one.place),
            logical_locations: finding
                .object
                .iter()
                .map(|object| parts::logical(object, &one.place))
                .collect(),
        }],
        related_locations: related
            .map(|((related, place), id)| RelatedLocation {
                id,
                message: Text::plain(related.message.as_str()),
                physical_location: parts::physical(report, place),
            })
            .collect(),
        partial_fingerprints: PartialFingerprints { own: &one.fingerprint },
        suppressions,
        properties: Properties {
            category: &finding.category,
            environments: &finding.environments,
            help: &finding.help,
            refused_by: finding.refused_by.map(rules::RefusedBy::name),
        },
    }
}

/// What the run could not do: rules that failed, judgements that could not be made, files that
/// were not linted.
fn notifications<'r>(report: &'r Report<'_>) -> Vec<Notification<'r>> {
    let failures = report.failures.iter().map(|one| Notification {
        level: "error",
        message: Text::plain(format!("{} failed for {}: {}", one.rule, one.object, one.message)),
        associated_rule: Some(RuleReference { id: &one.rule }),
        locations: vec![],
    });
    let undecided = report.undecided.iter().map(|(place, one)| Notification {
        level: "note",
        message: Text::plain(format!("{} is undecided for {}: {}", one.rule, one.object, one.reason)),
        associated_rule: Some(RuleReference { id: &one.rule }),
        locations: vec![format::NotificationLocation { physical_location: parts::physical(report, place) }],
    });
    let not_linted = report.not_linted.iter().map(|one| Notification {
        level: "note",
        message: Text::plain(format!("not linted: {}", one.singular)),
        associated_rule: None,
        locations: vec![format::NotificationLocation {
            physical_location: parts::file(&uri::join(report.prefix, &one.path)),
        }],
    });
    failures.chain(undecided).chain(not_linted).collect()
}
