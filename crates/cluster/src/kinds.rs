//! The kinds that are watched, and what is kept of their objects.

use std::fmt;

/// A kind of objects to watch. Of its objects everything is kept but `metadata.managedFields`, the
/// last-applied annotation and `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WatchedKind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// API versions, the one to prefer first.
    pub versions: &'static [&'static str],
    /// As in `kind:`.
    pub kind: &'static str,
    /// As in the API's paths.
    pub plural: &'static str,
    /// Whether its objects are in a namespace.
    pub namespaced: bool,
    /// Ask for `metadata` only, and keep nothing else.
    pub metadata_only: bool,
    /// The fields of `status` to keep.
    pub status: &'static [&'static str],
}

impl WatchedKind {
    /// A kind in namespaces, kept without its status.
    pub const fn new(
        group: &'static str,
        versions: &'static [&'static str],
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self { group, versions, kind, plural, namespaced: true, metadata_only: false, status: &[] }
    }

    const fn cluster_wide(mut self) -> Self {
        self.namespaced = false;
        self
    }

    const fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    /// `apiVersion` of its objects in `version`.
    pub(crate) fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }

    /// The path of all its objects, in every namespace.
    pub(crate) fn path(&self, version: &str) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        format!("{root}/{}/{}", self.api_version(version), self.plural)
    }
}

/// As people and RBAC name it: `clusters.postgresql.cnpg.io`.
impl fmt::Display for WatchedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.plural)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

const CNPG: &str = "postgresql.cnpg.io";
const ESO: &str = "external-secrets.io";
const ESO_VERSIONS: &[&str] = &["v1", "v1beta1"];
const GENERATORS: &str = "generators.external-secrets.io";
const V1: &[&str] = &["v1"];
const V1ALPHA1: &[&str] = &["v1alpha1"];
const V2: &[&str] = &["v2"];

/// What the rules read at the admission webhook. Secrets are not among them.
pub const WATCHED: &[WatchedKind] = &[
    WatchedKind::new(CNPG, V1, "Cluster", "clusters"),
    WatchedKind::new(CNPG, V1, "Backup", "backups"),
    WatchedKind::new(CNPG, V1, "ScheduledBackup", "scheduledbackups"),
    WatchedKind::new(CNPG, V1, "Pooler", "poolers"),
    WatchedKind::new(CNPG, V1, "Database", "databases"),
    WatchedKind::new(CNPG, V1, "DatabaseRole", "databaseroles"),
    WatchedKind::new(CNPG, V1, "Publication", "publications"),
    WatchedKind::new(CNPG, V1, "Subscription", "subscriptions"),
    WatchedKind::new(CNPG, V1, "ImageCatalog", "imagecatalogs"),
    WatchedKind::new(CNPG, V1, "ClusterImageCatalog", "clusterimagecatalogs").cluster_wide(),
    WatchedKind::new("barmancloud.cnpg.io", V1, "ObjectStore", "objectstores"),
    WatchedKind::new(ESO, ESO_VERSIONS, "ExternalSecret", "externalsecrets"),
    WatchedKind::new(ESO, ESO_VERSIONS, "ClusterExternalSecret", "clusterexternalsecrets").cluster_wide(),
    WatchedKind::new(ESO, ESO_VERSIONS, "SecretStore", "secretstores"),
    WatchedKind::new(ESO, ESO_VERSIONS, "ClusterSecretStore", "clustersecretstores").cluster_wide(),
    WatchedKind::new(GENERATORS, V1ALPHA1, "Password", "passwords"),
    WatchedKind::new(GENERATORS, V1ALPHA1, "ClusterGenerator", "clustergenerators").cluster_wide(),
    WatchedKind::new("networking.k8s.io", V1, "NetworkPolicy", "networkpolicies"),
    WatchedKind::new("cilium.io", V2, "CiliumNetworkPolicy", "ciliumnetworkpolicies"),
    WatchedKind::new("cilium.io", V2, "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies")
        .cluster_wide(),
    WatchedKind::new("monitoring.coreos.com", V1, "PodMonitor", "podmonitors"),
    WatchedKind::new("", V1, "Service", "services"),
    WatchedKind::new("storage.k8s.io", V1, "StorageClass", "storageclasses").cluster_wide(),
    WatchedKind::new("snapshot.storage.k8s.io", V1, "VolumeSnapshotClass", "volumesnapshotclasses")
        .cluster_wide(),
    WatchedKind::new("", V1, "Namespace", "namespaces").cluster_wide().metadata_only(),
];
