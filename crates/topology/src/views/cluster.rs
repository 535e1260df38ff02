//! What CloudNativePG makes of a Cluster: its archive, its backups, its credentials.

use crate::index::applications::{ApplicationView, applications, database_owners};
use crate::index::databases::{BOOTSTRAPS, application_secret, superuser_secret};
use crate::index::makers::{Reaches, is_operator};
use crate::lazy_view::lazy_view;
use crate::monitors::{WatcherView, misdirected, watchers};
use crate::policies::{Policy, PolicyView, admits_operator, admits_peers, is_closed, policies};
use crate::read::{Seen, Subject, place};
use crate::stores::archive::{ArchiveView, Archived, of_cluster};
use crate::stores::copies::{CopyView, IllusionView, copies, illusions};
use crate::stores::recovery::{ExternalClusterView, external_clusters};
use crate::view::Known;
use crate::views::Context;
use crate::views::deployment::{deployed_by, is_pruned};
use crate::views::plugin::{PluginView, plugins, those};
use crate::views::pruners::{PrunerView, pruners};
use crate::views::scheduled_backup::{ScheduleView, schedules};
use crate::views::secret_names::{MakerView, maker_view};
use crate::views::workload::{DumpView, dumps};
use std::collections::BTreeSet;
use std::sync::OnceLock;

lazy_view! {
    /// What CloudNativePG makes of a Cluster.
    pub struct ClusterView of Parts {
        /// What archives its WAL: `plugin` (an enabled entry of `spec.plugins` that is the WAL
        /// archiver), `in-tree` (`spec.backup.barmanObjectStore`) or `none`.
        pub archiver: Known<String> =
            |view| archiver(view.archiver_plugins(), view.in_tree()),
        /// The enabled plugins that are its WAL archiver.
        pub archiver_plugins: Known<Vec<PluginView>> =
            |view| those(view.plugins(), |plugin| plugin.is_archiver.clone()),
        /// The enabled plugins called `barman-cloud.cloudnative-pg.io`, archivers or not.
        pub barman_plugins: Known<Vec<PluginView>> =
            |view| those(view.plugins(), |plugin| plugin.name.as_ref().map(is_barman)),
        /// The ObjectStore that its WAL archiver writes to; null where the archiver is no plugin or names none.
        pub store: Known<Option<String>> =
            |view| store(view.archiver_plugins()),
        /// Where its WAL archive and base backups really go; null where nothing archives, or a plugin
        /// of somebody else.
        pub archive: Known<Option<ArchiveView>> =
            |view| of_cluster(view.parts.context, view.parts.cluster, view.parts.name),
        /// The copies of it, whole or half.
        pub copies: Known<Vec<CopyView>> =
            ClusterView::made_copies,
        /// The stores that are named for its backups and to which nothing writes.
        pub illusions: Known<Vec<IllusionView>> =
            ClusterView::made_illusions,
        /// Its external clusters, and where each really reads.
        pub external_clusters: Known<Vec<ExternalClusterView>> =
            |view| external_clusters(view.parts.context, view.parts.cluster, view.parts.name),
        /// The other deployed Clusters that archive to the same place.
        pub collisions: Vec<CollisionView> =
            |view| collisions(view.parts.context, view.parts.name),
        /// Whether it has any way to be backed up: the Barman Cloud plugin, `spec.backup.barmanObjectStore`
        /// or volume snapshots.
        pub backup_configured: Known<bool> =
            ClusterView::is_backup_configured,
        /// Whether `spec.backup.volumeSnapshot` is configured.
        pub snapshots: Known<bool> =
            |view| view.parts.cluster.has(&["spec", "backup", "volumeSnapshot"]),
        /// What could remove its volume snapshots; empty without snapshots.
        pub pruners: Vec<PrunerView> =
            |view| pruners(view.parts.context),
        /// The minor version of the operator: 30 of `1.30.0`; null where nothing says.
        pub operator_minor: Option<i64> =
            |view| view.parts.context.topology.operator_minor(),
        /// The deployed `ScheduledBackups` of this Cluster.
        pub schedules: Vec<ScheduleView> =
            |view| schedules(view.parts.context, view.parts.name),
        /// What takes logical dumps of it (`pg_dump`, restic): no point-in-time recovery, but a backup.
        pub dumps: Vec<DumpView> =
            |view| dumps(view.parts.context),
        /// Whether it follows another Cluster: `spec.replica` with `enabled`, else with a `primary` other than itself.
        pub is_replica: Known<bool> =
            |view| is_replica(view.parts.cluster, view.parts.name),
        /// Whether it is switched off by the annotation `cnpg.io/hibernation: "on"`.
        pub is_hibernated: Known<bool> =
            |view| is_hibernated(view.parts.cluster),
        /// Whether it starts from a backup: `spec.bootstrap.recovery`.
        pub is_recovery: Known<bool> =
            |view| view.parts.cluster.has(&["spec", "bootstrap", "recovery"]),
        /// Why it may be lost: the annotation `cnpg-lint.dev/throw-away`; null without it.
        pub throw_away: Known<Option<String>> =
            |view| view.parts.cluster.annotation("cnpg-lint.dev/throw-away"),
        /// What deploys it: `flux`, `argocd`, `kustomize`, `directory`, or `cluster` at the webhook.
        pub deployed_by: String =
            |view| deployed_by(view.parts.context).to_owned(),
        /// Whether that deletes it when it is gone from Git, and no annotation of it says otherwise.
        pub is_pruned: Known<bool> =
            |view| is_pruned(view.parts.context),
        /// The network policies that select its pods.
        pub policies: Vec<PolicyView> =
            |view| view.selecting().iter().map(Policy::view).collect(),
        /// Whether its pods are closed to what no policy lets in.
        pub is_closed: Known<bool> =
            |view| is_closed(view.parts.context, view.selecting()),
        /// Whether the policies let the operator ask the pods for their status.
        pub admits_operator: Known<bool> =
            |view| admits_operator(view.parts.context, view.selecting()),
        /// Whether the policies let its pods connect to each other, as replicas must.
        pub admits_peers: Known<bool> =
            |view| admits_peers(view.parts.context, view.selecting()),
        /// The monitors that watch its pods.
        pub watchers: Vec<WatcherView> =
            |view| watchers(view.parts.context),
        /// The `PodMonitor`s that select no database where this is one of those that they could.
        pub misdirected_monitors: Vec<WatcherView> =
            |view| misdirected(view.parts.context),
        /// The applications that use it, by what groups them.
        pub applications: Vec<ApplicationView> =
            |view| applications(view.parts.context),
        /// The owners of the databases that `Database` objects make in it.
        pub database_owners: Known<Vec<String>> =
            |view| database_owners(view.parts.context),
        /// The Secret with the application's credentials: the one that its bootstrap names, else `<name>-app`.
        pub app_secret: Known<String> =
            |view| known_secret(view.parts.cluster, &application_secret(view.parts.cluster, view.parts.name)),
        /// What makes that Secret, other than the operator itself.
        pub app_secret_makers: Vec<MakerView> =
            ClusterView::made_app_secret_makers,
        /// The Secret with the superuser's credentials: `spec.superuserSecret`, else `<name>-superuser`.
        pub superuser_secret: Known<String> =
            |view| known_secret(view.parts.cluster, &superuser_secret(view.parts.cluster, view.parts.name)),
    }
}

