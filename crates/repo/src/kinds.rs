//! Which kinds there are: judged ones, ones that reach databases without naming them, ones
//! without a namespace, and ones whose own templates are not templates of the file.

use manifest::Manifest;
/// Groups whose kinds are judged.
const JUDGED_GROUPS: [&str; 2] = ["postgresql.cnpg.io", "barmancloud.cnpg.io"];

/// Whether an object is of a judged kind.
pub(crate) fn is_judged(manifest: &Manifest) -> bool {
    manifest.group().is_some_and(|group| JUDGED_GROUPS.contains(&group))
}

/// Whether an object is Flux's `Kustomization`.
pub(crate) fn is_flux_kustomization(manifest: &Manifest) -> bool {
    manifest.kind() == Some("Kustomization") && manifest.group() == Some("kustomize.toolkit.fluxcd.io")
}

/// Kinds that matter to every database of their namespace, or of the Kubernetes cluster, though
/// they name none: policies, address pools, admission rules, stores of secrets.
pub(crate) const UNNAMED: [&str; 22] = [
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumLoadBalancerIPPool",
    "CiliumNetworkPolicy",
    "ClusterGenerator",
    "ClusterNetworkPolicy",
    "ClusterPolicy",
    "ClusterSecretStore",
    "GlobalNetworkPolicy",
    "IPAddressPool",
    "LimitRange",
    "MutatingPolicy",
    "Namespace",
    "NetworkPolicy",
    "Password",
    "Policy",
    "ResourceQuota",
    "SecretStore",
    "ValidatingAdmissionPolicy",
    "ValidatingPolicy",
    "VolumeSnapshotClass",
];

/// Kinds that serve whole domains: they tell whether a store's host is this repository's own.
pub(crate) const SERVING: [&str; 2] = ["Certificate", "Gateway"];

/// Kinds that serve single hosts of a domain, asked where nothing serves the whole.
pub(crate) const ROUTING: [&str; 2] = ["HTTPRoute", "Ingress"];

/// Kinds that raise alerts. Of the files with the operator's metrics, dashboards are the most and
/// the largest.
pub(crate) const ALERTING: [&str; 2] = ["PrometheusRule", "VMRule"];

/// Kinds whose containers talk to databases: there the bare name of a Cluster may be a host.
pub(crate) const CLIENTS: [&str; 7] =
    ["CronJob", "DaemonSet", "Deployment", "HelmRelease", "Job", "Pod", "StatefulSet"];

/// Kinds that install the operator, or hold its chart.
pub(crate) const INSTALLING: [&str; 4] = ["Application", "HelmChart", "HelmRelease", "OCIRepository"];

/// Kinds that classes of storage are of.
pub(crate) const CLASSES: [&str; 2] = ["StorageClass", "VolumeSnapshotClass"];

/// Whether an object is of kustomize's own kinds, which are applied to no Kubernetes cluster.
pub(crate) fn is_kustomize(manifest: &Manifest) -> bool {
    manifest.group() == Some("kustomize.config.k8s.io")
}

/// Kinds without a namespace, of any group unless said.
const CLUSTER_SCOPED: [&str; 44] = [
    "APIService",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CSIDriver",
    "CSINode",
    "CiliumBGPClusterConfig",
    "CiliumCIDRGroup",
    "CiliumClusterwideEnvoyConfig",
    "CiliumClusterwideNetworkPolicy",
    "CiliumEgressGatewayPolicy",
    "CiliumL2AnnouncementPolicy",
    "CiliumLoadBalancerIPPool",
    "CiliumNodeConfig",
    "ClusterCleanupPolicy",
    "ClusterExternalSecret",
    "ClusterGenerator",
    "ClusterImageCatalog",
    "ClusterIssuer",
    "ClusterNetworkPolicy",
    "ClusterPolicy",
    "ClusterPushSecret",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "FlowSchema",
    "GatewayClass",
    "GlobalNetworkPolicy",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingPolicy",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingPolicy",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
];

/// Whether objects of that kind have no namespace.
pub(crate) fn is_cluster_scoped(kind: &str) -> bool {
    CLUSTER_SCOPED.binary_search(&kind).is_ok()
}

/// Whether a kind matters without naming a database.
pub(crate) fn is_unnamed(kind: &str) -> bool {
    UNNAMED.binary_search(&kind).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_by_halves_are_sorted() {
        assert!(UNNAMED.is_sorted() && CLUSTER_SCOPED.is_sorted());
        assert!(is_cluster_scoped("Namespace") && !is_cluster_scoped("Cluster"));
    }
}
