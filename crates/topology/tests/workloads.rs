//! Workloads, Services and what else is tied to a database.

mod common;

use common::Repository;

const CLUSTER: &str = "
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: web, namespace: web}
spec:
  instances: 2
  managed: {roles: [{name: reader, passwordSecret: {name: reader-login}}]}
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: pool, namespace: web}
spec: {cluster: {name: web}, pgbouncer: {}}
";

/// A Deployment with one container of these lines.
fn deployment(namespace: &str, container: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app, namespace: {namespace}}}\n\
         spec: {{template: {{spec: {{containers: [{{name: app, {container}}}]}}}}}}\n"
    )
}

fn databases(namespace: &str, container: &str, more: &str) -> String {
    Repository::of(&format!("{CLUSTER}{}{more}", deployment(namespace, container))).ask(
        "Deployment",
        "app",
        "workload.databases",
    )
}

#[test]
fn a_client_names_a_host_or_the_credentials() {
    assert_eq!(databases("web", "env: [{name: H, value: web-rw}]", ""), "[web]");
    assert_eq!(
        databases("web", "env: [{name: U, value: 'postgres://u@web-ro.web.svc:5432/x'}]", ""),
        "[web]"
    );
    assert_eq!(databases("other", "env: [{name: H, value: web-rw.web.svc.cluster.local}]", ""), "[web]");
    assert_eq!(databases("other", "env: [{name: H, value: web-rw}]", ""), "[]");
    assert_eq!(
        databases("web", "env: [{name: P, valueFrom: {secretKeyRef: {name: web-app, key: uri}}}]", ""),
        "[web]"
    );
    assert_eq!(
        databases(
            "web",
            "env: [{name: P, valueFrom: {secretKeyRef: {name: reader-login, key: password}}}]",
            ""
        ),
        "[web]"
    );
    assert_eq!(databases("web", "image: web, command: [web-rwx]", ""), "[]");
}

#[test]
fn a_pooler_is_a_host_only_where_it_looks_like_one() {
    assert_eq!(databases("web", "env: [{name: U, value: 'postgres://u@pool/x'}]", ""), "[web]");
    assert_eq!(databases("web", "env: [{name: H, value: 'pool.web.svc'}]", ""), "[web]");
    assert_eq!(databases("web", "env: [{name: MODE, value: pool}]", ""), "[]");
}

#[test]
fn a_clusters_own_name_is_a_host_only_where_it_looks_like_one() {
    let databases = |container: &str| {
        let cluster = CLUSTER.replace("name: web,", "name: web-db,");
        let yaml =
            format!("{cluster}{}", deployment("web", container).replace("name: app,", "name: web-db,"));
        Repository::of(&yaml).ask("Deployment", "web-db", "workload.databases")
    };
    assert_eq!(databases("env: [{name: DB_HOST, value: web-db}]"), "[web-db]");
    assert_eq!(databases("env: [{name: URL, value: 'postgres://u@web-db:5432/x'}]"), "[web-db]");
    assert_eq!(databases("image: example.org/web-db:17"), "[]");
}

#[test]
fn under_a_key_for_hosts_any_clusters_name_is_one() {
    for host in ["web", "web.web", "web.web.svc.cluster.local"] {
        for key in ["DB_HOSTNAME", "PGHOST", "POSTGRES_HOST", "host"] {
            let env = format!("env: [{{name: MODE, value: x}}, {{name: {key}, value: {host}}}]");
            assert_eq!(databases("web", &env, ""), "[web]", "{key}: {host}");
        }
    }
    assert_eq!(databases("web", "env: [{name: APP_NAME, value: web}]", ""), "[]");
    assert_eq!(databases("web", "env: [{name: SERVER, value: web}]", ""), "[]");
    assert_eq!(databases("other", "env: [{name: DB_HOST, value: web}]", ""), "[]");
    let release = |values: &str| {
        let yaml = format!(
            "{CLUSTER}---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: app, namespace: web}}\nspec: {{values: {values}}}\n"
        );
        Repository::of(&yaml).ask("HelmRelease", "app", "workload.databases")
    };
    assert_eq!(release("{env: {DB_HOSTNAME: web}}"), "[web]");
    assert_eq!(release("{env: {DB_HOSTNAME: {value: web}}}"), "[web]");
    assert_eq!(release("{postgresql: {host: web}}"), "[web]");
    assert_eq!(release("{fullnameOverride: web}"), "[]");
}

