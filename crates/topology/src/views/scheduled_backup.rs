//! `ScheduledBackups`: which Cluster one is for, and which a Cluster has.

use crate::index::databases::CNPG;
use crate::index::reach::means;
use crate::inventory::{Object, Wholeness};
use crate::read::{Subject, place};
use crate::stores::archive::of_cluster;
use crate::view::Known;
use crate::views::Context;
use crate::views::cluster::{is_hibernated, is_replica};
use crate::views::plugin::{plugins, those};
use crate::views::reference::resolve;

crate::view! {
    /// What a ScheduledBackup is for.
    pub struct ScheduledBackupView {
        /// Whether its namespace has the Cluster that it names.
        pub cluster_found: Known<bool>,
        /// The other namespaces of the repository that have a Cluster of that name.
        pub cluster_elsewhere: Vec<String>,
        /// How it backs up: `barmanObjectStore` (the default), `volumeSnapshot` or `plugin`.
        pub method: Known<String>,
        /// The plugin that it names; null without.
        pub plugin: Known<Option<String>>,
        /// Whether its Cluster is configured for that; true where the Cluster was not found.
        pub is_supported: Known<bool>,
        /// What its Cluster is configured for: `plugin`, `barmanObjectStore`, `volumeSnapshot`; null: nothing,
        /// or the Cluster was not found.
        pub offers: Option<String>,
        /// The ObjectStore that its Cluster archives to; null: none.
        pub archive_store: Known<Option<String>>,
        /// Whether it is the Cluster that is told of it when nothing takes base backups: it was found, is
        /// neither hibernated nor a replica, and no other ScheduledBackup of it runs.
        pub is_last: Known<bool>,
        /// Whether it is a ScheduledBackup that runs, of a Cluster that is neither hibernated nor a replica,
        /// and no other ScheduledBackup of that Cluster runs.
        pub is_only: Known<bool>,
        /// Whether it is a Backup that has completed, and no other Backup of its Cluster has.
        pub is_only_completed: bool,
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
        /// Where it names one; null without.
        pub parameter: Option<ParameterView>,
    }
}

crate::view! {
    /// A parameter of `pluginConfiguration`.
    pub struct ParameterView {
        /// Its name.
        pub name: String,
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
    let cluster = target.object.map(|found| Subject::new(found.object));
    let method = method(subject);
    let plugin = subject.text(&["spec", "pluginConfiguration", "name"]);
    let archive = target.object.map(|found| {
        let context = Context { object: found.id, placement: found.placement, ..context };
        of_cluster(context, Subject::new(found.object), raw)
    });
    Some(ScheduledBackupView {
        is_supported: cluster.map_or(Known::Known(true), |cluster| is_supported(cluster, &method, &plugin)),
        offers: cluster.and_then(offers).map(str::to_owned),
        archive_store: archive.map_or(Known::Known(None), |archive| {
            archive.map(|archive| archive.and_then(|archive| archive.store.name))
        }),
        is_last: target.object.map_or(Known::Known(false), |found| {
            is_last(Context { object: found.id, placement: found.placement, ..context }, raw)
        }),
        is_only: target.object.map_or(Known::Known(false), |found| {
            is_only(subject, Context { object: found.id, placement: found.placement, ..context }, raw)
        }),
        is_only_completed: is_only_completed(context, subject, raw),
        cluster_found: target.found,
        cluster_elsewhere: target.elsewhere,
        method,
        plugin,
        place,
    })
}

/// Whether a Cluster needs base backups and no schedule that runs takes any.
fn is_last(cluster: Context<'_>, name: &str) -> Known<bool> {
    let Some(subject) = cluster.subject() else { return Known::Known(false) };
    let running = schedules(cluster, name).into_iter().map(|schedule| schedule.is_suspended.not());
    let is_exempt = is_hibernated(subject).or(is_replica(subject, name));
    running.fold(is_exempt, Known::or).not()
}

/// Whether a Cluster needs base backups and nothing but this takes them.
fn is_only(subject: Subject<'_>, cluster: Context<'_>, name: &str) -> Known<bool> {
    let own = subject.raw(&["metadata", "name"]);
    let is_schedule = subject.raw(&["kind"]) == Some("ScheduledBackup");
    let Some(cluster_subject) = cluster.subject().filter(|_| is_schedule) else { return Known::Known(false) };
    let is_exempt = is_hibernated(cluster_subject).or(is_replica(cluster_subject, name));
    let others = schedules(cluster, name).into_iter().filter(|one| Some(one.name.as_str()) != own);
    let runs = others.map(|one| one.is_suspended.not());
    runs.fold(is_exempt.or(subject.boolean(&["spec", "suspend"], false)), Known::or).not()
}

/// As the operator reports it in `status.phase`.
fn is_only_completed(context: Context<'_>, subject: Subject<'_>, cluster: &str) -> bool {
    let is_completed = |backup: Subject<'_>| backup.raw(&["status", "phase"]) == Some("completed");
    let is_other = |object: &Object| {
        let other = Subject::new(object);
        other.raw(&["metadata", "name"]) != subject.raw(&["metadata", "name"])
            && other.raw(&["spec", "cluster", "name"]) == Some(cluster)
            && is_completed(other)
            && object.placements.iter().any(|at| means(at, cluster, context.placement))
    };
    subject.raw(&["kind"]) == Some("Backup")
        && is_completed(subject)
        && !context.topology.inventory.of_kind("Backup").any(|(_, object)| is_other(object))
}

fn method(subject: Subject<'_>) -> Known<String> {
    subject.text(&["spec", "method"]).map(|method| method.unwrap_or_else(|| "barmanObjectStore".to_owned()))
}

/// Whether a Cluster can be backed up so (CloudNativePG, `internal/controller/backup_controller.go`).
fn is_supported(cluster: Subject<'_>, method: &Known<String>, plugin: &Known<Option<String>>) -> Known<bool> {
    method.as_ref().and_then(|method| match method.as_str() {
        "plugin" => plugin.as_ref().and_then(|plugin| {
            let enabled = plugins(cluster);
            those(&enabled, |one| one.name.as_ref().map(|name| name == plugin)).map(|found| !found.is_empty())
        }),
        "volumeSnapshot" => cluster.has(&["spec", "backup", "volumeSnapshot"]),
        _ => cluster.has(&["spec", "backup", "barmanObjectStore"]),
    })
}

/// What a Cluster is configured for.
fn offers(cluster: Subject<'_>) -> Option<&'static str> {
    let enabled = those(&plugins(cluster), |one| one.is_archiver.clone());
    if enabled.known().is_some_and(|enabled| !enabled.is_empty()) {
        return Some("plugin");
    }
    let has = |key| cluster.has(&["spec", "backup", key]) == Known::Known(true);
    ["barmanObjectStore", "volumeSnapshot"].into_iter().find(|key| has(key))
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
        method: method(subject),
        is_suspended: subject.boolean(&["spec", "suspend"], false),
        schedule: subject.text(&["spec", "schedule"]),
        store: subject.text(&parameters),
        parameter: subject.node.at(&parameters).map(|node| ParameterView {
            name: "barmanObjectName".to_owned(),
            place: Some(place(node, "/spec/pluginConfiguration/parameters/barmanObjectName")),
        }),
        place: subject.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    }
}
