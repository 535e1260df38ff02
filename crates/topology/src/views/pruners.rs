//! What removes volume snapshots: CloudNativePG itself never does.

use crate::read::{place, walk};
use crate::views::Context;

crate::view! {
    /// Something that removes old volume snapshots, or the Backups that own them.
    pub struct PrunerView {
        /// Its kind: `CronJob`, `HelmRelease` …
        pub kind: String,
        /// Its name.
        pub name: String,
    }
}

/// What could remove the snapshots of a Cluster: it runs something, and speaks of them and of deleting.
pub(crate) fn pruners(context: Context<'_>) -> Vec<PrunerView> {
    const KINDS: [&str; 6] =
        ["CronJob", "HelmRelease", "Deployment", "Job", "ConfigMap", "ClusterCleanupPolicy"];
    let Some(cluster) = context.subject() else { return Vec::new() };
    if cluster.node.at(&["spec", "backup", "volumeSnapshot"]).is_none() {
        return Vec::new();
    }
    let objects = KINDS.iter().flat_map(|kind| context.topology.inventory.of_kind(kind)).map(|(_, it)| it);
    // In any namespace: one job may prune for all.
    let pruning = objects.filter(|object| object.is_deployed() && speaks_of_snapshots(&object.manifest.node));
    pruning
        .map(|object| PrunerView {
            kind: object.manifest.kind().unwrap_or_default().to_owned(),
            name: object.manifest.name().unwrap_or_default().to_owned(),
            place: object.manifest.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
        })
        .collect()
}

fn speaks_of_snapshots(node: &manifest::Node) -> bool {
    let (mut snapshots, mut deletes) = (false, false);
    walk(node, &mut |node, _, _| {
        let text = node.raw_text().unwrap_or_default().to_ascii_lowercase();
        snapshots |= text.contains("volumesnapshot")
            || text.contains("backups.postgresql.cnpg.io")
            || text.contains("backup.postgresql.cnpg.io");
        deletes |= text.contains("delete") || text.contains("prune") || text.contains("cleanup");
    });
    snapshots && deletes
}
