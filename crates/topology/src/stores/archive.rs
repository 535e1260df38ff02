//! What a Cluster archives: the store, and the name it is archived under there.

use super::{StoreView, named, store};
use crate::index::databases::CNPG;
use crate::index::reach::reaches;
use crate::inventory::{Namespace, ObjectId, Placement, Wholeness};
use crate::read::{Seen, Subject, place};
use crate::topology::Topology;
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::plugin::PluginView;
use std::collections::HashMap;

crate::view! {
    /// Where a Cluster archives its WAL, and where its base backups go with it.
    pub struct ArchiveView {
        /// `plugin` or `in-tree`.
        pub by: String,
        /// The store.
        pub store: StoreView,
        /// The name it is archived under: below `<destinationPath>/<name>` are `base` and `wals`.
        pub server_name: String,
        /// How long base backups are kept, as written: `30d`; null: for ever.
        pub retention: Known<Option<String>>,
        /// The same in days; a month has 30.
        pub retention_days: Known<Option<i64>>,
    }
}

/// The archive of a Cluster by its plugin: the last enabled entry of that name counts
/// (plugin-barman-cloud internal/cnpgi/operator/config/config.go).
pub(crate) fn of_plugin(
    context: Context<'_>,
    plugin: &PluginView,
    cluster: &str,
) -> Known<Option<ArchiveView>> {
    plugin.store.as_ref().and_then(|name| match name {
        None => Known::Known(None),
        Some(name) => named(context, name).and_then(|store| {
            plugin.server_name.as_ref().map(|server| {
                let retention = retention_of_store(context, name);
                Some(ArchiveView {
                    by: "plugin".to_owned(),
                    server_name: server.clone().unwrap_or_else(|| cluster.to_owned()),
                    retention_days: retention.clone().map(|text| text.as_deref().and_then(days)),
                    retention,
                    store,
                    place: plugin.place.clone(),
                })
            })
        }),
    })
}

fn retention_of_store(context: Context<'_>, name: &str) -> Known<Option<String>> {
    let found = crate::views::reference::resolve(context, "barmancloud.cnpg.io", "ObjectStore", name, None);
    match found.object {
        Some(found) => Subject::new(found.object).text(&["spec", "retentionPolicy"]),
        None => Known::Known(None),
    }
}

/// The archive of `spec.backup.barmanObjectStore`.
pub(crate) fn in_tree(context: Context<'_>, cluster: Subject<'_>, name: &str) -> Known<Option<ArchiveView>> {
    let node = match cluster.seen(&["spec", "backup", "barmanObjectStore"]) {
        Seen::Present(node) => node,
        Seen::Absent => return Known::Known(None),
        Seen::Unknown(reason) => return Known::Unknown(reason),
    };
    let subject = cluster.below(node);
    let retention = cluster.text(&["spec", "backup", "retentionPolicy"]);
    Known::Known(Some(ArchiveView {
        by: "in-tree".to_owned(),
        store: store(context, subject, None),
        server_name: subject.raw(&["serverName"]).unwrap_or(name).to_owned(),
        retention_days: retention.clone().map(|text| text.as_deref().and_then(days)),
        retention,
        place: Some(place(node, "/spec/backup/barmanObjectStore")),
    }))
}

/// Days of `30d`, `4w` or `1m`.
pub(crate) fn days(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    number.checked_mul(match unit {
        "d" => 1,
        "w" => 7,
        "m" => 30,
        _ => return None,
    })
}

/// A deployed Cluster and its archive.
#[derive(Debug)]
pub(crate) struct Archived {
    pub(crate) object: ObjectId,
    pub(crate) placement: Placement,
    pub(crate) name: String,
    pub(crate) is_replica: Known<bool>,
    pub(crate) is_hibernated: Known<bool>,
    pub(crate) archive: Known<Option<ArchiveView>>,
    pub(crate) place: Option<Place>,
}

impl Archived {
    /// The place in a store that it archives to, as written.
    pub(crate) fn key(&self) -> Option<(&str, &str)> {
        let archive = self.archive.known()?.as_ref()?;
        Some((archive.store.path.as_str(), archive.server_name.as_str()))
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.placement.namespace
    }

    /// Whether its texts mean the same as those used at `from`: one with a variable does so in its own
    /// environment only.
    pub(crate) fn speaks_as(&self, from: &Placement) -> bool {
        let has_variable =
            self.key().is_some_and(|(path, server)| path.contains("${") || server.contains("${"));
        !has_variable || self.placement.environment == from.environment || reaches(from, &self.placement)
    }
}

