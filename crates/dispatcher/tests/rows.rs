//! Each thing that a webhook may answer, and what the API server makes of it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dispatcher::{
    CallError, Decision, FailurePolicy, Hook, HttpReply, Outcome, Request, SideEffects, accepts, denies,
    dispatch, warns,
};
use serde_json::{Value, json};

type Reply = Result<HttpReply, CallError>;

fn cluster() -> Request {
    Request::create(json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": "db", "namespace": "app"}, "spec": {"instances": 3},
    }))
}

fn uid_of(review: &[u8]) -> Value {
    serde_json::from_slice::<Value>(review).expect("the review is JSON")["request"]["uid"].clone()
}

/// A webhook whose `response` gets the uid that it was asked with.
#[expect(clippy::needless_pass_by_value, reason = "what is written in the call reads best")]
fn answering(response: Value) -> impl Fn(&[u8], Duration) -> Reply + Sync {
    reviewing(json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}))
}

/// The same for a whole review.
fn reviewing(reply: Value) -> impl Fn(&[u8], Duration) -> Reply + Sync {
    move |review, _| {
        let mut reply = reply.clone();
        if let Some(response) = reply["response"].as_object_mut() {
            response.entry("uid").or_insert(uid_of(review));
        }
        Ok(HttpReply::json(reply.to_string()))
    }
}

fn outcome(webhook: &(dyn Fn(&[u8], Duration) -> Reply + Sync), policy: FailurePolicy) -> Outcome {
    dispatch(&[Hook::new("a.cnpg-lint.dev", &webhook).failure_policy(policy)], &cluster())
}

/// Under `Fail` the request fails for `reason`; under `Ignore` it passes, and the audit log says so.
#[track_caller]
fn fails(webhook: &(dyn Fn(&[u8], Duration) -> Reply + Sync), reason: &str) {
    let failure = format!("failed calling webhook \"a.cnpg-lint.dev\": {reason}");
    let closed = outcome(webhook, FailurePolicy::Fail);
    let status = closed.status().expect("the request must fail");
    assert_eq!((status.code, status.reason.as_str()), (500, "InternalError"));
    assert_eq!(status.message, format!("Internal error occurred: {failure}"));

    let open = outcome(webhook, FailurePolicy::Ignore);
    assert_eq!(open.decision, Decision::Admitted);
    assert_eq!(open.failures, [failure]);
    let key = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0";
    assert_eq!(open.audit_annotations, BTreeMap::from([(key.to_owned(), "a.cnpg-lint.dev".to_owned())]));
}

#[test]
fn who_is_allowed_passes_whatever_the_status_says() {
    let webhook = answering(json!({"allowed": true, "status": {"code": 403, "message": "no"}}));
    assert_eq!(outcome(&webhook, FailurePolicy::Fail).decision, Decision::Admitted);
    accepts(&webhook, cluster());
}

#[test]
fn a_denial_is_enforced_under_both_policies() {
    let webhook = answering(json!({
        "allowed": false, "warnings": ["also: this"], "auditAnnotations": {"rules": "instances-min-2"},
        "status": {"code": 403, "reason": "Forbidden", "message": "instances-min-2: two are needed"},
    }));
    for policy in [FailurePolicy::Fail, FailurePolicy::Ignore] {
        let outcome = outcome(&webhook, policy);
        let status = outcome.status().expect("denied");
        assert_eq!(
            (status.code, status.reason.as_str(), status.status.as_str()),
            (403, "Forbidden", "Failure")
        );
        let expected =
            "admission webhook \"a.cnpg-lint.dev\" denied the request: instances-min-2: two are needed";
        assert_eq!(status.message, expected);
        assert_eq!(outcome.warnings, ["also: this"]);
        assert_eq!(outcome.audit_annotations["a.cnpg-lint.dev/rules"], "instances-min-2");
    }
    denies(&webhook, cluster(), "instances-min-2");
}

#[test]
fn a_denial_with_a_code_below_400_is_a_bad_request() {
    for (status, code, message) in [
        (json!({"code": 200, "status": "Success", "message": "x"}), 400, "denied the request: x"),
        (json!({"message": "x"}), 400, "denied the request: x"),
        (json!({"code": 422, "reason": "Invalid"}), 422, "denied the request: Invalid"),
        (json!({}), 400, "denied the request without explanation"),
        (Value::Null, 400, "denied the request without explanation"),
    ] {
        let outcome = outcome(&answering(json!({"allowed": false, "status": status})), FailurePolicy::Ignore);
        let given = outcome.status().expect("denied");
        assert_eq!((given.code, given.status.as_str()), (code, "Failure"));
        assert_eq!(given.message, format!("admission webhook \"a.cnpg-lint.dev\" {message}"));
    }
}

