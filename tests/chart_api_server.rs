//! The chart in a real API server, when it is changed and when nobody answers: an upgrade keeps what the
//! replicas wrote, an outage stops what it may, and no condition fails to be evaluated.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

#[path = "chart/helm.rs"]
mod helm;

use apiserver::{Cluster, Options, Output, wait_until};
use helm::{Helm, chart};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const ACCOUNT: &str = "--as=system:serviceaccount:databases:cnpg-lint";
const JANE: &str = "--as=jane";
const FULL: &str = "ci/cert-manager-enforce-fail-values.yaml";
const CLUSTER: &str = "cluster.postgresql.cnpg.io";
const FINALIZER: &str = r#"{"metadata":{"finalizers":["example.org/one"]}}"#;
const ANNOTATION: &str = r#"{"metadata":{"annotations":{"cnpg-lint.dev/ignore":"one: two"}}}"#;
const LABEL: &str = r#"{"metadata":{"labels":{"app":"shop"}}}"#;
const IMAGES: &str = r#"{"spec":{"images":[{"major":17,"image":"example.org/postgresql:17.6"}]}}"#;
const DATA: &str = r#"{"data":{"password":"Yg=="}}"#;

/// One API server for all: starting it takes longer than everything that is asked of it.
#[test]
fn the_chart_in_a_real_api_server() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let kubectl = Kubectl(&cluster);
    cluster.install_crds().expect("CRDs");
    for namespace in ["databases", "shop"] {
        kubectl.must(&["create", "namespace", namespace]);
    }

    an_upgrade_keeps_what_the_replicas_wrote(&kubectl);
    an_outage_is_passed_over_and_counted(&kubectl);
    it_sends_what_can_be_judged(&kubectl);
    a_glass_is_broken_by_those_who_were_told_so(&kubectl);
}

/// What the replicas write is theirs: an upgrade keeps it, and they may write nothing else.
fn an_upgrade_keeps_what_the_replicas_wrote(kubectl: &Kubectl<'_>) {
    let helm = |arguments: &[&str]| {
        let path = chart();
        let path = path.to_str().expect("UTF-8");
        let arguments: Vec<_> =
            arguments.iter().map(|word| if *word == "CHART" { path } else { word }).collect();
        let output = kubectl.0.helm(&arguments).expect("helm runs");
        assert!(output.success(), "{arguments:?}: {output}");
        output.stdout
    };
    let notes =
        helm(&["install", "cnpg-lint", "CHART", "-n", "databases", "--set", "config.admission.mode=audit"]);
    assert!(notes.contains("--set config.admission.mode=warn"), "{notes}");

    let mut secret = kubectl.read(&["get", "secret", "cnpg-lint-tls", "-n", "databases", ACCOUNT]);
    secret["data"] = json!({"ca.crt": "Y2E="});
    kubectl.must_with(&["replace", "-f", "-", ACCOUNT], &secret.to_string());
    let taken = r#"{"spec":{"holderIdentity":"one","leaseDurationSeconds":30}}"#;
    kubectl.must(&["patch", "lease", "cnpg-lint", "-n", "databases", "--type=merge", "-p", taken, ACCOUNT]);
    let bundle = json!({"webhooks": names(kubectl).iter().map(|name| {
        json!({"name": name, "clientConfig": {"caBundle": "Y2E="}})
    }).collect::<Vec<_>>()});
    let configuration = ["patch", "validatingwebhookconfiguration", "cnpg-lint", ACCOUNT];
    let patch = ["--type=strategic", "-p", &bundle.to_string()];
    kubectl.must(&[configuration.as_slice(), patch.as_slice()].concat());
    for refused in [
        ["get", "secrets", "-n", "databases"].as_slice(),
        &["get", "secrets", "--all-namespaces"],
        &["get", "secret", "another", "-n", "databases"],
        &["get", "configmaps", "-n", "databases"],
        &["delete", "secret", "cnpg-lint-tls", "-n", "databases"],
        &["delete", "validatingwebhookconfiguration", "cnpg-lint"],
        &["create", "configmap", "another", "-n", "databases"],
        &["create", "namespace", "another"],
    ] {
        let output = kubectl.ask(&[refused, &[ACCOUNT]].concat());
        assert!(output.stderr.contains("is forbidden"), "{refused:?}: {output}");
    }

    let changed = "config.admission.mode=enforce,webhook.failurePolicy=Fail,webhook.externalSecrets=false";
    helm(&["upgrade", "cnpg-lint", "CHART", "-n", "databases", "--set", changed]);
    let secret = kubectl.read(&["get", "secret", "cnpg-lint-tls", "-n", "databases"]);
    assert_eq!(secret["data"], json!({"ca.crt": "Y2E="}));
    let lease = kubectl.read(&["get", "lease", "cnpg-lint", "-n", "databases"]);
    assert_eq!(lease["spec"]["holderIdentity"], "one");
    let configuration = kubectl.read(&["get", "validatingwebhookconfiguration", "cnpg-lint"]);
    let entries = configuration["webhooks"].as_array().expect("entries");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["failurePolicy"], "Fail");
    assert!(entries.iter().all(|entry| entry["clientConfig"]["caBundle"] == "Y2E="), "{entries:?}");

    helm(&["uninstall", "cnpg-lint", "-n", "databases"]);
    let kinds = kubectl.must(&["api-resources", "--verbs=list", "-o", "name"]);
    let kinds: Vec<_> = kinds.lines().collect();
    let left = [
        "get",
        &kinds.join(","),
        "--all-namespaces",
        "-l",
        "app.kubernetes.io/instance=cnpg-lint",
        "-o",
        "name",
    ];
    assert_eq!(kubectl.must(&left), "");
}

