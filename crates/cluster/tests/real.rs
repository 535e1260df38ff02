//! The watches and the certificates against a real API server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, in its helpers too"
)]

#[allow(dead_code, reason = "of the recorder only a part is needed here")]
mod recorder;

use apiserver::{Cluster, Options as ServerOptions};
use cluster::{
    Certificates, Client, Options, Place, SelfSigned, Served, WATCHED, WatchedKind, connect, self_signed,
    watch,
};
use k8s_openapi::ByteString;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use recorder::{Call, Recorder};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};
use tokio::sync::watch::Receiver;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

/// Watches are opened anew each second, and what is missing is looked for again at once.
fn options() -> Options {
    Options {
        page: 2,
        watch_for: Duration::from_secs(1),
        ask_again: Duration::from_millis(200),
        pause: (Duration::from_millis(10), Duration::from_millis(100)),
        ..Options::default()
    }
}

fn kubectl(server: &Cluster, arguments: &[&str], stdin: &str) -> String {
    let output = server.kubectl(arguments, stdin).unwrap();
    assert!(output.success(), "kubectl {arguments:?}: {output}");
    output.stdout
}

fn apply(server: &Cluster, object: &Value) {
    kubectl(server, &["apply", "-f", "-"], &object.to_string());
}

fn get(server: &Cluster, what: &[&str]) -> Value {
    let arguments = [&["get", "-o", "json", "--show-managed-fields"], what].concat();
    serde_json::from_str(&kubectl(server, &arguments, "")).unwrap()
}

/// A client that may do what the service account `name` in `default` may.
async fn client_of(server: &Cluster, name: &str) -> Client {
    let mut kubeconfig = Kubeconfig::read_from(server.kubeconfig()).unwrap();
    for named in &mut kubeconfig.auth_infos {
        named.auth_info.as_mut().unwrap().impersonate = Some(format!("system:serviceaccount:default:{name}"));
    }
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

fn a_cluster(instances: u32) -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {"instances": instances, "storage": {"size": "1Gi"}},
    })
}

