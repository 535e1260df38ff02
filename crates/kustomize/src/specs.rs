//! The field specs that kustomize has built in.

use crate::fieldspec::{FieldSpec, split};
use std::sync::OnceLock;

/// A line of a table: group, version, kind, path, and whether the path is made.
type Line = (&'static str, &'static str, &'static str, &'static str, bool);

const APPS: &str = "apps";
const BATCH: &str = "batch";
const NETWORKING: &str = "networking.k8s.io";

/// Where labels stand that are no selectors.
const LABELS: &[Line] = &[
    ("", "", "", "metadata/labels", true),
    ("", "v1", "ReplicationController", "spec/template/metadata/labels", true),
    ("", "", "Deployment", "spec/template/metadata/labels", true),
    ("", "", "ReplicaSet", "spec/template/metadata/labels", true),
    ("", "", "DaemonSet", "spec/template/metadata/labels", true),
    (APPS, "", "StatefulSet", "spec/template/metadata/labels", true),
    (APPS, "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true),
    (BATCH, "", "Job", "spec/template/metadata/labels", true),
    (BATCH, "", "CronJob", "spec/jobTemplate/metadata/labels", true),
    (BATCH, "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true),
];

const SELECTORS: &[Line] = &[
    ("", "v1", "Service", "spec/selector", true),
    ("", "v1", "ReplicationController", "spec/selector", true),
    ("", "", "Deployment", "spec/selector/matchLabels", true),
    ("", "", "ReplicaSet", "spec/selector/matchLabels", true),
    ("", "", "DaemonSet", "spec/selector/matchLabels", true),
    (APPS, "", "StatefulSet", "spec/selector/matchLabels", true),
    (BATCH, "", "Job", "spec/selector/matchLabels", false),
    (BATCH, "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
    (NETWORKING, "", "NetworkPolicy", "spec/podSelector/matchLabels", false),
    (NETWORKING, "", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    (NETWORKING, "", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
];

/// Selectors inside the pods of Deployments and `StatefulSets` of `apps`.
const POD_SELECTORS: [&str; 5] = [
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

const ANNOTATIONS: &[Line] = &[
    ("", "", "", "metadata/annotations", true),
    ("", "v1", "ReplicationController", "spec/template/metadata/annotations", true),
    ("", "", "Deployment", "spec/template/metadata/annotations", true),
    ("", "", "ReplicaSet", "spec/template/metadata/annotations", true),
    ("", "", "DaemonSet", "spec/template/metadata/annotations", true),
    ("", "", "StatefulSet", "spec/template/metadata/annotations", true),
    (BATCH, "", "Job", "spec/template/metadata/annotations", true),
    (BATCH, "", "CronJob", "spec/jobTemplate/metadata/annotations", true),
    (BATCH, "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

const NAMESPACES: &[Line] = &[
    ("", "", "Namespace", "metadata/name", true),
    ("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", true),
    (
        "apiextensions.k8s.io",
        "",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
        false,
    ),
];

const REPLICAS: &[Line] = &[
    ("", "", "Deployment", "spec/replicas", true),
    ("", "", "ReplicationController", "spec/replicas", true),
    ("", "", "ReplicaSet", "spec/replicas", true),
    ("", "", "StatefulSet", "spec/replicas", true),
];

const IMAGES: &[Line] = &[
    ("", "", "", "spec/containers[]/image", true),
    ("", "", "", "spec/initContainers[]/image", true),
    ("", "", "", "spec/volumes[]/image/reference", true),
    ("", "", "", "spec/template/spec/containers[]/image", true),
    ("", "", "", "spec/template/spec/initContainers[]/image", true),
    ("", "", "", "spec/template/spec/volumes[]/image/reference", true),
];

const NAMES: &[Line] = &[("", "", "", "metadata/name", false)];

/// The built-in specs by what they are for.
pub(crate) struct Specs {
    /// Labels and selectors, for `commonLabels` and `includeSelectors`.
    pub(crate) common_labels: Vec<FieldSpec>,
    /// Labels without selectors, for `includeTemplates`.
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) annotations: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) names: Vec<FieldSpec>,
}

/// The built-in specs.
pub(crate) fn built_in() -> &'static Specs {
    static SPECS: OnceLock<Specs> = OnceLock::new();
    SPECS.get_or_init(|| {
        let mut common_labels = specs(SELECTORS);
        for kind in ["Deployment", "StatefulSet"] {
            let paths = POD_SELECTORS.iter().map(|path| format!("spec/template/spec/{path}"));
            common_labels.extend(paths.map(|path| spec(APPS, "", kind, &path, false)));
        }
        common_labels.extend(specs(LABELS));
        Specs {
            common_labels,
            template_labels: specs(LABELS),
            annotations: specs(ANNOTATIONS),
            namespace: specs(NAMESPACES),
            replicas: specs(REPLICAS),
            images: specs(IMAGES),
            names: specs(NAMES),
        }
    })
}

fn specs(lines: &[Line]) -> Vec<FieldSpec> {
    lines
        .iter()
        .map(|(group, version, kind, path, create)| spec(group, version, kind, path, *create))
        .collect()
}

/// One spec.
pub(crate) fn spec(group: &str, version: &str, kind: &str, path: &str, create: bool) -> FieldSpec {
    FieldSpec {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        path: split(path),
        create,
    }
}
