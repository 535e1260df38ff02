//! The copies of a database: base backups and WAL under one name in one store, written by something
//! that runs.

use super::StoreView;
use super::archive::ArchiveView;
use super::recovery::{ExternalClusterView, external_clusters};
use super::site::SiteView;
use crate::cron::Schedule;
use crate::pattern::matches_pattern;
use crate::read::Subject;
use crate::view::Known;
use crate::views::Context;
use crate::views::scheduled_backup::ScheduleView;

crate::view! {
    /// A copy of a database, or one that is only half of one.
    pub struct CopyView {
        /// Where it is: `cluster`, `local` or `offsite`.
        pub site: Known<String>,
        /// Whether that is concluded from the repository's own domain only.
        pub is_assumed: bool,
        /// What makes it: `archive`, `mirror`, `replica` (a replica Cluster's own archive), `snapshots`.
        pub by: String,
        /// In which store, or by what, for people.
        pub title: String,
        /// The name below which it stands in the store; null for snapshots.
        pub server_name: Option<String>,
        /// Whether WAL goes there.
        pub has_wal: Known<bool>,
        /// Whether base backups go there, on a schedule.
        pub has_base: Known<bool>,
        /// Whether both do.
        pub is_written: Known<bool>,
    }
}

crate::view! {
    /// A store that is named for backups of a Cluster and to which nothing writes.
    pub struct IllusionView {
        /// The ObjectStore's name, or its path.
        pub store: String,
        /// Where it is.
        pub site: Known<String>,
        /// The store that everything is written to instead.
        pub real: String,
        /// The schedules that name it, which the plugin does not read.
        pub schedules: Vec<ScheduleView>,
        /// The external clusters that name it.
        pub external_clusters: Vec<ExternalClusterView>,
    }
}

/// The methods of `ScheduledBackup`s and what they go with.
const METHODS: [(&str, &str); 2] = [("plugin", "plugin"), ("in-tree", "barmanObjectStore")];

/// The copies of a Cluster.
pub(crate) fn copies(
    context: Context<'_>,
    cluster: Subject<'_>,
    name: &str,
    archive: &Known<Option<ArchiveView>>,
    schedules: &[ScheduleView],
) -> Known<Vec<CopyView>> {
    archive.as_ref().map(|archive| {
        let mut copies = Vec::new();
        if let Some(archive) = archive {
            let has_base = has_base(archive, schedules);
            copies.push(written(&archive.store.site, "archive", archive, has_base.clone()));
            for mirror in mirrors(context, &archive.store) {
                let site = SiteView {
                    name: Known::Known(mirror.0.to_owned()),
                    is_assumed: false,
                    why: mirror.1.to_owned(),
                    place: None,
                };
                let copy = written(&site, "mirror", archive, has_base.clone());
                copies.push(CopyView { title: mirror.1.to_owned(), ..copy });
            }
            copies.extend(replicas(context, name, archive));
        }
        copies.extend(snapshots(cluster, schedules));
        copies
    })
}

fn written(site: &SiteView, by: &str, archive: &ArchiveView, has_base: Known<bool>) -> CopyView {
    CopyView {
        site: site.name.clone(),
        is_assumed: site.is_assumed,
        by: by.to_owned(),
        title: archive.store.title.clone(),
        server_name: Some(archive.server_name.clone()),
        has_wal: Known::Known(true),
        is_written: has_base.clone(),
        has_base,
        place: archive.place.clone(),
    }
}

/// Whether a schedule that runs takes base backups the way the archive takes them.
fn has_base(archive: &ArchiveView, schedules: &[ScheduleView]) -> Known<bool> {
    let method = METHODS.iter().find(|(by, _)| *by == archive.by).map_or("", |(_, method)| method);
    let fits = |schedule: &ScheduleView| {
        let same = schedule.method.as_ref().map(|one| one == method);
        same.and(schedule.is_suspended.clone().not()).and(is_accepted(schedule))
    };
    schedules.iter().map(fits).fold(Known::Known(false), Known::or)
}

