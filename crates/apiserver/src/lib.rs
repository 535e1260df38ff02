//! For tests: a real kube-apiserver with its etcd on 127.0.0.1, and kubectl and helm to ask it.
//!
//! ```no_run
//! let Some(cluster) = apiserver::Cluster::start_or_skip(&apiserver::Options::default()) else { return };
//! cluster.install_crds().expect("CRDs");
//! let shown = cluster.kubectl(&["get", "clusters"], "").expect("kubectl runs");
//! assert!(shown.success(), "{shown}");
//! ```
//!
//! The programs are those of the folder that `CNPG_LINT_TOOLS` names, else `tests/tools/build.sh` builds
//! them, once. Where that cannot be, tests say so and are skipped; under `CNPG_LINT_REQUIRE_TOOLS=1` they
//! fail. There is no controller manager: nothing collects garbage, and a deleted namespace stays
//! "Terminating".

mod audit;
mod cluster;
mod crds;
mod files;
mod program;
mod tools;
mod wait;
mod webhooks;

pub use audit::AuditEvent;
pub use cluster::{Cluster, Options, Output};
pub use tools::Tools;
pub use wait::wait_until;
pub use webhooks::{Registration, Rule};

/// Why there is no API server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The programs are not here and cannot be built.
    #[error("absent: {0}")]
    Absent(String),
    /// A program does not run, or does not do what it should.
    #[error("{0}")]
    Failed(String),
    /// A file, a process or a port.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A certificate.
    #[error("certificate: {0}")]
    Certificate(String),
}

/// For `map_err`: an error of the system with what was being done.
pub(crate) fn doing(what: &str) -> impl Fn(std::io::Error) -> Error + '_ {
    move |error| Error::Io(what.to_owned(), error)
}
