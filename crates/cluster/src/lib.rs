//! A live cluster seen through the Kubernetes API.
//!
//! [`connect`] finds the API server; [`watch`] keeps a [`Store`] of objects in step with it;
//! [`self_signed`] keeps the certificates of a webhook. This crate knows no rule and no HTTP server:
//! what a kind means, and what an absent one leaves open, is for the store to say.

mod certificates;
mod connect;
mod kinds;
mod store;
mod trim;
mod watch;

pub use certificates::{
    Certificates, IssueError, MemoryError, Place, SelfSigned, Served, self_signed, self_signed_in_memory,
};
pub use connect::{ConnectError, connect};
pub use kinds::{WATCHED, WatchedKind};
pub use kube::Client;
pub use store::Store;
pub use watch::{Options, Watches, watch};

/// Who we are to the API server's record of who owns which field.
const FIELD_MANAGER: &str = "cnpg-lint";
