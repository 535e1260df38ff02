//! What network policies let in, asked as a rule asks.

mod common;

use common::Repository;

const CLUSTER: &str = "
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db, namespace: shop}
spec: {instances: 2, storage: {size: 1Gi}}
";

const OPERATOR: &str = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cnpg, namespace: operators}
spec: {chart: {spec: {chart: cloudnative-pg}}}
";

fn kubernetes(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n\
         spec: {spec}\n"
    )
}

fn cilium(kind: &str, body: &str) -> String {
    let namespace = if kind == "CiliumNetworkPolicy" { ", namespace: shop" } else { "" };
    format!("apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: p{namespace}}}\n{body}\n")
}

fn ask(policy: &str, operator: &str, question: &str) -> String {
    Repository::of(CLUSTER).file(policy).file(operator).ask("Cluster", "db", question)
}

#[test]
fn a_policy_closes_pods_where_it_is_about_ingress() {
    let closes = |policy: &str| ask(policy, OPERATOR, "cluster.is_closed");
    assert_eq!(closes(&kubernetes("{podSelector: {}}")), "true");
    assert_eq!(closes(&kubernetes("{podSelector: {}, policyTypes: [Egress]}")), "false");
    assert_eq!(closes(&kubernetes("{podSelector: {matchLabels: {app: web}}}")), "false");
    let namespaced = |body: &str| closes(&cilium("CiliumNetworkPolicy", body));
    assert_eq!(namespaced("spec: {endpointSelector: {}, ingress: [{}]}"), "true");
    assert_eq!(namespaced("spec: {endpointSelector: {}, ingress: []}"), "false");
    assert_eq!(namespaced("spec: {endpointSelector: {}, egress: [{}]}"), "false");
    assert_eq!(
        namespaced("specs: [{endpointSelector: {}, egress: [{}]}, {endpointSelector: {}, ingress: [{}]}]"),
        "true"
    );
    let open = "spec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{}]}";
    assert_eq!(closes(&cilium("CiliumClusterwideNetworkPolicy", open)), "false");
    let nodes = "spec: {nodeSelector: {}, ingress: [{}]}";
    assert_eq!(closes(&cilium("CiliumClusterwideNetworkPolicy", nodes)), "false");
}

#[test]
fn policies_that_are_not_read_leave_it_open() {
    let calico =
        "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}";
    assert!(ask(calico, OPERATOR, "cluster.is_closed").contains("Calico's NetworkPolicy p"));
    let elsewhere = calico.replace("shop", "web");
    assert_eq!(ask(&elsewhere, OPERATOR, "cluster.is_closed"), "false");
}

#[test]
fn the_operator_is_let_in_by_its_namespace() {
    let admits = |from: &str, operator: &str| {
        let policy = kubernetes(&format!(
            "{{podSelector: {{}}, ingress: [{{from: [{from}], ports: [{{port: 8000}}]}}]}}"
        ));
        ask(&policy, operator, "cluster.admits_operator")
    };
    let namespace = |name: &str| {
        format!("{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}")
    };
    assert_eq!(admits(&namespace("operators"), OPERATOR), "true");
    assert_eq!(admits(&namespace("web"), OPERATOR), "false");
    assert_eq!(admits("{podSelector: {}}", OPERATOR), "false");
    assert_eq!(admits("{podSelector: {}}", &OPERATOR.replace("operators", "shop")), "true");
    assert_eq!(admits("{namespaceSelector: {}}", ""), "true");
    let pods = "{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: NAME}}}";
    assert_eq!(admits(&pods.replace("NAME", "cloudnative-pg"), ""), "true");
    assert_eq!(admits(&pods.replace("NAME", "web"), ""), "false");
    for perhaps in ["{ipBlock: {cidr: 10.0.0.0/8}}", "{namespaceSelector: {matchLabels: {team: db}}}"] {
        assert!(admits(perhaps, OPERATOR).contains("may be the operator"), "{perhaps}");
    }
    assert!(admits(&namespace("operators"), "").contains("says where the operator runs"));
}

#[test]
fn the_operator_comes_from_a_chart_of_a_registry_too() {
    let policy = kubernetes(
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}]}]}",
    );
    let operator = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: pg, namespace: web}
spec: {chartRef: {kind: OCIRepository, name: pg}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: pg, namespace: web}
spec: {url: oci://registry.example/charts/cloudnative-pg}
";
    assert_eq!(ask(&policy, operator, "cluster.admits_operator"), "true");
}

#[test]
fn ports_count_by_number_range_name_and_protocol() {
    let has = |ports: &str| {
        let policy = kubernetes(&format!("{{podSelector: {{}}, ingress: [{{ports: [{ports}]}}]}}"));
        ask(&policy, OPERATOR, "cluster.policies.0.admits.0.has_postgres")
    };
    for port in ["{port: 5432}", "{port: postgresql}", "{port: 5000, endPort: 6000}", "{protocol: TCP}"] {
        assert_eq!(has(port), "true", "{port}");
    }
    for port in ["{port: 5432, protocol: UDP}", "{port: metrics}", "{port: 1, endPort: 5431}"] {
        assert_eq!(has(port), "false", "{port}");
    }
    assert!(has("{port: '${PORT}'}").contains("${PORT}"));
}

#[test]
fn peers_are_told_for_people() {
    let peers = |kind: &str, from: &str| {
        let policy = cilium(kind, &format!("spec: {{endpointSelector: {{}}, ingress: [{from}]}}"));
        ask(&policy, OPERATOR, "cluster.policies.0.admits.0.peers")
    };
    let (here, clusterwide) = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy");
    assert_eq!(peers(here, "{fromEndpoints: [{}]}"), "[its own namespace]");
    assert_eq!(peers(clusterwide, "{fromEndpoints: [{}]}"), "[everyone]");
    assert_eq!(peers(here, "{fromEntities: [world]}"), "[world]");
    assert_eq!(peers(here, "{toPorts: [{ports: [{port: '5432'}]}]}"), "[everyone]");
    let named = "{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': web, app: web}}]}";
    assert_eq!(peers(here, named), "[some pods of namespace web]");
    let any =
        "{fromEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]}]}";
    assert_eq!(peers(here, any), "[everyone]");
}

#[test]
fn replicas_are_let_in_by_their_labels() {
    let admits = |from: &str, port: &str| {
        let policy = kubernetes(&format!(
            "{{podSelector: {{}}, ingress: [{{from: [{from}], ports: [{{port: {port}}}]}}]}}"
        ));
        ask(&policy, OPERATOR, "cluster.admits_peers")
    };
    assert_eq!(admits("{podSelector: {matchLabels: {cnpg.io/cluster: db}}}", "5432"), "true");
    assert_eq!(admits("{podSelector: {}}", "5432"), "true");
    assert_eq!(
        admits("{podSelector: {matchExpressions: [{key: cnpg.io/cluster, operator: Exists}]}}", "5432"),
        "true"
    );
    assert_eq!(admits("{podSelector: {}}", "8000"), "false");
    assert_eq!(admits("{podSelector: {matchLabels: {app: web}}}", "5432"), "false");
    assert_eq!(
        admits("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}", "5432"),
        "false"
    );
    assert!(admits("{ipBlock: {cidr: 10.0.0.0/8}}", "5432").contains("may be the Cluster's own pods"));
    assert!(admits("{podSelector: {matchLabels: {cnpg.io/cluster: '${NAME}'}}}", "5432").contains("unknown"));
}
