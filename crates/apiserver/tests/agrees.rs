//! The simulated API server and the real one say the same of every reply.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, in its helpers too"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use apiserver::{Cluster, Options, Registration, Rule};
use dispatcher::stub::{Action, Received, Stub, review};
use dispatcher::{Authority, FailurePolicy, Hook, HttpReply, Https, Outcome, Request, dispatch};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const WEBHOOK: &str = "validate.cnpg-lint.test";
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a webhook does, by a name that an object can have.
type Case = (&'static str, fn(&Received, usize) -> Action);

/// A review with this `response`, to which the uid is added.
fn reviewed(received: &Received, response: Value) -> Action {
    review(&received.body, response)
}

/// A review with this envelope and the right uid.
fn enveloped(received: &Received, api_version: &str, kind: &str) -> Action {
    let response = json!({"uid": received.body["request"]["uid"], "allowed": true});
    Action::Reply(HttpReply::json(
        json!({"apiVersion": api_version, "kind": kind, "response": response}).to_string(),
    ))
}

#[expect(clippy::needless_pass_by_value, reason = "what is written in the call reads best")]
fn denied(received: &Received, status: Value) -> Action {
    reviewed(received, json!({"allowed": false, "status": status}))
}

fn status(code: u16) -> Action {
    Action::Reply(HttpReply::text(code, "what the server said"))
}

const CASES: &[Case] = &[
    ("allowed", |r, _| reviewed(r, json!({"allowed": true}))),
    ("allowed-with-status", |r, _| {
        reviewed(r, json!({"allowed": true, "status": {"code": 403, "message": "no"}}))
    }),
    ("denied", |r, _| denied(r, json!({"code": 403, "reason": "Forbidden", "message": "rule: why"}))),
    ("denied-invalid", |r, _| denied(r, json!({"code": 422, "reason": "Invalid", "message": "rule: why"}))),
    ("denied-without-code", |r, _| denied(r, json!({"message": "rule: why"}))),
    ("denied-with-success", |r, _| denied(r, json!({"code": 200, "status": "Success", "message": "why"}))),
    ("denied-without-message", |r, _| denied(r, json!({"code": 403, "reason": "Forbidden"}))),
    ("denied-without-status", |r, _| denied(r, Value::Null)),
    ("denied-in-lines", |r, _| {
        denied(r, json!({"code": 403, "reason": "Forbidden", "message": "one\ntwo\n  three"}))
    }),
    ("warned", |r, _| {
        reviewed(r, json!({"allowed": true, "warnings": ["one", "one", "", "two \"quoted\" \\ é"]}))
    }),
    ("warned-in-lines", |r, _| {
        reviewed(r, json!({"allowed": true, "warnings": ["one\ntwo", "tab\there", "three"]}))
    }),
    ("warned-at-length", |r, _| {
        reviewed(r, json!({"allowed": true, "warnings": ["é".repeat(4000), "short", "x".repeat(300)]}))
    }),
    ("warned-without-end", |r, _| {
        let warnings: Vec<String> = (0..40).map(|index| format!("{index:0<300}")).collect();
        reviewed(r, json!({"allowed": true, "warnings": warnings}))
    }),
    ("annotated", |r, _| {
        let annotations =
            json!({"rules": "a,b", "bad key": "x", "a/b": "x", "-c": "x", "d.e_f-1": "two\nlines"});
        reviewed(r, json!({"allowed": true, "auditAnnotations": annotations}))
    }),
    ("denied-with-all", |r, _| {
        reviewed(
            r,
            json!({
                "allowed": false, "warnings": ["one"], "auditAnnotations": {"rules": "a"},
                "status": {"code": 403, "reason": "Forbidden", "message": "why"},
            }),
        )
    }),
    ("null-fields", |r, _| {
        reviewed(
            r,
            json!({"allowed": true, "warnings": null, "auditAnnotations": null, "patch": null, "status": null}),
        )
    }),
    ("other-uid", |_, _| {
        let reply = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": "other", "allowed": true},
        });
        Action::Reply(HttpReply::json(reply.to_string()))
    }),
    ("no-response", |_, _| {
        Action::Reply(HttpReply::json(r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#))
    }),
    ("patched", |r, _| reviewed(r, json!({"allowed": true, "patch": "W10="}))),
    ("patched-by-type", |r, _| reviewed(r, json!({"allowed": true, "patchType": "JSONPatch"}))),
    ("beta", |r, _| enveloped(r, "admission.k8s.io/v1beta1", "AdmissionReview")),
    ("no-version", |r, _| enveloped(r, "", "AdmissionReview")),
    ("no-kind", |r, _| enveloped(r, "admission.k8s.io/v1", "")),
    ("no-envelope", |r, _| enveloped(r, "", "")),
    ("other-version", |r, _| enveloped(r, "admission.k8s.io/v9", "AdmissionReview")),
    ("other-kind", |r, _| enveloped(r, "admission.k8s.io/v1", "Review")),
    ("empty-body", |_, _| Action::Reply(HttpReply::json(""))),
    ("no-json", |_, _| Action::Reply(HttpReply::json("no"))),
    ("a-list", |_, _| Action::Reply(HttpReply::json("[]"))),
    ("no-bool", |r, _| reviewed(r, json!({"allowed": "yes"}))),
    ("other-content-type", |_, _| status(200)),
    ("review-as-text", |r, _| match reviewed(r, json!({"allowed": true})) {
        Action::Reply(reply) => {
            Action::Reply(HttpReply { content_type: Some("text/plain".to_owned()), ..reply })
        }
        other => other,
    }),
    ("no-content-type", |r, _| match reviewed(r, json!({"allowed": true})) {
        Action::Reply(reply) => Action::Reply(HttpReply { content_type: None, ..reply }),
        other => other,
    }),
    ("created", |r, _| match reviewed(r, json!({"allowed": true})) {
        Action::Reply(reply) => Action::Reply(HttpReply { code: 201, ..reply }),
        other => other,
    }),
    ("redirected", |_, _| status(302)),
    ("status-400", |_, _| status(400)),
    ("status-401", |_, _| status(401)),
    ("status-403", |_, _| status(403)),
    ("status-404", |_, _| status(404)),
    ("status-405", |_, _| status(405)),
    ("status-409", |_, _| status(409)),
    ("status-413", |_, _| status(413)),
    ("status-415", |_, _| status(415)),
    ("status-422", |_, _| status(422)),
    ("status-429", |_, _| status(429)),
    ("status-500", |_, _| status(500)),
    ("status-503", |_, _| status(503)),
    ("status-504", |_, _| status(504)),
    ("busy-once", |r, asked| match asked {
        0 => Action::Reply(HttpReply::text(429, "busy").retry_after(1)),
        _ => reviewed(r, json!({"allowed": true})),
    }),
    ("failing-twice", |r, asked| match asked {
        0 | 1 => Action::Reply(HttpReply::text(500, "busy").retry_after(0)),
        _ => reviewed(r, json!({"allowed": true})),
    }),
    ("busy-always", |_, _| Action::Reply(HttpReply::text(429, "busy").retry_after(0))),
    ("busy-past-the-deadline", |_, _| Action::Reply(HttpReply::text(503, "busy").retry_after(2))),
    ("closes", |_, _| Action::Close),
    ("hangs", |_, _| Action::Hang),
    ("no-http", |_, _| Action::Raw(b"hello\r\n\r\n".to_vec())),
];

/// What can be compared: the answer's code, reason and message, warnings, annotations, number of calls.
#[derive(Debug, PartialEq)]
struct Seen {
    code: u64,
    reason: String,
    message: String,
    warnings: Vec<String>,
    annotations: BTreeMap<String, String>,
    calls: usize,
}

fn object(case: &str) -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "ImageCatalog",
        "metadata": {"name": case, "namespace": "default"}, "spec": {"images": [{"major": 18, "image": "x:1"}]},
    })
}

