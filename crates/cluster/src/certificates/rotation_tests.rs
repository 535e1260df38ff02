use super::*;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

const START: Duration = Duration::from_secs(1_700_000_000);
const HOUR: Duration = Duration::from_hours(1);

fn at(after: Duration) -> SystemTime {
    UNIX_EPOCH + START + after
}

fn names() -> Vec<String> {
    ["cnpg-lint.db.svc", "127.0.0.1"].map(str::to_owned).into()
}

/// Whether a client that trusts `bundle` accepts `served` for `name` at `now`.
fn accepted(served: &Served, bundle: &str, name: &str, now: SystemTime) -> bool {
    let chain = CertificateDer::from_pem_slice(served.chain.as_bytes()).unwrap();
    let leaf = EndEntityCert::try_from(&chain).unwrap();
    let trusted: Vec<_> =
        CertificateDer::pem_slice_iter(bundle.as_bytes()).collect::<Result<_, _>>().unwrap();
    let anchors: Vec<_> = trusted.iter().map(|der| anchor_from_trusted_cert(der).unwrap()).collect();
    let algorithms = &[ring::ECDSA_P256_SHA256];
    let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap());
    leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name).unwrap()).is_ok()
        && leaf.verify_for_usage(algorithms, &anchors, &[], now, KeyUsage::server_auth(), None, None).is_ok()
}

#[test]
fn a_client_accepts_what_is_made_for_its_names_and_time() {
    let made = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    let (served, bundle) = (made.served(), made.bundle());
    for name in ["cnpg-lint.db.svc", "127.0.0.1"] {
        assert!(accepted(&served, &bundle, name, at(Duration::ZERO)), "{name}");
    }
    assert!(!accepted(&served, &bundle, "other.db.svc", at(Duration::ZERO)));
    assert!(!accepted(&served, &bundle, "127.0.0.1", at(LEAF_LIFE + HOUR)));
    assert!(accepted(&served, &bundle, "127.0.0.1", at(Duration::ZERO) - HOUR / 2));
    let other = Certificates::new(&names(), at(HOUR)).unwrap();
    assert!(!accepted(&served, &other.bundle(), "127.0.0.1", at(HOUR)));
}

#[test]
fn nothing_is_done_before_it_is_due() {
    let mut certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    let first = certificates.clone();
    assert!(!certificates.advance(&names(), at((LEAF_LIFE * 2 / 3).saturating_sub(HOUR))).unwrap());
    assert!(certificates == first);
    assert!(certificates.advance(&names(), at(LEAF_LIFE * 2 / 3)).unwrap());
    assert_eq!(certificates.bundle(), first.bundle());
    assert_ne!(certificates.served(), first.served());
}

#[test]
fn other_names_make_another_leaf() {
    let mut certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    assert!(certificates.advance(&["renamed.db.svc".to_owned()], at(HOUR)).unwrap());
    assert!(accepted(&certificates.served(), &certificates.bundle(), "renamed.db.svc", at(HOUR)));
}

#[test]
fn a_new_authority_is_published_then_signs_then_the_old_one_goes() {
    let mut certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    certificates.saw_trusted(&certificates.bundle(), at(Duration::ZERO));
    let due = AUTHORITY_LIFE.saturating_sub(AUTHORITY_REST) + HOUR;
    // In time with the leaf, which is kept young by somebody.
    certificates.advance(&names(), at(due.saturating_sub(HOUR * 2))).unwrap();
    let old = certificates.clone();

    assert!(certificates.advance(&names(), at(due)).unwrap());
    assert_eq!(certificates.served(), old.served(), "the new CA signs nothing yet");
    assert_ne!(certificates.bundle(), old.bundle());
    assert!(certificates.bundle().contains(old.bundle().trim()));

    // However long it takes until the bundle is where it is read.
    assert!(!certificates.advance(&names(), at(due + DAY)).unwrap());
    assert!(!certificates.saw_trusted(&old.bundle(), at(due + DAY)));
    assert!(certificates.saw_trusted(&certificates.bundle(), at(due + DAY)));
    assert!(!certificates.advance(&names(), at(due + DAY + SETTLE / 2)).unwrap());
    assert!(certificates.advance(&names(), at(due + DAY + SETTLE)).unwrap());
    assert!(!accepted(&certificates.served(), &old.bundle(), "127.0.0.1", at(due + DAY + SETTLE)));
    assert!(certificates.bundle().contains(old.bundle().trim()), "a replica may serve the old leaf");

    // The old leaf was made at `due - 2 h`.
    certificates.advance(&names(), at(due.saturating_sub(HOUR * 3) + LEAF_LIFE)).unwrap();
    assert!(certificates.bundle().contains(old.bundle().trim()));
    certificates.advance(&names(), at(due + LEAF_LIFE)).unwrap();
    assert!(!certificates.bundle().contains(old.bundle().trim()));
    assert!(accepted(&certificates.served(), &certificates.bundle(), "127.0.0.1", at(due + LEAF_LIFE)));
}

/// Over six years, with publishing that works on some days only and replicas that read late: every
/// replica is accepted by a client that reads late too.
#[test]
fn whoever_reads_late_is_still_understood() {
    let mut certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    let mut published = certificates.bundle();
    let mut late_replica = certificates.served();
    let mut authorities = 0;
    for day in 0..365 * 6 {
        let now = at(DAY * day);
        certificates.advance(&names(), now).unwrap();
        assert!(certificates.authorities.len() <= 3, "day {day}");
        assert!(accepted(&certificates.served(), &published, "127.0.0.1", now), "served on day {day}");
        assert!(accepted(&late_replica, &published, "127.0.0.1", now), "replica on day {day}");
        // Publishing fails for three weeks of four.
        if day % 28 < 7 {
            published = certificates.bundle();
            certificates.saw_trusted(&published, now);
        }
        if day % 5 == 0 {
            late_replica = certificates.served();
        }
        authorities = authorities.max(certificates.authorities.last().unwrap().not_after);
    }
    assert!(authorities > seconds(at(AUTHORITY_LIFE * 5)), "the CA was replaced again and again");
}

#[test]
fn after_years_without_anyone_all_begins_anew() {
    let mut certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    certificates.saw_trusted(&certificates.bundle(), at(HOUR));
    let later = at(AUTHORITY_LIFE * 3);
    assert!(certificates.advance(&names(), later).unwrap());
    assert_eq!(certificates.authorities.len(), 1);
    assert!(accepted(&certificates.served(), &certificates.bundle(), "127.0.0.1", later));
}

#[test]
fn what_is_stored_is_what_is_read() {
    let certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    let stored = serde_json::to_string(&certificates).unwrap();
    assert!(serde_json::from_str::<Certificates>(&stored).unwrap() == certificates);
}

#[test]
fn keys_are_not_printed() {
    let certificates = Certificates::new(&names(), at(Duration::ZERO)).unwrap();
    let printed = format!("{certificates:?} {:?}", certificates.served());
    assert!(!printed.contains("PRIVATE KEY"), "{printed}");
}
