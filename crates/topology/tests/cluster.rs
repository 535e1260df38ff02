//! What a rule reads of a Cluster.

mod common;

use common::Repository;

/// A Cluster `web` in namespace `web` with these lines below `spec`.
fn cluster(spec: &str) -> String {
    let indented = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: web\n  namespace: web\nspec:\n  instances: 2\n  {indented}\n"
    )
}

fn ask(spec: &str, question: &str) -> String {
    Repository::of(&cluster(spec)).ask("Cluster", "web", question)
}

const PLUGIN: &str = "plugins:
- name: barman-cloud.cloudnative-pg.io
  isWALArchiver: true
  parameters: {barmanObjectName: b2}";

#[test]
fn the_archiver_is_an_enabled_plugin_or_in_tree() {
    assert_eq!(ask(PLUGIN, "cluster.archiver"), "plugin");
    assert_eq!(ask(PLUGIN, "cluster.store"), "b2");
    assert_eq!(ask("backup: {barmanObjectStore: {destinationPath: s3://b}}", "cluster.archiver"), "in-tree");
    assert_eq!(ask("storage: {size: 1Gi}", "cluster.archiver"), "none");
    assert_eq!(ask("storage: {size: 1Gi}", "cluster.store"), "null");
    let off = PLUGIN.replace("isWALArchiver: true", "isWALArchiver: true\n  enabled: false");
    assert_eq!(ask(&off, "cluster.archiver"), "none");
    let no_archiver = PLUGIN.replace("isWALArchiver: true", "isWALArchiver: false");
    assert_eq!(ask(&no_archiver, "cluster.archiver"), "none");
    assert_eq!(ask(&no_archiver, "cluster.backup_configured"), "true");
}

#[test]
fn a_variable_in_a_plugin_leaves_the_archiver_open() {
    let unknown = PLUGIN.replace("isWALArchiver: true", "isWALArchiver: true\n  enabled: ${ARCHIVE}");
    assert_eq!(ask(&unknown, "cluster.archiver"), "unknown: ${ARCHIVE}");
    let snapshot = format!("{unknown}\nbackup: {{volumeSnapshot: {{className: csi}}}}");
    assert_eq!(ask(&snapshot, "cluster.backup_configured"), "true");
}

#[test]
fn plugins_are_pointed_at() {
    let two = format!("{PLUGIN}\n- name: other.example.org");
    assert_eq!(
        ask(&two, "cluster.archiver_plugins"),
        "[barman-cloud.cloudnative-pg.io true true b2 null @/spec/plugins/0]"
    );
}

#[test]
fn what_a_cluster_is() {
    assert_eq!(ask("replica: {enabled: true, source: a}", "cluster.is_replica"), "true");
    assert_eq!(ask("replica: {enabled: false, source: a}", "cluster.is_replica"), "false");
    assert_eq!(ask("replica: {primary: web, source: a}", "cluster.is_replica"), "false");
    assert_eq!(ask("replica: {primary: other, source: a}", "cluster.is_replica"), "true");
    assert_eq!(ask("replica: {primary: east, self: east, source: a}", "cluster.is_replica"), "false");
    assert_eq!(ask("storage: {size: 1Gi}", "cluster.is_replica"), "false");
    assert_eq!(ask("bootstrap: {recovery: {source: a}}", "cluster.is_recovery"), "true");
}

#[test]
fn annotations_exempt_a_cluster() {
    let annotated = |annotation: &str| {
        let yaml = cluster("")
            .replace("  namespace: web", &format!("  namespace: web\n  annotations: {{{annotation}}}"));
        Repository::of(&yaml).ask_all("Cluster", "web", &["cluster.is_hibernated", "cluster.throw_away"])
    };
    assert_eq!(annotated("cnpg.io/hibernation: 'on'"), ["true", "null"]);
    assert_eq!(annotated("cnpg.io/hibernation: 'off'"), ["false", "null"]);
    assert_eq!(annotated("cnpg-lint.dev/throw-away: a drill"), ["false", "a drill"]);
}

#[test]
fn the_application_secret_is_the_one_the_bootstrap_names() {
    assert_eq!(ask("", "cluster.app_secret"), "web-app");
    assert_eq!(ask("bootstrap: {recovery: {secret: {name: own}}}", "cluster.app_secret"), "own");
    assert_eq!(
        ask("bootstrap: {initdb: {secret: {name: '${APP}-db'}}}", "cluster.app_secret"),
        "unknown: ${APP}-db"
    );
    let variable = cluster("").replace("name: web\n", "name: ${APP}\n");
    assert_eq!(
        Repository::of(&variable).ask_all(
            "Cluster",
            "${APP}",
            &["cluster.app_secret", "cluster.superuser_secret"]
        ),
        ["unknown: ${APP}-app", "unknown: ${APP}-superuser"]
    );
    assert_eq!(ask("superuserSecret: {name: root}", "cluster.superuser_secret"), "root");
}