/// Every deployed Cluster with its archive, arranged by what is asked of them.
#[derive(Debug)]
pub(crate) struct Archives {
    all: Vec<Archived>,
    of_object: HashMap<ObjectId, Vec<usize>>,
    in_store: HashMap<String, Vec<usize>>,
    replicas: Vec<usize>,
}

impl Archives {
    fn new(all: Vec<Archived>) -> Self {
        let mut of_object: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        let mut in_store: HashMap<String, Vec<usize>> = HashMap::new();
        let mut replicas = Vec::new();
        for (index, archived) in all.iter().enumerate() {
            of_object.entry(archived.object).or_default().push(index);
            if let Some((path, _)) = archived.key() {
                in_store.entry(path.to_owned()).or_default().push(index);
            }
            if archived.is_replica == Known::Known(true) {
                replicas.push(index);
            }
        }
        Self { all, of_object, in_store, replicas }
    }

    fn these<'a>(&'a self, indices: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Archived> {
        indices.into_iter().flatten().filter_map(|index| self.all.get(*index))
    }

    /// All of them, in the order of the Inventory.
    pub(crate) fn all(&self) -> &[Archived] {
        &self.all
    }

    /// The Cluster at a context.
    pub(crate) fn at(&self, context: Context<'_>) -> Option<&Archived> {
        self.these(self.of_object.get(&context.object)).find(|one| one.placement == *context.placement)
    }

    /// Those that archive to the store of that path.
    pub(crate) fn in_store<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Archived> {
        self.these(self.in_store.get(path))
    }

    /// The replica Clusters.
    pub(crate) fn replicas(&self) -> impl Iterator<Item = &Archived> {
        self.these(Some(&self.replicas))
    }
}

impl Topology<'_> {
    /// Every deployed Cluster with its archive.
    pub(crate) fn archives(&self) -> &Archives {
        self.archives.get_or_init(|| {
            let mut all = Vec::new();
            let clusters = self.inventory.of_kind("Cluster");
            for (id, object) in clusters {
                if object.manifest.group() != Some(CNPG) || object.wholeness != Wholeness::Whole {
                    continue;
                }
                let subject = Subject::new(object);
                let name = subject.raw(&["metadata", "name"]).unwrap_or_default();
                for placement in &object.placements {
                    let context = Context { topology: self, object: id, placement };
                    all.push(Archived {
                        object: id,
                        placement: placement.clone(),
                        name: name.to_owned(),
                        is_replica: crate::views::cluster::is_replica(subject, name),
                        is_hibernated: crate::views::cluster::is_hibernated(subject),
                        archive: of_cluster(context, subject, name),
                        place: subject
                            .node
                            .at(&["metadata", "name"])
                            .map(|node| place(node, "/metadata/name")),
                    });
                }
            }
            Archives::new(all)
        })
    }
}

/// What a Cluster archives; null: nothing, or by somebody else's plugin.
pub(crate) fn of_cluster(
    context: Context<'_>,
    cluster: Subject<'_>,
    name: &str,
) -> Known<Option<ArchiveView>> {
    let plugins = crate::views::plugin::plugins(cluster);
    let archivers = crate::views::plugin::those(&plugins, |plugin| plugin.is_archiver.clone());
    archivers.and_then(|archivers| match archivers.last() {
        // Which of several entries of its name is the archiver does not matter to it.
        Some(plugin) if is_barman(plugin) => {
            those_named(&plugins).and_then(|named| of_plugin(context, named.last().unwrap_or(plugin), name))
        }
        Some(_) => Known::Known(None),
        None => in_tree(context, cluster, name),
    })
}

/// The enabled entries of the Barman Cloud plugin.
fn those_named(plugins: &Known<Vec<PluginView>>) -> Known<Vec<PluginView>> {
    crate::views::plugin::those(plugins, |plugin| {
        plugin.name.as_ref().map(|name| name.as_deref() == Some(crate::views::cluster::BARMAN_PLUGIN))
    })
}

fn is_barman(plugin: &PluginView) -> bool {
    plugin.name.known().is_none_or(|name| name.as_deref() == Some(crate::views::cluster::BARMAN_PLUGIN))
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn retention_in_days() {
        assert_eq!(days("30d"), Some(30));
        assert_eq!(days("4w"), Some(28));
        assert_eq!(days("1m"), Some(30));
        assert_eq!(days(""), None);
        assert_eq!(days("30"), None);
    }
}
