//! Rule files: load, compile, judge; findings, severities, suppressions.
//!
//! A rule is one YAML file ([`rule_file`]); [`judge`] holds objects of an Inventory against the
//! rules and gives a [`Judgement`]; [`suppress`] takes out of it what someone gave a reason for.

pub mod finding;

pub use finding::{
    Check, Failure, Finding, Judgement, Location, ObjectRef, Outcome, RefusedBy, Related, RuleDoc, Severity,
    Suppressed, SuppressedBy, Undecided,
};
