//! What is derived from values against what the real chart makes of them. The chart is the directory that
//! `CNPG_LINT_CLUSTER_CHART` names, the program is `helm` in `CNPG_LINT_TOOLS` or on the path. Without
//! either this says that it is skipped; where the chart is named and `CNPG_LINT_REQUIRE_TOOLS` is set, a
//! missing program fails.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that cannot be set up fails

mod common;

use common::{flux, nowhere};
use helm::{Bounds, ChartDir, render};
use manifest::{Limits, Map, Node, Source, SourceId, Value, to_json};
use std::env;
use std::path::{Path, PathBuf};

/// Values of releases, indented as in their `HelmRelease`.
const VALUES: &[&str] = &[
    "",
    "    fullnameOverride: db\n    namespaceOverride: other\n",
    "    nameOverride: pg\n    cluster: {instances: 1, enableSuperuserAccess: false, superuserSecret: su}\n",
    "    version: {postgresql: \"17.2\"}\n    cluster: {storage: {size: 1Gi, storageClass: fast}, walStorage: {enabled: true}}\n",
    "    type: postgis\n    version: {postgresql: \"16\", postgis: \"3.4\"}\n",
    "    type: timescaledb\n",
    "    cluster: {imageName: 'example.org/pg:17.1', postgresUID: 1000, priorityClassName: high, instances: \"2\"}\n",
    "    cluster: {imageCatalogRef: {kind: ClusterImageCatalog, name: pg}}\n    version: {postgresql: \"17\"}\n",
    "    imageCatalog: {images: [{image: 'example.org/pg:17', major: 17}]}\n",
    "    cluster: {postgresql: {parameters: {max_connections: \"300\"}, pg_hba: [host all all all md5], shared_preload_libraries: [pgaudit]}}\n",
    "    cluster: {affinity: {topologyKey: kubernetes.io/hostname, nodeSelector: {a: b}}, resources: {limits: {cpu: 2}}}\n",
    "    cluster: {roles: [{name: a, login: true}], annotations: {a: b}, additionalLabels: {c: d}}\n",
    "    cluster: {monitoring: {enabled: true}}\n",
    "    cluster: {monitoring: {customQueries: [{name: a, query: b}]}, initdb: {database: app, owner: app, postInitApplicationSQL: [SELECT 1]}}\n",
    "    backups: {enabled: true, s3: {region: eu, bucket: b, accessKey: a, secretKey: s}}\n",
    "    backups: {enabled: true, endpointURL: 'http://m', destinationPath: 's3://x/', s3: {inheritFromIAMRole: true}, retentionPolicy: 7d}\n",
    "    backups: {enabled: true, secret: {create: false, name: mine}, s3: {region: eu, bucket: b}, wal: {encryption: \"\"}, scheduledBackups: []}\n",
    "    backups: {enabled: true, provider: google, google: {bucket: b, applicationCredentials: x}}\n",
    "    backups: {enabled: true, provider: azure, azure: {storageAccount: a, containerName: c, storageKey: k}}\n",
    "    backups: {enabled: true, s3: {region: eu, bucket: b, accessKey: a, secretKey: s}, scheduledBackups: [{name: n, schedule: '@daily', backupOwnerReference: cluster, method: volumeSnapshot, immediate: false}]}\n",
    "    mode: recovery\n    recovery: {backupName: b}\n",
    "    mode: recovery\n    recovery: {method: object_store, clusterName: old, s3: {region: eu, bucket: b, accessKey: a, secretKey: s}, pitrTarget: {time: '2026-01-01T00:00:00Z'}}\n",
    "    mode: recovery\n    recovery: {method: pg_basebackup, pgBaseBackup: {source: {host: h, username: u, passwordSecret: {name: p}}}}\n",
    "    mode: recovery\n    recovery: {method: import, import: {databases: [a], source: {host: h, username: u}}}\n",
    "    mode: replica\n    replica: {self: a, primary: b, bootstrap: {source: pg_basebackup}, origin: {pg_basebackup: {host: h, username: u}}}\n",
    "    mode: replica\n    replica: {bootstrap: {source: object_store}, origin: {objectStore: {provider: s3, clusterName: o, s3: {region: eu, bucket: b}}}}\n",
    "    poolers: [{name: rw, type: rw, poolMode: transaction, instances: 2, parameters: {max_client_conn: \"100\"}}]\n",
];

const KINDS: [&str; 5] = ["Cluster", "ScheduledBackup", "Pooler", "ImageCatalog", "Secret"];

