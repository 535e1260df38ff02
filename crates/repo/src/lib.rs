//! A checked-out repository to an Inventory: which files matter, and what deploys them.
//!
//! [`scan`] walks the files once, reads those that can matter, and says of every object which
//! environments deploy it into which namespace. It knows which kinds and names lead to a
//! database, not what is right or wrong about one.

mod argocd;
mod assemble;
mod deploy;
mod environment;
mod flux;
pub mod git;
mod graph;
mod hash;
mod input;
mod kinds;
mod kustomize;
mod library;
mod mention;
mod names;
mod neighbours;
mod pairs;
mod patch;
mod patching;
mod paths;
mod placing;
mod programs;
mod roots;
mod scan;
mod selector;
mod tree;
mod unlinted;
mod visit;
mod walk;
mod words;

pub use input::{Files, Input, Options, ScanError};
pub use pairs::Pairs;
pub use scan::{Scan, SourceInfo, Unavailable, scan, scan_observed};
pub use unlinted::{NotLinted, NotLintedReason};