#[test]
fn a_client_reads_a_secret_or_config_map_that_names_a_host() {
    let env_from = |kind: &str| format!("envFrom: [{{{kind}: {{name: settings}}}}]");
    let external = "---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: settings, namespace: other}
spec: {target: {template: {data: {URL: 'postgres://{{ .user }}:{{ .password }}@web-rw.web.svc:5432/app'}}}}
";
    assert_eq!(databases("other", &env_from("secretRef"), external), "[web]");
    let config = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: other}\ndata: {HOST: web-rw.web}\n";
    assert_eq!(databases("other", &env_from("configMapRef"), config), "[web]");
    assert_eq!(databases("web", &env_from("configMapRef"), config), "[]");
    let yaml = format!("{CLUSTER}{}{external}", deployment("other", &env_from("secretRef")));
    assert_eq!(
        Repository::of(&yaml).ask("ExternalSecret", "settings", "externalSecret.consumers"),
        "[Deployment app client @/spec/template/spec/containers/0/envFrom/0/secretRef/name]"
    );
}

#[test]
fn a_chart_that_renders_its_values_names_its_release() {
    let yaml = format!(
        "{CLUSTER}---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: shop, namespace: other}}
spec: {{values: {{envFrom: [{{secretRef: {{name: '{{{{ .Release.Name }}}}-secret'}}}}]}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: any, namespace: other}}
spec: {{target: {{name: shop-secret, template: {{data: {{HOST: web-rw.web.svc}}}}}}}}
"
    );
    assert_eq!(Repository::of(&yaml).ask("HelmRelease", "shop", "workload.databases"), "[web]");
}

#[test]
fn the_superusers_secret_is_pointed_at() {
    let container = "env: [{name: P, valueFrom: {secretKeyRef: {name: web-superuser, key: password}}}]";
    let yaml = format!("{CLUSTER}{}", deployment("web", container));
    assert_eq!(
        Repository::of(&yaml).ask("Deployment", "app", "workload.superuser_secrets"),
        "[web-superuser web @/spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/name]"
    );
}

fn literals(container: &str) -> String {
    Repository::of(&format!("{CLUSTER}{}", deployment("web", container))).ask("Deployment", "app", "literals")
}

#[test]
fn passwords_that_are_written_out() {
    let at = "/spec/template/spec/containers/0/env/0/value";
    assert_eq!(
        literals("env: [{name: DB_PASSWORD, value: immich}]"),
        format!("[DB_PASSWORD a password in a variable @{at}]")
    );
    assert_eq!(
        literals("env: [{name: URL, value: 'postgres://a:hunter2@web-rw/x'}]"),
        format!("[URL a password in a connection string @{at}]")
    );
    for harmless in [
        "{name: URL, value: 'postgres://$(PGUSER):$(PGPASSWORD)@web-rw/x'}",
        "{name: DB_PASSWORD, value: ''}",
        "{name: DB_PASSWORD, value: '${DB_PASSWORD}'}",
        "{name: DB_PASSWORD_FILE, value: /run/password}",
        "{name: SMTP_PASSWORD, value: hunter2}",
        "{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: web-app, key: password}}}",
    ] {
        assert_eq!(literals(&format!("env: [{harmless}]")), "[]", "{harmless}");
    }
}

#[test]
fn passwords_in_values_of_a_chart_and_in_config_maps() {
    let release = |values: &str| {
        let yaml = format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: app, namespace: web}}\nspec: {{values: {values}}}\n"
        );
        Repository::of(&yaml).ask("HelmRelease", "app", "literals")
    };
    assert_eq!(
        release("{externalDatabase: {password: hunter2}}"),
        "[password a password in a value @/spec/values/externalDatabase/password]"
    );
    assert_eq!(
        release("{env: {PGPASSWORD: hunter2}}"),
        "[PGPASSWORD a password in a value @/spec/values/env/PGPASSWORD]"
    );
    assert_eq!(release("{externalDatabase: {existingSecret: web-app, userPasswordKey: password}}"), "[]");
    assert_eq!(release("{redis: {password: hunter2}}"), "[]");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: web}\ndata:\n  app.yaml: |\n    db_url: postgresql://a:hunter2@web-rw/x\n";
    assert_eq!(
        Repository::of(config).ask("ConfigMap", "c", "literals"),
        "[app.yaml a password in a connection string @/data/app.yaml]"
    );
}

