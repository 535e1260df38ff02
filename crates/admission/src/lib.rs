//! `AdmissionReview` in, `AdmissionReview` out: a pure function over bytes, rules, configuration and what is
//! known of the cluster.
//!
//! [`Engine::review`] reads a review (`envelope`), judges its object among those of a [`Cache`]
//! (`world`), decides what each finding does (`effects`) and writes the reply (`reply`). It knows no
//! socket and no clock. Every string of an object is what it says: there are no variables at this door.

mod cache;
mod effects;
mod engine;
mod envelope;
mod exemptions;
mod hollow;
mod object;
mod pair;
mod reply;
mod review;
mod scale;
mod shelf;
mod sweep;
mod ties;
mod world;

pub use cache::Cache;
pub use engine::Engine;
pub use reply::{Decision, ExemptedBy, Record, Reply};
pub use rules::rule_file::Admission;
