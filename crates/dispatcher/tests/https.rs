//! The same over real TLS, against a stub.
#![allow(clippy::expect_used, reason = "a test may panic, in its helpers too")]

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dispatcher::stub::{Action, Received, Stub, review};
use dispatcher::{
    Authority, FailurePolicy, Hook, HttpReply, Https, Identity, Outcome, Request, accepts, dispatch,
};
use serde_json::json;

fn cluster() -> Request {
    Request::create(json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "db"}, "spec": {},
    }))
}

fn allow(received: &Received) -> Action {
    review(&received.body, json!({"allowed": true}))
}

struct Pki {
    authority: Authority,
    server: Identity,
}

fn pki() -> Pki {
    let authority = Authority::new("webhooks").expect("a certificate");
    let server = authority.server(&["localhost"]).expect("a certificate");
    Pki { authority, server }
}

impl Pki {
    fn stub(&self, answer: impl Fn(&Received) -> Action + Send + Sync + 'static) -> Stub {
        Stub::start(&self.server, answer).expect("a port")
    }

    fn client(&self, stub: &Stub) -> Https {
        Https::new(&stub.url("/validate"), &self.authority.certificate(), None).expect("a client")
    }
}

fn ask(webhook: &Https, timeout: u64) -> Outcome {
    let hook = Hook::new("a.cnpg-lint.dev", webhook)
        .in_real_time()
        .timeout(Duration::from_secs(timeout))
        .failure_policy(FailurePolicy::Fail);
    dispatch(&[hook], &cluster())
}

#[track_caller]
fn assert_fails(outcome: &Outcome, why: &str) {
    assert!(
        !outcome.is_admitted() && outcome.failures.iter().any(|failure| failure.contains(why)),
        "{outcome:?}"
    );
}

#[test]
fn a_review_is_posted_as_the_api_server_does_over_one_connection() {
    let pki = pki();
    let stub = pki.stub(allow);
    let client = pki.client(&stub);
    for _ in 0..3 {
        accepts(&client, cluster());
    }
    let received = stub.received();
    assert_eq!((received.len(), stub.connections()), (3, 1));
    let first = received.first().expect("three");
    assert_eq!(first.target, "/validate?timeout=10s");
    assert!(first.headers.contains(&("content-type".to_owned(), "application/json".to_owned())));
    assert_eq!(first.body["request"]["object"]["kind"], "Cluster");
}

#[test]
fn a_connection_that_was_closed_while_idle_is_not_used_again() {
    let pki = pki();
    let stub = pki.stub(|received| match allow(received) {
        Action::Reply(reply) => Action::Last(reply),
        other => other,
    });
    let client = pki.client(&stub);
    for connections in 1..=3 {
        accepts(&client, cluster());
        assert!(stub.wait_until_idle(Duration::from_secs(10)));
        assert_eq!(stub.connections(), connections);
    }
}

#[test]
fn a_connection_that_breaks_under_a_request_fails_it() {
    let pki = pki();
    let stub = pki.stub(|_| Action::Close);
    let outcome = ask(&pki.client(&stub), 10);
    assert_fails(&outcome, "failed to call webhook: EOF");
    assert_eq!(stub.received().len(), 1, "nothing is sent twice");
}

#[test]
fn silence_ends_with_the_deadline() {
    let pki = pki();
    let stub = pki.stub(|_| Action::Hang);
    assert_fails(&ask(&pki.client(&stub), 1), "context deadline exceeded");
}

#[test]
fn what_is_no_http_fails() {
    let pki = pki();
    let stub = pki.stub(|_| Action::Raw(b"hello\r\n\r\n".to_vec()));
    assert_fails(&ask(&pki.client(&stub), 10), "failed to call webhook: ");
}

#[test]
fn a_redirect_is_not_followed() {
    let pki = pki();
    let stub = pki.stub(|_| Action::Reply(HttpReply::text(302, "")));
    assert_fails(&ask(&pki.client(&stub), 10), "status code 302");
}

#[test]
fn nobody_listening_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/validate", listener.local_addr().expect("an address"));
    let client = Https::new(&url, &pki().authority.certificate(), None).expect("a client");
    drop(listener);
    assert_fails(&ask(&client, 10), "failed to call webhook: connect: ");
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let pki = pki();
    let stub = pki.stub(allow);
    let other = Authority::new("others").expect("a certificate");
    let client = Https::new(&stub.url("/validate"), &other.certificate(), None).expect("a client");
    assert_fails(&ask(&client, 10), "failed to call webhook: tls: ");
    assert!(stub.received().is_empty());
}

#[test]
fn a_client_certificate_is_shown_where_it_is_demanded() {
    let pki = pki();
    let clients = Authority::new("clients").expect("a certificate");
    let stub = Stub::start_for(&clients, &pki.server, allow).expect("a port");
    let identity = clients.client("kube-apiserver", &[]).expect("a certificate");
    let known =
        Https::new(&stub.url("/validate"), &pki.authority.certificate(), Some(&identity)).expect("a client");
    accepts(&known, cluster());
    assert!(stub.received().iter().all(|received| received.client_certificate));

    let stranger = Authority::new("strangers").expect("a certificate").client("kube-apiserver", &[]);
    for identity in [None, Some(stranger.expect("a certificate"))] {
        let client = Https::new(&stub.url("/validate"), &pki.authority.certificate(), identity.as_ref());
        assert!(!ask(&client.expect("a client"), 10).is_admitted());
    }
    assert_eq!(stub.received().len(), 1);
}

#[test]
fn shedding_is_waited_out() {
    let pki = pki();
    let calls = AtomicU32::new(0);
    let stub = pki.stub(move |received| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Action::Reply(HttpReply::text(429, "busy").retry_after(1)),
        _ => allow(received),
    });
    let outcome = ask(&pki.client(&stub), 10);
    assert_eq!((outcome.is_admitted(), outcome.attempts), (true, 2));
}
