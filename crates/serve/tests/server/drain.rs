//! Nothing is lost when a server ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use crate::support::{Authority, Client, Echo, Running, Speaks, connector, options, start};

/// Reviews of the whole test.
const REVIEWS: usize = 10_000;
const CALLERS: usize = 8;

#[tokio::test]
async fn an_end_is_told_before_it_comes() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.grace = Duration::from_mins(1);
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    assert!(!client.post(b"{}").await.unwrap().closes);
    server.shutdown.start();
    server
        .until("/readyz", |status, text| {
            status == 503 && text == "[+] certificate\n[-] serving: not yet, or no longer\n"
        })
        .await;
    assert_eq!(server.page("/livez").await.0, 200);
    let got = client.post(b"{}").await.unwrap();
    assert_eq!((got.status, got.closes), (200, true));
    client.closed().await;
    let mut late = Client::connect(server.addr, &connector).await.unwrap();
    let got = late.post(b"{}").await.unwrap();
    assert_eq!((got.status, got.closes), (200, true), "served until the grace is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_finished_and_what_is_idle_is_closed() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut idle = Client::connect(server.addr, &connector).await.unwrap();
    let mut half = Client::connect(server.addr, &connector).await.unwrap();
    half.write(
        "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{",
    )
    .await
    .unwrap();
    server.until("/metrics", |_, text| text.contains("cnpg_lint_body_bytes 1\n")).await;
    let (addr, shutdown) = (server.addr, server.shutdown.clone());
    let ended = tokio::spawn(server.end());
    shutdown.started().await;
    idle.closed().await;
    half.write("}").await.unwrap();
    let got = half.read().await.unwrap();
    assert_eq!((got.status, got.closes), (200, true));
    assert_eq!(ended.await.unwrap(), 0, "nothing had to be cut");
    assert!(Client::connect(addr, &connector).await.is_err(), "the port is closed");
}

/// Callers that keep their connections and retry nothing, behind two servers that are restarted one after the
/// other. As with the endpoints of a Service, callers learn of a server's end a moment after it began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_review_is_lost_across_two_rolling_restarts_of_two_servers() {
    let authority = Arc::new(Authority::new());
    let connector = connector(&authority, Speaks::default());
    let servers = Arc::new(Mutex::new(vec![replica(&authority).await, replica(&authority).await]));
    let ready = {
        let servers = servers.lock().await;
        watch::Sender::new(servers.iter().map(|server| server.addr).collect::<Vec<_>>())
    };
    let answered = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (connector, ready, answered) = (connector.clone(), ready.subscribe(), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut connections = 0;
                while answered.load(Ordering::Acquire) < REVIEWS {
                    let addr = {
                        let ready = ready.borrow();
                        ready[(caller + connections) % ready.len()]
                    };
                    connections += 1;
                    let mut client =
                        Client::connect(addr, &connector).await.expect("a connection is refused");
                    loop {
                        let got =
                            client.post(br#"{"kind":"AdmissionReview"}"#).await.expect("a review is lost");
                        assert_eq!(got.status, 200);
                        answered.fetch_add(1, Ordering::AcqRel);
                        if got.closes || answered.load(Ordering::Acquire) >= REVIEWS {
                            break;
                        }
                    }
                }
                connections
            })
        })
        .collect();
    for round in 1..=4 {
        // The restarts are spread over the reviews.
        while answered.load(Ordering::Acquire) < REVIEWS * round / 6 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let fresh = replica(&authority).await;
        let (fresh_addr, mut servers) = (fresh.addr, servers.lock().await);
        servers.push(fresh);
        let old = servers.remove(0);
        let old_addr = old.addr;
        old.shutdown.start();
        old.until("/readyz", |status, _| status == 503).await;
        ready.send_modify(|ready| ready.retain(|addr| *addr != old_addr));
        ready.send_modify(|ready| ready.push(fresh_addr));
        assert_eq!(old.end().await, 0, "connections were cut");
    }
    let mut connections = 0;
    for caller in callers {
        connections += caller.await.unwrap();
    }
    assert!(answered.load(Ordering::Acquire) >= REVIEWS);
    assert!(connections > CALLERS, "nobody was sent elsewhere");
}

async fn replica(authority: &Authority) -> Running {
    let mut options = options(authority);
    options.grace = Duration::from_millis(500);
    start(options, Echo).await
}
