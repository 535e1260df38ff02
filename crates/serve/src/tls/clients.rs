//! Who is let in: certificates of the given authorities, with one of the given names.

use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime, pem};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// Verifies client certificates against authorities that can be swapped.
#[derive(Debug)]
pub(crate) struct Clients {
    verifier: RwLock<Arc<dyn ClientCertVerifier>>,
    names: Vec<String>,
}

/// Why a file of authorities is not used.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AuthorityError {
    #[error("not PEM: {0}")]
    Pem(pem::Error),
    #[error("an authority is not valid X.509: {0}")]
    Authority(Error),
    #[error("no authority can be used: {0}")]
    Verifier(VerifierBuilderError),
}

impl Clients {
    /// Lets in what the authorities in `pem` signed for one of `names`, or for any name where there are none.
    pub(crate) fn new(pem: &[u8], names: Vec<String>) -> Result<Self, AuthorityError> {
        Ok(Self { verifier: RwLock::new(verifier(pem)?), names })
    }

    /// Changes the authorities. On an error those before stay.
    pub(crate) fn swap(&self, pem: &[u8]) -> Result<(), AuthorityError> {
        let verifier = verifier(pem)?;
        *self.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier;
        Ok(())
    }

    /// The name by which a certificate is let in.
    pub(crate) fn name(&self, certificate: &CertificateDer<'_>) -> Option<String> {
        let allowed = |name: &&str| self.names.is_empty() || self.names.iter().any(|known| known == name);
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let dns =
            alternatives.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(*name),
                _ => None,
            });
        let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        dns.chain(common).find(allowed).map(ToOwned::to_owned)
    }

    fn current(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.verifier.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn verifier(pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, AuthorityError> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pem) {
        roots.add(authority.map_err(AuthorityError::Pem)?).map_err(AuthorityError::Authority)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()))
        .build()
        .map_err(AuthorityError::Verifier)
}

impl ClientCertVerifier for Clients {
    /// None: a hint could name authorities that have just been swapped out, and no client needs one.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.current().verify_client_cert(certificate, chain, now)?;
        if !self.names.is_empty() && self.name(certificate).is_none() {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current().verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current().supported_verify_schemes()
    }
}