/// Whether the operator takes its times: else it makes no backup.
fn is_accepted(schedule: &ScheduleView) -> Known<bool> {
    let times = schedule.schedule.as_ref();
    times.map(|text| text.as_ref().is_some_and(|text| Schedule::parse(text).is_ok()))
}

/// Site and words of the mirrors that the configuration declares for a store.
fn mirrors<'s>(context: Context<'s>, store: &StoreView) -> Vec<(&'s str, &'s str)> {
    let host = store.host.known().and_then(Option::as_deref).unwrap_or_default().to_lowercase();
    let destination = store.destination.known().and_then(Option::as_deref).unwrap_or_default();
    let mirrors = context.topology.settings().mirrors.iter();
    let fits = mirrors.filter(|mirror| {
        mirror.host.as_ref().is_none_or(|pattern| !host.is_empty() && matches_pattern(pattern, &host))
            && mirror
                .destination
                .as_ref()
                .is_none_or(|pattern| matches_pattern(pattern.trim_end_matches('/'), destination))
    });
    fits.map(|mirror| (mirror.site.as_str(), mirror.by.as_str())).collect()
}

/// The archives of the replica Clusters that follow this one from its archive or over the network.
fn replicas(context: Context<'_>, name: &str, archive: &ArchiveView) -> Vec<CopyView> {
    let topology = context.topology;
    let own = topology
        .archives()
        .replicas()
        .filter(|replica| replica.is_hibernated != Known::Known(true) && replica.object != context.object);
    own.filter_map(|replica| {
        let there = replica.archive.known()?.as_ref()?;
        let at = Context { topology, object: replica.object, placement: &replica.placement };
        let is_elsewhere =
            (&there.store.path, &there.server_name) != (&archive.store.path, &archive.server_name);
        if !is_elsewhere || !follows(at, context, name, archive) {
            return None;
        }
        let schedules = crate::views::scheduled_backup::schedules(at, &replica.name);
        let copy = written(&there.store.site, "replica", there, has_base(there, &schedules));
        Some(CopyView {
            title: format!("{} of replica Cluster {}", there.store.title, replica.name),
            place: replica.place.clone(),
            ..copy
        })
    })
    .collect()
}

/// Whether the source of a replica Cluster is the Cluster of that name and archive: it reads that
/// archive, or the Cluster's Service.
fn follows(replica: Context<'_>, cluster: Context<'_>, name: &str, archive: &ArchiveView) -> bool {
    let Some(subject) = replica.subject() else { return false };
    let Some(source) = subject.raw(&["spec", "replica", "source"]) else { return false };
    let own = subject.raw(&["metadata", "name"]).unwrap_or_default();
    let sources = external_clusters(replica, subject, own);
    let mut sources = sources.known().into_iter().flatten().filter(|entry| entry.name == source);
    let by_archive = sources.any(|entry| {
        let path = entry.store.known().and_then(Option::as_ref).map(|store| store.path.as_str());
        let server = entry.server_name.known().and_then(Option::as_deref);
        (path, server) == (Some(archive.store.path.as_str()), Some(archive.server_name.as_str()))
    });
    by_archive || streams(subject, source, cluster, name)
}

/// Whether the external cluster called `source` names a Service of a Cluster as its host.
fn streams(replica: Subject<'_>, source: &str, cluster: Context<'_>, name: &str) -> bool {
    let list = replica.list(&["spec", "externalClusters"]);
    let entries = list.known().copied().unwrap_or_default().iter().map(Subject::whole);
    let mut hosts = entries
        .filter(|entry| entry.raw(&["name"]) == Some(source))
        .filter_map(|entry| entry.raw(&["connectionParameters", "host"]));
    hosts.any(|host| {
        let mut labels = host.split('.');
        let service = labels.next().and_then(|first| first.strip_prefix(name));
        let namespace = labels.next();
        matches!(service, Some("-rw" | "-ro" | "-r"))
            && (namespace.is_none() || namespace == cluster.placement.namespace.name())
    })
}

