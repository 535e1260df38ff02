//! Argo CD: which `Application`s an `ApplicationSet` makes, and what an `Application` deploys.

mod application;
mod fast;
mod filled;
mod generators;
mod git;
mod go;
mod lookup;
mod matching;
mod parameters;
mod roots;
mod set;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use roots::{ArgoRoot, is_root, read};
