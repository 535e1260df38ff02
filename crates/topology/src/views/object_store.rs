//! What an `ObjectStore` is to the Clusters around it.

use crate::index::databases::CNPG;
use crate::index::reach::means;
use crate::inventory::Wholeness;
use crate::read::{Subject, place};
use crate::view::Known;
use crate::views::Context;
use crate::views::plugin::{plugins, those};

crate::view! {
    /// What an ObjectStore is to the Clusters around it.
    pub struct OwnObjectStoreView {
        /// The Clusters of its namespace that archive their WAL to it, by name.
        pub archived_by: Vec<String>,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<OwnObjectStoreView> {
    let store = context.subject()?;
    let name = store.raw(&["metadata", "name"])?;
    let clusters = context.topology.inventory.of_kind("Cluster").map(|(_, object)| object);
    let archiving = clusters
        .filter(|object| object.manifest.group() == Some(CNPG) && object.wholeness == Wholeness::Whole)
        .filter(|object| object.placements.iter().any(|at| means(at, name, context.placement)))
        .filter(|object| archives_to(Subject::new(object), name))
        .filter_map(|object| object.manifest.name().map(str::to_owned));
    let mut archived_by: Vec<String> = archiving.collect();
    archived_by.sort();
    archived_by.dedup();
    Some(OwnObjectStoreView {
        archived_by,
        place: store.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    })
}

/// Whether the WAL archiver of a Cluster surely is a plugin that names that store.
fn archives_to(cluster: Subject<'_>, store: &str) -> bool {
    let archivers = those(&plugins(cluster), |plugin| plugin.is_archiver.clone());
    let is_meant = |plugin: &crate::views::plugin::PluginView| {
        plugin.store.known().is_some_and(|name| name.as_deref() == Some(store))
    };
    matches!(archivers, Known::Known(archivers) if archivers.last().is_some_and(is_meant))
}
