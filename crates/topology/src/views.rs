//! The variables of a rule: which there are for a kind, and their values for an object.

pub mod alerts;
pub mod annotation;
pub mod change;
pub mod cluster;
pub mod consumer;
pub mod deployment;
pub mod external_secret;
pub mod hosts;
pub mod login;
pub mod object_store;
pub mod parameter;
pub mod plugin;
pub mod postgres;
pub mod pruners;
pub mod reference;
pub mod remote_keys;
pub mod retention;
pub mod role;
pub mod route;
pub mod schedule;
pub mod scheduled_backup;
pub mod schema;
pub mod secret;
pub mod secret_keys;
pub mod secret_names;
pub mod service;
pub mod settings;
pub mod sizes;
pub mod workload;

use crate::exposure::{self, ExposureView};
use crate::hba::PgHba;
use crate::image::Images;
use crate::inventory::{Object, ObjectId, Placement};
use crate::literal::{self, LiteralView};
use crate::operator::{
    ExternalClusters, LivenessPingers, Patterns, PodPatches, PromotionTokens, Sizes, TargetTimes,
};
use crate::read::Subject;
use crate::topology::Topology;
use crate::view::{AsField, Field, FieldSchema, FieldType, Known, View};
use alerts::BlindAlertView;
use annotation::AnnotationView;
use change::{ClusterChangeView, FixedFieldView};
use login::LoginView;
use postgres::PostgresView;
use reference::{ClusterReferenceView, Clusters, ObjectStoreView, ObjectStores};
use retention::{RetentionView, Retentions};
use role::RoleView;
use schedule::Schedules;
use secret_names::{SecretNameView, SecretNames};
use settings::{SettingView, Settings};
use sizes::{ResourcesView, VolumeView};
use std::sync::OnceLock;

/// Kinds that run something, or configure what runs.
pub(crate) const WORKLOADS: [&str; 10] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Pod",
    "HelmRelease",
    "Application",
    "ConfigMap",
];

/// Kinds that lead from outside to Services.
const ROUTES: [&str; 5] = ["Ingress", "HTTPRoute", "TCPRoute", "TLSRoute", "IngressRouteTCP"];

/// The object that is judged, and where it is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'t> {
    pub(crate) topology: &'t Topology<'t>,
    pub(crate) object: ObjectId,
    pub(crate) placement: &'t Placement,
}

impl<'t> Context<'t> {
    pub(crate) fn object(&self) -> Option<&'t Object> {
        self.topology.inventory.object(self.object)
    }

    pub(crate) fn subject(&self) -> Option<Subject<'t>> {
        self.object().map(Subject::new)
    }
}

/// What rules can read about one object, made when it is first asked for.
#[derive(Debug)]
pub struct Views<'t> {
    context: Context<'t>,
    /// The object as it was before it was changed.
    past: Option<Context<'t>>,
    change: OnceLock<Option<ClusterChangeView<'t>>>,
    fixed_fields: OnceLock<Vec<FixedFieldView>>,
    annotations: OnceLock<Known<Vec<AnnotationView>>>,
    own: OnceLock<Option<Box<dyn View + 't>>>,
    schema: OnceLock<Option<schema::SchemaView>>,
    exposures: OnceLock<Vec<ExposureView>>,
    literals: OnceLock<Vec<LiteralView>>,
    roles: OnceLock<Vec<RoleView>>,
    logins: OnceLock<Vec<LoginView>>,
    blind_alerts: OnceLock<Vec<BlindAlertView>>,
    secrets: SecretNames<'t>,
    object_stores: ObjectStores<'t>,
    clusters: Clusters<'t>,
    external_clusters: ExternalClusters<'t>,
    schedules: Schedules,
    postgres: OnceLock<Option<PostgresView<'t>>>,
    settings: Settings<'t>,
    volumes: OnceLock<Vec<VolumeView>>,
    resources: OnceLock<Option<ResourcesView>>,
}

impl<'t> Views<'t> {
    pub(crate) fn new(context: Context<'t>) -> Self {
        Self {
            context,
            past: None,
            change: OnceLock::new(),
            fixed_fields: OnceLock::new(),
            annotations: OnceLock::new(),
            own: OnceLock::new(),
            schema: OnceLock::new(),
            exposures: OnceLock::new(),
            literals: OnceLock::new(),
            roles: OnceLock::new(),
            logins: OnceLock::new(),
            blind_alerts: OnceLock::new(),
            secrets: SecretNames(context),
            object_stores: ObjectStores(context),
            clusters: Clusters(context),
            external_clusters: ExternalClusters(context),
            schedules: Schedules::new(context.topology.settings().now),
            postgres: OnceLock::new(),
            settings: Settings::new(context),
            volumes: OnceLock::new(),
            resources: OnceLock::new(),
        }
    }

