//! Rule files: load, compile, judge; findings, severities, suppressions.
//!
//! A rule is one YAML file ([`rule_file`]); [`judge`] holds objects of an Inventory against the
//! rules and gives a [`Judgement`]; [`suppress`] takes out of it what someone gave a reason for.

pub mod baseline;
mod compile;
pub mod config;
mod examples;
mod expr;
pub mod finding;
pub mod fingerprint;
mod judge;
mod once;
mod reading;
mod rule;
mod rule_error;
pub mod rule_file;
mod select;
pub mod suppress;
mod template;

pub use examples::{ExampleFailure, first_finding, inventory_of, run_examples};
pub use finding::{
    Check, Failure, Finding, Judgement, Location, ObjectRef, Outcome, RefusedBy, Related, RuleDoc, Severity,
    Suppressed, SuppressedBy, Undecided,
};
pub use judge::{Change, Input, Pasts, judge};
pub use once::{name_overlays, told_once};
pub use reading::{Noted, reading_findings};
pub use rule::{Embedded, Rule, RuleSet};
pub use rule_error::RuleError;
pub use rule_file::{Door, Operation, RuleFile};
