//! `--changed`: the findings of a commit, so that only what a change caused is told.
//!
//! A finding is known by its rule, its object and its place in the object, never by its file: files are renamed.

use manifest::{SourceId, Sources};
use repo::{NotLinted, NotLintedReason, Scan};
use rules::{Finding, Judgement, Location, ObjectRef, Severity};
use std::collections::{HashMap, HashSet};

/// What was found in a commit.
pub(super) struct Known {
    findings: HashMap<Key, Vec<Seen>>,
    undecided: HashSet<Key>,
    files: HashSet<(String, NotLintedReason)>,
}

/// What a finding is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    rule: String,
    /// Group and identity; `None` for findings about a text.
    object: Option<(String, String)>,
    /// The pointer without indices, which shift when a list grows; of a text the line.
    place: String,
}

/// A finding that was there.
#[derive(Debug, Clone)]
struct Seen {
    pointer: String,
    severity: Severity,
    /// In how many environments.
    environments: usize,
}

impl Seen {
    fn of(finding: &Finding) -> Self {
        let (pointer, environments) = (finding.location.pointer.clone(), finding.environments.len());
        Self { pointer, severity: finding.severity, environments }
    }

    /// Whether a finding is no more than this one was.
    fn covers(&self, finding: &Finding) -> bool {
        self.severity >= finding.severity && self.environments >= finding.environments.len()
    }
}

impl Known {
    /// Of a judgement of a scan.
    pub(super) fn new(judgement: &Judgement, scan: &Scan) -> Self {
        let mut findings: HashMap<Key, Vec<Seen>> = HashMap::new();
        for finding in &judgement.findings {
            findings.entry(Key::of_finding(finding, &scan.sources)).or_default().push(Seen::of(finding));
        }
        let undecided = judgement.undecided.iter();
        let undecided = undecided
            .map(|one| Key::new(&one.rule, Some(&one.object), &one.location, &scan.sources))
            .collect();
        let files = scan.not_linted.iter().map(|file| (file.path.clone(), file.reason)).collect();
        Self { findings, undecided, files }
    }

    /// Whether the file was not linted then, for the same reason.
    pub(super) fn has_file(&self, file: &NotLinted) -> bool {
        self.files.contains(&(file.path.clone(), file.reason))
    }

    /// Leaves of a judgement what is new or worse; gives the number of findings that are left out.
    pub(super) fn leave_new(&self, judgement: &mut Judgement, sources: &Sources) -> usize {
        let mut left = self.findings.clone();
        let findings = std::mem::take(&mut judgement.findings);
        let all = findings.len();
        // Those at the very same place are found again first, whatever moved into their list.
        let rest =
            without(findings, &mut left, sources, |seen, finding| seen.pointer == finding.location.pointer);
        judgement.findings = without(rest, &mut left, sources, |_, _| true);
        judgement.undecided.retain(|one| {
            !self.undecided.contains(&Key::new(&one.rule, Some(&one.object), &one.location, sources))
        });
        all - judgement.findings.len()
    }
}

/// The findings that none of what is left covers; what covers one is taken.
fn without(
    findings: Vec<Finding>,
    left: &mut HashMap<Key, Vec<Seen>>,
    sources: &Sources,
    is_it: impl Fn(&Seen, &Finding) -> bool,
) -> Vec<Finding> {
    let is_new = |finding: &Finding| {
        let Some(seen) = left.get_mut(&Key::of_finding(finding, sources)) else { return true };
        let at = seen.iter().position(|seen| is_it(seen, finding) && seen.covers(finding));
        at.map(|at| seen.swap_remove(at)).is_none()
    };
    let mut is_new = is_new;
    findings.into_iter().filter(|finding| is_new(finding)).collect()
}

impl Key {
    fn of_finding(finding: &Finding, sources: &Sources) -> Self {
        Self::new(&finding.rule, finding.object.as_ref(), &finding.location, sources)
    }

    fn new(rule: &str, object: Option<&ObjectRef>, location: &Location, sources: &Sources) -> Self {
        let place = match object {
            Some(_) => without_indices(&location.pointer),
            None => line(location.span.source, location.span.start, sources),
        };
        let group =
            |object: &ObjectRef| object.api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        Self {
            rule: rule.to_owned(),
            object: object.map(|object| (group(object), object.to_string())),
            place,
        }
    }
}

fn without_indices(pointer: &str) -> String {
    let part = |part: &'_ str| {
        let is_index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_index { "*".to_owned() } else { part.to_owned() }
    };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The text of a line.
fn line(source: SourceId, byte: u32, sources: &Sources) -> String {
    let bytes = sources.get(source).map(manifest::Source::bytes).unwrap_or_default();
    let (before, after) = bytes.split_at_checked(byte as usize).unwrap_or((bytes, &[]));
    let start = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(&[start, end].concat()).trim().to_owned()
}
