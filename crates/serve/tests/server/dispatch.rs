//! The server as the API server calls it: every call of a burst ends decided.

use std::time::Duration;

use dispatcher::{Hook, Https, Outcome, Request, dispatch};
use serde_json::{Value, json};
use serve::{Answer, Decision, Event, RequestInfo, Review};

use crate::support::{Authority, options, start};

/// Allows, after work that takes a while.
struct Busy;

impl Review for Busy {
    fn review(&self, body: &[u8], _request: &RequestInfo<'_>) -> Answer {
        std::thread::sleep(Duration::from_millis(20));
        let review: Value = serde_json::from_slice(body).unwrap();
        let response = json!({"uid": review["request"]["uid"], "allowed": true});
        let reply =
            json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
        let event = Event { decision: Decision::Allow, ..Event::default() };
        Answer { status: 200, body: reply.to_string().into_bytes(), event }
    }
}

/// Two bursts of more callers than may wait, the second on kept connections; those that are shed come again within
/// their timeout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_shed_and_comes_again_and_is_decided() {
    let authority = Authority::new();
    let mut options = options(&authority);
    options.limits.queue = 8;
    let server = start(options, Busy).await;
    let url = format!("https://{}/validate", server.addr);
    let https = Https::new(&url, &authority.pem(), None).unwrap();
    let outcomes: Vec<Outcome> = tokio::task::spawn_blocking(move || {
        let call = || {
            let hook =
                Hook::new("enforce.example.test", &https).timeout(Duration::from_secs(10)).in_real_time();
            dispatch(&[hook], &Request::create(json!({"kind": "Cluster", "metadata": {"name": "db"}})))
        };
        let burst = || {
            std::thread::scope(|scope| {
                let calls: Vec<_> = (0..40).map(|_| scope.spawn(call)).collect();
                calls.into_iter().map(|call| call.join().unwrap()).collect::<Vec<_>>()
            })
        };
        [burst(), burst()].concat()
    })
    .await
    .unwrap();
    for outcome in &outcomes {
        assert!(outcome.is_admitted(), "{outcome:?}");
    }
    let again: u32 = outcomes.iter().map(|outcome| outcome.attempts - 1).sum();
    let shed = format!("cnpg_lint_shed_total{{reason=\"queue\"}} {again}\n");
    assert!(again > 0 && server.metrics.encode().contains(&shed), "{again} calls came again");
    server.end().await;
}
