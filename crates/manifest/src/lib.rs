//! Text to located Nodes: YAML and JSON read as kubectl reads it.
//!
//! A [`Source`] is one text. [`read`] splits it into [`Document`]s as
//! `k8s.io/apimachinery` does, parses each as `sigs.k8s.io/yaml` does, and keeps for
//! every key and value the place where it was written. [`manifests`] turns a document
//! into Kubernetes objects (a `List` into its items). [`read_embedded`] reads a text inside a scalar. [`mark_unknowns`] says afterwards
//! which scalars are not known before something else (Flux, SOPS, Argo CD) fills them in.
//!
//! This crate knows nothing of CloudNativePG.

mod embedded;
mod holes;
mod json;
mod node;
mod object;
mod read;
mod source;
mod unknown;

pub use embedded::read_embedded;
pub use json::to_json;
pub use node::{Entry, Lookup, Map, Node, Number, Origin, Part, Partial, Unknown, Value, pointer_token};
pub use object::{Manifest, manifests};
pub use read::{
    Comment, Document, Limits, Problem, ProblemKind, ReadError, Reading, pass_json, read, read_json,
};
pub use source::{Position, Source, SourceId, Sources, Span};
pub use unknown::{Dialect, UnknownReason, mark_unknowns, mark_unknowns_but};