    /// The same of an object that was changed, with what it was before.
    #[must_use]
    pub fn since(self, past: Option<&Views<'t>>) -> Self {
        Self { past: past.map(|past| past.context), ..self }
    }

    /// The value of a variable; `None` if there is no such variable for the object's kind.
    pub fn get(&self, variable: &str) -> Option<Field<'_>> {
        let kind = self.context.object()?.manifest.kind()?;
        Some(match variable {
            "secrets" => Field::Lookup(&self.secrets),
            "objectStores" => Field::Lookup(&self.object_stores),
            "clusters" => Field::Lookup(&self.clusters),
            "images" => Field::Lookup(&Images),
            "schema" => self.schema.get_or_init(|| schema::view(self.context)).as_field(),
            "schedules" => Field::Lookup(&self.schedules),
            "hba" => Field::Lookup(&PgHba),
            "retentions" => Field::Lookup(&Retentions),
            "fixedFields" => {
                let fields = || self.past.map(|past| change::fixed_fields(past, self.context));
                self.fixed_fields.get_or_init(|| fields().unwrap_or_default()).as_field()
            }
            "change" if kind == "Cluster" => {
                let change = || self.past.and_then(|past| change::of_cluster(past, self.context));
                self.change.get_or_init(change).as_field()
            }
            "annotations" => {
                self.annotations.get_or_init(|| annotation::annotations(self.context)).as_field()
            }
            "externalClusters" if kind == "Cluster" => Field::Lookup(&self.external_clusters),
            "targetTimes" if kind == "Cluster" => Field::Lookup(&TargetTimes),
            "podPatches" if kind == "Cluster" => Field::Lookup(&PodPatches),
            "livenessPingers" if kind == "Cluster" => Field::Lookup(&LivenessPingers),
            "promotionTokens" if kind == "Cluster" => Field::Lookup(&PromotionTokens),
            "patterns" if kind == "Cluster" => Field::Lookup(&Patterns),
            "postgres" if kind == "Cluster" => {
                self.postgres.get_or_init(|| postgres::view(self.context)).as_field()
            }
            "sizes" if kind == "Cluster" => Field::Lookup(&Sizes),
            "settings" if kind == "Cluster" => Field::Lookup(&self.settings),
            "volumes" if kind == "Cluster" => {
                self.volumes.get_or_init(|| sizes::volumes(self.context)).as_field()
            }
            "resources" if kind == "Cluster" => {
                self.resources.get_or_init(|| sizes::resources(self.context)).as_field()
            }
            "exposures" if has_exposures(kind) => {
                self.exposures.get_or_init(|| exposure::exposures(self.context)).as_field()
            }
            "literals" if has_literals(kind) => {
                self.literals.get_or_init(|| literal::literals(self.context)).as_field()
            }
            "roles" if has_roles(kind) => self.roles.get_or_init(|| role::roles(self.context)).as_field(),
            "logins" if has_roles(kind) => self.logins.get_or_init(|| login::logins(self.context)).as_field(),
            "blindAlerts" if kind == "PrometheusRule" => {
                self.blind_alerts.get_or_init(|| alerts::blind_alerts(self.context)).as_field()
            }
            own if own_variable(kind).is_some_and(|schema| schema.name == own) => {
                let view = self.own.get_or_init(|| own_view(kind, self.context));
                view.as_ref().map_or(Field::Null, |view| Field::View(view.as_ref()))
            }
            _ => return None,
        })
    }
}

fn has_exposures(kind: &str) -> bool {
    matches!(kind, "Cluster" | "Pooler" | "Service")
}

fn has_literals(kind: &str) -> bool {
    matches!(kind, "Cluster" | "ObjectStore") || WORKLOADS.contains(&kind)
}

fn has_roles(kind: &str) -> bool {
    matches!(kind, "Cluster" | "DatabaseRole")
}