#[test]
fn passwords_in_a_cluster() {
    let ask = |spec: &str| {
        let yaml = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: db, namespace: web}}\nspec: {spec}\n"
        );
        Repository::of(&yaml).ask("Cluster", "db", "literals")
    };
    assert_eq!(
        ask("{externalClusters: [{name: a, connectionParameters: {host: h, password: hunter2}}]}"),
        "[password a password in connectionParameters @/spec/externalClusters/0/connectionParameters/password]"
    );
    let sql = |sql: &str| ask(&format!("{{bootstrap: {{initdb: {{postInitSQL: [\"{sql}\"]}}}}}}"));
    let found = "[postInitSQL a password in SQL @/spec/bootstrap/initdb/postInitSQL/0]";
    assert_eq!(sql("CREATE ROLE a LOGIN PASSWORD 'hunter2'"), found);
    assert_eq!(sql("create role a login encrypted password 'hunter2';"), found);
    assert_eq!(sql("CREATE ROLE a PASSWORD '${A_PASSWORD}'"), "[]");
    assert_eq!(sql("CREATE ROLE a PASSWORD 'SCRAM-SHA-256$4096:x$y:z'"), "[]");
    assert_eq!(sql("CREATE TABLE passwords (password text)"), "[]");
    assert_eq!(
        ask("{env: [{name: AWS_SECRET_ACCESS_KEY, value: abc}]}"),
        "[AWS_SECRET_ACCESS_KEY a storage key in a variable @/spec/env/0/value]"
    );
}

/// A Service of type `LoadBalancer` with these annotations and these lines of `spec`.
fn service(annotations: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: db\n  namespace: web\n  annotations: {{{annotations}}}\n\
         spec: {{type: LoadBalancer, selector: {{cnpg.io/cluster: web, role: primary}}, {spec}}}\n"
    )
}

fn exposures(annotations: &str, spec: &str, more: &str) -> String {
    Repository::of(&format!("{CLUSTER}{}{more}", service(annotations, spec))).ask(
        "Service",
        "db",
        "exposures",
    )
}

#[test]
fn a_load_balancer_is_private_where_something_says_so() {
    let private =
        |why: &str, limited: bool| format!("[LoadBalancer true private {why} {limited} [web] @/spec/type]");
    assert_eq!(exposures("lbipam.cilium.io/ips: 10.84.2.4", "", ""), private("address", false));
    assert_eq!(
        exposures("", "loadBalancerSourceRanges: [10.0.0.0/8, 192.168.0.0/16]", ""),
        private("source ranges", true)
    );
    assert_eq!(
        exposures("service.beta.kubernetes.io/aws-load-balancer-scheme: internal", "", ""),
        "[LoadBalancer true an internal load balancer false [web] @/spec/type]"
    );
    assert_eq!(exposures("", "", ""), "[LoadBalancer false null false [web] @/spec/type]");
    assert_eq!(
        exposures("metallb.io/loadBalancerIPs: 203.0.113.7", "", ""),
        "[LoadBalancer false public address false [web] @/spec/type]"
    );
    assert_eq!(
        exposures("lbipam.cilium.io/ips: '${PG_LB}'", "", ""),
        "[LoadBalancer unknown: ${PG_LB} null false [web] @/spec/type]"
    );
}

