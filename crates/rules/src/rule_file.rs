//! The format of a rule file, and reading it with errors at their place.

use crate::config::ParamValue;
use crate::finding::{RefusedBy, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule as its file has it. Documented for people in `README.md`, "Write a rule".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleFile {
    /// Unique, kebab-case.
    pub id: String,
    /// One line: what holds where the rule holds.
    pub title: String,
    /// How bad it is when it does not.
    pub severity: SeveritySpec,
    /// What it does at the webhook in enforce mode, independent of severity.
    #[serde(default)]
    pub admission: Admission,
    /// Who would refuse such an object anyway.
    #[serde(default)]
    pub refused_by: RefusedBySpec,
    /// `false`: only where the configuration turns it on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What the guideline asks of it: how it is set under `extends: guideline`. Absent: the
    /// guideline does not ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline: Option<GuidelineSpec>,
    /// What judges it, where that is not `select` and `assert`.
    #[serde(default)]
    pub judged_by: JudgedBy,
    /// Kinds it judges.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Where it can be judged.
    #[serde(default = "both_doors")]
    pub doors: Vec<Door>,
    /// What it must know.
    #[serde(default = "object_only")]
    pub needs: Vec<Need>,
    /// The kinds of the other objects that can change what it says: where those cannot be seen, it is
    /// undecided. For rules that need related objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// On which changes of an object it is judged; absent: on those that leave an object, or, if it
    /// needs the old one, on updates. On `delete` the object is the one that goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<Operation>>,
    /// Values that the configuration may change; typed by the default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, ParamValue>,
    /// CEL: whether the rule is about this object at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies: Option<String>,
    /// JSONPath: where it looks; for several kinds, a map from kind to path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<SelectSpec>,
    /// CEL, instead of `select`: a list of views of the topology; `self` is each of them, and
    /// findings stand at its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// What it means that nothing is there.
    #[serde(default)]
    pub when_absent: WhenAbsent,
    /// CEL: what must hold of `self`; without it, being there is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assert: Option<String>,
    /// One sentence for one finding; CEL between `{{ }}`.
    pub message: String,
    /// Why it matters: Markdown.
    pub why: String,
    /// What to type; CEL between `{{ }}`.
    pub help: String,
    /// Other places to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedSpec>,
    /// How a tool could mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Rules that, when broken on the same object, already say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// Where it comes from.
    #[serde(default)]
    pub source: Vec<String>,
    /// Examples, that run as tests.
    #[serde(default)]
    pub examples: Vec<Example>,
}

fn yes() -> bool {
    true
}

fn both_doors() -> Vec<Door> {
    vec![Door::Repo, Door::Admission]
}

fn object_only() -> Vec<Need> {
    vec![Need::Object]
}

/// What a rule file says to people, apart from what it takes to judge: most of a file, and not
/// needed for most runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Documentation {
    /// Why it matters: Markdown.
    pub why: String,
    /// Where it comes from.
    pub source: Vec<String>,
    /// Examples, that run as tests.
    pub examples: Vec<Example>,
}

impl RuleFile {
    /// Whether it is judged on that change of an object.
    pub fn is_on(&self, operation: Operation) -> bool {
        match &self.on {
            Some(on) => on.contains(&operation),
            None if self.needs.contains(&Need::Old) => operation == Operation::Update,
            None => operation != Operation::Delete,
        }
    }

    /// Takes out the documentation.
    pub(crate) fn take_documentation(&mut self) -> Documentation {
        Documentation {
            why: std::mem::take(&mut self.why),
            source: std::mem::take(&mut self.source),
            examples: std::mem::take(&mut self.examples),
        }
    }

    /// Puts it back.
    pub(crate) fn with_documentation(self, documentation: Documentation) -> Self {
        let Documentation { why, source, examples } = documentation;
        Self { why, source, examples, ..self }
    }
}

/// How a rule is set under `extends: guideline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidelineSpec {
    /// How bad it is to the guideline.
    #[serde(default = "error")]
    pub severity: Level,
    /// Parameters as the guideline has them, where they are not the defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, ParamValue>,
}

fn error() -> Level {
    Level::Error
}

/// One severity, or the first whose condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SeveritySpec {
    /// Always this.
    Always(Level),
    /// The first whose `when` holds; the last has none.
    Conditional(Vec<SeverityCase>),
}

/// A severity under a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityCase {
    /// CEL; absent: in every other case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The severity.
    pub is: Level,
}

/// A severity as files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `info`
    Info,
    /// `warning`
    Warning,
    /// `error`
    Error,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}

/// What a rule does at the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Admission {
    /// Refuses the request.
    Deny,
    /// Warns the one who makes it.
    #[default]
    Warn,
    /// Is only recorded.
    Audit,
}

/// Which program refuses such an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedBySpec {
    /// None does.
    #[default]
    None,
    /// The API server.
    ApiServer,
    /// The operator's webhook.
    Operator,
}

impl RefusedBySpec {
    /// As findings have it.
    pub fn program(self) -> Option<RefusedBy> {
        match self {
            Self::None => None,
            Self::ApiServer => Some(RefusedBy::ApiServer),
            Self::Operator => Some(RefusedBy::Operator),
        }
    }
}

/// What judges a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// Its own `select` and `assert`.
    #[default]
    Itself,
    /// Reading a text.
    Reading,
    /// Applying suppressions.
    Suppressions,
}

/// Where a rule can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Files of a repository.
    Repo,
    /// The admission webhook.
    Admission,
}

/// What a rule must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// The object.
    Object,
    /// Other objects.
    Related,
    /// The object as it was.
    Old,
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// It comes to be.
    Create,
    /// It is changed.
    Update,
    /// It goes.
    Delete,
}

/// Where a rule looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SelectSpec {
    /// One path for all kinds.
    One(String),
    /// Several paths.
    Several(Vec<String>),
    /// Paths for each kind.
    ByKind(BTreeMap<String, OneOrMore>),
}

/// One path or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl SelectSpec {
    /// The paths for a kind.
    pub fn paths(&self, kind: &str) -> &[String] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Several(paths) => paths,
            Self::ByKind(kinds) => match kinds.get(kind) {
                Some(OneOrMore::One(path)) => std::slice::from_ref(path),
                Some(OneOrMore::Several(paths)) => paths,
                None => &[],
            },
        }
    }
}

/// What it means that nothing is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenAbsent {
    /// The rule holds there.
    #[default]
    Holds,
    /// It is broken there.
    Broken,
    /// `self` is what the API server fills in.
    Default,
}

/// Another place to show with a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedSpec {
    /// CEL: a view, a map of the object, or a list of those.
    pub at: String,
    /// A short phrase; CEL between `{{ }}`.
    pub message: String,
}

/// How a tool could mend a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// CEL: the value to set.
    pub set: String,
    /// Whether setting it can do harm.
    pub safety: Safety,
}

/// Whether a fix can do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// It cannot.
    Safe,
    /// It can: a person decides.
    Unsafe,
}

/// An example of a rule; runs as a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Example {
    /// What it shows, if the manifest does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// JSONPaths of the places where the rule is broken, in order of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<String>,
    /// JSONPaths of the places where it cannot be known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
    /// `true`: the rule was checked and holds; `false` (with nothing else): it is not about this.
    #[serde(default)]
    pub holds: bool,
    /// The severity that the first finding must have, where it depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Level>,
    /// The message that the first finding must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Values for parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, ParamValue>,
    /// The objects as they were before; those of the same names are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// `true`: the objects of the manifest are deleted.
    #[serde(default)]
    pub deleted: bool,
    /// One or more objects; they are applied together.
    pub manifest: String,
}
