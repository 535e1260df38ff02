//! `cnpg-lint inspect --topology`, as a person or a script uses it.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use support::Repository;

const DATABASE: &str = "apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: shop}
spec:
  instances: 2
  storage: {size: 10Gi}
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters: {barmanObjectName: nas}
  externalClusters:
    - name: orders-b2
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters: {barmanObjectName: b2, serverName: orders}
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: nightly, namespace: shop}
spec:
  cluster: {name: orders}
  schedule: \"@every 24h\"
  method: plugin
  pluginConfiguration: {name: barman-cloud.cloudnative-pg.io}
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: nas, namespace: shop}
spec:
  retentionPolicy: 30d
  configuration: {destinationPath: s3://shop, endpointURL: 'https://nas.lan:9000'}
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: b2, namespace: shop}
spec:
  configuration: {destinationPath: s3://shop, endpointURL: 'https://s3.eu-central-003.backblazeb2.com'}
";

#[test]
fn each_cluster_is_told_as_the_operator_would_run_it() {
    let repository = Repository::new(&[("db.yaml", DATABASE)]);
    let run = repository.run(&["inspect", "--topology"]);
    let told = run.out.lines().filter(|line| !line.contains("base backups nightly"));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    Cluster shop/orders  db.yaml:3:18
      image        the operator's default
      WAL          by plugin to nas (s3://shop at https://nas.lan:9000) as orders: local
      kept         30d
      copy         local: nas (archive), WAL and base backups
      only named   b2: nothing writes to it
      reads        orders-b2: b2 as orders: nothing writes there
      reached by   every pod
      credentials  orders-app
    "#);
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("base backups nightly by plugin to nas: every 24 hours, next 20"),
        "{}",
        run.out
    );
}

#[test]
fn scripts_read_a_line_for_each_cluster() {
    let repository = Repository::new(&[("db.yaml", DATABASE)]);
    let run = repository.run(&["inspect", "--topology", "--format", "json", "db.yaml"]);
    let cluster: serde_json::Value = serde_json::from_str(run.out.trim()).expect("one line of JSON");
    assert_eq!(cluster["archive"]["store"]["site"]["name"], "local");
    assert_eq!(cluster["illusions"][0]["store"], "b2");
    assert_eq!(cluster["copies"][0]["is_written"], true);
    assert_eq!(cluster["place"], "db.yaml:3:18");
}

#[test]
fn a_file_is_needed_without_it() {
    let run = Repository::new(&[]).run(&["inspect"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}
