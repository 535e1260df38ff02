//! The API server runs, takes objects, and asks a webhook as the reference says.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, in its helpers too"
)]

use std::time::Duration;

use apiserver::{Cluster, Options, Output, Registration};
use dispatcher::stub::{Received, Stub, review};
use dispatcher::{Authority, FailurePolicy};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const WEBHOOK: &str = "validate.cnpg-lint.test";

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db, namespace: default}
spec:
  instances: 3
  storage: {size: 1Gi}
";

/// Denies what has one instance and the deletion of a Cluster, and warns of all else.
fn verdict(received: &Received) -> Value {
    let request = &received.body["request"];
    let instances = ["/object/spec/instances", "/object/spec/replicas"]
        .iter()
        .find_map(|pointer| request.pointer(pointer).and_then(Value::as_i64));
    if instances == Some(1) || request["operation"] == "DELETE" {
        let message = "instances-min-2: two are needed";
        return json!({"allowed": false, "status": {"code": 403, "reason": "Forbidden", "message": message}});
    }
    json!({"allowed": true, "warnings": ["monitoring-off: nobody looks"], "auditAnnotations": {"rules": "monitoring-off"}})
}

#[track_caller]
fn succeeds(output: Output) -> Output {
    assert!(output.success(), "{output}");
    output
}

#[track_caller]
fn forbidden(output: &Output) {
    let expected =
        format!("admission webhook \"{WEBHOOK}\" denied the request: instances-min-2: two are needed");
    assert!(!output.success() && output.stderr.contains("Error from server (Forbidden)"), "{output}");
    assert!(output.stderr.contains(&expected), "{output}");
}

/// What the webhook was asked last for this operation.
fn last(stub: &Stub, operation: &str) -> Received {
    let received = stub.received();
    let found = received.iter().rev().find(|received| received.body["request"]["operation"] == operation);
    found.unwrap_or_else(|| panic!("no {operation} among {received:#?}")).clone()
}

#[test]
fn a_webhook_is_asked_about_creation_scaling_and_deletion() {
    let clients = Authority::new("clients").expect("a certificate");
    let options =
        Options { webhook_client: Some(clients.client("kube-apiserver", &[]).expect("a certificate")) };
    let Some(cluster) = Cluster::start_or_skip(&options) else { return };
    cluster.install_crds().expect("CRDs");
    let kubectl = |arguments: &[&str], stdin: &str| cluster.kubectl(arguments, stdin).expect("kubectl runs");
    assert!(succeeds(kubectl(&["version"], "")).stdout.contains("Server Version: v1.36."));

    let authority = Authority::new("webhooks").expect("a certificate");
    let identity = authority.server(&[]).expect("a certificate");
    let stub = Stub::start_for(&clients, &identity, |received| review(&received.body, verdict(received)));
    let stub = stub.expect("a port");
    let mut registration = Registration::new(WEBHOOK, &stub.url("/validate"), &authority.certificate());
    registration.timeout_seconds = 3;
    cluster.register_webhook(&registration).expect("registered");

    // Created, with a warning.
    let output = succeeds(kubectl(&["apply", "-f", "-"], CLUSTER));
    assert_eq!(output.warnings(), ["monitoring-off: nobody looks"]);
    let created = last(&stub, "CREATE");
    assert_eq!(created.target, "/validate?timeout=3s");
    assert!(created.client_certificate);
    assert_eq!(created.body["request"]["object"]["metadata"]["name"], "db");
    let annotations =
        cluster.audit_annotations(SOON, |event| event.resource == "clusters" && event.code == 201);
    let annotations = annotations.expect("the creation is in the audit log");
    assert_eq!(annotations.get("validate.cnpg-lint.test/rules").map(String::as_str), Some("monitoring-off"));

    // Nothing changed: nobody is asked.
    let asked = stub.received().len();
    succeeds(kubectl(&["apply", "--dry-run=server", "-f", "-"], CLUSTER));
    assert_eq!(stub.received().len(), asked);

    // Denied on a dry run too.
    let one = CLUSTER.replace("instances: 3", "instances: 1");
    forbidden(&kubectl(&["apply", "--dry-run=server", "-f", "-"], &one));
    assert_eq!(last(&stub, "UPDATE").body["request"]["dryRun"], true);
    forbidden(&kubectl(&["apply", "-f", "-"], &one));

    // Scaled.
    forbidden(&kubectl(&["scale", "clusters/db", "--replicas=1"], ""));
    let scaled = &last(&stub, "UPDATE").body["request"];
    assert_eq!((&scaled["subResource"], &scaled["kind"]["kind"]), (&json!("scale"), &json!("Scale")));
    assert_eq!(scaled["resource"]["resource"], "clusters");
    succeeds(kubectl(&["scale", "clusters/db", "--replicas=2"], ""));

    // Deleted.
    forbidden(&kubectl(&["delete", "cluster", "db"], ""));
    let deleted = &last(&stub, "DELETE").body["request"];
    assert_eq!((&deleted["object"], &deleted["oldObject"]["metadata"]["name"]), (&Value::Null, &json!("db")));

    // Nobody answers.
    drop(stub);
    let output = kubectl(&["scale", "clusters/db", "--replicas=4"], "");
    assert!(output.stderr.contains("failed calling webhook \"validate.cnpg-lint.test\""), "{output}");
    registration.failure_policy = FailurePolicy::Ignore;
    cluster.register_webhook(&registration).expect("registered");
    succeeds(kubectl(&["delete", "cluster", "db"], ""));
    let annotations = cluster.audit_annotations(SOON, |event| event.verb == "delete" && event.code == 200);
    let annotations = annotations.expect("the deletion is in the audit log");
    let key = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0";
    assert_eq!(annotations.get(key).map(String::as_str), Some(WEBHOOK));
}

#[test]
fn helm_installs() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let output = cluster.helm(&["list", "--all-namespaces", "--output", "json"]).expect("helm runs");
    assert_eq!(succeeds(output).stdout.trim(), "[]");
}
