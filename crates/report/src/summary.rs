//! What was looked at, in one line, and why some of it was not.

use crate::model::Report;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A file that should have been linted and was not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotLinted {
    /// Relative to the working directory, with `/`.
    pub path: String,
    /// The id of the reason: `helm-template`.
    pub reason: Cow<'static, str>,
    /// One of them: `Helm template`.
    pub singular: Cow<'static, str>,
    /// Several: `Helm templates`.
    pub plural: Cow<'static, str>,
}

/// Words for the reasons that are known; for others the id itself must do.
const LABELS: [(&str, &str, &str); 18] = [
    ("helm-template", "Helm template", "Helm templates"),
    ("template", "other template", "other templates"),
    ("jsonnet", "Jsonnet file", "Jsonnet files"),
    ("kcl", "KCL file", "KCL files"),
    ("cue", "CUE file", "CUE files"),
    ("terraform", "Terraform file", "Terraform files"),
    ("pulumi", "Pulumi program", "Pulumi programs"),
    ("cdk8s", "CDK8s program", "CDK8s programs"),
    ("unparsable", "unparsable", "unparsable"),
    ("too-large", "too large", "too large"),
    ("limit-exceeded", "over a limit", "over a limit"),
    ("not-utf8", "not UTF-8", "not UTF-8"),
    ("encrypted", "encrypted", "encrypted"),
    ("not-deployed", "not deployed", "not deployed"),
    ("submodule", "Git submodule", "Git submodules"),
    ("lfs-pointer", "Git LFS pointer", "Git LFS pointers"),
    ("missing", "missing", "missing"),
    ("unreadable", "unreadable", "unreadable"),
];

impl NotLinted {
    /// With the words for `reason` if they are known here.
    pub fn new(path: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        let reason = reason.into();
        let (singular, plural) = LABELS
            .iter()
            .find(|(id, ..)| *id == reason)
            .map_or((reason.clone(), reason.clone()), |(_, one, many)| ((*one).into(), (*many).into()));
        Self { path: path.into(), reason, singular, plural }
    }
}

/// The files that were not linted for one reason.
pub(crate) struct Reason<'r> {
    /// `3 Helm templates`.
    pub(crate) label: String,
    /// Sorted.
    pub(crate) paths: Vec<&'r str>,
}

/// What was not linted, by reason: the most frequent first, then by id.
pub(crate) fn by_reason(not_linted: &[NotLinted]) -> Vec<Reason<'_>> {
    let mut groups: BTreeMap<&str, Vec<&NotLinted>> = BTreeMap::new();
    for one in not_linted {
        groups.entry(&one.reason).or_default().push(one);
    }
    let mut reasons: Vec<_> = groups
        .into_values()
        .filter_map(|files| {
            let first = files.first()?;
            Some(Reason {
                label: count(files.len(), &first.singular, &first.plural),
                paths: files.iter().map(|file| file.path.as_str()).collect(),
            })
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.paths.len()));
    reasons
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, singular: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { singular } else { plural })
}

/// The last line of an output for people, without its end:
/// `844 files, 61 parsed, 170 documents, 72 objects judged by 83 rules: 3 errors, 9 warnings, …`.
pub fn summary_line(report: &Report<'_>) -> String {
    let counts = report.counts;
    let tally = report.tally();
    let mut line = format!(
        "{}, {} parsed, {}, {} judged by {}: {}, {}, {}; {} undecided, {} suppressed, {} not linted",
        count(counts.files, "file", "files"),
        counts.parsed,
        count(counts.documents, "document", "documents"),
        count(report.objects, "object", "objects"),
        count(counts.rules, "rule", "rules"),
        count(tally.errors, "error", "errors"),
        count(tally.warnings, "warning", "warnings"),
        count(tally.infos, "info", "infos"),
        report.undecided.len(),
        report.suppressed.len(),
        report.not_linted.len(),
    );
    let reasons: Vec<_> = by_reason(&report.not_linted).into_iter().map(|reason| reason.label).collect();
    if !reasons.is_empty() {
        line.extend([" (", reasons.join(", ").as_str(), ")"]);
    }
    line
}
