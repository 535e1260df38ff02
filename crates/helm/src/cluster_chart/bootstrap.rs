//! How a Cluster starts: a new database, a recovery, or a replica of another.

use super::store::Store;
use super::{Chart, Fields};
use crate::scalar::{Truth, text};
use crate::values::Given;
use manifest::{Node, Number, Value};

const RECOVERY: Store = Store { path: &["recovery"], prefix: "recovery" };
const ORIGIN: Store = Store { path: &["replica", "origin", "objectStore"], prefix: "origin" };

/// Keys of `initdb` that are not taken over as they are.
const OWN: [&str; 2] = ["postInitApplicationSQL", "import"];

impl Chart<'_> {
    /// `bootstrap`, `replica` and `externalClusters`.
    pub(super) fn bootstrap(&self, spec: &mut Fields) {
        match self.str(&["mode"]).as_deref() {
            Some("standalone") => {
                let mut bootstrap = self.fields(&["cluster", "initdb"]);
                bootstrap.node("initdb", self.initdb().finish());
                spec.map("bootstrap", bootstrap);
            }
            Some("recovery") => self.recovery(spec),
            Some("replica") => self.replica(spec),
            _ => {
                let at = self.values.get(&["mode"]).map_or(self.at, |given| given.node.origin);
                for key in ["bootstrap", "replica", "externalClusters"] {
                    spec.node(key, self.unknown(at));
                }
            }
        }
    }

    fn initdb(&self) -> Fields {
        let mut initdb = self.fields(&["cluster", "initdb"]);
        if let Some(Given { node: Node { value: Value::Map(map), .. }, .. }) =
            self.values.get(&["cluster", "initdb"])
        {
            for entry in map.entries.into_iter().filter(|entry| !OWN.contains(&&*entry.key)) {
                initdb.put(&entry.key, Some(Given { key: entry.key_origin, node: entry.value }));
            }
            map.open.into_iter().for_each(|reason| initdb.open(reason));
        }
        let statements = self.some(&["cluster", "initdb", "postInitApplicationSQL"]);
        match self.str(&["type"]).as_deref() {
            Some("postgresql") => initdb.put("postInitApplicationSQL", statements),
            // Statements of the chart stand before those that are given.
            _ => initdb
                .node("postInitApplicationSQL", self.unknown(self.values.origin(&["cluster", "initdb"]))),
        }
        initdb
    }

    fn recovery(&self, spec: &mut Fields) {
        match self.str(&["recovery", "method"]).as_deref() {
            Some("backup") => {
                let mut backup = self.fields(&["recovery"]);
                backup.put("name", self.some(&["recovery", "backupName"]));
                let mut recovery = self.recovered();
                recovery.map("backup", backup);
                self.start(spec, "recovery", recovery);
            }
            Some("object_store") => {
                let mut recovery = self.recovered();
                recovery.node("source", self.text("objectStoreRecoveryCluster"));
                self.start(spec, "recovery", recovery);
                let external = self.external("objectStoreRecoveryCluster", Some(RECOVERY));
                spec.node("externalClusters", external);
            }
            Some("pg_basebackup") => {
                let path = ["recovery", "pgBaseBackup"];
                let mut base = self.fields(&path);
                base.node("source", self.text("pgBaseBackupSource"));
                self.application(&path, &mut base);
                base.map("secret", self.base_backup_secret());
                self.start(spec, "pg_basebackup", base);
                spec.node(
                    "externalClusters",
                    self.server("pgBaseBackupSource", &[path[0], path[1], "source"]),
                );
            }
            Some("import") => {
                let mut initdb = self.initdb();
                initdb.map("import", self.import());
                self.start(spec, "initdb", initdb);
                spec.node("externalClusters", self.server("importSource", &["recovery", "import", "source"]));
            }
            _ => {
                for key in ["bootstrap", "externalClusters"] {
                    spec.node(key, self.unknown(self.values.origin(&["recovery"])));
                }
            }
        }
    }

    fn start(&self, spec: &mut Fields, how: &str, fields: Fields) {
        let mut bootstrap = self.fields(&["recovery"]);
        bootstrap.node(how, fields.finish());
        spec.map("bootstrap", bootstrap);
    }

    fn recovered(&self) -> Fields {
        let mut recovery = self.fields(&["recovery"]);
        let mut target = self.fields(&["recovery", "pitrTarget"]);
        target.put("targetTime", self.some(&["recovery", "pitrTarget", "time"]));
        recovery.map("recoveryTarget", target);
        self.application(&["recovery"], &mut recovery);
        recovery
    }

    /// The application's database and its owner.
    fn application(&self, path: &[&'static str], fields: &mut Fields) {
        for key in ["database", "owner"] {
            fields.put(key, self.some(&[path, &[key][..]].concat()));
        }
        // Releases differ in whether they name the operator's own default.
        if self.some(&[path, &["database"][..]].concat()).is_none() {
            fields.node("database", text("app", self.at));
        }
    }

    /// The Secret's name, or as older releases have it, a map with it.
    fn base_backup_secret(&self) -> Fields {
        let path = ["recovery", "pgBaseBackup"];
        let mut secret = self.fields(&path);
        secret.put("name", self.some(&[path[0], path[1], "secretName"]));
        if self.some(&[path[0], path[1], "secret"]).is_some() {
            secret.open(self.reason());
        }
        secret
    }

    fn import(&self) -> Fields {
        let path = |key| ["recovery", "import", key];
        let mut import = self.fields(&["recovery", "import"]);
        let mut source = self.fields(&["recovery", "import"]);
        source.node("externalCluster", self.text("importSource"));
        import.map("source", source);
        for key in ["type", "databases", "schemaOnly"] {
            import.put(key, self.values.get(&path(key)));
        }
        for key in ["roles", "postImportApplicationSQL", "pgDumpExtraOptions", "pgRestoreExtraOptions"] {
            import.put(key, self.some(&path(key)));
        }
        import
    }

    fn replica(&self, spec: &mut Fields) {
        let path = ["replica", "bootstrap"];
        let mut start = self.fields(&path);
        start.node("source", self.text("originCluster"));
        for key in ["database", "owner", "secret"] {
            start.put(key, self.some(&[path[0], path[1], key]));
        }
        let mut bootstrap = self.fields(&path);
        match self.str(&["replica", "bootstrap", "source"]).as_deref() {
            Some("object_store") => bootstrap.node("recovery", start.finish()),
            Some("pg_basebackup") => bootstrap.node("pg_basebackup", start.finish()),
            _ => bootstrap.open(self.reason()),
        }
        spec.node("bootstrap", bootstrap.finish());
        let mut replica = self.fields(&["replica"]);
        replica.node("enabled", self.bool(true));
        replica.node("source", self.text("originCluster"));
        for key in ["self", "primary", "promotionToken", "minApplyDelay"] {
            replica.put(key, self.some(&["replica", key]));
        }
        spec.map("replica", replica);
        self.origin(spec);
    }

    /// Where a replica gets its data from: a store, a server, or both.
    fn origin(&self, spec: &mut Fields) {
        let stored = self.truth(&["replica", "origin", "objectStore", "provider"]);
        let streamed = self.truth(&["replica", "origin", "pg_basebackup", "host"]);
        let clusters = match (stored, streamed) {
            (Truth::Yes, Truth::No) => self.external("originCluster", Some(ORIGIN)),
            (Truth::No, Truth::Yes) => self.server("originCluster", &["replica", "origin", "pg_basebackup"]),
            (Truth::No, Truth::No) => self.external("originCluster", None),
            // Both in one entry.
            _ => self.unknown(self.values.origin(&["replica", "origin"])),
        };
        spec.node("externalClusters", clusters);
    }

    fn external(&self, name: &str, store: Option<Store>) -> Node {
        let at = store.map_or(self.at, |store| self.values.origin(store.path));
        let mut cluster = Fields::new(at);
        cluster.node("name", self.text(name));
        if let Some(store) = store {
            let mut fields = Fields::new(at);
            fields.put("serverName", self.some(&[store.path, &["clusterName"][..]].concat()));
            self.store(store, &mut fields);
            cluster.map("barmanObjectStore", fields);
        }
        Node { value: Value::List(vec![cluster.finish()]), origin: at }
    }

    /// A server, as the parameters of a connection.
    fn server(&self, name: &str, path: &[&'static str]) -> Node {
        let at = |key: &'static str| [path, &[key][..]].concat();
        let mut parameters = self.fields(path);
        for (field, key) in [
            ("host", "host"),
            ("port", "port"),
            ("user", "username"),
            ("dbname", "database"),
            ("sslmode", "sslMode"),
        ] {
            parameters.put(field, self.some(&at(key)).map(quoted));
        }
        let mut cluster = self.fields(path);
        cluster.node("name", self.text(name));
        cluster.map("connectionParameters", parameters);
        for (field, key) in [
            ("password", "passwordSecret"),
            ("sslKey", "sslKeySecret"),
            ("sslCert", "sslCertSecret"),
            ("sslRootCert", "sslRootCertSecret"),
        ] {
            let mut reference = self.fields(&at(key));
            let secret = at(key);
            reference.put("name", self.some(&[&secret[..], &["name"][..]].concat()));
            let named = !reference.is_empty();
            reference.put("key", self.some(&[&secret[..], &["key"][..]].concat()).filter(|_| named));
            cluster.map(field, reference);
        }
        let origin = self.values.origin(path);
        Node { value: Value::List(vec![cluster.finish()]), origin }
    }
}

/// A value in quotes.
fn quoted(given: Given) -> Given {
    let node = match given.node.value {
        Value::Number(Number::Int(number)) => text(number.to_string(), given.node.origin),
        _ => given.node,
    };
    Given { node, ..given }
}
