//! For tests: what kube-apiserver's dispatcher of validating webhooks does, without an API server.
//!
//! A [`Request`] says what a client asks of the API server. [`dispatch`] makes an `AdmissionReview` of
//! it, calls the webhooks of a list of [`Hook`]s, and gives the [`Outcome`] that the client, the audit
//! log and the operator of the API server would see. A webhook is anything that answers HTTP: a
//! function of bytes, or a server ([`Https`]).
//!
//! [`accepts`], [`warns`] and [`denies`] are what most tests need:
//!
//! ```
//! use dispatcher::{HttpReply, accepts};
//! use serde_json::{Value, json};
//!
//! let allow_all = |review: &[u8], _timeout: std::time::Duration| {
//!     let review: Value = serde_json::from_slice(review).unwrap_or_default();
//!     let response = json!({"uid": review["request"]["uid"], "allowed": true});
//!     let reply = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
//!     Ok(HttpReply::json(reply.to_string()))
//! };
//! accepts(&allow_all, json!({
//!     "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "db"}, "spec": {},
//! }));
//! ```
//!
//! Which requests reach a webhook (rules, selectors, match conditions) is not decided here: that is said
//! by a configuration, and only a real API server reads one.
//!
//! The real API server is asked the same in the tests of the crate `apiserver`; where the two differ,
//! this one is wrong.

mod authority;
mod call;
mod dispatch;
mod expect;
mod filter;
mod https;
mod request;
mod status;
pub mod stub;
mod verify;
mod webhook;

pub use authority::{Authority, Identity};
pub use call::{Clock, VirtualClock, WallClock};
pub use dispatch::{Decision, FailurePolicy, Hook, Outcome, SideEffects, dispatch};
pub use expect::{accepts, denies, warns};
pub use https::Https;
pub use request::{Operation, Request};
pub use status::Status;
pub use verify::{AdmissionResponse, verify_reply};
pub use webhook::{CallError, HttpReply, Webhook};