#[test]
fn the_repositorys_address_pools_count() {
    let pool = |addresses: &str| {
        format!(
            "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {{name: p}}\nspec: {{addresses: [{addresses}]}}\n"
        )
    };
    assert_eq!(
        exposures("", "", &pool("192.168.1.220-192.168.1.230")),
        "[LoadBalancer true private address pool false [web] @/spec/type]"
    );
    assert_eq!(
        exposures("", "", &pool("192.168.1.0/24, 203.0.113.0/24")),
        "[LoadBalancer false public address pool false [web] @/spec/type]"
    );
    assert_eq!(
        exposures("", "", &pool("'${POOL}'")),
        "[LoadBalancer unknown: ${POOL} null false [web] @/spec/type]"
    );
}

#[test]
fn a_cluster_and_a_pooler_can_open_a_way_in_too() {
    let cluster = CLUSTER.replace(
        "  instances: 2",
        "  managed: {services: {additional: [{serviceTemplate: {spec: {type: NodePort}}}]}}",
    );
    assert_eq!(
        Repository::of(&cluster.replacen("  managed: {roles", "  x: {roles", 1)).ask(
            "Cluster",
            "web",
            "exposures"
        ),
        "[NodePort false open on every node false [web] @/spec/managed/services/additional/0/serviceTemplate/spec/type]"
    );
    let pooler = CLUSTER
        .replace("pgbouncer: {}", "serviceTemplate: {spec: {type: ClusterIP, externalIPs: [10.0.0.9]}}");
    assert_eq!(
        Repository::of(&pooler).ask("Pooler", "pool", "exposures"),
        "[ExternalIPs true private addresses false [web] @/spec/serviceTemplate/spec/externalIPs]"
    );
}

#[test]
fn a_service_opens_the_cluster_behind_a_pooler() {
    let service = service("", "").replace("cnpg.io/cluster: web, role: primary", "cnpg.io/poolerName: pool");
    assert_eq!(
        Repository::of(&format!("{CLUSTER}{service}")).ask("Service", "db", "exposures.0.databases"),
        "[web]"
    );
}

#[test]
fn a_service_leads_to_what_its_selector_selects() {
    let ask = |selector: &str| {
        let yaml = format!(
            "{CLUSTER}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: web}}\nspec: {{selector: {{{selector}}}}}\n"
        );
        Repository::of(&yaml).ask_all("Service", "s", &["service.clusters", "service.poolers"])
    };
    assert_eq!(ask("cnpg.io/cluster: web"), ["[web]", "[pool]"]);
    assert_eq!(ask("cnpg.io/cluster: web, cnpg.io/instanceRole: primary"), ["[web]", "[]"]);
    assert_eq!(ask("cnpg.io/poolerName: pool"), ["[]", "[pool]"]);
    assert_eq!(ask("app.kubernetes.io/name: postgresql"), ["[web]", "[]"]);
    assert_eq!(ask("cnpg.io/cluster: other"), ["[]", "[]"]);
    assert_eq!(ask("app: web"), ["[]", "[]"]);
    assert_eq!(ask("cnpg.io/cluster: '${APP}'")[0], "unknown: ${APP}");
}

