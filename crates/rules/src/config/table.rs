//! Which rules there are, as far as a configuration or a suppression must know.

use crate::finding::Severity;
use crate::rule_file::Door;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any finite number.
    Float(f64),
    /// Text.
    String(String),
    /// A list of texts; the empty list is one.
    Strings(Vec<String>),
    /// A list of whole numbers.
    Ints(Vec<i64>),
}

/// What a parameter can hold; told from its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Any finite number.
    Float,
    /// Text.
    String,
    /// A list of texts.
    Strings,
    /// A list of whole numbers.
    Ints,
}

impl ParamValue {
    /// Its type.
    pub fn kind(&self) -> ParamType {
        match self {
            Self::Bool(_) => ParamType::Bool,
            Self::Int(_) => ParamType::Int,
            Self::Float(_) => ParamType::Float,
            Self::String(_) => ParamType::String,
            Self::Strings(_) => ParamType::Strings,
            Self::Ints(_) => ParamType::Ints,
        }
    }
}

impl ParamType {
    /// With an article, as it stands in a sentence.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Bool => "`true` or `false`",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::String => "a string",
            Self::Strings => "a list of strings",
            Self::Ints => "a list of whole numbers",
        }
    }
}

impl fmt::Display for ParamValue {
    /// As one would write it in YAML.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |out: &mut fmt::Formatter<'_>, items: Vec<String>| write!(out, "[{}]", items.join(", "));
        match self {
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            // `{:?}` keeps the `.0`, so that it reads back as the type it is.
            Self::Float(value) => write!(out, "{value:?}"),
            Self::String(value) => write!(out, "{value:?}"),
            Self::Strings(items) => list(out, items.iter().map(|item| format!("{item:?}")).collect()),
            Self::Ints(items) => list(out, items.iter().map(ToString::to_string).collect()),
        }
    }
}

/// A parameter of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// As rules and configurations write it.
    pub name: String,
    /// What it is unless configured; fixes the type.
    pub default: ParamValue,
}

/// What the guideline asks of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// How bad it is to the guideline.
    pub severity: Severity,
    /// Parameters as the guideline has them, where they are not the defaults.
    pub params: BTreeMap<String, ParamValue>,
}

/// A rule, as far as a configuration must know it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEntry {
    /// Its id.
    pub id: Arc<str>,
    /// Its category.
    pub category: Arc<str>,
    /// One line.
    pub title: String,
    /// The severity it has unless configured or conditional; the worst of a conditional one.
    pub severity: Severity,
    /// `false`: off unless the configuration turns it on.
    pub enabled: bool,
    /// Where it can be judged.
    pub doors: Vec<Door>,
    /// What can be set.
    pub params: Vec<Param>,
    /// What `extends: guideline` makes of it; `None`: nothing.
    pub guideline: Option<Demand>,
}

impl RuleEntry {
    /// It is judged in the repository and at the webhook.
    pub fn has_both_doors(&self) -> bool {
        self.doors.contains(&Door::Repo) && self.doors.contains(&Door::Admission)
    }

    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// Every rule there is, by id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleTable(BTreeMap<Arc<str>, RuleEntry>);

impl RuleTable {
    /// Of two entries with one id the last is kept.
    pub fn new(entries: impl IntoIterator<Item = RuleEntry>) -> Self {
        Self(entries.into_iter().map(|entry| (Arc::clone(&entry.id), entry)).collect())
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&RuleEntry> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &RuleEntry> {
        self.0.values()
    }

    /// Their ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(AsRef::as_ref)
    }
}
