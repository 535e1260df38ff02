//! The chart at a real API server: its objects are taken, its permissions are what they say, its webhook
//! is asked about what it should be, and it leaves nothing behind.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test ends so")]

mod webhook;

use std::fs;
use std::path::Path;

use apiserver::{Cluster, Options, Output};
use base64::prelude::{BASE64_STANDARD, Engine};
use dispatcher::Authority;
use dispatcher::stub::{Received, Stub, review};
use serde_json::{Value, json};
use webhook::{Webhook, certificates, good};

const NAMESPACE: &str = "databases";
const ACCOUNT: &str = "--as=system:serviceaccount:databases:cnpg-lint";

fn chart() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/cnpg-lint").display().to_string()
}

/// An API server with what the chart's objects need, and a namespace that warns of pods with more rights
/// than the strictest profile gives.
fn start() -> Option<Cluster> {
    let cluster = Cluster::start_or_skip(&Options::default())?;
    cluster.install_crds().expect("CRDs");
    let crds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds/chart").display().to_string();
    kubectl(&cluster, &["apply", "--server-side", "-f", &crds]);
    kubectl(&cluster, &["wait", "--for=condition=Established", "--timeout=60s", "-f", &crds]);
    kubectl(&cluster, &["create", "namespace", NAMESPACE]);
    kubectl(&cluster, &["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/warn=restricted"]);
    Some(cluster)
}

#[track_caller]
fn succeeds(output: Output) -> Output {
    assert!(output.success(), "{output}");
    output
}

#[track_caller]
fn kubectl(cluster: &Cluster, arguments: &[&str]) -> String {
    succeeds(cluster.kubectl(arguments, "").expect("kubectl runs")).stdout
}

#[track_caller]
fn apply(cluster: &Cluster, object: &Value) -> Output {
    succeeds(cluster.kubectl(&["apply", "-f", "-"], &object.to_string()).expect("kubectl runs"))
}

#[track_caller]
fn helm(cluster: &Cluster, arguments: &[&str]) -> String {
    succeeds(cluster.helm(arguments).expect("helm runs")).stdout
}

fn value_sets() -> Vec<String> {
    let folder = Path::new(&chart()).join("ci");
    let files = std::fs::read_dir(folder).expect("the chart's ci folder");
    let mut paths: Vec<String> =
        files.map(|file| file.expect("a file").path().display().to_string()).collect();
    paths.sort();
    paths
}

#[test]
fn every_object_is_accepted_and_gone_when_uninstalled() {
    let Some(cluster) = start() else { return };
    let chart = chart();
    let value_sets = value_sets();
    let with_values = value_sets.iter().map(|path| vec!["--values", path.as_str()]);
    for values in std::iter::once(Vec::new()).chain(with_values) {
        let arguments =
            [&["template", "cnpg-lint", &chart, "--namespace", NAMESPACE], values.as_slice()].concat();
        let rendered = helm(&cluster, &arguments);
        let output =
            cluster.kubectl(&["apply", "--dry-run=server", "-f", "-"], &rendered).expect("kubectl runs");
        let output = succeeds(output);
        let objects = rendered.lines().filter(|line| line.starts_with("kind: ")).count();
        assert!(objects >= 8, "{rendered}");
        assert_eq!(output.stdout.lines().count(), objects, "{values:?}: {output}");
        assert_eq!(output.stderr, "", "{values:?}");
    }

    helm(&cluster, &["install", "cnpg-lint", &chart, "--namespace", NAMESPACE]);
    let hooks = ["get", "validatingwebhookconfigurations", "-o", "name"];
    assert!(kubectl(&cluster, &hooks).contains("/cnpg-lint"));
    permissions(&cluster);
    helm(&cluster, &["uninstall", "cnpg-lint", "--namespace", NAMESPACE]);
    assert!(!kubectl(&cluster, &hooks).contains("/cnpg-lint"));
    for kinds in [
        "deployments,services,secrets,configmaps,leases,roles,rolebindings,networkpolicies,serviceaccounts",
        "clusterroles,clusterrolebindings,validatingwebhookconfigurations",
    ] {
        let label = "app.kubernetes.io/instance=cnpg-lint";
        assert_eq!(kubectl(&cluster, &["get", kinds, "-n", NAMESPACE, "-l", label, "-o", "name"]), "");
    }
}

