//! Certificates, clients' certificates, timers and what is not TLS.

use std::time::Duration;

use crate::support::{Authority, Client, Echo, Signed, Speaks, connector, options, publish, start, with};
use rcgen::{CertificateParams, date_time_ymd};
use serve::{BindError, CertStore, Certificate, CertificateError, ClientCa, FileError, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bytes of the certificate that a new connection is served.
async fn served(addr: std::net::SocketAddr, authority: &Authority) -> Vec<u8> {
    let client = Client::connect(addr, &connector(authority, Speaks::default())).await.unwrap();
    client.0.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn files(folder: &std::path::Path) -> Certificate {
    Certificate::Files { certificate: folder.join("tls.crt"), key: folder.join("tls.key") }
}

fn write(folder: &std::path::Path, Signed { certificate, key }: &Signed) {
    std::fs::write(folder.join("tls.crt"), certificate).unwrap();
    std::fs::write(folder.join("tls.key"), key).unwrap();
}

#[tokio::test]
async fn a_volume_that_is_swapped_three_times_is_served_each_time_and_a_bad_pair_never() {
    let authority = Authority::new();
    let volume = tempfile::tempdir().unwrap();
    let publish_pair = |version: &str, certificate: &str, key: &str| {
        publish(volume.path(), version, &[("tls.crt", certificate), ("tls.key", key)]);
    };
    let first = authority.server();
    publish_pair("1", &first.certificate, &first.key);
    let mut options = with(files(volume.path()));
    options.reload_every = Duration::from_millis(20);
    let server = start(options, Echo).await;
    let mut old = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    let mut seen = vec![served(server.addr, &authority).await];
    for (swap, version) in [(1, "2"), (2, "3"), (3, "4")] {
        let Signed { certificate, key } = authority.server();
        publish_pair(version, &certificate, &key);
        let told = format!("cnpg_lint_tls_reloads_total{{what=\"certificate\",result=\"ok\"}} {swap}\n");
        server.until("/metrics", |_, text| text.contains(&told)).await;
        let now = served(server.addr, &authority).await;
        assert!(!seen.contains(&now), "swap {swap} is not served");
        seen.push(now);
    }
    let last = seen.pop().unwrap();
    let mut expired = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    expired.not_after = date_time_ymd(2020, 1, 1);
    let expired = authority.sign(&expired);
    let bad = [
        ("5", authority.server().certificate, first.key.clone()),
        ("6", expired.certificate, expired.key),
        ("7", "no certificate".to_owned(), first.key.clone()),
        ("8", first.certificate[..first.certificate.len() / 2].to_owned(), first.key.clone()),
    ];
    for (refused, (version, certificate, key)) in bad.iter().enumerate() {
        publish_pair(version, certificate, key);
        let told = format!("what=\"certificate\",result=\"error\"}} {}\n", refused + 1);
        server.until("/metrics", |_, text| text.contains(&told)).await;
        assert_eq!(served(server.addr, &authority).await, last, "pair {version}");
        assert_eq!(server.page("/readyz").await.0, 200);
    }
    assert_eq!(old.post(b"{}").await.unwrap().status, 200, "a connection outlives its certificate's swap");
    server.end().await;
}

#[tokio::test]
async fn a_server_does_not_start_with_a_pair_that_cannot_be_served() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let missing = Server::bind(with(files(folder.path())), Echo).await.err();
    assert!(matches!(missing, Some(BindError::File(FileError::Read { .. }))), "{missing:?}");
    let key = authority.server().key;
    write(folder.path(), &Signed { key, ..authority.server() });
    let mismatched = Server::bind(with(files(folder.path())), Echo).await.err();
    let is_key = |error: &BindError| {
        matches!(error, BindError::File(FileError::Certificate { source: CertificateError::Key(_), .. }))
    };
    assert!(mismatched.as_ref().is_some_and(is_key), "{mismatched:?}");
}

#[tokio::test]
async fn a_server_waits_for_the_certificate_that_somebody_else_makes() {
    let authority = Authority::new();
    let store = CertStore::new();
    let server = start(with(Certificate::Store(store.clone())), Echo).await;
    let (status, text) = server.page("/readyz").await;
    assert_eq!((status, text.as_str()), (503, "[-] certificate: not yet, or no longer\n[+] serving\n"));
    assert!(Client::connect(server.addr, &connector(&authority, Speaks::default())).await.is_err());
    let Signed { certificate, key } = authority.server();
    store.swap(certificate.as_bytes(), key.as_bytes()).unwrap();
    server.until("/readyz", |status, _| status == 200).await;
    let caches = server.conditions.require("caches");
    let (status, text) = server.page("/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (503, "[+] certificate\n[+] serving\n[-] caches: not yet, or no longer\n")
    );
    caches.set(true);
    assert_eq!(server.page("/readyz").await.0, 200);
    let mut client = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    assert_eq!(client.post(b"{}").await.unwrap().status, 200);
    server.end().await;
}

#[tokio::test]
async fn an_expired_pair_at_the_start_is_renewed_later() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let mut expired = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    expired.not_after = date_time_ymd(2020, 1, 1);
    write(folder.path(), &authority.sign(&expired));
    let mut options = with(files(folder.path()));
    options.reload_every = Duration::from_millis(20);
    let server = start(options, Echo).await;
    assert_eq!(server.page("/readyz").await.0, 503);
    write(folder.path(), &authority.server());
    server.until("/readyz", |status, _| status == 200).await;
    server.end().await;
}