/// The variable that only objects of some kinds have.
pub fn own_variable(kind: &str) -> Option<FieldSchema> {
    let (name, doc, schema): (_, _, fn() -> _) = match kind {
        "Cluster" => {
            ("cluster", "What CloudNativePG makes of this Cluster.", cluster::ClusterView::schema_of)
        }
        "ScheduledBackup" | "Backup" => (
            "scheduledBackup",
            "What this ScheduledBackup, or this Backup, is for.",
            scheduled_backup::ScheduledBackupView::schema_of,
        ),
        "ObjectStore" => {
            ("objectStore", "Who archives to this ObjectStore.", object_store::OwnObjectStoreView::schema_of)
        }
        "ExternalSecret" => (
            "externalSecret",
            "Where this ExternalSecret reads, and who reads its Secret.",
            external_secret::ExternalSecretView::schema_of,
        ),
        "Secret" => ("secret", "What this Secret holds, and who reads it.", secret::SecretView::schema_of),
        "Kustomization" => {
            ("deployment", "Which databases this deploys.", deployment::DeploymentView::schema_of)
        }
        kind if ROUTES.contains(&kind) => {
            ("route", "Which databases this leads to.", route::RouteView::schema_of)
        }
        "PodMonitor" => ("monitor", "Which databases this watches.", crate::monitors::MonitorView::schema_of),
        "NetworkPolicy" | "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => (
            "policy",
            "Which databases this protects, and whom it lets in.",
            crate::policies::ProtectionView::schema_of,
        ),
        "Service" => ("service", "Which databases this Service leads to.", service::ServiceView::schema_of),
        kind if WORKLOADS.contains(&kind) => {
            ("workload", "Which databases this uses, and how.", workload::WorkloadView::schema_of)
        }
        _ => return None,
    };
    Some(FieldSchema { name, doc, kind: FieldType::View(schema) })
}

fn own_view<'t>(kind: &str, context: Context<'t>) -> Option<Box<dyn View + 't>> {
    Some(match kind {
        "Cluster" => Box::new(cluster::view(context)?),
        "ScheduledBackup" | "Backup" => Box::new(scheduled_backup::view(context)?),
        "ObjectStore" => Box::new(object_store::view(context)?),
        "ExternalSecret" => Box::new(external_secret::view(context)?),
        "Secret" => Box::new(secret::view(context)?),
        "Kustomization" => Box::new(deployment::view(context)?),
        kind if ROUTES.contains(&kind) => Box::new(route::view(context)?),
        "PodMonitor" => Box::new(crate::monitors::monitor(context)?),
        "NetworkPolicy" | "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => {
            Box::new(crate::policies::protection(context)?)
        }
        "Service" => Box::new(service::view(context)?),
        _ => Box::new(workload::view(context)?),
    })
}

/// The variables that a rule for objects of `kind` can read, beside `self`, `object` and `params`.
pub fn variables(kind: &str) -> Vec<FieldSchema> {
    let mut variables = Vec::from(EVERYWHERE);
    variables.extend(own_variable(kind));
    if kind == "Cluster" {
        variables.extend(OF_CLUSTERS);
    }
    if has_exposures(kind) {
        variables.push(EXPOSURES);
    }
    if has_literals(kind) {
        variables.push(LITERALS);
    }
    if has_roles(kind) {
        variables.extend([ROLES, LOGINS]);
    }
    if kind == "PrometheusRule" {
        variables.push(BLIND_ALERTS);
    }
    variables
}

const EVERYWHERE: [FieldSchema; 10] = [
    FieldSchema {
        name: "annotations",
        doc: "The annotations that this carries.",
        kind: FieldType::Views(AnnotationView::schema_of),
    },
    FieldSchema {
        name: "secrets",
        doc: "`secrets[name]`: what makes the Secret that this name means here.",
        kind: FieldType::Lookup(SecretNameView::schema_of),
    },
    FieldSchema {
        name: "objectStores",
        doc: "`objectStores[name]`: the ObjectStore that this name means here.",
        kind: FieldType::Lookup(ObjectStoreView::schema_of),
    },
    FieldSchema {
        name: "clusters",
        doc: "`clusters[name]`: the Cluster that this name means here.",
        kind: FieldType::Lookup(ClusterReferenceView::schema_of),
    },
    FieldSchema {
        name: "images",
        doc: "`images[text]`: what an image reference says.",
        kind: FieldType::Lookup(crate::image::ImageView::schema_of),
    },
    FieldSchema {
        name: "schema",
        doc: "What the API server would say of this object's fields; null for kinds of which it is not known.",
        kind: FieldType::View(schema::SchemaView::schema_of),
    },
    FieldSchema {
        name: "schedules",
        doc: "`schedules[text]`: what the operator makes of a schedule.",
        kind: FieldType::Lookup(schedule::TimesView::schema_of),
    },
    FieldSchema {
        name: "hba",
        doc: "`hba[line]`: what a line of `pg_hba.conf` says.",
        kind: FieldType::Lookup(crate::hba::PgHbaView::schema_of),
    },
    FieldSchema {
        name: "retentions",
        doc: "`retentions[text]`: how long a retention policy keeps base backups.",
        kind: FieldType::Lookup(RetentionView::schema_of),
    },
    FieldSchema {
        name: "fixedFields",
        doc: "On an update: the fields of this that the API server lets nobody change; empty elsewhere.",
        kind: FieldType::Views(FixedFieldView::schema_of),
    },
];

