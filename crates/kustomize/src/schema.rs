//! Which lists a strategic merge joins by a key: those that the schema of a built-in kind marks so.
//!
//! Source: `x-kubernetes-patch-strategy` and its keys in the `OpenAPI` that kustomize embeds. Of a custom
//! resource there is no schema, so its lists are replaced.

use crate::scope::has_schema;
use manifest::Node;

/// What is known of a value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Nothing: a part of a custom resource.
    Unknown,
    /// A part of a built-in kind in which no list is joined.
    Plain,
    /// A built-in object.
    Object(Kind),
    Meta,
    Status,
    /// The `spec` of what makes pods of a template.
    Workload,
    /// The `spec` of a `CronJob`.
    Schedule,
    /// A template with `metadata` and `spec`.
    JobTemplate,
    PodTemplate,
    Pod,
    Container,
    EphemeralContainer,
    /// The `spec` of a Service.
    Service,
}

/// Built-in kinds as far as their lists differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pod,
    PodTemplate,
    Workload,
    CronJob,
    Service,
    ServiceAccount,
    Webhooks,
    Other,
}

impl Type {
    /// Of an object or of any map that names its own kind.
    pub(crate) fn of(node: &Node) -> Self {
        let text = |key| node.get(key).and_then(Node::as_str);
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
            return Self::Unknown;
        };
        if !has_schema(api_version, kind) {
            return Self::Unknown;
        }
        Self::Object(match kind {
            "Pod" => Kind::Pod,
            "PodTemplate" => Kind::PodTemplate,
            "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                Kind::Workload
            }
            "CronJob" => Kind::CronJob,
            "Service" => Kind::Service,
            "ServiceAccount" => Kind::ServiceAccount,
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => Kind::Webhooks,
            _ => Kind::Other,
        })
    }

    /// Of the value at a key.
    pub(crate) fn field(self, key: &str) -> Self {
        match (self, key) {
            (Self::Unknown, _) => Self::Unknown,
            (Self::Object(_) | Self::JobTemplate | Self::PodTemplate, "metadata") => Self::Meta,
            (Self::Object(_), "status") => Self::Status,
            (Self::Object(Kind::Pod) | Self::PodTemplate, "spec") => Self::Pod,
            (Self::Object(Kind::PodTemplate) | Self::Workload, "template") => Self::PodTemplate,
            (Self::Object(Kind::Workload) | Self::JobTemplate, "spec") => Self::Workload,
            (Self::Object(Kind::CronJob), "spec") => Self::Schedule,
            (Self::Schedule, "jobTemplate") => Self::JobTemplate,
            (Self::Object(Kind::Service), "spec") => Self::Service,
            _ => Self::Plain,
        }
    }

    /// The keys by which the list at a key is joined, and the type of its items; a list of scalars is
    /// joined by no key.
    pub(crate) fn joined(self, key: &str) -> Option<(&'static [&'static str], Self)> {
        let name: &[&str] = &["name"];
        let port: &[&str] = &["containerPort", "protocol"];
        Some(match (self, key) {
            (Self::Meta, "finalizers") => (&[], Self::Plain),
            (Self::Meta, "ownerReferences") => (&["uid"], Self::Plain),
            (Self::Status, "conditions") => (&["type"], Self::Plain),
            (Self::Pod, "containers" | "initContainers") => (name, Self::Container),
            (Self::Pod, "ephemeralContainers") => (name, Self::EphemeralContainer),
            (Self::Pod, "volumes" | "imagePullSecrets")
            | (Self::Container | Self::EphemeralContainer, "env")
            | (Self::Object(Kind::ServiceAccount), "secrets")
            | (Self::Object(Kind::Webhooks), "webhooks") => (name, Self::Plain),
            (Self::Pod, "hostAliases") => (&["ip"], Self::Plain),
            (Self::Pod, "topologySpreadConstraints") => (&["topologyKey", "whenUnsatisfiable"], Self::Plain),
            (Self::Container, "ports") => (port, Self::Plain),
            (Self::Container | Self::EphemeralContainer, "volumeMounts") => (&["mountPath"], Self::Plain),
            (Self::Container | Self::EphemeralContainer, "volumeDevices") => (&["devicePath"], Self::Plain),
            (Self::Service, "ports") => (&["port", "protocol"], Self::Plain),
            _ => return None,
        })
    }
}
