//! The findings that a repository had when it adopted the tool, so that only new ones fail.
//!
//! A baseline is a JSON file that people read in a diff: each entry says what it is about, and
//! is found again by its fingerprint, which does not change when lines move.

use crate::config::{Config, Problem, RuleTable};
use crate::finding::{Finding, Judgement, Location, ObjectRef, Suppressed, SuppressedBy};
use crate::fingerprint::fingerprints;
use crate::suppress;
use manifest::{Position, Source, SourceId, Sources, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// An entry of the baseline that no finding answers to any more.
pub const GONE: &str = "baseline-gone";

/// The format that this version writes, and the only one it reads.
const VERSION: u32 = 1;

/// A baseline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// By fingerprint.
    entries: BTreeMap<String, Entry>,
    text: String,
}

/// A finding that was there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Path of the file it was in.
    pub path: String,
    /// `Cluster immich/db`; `null` for findings about a text.
    pub object: Option<String>,
    /// The rule's id.
    pub rule: String,
    /// What it said; for people, not compared.
    pub message: String,
    /// What it is found by.
    pub fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

/// The baseline of a judgement: its findings that nothing suppresses, one entry each, sorted by
/// path, object and rule.
pub fn write(judgement: &Judgement, sources: &Sources) -> String {
    let fingerprints = judgement_fingerprints(judgement, sources);
    let mut findings: Vec<_> = judgement
        .findings
        .iter()
        .zip(fingerprints)
        .map(|(finding, fingerprint)| Entry {
            path: sources.get(finding.location.span.source).map_or("", Source::path).to_owned(),
            object: finding.object.as_ref().map(ToString::to_string),
            rule: finding.rule.to_string(),
            message: finding.message.clone(),
            fingerprint,
        })
        .collect();
    findings.sort();
    // Maps of strings and numbers always serialize.
    let mut text = serde_json::to_string_pretty(&File { version: VERSION, findings }).unwrap_or_default();
    text.push('\n');
    text
}

/// Of the findings first, then of the suppressed ones: which of several at one pointer is which
/// does not depend on what is suppressed.
fn judgement_fingerprints(judgement: &Judgement, sources: &Sources) -> Vec<String> {
    let suppressed = judgement.suppressed.iter().map(|suppressed| &suppressed.finding);
    fingerprints(judgement.findings.iter().chain(suppressed), sources)
}

impl Baseline {
    /// Reads what [`write()`] wrote.
    pub fn load(text: &str) -> Result<Self, Problem> {
        let help = "write it anew with `--write-baseline`";
        let file: File = serde_json::from_str(text).map_err(|error| {
            let at = byte_at(text, error.line(), error.column());
            let whole = error.to_string();
            let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(message, _)| message);
            problem(text, at..at, format!("this is not a baseline: {message}"), help)
        })?;
        if file.version != VERSION {
            let start = text.find("\"version\"").unwrap_or(0);
            let message = format!("this is a baseline of version {}, not {VERSION}", file.version);
            return Err(problem(text, start..start + "\"version\"".len(), message, help));
        }
        let entries = file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect();
        Ok(Self { entries, text: text.to_owned() })
    }

    /// Moves findings that were there before to the suppressed ones, and gives the entries that
    /// none answers to, sorted. An entry is not gone where its rule could not be decided or
    /// failed. Whether its file was looked at at all is for the caller to say.
    pub fn apply(&self, judgement: &mut Judgement, sources: &Sources) -> Vec<Entry> {
        let fingerprints = judgement_fingerprints(judgement, sources);
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for (finding, fingerprint) in std::mem::take(&mut judgement.findings).into_iter().zip(fingerprints) {
            if self.entries.contains_key(&fingerprint) {
                seen.insert(fingerprint);
                let (by, reason) = (SuppressedBy::Baseline, String::new());
                judgement.suppressed.push(Suppressed { finding, by, reason, span: None });
            } else {
                kept.push(finding);
            }
        }
        judgement.findings = kept;
        suppress::mark_checks(judgement);
        suppress::sort(judgement, sources);
        let open = open(judgement);
        let is_open = |entry: &Entry| {
            entry.object.as_ref().is_some_and(|object| open.contains(&(entry.rule.clone(), object.clone())))
        };
        let gone =
            self.entries.values().filter(|entry| !seen.contains(&entry.fingerprint) && !is_open(entry));
        let mut gone: Vec<_> = gone.cloned().collect();
        gone.sort();
        gone
    }

    /// The finding that says of an entry that it is gone, unless that rule is off. `source` is the
    /// baseline's own text, `path` its path from the directory of the configuration.
    pub fn gone(
        &self,
        entry: &Entry,
        (source, path): (SourceId, Option<&str>),
        config: &Config,
        table: &RuleTable,
    ) -> Option<Finding> {
        let severity = suppress::report::severity(GONE, path, config, table)?;
        let start = self.text.find(&entry.fingerprint).unwrap_or(0);
        let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let span = Span { source, start: byte(start), end: byte(start + entry.fingerprint.len()) };
        let what = entry
            .object
            .as_ref()
            .map_or_else(|| entry.path.clone(), |object| format!("{object} in {}", entry.path));
        Some(Finding {
            rule: Arc::from(GONE),
            category: Arc::from(suppress::CATEGORY),
            severity,
            refused_by: None,
            message: format!("the finding of `{}` on {what} is gone", entry.rule),
            help: "Remove the entry, or write the baseline anew with `--write-baseline`.".to_owned(),
            object: None,
            environments: Vec::new(),
            location: Location { span, pointer: String::new() },
            related: Vec::new(),
        })
    }
}