const OF_CLUSTERS: [FieldSchema; 12] = [
    FieldSchema {
        name: "change",
        doc: "On an update: what the change makes of this Cluster; null elsewhere.",
        kind: FieldType::View(ClusterChangeView::schema_of),
    },
    FieldSchema {
        name: "sizes",
        doc: "`sizes[text]`: a size of PostgreSQL as the operator reads it, which is not quite as PostgreSQL does.",
        kind: FieldType::Lookup(crate::operator::SizeView::schema_of),
    },
    FieldSchema {
        name: "postgres",
        doc: "Which PostgreSQL this Cluster runs, and the parameters it gives to it.",
        kind: FieldType::View(PostgresView::schema_of),
    },
    FieldSchema {
        name: "settings",
        doc: "`settings[name]`: what a parameter of PostgreSQL really is in this Cluster.",
        kind: FieldType::Lookup(SettingView::schema_of),
    },
    FieldSchema {
        name: "volumes",
        doc: "The volumes of every instance.",
        kind: FieldType::Views(VolumeView::schema_of),
    },
    FieldSchema {
        name: "resources",
        doc: "The memory and processors of every instance.",
        kind: FieldType::View(ResourcesView::schema_of),
    },
    FieldSchema {
        name: "externalClusters",
        doc: "`externalClusters[name]`: whether this Cluster lists an external cluster of that name.",
        kind: FieldType::Lookup(crate::operator::ExternalClusterNameView::schema_of),
    },
    FieldSchema {
        name: "targetTimes",
        doc: "`targetTimes[text]`: what the operator makes of a time to recover to.",
        kind: FieldType::Lookup(crate::operator::TargetTimeView::schema_of),
    },
    FieldSchema {
        name: "podPatches",
        doc: "`podPatches[text]`: what the operator makes of the annotation `cnpg.io/podPatch`.",
        kind: FieldType::Lookup(crate::operator::JsonView::schema_of),
    },
    FieldSchema {
        name: "livenessPingers",
        doc: "`livenessPingers[text]`: what the operator makes of the annotation `alpha.cnpg.io/livenessPinger`.",
        kind: FieldType::Lookup(crate::operator::JsonView::schema_of),
    },
    FieldSchema {
        name: "promotionTokens",
        doc: "`promotionTokens[text]`: what the operator makes of a promotion token.",
        kind: FieldType::Lookup(crate::operator::JsonView::schema_of),
    },
    FieldSchema {
        name: "patterns",
        doc: "`patterns[text]`: whether the operator can compile a regular expression.",
        kind: FieldType::Lookup(crate::operator::PatternView::schema_of),
    },
];

const EXPOSURES: FieldSchema = FieldSchema {
    name: "exposures",
    doc: "The ways in which this lets connections in from outside of the Kubernetes cluster.",
    kind: FieldType::Views(ExposureView::schema_of),
};

const LITERALS: FieldSchema = FieldSchema {
    name: "literals",
    doc: "Database passwords and storage keys that are written out in this.",
    kind: FieldType::Views(LiteralView::schema_of),
};

const ROLES: FieldSchema = FieldSchema {
    name: "roles",
    doc: "The roles of the database that this declares.",
    kind: FieldType::Views(RoleView::schema_of),
};

const LOGINS: FieldSchema = FieldSchema {
    name: "logins",
    doc: "The roles that this declares and that may log in.",
    kind: FieldType::Views(LoginView::schema_of),
};

const BLIND_ALERTS: FieldSchema = FieldSchema {
    name: "blindAlerts",
    doc: "The alerts on metrics that never move where the archiver is a plugin.",
    kind: FieldType::Views(BlindAlertView::schema_of),
};
