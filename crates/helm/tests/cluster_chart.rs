//! What the `cluster` chart makes of values, and where each value was written.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test that cannot be set up fails

mod common;

use common::{Text, flux, objects, of_kind};
use manifest::{Node, Unknown, UnknownReason, Value, to_json};

fn json(node: &Node, pointer: &str) -> String {
    node.pointer(pointer).map_or_else(|| "nothing".to_owned(), to_json)
}

#[test]
fn without_values_it_is_what_the_chart_sets_in_the_place_of_the_charts_name() {
    let text = flux("0.3.1", "");
    let objects = objects(&text);
    assert_eq!(objects.len(), 1);
    let cluster = &objects[0];
    assert_eq!(json(cluster, "/metadata/name"), "\"orders-cluster\"");
    assert_eq!(json(cluster, "/metadata/namespace"), "\"shop\"");
    assert_eq!(json(cluster, "/spec/instances"), "3");
    assert_eq!(json(cluster, "/spec/storage"), r#"{"size":"8Gi"}"#);
    assert_eq!(json(cluster, "/spec/imageName"), "\"ghcr.io/cloudnative-pg/postgresql:16\"");
    assert_eq!(json(cluster, "/spec/enableSuperuserAccess"), "true");
    assert_eq!(json(cluster, "/spec/affinity"), r#"{"topologyKey":"topology.kubernetes.io/zone"}"#);
    assert_eq!(json(cluster, "/spec/bootstrap"), r#"{"initdb":{}}"#);
    assert_eq!(json(cluster, "/spec/backup"), "nothing");
    assert_eq!(json(cluster, "/spec/monitoring/enablePodMonitor"), "false");
    for pointer in ["/spec/instances", "/spec/storage/size", "/spec/enableSuperuserAccess", "/spec/imageName"]
    {
        assert_eq!(text.written(cluster, pointer), "cluster", "{pointer}");
    }
}

#[test]
fn what_is_given_keeps_its_place() {
    let values = "
    version: {postgresql: \"17.2\"}
    cluster:
      instances: 1
      enableSuperuserAccess: false
      storage: {size: 20Gi, storageClass: fast}
      walStorage: {enabled: true, size: 4Gi}
      resources: {limits: {memory: 2Gi}}
      postgresql:
        parameters: {max_connections: \"300\"}
        pg_hba: [host all all 0.0.0.0/0 trust]
      monitoring: {enabled: true}
";
    let text = flux("0.4.0", values);
    let objects = objects(&text);
    let cluster = &objects[0];
    assert_eq!(json(cluster, "/spec/walStorage"), r#"{"size":"4Gi"}"#);
    assert_eq!(json(cluster, "/spec/storage/storageClass"), "\"fast\"");
    assert_eq!(json(cluster, "/spec/monitoring/enablePodMonitor"), "true");
    for (pointer, written) in [
        ("/spec/instances", "1"),
        ("/spec/enableSuperuserAccess", "false"),
        ("/spec/storage/size", "20Gi"),
        ("/spec/resources/limits/memory", "2Gi"),
        ("/spec/postgresql/parameters/max_connections", "\"300\""),
        ("/spec/postgresql/pg_hba/0", "host all all 0.0.0.0/0 trust"),
        ("/spec/imageName", "\"17.2\""),
        ("/metadata/name", "orders"),
        ("/spec/primaryUpdateMethod", "cluster"),
    ] {
        assert_eq!(text.written(cluster, pointer), written, "{pointer}");
    }
    assert_eq!(json(cluster, "/spec/imageName"), "\"ghcr.io/cloudnative-pg/postgresql:17.2\"");
}

#[test]
fn names_follow_the_rules_of_the_chart() {
    for (values, name) in [
        ("    fullnameOverride: mine\n", "\"mine\""),
        ("    nameOverride: pg\n", "\"orders-pg\""),
        ("    nameOverride: order\n", "\"orders\""),
        ("    fullnameOverride: ${NAME}\n", "\"${NAME}\""),
    ] {
        let objects = objects(&flux("0.3.1", values));
        assert_eq!(json(&objects[0], "/metadata/name"), name, "{values}");
    }
    let named = Text::new(
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: orders}, spec: {\
         targetNamespace: shop, chart: {spec: {chart: cluster, version: 0.3.1}}}}",
    );
    let objects = objects(&named);
    assert_eq!(
        json(&objects[0], "/metadata"),
        r#"{"name":"shop-orders-cluster","namespace":"shop","labels":""}"#
    );
}

#[test]
fn a_variable_stays_unknown_and_a_text_around_it_partly_known() {
    let values = "
    version: {postgresql: \"17.${MINOR}\"}
    cluster: {instances: \"${INSTANCES}\", walStorage: {enabled: \"${WAL}\"}}
";
    let objects = objects(&flux("0.4.0", values));
    let spec = objects[0].get("spec").unwrap();
    assert!(spec.get("instances").unwrap().unknown_reason().is_some());
    assert!(spec.get("walStorage").unwrap().unknown_reason().is_some());
    assert_eq!(
        json(spec, "/imageName"),
        "\"ghcr.io/cloudnative-pg/postgresql:17.${MINOR}\"".replace("${MINOR}", "")
    );
    assert!(spec.get("imageName").unwrap().unknown_reason().is_some());
}

#[test]
fn backups_are_an_archive_a_secret_and_schedules() {
    let values = "
    backups:
      enabled: true
      provider: s3
      s3: {region: eu-west-1, bucket: orders-backups, path: /v1, accessKey: AKIA, secretKey: plain}
      retentionPolicy: 14d
      scheduledBackups:
        - {name: nightly, schedule: \"0 0 3 * * *\", backupOwnerReference: self, method: barmanObjectStore}
";
    let text = flux("0.5.0", values);
    let objects = objects(&text);
    let cluster = &objects[0];
    assert_eq!(json(cluster, "/spec/backup/retentionPolicy"), "\"14d\"");
    let store = "/spec/backup/barmanObjectStore";
    assert_eq!(json(cluster, &format!("{store}/destinationPath")), "\"s3://orders-backups/v1\"");
    assert_eq!(json(cluster, &format!("{store}/endpointURL")), "\"https://s3.eu-west-1.amazonaws.com\"");
    assert_eq!(text.written(cluster, &format!("{store}/destinationPath")), "orders-backups");
    let secret = "\"orders-cluster-backup-s3-creds\"";
    assert_eq!(json(cluster, &format!("{store}/s3Credentials/accessKeyId/name")), secret);
    let secrets = of_kind(&objects, "Secret");
    assert_eq!(json(secrets[0], "/metadata/name"), secret);
    assert_eq!(text.written(secrets[0], "/stringData/ACCESS_SECRET_KEY"), "plain");
    let schedules = of_kind(&objects, "ScheduledBackup");
    assert_eq!(schedules.len(), 1);
    assert_eq!(json(schedules[0], "/metadata/name"), "\"orders-cluster-nightly\"");
    assert_eq!(json(schedules[0], "/spec/cluster/name"), "\"orders-cluster\"");
    assert_eq!(text.written(schedules[0], "/spec/schedule"), "\"0 0 3 * * *\"");
}

#[test]
fn backups_without_schedules_have_the_charts_own() {
    let text =
        flux("0.5.0", "    backups: {enabled: true, s3: {bucket: b}, endpointURL: http://minio:9000}\n");
    let objects = objects(&text);
    let schedules = of_kind(&objects, "ScheduledBackup");
    assert_eq!(json(schedules[0], "/metadata/name"), "\"orders-cluster-daily-backup\"");
    assert_eq!(text.written(schedules[0], "/spec/schedule"), "cluster");
    assert_eq!(json(&objects[0], "/spec/backup/retentionPolicy"), "\"30d\"");
    assert_eq!(json(&objects[0], "/spec/backup/barmanObjectStore/endpointURL"), "\"http://minio:9000\"");
}

#[test]
fn an_existing_secret_is_referred_to_and_not_made() {
    let values = "    backups: {enabled: true, s3: {bucket: b}, endpointURL: http://m, secret: {create: false, name: mine}}\n";
    let objects = objects(&flux("0.3.1", values));
    assert!(of_kind(&objects, "Secret").is_empty());
    let name = "/spec/backup/barmanObjectStore/s3Credentials/secretAccessKey/name";
    assert_eq!(json(&objects[0], name), "\"mine\"");
}

#[test]
fn google_and_azure_are_stores_too() {
    let google = "    backups: {enabled: true, provider: google, google: {bucket: b, path: /x, gkeEnvironment: true}}\n";
    let cluster = &objects(&flux("0.3.1", google))[0];
    let store = cluster.pointer("/spec/backup/barmanObjectStore").unwrap();
    assert_eq!(json(store, "/destinationPath"), "\"gs://b/x\"");
    assert_eq!(json(store, "/googleCredentials"), r#"{"gkeEnvironment":true}"#);
    let azure = "    backups: {enabled: true, provider: azure, azure: {storageAccount: a, containerName: c, inheritFromAzureAD: true}}\n";
    let cluster = &objects(&flux("0.3.1", azure))[0];
    let store = cluster.pointer("/spec/backup/barmanObjectStore").unwrap();
    assert_eq!(json(store, "/destinationPath"), "\"https://a.blob.core.windows.net/c/\"");
    assert_eq!(json(store, "/azureCredentials"), r#"{"inheritFromAzureAD":true}"#);
    assert_eq!(json(store, "/endpointURL"), "nothing");
}

#[test]
fn a_recovery_names_its_store() {
    let values = "
    mode: recovery
    recovery:
      method: object_store
      clusterName: old
      destinationPath: s3://old/
      endpointURL: http://minio
      pitrTarget: {time: \"2026-01-01T00:00:00Z\"}
";
    let objects = objects(&flux("0.3.1", values));
    let spec = objects[0].get("spec").unwrap();
    assert_eq!(json(spec, "/bootstrap/recovery/source"), "\"objectStoreRecoveryCluster\"");
    assert_eq!(json(spec, "/bootstrap/recovery/recoveryTarget/targetTime"), "\"2026-01-01T00:00:00Z\"");
    assert_eq!(json(spec, "/externalClusters/0/name"), "\"objectStoreRecoveryCluster\"");
    assert_eq!(json(spec, "/externalClusters/0/barmanObjectStore/serverName"), "\"old\"");
    assert_eq!(json(spec, "/externalClusters/0/barmanObjectStore/destinationPath"), "\"s3://old/\"");
    let secret = "\"orders-cluster-recovery-s3-creds\"";
    assert_eq!(json(of_kind(&objects, "Secret")[0], "/metadata/name"), secret);
}

#[test]
fn a_replica_streams_from_its_origin() {
    let values = "
    mode: replica
    replica:
      bootstrap: {source: pg_basebackup}
      origin: {pg_basebackup: {host: primary, username: streaming_replica, passwordSecret: {name: s, key: k}}}
";
    let objects = objects(&flux("0.5.0", values));
    let spec = objects[0].get("spec").unwrap();
    assert_eq!(json(spec, "/replica"), r#"{"enabled":true,"source":"originCluster"}"#);
    assert_eq!(json(spec, "/bootstrap/pg_basebackup/source"), "\"originCluster\"");
    let external = "/externalClusters/0/connectionParameters";
    let expected = r#"{"host":"primary","port":"5432","user":"streaming_replica","sslmode":"verify-full"}"#;
    assert_eq!(json(spec, external), expected);
    assert_eq!(json(spec, "/externalClusters/0/password"), r#"{"name":"s","key":"k"}"#);
}

#[test]
fn an_import_and_a_backup_are_ways_to_start() {
    let import = "    mode: recovery\n    recovery: {method: import, import: {databases: [a], source: {host: h, username: u}}}\n";
    let spec = objects(&flux("0.3.1", import))[0].get("spec").unwrap().clone();
    assert_eq!(json(&spec, "/bootstrap/initdb/import/source/externalCluster"), "\"importSource\"");
    assert_eq!(json(&spec, "/bootstrap/initdb/import/databases"), "[\"a\"]");
    assert_eq!(json(&spec, "/externalClusters/0/name"), "\"importSource\"");
    let backup = "    mode: recovery\n    recovery: {backupName: b1}\n";
    let spec = objects(&flux("0.3.1", backup))[0].get("spec").unwrap().clone();
    assert_eq!(json(&spec, "/bootstrap/recovery/backup/name"), "\"b1\"");
}

#[test]
fn catalogs_and_poolers_are_made() {
    let values = "
    version: {postgresql: \"17\"}
    imageCatalog: {images: [{image: example.org/pg:17, major: 17}]}
    poolers: [{name: rw, type: rw, poolMode: transaction, instances: 2, parameters: {max_client_conn: \"100\"}}]
";
    let objects = objects(&flux("0.3.1", values));
    assert_eq!(
        json(&objects[0], "/spec/imageCatalogRef"),
        r#"{"apiGroup":"postgresql.cnpg.io","kind":"ImageCatalog","name":"orders-cluster","major":17}"#
    );
    assert_eq!(json(of_kind(&objects, "ImageCatalog")[0], "/spec/images/0/major"), "17");
    let pooler = of_kind(&objects, "Pooler")[0];
    assert_eq!(json(pooler, "/metadata/name"), "\"orders-cluster-pooler-rw\"");
    assert_eq!(json(pooler, "/spec/pgbouncer/poolMode"), "\"transaction\"");
    assert_eq!(json(pooler, "/spec/instances"), "2");
}

#[test]
fn what_releases_differ_in_is_unknown_where_the_release_is() {
    let unknown = |node: &Node, key: &str| node.get(key).is_some_and(|node| node.unknown_reason().is_some());
    for (version, known) in [("0.3.1", true), ("0.9.0", true), ("0.x", false), ("2.0.0", false)] {
        let objects = objects(&flux(version, "    backups: {enabled: true, method: plugin}\n"));
        let spec = objects[0].get("spec").unwrap();
        assert_eq!(spec.as_map().unwrap().open.is_none(), known, "{version}");
        assert_eq!(json(spec, "/instances"), "3", "{version}");
        // Plugins came with 0.8: the value means nothing before.
        assert_eq!(unknown(spec, "plugins"), version != "0.3.1", "{version}");
        assert_eq!(unknown(spec, "backup"), version != "0.3.1", "{version}");
        assert_eq!(unknown(spec, "imageName"), version != "0.3.1", "{version}");
    }
}

#[test]
fn values_that_are_not_at_hand_leave_undecided_what_they_may_say() {
    let text = Text::new(
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: orders}, spec: {\
         chart: {spec: {chart: cluster, version: 0.3.1}}, values: {cluster: {instances: 2}},\
         valuesFrom: [{kind: Secret, name: more}, {kind: Secret, name: one, valuesKey: size, targetPath: cluster.storage.size}]}}",
    );
    let objects = objects(&text);
    let spec = objects[0].get("spec").unwrap();
    assert_eq!(json(spec, "/instances"), "2");
    let reason = spec.pointer("/storage/size").unwrap().unknown_reason().unwrap().to_string();
    assert_eq!(reason, "in key size of Secret one");
    let reason = spec.get("enableSuperuserAccess").unwrap().unknown_reason().unwrap().to_string();
    assert_eq!(reason, "perhaps in key values.yaml of Secret more");
    assert!(spec.get("backup").unwrap().unknown_reason().is_some());
    // Even its name may be another.
    assert!(objects[0].pointer("/metadata/name").unwrap().unknown_reason().is_some());
}

#[test]
fn a_schedule_that_is_not_at_hand_leaves_open_whether_there_is_one() {
    let text = Text::new(
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: orders}, spec: {\
         chart: {spec: {chart: cluster, version: 0.3.1}}, valuesFrom: [{kind: Secret, name: more}],\
         values: {backups: {enabled: true}}}}",
    );
    let objects = objects(&text);
    let schedule = of_kind(&objects, "ScheduledBackup")[0];
    assert!(schedule.get("spec").unwrap().as_map().unwrap().open.is_some());
    let name = |node: &Node, keys: &[&str]| node.at(keys).unwrap().raw_text().unwrap().to_owned();
    assert_eq!(name(schedule, &["spec", "cluster", "name"]), name(&objects[0], &["metadata", "name"]));
}

/// No value that is not known is told otherwise than it could be.
#[test]
fn what_is_derived_without_a_value_holds_with_it() {
    let all = "
    fullnameOverride: db
    type: postgresql
    version: {postgresql: \"17\"}
    cluster: {instances: 2, imageName: x, walStorage: {enabled: true, size: 1Gi}, enableSuperuserAccess: true,
      superuserSecret: s, monitoring: {enabled: true}, postgresql: {shared_preload_libraries: [a]}}
    backups: {enabled: true, method: barmanObjectStore, provider: s3, endpointURL: u, destinationPath: p,
      s3: {bucket: b, region: r, inheritFromIAMRole: false, accessKey: k}, secret: {create: true, name: n}}
    imageCatalog: {create: true, images: []}
    mode: recovery
    recovery: {method: object_store, clusterName: c, provider: s3, s3: {bucket: b, region: r}}
";
    let whole = objects(&flux("0.5.0", all));
    let mut leaves = Vec::new();
    scalars(flux("0.5.0", all).node.at(&["spec", "values"]).unwrap(), &mut Vec::new(), &mut leaves);
    assert!(leaves.len() > 30);
    for leaf in &leaves {
        let mut text = flux("0.5.0", all);
        hide(&mut text.node, &[&["spec".to_owned(), "values".to_owned()], &leaf[..]].concat());
        let derived = objects(&text);
        let cluster = derived[0].get("spec").unwrap();
        agree(cluster, whole[0].get("spec"), &format!("{leaf:?}"));
    }
}

fn scalars(node: &Node, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match &node.value {
        Value::Map(map) => {
            for entry in &map.entries {
                path.push(entry.key.clone());
                scalars(&entry.value, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

fn hide(node: &mut Node, path: &[String]) {
    let Some((key, rest)) = path.split_first() else {
        let reason = UnknownReason::Variable("${X}".to_owned());
        node.value = Value::Unknown(Unknown { raw: "${X}".to_owned(), reason, value: None });
        return;
    };
    let Value::Map(map) = &mut node.value else { unreachable!() };
    hide(&mut map.entries.iter_mut().find(|entry| entry.key == *key).unwrap().value, rest);
}

/// What is known of `less` is so in `more`.
fn agree(less: &Node, more: Option<&Node>, at: &str) {
    match (&less.value, more.map(|more| &more.value)) {
        (Value::Unknown(_) | Value::Partial(_), _) => {}
        (Value::Map(less), Some(Value::Map(more))) => {
            for entry in &less.entries {
                agree(
                    &entry.value,
                    more.entry(&entry.key).map(|entry| &entry.value),
                    &format!("{at} {}", entry.key),
                );
            }
            let gone = more.entries.iter().find(|entry| less.entry(&entry.key).is_none());
            assert!(less.open.is_some() || gone.is_none(), "{at}: {gone:?} is told absent");
        }
        (Value::List(less), Some(Value::List(more))) => {
            assert_eq!(less.len(), more.len(), "{at}");
            less.iter().zip(more).for_each(|(less, more)| agree(less, Some(more), at));
        }
        (less, Some(more)) => assert_eq!(less, more, "{at}"),
        (_, None) => panic!("{at} is told and is not there"),
    }
}

#[test]
fn post_renderers_leave_only_the_identity() {
    let text = Text::new(
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: orders}, spec: {\
         chart: {spec: {chart: cluster, version: 0.3.1}}, postRenderers: [{kustomize: {}}]}}",
    );
    let objects = objects(&text);
    assert_eq!(json(&objects[0], "/metadata/name"), "\"orders-cluster\"");
    assert!(objects[0].get("spec").unwrap().unknown_reason().is_some());
}

#[test]
fn a_chart_of_that_name_from_elsewhere_is_another_chart() {
    let text = flux("0.3.1", "");
    let mut release = text.release();
    assert!(helm::cluster_chart(&release, None).is_none());
    for (repository, ours) in [
        ("https://example.org/charts", false),
        ("https://cloudnative-pg.github.io/charts/", true),
        ("oci://ghcr.io/cloudnative-pg/charts", true),
        ("ghcr.io/cloudnative-pg/charts", true),
    ] {
        release.repository = Some(repository.to_owned());
        assert_eq!(helm::is_cluster_chart(&release), ours, "{repository}");
    }
}