/// Rule and object where something could not be decided.
fn open(judgement: &Judgement) -> HashSet<(String, String)> {
    let key = |rule: &str, object: &ObjectRef| (rule.to_owned(), object.to_string());
    let undecided = judgement.undecided.iter().map(|one| key(&one.rule, &one.object));
    let failed = judgement.failures.iter().map(|one| key(&one.rule, &one.object));
    undecided.chain(failed).collect()
}

fn problem(text: &str, at: std::ops::Range<usize>, message: String, help: &str) -> Problem {
    let source = Source::new("", text.as_bytes().to_vec());
    let place = |byte: usize| -> Position { source.position(u32::try_from(byte).unwrap_or(u32::MAX)) };
    Problem { message, help: Some(help.to_owned()), start: place(at.start), end: place(at.end) }
}

/// `serde_json` counts lines from 1, columns in bytes from 1, and 0 for the line break before.
fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut byte = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

#[cfg(test)]
mod tests {
    use super::{Baseline, write};
    use crate::config::Config;
    use crate::config::tests::table;
    use crate::finding::{
        Check, Finding, Judgement, Location, ObjectRef, Outcome, Severity, SuppressedBy, Undecided,
    };
    use insta::assert_snapshot;
    use manifest::{Source, SourceId, Sources, Span};
    use proptest::prelude::*;

    fn sources() -> Sources {
        let mut sources = Sources::new();
        sources.add(Source::new("k8s/b.yaml", b"a: 1\nb: 2\n".to_vec()));
        sources.add(Source::new("k8s/a.yaml", b"a: 1\nb: 2\n".to_vec()));
        sources
    }

    fn object(name: &str) -> ObjectRef {
        ObjectRef {
            api_version: "postgresql.cnpg.io/v1".to_owned(),
            kind: "Cluster".to_owned(),
            namespace: Some("prod".to_owned()),
            name: Some(name.to_owned()),
        }
    }

    fn at(source: u32, start: u32, pointer: &str) -> Location {
        Location {
            span: Span { source: SourceId(source), start, end: start + 1 },
            pointer: pointer.to_owned(),
        }
    }

    fn finding(rule: &str, name: &str, location: Location) -> Finding {
        Finding {
            rule: rule.into(),
            category: "backup".into(),
            severity: Severity::Error,
            refused_by: None,
            message: format!("{name} breaks {rule}"),
            help: String::new(),
            object: Some(object(name)),
            environments: Vec::new(),
            location,
            related: Vec::new(),
        }
    }

