//! What judging gives: one model, that every output renders.

use manifest::Span;
use std::fmt;
use std::sync::Arc;

/// How bad a finding is; ordered, `Error` is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something will go wrong under circumstances that occur.
    Warning,
    /// Data will be lost, credentials leak, or the object does not work.
    Error,
}

impl Severity {
    /// All, the mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// `error`, `warning` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// Which program would refuse such an object at admission anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusedBy {
    /// The API server: schema.
    ApiServer,
    /// CloudNativePG's own webhook.
    Operator,
}

impl RefusedBy {
    /// `api-server` or `operator`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiServer => "api-server",
            Self::Operator => "operator",
        }
    }
}

/// The identity of an object, as deployed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// `postgresql.cnpg.io/v1`.
    pub api_version: String,
    /// `Cluster`.
    pub kind: String,
    /// The effective namespace; `None` where nothing says it, or the kind has none.
    pub namespace: Option<String>,
    /// `metadata.name` as written, variables and all.
    pub name: Option<String>,
}

impl fmt::Display for ObjectRef {
    /// `Cluster immich/immich-postgresql`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(out, "{namespace}/")?;
        }
        out.write_str(self.name.as_deref().unwrap_or("(no name)"))
    }
}

/// A place in a text and in an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// What is marked. For something absent: the key of its nearest parent that is there.
    pub span: Span,
    /// RFC 6901 pointer of what is meant, in its object, even where nothing is there; empty
    /// for places outside of objects.
    pub pointer: String,
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// What it has to do with the finding; a short phrase.
    pub message: String,
    /// Where.
    pub location: Location,
}

/// A rule broken at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The rule's category.
    pub category: Arc<str>,
    /// As configured for this object.
    pub severity: Severity,
    /// Who would refuse the object anyway.
    pub refused_by: Option<RefusedBy>,
    /// One sentence: what is wrong here.
    pub message: String,
    /// What to do about it; empty if there is nothing to say.
    pub help: String,
    /// The object; `None` for findings about a text.
    pub object: Option<ObjectRef>,
    /// Paths of the environments in which it is so, sorted; empty for findings about a text.
    pub environments: Vec<String>,
    /// Where.
    pub location: Location,
    /// Other places, in the order they should be read.
    pub related: Vec<Related>,
}

/// What somebody suppressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressedBy {
    /// A comment `# cnpg-lint: ignore[…]`.
    Comment,
    /// The annotation `cnpg-lint.dev/ignore`.
    Annotation,
    /// The configuration.
    Configuration,
    /// The baseline file.
    Baseline,
}

/// A finding that somebody gave a reason for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding as it would have been.
    pub finding: Finding,
    /// By what.
    pub by: SuppressedBy,
    /// The reason given; empty for a baseline.
    pub reason: String,
    /// Where the suppression is written, if in a text of the run.
    pub span: Option<Span>,
}

/// A judgement that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The object.
    pub object: ObjectRef,
    /// The place that was looked at.
    pub location: Location,
    /// What was not known: `spec.instances is ${PG_INSTANCES}`.
    pub reason: String,
}

/// A rule that failed to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The object.
    pub object: ObjectRef,
    /// What went wrong.
    pub message: String,
}

/// How a judgement came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The rule holds.
    Holds,
    /// It is broken.
    Broken,
    /// It cannot be known.
    Undecided,
    /// It is broken, and somebody gave a reason.
    Suppressed,
}

impl Outcome {
    /// `holds`, `broken`, `undecided` or `suppressed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Undecided => "undecided",
            Self::Suppressed => "suppressed",
        }
    }
}

/// One judgement of one rule at one place of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The object.
    pub object: ObjectRef,
    /// The place that was judged.
    pub location: Location,
    /// How it came out.
    pub outcome: Outcome,
}

/// Everything that judging gave. Sorted by place, then by rule: the same on every run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Rules broken.
    pub findings: Vec<Finding>,
    /// Rules broken, with a reason given.
    pub suppressed: Vec<Suppressed>,
    /// What cannot be known.
    pub undecided: Vec<Undecided>,
    /// Rules that failed to evaluate.
    pub failures: Vec<Failure>,
    /// Every judgement.
    pub checks: Vec<Check>,
    /// How many objects were judged by at least one rule.
    pub objects: usize,
}

/// The documentation of a rule, from its file alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDoc {
    /// Unique, kebab-case.
    pub id: Arc<str>,
    /// The folder it is in.
    pub category: Arc<str>,
    /// One line.
    pub title: String,
    /// The severity it has unless configured or conditional; the worst of a conditional one.
    pub severity: Severity,
    /// Who would refuse such an object anyway.
    pub refused_by: Option<RefusedBy>,
    /// Why it matters: Markdown.
    pub why: String,
    /// How to mend it; may hold `{{ }}` where it depends on the object.
    pub help: String,
    /// Kinds it judges; empty for rules about texts.
    pub kinds: Vec<String>,
    /// Where it can be judged: `repo`, `admission`.
    pub doors: Vec<String>,
    /// Where it comes from: `guideline#…`, documentation.
    pub source: Vec<String>,
    /// `false`: off unless the configuration turns it on.
    pub enabled: bool,
}
