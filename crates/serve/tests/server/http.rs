//! What each kind of request gets.

use crate::support::{Authority, Client, Echo, Speaks, connector, options, start};

const JSON: (&str, &str) = ("Content-Type", "application/json");
type Headers = &'static [(&'static str, &'static str)];
const POST: &str = "POST /validate?timeout=3s";

#[tokio::test]
async fn strays_get_a_short_text_and_reviews_an_answer() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let connector = connector(&authority, Speaks::default());
    #[rustfmt::skip]
    let cases: &[(&str, Headers, &str, u16, &str)] = &[
        (POST, &[JSON], "{}", 200, "2 /validate"),
        (POST, &[("Content-Type", "Application/JSON; charset=utf-8")], "{}", 200, "2 /validate"),
        ("GET /validate", &[], "", 405, "reviews are posted\n"),
        ("HEAD /validate?x", &[], "", 405, ""),
        ("PUT /validate", &[JSON], "{}", 405, "reviews are posted\n"),
        ("POST /", &[JSON], "{}", 404, "not found; reviews are posted to /validate\n"),
        ("POST /validate/", &[JSON], "{}", 404, "not found; reviews are posted to /validate\n"),
        (POST, &[], "{}", 415, "the content type must be application/json\n"),
        (POST, &[("Content-Type", "application/jsonx")], "{}", 415, "the content type must be application/json\n"),
        (POST, &[JSON, ("Content-Encoding", "gzip")], "{}", 415, "the body must not be encoded\n"),
        (POST, &[JSON], "", 400, "the body is empty\n"),
        (POST, &[JSON], "panic", 500, "internal error\n"),
        (POST, &[JSON], "after the panic", 200, "15 /validate"),
    ];
    for (line, headers, body, status, text) in cases {
        let mut client = Client::connect(server.addr, &connector).await.unwrap();
        if line.starts_with("HEAD") {
            client.write(&format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await.unwrap();
            assert!(client.read().await.is_err(), "no body comes");
            continue;
        }
        let got = client.send(line, headers, body.as_bytes()).await.unwrap();
        assert_eq!(got.status, *status, "{line} {headers:?}");
        assert!(got.text.starts_with(text), "{line} {headers:?}: {}", got.text);
    }
    let metrics = server.metrics.encode();
    for line in [
        "cnpg_lint_panics_total 1",
        r#"cnpg_lint_requests_total{operation="CREATE",resource="clusters",decision="allow",dry_run="false"} 3"#,
        r#"cnpg_lint_http_responses_total{code="415"} 3"#,
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    server.end().await;
}

#[tokio::test]
async fn a_connection_serves_one_review_after_another() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let mut client = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    for length in [1, 26 << 10, 7 << 20, 3] {
        let got = client.post(&vec![b'x'; length]).await.unwrap();
        assert_eq!((got.status, got.closes), (200, false));
        assert!(got.text.starts_with(&format!("{length} /validate ")), "{}", got.text);
    }
    server.end().await;
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_sent_and_while_it_is() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let connector = connector(&authority, Speaks::default());

    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    client
        .write(&format!(
            "{POST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7340033\r\n\r\n"
        ))
        .await
        .unwrap();
    let got = client.read().await.unwrap();
    assert_eq!((got.status, got.closes), (413, true));

    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    let got = client.send(POST, &[JSON], &vec![b'x'; 8 << 20]).await.unwrap();
    assert_eq!((got.status, got.closes), (413, true));

    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    client.write(&format!("{POST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")).await.unwrap();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    for _ in 0..8 {
        client.write(&chunk).await.unwrap();
    }
    client.write("0\r\n\r\n").await.unwrap();
    let got = client.read().await.unwrap();
    assert_eq!((got.status, got.closes, got.text.as_str()), (413, true, "the body is too large\n"));
    client.closed().await;
    server.end().await;
}

#[tokio::test]
async fn the_deadline_is_what_the_caller_has_left_less_a_margin() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let mut client = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    let cases = [
        ("?timeout=3s", 2800),
        ("?dry=1&timeout=1s", 800),
        ("?timeout=0s", 800),
        ("?timeout=4000s", 29_800),
        ("", 9800),
        ("?timeout=x", 9800),
        ("?timeout=-3s", 9800),
        ("?timeout=99999999999999999999s", 9800),
    ];
    for (query, expected) in cases {
        let got = client.send(&format!("POST /validate{query}"), &[JSON], b"{}").await.unwrap();
        let left: u64 = got.text.split(' ').nth(2).unwrap().parse().unwrap();
        assert!((expected - 700..=expected).contains(&left), "{query}: {left} ms");
    }
    server.end().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_with_its_deadline() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let mut client = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    client.write("POST /validate?timeout=1s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{").await.unwrap();
    let got = client.read().await.unwrap();
    assert_eq!((got.status, got.closes), (408, true));
    server.end().await;
}

#[tokio::test]
async fn bodies_share_a_bounded_memory() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.bodies = 1 << 20;
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut holder = Client::connect(server.addr, &connector).await.unwrap();
    let most = "x".repeat(1_000_000);
    holder.write(&format!("POST /validate?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000001\r\n\r\n{most}")).await.unwrap();
    server.until("/metrics", |_, text| text.contains("cnpg_lint_body_bytes 1000000\n")).await;
    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    let got = client.post(&vec![b'x'; 100_000]).await.unwrap();
    assert_eq!((got.status, got.header("retry-after")), (429, Some("1")));
    holder.write("x").await.unwrap();
    assert_eq!(holder.read().await.unwrap().status, 200);
    let mut client = Client::connect(server.addr, &connector).await.unwrap();
    assert_eq!(client.post(&vec![b'x'; 100_000]).await.unwrap().status, 200);
    server.end().await;
}

/// With one thread, so that reviews can only wait.
#[tokio::test]
async fn more_reviews_than_may_wait_are_asked_to_come_again() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.queue = 4;
    let server = start(options, Echo).await;
    let connector = connector(&authority, Speaks::default());
    let mut clients = Vec::new();
    for _ in 0..12 {
        clients.push(Client::connect(server.addr, &connector).await.unwrap());
    }
    // Sent before the server has a turn on this thread; it hears all of them before it works.
    let calls: Vec<_> = clients
        .into_iter()
        .map(|mut client| tokio::spawn(async move { client.post(b"work 50").await.unwrap() }))
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        let got = call.await.unwrap();
        assert_eq!(got.header("retry-after"), (got.status == 429).then_some("1"));
        statuses.push(got.status);
    }
    let answered = statuses.iter().filter(|status| **status == 200).count();
    let shed = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(answered + shed, 12);
    assert!(answered >= 4 && shed >= 1, "{answered} answered, {shed} shed");
    assert!(server.metrics.encode().contains(&format!("cnpg_lint_shed_total{{reason=\"queue\"}} {shed}")));
    server.end().await;
}