/// What happened to each kind, in order, until `enough`.
async fn until(
    recorder: &mut Recorder,
    states: &mut BTreeMap<&'static str, String>,
    enough: impl Fn(&BTreeMap<&'static str, String>) -> bool,
) {
    while !enough(states) {
        match recorder.next().await {
            Call::Synced(kind) => states.insert(kind, "synced".to_owned()),
            Call::Absent(kind, reason) | Call::Unavailable(kind, reason) => states.insert(kind, reason),
            _ => None,
        };
    }
}

/// The next object called `name`.
async fn put_of(recorder: &mut Recorder, name: &str) -> Value {
    loop {
        if let Call::Put(object) = recorder.next().await
            && object["metadata"]["name"] == name
        {
            return object;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_follow_a_real_cluster() {
    let Some(server) = Cluster::start_or_skip(&ServerOptions::default()) else { return };
    let client = connect(Some(server.kubeconfig())).await.unwrap().unwrap();
    let (mut recorder, store) = Recorder::new();
    let _watches = watch(&client, WATCHED, &store, &options());
    let mut states = BTreeMap::new();
    until(&mut recorder, &mut states, |states| states.len() == WATCHED.len()).await;
    let synced: BTreeSet<_> =
        states.iter().filter(|(_, state)| *state == "synced").map(|(kind, _)| *kind).collect();
    assert_eq!(synced, BTreeSet::from(["namespaces", "networkpolicies", "services", "storageclasses"]));
    assert_eq!(states["clusters"], "the API server does not serve postgresql.cnpg.io/v1 Cluster");

    server.install_crds().unwrap();
    let ours = |kind: &&WatchedKind| kind.group.ends_with("cnpg.io") || kind.group == "external-secrets.io";
    let installed: Vec<_> = WATCHED.iter().filter(ours).map(|kind| kind.plural).collect();
    until(&mut recorder, &mut states, |states| installed.iter().all(|kind| states[kind] == "synced")).await;

    apply(&server, &a_cluster(2));
    let object = put_of(&mut recorder, "db").await;
    assert_eq!((&object["kind"], &object["spec"]["instances"]), (&json!("Cluster"), &json!(2)));
    assert_eq!(object["metadata"].get("managedFields"), None);
    assert_eq!(object["metadata"]["annotations"].as_object().map_or(0, serde_json::Map::len), 0);
    apply(&server, &a_cluster(3));
    assert_eq!(put_of(&mut recorder, "db").await["spec"]["instances"], 3);
    kubectl(&server, &["delete", "cluster.postgresql.cnpg.io", "db"], "");
    while recorder.next().await != Call::Remove(Some("default".into()), "db".into()) {}

    kubectl(&server, &["create", "namespace", "team"], "");
    let object = put_of(&mut recorder, "team").await;
    assert_eq!((&object["kind"], &object["apiVersion"]), (&json!("Namespace"), &json!("v1")));
    assert_eq!(object["metadata"]["labels"]["kubernetes.io/metadata.name"], "team");
    assert_eq!(object.get("spec"), None);

    kubectl(&server, &["delete", "crd", "objectstores.barmancloud.cnpg.io"], "");
    until(&mut recorder, &mut states, |states| states["objectstores"].contains("does not serve")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permissions_come_and_go() {
    let Some(server) = Cluster::start_or_skip(&ServerOptions::default()) else { return };
    let services = WatchedKind::new("", &["v1"], "Service", "services");
    let policies = WatchedKind::new("networking.k8s.io", &["v1"], "NetworkPolicy", "networkpolicies");
    let (mut recorder, store) = Recorder::new();
    let _watches = watch(&client_of(&server, "reader").await, &[services, policies], &store, &options());
    let mut states = BTreeMap::new();
    until(&mut recorder, &mut states, |states| states.len() == 2).await;
    assert_eq!(states["services"], "not permitted to list services");
    assert_eq!(states["networkpolicies"], "not permitted to list networkpolicies.networking.k8s.io");

    let permit = |verbs: &str| {
        kubectl(&server, &["create", "clusterrole", "reader", "--resource=services", verbs], "");
    };
    permit("--verb=list,watch");
    kubectl(
        &server,
        &[
            "create",
            "clusterrolebinding",
            "reader",
            "--clusterrole=reader",
            "--serviceaccount=default:reader",
        ],
        "",
    );
    until(&mut recorder, &mut states, |states| states["services"] == "synced").await;
    assert_eq!(recorder.names(), ["kubernetes"]);
    assert!(states["networkpolicies"].starts_with("not permitted"));

    kubectl(&server, &["delete", "clusterrole", "reader"], "");
    until(&mut recorder, &mut states, |states| states["services"].starts_with("not permitted to")).await;
    permit("--verb=list");
    until(&mut recorder, &mut states, |states| states["services"] == "not permitted to watch services").await;
}

const NAME: &str = "cnpg-lint";

/// As our chart makes it, without a `caBundle`.
fn configuration(webhooks: &[&str]) -> Value {
    let rules = json!([{
        "apiGroups": ["postgresql.cnpg.io"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["clusters"],
    }]);
    let webhook = |name: &&str| {
        json!({
            "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "rules": rules,
            "clientConfig": {"service": {"name": NAME, "namespace": "default", "path": "/validate"}},
        })
    };
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME}, "webhooks": webhooks.iter().map(webhook).collect::<Vec<_>>(),
    })
}

/// As our chart installs it: everything exists and is empty, and nothing may be created.
fn install_webhook(server: &Cluster) {
    apply_as_others_do(server, &["one.cnpg-lint.dev", "two.cnpg-lint.dev"]);
    install_secret(server);
    apply(
        server,
        &json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME, "namespace": "default"}}),
    );
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "resourceNames": [NAME], "verbs": verbs});
    apply(
        server,
        &json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": NAME},
            "rules": [
                rule("", "secrets", &["get", "update"]),
                rule("coordination.k8s.io", "leases", &["get", "patch"]),
                rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", &["get", "patch"]),
            ],
        }),
    );
    kubectl(
        server,
        &[
            "create",
            "clusterrolebinding",
            NAME,
            "--clusterrole=cnpg-lint",
            "--serviceaccount=default:cnpg-lint",
        ],
        "",
    );
}

fn install_secret(server: &Cluster) {
    apply(
        server,
        &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME, "namespace": "default"}}),
    );
}

fn place(identity: &str) -> Place {
    Place {
        namespace: "default".into(),
        secret: NAME.into(),
        lease: NAME.into(),
        identity: identity.into(),
        configuration: NAME.into(),
        service: NAME.into(),
    }
}

async fn something(mut served: Receiver<Option<Served>>) -> Served {
    recorder::soon(served.wait_for(Option::is_some)).await.unwrap().clone().unwrap()
}

/// The `caBundle` of each webhook, once all have one.
fn ca_bundles(server: &Cluster) -> Option<Vec<String>> {
    let configuration = get(server, &["validatingwebhookconfiguration", NAME]);
    let webhooks = configuration["webhooks"].as_array().unwrap();
    webhooks.iter().map(|webhook| webhook["clientConfig"]["caBundle"].as_str().map(str::to_owned)).collect()
}

fn encoded(text: &str) -> String {
    json!(ByteString(text.as_bytes().to_vec())).as_str().unwrap().to_owned()
}

fn decode(base64: &str) -> Vec<u8> {
    serde_json::from_value::<ByteString>(json!(base64)).unwrap().0
}