#[test]
fn a_call_without_a_reply_follows_the_failure_policy() {
    for error in [
        CallError::Timeout,
        CallError::Connect("connection refused".to_owned()),
        CallError::Tls("certificate has expired".to_owned()),
        CallError::Closed,
    ] {
        let text = format!("failed to call webhook: {error}");
        fails(&move |_: &[u8], _| Err(error.clone()), &text);
    }
}

#[test]
fn a_status_code_that_is_no_success_follows_the_failure_policy() {
    for (code, reason) in [
        (400, "the server rejected our request for an unknown reason"),
        (404, "the server could not find the requested resource"),
        (413, "the server responded with the status code 413 but did not return more information"),
        (415, "what the server said"),
        (429, "the server has received too many requests and has asked us to try again later"),
        (500, "an error on the server (\"what the server said\") has prevented the request from succeeding"),
        (503, "the server is currently unable to handle the request"),
    ] {
        let webhook = move |_: &[u8], _: Duration| Ok(HttpReply::text(code, "what the server said"));
        fails(&webhook, &format!("failed to call webhook: {reason}"));
    }
}

#[test]
fn a_reply_that_is_no_review_of_this_request_follows_the_failure_policy() {
    let v1 = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"});
    // A null takes the field away.
    let with = |name: &str, value: Value| {
        let mut review = v1.clone();
        review["response"] = json!({"allowed": true});
        let fields = review.as_object_mut().expect("an object");
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.to_owned(), value);
        }
        review
    };
    let invalid = "received invalid webhook response:";
    let absent = format!("{invalid} webhook response was absent");
    for (reply, reason) in [
        (v1.clone(), absent.clone()),
        (with("response", json!(null)), absent),
        (
            with("apiVersion", json!("admission.k8s.io/v1beta1")),
            "failed to call webhook: converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion"
                .to_owned(),
        ),
        (
            with("apiVersion", Value::Null),
            format!(
                "{invalid} expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=AdmissionReview"
            ),
        ),
        (
            with("response", json!({"allowed": true, "patch": "W10="})),
            format!("{invalid} validating webhook may not return response.patch"),
        ),
        (
            with("response", json!({"allowed": true, "patchType": "JSONPatch"})),
            format!("{invalid} validating webhook may not return response.patchType"),
        ),
    ] {
        fails(&reviewing(reply), &reason);
    }
    let other =
        outcome(&reviewing(with("response", json!({"allowed": true, "uid": "other"}))), FailurePolicy::Fail);
    let failure = other.failures.first().expect("a failure");
    assert!(failure.contains("expected response.uid=") && failure.ends_with("got \"other\""), "{failure}");
    for unreadable in ["", "{", "[]", "{\"response\": 1}", "{\"apiVersion\": \"v9\"}"] {
        let outcome = outcome(&move |_: &[u8], _| Ok(HttpReply::json(unreadable)), FailurePolicy::Fail);
        assert!(
            outcome.failures.iter().any(|failure| failure.contains("failed to call webhook: ")),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_review_is_read_whatever_its_content_type() {
    let review = answering(json!({"allowed": true}));
    let webhook = |body: &[u8], timeout: Duration| {
        let reply = review(body, timeout)?;
        Ok(HttpReply { content_type: Some("text/plain".to_owned()), ..reply })
    };
    accepts(&webhook, cluster());
}

/// Sheds `times` calls, then allows.
fn shedding(code: u16, times: u32, wait: u64) -> impl Fn(&[u8], Duration) -> Reply + Sync {
    let calls = AtomicU32::new(0);
    let allow = answering(json!({"allowed": true}));
    move |review, timeout| {
        if calls.fetch_add(1, Ordering::Relaxed) < times {
            return Ok(HttpReply::text(code, "busy").retry_after(wait));
        }
        allow(review, timeout)
    }
}

#[test]
fn retry_after_is_waited_for_within_the_deadline() {
    for code in [429, 500, 503] {
        let outcome = outcome(&shedding(code, 3, 1), FailurePolicy::Fail);
        assert_eq!((outcome.decision, outcome.attempts), (Decision::Admitted, 4));
    }
}

#[test]
fn retries_end_with_the_deadline() {
    let webhook = shedding(429, u32::MAX, 4);
    let outcome =
        dispatch(&[Hook::new("a.cnpg-lint.dev", &webhook).timeout(Duration::from_secs(10))], &cluster());
    assert_eq!(outcome.attempts, 3, "at 0, 4 and 8 seconds");
    assert!(
        outcome.failures.iter().any(|failure| failure.ends_with("context deadline exceeded")),
        "{outcome:?}"
    );
}

#[test]
fn retries_are_ten() {
    let outcome = outcome(&shedding(429, u32::MAX, 0), FailurePolicy::Fail);
    assert_eq!(outcome.attempts, 11);
    assert!(outcome.failures.iter().any(|failure| failure.contains("too many requests")), "{outcome:?}");
}

#[test]
fn what_is_no_overload_is_not_tried_again() {
    let webhook = |_: &[u8], _: Duration| Ok(HttpReply::text(404, "").retry_after(1));
    assert_eq!(outcome(&webhook, FailurePolicy::Fail).attempts, 1);
    let date = |_: &[u8], _: Duration| {
        let mut reply = HttpReply::text(503, "");
        reply.retry_after = Some("Wed, 21 Oct 2026 07:28:00 GMT".to_owned());
        Ok(reply)
    };
    assert_eq!(outcome(&date, FailurePolicy::Fail).attempts, 1);
}

#[test]
fn the_webhook_is_told_the_deadline_in_whole_seconds() {
    let told = Mutex::new(Vec::new());
    let allow = answering(json!({"allowed": true}));
    let webhook = |review: &[u8], timeout: Duration| {
        told.lock().expect("no panic").push(timeout);
        allow(review, timeout)
    };
    for milliseconds in [3000, 2500] {
        dispatch(
            &[Hook::new("a.cnpg-lint.dev", &webhook).timeout(Duration::from_millis(milliseconds))],
            &cluster(),
        );
    }
    assert_eq!(*told.lock().expect("no panic"), [Duration::from_secs(3); 2]);
}

#[test]
fn a_dry_run_does_not_reach_a_webhook_with_effects() {
    let webhook = answering(json!({"allowed": true}));
    let hook = || Hook::new("a.cnpg-lint.dev", &webhook);
    for policy in [FailurePolicy::Fail, FailurePolicy::Ignore] {
        let hook = hook().side_effects(SideEffects::Some).failure_policy(policy);
        let outcome = dispatch(&[hook], &cluster().dry_run());
        let status = outcome.status().expect("rejected");
        assert_eq!(status.code, 400);
        assert_eq!(status.message, "admission webhook \"a.cnpg-lint.dev\" does not support dry run");
        assert_eq!(outcome.attempts, 0);
    }
    assert_eq!(dispatch(&[hook()], &cluster().dry_run()).attempts, 1);
}

#[test]
fn of_several_denials_the_client_is_told_one() {
    let deny =
        |message: &str| answering(json!({"allowed": false, "status": {"code": 403, "message": message}}));
    let (first, second) = (deny("first"), deny("second"));
    let hooks = [Hook::new("a.cnpg-lint.dev", &first), Hook::new("b.cnpg-lint.dev", &second)];
    let outcome = dispatch(&hooks, &cluster());
    let status = outcome.status().expect("denied");
    assert_eq!(status.message, "admission webhook \"a.cnpg-lint.dev\" denied the request: first");
}

#[test]
fn the_first_denial_is_the_one_that_arrives_first() {
    let slow = shedding(429, 2, 1);
    let deny = answering(json!({"allowed": false, "status": {"message": "slow"}}));
    let calls = AtomicU32::new(0);
    let slow_deny = |review: &[u8], timeout: Duration| {
        if calls.fetch_add(1, Ordering::Relaxed) < 2 { slow(review, timeout) } else { deny(review, timeout) }
    };
    let quick = answering(json!({"allowed": false, "status": {"message": "quick"}}));
    let hooks = [Hook::new("a.cnpg-lint.dev", &slow_deny), Hook::new("b.cnpg-lint.dev", &quick)];
    let outcome = dispatch(&hooks, &cluster());
    assert!(outcome.status().expect("denied").message.ends_with("quick"));
}

#[test]
fn what_reaches_nobody_is_told_to_the_test() {
    let webhook = answering(json!({
        "allowed": true, "warnings": ["two\nlines", "one line", "one line"],
        "auditAnnotations": {"bad key": "x", "a/b": "x", "good-key": "x"},
    }));
    let outcome = outcome(&webhook, FailurePolicy::Fail);
    assert_eq!(outcome.warnings, ["one line"]);
    assert_eq!(outcome.audit_annotations.keys().collect::<Vec<_>>(), ["a.cnpg-lint.dev/good-key"]);
    assert_eq!(outcome.dropped.len(), 3, "{:?}", outcome.dropped);
}

#[test]
#[should_panic(expected = "a bad answer")]
fn an_accepted_request_must_have_been_answered() {
    accepts(&|_: &[u8], _: Duration| Err(CallError::Closed), cluster());
}

#[test]
#[should_panic(expected = "not accepted")]
fn a_warning_is_no_plain_acceptance() {
    accepts(&answering(json!({"allowed": true, "warnings": ["x"]})), cluster());
}

#[test]
fn a_warning_names_the_rule() {
    warns(
        &answering(json!({"allowed": true, "warnings": ["monitoring-off: x"]})),
        cluster(),
        "monitoring-off",
    );
}

#[test]
#[should_panic(expected = "not denied by")]
fn a_denial_must_be_forbidden() {
    let webhook =
        answering(json!({"allowed": false, "status": {"code": 422, "reason": "Invalid", "message": "rule"}}));
    denies(&webhook, cluster(), "rule");
}
