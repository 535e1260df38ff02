//! Which kinds there are: group, scope, and whether an object of it is judged by itself.

/// When an object of a kind is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Always: it is a database, or a part of one.
    Always,
    /// Only where it is tied to a CloudNativePG database of the same repository.
    WhenTied,
}

/// A kind that rules can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `Cluster`.
    pub name: &'static str,
    /// Its API group; `""` is the core group. An object of the same kind in another group is
    /// something else.
    pub group: &'static str,
    /// Whether its objects are in a namespace.
    pub namespaced: bool,
    /// When it is judged.
    pub judged: Judged,
}

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Every kind, CloudNativePG's first.
pub fn kinds() -> &'static [Kind] {
    KINDS
}

const fn own(name: &'static str, group: &'static str, namespaced: bool) -> Kind {
    Kind { name, group, namespaced, judged: Judged::Always }
}

const fn tied(name: &'static str, group: &'static str, namespaced: bool) -> Kind {
    Kind { name, group, namespaced, judged: Judged::WhenTied }
}

const CNPG: &str = "postgresql.cnpg.io";
const ESO: &str = "external-secrets.io";

static KINDS: &[Kind] = &[
    own("Cluster", CNPG, true),
    own("Backup", CNPG, true),
    own("ScheduledBackup", CNPG, true),
    own("Pooler", CNPG, true),
    own("Database", CNPG, true),
    own("DatabaseRole", CNPG, true),
    own("Publication", CNPG, true),
    own("Subscription", CNPG, true),
    own("ImageCatalog", CNPG, true),
    own("ClusterImageCatalog", CNPG, false),
    own("FailoverQuorum", CNPG, true),
    own("ObjectStore", "barmancloud.cnpg.io", true),
    // Secrets and what makes them.
    tied("Secret", "", true),
    tied("ExternalSecret", ESO, true),
    tied("ClusterExternalSecret", ESO, false),
    tied("PushSecret", ESO, true),
    tied("ClusterPushSecret", ESO, false),
    tied("SecretStore", ESO, true),
    tied("ClusterSecretStore", ESO, false),
    tied("Password", "generators.external-secrets.io", true),
    tied("ClusterGenerator", "generators.external-secrets.io", false),
    // What reads a database.
    tied("ConfigMap", "", true),
    tied("Pod", "", true),
    tied("Deployment", "apps", true),
    tied("StatefulSet", "apps", true),
    tied("DaemonSet", "apps", true),
    tied("ReplicaSet", "apps", true),
    tied("Job", "batch", true),
    tied("CronJob", "batch", true),
    tied("HelmRelease", "helm.toolkit.fluxcd.io", true),
    // What exposes or protects one.
    tied("Service", "", true),
    tied("Ingress", "networking.k8s.io", true),
    tied("Gateway", "gateway.networking.k8s.io", true),
    tied("HTTPRoute", "gateway.networking.k8s.io", true),
    tied("TCPRoute", "gateway.networking.k8s.io", true),
    tied("TLSRoute", "gateway.networking.k8s.io", true),
    tied("IngressRouteTCP", "traefik.io", true),
    tied("NetworkPolicy", "networking.k8s.io", true),
    tied("CiliumNetworkPolicy", "cilium.io", true),
    tied("CiliumClusterwideNetworkPolicy", "cilium.io", false),
    tied("GlobalNetworkPolicy", "crd.projectcalico.org", false),
    // What deploys, stores or watches one.
    tied("Kustomization", "kustomize.toolkit.fluxcd.io", true),
    tied("Application", "argoproj.io", true),
    tied("StorageClass", "storage.k8s.io", false),
    tied("PodMonitor", "monitoring.coreos.com", true),
    tied("ServiceMonitor", "monitoring.coreos.com", true),
    tied("PrometheusRule", "monitoring.coreos.com", true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, kind) in KINDS.iter().enumerate() {
            assert!(KINDS.iter().skip(index + 1).all(|other| other.name != kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn the_databases_own_kinds_are_always_judged() {
        for kind in kinds() {
            assert_eq!(kind.judged == Judged::Always, kind.group.ends_with("cnpg.io"), "{}", kind.name);
        }
        assert_eq!(kind("Cluster").map(|kind| kind.group), Some("postgresql.cnpg.io"));
        assert_eq!(kind("NoSuchKind"), None);
    }
}
