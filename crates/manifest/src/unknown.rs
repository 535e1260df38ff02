//! Which scalars are not known before something else fills them in.
//!
//! Reading keeps every scalar as the text has it. What a `${VAR}` means depends on the
//! door and the field, so the caller says in which [`Dialect`] a value is written.

use crate::holes;
use crate::node::{Entry, Node, Value};
use std::fmt;

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnknownReason {
    /// `${NAME}`: a variable that Flux (or a script) substitutes; its text as written.
    Variable(String),
    /// `ENC[…]`: encrypted by SOPS.
    Encrypted,
    /// `<path:…>`, `op://…` and kin: looked up elsewhere at deployment; its text as written.
    Placeholder(String),
    /// `{{ … }}` in a value: a template that something else renders; its text as written.
    Template(String),
    /// A custom YAML tag such as `!Find`.
    Tag(String),
    /// Changed by a patch that was not applied; who patches it (`path` of a kustomization).
    Patched(String),
    /// Left out when the text was read.
    Unread,
    /// An overlay or patch: what is not written here stands in the base.
    PartialManifest,
    /// Made by the templates of a Helm chart in a way that its values do not tell; which chart.
    Chart(String),
}

impl fmt::Display for UnknownReason {
    /// Reads after "spec.instances is …".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(text) | Self::Placeholder(text) | Self::Template(text) => out.write_str(text),
            Self::Encrypted => out.write_str("encrypted"),
            Self::Unread => out.write_str("not read"),
            Self::Tag(tag) => write!(out, "tagged {tag}"),
            Self::Patched(by) => write!(out, "patched by {by}"),
            Self::PartialManifest => out.write_str("not in this partial manifest"),
            Self::Chart(chart) => write!(out, "made by chart {chart} in a way that its values do not tell"),
        }
    }
}

/// How the texts of a value are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// `${VAR}` is a variable (a file) or literal (an admission request).
    pub variables: bool,
    /// `{{ … }}` is a template (a file) or literal (an ExternalSecret's own template).
    pub templates: bool,
    /// `ENC[…]`, `<path:…>`, `op://…` stand for something else (a file) or are literal.
    pub placeholders: bool,
}

impl Dialect {
    /// A file in a repository.
    pub const FILE: Self = Self { variables: true, templates: true, placeholders: true };
    /// An admission request: every string is what it says.
    pub const LITERAL: Self = Self { variables: false, templates: false, placeholders: false };
}

/// Turns the strings of `node` that are not known in `dialect` into `Partial` and `Unknown`
/// values, and opens maps whose keys are not known.
pub fn mark_unknowns(node: &mut Node, dialect: Dialect) {
    mark_unknowns_but(node, dialect, None);
}

/// As [`mark_unknowns`], but what stands at a path of keys is left as it is, with all below it.
pub fn mark_unknowns_but(node: &mut Node, dialect: Dialect, literal: Option<&[&str]>) {
    if dialect != Dialect::LITERAL {
        mark(node, dialect, literal);
    }
}

/// `literal` is the path from this node.
fn mark(node: &mut Node, dialect: Dialect, literal: Option<&[&str]>) {
    if literal.is_some_and(<[_]>::is_empty) {
        return;
    }
    match &mut node.value {
        Value::String(text) => {
            if let Some(value) = holes::understand(text, dialect) {
                node.value = value;
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| mark(item, dialect, None)),
        Value::Map(map) => {
            for Entry { key, value, .. } in &mut map.entries {
                if map.open.is_none() {
                    map.open = holes::understand(key, dialect).and_then(|value| reason(&value));
                }
                let below = literal.and_then(<[_]>::split_first);
                mark(value, dialect, below.filter(|(first, _)| *first == key).map(|(_, rest)| rest));
            }
        }
        _ => {}
    }
}

fn reason(value: &Value) -> Option<UnknownReason> {
    match value {
        Value::Unknown(unknown) => Some(unknown.reason.clone()),
        Value::Partial(partial) => Some(partial.reason.clone()),
        _ => None,
    }
}
