//! `ScheduledBackups`: which Cluster one is for, and which a Cluster has.

use crate::index::databases::CNPG;
use crate::index::reach::means;
use crate::inventory::{Object, Wholeness};
use crate::read::{Subject, place};
use crate::view::Known;
use crate::views::Context;
use crate::views::reference::resolve;

crate::view! {
    /// What a ScheduledBackup is for.
    pub struct ScheduledBackupView {
        /// Whether its namespace has the Cluster that it names.
        pub cluster_found: Known<bool>,
        /// The other namespaces of the repository that have a Cluster of that name.
        pub cluster_elsewhere: Vec<String>,
    }
}

crate::view! {
    /// A ScheduledBackup of a Cluster.
    pub struct ScheduleView {
        /// Its name, as written.
        pub name: String,
        /// How it backs up: `barmanObjectStore` (the default), `volumeSnapshot` or `plugin`.
        pub method: Known<String>,
        /// Whether it is suspended.
        pub is_suspended: Known<bool>,
        /// `spec.schedule`.
        pub schedule: Known<Option<String>>,
        /// The ObjectStore that its `pluginConfiguration.parameters` name, which the plugin
        /// ignores; null without.
        pub store: Known<Option<String>>,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<ScheduledBackupView> {
    let subject = context.subject()?;
    let node = subject.node.at(&["spec", "cluster", "name"]);
    let place = node.map(|node| place(node, "/spec/cluster/name"));
    let name = match subject.text(&["spec", "cluster", "name"]) {
        Known::Known(name) => Ok(name),
        Known::Unknown(reason) => Err(reason),
    };
    let raw = node.and_then(|node| node.raw_text()).unwrap_or_default();
    let target = resolve(context, CNPG, "Cluster", raw, name.err());
    Some(ScheduledBackupView { cluster_found: target.found, cluster_elsewhere: target.elsewhere, place })
}

/// The deployed `ScheduledBackups` of the Cluster called `cluster` at a context's placement.
pub(crate) fn schedules(context: Context<'_>, cluster: &str) -> Vec<ScheduleView> {
    let Context { topology, placement, .. } = context;
    let objects = topology.inventory.of_kind("ScheduledBackup").map(|(_, object)| object);
    objects
        .filter(|object| object.manifest.group() == Some(CNPG) && object.wholeness == Wholeness::Whole)
        .filter(|object| Subject::new(object).raw(&["spec", "cluster", "name"]) == Some(cluster))
        .filter(|object| object.placements.iter().any(|to| means(placement, cluster, to)))
        .map(schedule)
        .collect()
}

fn schedule(object: &Object) -> ScheduleView {
    let subject = Subject::new(object);
    let parameters = ["spec", "pluginConfiguration", "parameters", "barmanObjectName"];
    ScheduleView {
        name: object.manifest.name().unwrap_or_default().to_owned(),
        method: subject
            .text(&["spec", "method"])
            .map(|method| method.unwrap_or_else(|| "barmanObjectStore".to_owned())),
        is_suspended: subject.boolean(&["spec", "suspend"], false),
        schedule: subject.text(&["spec", "schedule"]),
        store: subject.text(&parameters),
        place: subject.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    }
}
