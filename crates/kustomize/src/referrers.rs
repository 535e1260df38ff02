//! Which fields hold the name of another object, as kustomize has it built in. It knows no field of a
//! custom resource.

use crate::fieldspec::FieldSpec;
use crate::specs::spec;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A field that holds the name of an object of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Group, version and kind of what is named; empty ones mean any.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    /// The field of the referrer.
    pub(crate) field: FieldSpec,
}

/// Group, version and kind of what is named; the fields, and the kinds that have them.
type Table = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static [Holder])]);

/// Group, version and kind of what is named; fields of pods, and kinds of [`PODS`] without them.
type InPods = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// Group and kind of an object with a field.
type Holder = (&'static str, &'static str);

/// Kinds with pods, and where.
const PODS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// Fields of pods.
const IN_PODS: [InPods; 5] = [
    (
        "",
        "v1",
        "ConfigMap",
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
        &["ReplicationController"],
    ),
    (
        "",
        "v1",
        "Secret",
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
        &["ReplicationController"],
    ),
    ("", "v1", "ServiceAccount", &["serviceAccountName"], &["PodTemplate", "ReplicaSet"]),
    (
        "",
        "v1",
        "PersistentVolumeClaim",
        &["volumes/persistentVolumeClaim/claimName"],
        &["PodTemplate", "ReplicaSet"],
    ),
    ("scheduling.k8s.io", "v1", "PriorityClass", &["priorityClassName"], &["PodTemplate", "ReplicaSet"]),
];

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const SCALED: &[(&str, &[Holder])] = &[("spec/scaleTargetRef/name", &[("", "HorizontalPodAutoscaler")])];

const OTHERS: &[Table] = &[
    ("", "", "Deployment", SCALED),
    ("", "", "ReplicationController", SCALED),
    ("", "", "ReplicaSet", SCALED),
    ("", "", "StatefulSet", SCALED),
    (
        "",
        "v1",
        "ConfigMap",
        &[
            ("spec/configSource/configMap", &[("", "Node")]),
            ("rules/resourceNames", &[("", "Role"), ("", "ClusterRole")]),
            (
                "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
                &[("", "Ingress")],
            ),
        ],
    ),
    (
        "",
        "v1",
        "Secret",
        &[
            ("spec/tls/secretName", &[("", "Ingress")]),
            ("metadata/annotations/ingress.kubernetes.io\\/auth-secret", &[("", "Ingress")]),
            ("metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret", &[("", "Ingress")]),
            ("metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret", &[("", "Ingress")]),
            ("imagePullSecrets/name", &[("", "ServiceAccount")]),
            ("parameters/secretName", &[("", "StorageClass")]),
            ("parameters/adminSecretName", &[("", "StorageClass")]),
            ("parameters/userSecretName", &[("", "StorageClass")]),
            ("parameters/secretRef", &[("", "StorageClass")]),
            ("rules/resourceNames", &[("", "Role"), ("", "ClusterRole")]),
            (
                "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                &[("serving.knative.dev", "Service")],
            ),
            ("spec/azureFile/secretName", &[("", "PersistentVolume")]),
        ],
    ),
    (
        "",
        "v1",
        "Service",
        &[
            ("spec/serviceName", &[("apps", "StatefulSet")]),
            ("spec/rules/http/paths/backend/serviceName", &[("", "Ingress")]),
            ("spec/backend/serviceName", &[("", "Ingress")]),
            ("spec/rules/http/paths/backend/service/name", &[("", "Ingress")]),
            ("spec/defaultBackend/service/name", &[("", "Ingress")]),
            ("spec/service/name", &[("apiregistration.k8s.io", "APIService")]),
            (
                "webhooks/clientConfig/service",
                &[(ADMISSION, "ValidatingWebhookConfiguration"), (ADMISSION, "MutatingWebhookConfiguration")],
            ),
        ],
    ),
    (RBAC, "", "Role", &[("roleRef/name", &[(RBAC, "RoleBinding")])]),
    (RBAC, "", "ClusterRole", &[("roleRef/name", &[(RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding")])]),
    ("", "v1", "ServiceAccount", &[("subjects", &[(RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding")])]),
    (
        "",
        "v1",
        "PersistentVolume",
        &[
            ("spec/volumeName", &[("", "PersistentVolumeClaim")]),
            ("rules/resourceNames", &[("", "ClusterRole")]),
        ],
    ),
    (
        "storage.k8s.io",
        "v1",
        "StorageClass",
        &[
            ("spec/storageClassName", &[("", "PersistentVolume"), ("", "PersistentVolumeClaim")]),
            ("spec/volumeClaimTemplates/spec/storageClassName", &[("", "StatefulSet")]),
        ],
    ),
    (
        ADMISSION,
        "",
        "ValidatingAdmissionPolicy",
        &[("spec/policyName", &[(ADMISSION, "ValidatingAdmissionPolicyBinding")])],
    ),
];

/// The built-in references by the kind that has them.
pub(crate) fn built_in() -> &'static HashMap<String, Vec<Reference>> {
    static REFERENCES: OnceLock<HashMap<String, Vec<Reference>>> = OnceLock::new();
    REFERENCES.get_or_init(|| {
        let mut by_kind: HashMap<String, Vec<Reference>> = HashMap::new();
        for reference in in_pods().chain(others()) {
            by_kind.entry(reference.field.kind.clone()).or_default().push(reference);
        }
        by_kind
    })
}

fn in_pods() -> impl Iterator<Item = Reference> {
    IN_PODS.iter().flat_map(|(group, version, kind, fields, without)| {
        let holders = PODS.iter().filter(|(holder, _)| !without.contains(holder));
        holders.flat_map(move |(holder, pod)| {
            fields.iter().map(move |field| Reference {
                group: (*group).to_owned(),
                version: (*version).to_owned(),
                kind: (*kind).to_owned(),
                field: spec("", "", holder, &format!("{pod}/{field}"), false),
            })
        })
    })
}

fn others() -> impl Iterator<Item = Reference> {
    OTHERS.iter().flat_map(|(group, version, kind, fields)| {
        fields.iter().flat_map(move |(path, holders)| {
            holders.iter().map(move |(holder_group, holder)| Reference {
                group: (*group).to_owned(),
                version: (*version).to_owned(),
                kind: (*kind).to_owned(),
                field: spec(holder_group, "", holder, path, false),
            })
        })
    })
}
