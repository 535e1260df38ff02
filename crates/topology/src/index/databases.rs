//! The databases of a repository, and the names under which others reach them.

use crate::inventory::{Inventory, ObjectId, Placement, Wholeness};
use crate::read::Subject;
use std::collections::HashMap;

/// CloudNativePG's API group.
pub(crate) const CNPG: &str = "postgresql.cnpg.io";

/// A Cluster, or a Pooler in front of one, as something deploys it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) object: ObjectId,
    pub(crate) placement: Placement,
    pub(crate) name: String,
    /// The Cluster's name: its own, or the one that the Pooler is for.
    pub(crate) cluster: String,
    pub(crate) is_pooler: bool,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// A Service of the database.
    Service,
    /// One of its pods.
    Pod,
    /// The Secret with the application's credentials.
    AppSecret,
    /// The Secret with the superuser's.
    SuperuserSecret,
    /// The label `cnpg.io/cluster`.
    Label,
}

/// Index of a [`Database`] in [`Databases::all`].
pub(crate) type DatabaseIndex = usize;

/// Every deployed database.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    pub(crate) all: Vec<Database>,
    names: HashMap<String, Vec<(DatabaseIndex, Via)>>,
    /// By the name of the Cluster.
    of_cluster: HashMap<String, Vec<DatabaseIndex>>,
}

impl Databases {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut databases = Self::default();
        for kind in ["Cluster", "Pooler"] {
            for (id, object) in inventory.of_kind(kind) {
                if object.manifest.group() != Some(CNPG) || object.wholeness != Wholeness::Whole {
                    continue;
                }
                let subject = Subject::new(object);
                for placement in &object.placements {
                    databases.add(id, placement, subject, kind == "Pooler");
                }
            }
        }
        databases
    }

    /// What a whole word can mean.
    pub(crate) fn named(&self, word: &str) -> &[(DatabaseIndex, Via)] {
        self.names.get(word).map(Vec::as_slice).unwrap_or_default()
    }

    /// The Clusters that a word is the name of a pod of: `<cluster>-<n>`, counted from 1. None where
    /// the word is a name of its own (CloudNativePG, pkg/specs/pods.go: `GetInstanceName`).
    pub(crate) fn with_pod<'d>(&'d self, word: &'d str) -> impl Iterator<Item = DatabaseIndex> {
        let cluster =
            word.rsplit_once('-').filter(|(_, serial)| is_serial(serial)).map(|(cluster, _)| cluster);
        let cluster = cluster.filter(|_| self.named(word).is_empty());
        let named = cluster.map(|cluster| self.named(cluster)).unwrap_or_default();
        named.iter().filter(|(_, via)| *via == Via::Label).map(|(index, _)| *index)
    }

    /// The Clusters of that name, and the Poolers in front of them.
    pub(crate) fn of_cluster(&self, name: &str) -> &[DatabaseIndex] {
        self.of_cluster.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn get(&self, index: DatabaseIndex) -> Option<&Database> {
        self.all.get(index)
    }

    pub(crate) fn clusters(&self) -> impl Iterator<Item = &Database> {
        self.all.iter().filter(|database| !database.is_pooler)
    }

    fn add(&mut self, object: ObjectId, placement: &Placement, subject: Subject<'_>, is_pooler: bool) {
        let Some(name) = subject.raw(&["metadata", "name"]).map(str::to_owned) else { return };
        let index = self.all.len();
        let mut names = Vec::new();
        let cluster = if is_pooler {
            names.push((name.clone(), Via::Service));
            subject.raw(&["spec", "cluster", "name"]).unwrap_or_default().to_owned()
        } else {
            // Names: CloudNativePG, "Service management" and pkg/specs/services.go.
            names.extend(["rw", "ro", "r", "any"].map(|end| (format!("{name}-{end}"), Via::Service)));
            names.push((application_secret(subject, &name), Via::AppSecret));
            names.push((superuser_secret(subject, &name), Via::SuperuserSecret));
            names.extend([(name.clone(), Via::Label), (name.clone(), Via::Service)]);
            name.clone()
        };
        for (word, via) in names {
            self.names.entry(word).or_default().push((index, via));
        }
        self.of_cluster.entry(cluster.clone()).or_default().push(index);
        self.all.push(Database { object, placement: placement.clone(), name, cluster, is_pooler });
    }
}

/// Whether a text is a number as the operator gives one to an instance.
fn is_serial(text: &str) -> bool {
    !text.starts_with('0') && text.parse::<u32>().is_ok_and(|serial| serial > 0)
}

/// The ways in which a Cluster can be bootstrapped.
pub(crate) const BOOTSTRAPS: [&str; 3] = ["initdb", "recovery", "pg_basebackup"];

/// The Secret that the application's credentials are read from, as written:
/// `bootstrap.*.secret.name`, else `<name>-app` (CloudNativePG, "Bootstrap").
pub(crate) fn application_secret(cluster: Subject<'_>, name: &str) -> String {
    named_application_secret(cluster).map_or_else(|| format!("{name}-app"), str::to_owned)
}

/// The Secret that a Cluster names for its application's credentials; it makes none then.
pub(crate) fn named_application_secret(cluster: Subject<'_>) -> Option<&str> {
    BOOTSTRAPS.iter().find_map(|bootstrap| cluster.raw(&["spec", "bootstrap", bootstrap, "secret", "name"]))
}

/// The Secret of the superuser, as written: `superuserSecret.name`, else `<name>-superuser`.
pub(crate) fn superuser_secret(cluster: Subject<'_>, name: &str) -> String {
    cluster
        .raw(&["spec", "superuserSecret", "name"])
        .map_or_else(|| format!("{name}-superuser"), str::to_owned)
}
