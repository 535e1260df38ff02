//! `cnpg-lint serve` behind a real API server: what people see of it, and what they do not.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test ends so")]

mod webhook;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use apiserver::{AuditEvent, Cluster, Options, Output, Registration};
use dispatcher::{Authority, FailurePolicy, Hook, Https, Request, dispatch};
use serde_json::{Value, json};
use webhook::{Webhook, certificates, good};

const SOON: Duration = Duration::from_secs(30);
const WEBHOOK: &str = "validate.cnpg-lint.dev";
const DENIED: &str = "Error from server (Forbidden)";

/// Runs kubectl and prints what a person would see, for reports.
fn kubectl(cluster: &Cluster, arguments: &[&str], stdin: &str) -> Output {
    let output = cluster.kubectl(arguments, stdin).expect("kubectl runs");
    println!("$ kubectl {}\n{output}", arguments.join(" "));
    output
}

#[track_caller]
fn succeeds(output: Output) -> Output {
    assert!(output.success(), "{output}");
    output
}

/// Forbidden by our webhook, for `rule`.
#[track_caller]
fn denied_by(output: &Output, rule: &str) {
    assert!(!output.success() && output.stderr.contains(DENIED), "{output}");
    assert!(
        output.stderr.contains(&format!("admission webhook \"{WEBHOOK}\" denied the request: ")),
        "{output}"
    );
    assert!(output.stderr.contains(rule), "{output}");
}

#[track_caller]
fn warned_by(output: &Output, rule: &str) {
    assert!(output.success() && output.warnings().iter().any(|warning| warning.contains(rule)), "{output}");
}

fn good_cluster() -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "alone", "namespace": "shop"},
        "spec": {"instances": 3, "imageName": "ghcr.io/cloudnative-pg/postgresql:17.6", "storage": {"size": "1Gi"}},
    })
}

/// The configuration that denies what may be denied.
fn enforcing(folder: &Path) -> String {
    let path = folder.join("cnpg-lint.yaml");
    fs::write(&path, "admission: {mode: enforce}\n").expect("written");
    path.display().to_string()
}

fn audited(cluster: &Cluster, wanted: impl Fn(&AuditEvent) -> bool) -> AuditEvent {
    cluster.audit_event(SOON, wanted).expect("it is in the audit log")
}

/// All of our annotations of a request, as `key: value`.
fn ours(event: &AuditEvent) -> Vec<String> {
    let prefix = format!("{WEBHOOK}/");
    let ours = event.annotations.iter().filter(|(key, _)| key.starts_with(&prefix));
    ours.map(|(key, value)| format!("{}: {value}", key.trim_start_matches(&prefix))).collect()
}

/// An API server with the CRDs and a namespace.
fn start(options: &Options) -> Option<Cluster> {
    let cluster = Cluster::start_or_skip(options)?;
    cluster.install_crds().expect("CRDs");
    succeeds(cluster.kubectl(&["create", "namespace", "shop"], "").expect("kubectl runs"));
    Some(cluster)
}

/// That with what the fixtures' database needs, and our webhook that denies what may be denied.
struct Scene {
    cluster: Cluster,
    _webhook: Webhook,
    _files: (webhook::Mount, tempfile::TempDir),
}

impl Scene {
    /// `before` is there already when the webhook is registered.
    fn start(before: &[String]) -> Option<Self> {
        let cluster = start(&Options::default())?;
        for object in before {
            let output = cluster.kubectl(&["-n", "shop", "apply", "-f", "-"], object);
            succeeds(output.expect("kubectl runs"));
        }
        let (authority, mount) = certificates();
        let folder = tempfile::tempdir().expect("a folder");
        let config = enforcing(folder.path());
        let kubeconfig = cluster.kubeconfig().display().to_string();
        let arguments = ["--config", &config, "--kubeconfig", &kubeconfig];
        let webhook = Webhook::start(&mount, "127.0.0.1:0", &arguments);
        webhook.wait_until_ready();
        let mut registration = Registration::new(WEBHOOK, &webhook.url(), &authority.certificate());
        registration.timeout_seconds = 3;
        cluster.register_webhook(&registration).expect("registered");
        let scene = Self { cluster, _webhook: webhook, _files: (mount, folder) };
        for file in ["database/backup.yaml", "database/credentials.yaml", "database/network-policy.yaml"] {
            succeeds(scene.apply(&good(file)));
        }
        Some(scene)
    }