/// Snapshots of the volumes: whether they leave the storage of the volumes is the storage's secret.
fn snapshots(cluster: Subject<'_>, schedules: &[ScheduleView]) -> Option<CopyView> {
    let node = cluster.node.at(&["spec", "backup", "volumeSnapshot"])?;
    let is_taken = |schedule: &ScheduleView| {
        schedule
            .method
            .as_ref()
            .map(|method| method == "volumeSnapshot")
            .and(schedule.is_suspended.clone().not())
    };
    let has_base = schedules.iter().map(is_taken).fold(Known::Known(false), Known::or);
    let reason = "not known: whether snapshots leave the storage is the storage's secret".to_owned();
    Some(CopyView {
        site: Known::Unknown(reason),
        is_assumed: false,
        by: "snapshots".to_owned(),
        title: "volume snapshots".to_owned(),
        server_name: None,
        has_wal: Known::Known(false),
        is_written: Known::Known(false),
        has_base,
        place: Some(crate::read::place(node, "/spec/backup/volumeSnapshot")),
    })
}

/// The stores that schedules and external clusters name for this Cluster's own backups, and that
/// nothing writes to. Nothing of what others read is one: a source that the Cluster starts from or
/// follows, or that is archived under another name; nor what a mirror fills.
pub(crate) fn illusions(
    context: Context<'_>,
    archive: &Known<Option<ArchiveView>>,
    schedules: &[ScheduleView],
    external: &Known<Vec<ExternalClusterView>>,
    copies: &Known<Vec<CopyView>>,
) -> Known<Vec<IllusionView>> {
    archive.as_ref().and_then(|archive| match archive {
        None => Known::Known(Vec::new()),
        Some(archive) => external.as_ref().map(|external| {
            let mut found = found(context, archive, schedules, external);
            let copies = copies.known().into_iter().flatten();
            let mirrors: Vec<_> = copies.filter(|copy| copy.by == "mirror").collect();
            found.retain(|one| mirrors.iter().all(|mirror| mirror.site != one.site));
            found
        }),
    })
}

fn found(
    context: Context<'_>,
    archive: &ArchiveView,
    schedules: &[ScheduleView],
    external: &[ExternalClusterView],
) -> Vec<IllusionView> {
    let mut illusions: Vec<IllusionView> = Vec::new();
    for schedule in schedules {
        let Some((store, site)) = ignored_store(context, schedule, archive) else { continue };
        if let Some(one) = illusion(&mut illusions, archive, store, site) {
            one.schedules.push(schedule.clone());
        }
    }
    let declared = external.iter().filter(|one| {
        one.used_by.is_none() && one.is_meant == Known::Known(true) && one.is_written != Known::Known(true)
    });
    for entry in declared {
        let Some(Some(store)) = entry.store.known() else { continue };
        if store.unknown().is_none()
            && store.path != archive.store.path
            && let Some(one) = illusion(&mut illusions, archive, &store.title, store.site.name.clone())
        {
            one.external_clusters.push(entry.clone());
        }
    }
    illusions
}

/// The store that a schedule names, where it is another one than its base backups go to.
fn ignored_store<'s>(
    context: Context<'_>,
    schedule: &'s ScheduleView,
    archive: &ArchiveView,
) -> Option<(&'s str, Known<String>)> {
    let by_plugin = schedule.method.known().is_some_and(|method| method == "plugin");
    let name = schedule.store.known()?.as_deref()?;
    if !by_plugin || archive.by != "plugin" || archive.store.name.as_deref() == Some(name) {
        return None;
    }
    let store = super::named(context, name);
    let is_same = store.known().is_some_and(|store| store.path == archive.store.path);
    (!is_same).then(|| (name, store.and_then(|store| store.site.name)))
}

/// The illusion of that store, made where there is none yet.
fn illusion<'l>(
    illusions: &'l mut Vec<IllusionView>,
    archive: &ArchiveView,
    store: &str,
    site: Known<String>,
) -> Option<&'l mut IllusionView> {
    if illusions.iter().all(|one| one.store != store) {
        illusions.push(IllusionView {
            store: store.to_owned(),
            site,
            real: archive.store.title.clone(),
            schedules: Vec::new(),
            external_clusters: Vec::new(),
            place: archive.place.clone(),
        });
    }
    illusions.iter_mut().find(|one| one.store == store)
}
