//! Slow callers and stray ones cost little and keep nobody else waiting.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::support::{Authority, Client, Echo, Speaks, connector, options, start};

/// Slow callers, where both ends of so many connections may be open in one process.
const SLOW: usize = 1000;
/// Files that the rest of the tests has open meanwhile.
const OTHERS: usize = 300;

/// A thousand callers that send a byte now and then: a third of them in the handshake, a third in the head, a
/// third in the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_callers_keep_no_review_waiting() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.handshake = Duration::from_mins(1);
    options.limits.head = Duration::from_mins(1);
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut reviewer = Client::connect(server.addr, &connector).await.unwrap();
    let before = resident();

    let head = "POST /validate?timeout=30s HTTP/1.1\r\nHost: x\r\n";
    let body = format!("{head}Content-Type: application/json\r\nContent-Length: 7000000\r\n\r\n{{");
    let callers = SLOW.min(open_files().saturating_sub(OTHERS) / 2);
    let mut silent = Vec::new();
    let mut opening = JoinSet::new();
    for number in 0..callers {
        if number % 3 == 0 {
            silent.push(tokio::net::TcpStream::connect(server.addr).await.unwrap());
            continue;
        }
        let (connector, addr) = (connector.clone(), server.addr);
        let text = if number % 3 == 1 { head.to_owned() } else { body.clone() };
        opening.spawn(async move {
            let mut client = Client::connect(addr, &connector).await.unwrap();
            client.write(&text).await.unwrap();
            client
        });
    }
    let mut slow = opening.join_all().await;
    let told = format!("cnpg_lint_connections {}\n", callers + 1);
    server.until("/metrics", |_, text| text.contains(&told)).await;
    for round in 0..5 {
        for client in &mut slow {
            client.write("x").await.unwrap();
        }
        for _ in 0..20 {
            let got = reviewer.post(&vec![b'x'; 26 << 10]).await.unwrap();
            assert_eq!(got.status, 200, "round {round}");
        }
    }
    // Both ends of each connection are in this process.
    let taken = resident().saturating_sub(before) / callers;
    assert!(taken < 200 << 10, "{taken} bytes a slow caller");
    let mut fresh = Client::connect(server.addr, &connector).await.unwrap();
    assert_eq!(fresh.post(b"{}").await.unwrap().status, 200);
}

#[tokio::test]
async fn more_connections_than_may_be_open_are_refused_and_then_taken_again() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.connections = 2;
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut kept = Client::connect(server.addr, &connector).await.unwrap();
    let other = Client::connect(server.addr, &connector).await.unwrap();
    assert!(Client::connect(server.addr, &connector).await.is_err());
    assert_eq!(kept.post(b"{}").await.unwrap().status, 200);
    drop(other);
    server.until("/metrics", |_, text| text.contains("cnpg_lint_connections 1\n")).await;
    let mut again = Client::connect(server.addr, &connector).await.unwrap();
    assert_eq!(again.post(b"{}").await.unwrap().status, 200);
    server.end().await;
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}
