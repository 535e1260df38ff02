//! What the API server fills in where an object says nothing.
//!
//! Only the defaults of the CRDs (and, for built-in kinds, of Kubernetes), not those that
//! CloudNativePG's own webhook adds later.

/// A value that the API server fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A string.
    String(&'static str),
    /// A map of these entries.
    Map(&'static [(&'static str, DefaultValue)]),
}

/// What the API server fills in for a kind at a pointer, in which `*` stands for every list
/// item and map key: `/spec/plugins/*/enabled`. It does so only where the parent is present, or
/// has itself a default.
pub fn default(kind: &str, pointer: &str) -> Option<DefaultValue> {
    let (_, defaults) = DEFAULTS.iter().find(|(name, _)| *name == kind)?;
    defaults.iter().find(|(known, _)| *known == pointer).map(|(_, value)| *value)
}

use DefaultValue::{Bool, Int, Map, String};

type Defaults = &'static [(&'static str, DefaultValue)];

const ONLINE: Defaults = &[("immediateCheckpoint", Bool(false)), ("waitForArchive", Bool(true))];
const SLOTS_ENABLED: Defaults = &[("enabled", Bool(true))];
const SLOTS: Defaults = &[("highAvailability", Map(SLOTS_ENABLED))];
const TARGET: Defaults = &[("creationPolicy", String("Owner")), ("deletionPolicy", String("Retain"))];

static DEFAULTS: &[(&str, Defaults)] = &[
    ("Cluster", CLUSTER),
    ("Backup", BACKUP),
    ("ScheduledBackup", SCHEDULED_BACKUP),
    ("Pooler", POOLER),
    ("Database", DATABASE),
    ("DatabaseRole", DATABASE_ROLE),
    ("Publication", &[("/spec/publicationReclaimPolicy", String("retain"))]),
    ("Subscription", &[("/spec/subscriptionReclaimPolicy", String("retain"))]),
    ("ObjectStore", OBJECT_STORE),
    ("ExternalSecret", EXTERNAL_SECRET),
    ("ClusterExternalSecret", CLUSTER_EXTERNAL_SECRET),
    ("PushSecret", PUSH_SECRET),
    ("Password", PASSWORD),
    ("Service", &[("/spec/type", String("ClusterIP"))]),
];

const CLUSTER: Defaults = &[
    ("/spec/backup/target", String("prefer-standby")),
    ("/spec/backup/volumeSnapshot/online", Bool(true)),
    ("/spec/backup/volumeSnapshot/onlineConfiguration", Map(ONLINE)),
    ("/spec/backup/volumeSnapshot/onlineConfiguration/waitForArchive", Bool(true)),
    ("/spec/backup/volumeSnapshot/snapshotOwnerReference", String("none")),
    ("/spec/enablePDB", Bool(true)),
    ("/spec/enableSuperuserAccess", Bool(false)),
    ("/spec/env/*/valueFrom/fileKeyRef/optional", Bool(false)),
    ("/spec/externalClusters/*/plugin/enabled", Bool(true)),
    ("/spec/externalClusters/*/plugin/isWALArchiver", Bool(false)),
    ("/spec/failoverDelay", Int(0)),
    ("/spec/instances", Int(1)),
    ("/spec/logLevel", String("info")),
    ("/spec/managed/roles/*/connectionLimit", Int(-1)),
    ("/spec/managed/roles/*/ensure", String("present")),
    ("/spec/managed/roles/*/inherit", Bool(true)),
    ("/spec/managed/services/additional/*/serviceTemplate/spec/ports/*/protocol", String("TCP")),
    ("/spec/managed/services/additional/*/updateStrategy", String("patch")),
    ("/spec/maxSyncReplicas", Int(0)),
    ("/spec/minSyncReplicas", Int(0)),
    ("/spec/monitoring/disableDefaultQueries", Bool(false)),
    ("/spec/monitoring/enablePodMonitor", Bool(false)),
    ("/spec/monitoring/podMonitorMetricRelabelings/*/action", String("replace")),
    ("/spec/monitoring/podMonitorRelabelings/*/action", String("replace")),
    ("/spec/monitoring/tls/enabled", Bool(false)),
    ("/spec/nodeMaintenanceWindow/inProgress", Bool(false)),
    ("/spec/nodeMaintenanceWindow/reusePVC", Bool(true)),
    ("/spec/plugins/*/enabled", Bool(true)),
    ("/spec/plugins/*/isWALArchiver", Bool(false)),
    ("/spec/postgresGID", Int(26)),
    ("/spec/postgresUID", Int(26)),
    ("/spec/primaryLease/leaseDurationSeconds", Int(15)),
    ("/spec/primaryLease/releasedLeaseDurationSeconds", Int(1)),
    ("/spec/primaryLease/renewDeadlineSeconds", Int(10)),
    ("/spec/primaryLease/retryPeriodSeconds", Int(2)),
    ("/spec/primaryUpdateMethod", String("restart")),
    ("/spec/primaryUpdateStrategy", String("unsupervised")),
    ("/spec/probes/liveness/isolationCheck/connectionTimeout", Int(1000)),
    ("/spec/probes/liveness/isolationCheck/enabled", Bool(true)),
    ("/spec/probes/liveness/isolationCheck/requestTimeout", Int(1000)),
    ("/spec/replicationSlots", Map(SLOTS)),
    ("/spec/replicationSlots/highAvailability", Map(SLOTS_ENABLED)),
    ("/spec/replicationSlots/highAvailability/enabled", Bool(true)),
    ("/spec/replicationSlots/highAvailability/slotPrefix", String("_cnpg_")),
    ("/spec/replicationSlots/synchronizeReplicas/enabled", Bool(true)),
    ("/spec/replicationSlots/updateInterval", Int(30)),
    ("/spec/smartShutdownTimeout", Int(180)),
    ("/spec/startDelay", Int(3600)),
    ("/spec/stopDelay", Int(1800)),
    ("/spec/storage/resizeInUseVolumes", Bool(true)),
    ("/spec/switchoverDelay", Int(3600)),
    ("/spec/tablespaces/*/storage/resizeInUseVolumes", Bool(true)),
    ("/spec/tablespaces/*/temporary", Bool(false)),
    ("/spec/walStorage/resizeInUseVolumes", Bool(true)),
];

