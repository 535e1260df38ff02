//! Workloads: which databases they use, and which of them take dumps.

use crate::index::databases::{Database, Via};
use crate::index::reach::reaches;
use crate::inventory::Object;
use crate::read::{Subject, place, walk};
use crate::view::Known;
use crate::views::Context;
use crate::views::hosts::{HostView, hosts};
use crate::views::secret_keys::{FarSecretView, SecretKeyView, far_secrets, secret_keys};
use std::collections::BTreeSet;

crate::view! {
    /// How a workload, a release of a chart or a `ConfigMap` uses databases.
    pub struct WorkloadView {
        /// The Clusters that it is a client of: it names a host of one or of its Pooler, the Secret
        /// with its credentials, or a Secret or `ConfigMap` that does.
        pub databases: Vec<String>,
        /// The hosts of databases that it surely connects to: the first place for each, and for each
        /// that is said to be written to.
        pub hosts: Vec<HostView>,
        /// Where it reads the superuser's credentials of a Cluster: the first place for each Secret.
        pub superuser_secrets: Vec<SecretUseView>,
        /// The keys that it names of Secrets with credentials of databases.
        pub secret_keys: Vec<SecretKeyView>,
        /// The Secrets it names that only databases of other namespaces have: the first place for each.
        pub far_secrets: Vec<FarSecretView>,
    }
}

crate::view! {
    /// A place that names a Secret of a database.
    pub struct SecretUseView {
        /// The Secret.
        pub secret: String,
        /// The Cluster whose it is.
        pub cluster: String,
    }
}

crate::view! {
    /// Something that takes logical dumps of a Cluster.
    pub struct DumpView {
        /// Its kind: `CronJob`, `Job`, `HelmRelease`, …
        pub kind: String,
        /// Its name, as written.
        pub name: String,
        /// The word by which it was known: `pg_dump`, `restic`, …
        pub tool: String,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<WorkloadView> {
    let Context { topology, object: id, placement } = context;
    let node = context.object()?.manifest.node.at(&["metadata", "name"]);
    let databases = topology.databases();
    let used = topology.databases_of(id, placement);
    let names =
        used.iter().filter_map(|index| databases.get(*index)).map(|database| database.cluster.clone());
    let mentions = topology.mentions(id).iter();
    let superuser = mentions.filter(|it| it.via == Via::SuperuserSecret && it.means(databases, placement));
    let mut seen = BTreeSet::new();
    Some(WorkloadView {
        databases: names.collect::<BTreeSet<_>>().into_iter().collect(),
        superuser_secrets: superuser
            .filter(|mention| seen.insert((mention.word.as_str(), mention.database)))
            .filter_map(|mention| {
                Some(SecretUseView {
                    secret: mention.word.clone(),
                    cluster: databases.get(mention.database)?.cluster.clone(),
                    place: Some(mention.place.clone()),
                })
            })
            .collect(),
        hosts: hosts(context),
        secret_keys: secret_keys(context),
        far_secrets: far_secrets(context),
        place: node.map(|node| place(node, "/metadata/name")),
    })
}

/// The clients of a Cluster that take dumps of it.
pub(crate) fn dumps(context: Context<'_>) -> Vec<DumpView> {
    let Context { topology, .. } = context;
    let databases = topology.databases();
    let clients = topology.clients().all.iter();
    let of_this = clients.filter(|client| {
        let mut used = client.databases.iter().filter_map(|index| databases.get(*index));
        used.any(|database| is_of(database, context))
    });
    let ids: BTreeSet<_> = of_this.map(|client| client.object).collect();
    ids.into_iter().filter_map(|id| dump(topology.inventory.object(id)?)).collect()
}

/// Whether a database is the Cluster that is judged, or a Pooler in front of it.
fn is_of(database: &Database, context: Context<'_>) -> bool {
    let name = context.subject().and_then(|cluster| cluster.raw(&["metadata", "name"]));
    let is_it = database.object == context.object || database.is_pooler;
    is_it && Some(database.cluster.as_str()) == name && reaches(context.placement, &database.placement)
}

/// Kinds that run something once or now and then, or install what does.
const DUMP_KINDS: [&str; 4] = ["CronJob", "Job", "HelmRelease", "Application"];

/// Tools that write a database's contents elsewhere.
const DUMP_TOOLS: [&str; 4] = ["pg_dumpall", "pg_dump", "restic", "borgmatic"];

/// Keys below which a tool is run, not just spoken of.
const RUNS: [&str; 5] = ["command", "args", "image", "repository", "script"];

fn dump(object: &Object) -> Option<DumpView> {
    let runs = DUMP_KINDS.contains(&object.manifest.kind()?);
    let subject = Subject::new(object);
    if !runs || subject.boolean(&["spec", "suspend"], false) == Known::Known(true) {
        return None;
    }
    let name = object.manifest.name()?;
    let mut tool = DUMP_TOOLS.iter().find(|tool| name.contains(**tool));
    walk(&object.manifest.node, &mut |node, keys, _| {
        if tool.is_none() && keys.iter().any(|key| RUNS.contains(&&**key)) {
            let text = node.raw_text().unwrap_or_default();
            tool = DUMP_TOOLS.iter().find(|tool| text.contains(**tool));
        }
    });
    let node = object.manifest.node.at(&["metadata", "name"])?;
    Some(DumpView {
        kind: object.manifest.kind()?.to_owned(),
        name: name.to_owned(),
        tool: (*tool?).to_owned(),
        place: Some(place(node, "/metadata/name")),
    })
}