crate::view! {
    /// Another Cluster that archives to the same place.
    pub struct CollisionView {
        /// Its name.
        pub name: String,
        /// Its namespace; null where that is not known.
        pub namespace: Option<String>,
        /// The namespaces, where it is one manifest that is deployed to several; else empty.
        pub deployments: Vec<String>,
    }
}

/// The Barman Cloud plugin's name (its documentation, "Usage").
pub(crate) const BARMAN_PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

/// What a Cluster's view is made of.
#[derive(Debug)]
struct Parts<'t> {
    context: Context<'t>,
    cluster: Subject<'t>,
    name: &'t str,
    plugins: OnceLock<Known<Vec<PluginView>>>,
    policies: OnceLock<Vec<Policy>>,
}

pub(crate) fn view(context: Context<'_>) -> Option<ClusterView<'_>> {
    let cluster = context.subject()?;
    let name = cluster.raw(&["metadata", "name"]).unwrap_or_default();
    let place = cluster.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name"));
    let parts = Parts { context, cluster, name, plugins: OnceLock::new(), policies: OnceLock::new() };
    Some(ClusterView::new(parts, place))
}

impl ClusterView<'_> {
    fn plugins(&self) -> &Known<Vec<PluginView>> {
        self.parts.plugins.get_or_init(|| plugins(self.parts.cluster))
    }

    fn in_tree(&self) -> Known<bool> {
        self.parts.cluster.has(&["spec", "backup", "barmanObjectStore"])
    }

    /// The policies that select its pods.
    fn selecting(&self) -> &[Policy] {
        self.parts.policies.get_or_init(|| policies(self.parts.context))
    }

    fn is_backup_configured(&self) -> Known<bool> {
        let has_barman = self.barman_plugins().as_ref().map(|plugins| !plugins.is_empty());
        has_barman.or(self.in_tree()).or(self.snapshots().clone())
    }

    fn made_copies(&self) -> Known<Vec<CopyView>> {
        let Parts { context, cluster, name, .. } = self.parts;
        copies(context, cluster, name, self.archive(), self.schedules())
    }

    fn made_illusions(&self) -> Known<Vec<IllusionView>> {
        let external = self.external_clusters();
        illusions(self.parts.context, self.archive(), self.schedules(), external, self.copies())
    }

    fn made_app_secret_makers(&self) -> Vec<MakerView> {
        let secret = application_secret(self.parts.cluster, self.parts.name);
        app_secret_makers(self.parts.context, &secret)
    }
}