const BACKUP: Defaults = &[
    ("/spec/method", String("barmanObjectStore")),
    ("/spec/onlineConfiguration/waitForArchive", Bool(true)),
];

const SCHEDULED_BACKUP: Defaults = &[
    ("/spec/backupOwnerReference", String("none")),
    ("/spec/method", String("barmanObjectStore")),
    ("/spec/onlineConfiguration/waitForArchive", Bool(true)),
];

const POOLER: Defaults = &[
    ("/spec/instances", Int(1)),
    ("/spec/monitoring/enablePodMonitor", Bool(false)),
    ("/spec/monitoring/podMonitorMetricRelabelings/*/action", String("replace")),
    ("/spec/monitoring/podMonitorRelabelings/*/action", String("replace")),
    ("/spec/monitoring/tls/enabled", Bool(false)),
    ("/spec/pgbouncer/paused", Bool(false)),
    ("/spec/pgbouncer/poolMode", String("session")),
    ("/spec/serviceTemplate/spec/ports/*/protocol", String("TCP")),
    ("/spec/type", String("rw")),
];

const DATABASE: Defaults = &[
    ("/spec/databaseReclaimPolicy", String("retain")),
    ("/spec/ensure", String("present")),
    ("/spec/extensions/*/ensure", String("present")),
    ("/spec/fdws/*/ensure", String("present")),
    ("/spec/fdws/*/options/*/ensure", String("present")),
    ("/spec/fdws/*/usage/*/type", String("grant")),
    ("/spec/schemas/*/ensure", String("present")),
    ("/spec/servers/*/ensure", String("present")),
    ("/spec/servers/*/options/*/ensure", String("present")),
    ("/spec/servers/*/usage/*/type", String("grant")),
];

const DATABASE_ROLE: Defaults = &[
    ("/spec/clientCertificate/enabled", Bool(true)),
    ("/spec/connectionLimit", Int(-1)),
    ("/spec/databaseRoleReclaimPolicy", String("retain")),
    ("/spec/ensure", String("present")),
    ("/spec/inherit", Bool(true)),
];

const OBJECT_STORE: Defaults = &[
    ("/spec/instanceSidecarConfiguration/env/*/valueFrom/fileKeyRef/optional", Bool(false)),
    ("/spec/instanceSidecarConfiguration/logLevel", String("info")),
    ("/spec/instanceSidecarConfiguration/retentionPolicyIntervalSeconds", Int(1800)),
];

