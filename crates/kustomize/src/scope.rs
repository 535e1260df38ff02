//! The kinds that kustomize knows by itself: which are not of a namespace, and which have a schema.
//!
//! Source: the `OpenAPI` of Kubernetes 1.21, which kustomize 5 embeds.

/// Whether kustomize knows that objects of this kind are not of a namespace.
pub(crate) fn is_cluster_wide(group: &str, version: &str, kind: &str) -> bool {
    let beta = version == "v1beta1";
    match kind {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            group == "admissionregistration.k8s.io" && (beta || version == "v1")
        }
        "CustomResourceDefinition" => group == "apiextensions.k8s.io" && (beta || version == "v1"),
        "APIService" => group == "apiregistration.k8s.io" && (beta || version == "v1"),
        "CertificateSigningRequest" => group == "certificates.k8s.io" && (beta || version == "v1"),
        "FlowSchema" | "PriorityLevelConfiguration" => group == "flowcontrol.apiserver.k8s.io" && beta,
        "IngressClass" => group == "networking.k8s.io" && (beta || version == "v1"),
        "RuntimeClass" => group == "node.k8s.io" && (beta || version == "v1"),
        "PodSecurityPolicy" => group == "policy" && beta,
        "ClusterRole" | "ClusterRoleBinding" => {
            group == "rbac.authorization.k8s.io" && (beta || version == "v1")
        }
        "PriorityClass" => group == "scheduling.k8s.io" && (beta || version == "v1"),
        "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment" => {
            group == "storage.k8s.io" && (beta || version == "v1")
        }
        "ComponentStatus" | "Namespace" | "Node" | "NodeProxyOptions" | "PersistentVolume" => {
            group.is_empty() && version == "v1"
        }
        _ => false,
    }
}

/// Whether kustomize has a schema of this kind.
pub(crate) fn has_schema(api_version: &str, kind: &str) -> bool {
    let kinds: &[&str] = match api_version {
        "v1" => &[
            "ComponentStatus",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
        "apps/v1" => &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        "autoscaling/v1" | "autoscaling/v2beta1" | "autoscaling/v2beta2" => &["HorizontalPodAutoscaler"],
        "batch/v1" => &["CronJob", "Job"],
        "batch/v1beta1" => &["CronJob"],
        "coordination.k8s.io/v1" | "coordination.k8s.io/v1beta1" => &["Lease"],
        "discovery.k8s.io/v1" | "discovery.k8s.io/v1beta1" => &["EndpointSlice"],
        "events.k8s.io/v1" | "events.k8s.io/v1beta1" => &["Event"],
        "extensions/v1beta1" | "networking.k8s.io/v1beta1" => &["Ingress"],
        "networking.k8s.io/v1" => &["Ingress", "NetworkPolicy"],
        "policy/v1" | "policy/v1beta1" => &["PodDisruptionBudget"],
        "rbac.authorization.k8s.io/v1" | "rbac.authorization.k8s.io/v1beta1" => &["Role", "RoleBinding"],
        "storage.k8s.io/v1beta1" => &["CSIStorageCapacity"],
        _ => &[],
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    kinds.contains(&kind) || is_cluster_wide(group, version, kind)
}