    fn judgement() -> Judgement {
        let findings = vec![
            finding("backup-missing", "two", at(1, 0, "/spec")),
            finding("instances-min-2", "one", at(0, 5, "/spec/instances")),
            finding("backup-missing", "one", at(0, 0, "/spec")),
        ];
        let checks = findings
            .iter()
            .map(|finding| Check {
                rule: finding.rule.clone(),
                object: finding.object.clone().unwrap(),
                location: finding.location.clone(),
                outcome: Outcome::Broken,
            })
            .collect();
        Judgement { findings, checks, ..Judgement::default() }
    }

    #[test]
    fn it_reads_well_in_a_diff() {
        assert_snapshot!(write(&judgement(), &sources()), @r#"
        {
          "version": 1,
          "findings": [
            {
              "path": "k8s/a.yaml",
              "object": "Cluster prod/two",
              "rule": "backup-missing",
              "message": "two breaks backup-missing",
              "fingerprint": "51fa57d16854ff4175ea0c8280cdf1ca"
            },
            {
              "path": "k8s/b.yaml",
              "object": "Cluster prod/one",
              "rule": "backup-missing",
              "message": "one breaks backup-missing",
              "fingerprint": "4d47dc495350f423f129c8b2b8f77612"
            },
            {
              "path": "k8s/b.yaml",
              "object": "Cluster prod/one",
              "rule": "instances-min-2",
              "message": "one breaks instances-min-2",
              "fingerprint": "1ee00114cec88733d243d3888b434f40"
            }
          ]
        }
        "#);
    }

    #[test]
    fn only_new_findings_are_left() {
        let sources = sources();
        let baseline = Baseline::load(&write(&judgement(), &sources)).unwrap();
        let mut later = judgement();
        later.findings.remove(0);
        // Lines were added above, and the message says it better now.
        later.findings[1].location.span.start = 7;
        later.findings[1].message = "better said".to_owned();
        later.findings.push(finding("backup-missing", "three", at(1, 0, "/spec")));
        let gone = baseline.apply(&mut later, &sources);
        let left: Vec<_> = later.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(left, ["three breaks backup-missing"]);
        assert!(later.suppressed.iter().all(|one| one.by == SuppressedBy::Baseline));
        assert_eq!(later.suppressed.len(), 2);
        assert_eq!(later.checks[1].outcome, Outcome::Suppressed);
        let [entry] = gone.as_slice() else { panic!("one entry is gone, not {gone:?}") };
        let said = |config: &str| {
            let config = Config::load(config, &table()).unwrap();
            let finding = baseline.gone(entry, (SourceId(9), Some("baseline.json")), &config, &table());
            finding.map(|finding| format!("{}: {}", finding.severity, finding.message))
        };
        let message = "info: the finding of `backup-missing` on Cluster prod/two in k8s/a.yaml is gone";
        assert_eq!(said("").as_deref(), Some(message));
        assert_eq!(said("rules: {baseline-gone: off}"), None);
    }

    #[test]
    fn what_cannot_be_decided_is_not_gone() {
        let sources = sources();
        let baseline = Baseline::load(&write(&judgement(), &sources)).unwrap();
        let undecided = Undecided {
            rule: "backup-missing".into(),
            object: object("two"),
            location: at(1, 0, "/spec"),
            reason: "spec is encrypted".to_owned(),
        };
        let mut later = Judgement { undecided: vec![undecided], ..judgement() };
        later.findings.remove(0);
        assert_eq!(baseline.apply(&mut later, &sources), []);
    }

    #[test]
    fn what_is_not_a_baseline() {
        let texts =
            ["", "[]", "{\"version\": 2, \"findings\": []}", "{\n  \"version\": 1,\n  \"found\": []\n}", "é"];
        let told: Vec<_> = texts.iter().map(|text| Baseline::load(text).unwrap_err().to_string()).collect();
        assert_snapshot!(told.join("\n"), @r#"
        1:1: this is not a baseline: EOF while parsing a value
        1:2: this is not a baseline: invalid length 0, expected struct File with 2 elements
        1:2: this is a baseline of version 2, not 1
        3:9: this is not a baseline: unknown field `found`, expected `version` or `findings`
        1:1: this is not a baseline: expected value
        "#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", cut in 0usize..400) {
            let _ = Baseline::load(&text);
            let whole = write(&judgement(), &sources());
            let _ = Baseline::load(whole.get(..cut).unwrap_or_default());
        }
    }
}