const EXTERNAL_SECRET: Defaults = &[
    ("/spec/data/*/sourceRef/generatorRef/apiVersion", String("generators.external-secrets.io/v1alpha1")),
    ("/spec/dataFrom/*/rewrite/*/merge/conflictPolicy", String("Error")),
    ("/spec/dataFrom/*/rewrite/*/merge/priorityPolicy", String("Strict")),
    ("/spec/dataFrom/*/rewrite/*/merge/strategy", String("Extract")),
    ("/spec/dataFrom/*/sourceRef/generatorRef/apiVersion", String("generators.external-secrets.io/v1alpha1")),
    ("/spec/refreshInterval", String("1h0m0s")),
    ("/spec/target", Map(TARGET)),
    ("/spec/target/creationPolicy", String("Owner")),
    ("/spec/target/deletionPolicy", String("Retain")),
    ("/spec/target/template/engineVersion", String("v2")),
    ("/spec/target/template/mergePolicy", String("Replace")),
    ("/spec/target/template/templateFrom/*/configMap/items/*/templateAs", String("Values")),
    ("/spec/target/template/templateFrom/*/secret/items/*/templateAs", String("Values")),
    ("/spec/target/template/templateFrom/*/target", String("Data")),
];

const CLUSTER_EXTERNAL_SECRET: Defaults = &[
    (
        "/spec/externalSecretSpec/data/*/sourceRef/generatorRef/apiVersion",
        String("generators.external-secrets.io/v1alpha1"),
    ),
    ("/spec/externalSecretSpec/dataFrom/*/rewrite/*/merge/conflictPolicy", String("Error")),
    ("/spec/externalSecretSpec/dataFrom/*/rewrite/*/merge/priorityPolicy", String("Strict")),
    ("/spec/externalSecretSpec/dataFrom/*/rewrite/*/merge/strategy", String("Extract")),
    (
        "/spec/externalSecretSpec/dataFrom/*/sourceRef/generatorRef/apiVersion",
        String("generators.external-secrets.io/v1alpha1"),
    ),
    ("/spec/externalSecretSpec/refreshInterval", String("1h0m0s")),
    ("/spec/externalSecretSpec/target", Map(TARGET)),
    ("/spec/externalSecretSpec/target/creationPolicy", String("Owner")),
    ("/spec/externalSecretSpec/target/deletionPolicy", String("Retain")),
    ("/spec/externalSecretSpec/target/template/engineVersion", String("v2")),
    ("/spec/externalSecretSpec/target/template/mergePolicy", String("Replace")),
    (
        "/spec/externalSecretSpec/target/template/templateFrom/*/configMap/items/*/templateAs",
        String("Values"),
    ),
    ("/spec/externalSecretSpec/target/template/templateFrom/*/secret/items/*/templateAs", String("Values")),
    ("/spec/externalSecretSpec/target/template/templateFrom/*/target", String("Data")),
];

const PUSH_SECRET: Defaults = &[
    ("/spec/data/*/conversionStrategy", String("None")),
    ("/spec/dataTo/*/conversionStrategy", String("None")),
    ("/spec/dataTo/*/storeRef/kind", String("SecretStore")),
    ("/spec/deletionPolicy", String("None")),
    ("/spec/refreshInterval", String("1h0m0s")),
    ("/spec/secretStoreRefs/*/kind", String("SecretStore")),
    ("/spec/selector/generatorRef/apiVersion", String("generators.external-secrets.io/v1alpha1")),
    ("/spec/template/engineVersion", String("v2")),
    ("/spec/template/mergePolicy", String("Replace")),
    ("/spec/template/templateFrom/*/configMap/items/*/templateAs", String("Values")),
    ("/spec/template/templateFrom/*/secret/items/*/templateAs", String("Values")),
    ("/spec/template/templateFrom/*/target", String("Data")),
    ("/spec/updatePolicy", String("Replace")),
];

const PASSWORD: Defaults = &[
    ("/spec/allowRepeat", Bool(false)),
    ("/spec/encoding", String("raw")),
    ("/spec/length", Int(24)),
    ("/spec/noUpper", Bool(false)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_item_is_a_star() {
        assert_eq!(default("Cluster", "/spec/plugins/*/enabled"), Some(Bool(true)));
        assert_eq!(default("Cluster", "/spec/instances"), Some(Int(1)));
        assert_eq!(default("ScheduledBackup", "/spec/method"), Some(String("barmanObjectStore")));
    }

    #[test]
    fn what_has_no_default_has_none() {
        assert_eq!(default("Cluster", "/spec/imageName"), None);
        assert_eq!(default("Secret", "/data"), None);
    }

    #[test]
    fn a_default_map_holds_the_defaults_of_its_keys() {
        let Some(Map(entries)) = default("ExternalSecret", "/spec/target") else { panic!("a map") };
        for (key, value) in entries {
            assert_eq!(default("ExternalSecret", &format!("/spec/target/{key}")), Some(*value));
        }
    }
}