#[expect(clippy::ref_option, reason = "as the field of a view has it")]
fn is_barman(name: &Option<String>) -> bool {
    name.as_deref() == Some(BARMAN_PLUGIN)
}

/// The store of the last one.
fn store(archivers: &Known<Vec<PluginView>>) -> Known<Option<String>> {
    let last = |plugins: &Vec<PluginView>| plugins.last().map(|plugin| plugin.store.clone());
    archivers.as_ref().and_then(|plugins| last(plugins).unwrap_or(Known::Known(None)))
}

fn archiver(plugins: &Known<Vec<PluginView>>, in_tree: Known<bool>) -> Known<String> {
    // Both at once are refused by the operator (cluster_webhook.go, validatePluginConfiguration).
    plugins.as_ref().and_then(|plugins| match (plugins.is_empty(), in_tree) {
        (false, _) => Known::Known("plugin".to_owned()),
        (true, in_tree) => in_tree.map(|in_tree| if in_tree { "in-tree" } else { "none" }.to_owned()),
    })
}

/// As the operator decides it (`api/v1/cluster_funcs.go`, `IsReplica`): `enabled` where it is set,
/// else whether the primary is another Cluster.
pub(crate) fn is_replica(cluster: Subject<'_>, name: &str) -> Known<bool> {
    match cluster.has(&["spec", "replica"]) {
        Known::Known(true) => {}
        other => return other,
    }
    match cluster.seen(&["spec", "replica", "enabled"]) {
        Seen::Absent => {}
        _ => return cluster.boolean(&["spec", "replica", "enabled"], false),
    }
    let own = cluster.raw(&["spec", "replica", "self"]).unwrap_or(name);
    match cluster.raw(&["spec", "replica", "primary"]) {
        Some(primary) if primary == own => Known::Known(false),
        Some(_) => cluster.text(&["spec", "replica", "primary"]).map(|_| true),
        None => Known::Known(true),
    }
}

/// Whether it is switched off (CloudNativePG, "Declarative hibernation").
pub(crate) fn is_hibernated(cluster: Subject<'_>) -> Known<bool> {
    cluster.annotation("cnpg.io/hibernation").map(|value| value.as_deref() == Some("on"))
}

/// The deployed Clusters of another name or namespace that surely archive to the same place.
fn collisions(context: Context<'_>, name: &str) -> Vec<CollisionView> {
    let archives = context.topology.archives();
    let Some(mine) = archives.at(context) else { return Vec::new() };
    let Some(key) = mine.key() else { return Vec::new() };
    let is_other = |one: &&Archived| one.name != name || !one.namespace().may_be_same(mine.namespace());
    let same =
        archives.in_store(key.0).filter(|one| one.key() == Some(key) && one.speaks_as(context.placement));
    let namespace = |one: &Archived| one.namespace().name().map(str::to_owned);
    let (twins, others): (Vec<_>, Vec<_>) = same.filter(is_other).partition(|one| one.place == mine.place);
    let mut views: Vec<_> = others
        .into_iter()
        .map(|one| CollisionView {
            name: one.name.clone(),
            namespace: namespace(one),
            deployments: Vec::new(),
            place: one.place.clone(),
        })
        .collect();
    views.dedup_by(|one, two| one.place == two.place);
    // One manifest in several namespaces says the same of each, so that it is told once.
    if !twins.is_empty() {
        let all: BTreeSet<_> = twins.into_iter().chain([mine]).filter_map(namespace).collect();
        let deployments = all.into_iter().collect();
        views.push(CollisionView {
            name: name.to_owned(),
            namespace: None,
            deployments,
            place: mine.place.clone(),
        });
    }
    views
}

/// A Secret's name; unknown, as written, if a part of it is not known.
fn known_secret(cluster: Subject<'_>, secret: &str) -> Known<String> {
    let names = [&["metadata", "name"][..], &["spec", "superuserSecret", "name"]];
    let sources = names.into_iter().filter_map(|keys| cluster.node.at(keys)).chain(
        BOOTSTRAPS.iter().filter_map(|kind| cluster.node.at(&["spec", "bootstrap", kind, "secret", "name"])),
    );
    let mut sources = sources.filter(|node| node.raw_text().is_some_and(|raw| secret.starts_with(raw)));
    let is_unknown = sources.any(|node| node.unknown_reason().is_some());
    if is_unknown { Known::Unknown(secret.to_owned()) } else { Known::Known(secret.to_owned()) }
}

fn app_secret_makers(context: Context<'_>, secret: &str) -> Vec<MakerView> {
    let Context { topology, placement, .. } = context;
    let makers = topology.makers().of(secret).iter();
    makers
        .filter(|maker| maker.reaches(secret, placement) == Reaches::Surely)
        .filter(|maker| !is_operator(topology.inventory, maker))
        .map(maker_view)
        .collect()
}