/// Names of the entries that are registered.
fn names(kubectl: &Kubectl<'_>) -> Vec<String> {
    let configuration = kubectl.read(&["get", "validatingwebhookconfiguration", "cnpg-lint"]);
    let entries = configuration["webhooks"].as_array().expect("entries");
    entries.iter().map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect()
}

/// Registers the fullest rendering where nobody answers, with this failure policy or as rendered.
fn register(kubectl: &Kubectl<'_>, failure_policy: Option<&str>) {
    let helm = Helm::at(kubectl.0.tool("helm"));
    for mut object in helm.objects(&[FULL.to_owned()]) {
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        if kind == "ValidatingWebhookConfiguration" {
            for entry in object["webhooks"].as_array_mut().expect("entries") {
                entry["clientConfig"] = json!({"url": "https://127.0.0.1:1/validate"});
                if let Some(policy) = failure_policy {
                    entry["failurePolicy"] = policy.into();
                }
            }
        }
        if kind == "ValidatingWebhookConfiguration" || kind == "ClusterRole" {
            kubectl.give(&object.to_string());
        }
    }
    kubectl.0.wait_for_webhooks().expect("the API server takes note");
}

/// As rendered, with failure policy `Fail` asked for: changes of Clusters are refused, the rest passes.
fn an_outage_is_passed_over_and_counted(kubectl: &Kubectl<'_>) {
    register(kubectl, None);
    for (namespace, kind, name, spec) in objects() {
        kubectl.must_with(&["create", "-f", "-"], &object(namespace, kind, name, &spec));
    }
    for kind in ["backup", "database"] {
        kubectl.must(&["delete", kind, "a", "-n", "shop", "--dry-run=server"]);
    }
    let output = kubectl.ask(&patch("shop", CLUSTER, "a", r#"{"spec":{"instances":1}}"#));
    assert_eq!(sent(&output), Some("cluster-changes.cnpg-lint.dev"), "{output}");
    // The alerts are about these.
    let metrics = kubectl.must(&["get", "--raw", "/metrics"]);
    for (metric, entry) in [("fail_open", "databases"), ("rejection", "cluster-changes")] {
        let metric = format!("apiserver_admission_webhook_{metric}_count{{");
        let entry = format!("name=\"{entry}.cnpg-lint.dev\"");
        assert!(
            metrics.lines().any(|line| line.starts_with(&metric) && line.contains(&entry)),
            "{metric} {entry}"
        );
    }
}

/// With `Fail` everywhere, who is called can be read from the refusal, and a condition that cannot be
/// evaluated is a refusal of another kind.
fn it_sends_what_can_be_judged(kubectl: &Kubectl<'_>) {
    register(kubectl, Some("Fail"));
    let changes = Some("cluster-changes.cnpg-lint.dev");
    let databases = Some("databases.cnpg-lint.dev");
    let external = Some("external-secrets.cnpg-lint.dev");
    let secrets = Some("secrets.cnpg-lint.dev");
    let rows: Vec<(Option<&str>, Vec<&str>)> = vec![
        (changes, patch("shop", CLUSTER, "a", r#"{"spec":{"instances":4}}"#)),
        (changes, patch("shop", CLUSTER, "a", ANNOTATION)),
        (changes, patch("shop", CLUSTER, "a", LABEL)),
        (None, patch("shop", CLUSTER, "a", FINALIZER)),
        (
            None,
            [patch("shop", CLUSTER, "a", r#"{"status":{"phase":"x"}}"#), vec!["--subresource=status"]]
                .concat(),
        ),
        (changes, scale(CLUSTER, "--replicas=4")),
        (changes, delete("shop", CLUSTER)),
        (None, patch("databases", CLUSTER, "a", r#"{"spec":{"instances":4}}"#)),
        // Large objects cost no more than a condition may.
        (changes, patch("shop", CLUSTER, "large", r#"{"spec":{"instances":4}}"#)),
        (None, patch("shop", CLUSTER, "large", FINALIZER)),
        (databases, scale("pooler", "--replicas=4")),
        (None, delete("shop", "pooler")),
        (databases, delete("shop", "backup")),
        (databases, delete("shop", "scheduledbackup")),
        (databases, delete("shop", "database")),
        (databases, delete("shop", "objectstore")),
        (None, patch("shop", "objectstore", "a", FINALIZER)),
        // Without a namespace.
        (databases, patch("", "clusterimagecatalog", "a", IMAGES)),
        (None, patch("", "clusterimagecatalog", "a", FINALIZER)),
        (external, patch("shop", "externalsecret", "a", ANNOTATION)),
        (external, patch("", "clusterexternalsecret", "a", r#"{"spec":{"refreshTime":"2h"}}"#)),
        // Without a spec.
        (secrets, patch("shop", "secret", "judged", DATA)),
        (None, patch("shop", "secret", "judged", FINALIZER)),
        (None, patch("shop", "secret", "a", DATA)),
    ];
    for (entry, request) in rows {
        let output = kubectl.ask(&request);
        assert_eq!(sent(&output), entry, "{request:?}: {output}");
    }
}

fn a_glass_is_broken_by_those_who_were_told_so(kubectl: &Kubectl<'_>) {
    let resources = "--resource=clusters.postgresql.cnpg.io,clusterimagecatalogs.postgresql.cnpg.io";
    kubectl.must(&["create", "clusterrole", "dba", "--verb=get,list,patch,delete", resources]);
    kubectl.must(&["create", "clusterrolebinding", "dba", "--clusterrole=dba", "--user=jane"]);
    let as_jane = |request: Vec<&str>| kubectl.ask(&[request, vec![JANE]].concat());
    let change = || patch("shop", CLUSTER, "a", r#"{"spec":{"instances":1}}"#);
    let catalog = || patch("", "clusterimagecatalog", "a", r#"{"metadata":{"labels":{"app":"shop"}}}"#);
    wait_until(SOON, || sent_or_refused(&as_jane(change()))).expect("jane may change Clusters");

    // In one namespace, and there only.
    let role = "--clusterrole=cnpg-lint-break-glass";
    kubectl.must(&["create", "rolebinding", "tonight", "-n", "shop", role, "--user=jane"]);
    wait_until(SOON, || as_jane(change()).success().then_some(())).expect("the glass breaks");
    assert!(as_jane(delete("shop", CLUSTER)).success());
    let output = as_jane(catalog());
    assert_eq!(sent(&output), Some("databases.cnpg-lint.dev"), "{output}");

    // A wildcard takes it back: it says nothing about tonight.
    kubectl.must(&["create", "clusterrolebinding", "all", "--clusterrole=cluster-admin", "--user=jane"]);
    let all = ["auth", "can-i", "any-verb", "admissions.cnpg-lint.dev", "-n", "shop", JANE];
    wait_until(SOON, || kubectl.ask(&all).success().then_some(())).expect("jane may do everything");
    let output = as_jane(change());
    assert_eq!(sent(&output), Some("cluster-changes.cnpg-lint.dev"), "{output}");
}

/// The entry that a request was sent to, if any.
///
/// # Panics
/// If it failed in another way.
fn sent(output: &Output) -> Option<&str> {
    if output.success() {
        return None;
    }
    let (_, rest) =
        output.stderr.split_once("failed calling webhook \"").unwrap_or_else(|| panic!("{output}"));
    rest.split_once('"').map(|(name, _)| name)
}

/// Something where a request got past authorization.
fn sent_or_refused(output: &Output) -> Option<()> {
    output.stderr.contains("failed calling webhook").then_some(())
}

fn patch<'a>(namespace: &'a str, kind: &'a str, name: &'a str, patch: &'a str) -> Vec<&'a str> {
    vec!["patch", kind, name, "-n", namespace, "--type=merge", "--dry-run=server", "-p", patch]
}

fn scale<'a>(kind: &'a str, replicas: &'a str) -> Vec<&'a str> {
    vec!["scale", kind, "a", "-n", "shop", "--dry-run=server", replicas]
}

fn delete<'a>(namespace: &'a str, kind: &'a str) -> Vec<&'a str> {
    vec!["delete", kind, "a", "-n", namespace, "--dry-run=server"]
}

/// Valid ones, by namespace, kind and name.
fn objects() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let cluster = json!({"instances": 3, "storage": {"size": "1Gi"}});
    let line = "x".repeat(100);
    let hba: Vec<_> = (0..8000).map(|index| format!("# {index} {line}")).collect();
    let large = json!({"instances": 3, "storage": {"size": "1Gi"}, "postgresql": {"pg_hba": hba}});
    let of = json!({"name": "a"});
    let catalog = json!({"images": [{"major": 17, "image": "example.org/postgresql:17.5"}]});
    let external =
        json!({"secretStoreRef": {"name": "store"}, "data": [{"secretKey": "a", "remoteRef": {"key": "b"}}]});
    vec![
        ("shop", "Cluster", "a", cluster.clone()),
        ("shop", "Cluster", "large", large),
        ("databases", "Cluster", "a", cluster),
        ("shop", "Pooler", "a", json!({"cluster": of, "instances": 3, "pgbouncer": {"poolMode": "session"}})),
        ("shop", "Backup", "a", json!({"cluster": of})),
        ("shop", "ScheduledBackup", "a", json!({"cluster": of, "schedule": "0 0 2 * * *"})),
        ("shop", "Database", "a", json!({"cluster": of, "name": "app", "owner": "app"})),
        ("", "ClusterImageCatalog", "a", catalog),
        ("shop", "ObjectStore", "a", json!({"configuration": {"destinationPath": "s3://backup/"}})),
        ("shop", "ExternalSecret", "a", external.clone()),
        ("", "ClusterExternalSecret", "a", json!({"externalSecretSpec": external})),
        ("shop", "Secret", "a", json!({})),
        ("shop", "Secret", "judged", json!({"cnpg.io/reload": "true"})),
    ]
}

/// As JSON; what stands in the place of a Secret's spec are its labels.
fn object(namespace: &str, kind: &str, name: &str, spec: &Value) -> String {
    let api_version = match kind {
        "Secret" => "v1",
        "ObjectStore" => "barmancloud.cnpg.io/v1",
        "ExternalSecret" | "ClusterExternalSecret" => "external-secrets.io/v1",
        _ => "postgresql.cnpg.io/v1",
    };
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    if kind == "Secret" {
        object["metadata"]["labels"] = spec.clone();
        object["data"] = json!({"password": "YQ=="});
    } else {
        object["spec"] = spec.clone();
    }
    object.to_string()
}

struct Kubectl<'c>(&'c Cluster);

impl Kubectl<'_> {
    fn ask(&self, arguments: &[&str]) -> Output {
        self.0.kubectl(arguments, "").expect("kubectl runs")
    }

    fn must(&self, arguments: &[&str]) -> String {
        self.must_with(arguments, "")
    }

    fn must_with(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.0.kubectl(arguments, stdin).expect("kubectl runs");
        assert!(output.success(), "{arguments:?}: {output}");
        output.stdout
    }

    fn give(&self, object: &str) {
        self.must_with(&["apply", "-f", "-"], object);
    }

    fn read(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.must(&[arguments, &["-o", "json"]].concat())).expect("JSON")
    }
}