fn simulated(webhook: &Https, case: &str, policy: FailurePolicy) -> Seen {
    let hook = Hook::new(WEBHOOK, webhook).in_real_time().timeout(TIMEOUT).failure_policy(policy);
    let outcome: Outcome = dispatch(&[hook], &Request::create(object(case)).dry_run());
    let status = outcome.status().cloned();
    let (code, reason, message) = match status {
        None => (201, String::new(), String::new()),
        Some(status) => (u64::try_from(status.code).expect("a code"), status.reason, status.message),
    };
    let calls = usize::try_from(outcome.attempts).expect("few");
    Seen { code, reason, message, warnings: outcome.warnings, annotations: outcome.audit_annotations, calls }
}

fn real(cluster: &Cluster, stub: &Stub, case: &str) -> Seen {
    let (asked, events) = (calls(stub, case), events(cluster, case));
    let path = "/apis/postgresql.cnpg.io/v1/namespaces/default/imagecatalogs?dryRun=All";
    let output = cluster.kubectl(&["create", "--raw", path, "-f", "-"], &object(case).to_string());
    let output = output.expect("kubectl runs");
    let event = apiserver::wait_until(SOON, || {
        let all = cluster.audit_events().expect("readable");
        all.into_iter().filter(|event| event.name == case).nth(events)
    });
    let event = event.unwrap_or_else(|| panic!("{case} is not in the audit log: {output}"));
    let ours = |key: &str| key.starts_with(WEBHOOK) || key.starts_with("failed-open.");
    Seen {
        code: event.code,
        reason: event.reason,
        message: event.message,
        warnings: output.warnings().into_iter().map(str::to_owned).collect(),
        annotations: event.annotations.into_iter().filter(|(key, _)| ours(key)).collect(),
        calls: calls(stub, case) - asked,
    }
}

