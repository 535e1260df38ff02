//! A live cluster seen through the Kubernetes API.
//!
//! [`connect`] finds the API server; [`watch`] keeps a [`Store`] of objects in step with it. This
//! crate knows no rule and no HTTP server: what a kind means, and what an absent one leaves open,
//! is for the store to say.

mod connect;
mod kinds;
mod store;
mod trim;
mod watch;

pub use connect::{ConnectError, connect};
pub use kinds::{WATCHED, WatchedKind};
pub use kube::Client;
pub use store::Store;
pub use watch::{Options, Watches, watch};