/// The chart, its version and the program.
fn tools() -> Option<(ChartDir, String, PathBuf)> {
    let folders = env::var_os("CNPG_LINT_TOOLS").or_else(|| env::var_os("PATH")).unwrap_or_default();
    let helm = env::split_paths(&folders).map(|folder| folder.join("helm")).find(|path| path.is_file());
    let Some(path) = env::var_os("CNPG_LINT_CLUSTER_CHART").map(PathBuf::from) else {
        eprintln!("SKIPPED: CNPG_LINT_CLUSTER_CHART names no chart");
        return None;
    };
    let Some(helm) = helm else {
        assert!(env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "there is no helm");
        eprintln!("SKIPPED: there is no helm in CNPG_LINT_TOOLS or on the path");
        return None;
    };
    let version = read(&path.join("Chart.yaml")).get("version").unwrap().as_str().unwrap().to_owned();
    Some((ChartDir::open(&path, &path, None).unwrap(), version, helm))
}

fn read(path: &Path) -> Node {
    let source = Source::new("", std::fs::read(path).unwrap());
    manifest::read(&source, SourceId(0), &Limits::default()).documents.remove(0).content.unwrap()
}

#[test]
fn the_chart_makes_what_is_derived() {
    let Some((chart, version, helm)) = tools() else { return };
    let mut differences = Vec::new();
    let mut compared = 0;
    for values in VALUES {
        let text = flux(&version, values);
        let release = text.release();
        let merged = release.merged(&nowhere);
        let rendered = match render(&chart, &release, merged.as_ref(), &helm, &Bounds::default()) {
            Ok(rendered) => rendered,
            Err(error) => {
                differences.push(format!("{values}: {error}"));
                continue;
            }
        };
        let rendered: Vec<Node> = rendered.into_iter().map(|object| object.node).collect();
        let derived = common::objects(&text);
        let mut check = Check { values, differences: &mut differences };
        for kind in KINDS {
            let (rendered, derived) = (common::of_kind(&rendered, kind), common::of_kind(&derived, kind));
            let names = |objects: &[&Node]| objects.iter().map(|one| identity(one)).collect::<Vec<_>>();
            check.equal(kind, &format!("{:?}", names(&derived)), &format!("{:?}", names(&rendered)));
            for (derived, rendered) in derived.iter().zip(&rendered) {
                check.node(&format!("{kind}/spec"), derived.get("spec"), rendered.get("spec"));
                compared += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    println!("{compared} objects of {} releases are as derived", VALUES.len());
}

fn identity(object: &Node) -> String {
    let text = |key| object.at(&["metadata", key]).map(to_json).unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

struct Check<'a> {
    values: &'a str,
    differences: &'a mut Vec<String>,
}

impl Check<'_> {
    fn equal(&mut self, at: &str, derived: &str, rendered: &str) {
        if derived != rendered {
            self.differences.push(format!("{}{at}: derived {derived}, rendered {rendered}", self.values));
        }
    }

    /// All that is derived is rendered; where nothing more may be, nothing more is.
    fn node(&mut self, at: &str, derived: Option<&Node>, rendered: Option<&Node>) {
        match (derived.map(|node| &node.value), rendered.map(|node| &node.value)) {
            (Some(Value::Unknown(_) | Value::Partial(_)), _) => {}
            (Some(Value::Map(derived)), other) => {
                let none = Map::default();
                let rendered = if let Some(Value::Map(map)) = other { map } else { &none };
                self.map(at, derived, rendered);
            }
            (Some(Value::List(derived)), Some(Value::List(rendered))) => {
                self.equal(at, &format!("{} items", derived.len()), &format!("{} items", rendered.len()));
                for (index, (derived, rendered)) in derived.iter().zip(rendered).enumerate() {
                    self.node(&format!("{at}/{index}"), Some(derived), Some(rendered));
                }
            }
            _ => {
                let text = |node: Option<&Node>| {
                    node.filter(|node| !is_empty(node)).map_or("nothing".to_owned(), to_json)
                };
                self.equal(at, &text(derived), &text(rendered));
            }
        }
    }

    fn map(&mut self, at: &str, derived: &Map, rendered: &Map) {
        for entry in &derived.entries {
            let other = rendered.entry(&entry.key).map(|entry| &entry.value);
            self.node(&format!("{at}/{}", entry.key), Some(&entry.value), other);
        }
        if derived.open.is_none() {
            for entry in rendered.entries.iter().filter(|entry| derived.entry(&entry.key).is_none()) {
                self.node(&format!("{at}/{}", entry.key), None, Some(&entry.value));
            }
        }
    }
}

/// What the API server drops or takes for nothing.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.entries.is_empty(),
        _ => false,
    }
}