#[test]
fn only_what_is_tied_is_judged() {
    let tied =
        |yaml: &str, kind: &str, name: &str| Repository::of(&format!("{CLUSTER}{yaml}")).tied(kind, name);
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: web}\nspec: {podSelector: {}}\n";
    assert!(tied(policy, "NetworkPolicy", "p"));
    assert!(!tied(&policy.replace("namespace: web", "namespace: other"), "NetworkPolicy", "p"));
    assert!(tied(&deployment("web", "env: [{name: H, value: web-rw}]"), "Deployment", "app"));
    assert!(!tied(&deployment("web", "image: web"), "Deployment", "app"));
    assert!(tied("", "Cluster", "web"));
    let imitation = "---\napiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: machines}\n";
    assert!(!tied(imitation, "Cluster", "machines"));
    let route = "---\napiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\nmetadata: {name: r, namespace: web}\nspec: {rules: [{backendRefs: [{name: web-rw, port: 5432}]}]}\n";
    assert!(tied(route, "TCPRoute", "r"));
    let monitor = "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: x}\nspec: {selector: {matchLabels: {cnpg.io/cluster: web}}}\n";
    assert!(tied(monitor, "PodMonitor", "m"));
    let store = "---\napiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: vault}\nspec: {provider: {vault: {}}}\n";
    assert!(!tied(store, "ClusterSecretStore", "vault"));
    let used = "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: reader-login, namespace: web}\nspec: {secretStoreRef: {kind: ClusterSecretStore, name: vault}}\n";
    assert!(tied(&format!("{store}{used}"), "ClusterSecretStore", "vault"));
}

#[test]
fn without_a_database_nothing_is_tied() {
    assert!(!Repository::of(&service("", "")).tied("Service", "db"));
    assert!(!Repository::of(&deployment("web", "env: [{name: H, value: web-rw}]")).tied("Deployment", "app"));
}

/// Its hosts: each with its Cluster, what it leads to, whether it is written to, and how many
/// instances there are.
fn hosts(container: &str, more: &str) -> String {
    let yaml = format!("{CLUSTER}{}{more}", deployment("web", container));
    Repository::of(&yaml).ask("Deployment", "app", "workload.hosts")
}

const VALUE: &str = "@/spec/template/spec/containers/0/env/0/value";

#[test]
fn a_host_leads_to_the_primary_to_replicas_or_to_a_pod() {
    for (host, leads_to) in [
        ("web-rw", "primary"),
        ("web-ro", "replicas"),
        ("web-r", "instances"),
        ("web-any", "any"),
        ("web-1", "pod"),
        ("web-12.web.pod", "pod"),
        ("pool", "pooler"),
    ] {
        let said = hosts(&format!("env: [{{name: PGHOST, value: {host}}}]"), "");
        assert!(said.contains(&format!(" web {leads_to} false ")), "{host}: {said}");
    }
}

#[test]
fn a_host_is_one_where_it_is_connected_to() {
    let url = "env: [{name: U, value: 'postgres://u:p@web-2.web.svc:5432/x'}]";
    assert_eq!(hosts(url, ""), format!("[web-2 web pod false 2 {VALUE}]"));
    assert_eq!(hosts("env: [{name: DSN, value: 'host=web-2 user=u'}]", "").matches("pod").count(), 1);
    assert_eq!(hosts("args: ['web-2:5432']", "").matches("pod").count(), 1);
    for text in ["claim: web-1", "web-1", "s3://web-1/x", "data/web-1.tar", "web-0", "web-01", "xweb-1"] {
        assert_eq!(hosts(&format!("env: [{{name: V, value: '{text}'}}]"), ""), "[]", "{text}");
    }
}

#[test]
fn a_service_of_that_name_can_lead_anywhere() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web-1, namespace: web}\nspec: {}\n";
    assert_eq!(hosts("env: [{name: PGHOST, value: web-1}]", service), "[]");
}

#[test]
fn what_is_written_to_says_so() {
    let writes = |container: &str| hosts(container, "").contains(" true ");
    assert!(writes("env: [{name: DB_WRITE_HOST, value: web-ro}]"));
    assert!(writes("env: [{name: U, value: 'postgres://web-r/x?target_session_attrs=read-write'}]"));
    assert!(!writes("env: [{name: DB_HOST, value: web-ro}]"));
    assert!(!writes("env: [{name: PRIMARY_REPLICA_HOST, value: web-ro}]"));
}
