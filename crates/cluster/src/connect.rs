//! How the API server is found: a kubeconfig file, else the account of the pod, else not at all.

use kube::Client;
use kube::config::{Config, InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A connection on which nothing was heard for so long is dead. Longer than a watch stays open, so
/// that one that is merely quiet is not cut.
const QUIET: Duration = Duration::from_secs(90);

/// Why there is no client, and what was tried.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The named kubeconfig file cannot be used.
    #[error("kubeconfig {}: {source}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// Inside a cluster, but the pod's service account cannot be used.
    #[error("the service account of this pod (KUBERNETES_SERVICE_HOST is set): {0}")]
    InCluster(#[source] Box<InClusterError>),
    /// Certificates or credentials that no client can be made of.
    #[error("{tried}: {source}")]
    Client {
        /// Where the configuration came from.
        tried: String,
        /// What is wrong with it.
        source: Box<kube::Error>,
    },
}

/// A client for the cluster of `kubeconfig`'s current context; without a file, for the cluster this
/// process runs in; `None` outside of one. Nothing is sent yet.
///
/// `KUBECONFIG` and the home directory are not looked at: a webhook that happens to run on
/// someone's machine must not watch that person's cluster.
pub async fn connect(kubeconfig: Option<&Path>) -> Result<Option<Client>, ConnectError> {
    let (mut config, tried) = match kubeconfig {
        Some(path) => (from_file(path).await?, format!("kubeconfig {}", path.display())),
        None if env::var_os("KUBERNETES_SERVICE_HOST").is_none() => return Ok(None),
        None => {
            let config = Config::incluster().map_err(|error| ConnectError::InCluster(Box::new(error)))?;
            (config, "the service account of this pod".to_owned())
        }
    };
    config.read_timeout = Some(QUIET);
    // Whoever asks knows how long to wait and what to say meanwhile; this would hide it for minutes.
    config.default_retry = false;
    match Client::try_from(config) {
        Ok(client) => Ok(Some(client)),
        Err(error) => Err(ConnectError::Client { tried, source: Box::new(error) }),
    }
}

async fn from_file(path: &Path) -> Result<Config, ConnectError> {
    let failed = |source| ConnectError::Kubeconfig { path: path.to_owned(), source: Box::new(source) };
    let kubeconfig = Kubeconfig::read_from(path).map_err(failed)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(failed)
}
