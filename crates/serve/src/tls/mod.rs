//! TLS: what is served, who is let in, and how both change while the server runs.

mod clients;
mod files;
mod store;

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, version};

pub use clients::AuthorityError;
pub(crate) use clients::Clients;
pub use files::FileError;
pub(crate) use files::{Authorities, Pair, Polled};
pub(crate) use store::Served;
pub use store::{CertStore, CertificateError};

/// The configuration of every connection. It is made once: the certificate and the authorities are looked up
/// at each handshake. No session is resumed, so a certificate that is no longer let in stays out.
pub(crate) fn config(
    store: &CertStore,
    clients: Option<Arc<Clients>>,
    tls12: bool,
) -> Result<ServerConfig, rustls::Error> {
    let versions: &[_] = if tls12 { &[&version::TLS13, &version::TLS12] } else { &[&version::TLS13] };
    let verifier: Arc<dyn ClientCertVerifier> = match clients {
        Some(clients) => clients,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(store.clone()));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
