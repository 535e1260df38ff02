//! What the API server knows of each kind, as data: groups, scopes, defaults.
//!
//! Facts come from the released CRDs of CloudNativePG 1.30, the Barman Cloud plugin 0.14 and
//! External Secrets 2.9, and from the Kubernetes API reference for built-in kinds.

mod check;
mod defaults;
mod fixed;
mod generated;
mod kinds;
mod place;
pub mod postgres;
mod suggest;
mod tables;
mod tree;

pub use check::{Fault, Report, Unchecked, Violation, check};
pub use defaults::default;
pub use fixed::{Fixed, fixed, unknown_part};
pub use kinds::{Judged, Kind, kind, kinds};
pub use place::suggestion;
pub use suggest::did_you_mean;
pub use tree::{Field, Release, Type, is_before, is_newer, release, releases, since};
