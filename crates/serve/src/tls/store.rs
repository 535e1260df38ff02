//! The certificate that is served: parsed, checked and swapped whole.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use tokio::sync::watch;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

/// The certificate that is served; clones hold the same one. Empty until the first [`swap`](Self::swap):
/// connections are refused and readiness says no.
#[derive(Debug, Clone)]
pub struct CertStore(Arc<watch::Sender<Option<Served>>>);

/// What is served.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    key: Arc<CertifiedKey>,
    pub(crate) not_after: SystemTime,
}

/// Why a certificate is not served.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CertificateError {
    #[error("the certificate is not PEM: {0}")]
    Pem(pem::Error),
    #[error("the key is not PEM of a PKCS#8, PKCS#1 or SEC1 private key: {0}")]
    KeyPem(pem::Error),
    #[error("there is no certificate")]
    Empty,
    #[error("the certificate is not valid X.509")]
    X509,
    #[error("the key does not belong to the certificate, or is of a kind that is not supported: {0}")]
    Key(rustls::Error),
    #[error("the certificate is not valid yet")]
    NotYetValid,
    #[error("the certificate has expired")]
    Expired,
}

impl CertificateError {
    /// Whether time alone can mend it, or has broken it.
    pub(crate) fn is_date(&self) -> bool {
        matches!(self, Self::NotYetValid | Self::Expired)
    }
}

impl CertStore {
    /// An empty store.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Serves a certificate from the next connection on, and says when it ends. On an error the one before
    /// stays.
    ///
    /// `chain` is PEM, the certificate first, the authorities that signed it after; `key` is PEM, too.
    pub fn swap(&self, chain: &[u8], key: &[u8]) -> Result<SystemTime, CertificateError> {
        let served = Served::read(chain, key)?;
        let not_after = served.not_after;
        self.0.send_replace(Some(served));
        Ok(not_after)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_none()
    }

    /// Sees every swap from now on, and what is served now.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Served>> {
        self.0.subscribe()
    }
}

impl Default for CertStore {
    fn default() -> Self {
        Self::new()
    }
}

impl ResolvesServerCert for CertStore {
    /// The one certificate there is, whatever name was asked for: calls by address name none.
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.borrow().as_ref().map(|served| Arc::clone(&served.key))
    }
}

impl Served {
    fn read(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(CertificateError::Pem)?;
        let leaf = chain.first().ok_or(CertificateError::Empty)?;
        let (not_before, not_after) = validity(leaf)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(CertificateError::KeyPem)?;
        let key =
            CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(CertificateError::Key)?;
        let now = SystemTime::now();
        if now < not_before {
            return Err(CertificateError::NotYetValid);
        }
        if now > not_after {
            return Err(CertificateError::Expired);
        }
        Ok(Self { key: Arc::new(key), not_after })
    }
}

fn validity(certificate: &CertificateDer<'_>) -> Result<(SystemTime, SystemTime), CertificateError> {
    let (_, certificate) = parse_x509_certificate(certificate).map_err(|_| CertificateError::X509)?;
    let time = |seconds: i64| UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let validity = certificate.validity();
    Ok((time(validity.not_before.timestamp()), time(validity.not_after.timestamp())))
}