    fn kubectl(&self, arguments: &[&str], stdin: &str) -> Output {
        kubectl(&self.cluster, &[&["-n", "shop"], arguments].concat(), stdin)
    }

    fn apply(&self, object: &str) -> Output {
        self.kubectl(&["apply", "-f", "-"], object)
    }
}

/// A Cluster of the fixtures with its stores, schedules and credentials, and what is done to it.
#[test]
fn what_is_wrong_is_denied_however_it_comes() {
    let Some(scene) = Scene::start(&[]) else { return };

    // Denied: all that is wrong in one message, and nothing is stored.
    let cluster = good("database/cluster.yaml");
    let bad = cluster.replace("instances: 3", "instances: 1").replace(":17.6-standard-bookworm", ":latest");
    for arguments in
        [&["apply", "-f", "-"][..], &["apply", "--dry-run=server", "-f", "-"], &["create", "-f", "-"]]
    {
        let output = scene.kubectl(arguments, &bad);
        denied_by(&output, "instances-min-2");
        denied_by(&output, "image-latest");
    }
    assert!(!scene.kubectl(&["get", "cluster", "shop-db"], "").success());
    let event = audited(&scene.cluster, |event| event.resource == "clusters" && event.code == 403);
    println!("audit log, 403: {:#?}", ours(&event));
    assert!(ours(&event).iter().any(|line| line.contains("instances-min-2")), "{event:?}");

    // Created as it should be, and changed.
    succeeds(scene.apply(&cluster));
    let one = r#"{"spec": {"instances": 1}}"#;
    denied_by(
        &scene.kubectl(&["patch", "cluster", "shop-db", "--type=merge", "-p", one], ""),
        "instances-min-2",
    );
    let server_side = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    denied_by(&scene.kubectl(&server_side, &bad), "instances-min-2");
    succeeds(scene.kubectl(&server_side, &cluster));
    succeeds(scene.kubectl(&["label", "cluster", "shop-db", "team=a"], ""));
    let status = r#"{"status": {"instances": 1}}"#;
    let status = ["patch", "cluster", "shop-db", "--subresource=status", "--type=merge", "-p", status];
    succeeds(scene.kubectl(&status, ""));

    // Scaled: the Cluster is read from the cache, which a watch fills.
    let scaled = apiserver::wait_until(SOON, || {
        let output = scene
            .cluster
            .kubectl(&["-n", "shop", "scale", "cluster/shop-db", "--replicas=1", "--dry-run=server"], "");
        (!output.expect("kubectl runs").success()).then_some(())
    });
    assert!(scaled.is_some(), "the cache has no Cluster");
    denied_by(&scene.kubectl(&["scale", "cluster/shop-db", "--replicas=1"], ""), "instances-min-2");
    succeeds(scene.kubectl(&["scale", "cluster/shop-db", "--replicas=2"], ""));
}

#[test]
fn a_deletion_takes_two_steps() {
    let Some(scene) = Scene::start(&[]) else { return };
    succeeds(scene.apply(&good("database/cluster.yaml")));
    let delete = ["delete", "cluster", "shop-db"];
    let output = scene.kubectl(&delete, "");
    denied_by(&output, "cluster-delete-unconfirmed");
    assert!(output.stderr.contains("cnpg-lint.dev/allow-delete"), "it says what to do: {output}");
    succeeds(scene.kubectl(&["annotate", "cluster", "shop-db", "cnpg-lint.dev/allow-delete=moved away"], ""));
    succeeds(scene.kubectl(&delete, ""));
}