fn events(cluster: &Cluster, case: &str) -> usize {
    cluster.audit_events().unwrap_or_default().iter().filter(|event| event.name == case).count()
}

fn calls(stub: &Stub, case: &str) -> usize {
    stub.received().iter().filter(|received| name_of(received) == case).count()
}

fn name_of(received: &Received) -> &str {
    received.body.pointer("/request/object/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Go words what goes wrong below HTTP and in decoding its own way; what stands before that must agree.
fn comparable(case: &str, mut seen: Seen) -> Seen {
    let worded_by_go = [
        "other-uid",
        "closes",
        "hangs",
        "no-http",
        "redirected",
        "no-json",
        "a-list",
        "no-bool",
        "other-content-type",
        "other-version",
        "other-kind",
        "busy-past-the-deadline",
    ];
    if worded_by_go.contains(&case) {
        for stem in ["failed to call webhook: ", "expected response.uid="] {
            if let Some(at) = seen.message.find(stem) {
                seen.message.truncate(at + stem.len());
            }
        }
    }
    seen
}

#[test]
fn the_simulated_and_the_real_api_server_say_the_same() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    cluster.install_crds().expect("CRDs");
    let authority = Authority::new("webhooks").expect("a certificate");
    let identity = authority.server(&[]).expect("a certificate");
    // How often each object was asked about since the last reset.
    let asked: &'static Mutex<BTreeMap<String, usize>> = Box::leak(Box::default());
    let stub = Stub::start(&identity, |received| {
        let name = name_of(received);
        let mut asked = asked.lock().expect("no panic");
        let count = asked.entry(name.to_owned()).or_default();
        *count += 1;
        let (_, act) = CASES.iter().find(|(case, _)| *case == name).expect("a case");
        act(received, *count - 1)
    });
    let stub = stub.expect("a port");
    let webhook = Https::new(&stub.url("/validate"), &authority.certificate(), None).expect("a client");
    let reset = || asked.lock().expect("no panic").clear();

    let mut differ = Vec::new();
    for policy in [FailurePolicy::Fail, FailurePolicy::Ignore] {
        let mut registration = Registration::new(WEBHOOK, &stub.url("/validate"), &authority.certificate());
        registration.rules = vec![Rule::new(&["CREATE"], "postgresql.cnpg.io", &["imagecatalogs"])];
        registration.timeout_seconds = 3;
        registration.failure_policy = policy;
        cluster.register_webhook(&registration).expect("registered");
        for (case, _) in CASES {
            reset();
            let real = comparable(case, real(&cluster, &stub, case));
            reset();
            let simulated = comparable(case, simulated(&webhook, case, policy));
            if real != simulated {
                differ.push(format!("{case} ({policy:?})\n real:      {real:?}\n simulated: {simulated:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
