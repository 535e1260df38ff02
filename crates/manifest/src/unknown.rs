//! Which scalars are not known before something else fills them in.
//!
//! Reading keeps every scalar as the text has it. What a `${VAR}` means depends on the
//! door and the field, so the caller says in which [`Dialect`] a value is written.

use crate::holes;
use crate::node::{Entry, Map, Node, Value, pointer_token};
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
/// values, and opens maps whose keys are not known. A node for which `literal` says so (it
/// gets the RFC 6901 pointer from `node`) is left as it is, with all below it.
pub fn mark_unknowns(node: &mut Node, dialect: Dialect, literal: &dyn Fn(&str) -> bool) {
    if dialect == Dialect::LITERAL {
        return;
    }
    Marker { dialect, literal, pointer: String::new() }.node(node);
}

struct Marker<'l> {
    dialect: Dialect,
    literal: &'l dyn Fn(&str) -> bool,
    /// Of the node that is looked at.
    pointer: String,
}

impl Marker<'_> {
    fn node(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::String(text) => {
                // Asking is dear, so ask only where it matters.
                let Some(value) = holes::understand(text, self.dialect) else { return };
                if !(self.literal)(&self.pointer) {
                    node.value = value;
                }
            }
            Value::List(_) | Value::Map(_) if (self.literal)(&self.pointer) => {}
            Value::List(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.below(&at.to_string(), item);
                }
            }
            Value::Map(map) => self.map(map),
            _ => {}
        }
    }

    fn map(&mut self, map: &mut Map) {
        for Entry { key, value, .. } in &mut map.entries {
            if map.open.is_none() {
                map.open = holes::understand(key, self.dialect).and_then(|value| reason(&value));
            }
            self.below(&pointer_token(key), value);
        }
    }

    fn below(&mut self, token: &str, node: &mut Node) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(token);
        self.node(node);
        self.pointer.truncate(length);
    }
}

fn reason(value: &Value) -> Option<UnknownReason> {
    match value {
        Value::Unknown(unknown) => Some(unknown.reason.clone()),
        Value::Partial(partial) => Some(partial.reason.clone()),
        _ => None,
    }
}
