//! The reply to a review, and what there is to count and log of it.

use crate::effects::Told;
use crate::engine::Engine;
use crate::envelope::{Refusal, Request};
use rules::rule_file::Admission;
use rules::{Finding, Operation};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Runes that all warnings of a reply may have: beyond that the API server cuts each of them.
const MOST_WARNED: usize = 4096;
/// Runes of one warning, to which it would cut them.
const LONGEST_WARNING: usize = 256;
/// Findings that a denial spells out.
const MOST_SPELLED: usize = 20;
/// Runes of what it says of one.
const LONGEST_SPELLED: usize = 1024;
/// Runes of an audit annotation.
const LONGEST_ANNOTATION: usize = 2048;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status: 200 with an `AdmissionReview`, else a short text.
    pub status: u16,
    /// JSON where the status is 200, else plain text.
    pub body: Vec<u8>,
    /// What is counted and logged.
    pub record: Record,
    /// What rules found, in full and in the order of the body, which tells of it as far as there is room.
    pub findings: Vec<Finding>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decision {
    /// Allowed without a word.
    Allow,
    /// Allowed with warnings.
    Warn,
    /// Refused.
    Deny,
    /// Not a review.
    #[default]
    Error,
}

/// By what a finding is exempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExemptedBy {
    /// The annotation of the object.
    Annotation,
    /// The configuration.
    Configuration,
    /// The user or group that makes the request.
    User,
}

/// What there is to count and log of a review. Nothing of it is from the object but its identity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// As sent.
    pub uid: String,
    /// Who makes the request.
    pub user: String,
    /// The verb, as sent.
    pub operation: String,
    /// `Cluster`; of a subresource the kind of its parent.
    pub kind: String,
    /// `clusters`, `clusters/scale`.
    pub resource: String,
    /// Empty for objects that are in none.
    pub namespace: String,
    /// Empty on creation with a generated name.
    pub name: String,
    /// Nothing will be stored.
    pub dry_run: bool,
    /// What was decided.
    pub decision: Decision,
    /// Rules that are broken, and what each does.
    pub findings: Vec<(String, Admission)>,
    /// Exemptions that were used.
    pub exemptions: Vec<(String, ExemptedBy)>,
    /// How many rules could not be decided.
    pub undecided: usize,
    /// Rules that could not be evaluated.
    pub failures: Vec<String>,
    /// A kind, verb or subresource that is not judged.
    pub is_unexpected: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Status<'a> {
    code: u16,
    reason: &'static str,
    message: &'a str,
}

/// What a reply says, before it is written.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Why it is refused: the code and the text.
    pub(crate) denial: Option<(u16, String)>,
    pub(crate) warnings: Vec<String>,
    pub(crate) annotations: BTreeMap<&'static str, String>,
    pub(crate) record: Record,
    findings: Vec<Finding>,
}

impl Draft {
    /// Of a request of which nothing is said yet.
    pub(crate) fn new(request: &Request<'_>) -> Self {
        let resource = match request.sub_resource.as_ref() {
            "" => request.resource.resource.to_string(),
            sub => format!("{}/{sub}", request.resource.resource),
        };
        let record = Record {
            uid: request.uid.to_string(),
            user: request.user_info.username.to_string(),
            operation: request.operation.to_string(),
            kind: request.kind.kind.to_string(),
            resource,
            namespace: request.namespace.to_string(),
            name: request.name.to_string(),
            dry_run: request.dry_run.unwrap_or_default(),
            ..Record::default()
        };
        Self { record, ..Self::default() }
    }

    /// Adds to an audit annotation; its parts stand between commas.
    pub(crate) fn annotate(&mut self, key: &'static str, part: &str) {
        let value = self.annotations.entry(key).or_default();
        let is_there = value.split(',').any(|said| said == part);
        if !is_there && value.chars().count() + part.chars().count() < LONGEST_ANNOTATION {
            if !value.is_empty() {
                value.push(',');
            }
            value.push_str(part);
        }
    }

    /// Says what the findings do.
    pub(crate) fn tell(&mut self, engine: &Engine, told: Vec<Told>) {
        let denied: Vec<_> = told.iter().filter(|told| told.effect == Admission::Deny).collect();
        if !denied.is_empty() {
            let findings: Vec<_> = denied.iter().map(|told| &told.finding).collect();
            self.denial = Some((403, denial(engine, &findings)));
        }
        for told in &told {
            let rule = &told.finding.rule;
            let key = match told.effect {
                Admission::Deny => "denied",
                Admission::Warn => "warned",
                Admission::Audit => "audited",
            };
            self.annotate(key, rule);
            self.record.findings.push((rule.to_string(), told.effect));
            if told.effect == Admission::Warn {
                self.warnings.push(warning(&told.finding));
            }
        }
        self.findings = told.into_iter().map(|told| told.finding).collect();
    }

    /// Says that the object cannot be judged, which is never passed over.
    pub(crate) fn tell_unread(&mut self, rule: &str, why: &str, effect: Admission) {
        self.record.findings.push((rule.to_owned(), effect));
        let message = format!("{rule}: the object cannot be judged: {why}");
        match effect {
            Admission::Deny => {
                self.annotate("denied", rule);
                self.denial = Some((403, message));
            }
            Admission::Warn => {
                self.annotate("warned", rule);
                self.warnings.push(message);
            }
            Admission::Audit => self.annotate("audited", rule),
        }
    }

