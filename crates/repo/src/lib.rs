//! A checked-out repository to an Inventory: which files matter, and what deploys them.
//!
//! [`scan`] walks the files once, reads those that can matter, and says of every object which
//! environments deploy it into which namespace. It knows which kinds and names lead to a
//! database, not what is right or wrong about one.

mod argocd;
mod assemble;
mod book;
mod charts;
mod flux;
mod forget;
mod generated;
pub mod git;
mod graph;
mod hash;
mod input;
mod key;
mod kinds;
mod library;
mod links;
mod mention;
mod names;
mod neighbours;
mod pairs;
mod paths;
mod plain;
mod problem;
mod programs;
mod render;
mod rendering;
mod roots;
mod scan;
mod tree;
mod unlinted;
mod variables;
mod walk;
mod words;

pub use input::{Files, Input, Options, ScanError};
pub use pairs::Pairs;
pub use problem::RenderProblem;
pub use scan::{Scan, SourceInfo, Unavailable, scan, scan_observed};
pub use unlinted::{NotLinted, NotLintedReason};