/// What the account of the installed chart may do, by the API server's own answer.
fn permissions(cluster: &Cluster) {
    let may = |arguments: &[&str]| {
        let all = [&["auth", "can-i", ACCOUNT], arguments].concat();
        cluster.kubectl(&all, "").expect("kubectl runs").stdout.trim() == "yes"
    };
    for allowed in [
        &["watch", "clusters.postgresql.cnpg.io", "-A"][..],
        &["list", "objectstores.barmancloud.cnpg.io", "-A"],
        &["list", "externalsecrets.external-secrets.io", "-A"],
        &["list", "networkpolicies.networking.k8s.io", "-A"],
        &["update", "secrets/cnpg-lint-tls", "-n", NAMESPACE],
        &["patch", "leases/cnpg-lint", "-n", NAMESPACE],
        &["patch", "validatingwebhookconfigurations/cnpg-lint"],
    ] {
        assert!(may(allowed), "may not {allowed:?}");
    }
    for denied in [
        &["list", "secrets", "-A"][..],
        &["list", "secrets", "-n", NAMESPACE],
        &["get", "secrets/other", "-n", NAMESPACE],
        &["create", "secrets", "-n", NAMESPACE],
        &["patch", "clusters.postgresql.cnpg.io", "-A"],
        &["patch", "validatingwebhookconfigurations/other"],
        &["delete", "validatingwebhookconfigurations/cnpg-lint"],
        &["create", "pods", "-n", NAMESPACE],
    ] {
        assert!(!may(denied), "may {denied:?}");
    }
}

/// The chart's configuration of webhooks, with each entry sent to the URL that is given for its name.
fn register(cluster: &Cluster, ca: &str, url_of: impl Fn(&str) -> String) {
    let template = "templates/validatingwebhookconfiguration.yaml";
    let chart = chart();
    let rendered =
        helm(cluster, &["template", "cnpg-lint", &chart, "--namespace", NAMESPACE, "-s", template]);
    let read = cluster.kubectl(&["create", "--dry-run=client", "-o", "json", "-f", "-"], &rendered);
    let read = succeeds(read.expect("kubectl runs"));
    let mut configuration: Value = serde_json::from_str(&read.stdout).expect("JSON");
    for webhook in configuration["webhooks"].as_array_mut().expect("webhooks") {
        let name = webhook["name"].as_str().expect("a name");
        webhook["clientConfig"] = json!({"url": url_of(name), "caBundle": BASE64_STANDARD.encode(ca)});
        // What goes wrong must be seen.
        webhook["failurePolicy"] = json!("Fail");
    }
    // A merge would leave the Service beside the URL.
    kubectl(cluster, &["delete", "validatingwebhookconfigurations", "cnpg-lint", "--ignore-not-found"]);
    apply(cluster, &configuration);
    cluster.wait_for_webhooks().expect("noticed");
}

/// The entry, operation and resource of each request since `from`.
fn asked(stub: &Stub, from: usize) -> Vec<String> {
    let shown = |received: &Received| {
        let request = &received.body["request"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = received.target.trim_start_matches('/').split('.').next().unwrap_or_default();
        let (operation, resource) = (text(&request["operation"]), text(&request["resource"]["resource"]));
        match text(&request["subResource"]).as_str() {
            "" => format!("{entry}: {operation} {resource}"),
            subresource => format!("{entry}: {operation} {resource}/{subresource}"),
        }
    };
    stub.received().iter().skip(from).map(shown).collect()
}

fn cluster_object(namespace: &str) -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": "db", "namespace": namespace},
        "spec": {"instances": 3, "storage": {"size": "1Gi"}},
    })
}

