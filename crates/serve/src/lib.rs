//! The HTTPS server of the admission webhook: sockets, TLS, timers, shedding, draining, probes, metrics, logs.
//!
//! It knows no rule and no object. Whoever does implements [`Review`]; the server gives it bodies and
//! deadlines, and counts and logs the [`Event`]s that it gets back.
//!
//! Three ports of call: [`Server::bind`] and [`Server::run`]; [`Metrics`] and [`Conditions`], which others fill
//! in too; and [`CertStore`], into which a certificate can be swapped while the server runs.

mod accept;
mod body;
mod certificates;
mod conditions;
mod connection;
mod handler;
mod health;
mod http;
mod log;
mod metrics;
mod options;
mod pulse;
mod review;
mod runtime;
mod server;
mod shutdown;
mod tls;

pub use conditions::{Condition, Conditions};
pub use log::{Level, Log};
pub use metrics::Metrics;
pub use options::{Certificate, ClientCa, Limits, Options};
pub use review::{
    Answer, Decision, Event, ExemptedBy, Exemption, Finding, Mode, Operation, RequestInfo, Review,
};
pub use runtime::runtime;
pub use server::{BindError, Server};
pub use shutdown::Shutdown;
pub use tls::{AuthorityError, CertStore, CertificateError, FileError};
