//! What the chart sets where nothing is given.

use super::version::Version;
use crate::scalar::{text, unknown};
use crate::values::set;
use manifest::{Map, Node, Number, Origin, UnknownReason, Value};

/// A default.
enum Default {
    Int(i64),
    Bool(bool),
    Text(&'static str),
}

use Default::{Bool, Int, Text};

/// Defaults that are the same in every known release, and that change what is made.
const DEFAULTS: &[(&[&str], Default)] = &[
    (&["type"], Text("postgresql")),
    (&["mode"], Text("standalone")),
    (&["version", "timescaledb"], Text("2.15")),
    (&["version", "postgis"], Text("3.4")),
    (&["cluster", "instances"], Int(3)),
    (&["cluster", "imagePullPolicy"], Text("IfNotPresent")),
    (&["cluster", "storage", "size"], Text("8Gi")),
    (&["cluster", "walStorage", "enabled"], Bool(false)),
    (&["cluster", "walStorage", "size"], Text("1Gi")),
    (&["cluster", "postgresUID"], Int(-1)),
    (&["cluster", "postgresGID"], Int(-1)),
    (&["cluster", "primaryUpdateMethod"], Text("switchover")),
    (&["cluster", "primaryUpdateStrategy"], Text("unsupervised")),
    (&["cluster", "logLevel"], Text("info")),
    (&["cluster", "affinity", "topologyKey"], Text("topology.kubernetes.io/zone")),
    (&["cluster", "enableSuperuserAccess"], Bool(true)),
    (&["cluster", "enablePDB"], Bool(true)),
    (&["cluster", "monitoring", "enabled"], Bool(false)),
    (&["cluster", "monitoring", "podMonitor", "enabled"], Bool(true)),
    (&["cluster", "monitoring", "disableDefaultQueries"], Bool(false)),
    (&["recovery", "method"], Text("backup")),
    (&["recovery", "pgBaseBackup", "source", "database"], Text("app")),
    (&["recovery", "pgBaseBackup", "source", "passwordSecret", "key"], Text("password")),
    (&["recovery", "import", "source", "passwordSecret", "key"], Text("password")),
    (&["recovery", "import", "type"], Text("microservice")),
    (&["recovery", "import", "schemaOnly"], Bool(false)),
    (&["backups", "enabled"], Bool(false)),
    (&["backups", "method"], Text("barmanObjectStore")),
    (&["backups", "wal", "compression"], Text("gzip")),
    (&["backups", "wal", "encryption"], Text("AES256")),
    (&["backups", "wal", "maxParallel"], Int(1)),
    (&["backups", "data", "compression"], Text("gzip")),
    (&["backups", "data", "encryption"], Text("AES256")),
    (&["backups", "data", "jobs"], Int(2)),
    (&["backups", "target"], Text("prefer-standby")),
    (&["backups", "retentionPolicy"], Text("30d")),
    (&["imageCatalog", "create"], Bool(true)),
];

/// The blocks that describe an object store; all have the same defaults.
const STORES: &[(&[&str], &str)] =
    &[(&["backups"], "s3"), (&["recovery"], "s3"), (&["replica", "origin", "objectStore"], "")];

/// Defaults of each block of [`STORES`].
const STORE: &[(&[&str], Default)] = &[
    (&["endpointCA", "create"], Bool(false)),
    (&["s3", "path"], Text("/")),
    (&["azure", "path"], Text("/")),
    (&["azure", "serviceName"], Text("blob")),
    (&["google", "path"], Text("/")),
    (&["google", "gkeEnvironment"], Bool(false)),
    (&["secret", "create"], Bool(true)),
];

/// The blocks that describe a server to copy from.
const SERVERS: &[&[&str]] = &[
    &["recovery", "pgBaseBackup", "source"],
    &["recovery", "import", "source"],
    &["replica", "origin", "pg_basebackup"],
];

/// The one schedule that is set up with backups.
const SCHEDULE: &[(&str, &str)] = &[
    ("name", "daily-backup"),
    ("schedule", "0 0 0 * * *"),
    ("backupOwnerReference", "self"),
    ("method", "barmanObjectStore"),
];

/// The defaults as values, each in the place where the chart is named.
pub(super) fn defaults(version: Version, at: Origin) -> Node {
    let mut root = map(at);
    for (path, default) in DEFAULTS {
        set(&mut root, path, node(default, at));
    }
    set(&mut root, &["version", "postgresql"], postgresql(version, at));
    for (block, provider) in STORES {
        let path = |tail: &[&'static str]| [block, tail].concat();
        set(&mut root, &path(&["provider"]), text(*provider, at));
        for (tail, default) in STORE {
            set(&mut root, &path(tail), node(default, at));
        }
    }
    for block in SERVERS {
        set(&mut root, &[block, &["port"][..]].concat(), node(&Int(5432), at));
        set(&mut root, &[block, &["sslMode"][..]].concat(), node(&Text("verify-full"), at));
    }
    set(&mut root, &["backups", "scheduledBackups"], schedules(at));
    root
}

/// The major version that the chart runs where none is given.
fn postgresql(version: Version, at: Origin) -> Node {
    match version.since(8) {
        Some(false) => text("16", at),
        _ => unknown(UnknownReason::Chart("cluster".to_owned()), at),
    }
}

fn schedules(at: Origin) -> Node {
    let mut schedule = map(at);
    for (key, value) in SCHEDULE {
        set(&mut schedule, &[key], text(*value, at));
    }
    Node { value: Value::List(vec![schedule]), origin: at }
}

fn map(at: Origin) -> Node {
    Node { value: Value::Map(Map::default()), origin: at }
}

fn node(default: &Default, at: Origin) -> Node {
    let value = match default {
        Int(number) => Value::Number(Number::Int(*number)),
        Bool(value) => Value::Bool(*value),
        Text(text) => Value::String((*text).to_owned()),
    };
    Node { value, origin: at }
}
