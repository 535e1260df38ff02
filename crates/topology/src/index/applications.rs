//! Which applications share a database.

use crate::index::databases::{CNPG, DatabaseIndex, Via};
use crate::index::reach::means;
use crate::inventory::{EnvironmentId, Object, ObjectId};
use crate::read::{Subject, place};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::workload::dumps;
use std::collections::BTreeMap;

crate::view! {
    /// An application that uses a Cluster: what one environment deploys into one namespace.
    pub struct ApplicationView {
        /// The name of the object that uses it.
        pub name: String,
        /// Its kind.
        pub kind: String,
        /// Its namespace; null where that is not known.
        pub namespace: Option<String>,
    }
}

/// Words in the names and images of what looks into any database and is no application of its own:
/// administration, dumps, metrics, dashboards.
const TOOLS: &[&str] = &[
    "adminer",
    "backup",
    "bytebase",
    "cloudbeaver",
    "dbeaver",
    "dbgate",
    "dump",
    "exporter",
    "grafana",
    "init-db",
    "metabase",
    "pgadmin",
    "pgbackweb",
    "pghero",
    "pgweb",
    "prometheus",
    "restic",
    "restore",
    "whodb",
];

/// The applications that use the Cluster at a context, each once: its clients, and what makes the Secrets
/// in which they find its host.
pub(crate) fn applications(context: Context<'_>) -> Vec<ApplicationView> {
    let mine = databases_of_cluster(context);
    let dumps = dumps(context);
    let mut groups: BTreeMap<(Option<String>, EnvironmentId), ApplicationView> = BTreeMap::new();
    for object in users(context, &mine) {
        let is_dump = || dumps.iter().any(|dump| dump.place == name_of(object));
        if is_tool(object) || is_dump() {
            continue;
        }
        for at in &object.placements {
            let namespace = at.namespace.name().map(str::to_owned);
            groups
                .entry((namespace.clone(), at.environment))
                .or_insert_with(|| application(object, namespace));
        }
    }
    // The same object in several environments is one application.
    let mut found: Vec<ApplicationView> = Vec::new();
    for one in groups.into_values() {
        if found.iter().all(|other| other.place != one.place) {
            found.push(one);
        }
    }
    found
}

/// The Cluster at a context as a database, and the Poolers in front of it.
fn databases_of_cluster(context: Context<'_>) -> Vec<DatabaseIndex> {
    let databases = context.topology.databases();
    let Some(own) = context.object().and_then(|object| object.manifest.name()) else { return Vec::new() };
    let named = databases.of_cluster(own).iter().copied();
    let is_mine = |index: &DatabaseIndex| {
        databases.get(*index).is_some_and(|one| means(context.placement, &one.cluster, &one.placement))
    };
    named.filter(is_mine).collect()
}

/// The objects that use one of these databases.
fn users<'t>(context: Context<'t>, mine: &[DatabaseIndex]) -> Vec<&'t Object> {
    let topology = context.topology;
    let clients = topology.clients().all.iter();
    let clients = clients.filter(|client| mine.iter().any(|index| client.databases.contains(index)));
    let clients = clients.filter_map(|client| topology.inventory.object(client.object));
    let makers = ["ExternalSecret", "Secret"].into_iter().flat_map(|kind| topology.inventory.of_kind(kind));
    let names_host = |(id, object): &(ObjectId, &Object)| {
        object.placements.iter().any(|at| {
            let mut mentions = topology.mentions(*id).iter();
            mentions.any(|one| {
                one.via == Via::Service && mine.contains(&one.database) && one.means(topology.databases(), at)
            })
        })
    };
    let makers = makers.filter(names_host).map(|(_, object)| object);
    clients.chain(makers).filter(|object| object.manifest.kind() != Some("ConfigMap")).collect()
}

fn name_of(object: &Object) -> Option<Place> {
    object.manifest.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name"))
}

fn application(object: &Object, namespace: Option<String>) -> ApplicationView {
    ApplicationView {
        name: object.manifest.name().unwrap_or_default().to_owned(),
        kind: object.manifest.kind().unwrap_or_default().to_owned(),
        namespace,
        place: name_of(object),
    }
}

fn is_tool(object: &Object) -> bool {
    let name = object.manifest.name().unwrap_or_default().to_lowercase();
    let is_named = TOOLS.iter().any(|tool| name.contains(tool));
    is_named || matches!(object.manifest.kind(), Some("Job" | "CronJob"))
}

/// The owners of the databases that `Database` objects make in the Cluster at a context; not known
/// where another Cluster of its name may be the one that is meant.
pub(crate) fn database_owners(context: Context<'_>) -> Known<Vec<String>> {
    let Some(own) = context.object() else { return Known::Known(Vec::new()) };
    let Some(name) = own.manifest.name() else { return Known::Known(Vec::new()) };
    let of_kind = |kind| context.topology.inventory.of_kind(kind).map(|(_, object)| object);
    let is_near = |object: &&Object| {
        object.manifest.group() == Some(CNPG)
            && object.placements.iter().any(|at| means(context.placement, name, at))
    };
    let mine = of_kind("Database").filter(is_near);
    let mine = mine.filter(|object| Subject::new(object).raw(&["spec", "cluster", "name"]) == Some(name));
    let mut owners: Vec<String> =
        mine.filter_map(|object| Subject::new(object).raw(&["spec", "owner"]).map(str::to_owned)).collect();
    owners.sort();
    owners.dedup();
    let is_twin = |object: &&Object| !std::ptr::eq(*object, own) && object.manifest.name() == Some(name);
    if !owners.is_empty() && of_kind("Cluster").filter(is_near).any(|object| is_twin(&object)) {
        return Known::Unknown(format!("not known: several Clusters are called {name} here"));
    }
    Known::Known(owners)
}