#[test]
fn each_entry_is_asked_about_what_it_should_be() {
    let Some(cluster) = start() else { return };
    let authority = Authority::new("webhooks").expect("a certificate");
    let identity = authority.server(&[]).expect("a certificate");
    let stub = Stub::start(&identity, |received| review(&received.body, json!({"allowed": true})));
    let stub = stub.expect("a port");
    register(&cluster, &authority.certificate(), |entry| stub.url(&format!("/{entry}")));

    let asked_by = |arguments: &[&str], stdin: &str| {
        let before = stub.received().len();
        succeeds(cluster.kubectl(arguments, stdin).expect("kubectl runs"));
        asked(&stub, before)
    };
    let object = cluster_object("default");
    let nothing: [&str; 0] = [];

    assert_eq!(asked_by(&["apply", "-f", "-"], &object.to_string()), ["databases: CREATE clusters"]);
    assert_eq!(asked_by(&["apply", "-f", "-"], &object.to_string()), nothing);
    let changed = "cluster-changes: UPDATE clusters";
    assert_eq!(asked_by(&["annotate", "cluster", "db", "a=b"], ""), [changed]);
    assert_eq!(asked_by(&["label", "cluster", "db", "a=b"], ""), [changed]);
    let patch = |patch: &str| asked_by(&["patch", "cluster", "db", "--type=merge", "-p", patch], "");
    assert_eq!(patch(r#"{"spec": {"instances": 2}}"#), [changed]);
    assert_eq!(patch(r#"{"metadata": {"finalizers": ["cnpg-lint.test/kept"]}}"#), nothing);
    assert_eq!(patch(r#"{"metadata": {"finalizers": null}}"#), nothing);
    let status = [
        "patch",
        "cluster",
        "db",
        "--subresource=status",
        "--type=merge",
        "-p",
        r#"{"status": {"instances": 3}}"#,
    ];
    assert_eq!(asked_by(&status, ""), nothing);
    assert_eq!(
        asked_by(&["scale", "cluster/db", "--replicas=3"], ""),
        ["cluster-changes: UPDATE clusters/scale"]
    );
    assert_eq!(asked_by(&["delete", "cluster", "db"], ""), ["cluster-changes: DELETE clusters"]);

    // A kind without a namespace, and one that belongs to nobody here.
    let images = json!([{"major": 18, "image": "ghcr.io/cloudnative-pg/postgresql:18.1"}]);
    let catalog = json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "ClusterImageCatalog", "metadata": {"name": "all"},
        "spec": {"images": images},
    });
    let created = asked_by(&["apply", "-f", "-"], &catalog.to_string());
    assert_eq!(created, ["databases: CREATE clusterimagecatalogs"]);
    assert_eq!(asked_by(&["create", "configmap", "other"], ""), nothing);

    // The namespace that the webhook itself lives in.
    let own = cluster_object(NAMESPACE);
    assert_eq!(asked_by(&["apply", "-f", "-"], &own.to_string()), nothing);

    break_glass(&cluster, &stub);
}

/// Who may do all is asked about; who was given the verb by its name is not.
fn break_glass(cluster: &Cluster, stub: &Stub) {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "owner"},
        "rules": [
            {"apiGroups": ["postgresql.cnpg.io"], "resources": ["*"], "verbs": ["*"]},
            {"apiGroups": ["cnpg-lint.dev"], "resources": ["admissions"], "verbs": ["break-glass"]},
        ],
    });
    apply(cluster, &role);
    for (binding, role) in [("alice", "owner"), ("gitops", "cluster-admin")] {
        kubectl(
            cluster,
            &["create", "clusterrolebinding", binding, "--clusterrole", role, "--user", binding],
        );
    }
    let created_by = |user: &str| {
        let before = stub.received().len();
        let user = format!("--as={user}");
        let object = cluster_object("default").to_string();
        // A role counts as soon as the API server has taken note of it.
        let done = apiserver::wait_until(std::time::Duration::from_secs(30), || {
            let output = cluster.kubectl(&["create", "-f", "-", &user], &object).expect("kubectl runs");
            output.success().then_some(())
        });
        done.expect("allowed in time");
        kubectl(cluster, &["delete", "cluster", "db", &user]);
        asked(stub, before)
    };
    assert_eq!(created_by("gitops"), ["databases: CREATE clusters", "cluster-changes: DELETE clusters"]);
    let nothing: [&str; 0] = [];
    assert_eq!(created_by("alice"), nothing);
}

/// Kinds that rules read and that are served here.
const READ: [&str; 9] = [
    "Cluster",
    "ScheduledBackup",
    "ObjectStore",
    "ExternalSecret",
    "ClusterSecretStore",
    "NetworkPolicy",
    "Namespace",
    "Service",
    "StorageClass",
];

/// The webhook with the configuration, the account and the entries that the chart gives it, and with
/// nothing else.
#[test]
fn what_the_chart_gives_is_all_that_the_webhook_needs() {
    let Some(cluster) = start() else { return };
    let chart = chart();
    let install = ["install", "cnpg-lint", &chart, "--namespace", NAMESPACE];
    helm(&cluster, &[&install[..], &["--set", "config.admission.mode=enforce"]].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let mounted = r"jsonpath={.data.\.cnpg-lint\.yaml}";
    let config = kubectl(&cluster, &["get", "configmap", "cnpg-lint-config", "-n", NAMESPACE, "-o", mounted]);
    let path = folder.path().join(".cnpg-lint.yaml");
    fs::write(&path, config).expect("written");
    let account = cluster.account(NAMESPACE, "cnpg-lint").expect("a token");
    let (authority, mount) = certificates();
    let (path, account) = (path.display().to_string(), account.display().to_string());
    let webhook = Webhook::start(&mount, "127.0.0.1:0", &["--config", &path, "--kubeconfig", &account]);
    webhook.wait_until_ready();
    let (_, metrics) = webhook.probe("/metrics");
    for kind in READ {
        let synced = metrics.lines().any(|line| {
            line.contains("cache_synced{") && line.contains(&format!("\"{kind}\"")) && line.ends_with(" 1")
        });
        assert!(synced, "{kind} is not read: {metrics}");
    }

    register(&cluster, &authority.certificate(), |_| webhook.url());
    kubectl(&cluster, &["create", "namespace", "shop"]);
    let shop = |arguments: &[&str], stdin: &str| {
        cluster.kubectl(&[&["-n", "shop"], arguments].concat(), stdin).expect("kubectl runs")
    };
    let denied = |output: &Output, entry: &str, rule: &str| {
        let expected = format!("admission webhook \"{entry}.cnpg-lint.dev\" denied the request: ");
        assert!(output.stderr.contains(&expected) && output.stderr.contains(rule), "{output}");
    };
    for file in ["database/backup.yaml", "database/credentials.yaml", "database/network-policy.yaml"] {
        succeeds(shop(&["apply", "-f", "-"], &good(file)));
    }
    let database = good("database/cluster.yaml");
    let lonely = database.replace("instances: 3", "instances: 1");
    denied(&shop(&["apply", "-f", "-"], &lonely), "databases", "instances-min-2");
    succeeds(shop(&["apply", "-f", "-"], &database));
    denied(&shop(&["apply", "-f", "-"], &lonely), "cluster-changes", "instances-min-2");
    let scale = ["scale", "cluster/shop-db", "--replicas=1"];
    let scaled = apiserver::wait_until(std::time::Duration::from_secs(30), || {
        let output = shop(&[&scale[..], &["--dry-run=server"]].concat(), "");
        (!output.success()).then_some(output)
    });
    denied(&scaled.expect("the cache has the Cluster"), "cluster-changes", "instances-min-2");
    denied(&shop(&["delete", "cluster", "shop-db"], ""), "cluster-changes", "cluster-delete-unconfirmed");
}
