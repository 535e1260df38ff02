//! The HTTPS server of the admission webhook: sockets, TLS, timers, shedding, draining, probes, metrics, logs.
//!
//! It knows no rule and no object. Whoever does implements [`Review`]; the server gives it bodies and
//! deadlines, and counts and logs the [`Event`]s that it gets back.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # struct Reviewer;
//! # impl serve::Review for Reviewer {
//! #     fn review(&self, _: &[u8], _: &serve::RequestInfo<'_>) -> serve::Answer { unimplemented!() }
//! # }
//! use serve::{Certificate, Level, Log, Metrics, Options, Server, Shutdown};
//!
//! let certificate = Certificate::Files { certificate: "tls.crt".into(), key: "tls.key".into() };
//! let log = Log::stderr(Level::Info)?;
//! log.take_panics();
//! let mut options = Options::new("[::]:9443".parse()?, "[::]:9080".parse()?, certificate, log);
//! options.metrics = Metrics::new(&["clusters", "clusters/scale"]);
//! let metrics = options.metrics.clone(); // for the caches and the configuration
//! let caches = options.conditions.require("caches");
//! serve::runtime()?.block_on(async {
//!     let server = Server::bind(options, Reviewer).await?;
//!     metrics.config_reloaded(true, "sha256-12ab");
//!     metrics.cache_synced("Cluster", true);
//!     caches.set(true);
//!     server.run(Shutdown::on_signals()?).await;
//!     Ok(())
//! })
//! # }
//! ```
//!
//! A certificate that somebody else makes goes into a [`CertStore`], and can be swapped while the server runs.

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