    /// Writes it.
    pub(crate) fn finish(mut self) -> Reply {
        let warnings = fit(&self.warnings);
        self.record.decision = match (&self.denial, warnings.is_empty()) {
            (Some(_), _) => Decision::Deny,
            (None, false) => Decision::Warn,
            (None, true) => Decision::Allow,
        };
        let message = self.denial.as_ref().map(|(_, text)| speakable(text));
        let status = self.denial.as_ref().zip(message.as_deref()).map(|((code, _), message)| Status {
            code: *code,
            reason: if *code == 400 { "BadRequest" } else { "Forbidden" },
            message,
        });
        let review = Review {
            api_version: "admission.k8s.io/v1",
            kind: "AdmissionReview",
            response: Response {
                uid: &self.record.uid,
                allowed: self.denial.is_none(),
                status,
                warnings: &warnings,
                audit_annotations: self
                    .annotations
                    .iter()
                    .map(|(key, value)| (*key, one_line(value)))
                    .collect(),
            },
        };
        // Strings and maps of strings can always be written; were they not, it is our fault.
        let (status, body) = serde_json::to_vec(&review)
            .map_or_else(|_| (500, b"the reply cannot be written".to_vec()), |body| (200, body));
        Reply { status, body, record: self.record, findings: self.findings }
    }
}

/// What is no review.
pub(crate) fn refusal(refusal: Refusal) -> Reply {
    let body = refusal.text.as_bytes().to_vec();
    Reply { status: refusal.status, body, record: Record::default(), findings: Vec::new() }
}

/// `spec.storage.size`, for people.
fn place(finding: &Finding) -> String {
    let pointer = finding.location.pointer.trim_start_matches('/');
    if pointer.is_empty() {
        return "the object".to_owned();
    }
    let pointer = spelled(pointer);
    let parts = pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
    let mut text = String::new();
    for part in parts {
        let is_index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let _ = match (is_index, is_word) {
            (true, _) => write!(text, "[{part}]"),
            (_, true) if text.is_empty() => write!(text, "{part}"),
            (_, true) => write!(text, ".{part}"),
            _ => write!(text, "[{part}]"),
        };
    }
    text
}

fn warning(finding: &Finding) -> String {
    format!("{} at {}: {}", finding.rule, place(finding), finding.message)
}

/// All that a denial has to say: what, where, why, how to mend it, how to be exempted.
fn denial(engine: &Engine, findings: &[&Finding]) -> String {
    let mut text = match findings.len() {
        1 => "1 finding".to_owned(),
        more => format!("{more} findings"),
    };
    for finding in findings.iter().take(MOST_SPELLED) {
        let (place, message) = (place(finding), spelled(&finding.message));
        let _ = write!(text, "\n- {} at {place}: {message}", finding.rule);
        if let Some(rule) = engine.rules.get(&finding.rule) {
            let why = one_line(&rule.documentation().why);
            let _ = write!(text, "\n  why: {}", first_sentence(&why));
        }
        if !finding.help.is_empty() {
            let _ = write!(text, "\n  mend: {}", spelled(&finding.help));
        }
    }
    if let Some(more) = findings.len().checked_sub(MOST_SPELLED).filter(|more| *more > 0) {
        let _ = write!(text, "\n+{more} more");
    }
    // What is deleted on purpose says so, as the help has it, and not that it may be ignored.
    let is_deletion = |finding: &&Finding| {
        let rule = engine.rules.get(&finding.rule);
        rule.is_some_and(|rule| rule.file().is_on(Operation::Delete))
    };
    if findings.iter().copied().any(|finding| is_deletion(&finding)) {
        return text;
    }
    let mut honoured = findings.iter().map(|finding| finding.rule.as_ref());
    let honoured = honoured.find(|rule| engine.config.admission().honours(rule));
    let _ = match honoured {
        Some(rule) => write!(
            text,
            "\nTo live with it, give a reason on the object: annotation {}: \"{rule}: until=<day> <reason>\"",
            rules::suppress::ANNOTATION
        ),
        None => write!(text, "\nNo annotation exempts from this here; the configuration of cnpg-lint can"),
    };
    text
}

/// What of a text has room in a denial.
fn spelled(text: &str) -> String {
    shorten(&one_line(text), LONGEST_SPELLED)
}

fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text)
}

/// White space and control characters to single spaces: the API server drops a warning with a line break.
pub(crate) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Flux takes a refusal that speaks of an immutable field for one that is mended by deleting the object, and
/// with `force` it does: no text of ours, nor a name or value in it, may read so.
fn speakable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.as_bytes().windows(WORD.len()).position(|part| part.eq_ignore_ascii_case(WORD))
    {
        clean.push_str(rest.get(..at).unwrap_or_default());
        clean.push_str("unchangeable");
        rest = rest.get(at + WORD.len()..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

const WORD: &[u8] = b"immutable";

/// Warnings that the API server passes on whole.
fn fit(warnings: &[String]) -> Vec<String> {
    let mut fitting: Vec<String> = Vec::new();
    let mut runes = 0;
    // Room for saying that there are more.
    let most = MOST_WARNED - LONGEST_WARNING;
    for (index, warning) in warnings.iter().enumerate() {
        let warning = shorten(&one_line(warning), LONGEST_WARNING);
        if fitting.contains(&warning) {
            continue;
        }
        let length = warning.chars().count();
        if runes + length > most {
            let more = warnings.len() - index;
            fitting.push(format!("cnpg-lint has {more} more warnings; `cnpg-lint check` tells all of them"));
            break;
        }
        runes += length;
        fitting.push(warning);
    }
    fitting
}

fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let cut: String = text.chars().take(longest - 1).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut.get(..end).unwrap_or(&cut))
}
