//! Certificates of our own making, for a webhook without cert-manager.
//!
//! A CA of one's own is easy to make and hard to replace: between a server that presents a new
//! certificate and an API server that still trusts the old CA, admissions fail. So each change goes
//! in steps, and the order is the whole point ([`Certificates`]): the new CA is added to the bundle,
//! the API server is seen to have it, then it signs what is served, and the old one leaves the
//! bundle when nothing it signed can be served any more.
//!
//! In a cluster ([`self_signed`]) one replica, the holder of a Lease, does this for all; the others
//! read what it wrote. Without one ([`self_signed_in_memory`]) the process does it for itself.

mod ca_bundle;
mod issue;
mod keeper;
mod memory;
mod rotation;
mod secret;

pub use issue::IssueError;
pub use keeper::{Place, SelfSigned, self_signed};
pub use memory::{MemoryError, self_signed_in_memory};
pub use rotation::{Certificates, Served};
