//! Where backups land and recoveries read.

mod common;

use common::Repository;

const NAS: &str = "https://nas.lan:9000";

/// An ObjectStore of that name at that endpoint.
fn store(name: &str, endpoint: &str) -> String {
    format!(
        "---\napiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata: {{name: {name}, namespace: web}}\n\
         spec:\n  retentionPolicy: 4w\n  configuration: {{destinationPath: s3://backups/, endpointURL: '{endpoint}'}}\n"
    )
}

/// A Cluster that archives to a store, with further lines.
fn cluster(name: &str, parameters: &str, more: &str) -> String {
    format!(
        "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: {name}, namespace: web}}\nspec:\n  \
         plugins: [{{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {{{parameters}}}}}]\n{more}"
    )
}

fn ask(text: &str, question: &str) -> String {
    Repository::of(text).ask("Cluster", "web", question)
}

#[test]
fn an_archive_has_a_store_a_name_and_a_site() {
    let text = cluster("web", "barmanObjectName: nas", "") + &store("nas", NAS);
    assert_eq!(ask(&text, "cluster.archive.store.path"), "s3://backups at https://nas.lan:9000");
    assert_eq!(ask(&text, "cluster.archive.server_name"), "web");
    assert_eq!(ask(&text, "cluster.archive.store.site.name"), "local");
    assert_eq!(ask(&text, "cluster.archive.retention_days"), "28");
    let named = cluster("web", "barmanObjectName: nas, serverName: web-v2", "") + &store("nas", NAS);
    assert_eq!(ask(&named, "cluster.archive.server_name"), "web-v2");
    assert!(ask(&cluster("web", "barmanObjectName: nas", ""), "cluster.archive").starts_with("unknown: "));
}

#[test]
fn sites_of_hosts() {
    let site = |endpoint: &str, more: &str| {
        let text = cluster("web", "barmanObjectName: nas", "") + &store("nas", endpoint) + more;
        ask(&text, "cluster.archive.store.site.name")
    };
    assert_eq!(site("http://minio.minio.svc.cluster.local:9000", ""), "cluster");
    assert_eq!(site("http://10.0.0.4:9000", ""), "local");
    assert_eq!(site("http://minio:9000", ""), "local");
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: minio, namespace: web}\n";
    assert_eq!(site("http://minio:9000", service), "cluster");
    assert_eq!(site("http://minio.web:9000", ""), "cluster");
    assert_eq!(site("https://s3.${ZONE}.internal", ""), "local");
    assert_eq!(site("https://s3.eu-central-003.backblazeb2.com", ""), "offsite");
    assert_eq!(site("https://${ACCOUNT}.r2.cloudflarestorage.com", ""), "offsite");
    assert!(site("https://s3.example.org", "").starts_with("unknown: "));
    let gateway = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web, namespace: web}\n\
                   spec: {listeners: [{hostname: '*.example.org'}]}\n";
    assert_eq!(site("https://s3.example.org", gateway), "local");
    let variable = gateway.replace("example.org", "${DOMAIN}");
    assert_eq!(site("https://s3.${DOMAIN}", &variable), "local");
    assert!(site("https://s3.${OTHER}", &variable).starts_with("unknown: "));
}

#[test]
fn an_external_cluster_reads_below_a_name_that_it_defaults_to() {
    let external = |entry: &str| {
        let more = format!("  externalClusters: [{{name: old, {entry}}}]\n");
        let text = cluster("web", "barmanObjectName: nas", &more) + &store("nas", NAS);
        let list = "cluster.external_clusters";
        [".server_name", ".is_own_archive", ".is_written"]
            .map(|field| ask(&text, &format!("{list}.0{field}")))
            .join(" ")
    };
    let plugin = "plugin: {name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: nas";
    assert_eq!(external(&format!("{plugin}}}}}")), "web true true");
    assert_eq!(external(&format!("{plugin}, serverName: older}}}}")), "older false false");
    let in_tree = "barmanObjectStore: {destinationPath: 's3://backups', endpointURL: 'https://nas.lan:9000'";
    assert_eq!(external(&format!("{in_tree}}}")), "old false false");
    assert_eq!(external(&format!("{in_tree}, serverName: web}}")), "web true true");
}

#[test]
fn of_several_entries_of_the_plugin_the_last_counts() {
    let text = cluster("web", "barmanObjectName: nas", "")
        .replace("}}]", "}}, {name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: b2}}]");
    let text = text + &store("nas", NAS) + &store("b2", "https://s3.eu-central-003.backblazeb2.com");
    assert_eq!(ask(&text, "cluster.archive.store.title"), "b2");
}

/// A replica Cluster `far` of `web` that archives to `b2` and reads `server` in the store `from`.
fn replica(from: &str, server: &str) -> String {
    let follows = format!(
        "  replica: {{enabled: true, source: origin}}\n  externalClusters:\n  - name: origin\n    plugin:\n      \
         name: barman-cloud.cloudnative-pg.io\n      parameters: {{barmanObjectName: {from}, serverName: {server}}}\n"
    );
    let stores = store("nas", NAS) + &store("b2", "https://s3.eu-central-003.backblazeb2.com");
    cluster("web", "barmanObjectName: nas", "") + &cluster("far", "barmanObjectName: b2", &follows) + &stores
}

#[test]
fn a_replica_cluster_that_archives_elsewhere_is_a_copy_of_what_it_reads() {
    let copy = |text: &str| ask(text, "cluster.copies.1.title");
    assert_eq!(copy(&replica("nas", "web")), "b2 of replica Cluster far");
    let none = |text: &str| !ask(text, "cluster.copies").contains("replica");
    assert!(none(&replica("nas", "other")));
    assert!(none(&replica("b2", "web")), "the same name in another store is another archive");
}

#[test]
fn a_schedule_that_is_refused_takes_no_base_backup() {
    let has_base = |times: &str| {
        let schedule = format!(
            "---\napiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata: {{name: nightly, namespace: web}}\n\
             spec: {{cluster: {{name: web}}, schedule: '{times}', method: plugin, pluginConfiguration: {{name: barman-cloud.cloudnative-pg.io}}}}\n"
        );
        let text = cluster("web", "barmanObjectName: nas", "") + &store("nas", NAS) + &schedule;
        ask(&text, "cluster.copies.0.has_base")
    };
    assert_eq!(has_base("0 0 2 * * 0"), "true");
    assert_eq!(has_base("0 2 * * 0"), "false");
    assert_eq!(has_base("${TIMES}"), "unknown: ${TIMES}");
}

#[test]
fn one_manifest_in_two_namespaces_says_the_same_of_both() {
    let cluster = |namespace: &str| {
        format!(
            "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: web, namespace: {namespace}}}\n\
             spec: {{backup: {{barmanObjectStore: {{destinationPath: 's3://b'}}}}}}\n"
        )
    };
    let mut once = Repository::of(&cluster("web"));
    once.deploy_also("market");
    let said = once.ask("Cluster", "web", "cluster.collisions");
    assert!(said.contains("[market, web]"), "{said}");
    let twice = Repository::of(&(cluster("web") + &cluster("market")));
    assert!(twice.ask("Cluster", "web", "cluster.collisions").starts_with("[web market [] "));
}
