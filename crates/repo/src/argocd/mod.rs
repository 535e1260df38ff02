//! Argo CD: which `Application`s an `ApplicationSet` makes, and what an `Application` deploys.

pub(crate) mod application;
mod fast;
mod filled;
pub(crate) mod generators;
mod git;
mod go;
pub(crate) mod lookup;
mod matching;
mod parameters;
mod repository;
mod roots;
mod set;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use repository::own;
pub(crate) use roots::{ArgoRoot, Deploys, is_root, read};