#[test]
fn schedules_are_those_of_the_same_namespace() {
    let schedule = |namespace: &str, cluster: &str| {
        format!(
            "---\napiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata: {{name: nightly, namespace: {namespace}}}\n\
             spec: {{schedule: '0 0 2 * * *', cluster: {{name: {cluster}}}}}\n"
        )
    };
    let ask = |more: &str| Repository::of(&(cluster("") + more)).ask("Cluster", "web", "cluster.schedules");
    let found = "[nightly barmanObjectStore false 0 0 2 * * * null null @/metadata/name]";
    assert_eq!(ask(&schedule("web", "web")), found);
    assert_eq!(ask(&schedule("web", "other")), "[]");
    assert_eq!(ask(&schedule("db", "web")), "[]");
    let far = Repository::of(&cluster("")).environment("backup").file(&schedule("web", "web"));
    assert_eq!(far.ask("Cluster", "web", "cluster.schedules"), found);
    let undeployed = Repository::of(&cluster("")).undeployed(&schedule("web", "web"));
    assert_eq!(undeployed.ask("Cluster", "web", "cluster.schedules"), "[]");
}

#[test]
fn dumps_are_known_by_their_tool_and_the_host_or_secret() {
    let cron = "---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly-copy, namespace: web}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: dump
            image: postgres:17
            args: [sh, -c, 'pg_dump --clean | gzip']
            env: [{name: PGHOST, value: web-rw}]
";
    let release = "---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: restic, namespace: web}
spec:
  values:
    persistence: {db: {type: secret, name: web-app}}
";
    let ask = |more: &str| Repository::of(&(cluster("") + more)).ask("Cluster", "web", "cluster.dumps");
    assert_eq!(ask(cron), "[CronJob nightly-copy pg_dump @/metadata/name]");
    assert_eq!(ask(release), "[HelmRelease restic restic @/metadata/name]");
    assert_eq!(ask(&cron.replace("value: web-rw", "value: web-rw.other.svc")), "[]");
    assert_eq!(ask(&cron.replace("pg_dump", "psql")), "[]");
    assert_eq!(ask(&cron.replace("spec:\n  jobTemplate", "spec:\n  suspend: true\n  jobTemplate")), "[]");
    assert_eq!(ask(&release.replace("name: web-app", "name: other")), "[]");
}

#[test]
fn a_scheduled_backup_finds_its_cluster() {
    let schedule = "---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: nightly, namespace: db}
spec: {schedule: '0 0 2 * * *', cluster: {name: web}}
";
    let questions = ["scheduledBackup.cluster_found", "scheduledBackup.cluster_elsewhere"];
    let ask = |repository: Repository| repository.ask_all("ScheduledBackup", "nightly", &questions);
    assert_eq!(ask(Repository::of(&(cluster("") + schedule))), ["false", "[web]"]);
    assert_eq!(
        ask(Repository::of(&(cluster("") + &schedule.replace("namespace: db", "namespace: web")))),
        ["true", "[]"]
    );
    let remote = Repository::of(schedule).opaque("remote base https://example.org/db");
    assert_eq!(ask(remote), ["unknown: not known: remote base https://example.org/db could hold it", "[]"]);
    let chart = Repository::of(schedule).opaque("chart immich");
    assert_eq!(ask(chart), ["false", "[]"]);
    let variable = Repository::of(&schedule.replace("name: web}", "name: '${APP}'}"));
    assert_eq!(ask(variable), ["unknown: ${APP}", "[]"]);
}

#[test]
fn an_object_store_is_found_in_its_namespace() {
    let store = |namespace: &str| {
        format!(
            "---\napiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata: {{name: b2, namespace: {namespace}}}\n\
             spec: {{retentionPolicy: 30d}}\n"
        )
    };
    let ask = |namespace: &str| {
        Repository::of(&(cluster(PLUGIN) + &store(namespace))).ask("Cluster", "web", "objectStores[b2]")
    };
    assert_eq!(ask("web"), "true [] 30d @/metadata/name");
    assert_eq!(ask("db"), "false [db] null");
    let alone = |question: &str| Repository::of(&cluster(PLUGIN)).ask("Cluster", "web", question);
    assert_eq!(alone("objectStores[b2].found"), "false");
    assert_eq!(alone("objectStores[${APP}-b2].found"), "unknown: ${APP}");
    assert_eq!(alone("clusters[web].found"), "true");
}

#[test]
fn a_role_stands_at_its_worst_power() {
    let roles = |role: &str| ask(&format!("managed: {{roles: [{{name: r, {role}}}]}}"), "roles");
    assert_eq!(
        roles("replication: true, superuser: true"),
        "[r false true false true @/spec/managed/roles/0/superuser]"
    );
    assert_eq!(roles("login: true"), "[r false false false false @/spec/managed/roles/0]");
    assert_eq!(
        roles("ensure: absent, bypassrls: '${RLS}'"),
        "[r true false unknown: ${RLS} false @/spec/managed/roles/0]"
    );
    let role = "apiVersion: postgresql.cnpg.io/v1
kind: DatabaseRole
metadata: {name: r, namespace: web}
spec: {cluster: {name: web}, name: capture, replication: true}
";
    assert_eq!(
        Repository::of(role).ask("DatabaseRole", "r", "roles"),
        "[capture false false false true @/spec/replication]"
    );
}