#[tokio::test]
async fn only_named_clients_of_the_authority_are_let_in() {
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, clients.pem()).unwrap();
    let mut options = options(&authority);
    options.reload_every = Duration::from_millis(20);
    options.client_ca = Some(ClientCa { file: ca.clone(), names: vec!["kube-apiserver".into()] });
    let server = start(options, Echo).await;
    let speak = |identity: Option<Signed>| connector(&authority, Speaks { identity, ..Speaks::default() });
    let post = async |identity: Option<Signed>| {
        // With TLS 1.3 a client learns only after its own part of the handshake that it is refused.
        let mut client = Client::connect(server.addr, &speak(identity)).await?;
        client.post(b"{}").await
    };
    let by_alternative = clients.sign(&CertificateParams::new(["kube-apiserver".to_owned()]).unwrap());
    for identity in [clients.client("kube-apiserver"), by_alternative] {
        let got = post(Some(identity)).await.unwrap();
        assert!(got.text.ends_with("Some(\"kube-apiserver\")"), "{}", got.text);
    }
    let mut expired = CertificateParams::new(["kube-apiserver".to_owned()]).unwrap();
    expired.not_after = date_time_ymd(2020, 1, 1);
    let refused = [
        None,
        Some(clients.client("somebody")),
        Some(strangers.client("kube-apiserver")),
        Some(clients.sign(&expired)),
    ];
    for (count, identity) in refused.into_iter().enumerate() {
        assert!(post(identity).await.is_err(), "client {count} is let in");
        let told =
            format!("cnpg_lint_connections_cut_total{{reason=\"client_certificate\"}} {}\n", count + 1);
        server.until("/metrics", |_, text| text.contains(&told)).await;
    }
    std::fs::write(&ca, strangers.pem()).unwrap();
    let told = "what=\"client_ca\",result=\"ok\"} 1\n";
    server.until("/metrics", |_, text| text.contains(told)).await;
    assert!(post(Some(strangers.client("kube-apiserver"))).await.is_ok());
    assert!(post(Some(clients.client("kube-apiserver"))).await.is_err());
    server.end().await;
}

#[tokio::test]
async fn tls_1_2_is_spoken_where_it_is_asked_for() {
    let authority = Authority::new();
    for tls12 in [false, true] {
        let mut options = options(&authority);
        options.tls12 = tls12;
        let server = start(options, Echo).await;
        let connector = connector(&authority, Speaks { tls12: true, ..Speaks::default() });
        let connected = Client::connect(server.addr, &connector).await;
        assert_eq!(connected.is_ok(), tls12);
        drop(connected);
        server.end().await;
    }
}

#[tokio::test]
async fn garbage_and_silence_are_cut_and_nothing_else_is() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.handshake = Duration::from_millis(300);
    options.limits.head = Duration::from_millis(300);
    options.limits.idle = Duration::from_mins(1);
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let cut = async |reason: &str, count: usize| {
        let told = format!("cnpg_lint_connections_cut_total{{reason=\"{reason}\"}} {count}\n");
        server.until("/metrics", |_, text| text.contains(&told)).await;
    };
    // Long enough in the pool of its caller to be cut by a timer that took it for a slow head.
    let mut kept = Client::connect(server.addr, &connector).await.unwrap();
    assert_eq!(kept.post(b"{}").await.unwrap().status, 200);
    let mut unused = Client::connect(server.addr, &connector).await.unwrap();

    let mut plain = TcpStream::connect(server.addr).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    cut("handshake", 1).await;

    let mut silent = TcpStream::connect(server.addr).await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "closed");
    cut("handshake_time", 1).await;

    let mut slow = Client::connect(server.addr, &connector).await.unwrap();
    slow.write("POST /validate HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    slow.closed().await;
    cut("head_time", 1).await;

    let mut slow = Client::connect(server.addr, &connector).await.unwrap();
    assert_eq!(slow.post(b"{}").await.unwrap().status, 200);
    slow.write("P").await.unwrap();
    slow.closed().await;
    cut("head_time", 2).await;

    assert_eq!(kept.post(b"{}").await.unwrap().status, 200);
    assert_eq!(unused.post(b"{}").await.unwrap().status, 200);
    server.end().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_the_end() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.idle = Duration::from_millis(200);
    let server = start(options, Echo).await;
    for http2 in [false, true] {
        let connector = connector(&authority, Speaks { http2, ..Speaks::default() });
        let mut client = Client::connect(server.addr, &connector).await.unwrap();
        if http2 {
            let mut rest = Vec::new();
            let read = client.0.read_to_end(&mut rest);
            let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("closed");
        } else {
            assert_eq!(client.post(b"{}").await.unwrap().status, 200);
            client.closed().await;
        }
    }
    server.end().await;
}