#[test]
fn a_warning_is_shown_and_a_restore_is_never_denied() {
    let Some(scene) = Scene::start(&[]) else { return };
    let cluster = good("database/cluster.yaml");
    // Its schedule may come a second later: what is missing beside an object is never denied.
    let output = scene.apply(&cluster.replace("shop-db", "warned-db"));
    warned_by(&output, "scheduled-backup-missing");
    let event = audited(&scene.cluster, |event| event.name == "warned-db" && event.code == 201);
    println!("audit log, 201: {:#?}", ours(&event));
    assert!(!ours(&event).is_empty(), "{event:?}");

    let recovery = "bootstrap:\n    recovery:\n      source: offsite";
    let initdb = "bootstrap:\n    initdb:\n      database: shop\n      owner: shop";
    assert!(cluster.contains(initdb));
    let restore = cluster.replace(initdb, recovery).replace("instances: 3", "instances: 1");
    let restore = restore.replace("name: shop-db\n  annotations", "name: restored\n  annotations");
    let restore = restore.replacen("serverName: shop-db", "serverName: restored", 1);
    warned_by(&scene.apply(&restore), "instances-min-2");

    let drill = good_cluster().to_string().replace("\"instances\":3", "\"instances\":1").replace(
        "\"name\":\"alone\"",
        "\"name\":\"drill\",\"annotations\":{\"cnpg-lint.dev/throw-away\":\"restore drill of May\"}",
    );
    succeeds(scene.apply(&drill));
}

#[test]
fn what_was_wrong_before_stands_in_nobodys_way() {
    let mut legacy = good_cluster();
    legacy["spec"]["instances"] = json!(1);
    let Some(scene) = Scene::start(&[legacy.to_string()]) else { return };
    succeeds(scene.kubectl(&["label", "cluster", "alone", "team=a"], ""));
    let merge = |patch: Value| {
        scene.kubectl(&["patch", "cluster", "alone", "--type=merge", "-p", &patch.to_string()], "")
    };
    succeeds(merge(json!({"spec": {"resources": {"requests": {"memory": "1Gi"}}}})));
    let output = merge(json!({"spec": {"imageName": "ghcr.io/cloudnative-pg/postgresql:latest"}}));
    denied_by(&output, "image-latest");
    assert!(
        output.stderr.contains("denied the request: 1 finding\n"),
        "what is not new is not held against it"
    );
    succeeds(merge(json!({"spec": {"instances": 2}})));
    denied_by(&merge(json!({"spec": {"instances": 1}})), "instances-min-2");
}

#[test]
fn an_exemption_needs_a_reason_and_is_told() {
    let Some(scene) = Scene::start(&[]) else { return };
    let exempt = |ignore: &str| {
        let mut object = good_cluster();
        object["spec"]["instances"] = json!(1);
        object["metadata"]["annotations"] = json!({"cnpg-lint.dev/ignore": ignore});
        scene.apply(&object.to_string())
    };
    denied_by(&exempt("backup-missing: it is somewhere else"), "instances-min-2");
    let both = "backup-missing, instances-min-2: until=2099-12-31 one node is all there is";
    warned_by(&exempt(both), "one node is all there is");
    let event = audited(&scene.cluster, |event| event.name == "alone" && event.code == 201);
    println!("audit log, 201: {:#?}", ours(&event));
    assert!(ours(&event).iter().any(|line| line.starts_with("exempted: ")), "{event:?}");
}

#[test]
fn nobody_is_let_in_without_a_certificate_and_nobody_waits_for_one_that_is_down() {
    let clients = Authority::new("clients").expect("a certificate");
    let api_server = clients.client("kube-apiserver", &[]).expect("a certificate");
    let options = Options { webhook_client: Some(api_server.clone()) };
    let Some(cluster) = start(&options) else { return };
    let (authority, mount) = certificates();
    let folder = tempfile::tempdir().expect("a folder");
    let config = enforcing(folder.path());
    let client_ca = folder.path().join("clients.crt");
    fs::write(&client_ca, clients.certificate()).expect("written");
    let client_ca = client_ca.display().to_string();
    let arguments = ["--config", &config, "--client-ca", &client_ca];
    let webhook = Webhook::start(&mount, "127.0.0.1:0", &arguments);
    webhook.wait_until_ready();
    let mut registration = Registration::new(WEBHOOK, &webhook.url(), &authority.certificate());
    registration.timeout_seconds = 3;
    cluster.register_webhook(&registration).expect("registered");

    let mut object = good_cluster();
    object["spec"]["instances"] = json!(1);
    let bad = object.to_string();
    denied_by(&kubectl(&cluster, &["create", "-f", "-"], &bad), "instances-min-2");
    let ask = |identity| {
        let client = Https::new(&webhook.url(), &authority.certificate(), identity).expect("a client");
        dispatch(&[Hook::new(WEBHOOK, &client).in_real_time()], &Request::create(object.clone()))
    };
    let stranger = Authority::new("strangers").expect("a certificate").client("kube-apiserver", &[]);
    let stranger = stranger.expect("a certificate");
    for identity in [None, Some(&stranger)] {
        assert_eq!(ask(identity).failures.len(), 1);
    }
    assert_eq!(ask(Some(&api_server)).status().map(|status| status.code), Some(403));

    // Down: it depends on the policy, and the audit log tells.
    let address = webhook.address.clone();
    webhook.terminate();
    let output = kubectl(&cluster, &["create", "-f", "-"], &bad);
    assert!(output.stderr.contains(&format!("failed calling webhook \"{WEBHOOK}\"")), "{output}");
    registration.failure_policy = FailurePolicy::Ignore;
    cluster.register_webhook(&registration).expect("registered");
    succeeds(kubectl(&cluster, &["create", "-f", "-"], &bad));
    let event = audited(&cluster, |event| event.name == "alone" && event.code == 201);
    let open = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0";
    assert_eq!(event.annotations.get(open).map(String::as_str), Some(WEBHOOK));

    // Up again.
    let webhook = Webhook::start(&mount, &address, &arguments);
    webhook.wait_until_ready();
    let second = bad.replace("\"alone\"", "\"second\"");
    denied_by(&kubectl(&cluster, &["create", "-f", "-"], &second), "instances-min-2");
}

