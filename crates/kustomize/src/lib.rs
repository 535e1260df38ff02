//! What `kustomize build` would render, with the place where every value was written.
//!
//! [`build`] reads a kustomization and all it includes from a [`Checkout`] and gives the objects that
//! kustomize 5 would print. Every key and value keeps the [`manifest::Origin`] of where a person wrote it:
//! in the base, in a patch (one inside a string too), or in a field of a kustomization such as `namespace`.
//! A value made of two, such as a name with a prefix, has the place of the one that was there, and in
//! `used_at` that of what changed it.
//!
//! Where kustomize would fail and print nothing, the reason is a [`Problem`] and the rest is rendered as
//! well as possible. What other programs make (charts, remote bases, plugins) is named in
//! [`Build::not_rendered`].
//!
//! This crate knows nothing of CloudNativePG: like kustomize it follows names only in built-in kinds.

mod accumulate;
mod build;
mod builder;
mod checkout;
mod config;
mod dialect;
mod fieldpath;
mod fields;
mod fieldspec;
mod generate;
mod generators;
mod hash;
mod images;
mod item;
mod join;
mod jsonpatch;
mod load;
mod memory;
mod merge;
mod patches;
mod paths;
mod pool;
mod references;
mod referrers;
mod replace;
mod root;
mod schema;
mod scope;
mod selector;
mod specs;
mod transform;
mod tree;

pub use build::{
    Build, Chart, Edits, Limits, NotRendered, NotRenderedKind, Problem, ProblemKind, Resource, Root,
    Uncertain, UncertainKind,
};
pub use checkout::{Checkout, FileText};
pub use memory::Memory;
pub use root::build;
