//! The `Cluster`.

use super::{Chart, Fields, GROUP};
use crate::scalar::{Piece, Truth, printed};
use crate::values::Given;
use manifest::{Node, Number, Value};

/// Fields of the spec that are printed as they are given under `cluster`.
const PRINTED: &[&str] = &[
    "instances",
    "imagePullPolicy",
    "priorityClassName",
    "primaryUpdateMethod",
    "primaryUpdateStrategy",
    "logLevel",
    "enableSuperuserAccess",
];

/// Fields that are taken over whole where they are not empty.
const WHOLE: &[&str] = &["resources", "affinity", "certificates"];

/// The same, in releases since 0.7; from when on they are is not known.
const LATER: &[&str] = &[
    "imagePullSecrets",
    "env",
    "envFrom",
    "enablePDB",
    "replicationSlots",
    "serviceAccountTemplate",
    "podSecurityContext",
    "securityContext",
];

/// Fields that came after 0.7.
const LAST: &[&str] =
    &["projectedVolumeTemplate", "ephemeralVolumeSource", "tablespaces", "inheritedMetadata"];

impl Chart<'_> {
    pub(super) fn cluster(&self) -> Node {
        let mut metadata = self.metadata(self.name.clone());
        metadata.put("annotations", self.some(&["cluster", "annotations"]));
        let mut labels = self.some(&["cluster", "additionalLabels"]);
        if let Some(Given { node: Node { value: Value::Map(map), .. }, .. }) = &mut labels {
            map.open.get_or_insert(self.reason());
        }
        let chart_labels = || Given { key: self.at, node: self.unknown(self.at) };
        metadata.put("labels", Some(labels.unwrap_or_else(chart_labels)));
        self.object(GROUP, "Cluster", metadata, self.spec())
    }

    fn spec(&self) -> Node {
        let mut spec = self.fields(&["cluster"]);
        if !self.version.is_known() {
            spec.open(self.reason());
        }
        for key in PRINTED {
            spec.put(key, self.printed(&["cluster", key]));
        }
        for key in WHOLE {
            spec.put(key, self.some(&["cluster", key]));
        }
        for key in LATER {
            spec.put(key, self.later(&["cluster", key]));
        }
        for key in LAST {
            let given = self.some(&["cluster", key]);
            spec.put(key, given.map(|given| Given { node: self.unknown(given.node.origin), ..given }));
        }
        self.image(&mut spec);
        for key in ["postgresUID", "postgresGID"] {
            spec.put(key, self.user(key));
        }
        spec.map("storage", self.storage("storage"));
        self.wal_storage(&mut spec);
        self.superuser_secret(&mut spec);
        spec.map("postgresql", self.postgresql());
        spec.map("managed", self.managed());
        spec.node("monitoring", self.monitoring().finish());
        self.bootstrap(&mut spec);
        self.backup(&mut spec);
        spec.finish()
    }

    /// A value as a template prints it.
    pub(super) fn printed(&self, path: &[&str]) -> Option<Given> {
        let given = self.values.get(path)?;
        Some(Given { node: printed(&given.node), ..given })
    }

    /// A value that only later releases take over.
    fn later(&self, path: &[&str]) -> Option<Given> {
        let given = self.values.get(path)?;
        match (&given.node.value, self.version.since(7)) {
            // The one switch among them is on anyway where it is left out.
            (Value::Bool(true), _) | (Value::Bool(false), Some(true)) => Some(given),
            (value, _) if *value != Value::Bool(false) && Truth::of(Some(&given.node)) == Truth::No => None,
            (_, Some(true)) => Some(given),
            _ => Some(Given { node: self.unknown(given.node.origin), ..given }),
        }
    }

    /// The user of the image: 26, and 1000 in that of Timescale.
    fn user(&self, key: &str) -> Option<Given> {
        let given = self.values.get(&["cluster", key])?;
        match given.node.value {
            Value::Number(Number::Int(number)) if number >= 0 => Some(given),
            Value::Number(_) if self.uses_timescale_image() == Truth::No => {
                Some(Given { key: self.at, node: self.int(26) })
            }
            _ => Some(Given { node: self.unknown(given.node.origin), ..given }),
        }
    }

    fn storage(&self, key: &str) -> Fields {
        let mut storage = self.fields(&["cluster", key]);
        storage.put("size", self.printed(&["cluster", key, "size"]));
        storage.put("storageClass", self.some(&["cluster", key, "storageClass"]));
        storage
    }

    fn wal_storage(&self, spec: &mut Fields) {
        match self.truth(&["cluster", "walStorage", "enabled"]) {
            Truth::Yes => spec.map("walStorage", self.storage("walStorage")),
            Truth::Perhaps => spec.put("walStorage", self.undecided(&["cluster", "walStorage", "enabled"])),
            Truth::No => {}
        }
    }

    /// What depends on a condition that is not known.
    pub(super) fn undecided(&self, condition: &[&str]) -> Option<Given> {
        let given = self.values.get(condition)?;
        let reason = given.node.unknown_reason().cloned().unwrap_or_else(|| self.reason());
        Some(Given { node: crate::scalar::unknown(reason, given.node.origin), ..given })
    }

    fn superuser_secret(&self, spec: &mut Fields) {
        let mut secret = self.fields(&["cluster"]);
        secret.put("name", self.some(&["cluster", "superuserSecret"]));
        spec.map("superuserSecret", secret);
    }

    fn postgresql(&self) -> Fields {
        let mut postgresql = self.fields(&["cluster", "postgresql"]);
        for key in ["parameters", "pg_hba", "pg_ident", "ldap"] {
            postgresql.put(key, self.some(&["cluster", "postgresql", key]));
        }
        postgresql.put("synchronous", self.later(&["cluster", "postgresql", "synchronous"]));
        postgresql.put("shared_preload_libraries", self.libraries());
        postgresql
    }

    /// The libraries that are given, behind those that the type of the database and the instrumentation
    /// need.
    fn libraries(&self) -> Option<Given> {
        let path = ["cluster", "postgresql", "shared_preload_libraries"];
        let statements = ["cluster", "monitoring", "instrumentation", "pgStatStatements"];
        let given = self.some(&path);
        let kind = self.str(&["type"]);
        let own = match self.truth(&statements) {
            Truth::No if kind.as_deref() == Some("timescaledb") => vec![self.text("timescaledb")],
            Truth::No if kind.is_some() => return given,
            _ => return Some(Given { key: self.at, node: self.unknown(self.values.origin(&path)) }),
        };
        let Some(mut given) = given else {
            return Some(Given { key: self.at, node: Node { value: Value::List(own), origin: self.at } });
        };
        if let Value::List(items) = &mut given.node.value {
            items.splice(0..0, own);
        }
        Some(given)
    }

    fn managed(&self) -> Fields {
        let mut managed = self.fields(&["cluster"]);
        managed.put("roles", self.some(&["cluster", "roles"]));
        managed.put("services", self.later(&["cluster", "services"]));
        managed
    }

    fn monitoring(&self) -> Fields {
        let path = |tail: &'static [&'static str]| [&["cluster", "monitoring"], tail].concat();
        let mut monitoring = self.fields(&["cluster", "monitoring"]);
        monitoring.put("disableDefaultQueries", self.printed(&path(&["disableDefaultQueries"])));
        let enabled = self.truth(&path(&["enabled"])).and(self.truth(&path(&["podMonitor", "enabled"])));
        let switch = self.values.get(&path(&["enabled"]));
        match (enabled, self.version.since(7), switch) {
            (Truth::Yes, Some(false), Some(switch)) => {
                monitoring
                    .put("enablePodMonitor", Some(Given { node: self.bool_at(true, &switch), ..switch }));
            }
            (Truth::No, Some(false), _) => monitoring.node("enablePodMonitor", self.bool(false)),
            (Truth::No, ..) => {}
            _ => monitoring.node("enablePodMonitor", self.unknown(self.values.origin(&path(&[])))),
        }
        if self.some(&path(&["customQueries"])).is_some() {
            let map = self.values.origin(&path(&["customQueries"]));
            let mut reference = Fields::new(map);
            reference.node("name", self.named(&[Piece::Text("-monitoring")], map));
            reference.node("key", self.text("custom-queries"));
            let list = Node { value: Value::List(vec![reference.finish()]), origin: map };
            monitoring.node("customQueriesConfigMap", list);
        }
        monitoring.put("customQueriesSecret", self.some(&path(&["customQueriesSecret"])));
        monitoring
    }

    fn bool_at(&self, value: bool, given: &Given) -> Node {
        Node { origin: given.node.origin, ..self.bool(value) }
    }
}