fn wait_for<T>(look: impl FnMut() -> Option<T>) -> T {
    apiserver::wait_until(Duration::from_mins(1), look).expect("nothing happened")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_certificates_and_one_publishes_their_ca() {
    let Some(server) = Cluster::start_or_skip(&ServerOptions::default()) else { return };
    install_webhook(&server);
    let client = client_of(&server, NAME).await;
    let one = self_signed(&client, &place("one"));
    let first = something(one.served()).await;
    let two = self_signed(&client, &place("two"));
    assert_eq!(something(two.served()).await, first);

    let bundles = wait_for(|| ca_bundles(&server));
    let secret = get(&server, &["secret", NAME]);
    assert_eq!(bundles, vec![secret["data"]["ca.crt"].as_str().unwrap(); 2]);
    assert_eq!(get(&server, &["lease", NAME])["spec"]["holderIdentity"], "one");

    // Ours is that one field of each webhook, whatever else is in it.
    let configuration = get(&server, &["validatingwebhookconfiguration", NAME]);
    let owners = configuration["metadata"]["managedFields"].as_array().unwrap();
    let ours: Vec<_> = owners.iter().filter(|owner| owner["manager"] == NAME).collect();
    assert_eq!(ours.len(), 1);
    let owned = json!({"f:clientConfig": {"f:caBundle": {}}});
    let key = |name: &str| format!(r#"k:{{"name":"{name}"}}"#);
    let expected = json!({"f:webhooks": {key("one.cnpg-lint.dev"): owned, key("two.cnpg-lint.dev"): owned}});
    assert_eq!(ours[0]["fieldsV1"], expected);

    // What others own, they go on owning; ours stays when they apply theirs again.
    apply_as_others_do(&server, &["one.cnpg-lint.dev", "two.cnpg-lint.dev"]);
    assert_eq!(ca_bundles(&server), Some(bundles.clone()));
    // Nor does ours keep alive a webhook that they drop, or stay away from one that they add.
    apply_as_others_do(&server, &["one.cnpg-lint.dev"]);
    assert_eq!(ca_bundles(&server).map(|bundles| bundles.len()), Some(1));
    apply_as_others_do(&server, &["one.cnpg-lint.dev", "three.cnpg-lint.dev"]);
    assert_eq!(wait_for(|| ca_bundles(&server)), bundles);

    // The one that keeps them goes; the other takes over, and mends what is wrong meanwhile.
    let remove = r#"[{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]"#;
    drop(one);
    kubectl(&server, &["patch", "validatingwebhookconfiguration", NAME, "--type=json", "-p", remove], "");
    assert_eq!(wait_for(|| ca_bundles(&server)), bundles);
    assert_eq!(get(&server, &["lease", NAME])["spec"]["holderIdentity"], "two");
    assert_eq!(something(two.served()).await, first);

    // What was stored is deleted, and comes back the same.
    kubectl(&server, &["delete", "secret", NAME], "");
    install_secret(&server);
    let state = wait_for(|| get(&server, &["secret", NAME])["data"].get("ca.crt").cloned());
    assert_eq!(state, secret["data"]["ca.crt"]);

    let_the_authority_grow_old(&server, &two, &first).await;
}

/// The next CA is trusted before it signs anything.
async fn let_the_authority_grow_old(server: &Cluster, keeper: &SelfSigned, before: &Served) {
    let made = SystemTime::now() - Duration::from_hours(24 * 300);
    let old = Certificates::new(&place("").names(), made).unwrap();
    let stored = serde_json::to_string(&old).unwrap();
    let patch = json!({"stringData": {"certificates.json": stored}}).to_string();
    kubectl(server, &["patch", "secret", NAME, "-p", &patch], "");
    let mut receiver = keeper.served();
    recorder::soon(receiver.wait_for(|served| served.as_ref() != Some(before))).await.unwrap();
    let bundle = wait_for(|| {
        let secret = get(server, &["secret", NAME]);
        let bundle = secret["data"]["ca.crt"].as_str().unwrap().to_owned();
        let grown = bundle.len() > encoded(&old.bundle()).len();
        (grown && ca_bundles(server)? == [bundle.clone(), bundle.clone()]).then_some(bundle)
    });
    let bundle = String::from_utf8(decode(&bundle)).unwrap();
    let authorities: Vec<_> = CertificateDer::pem_slice_iter(bundle.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(authorities.len(), 2);
    let leaf = receiver.borrow().clone().unwrap().chain;
    let leaf = CertificateDer::from_pem_slice(leaf.as_bytes()).unwrap();
    let signed_by = |authority: &CertificateDer<'_>| {
        let anchor = [anchor_from_trusted_cert(authority).unwrap()];
        let leaf = EndEntityCert::try_from(&leaf).unwrap();
        let algorithms = &[ring::ECDSA_P256_SHA256];
        leaf.verify_for_usage(algorithms, &anchor, &[], UnixTime::now(), KeyUsage::server_auth(), None, None)
            .is_ok()
    };
    assert!(bundle.starts_with(old.bundle().trim()));
    assert_eq!(authorities.iter().map(signed_by).collect::<Vec<_>>(), [true, false]);
}

/// What Argo CD and Flux do: server-side apply.
fn apply_as_others_do(server: &Cluster, webhooks: &[&str]) {
    let arguments = ["apply", "--server-side", "--force-conflicts", "--field-manager=argocd", "-f", "-"];
    kubectl(server, &arguments, &configuration(webhooks).to_string());
}
