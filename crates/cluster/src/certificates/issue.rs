//! Making CAs and the certificates that they sign: ECDSA P-256, the names a server has.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use std::time::{Duration, SystemTime};

/// Clocks differ: what is made now is already valid a while ago.
const BACKDATE: Duration = Duration::from_hours(1);

/// A key or certificate could not be made, or a stored key could not be read.
#[derive(Debug, thiserror::Error)]
#[error("self-signed certificate: {0}")]
pub struct IssueError(#[from] rcgen::Error);

/// A certificate and its key.
pub(super) struct Pair {
    pub certificate: String,
    pub key: String,
}

/// Makes a CA called `name` that is valid from `now` until `until`.
pub(super) fn authority(name: &str, now: SystemTime, until: SystemTime) -> Result<Pair, IssueError> {
    let key = KeyPair::generate()?;
    let mut params = authority_params(name);
    params.not_before = now.checked_sub(BACKDATE).unwrap_or(now).into();
    params.not_after = until.into();
    let certificate = params.self_signed(&key)?.pem();
    Ok(Pair { certificate, key: key.serialize_pem() })
}

/// Makes a server's certificate for `names` (host names and IP addresses), signed by the CA called
/// `authority` whose key is `authority_key`.
pub(super) fn leaf(
    names: &[String],
    authority: &str,
    authority_key: &str,
    now: SystemTime,
    until: SystemTime,
) -> Result<Pair, IssueError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = distinguished_name("cnpg-lint");
    params.not_before = now.checked_sub(BACKDATE).unwrap_or(now).into();
    params.not_after = until.into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::new(authority_params(authority), KeyPair::from_pem(authority_key)?);
    let certificate = params.signed_by(&key, &issuer)?.pem();
    Ok(Pair { certificate, key: key.serialize_pem() })
}

/// What a CA called `name` is, but for its dates: enough to sign in its name.
fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
