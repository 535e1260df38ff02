//! Certificates without a cluster, as a client that was given the CA file sees them.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use cluster::self_signed_in_memory;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

#[tokio::test]
async fn a_client_with_the_ca_file_accepts_what_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.crt");
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let own = self_signed_in_memory(&names, Some(&ca)).unwrap();
    let served = own.served().borrow().clone().unwrap();
    PrivateKeyDer::from_pem_slice(served.key.as_bytes()).unwrap();

    let trusted = CertificateDer::from_pem_file(&ca).unwrap();
    let chain = CertificateDer::from_pem_slice(served.chain.as_bytes()).unwrap();
    let leaf = EndEntityCert::try_from(&chain).unwrap();
    let anchors = [anchor_from_trusted_cert(&trusted).unwrap()];
    let algorithms = &[ring::ECDSA_P256_SHA256];
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(algorithms, &anchors, &[], UnixTime::now(), usage, None, None).unwrap();
    for name in &names {
        leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name.as_str()).unwrap()).unwrap();
    }
    let files: Vec<_> =
        directory.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["ca.crt"], "nothing else is left behind");
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("absent").join("ca.crt");
    let error = self_signed_in_memory(&["localhost".to_owned()], Some(&path)).unwrap_err();
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
}
