//! HTTP/2, which the API server speaks to webhooks on its own host.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use crate::support::{Authority, Client, Echo, Running, Speaks, connector, options, start};

type Sender = SendRequest<Full<Bytes>>;

async fn connect(server: &Running, authority: &Authority) -> (Sender, JoinHandle<hyper::Result<()>>) {
    let connector = connector(authority, Speaks { http2: true, ..Speaks::default() });
    let client = Client::connect(server.addr, &connector).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client.0)).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn review(body: Bytes) -> Request<Full<Bytes>> {
    Request::post("https://x/validate?timeout=3s")
        .header("content-type", "application/json")
        .body(Full::new(body))
        .unwrap()
}

#[tokio::test]
async fn reviews_share_a_connection() {
    let authority = Authority::new();
    let server = start(options(&authority), Echo).await;
    let (sender, _connection) = connect(&server, &authority).await;
    let calls: Vec<_> = (1..=100)
        .map(|length| {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                let reply = sender.send_request(review(vec![b'x'; length * 1000].into())).await.unwrap();
                assert_eq!(reply.status(), StatusCode::OK);
                let text = reply.into_body().collect().await.unwrap().to_bytes();
                assert!(text.starts_with(format!("{} /validate", length * 1000).as_bytes()), "{text:?}");
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let reply = sender.clone().send_request(review(vec![b'x'; (7 << 20) + 1].into())).await.unwrap();
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_left_after_a_reply_when_the_end_begins_and_nothing_is_lost() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.grace = Duration::from_mins(1);
    let server = start(options, Echo).await;
    let (mut sender, connection) = connect(&server, &authority).await;
    assert_eq!(sender.send_request(review("{}".into())).await.unwrap().status(), StatusCode::OK);
    server.shutdown.start();
    server.until("/readyz", |status, _| status == 503).await;
    assert!(!connection.is_finished());
    assert_eq!(sender.send_request(review("{}".into())).await.unwrap().status(), StatusCode::OK);
    connection.await.unwrap().unwrap();
    let (mut sender, connection) = connect(&server, &authority).await;
    assert_eq!(sender.send_request(review("{}".into())).await.unwrap().status(), StatusCode::OK);
    connection.await.unwrap().unwrap();
}