#[test]
fn certificates_are_changed_under_load_without_an_error() {
    let Some(cluster) = start(&Options::default()) else { return };
    let (authority, mut mount) = certificates();
    let next = Authority::new("webhooks, the next").expect("a certificate");
    let bundle = format!("{}{}", authority.certificate(), next.certificate());
    let folder = tempfile::tempdir().expect("a folder");
    let config = enforcing(folder.path());
    let webhook = Webhook::start(&mount, "127.0.0.1:0", &["--config", &config]);
    webhook.wait_until_ready();
    let mut registration = Registration::new(WEBHOOK, &webhook.url(), &bundle);
    registration.timeout_seconds = 3;
    cluster.register_webhook(&registration).expect("registered");

    let mut object = good_cluster();
    object["spec"]["instances"] = json!(1);
    let request = Request::create(object.clone());
    let (over, asked) = (AtomicBool::new(false), AtomicU32::new(0));
    let is_denied = |client: &Https| {
        let outcome = dispatch(&[Hook::new(WEBHOOK, client).in_real_time()], &request);
        assert_eq!(outcome.status().map(|status| status.code), Some(403), "{outcome:?}");
        asked.fetch_add(1, Ordering::Relaxed);
    };
    let client = || Https::new(&webhook.url(), &bundle, None).expect("a client");
    thread::scope(|scope| {
        let mut loads = Vec::new();
        // One that keeps its connection, and one that shakes hands each time.
        loads.push(scope.spawn(|| {
            let kept = client();
            while !over.load(Ordering::Relaxed) {
                is_denied(&kept);
            }
        }));
        loads.push(scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                is_denied(&client());
            }
        }));
        loads.push(scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let output = cluster.kubectl(&["create", "--dry-run=server", "-f", "-"], &object.to_string());
                denied_by(&output.expect("kubectl runs"), "instances-min-2");
            }
        }));
        let changes = [&authority, &authority, &next].into_iter().enumerate();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (before, signer) in changes {
                mount.replace(&signer.server(&["localhost"]).expect("a certificate"));
                let served = apiserver::wait_until(SOON, || {
                    let lines = webhook.lines(|line| line["message"] == "a new certificate is served");
                    (lines.len() > before).then_some(())
                });
                assert!(served.is_some(), "certificate {} is not served", before + 2);
            }
        }));
        over.store(true, Ordering::Relaxed);
        for load in loads {
            load.join().expect("no review went wrong");
        }
        outcome.expect("each certificate is served");
    });
    println!("{} reviews while the certificate changed three times", asked.load(Ordering::Relaxed));

    // What is served now is of the next authority alone.
    let trusting = |authority: &Authority| {
        let client = Https::new(&webhook.url(), &authority.certificate(), None).expect("a client");
        dispatch(&[Hook::new(WEBHOOK, &client).in_real_time()], &request)
    };
    assert!(trusting(&next).failures.is_empty());
    assert_eq!(trusting(&authority).failures.len(), 1);
}
