//! The hosts that clients of a database connect to, and what each leads to.

use crate::index::databases::{Database, Via};
use crate::index::helm::workplace;
use crate::index::mentions::Mention;
use crate::index::reach::means;
use crate::read::{Seen, Subject};
use crate::view::Known;
use crate::views::Context;
use manifest::Node;
use std::collections::BTreeSet;

crate::view! {
    /// A place that names the host of a database.
    pub struct HostView {
        /// The host, without its domain.
        pub host: String,
        /// The Cluster whose it is.
        pub cluster: String,
        /// What it leads to: `primary`, `replicas` (`-ro`), `instances` (`-r`), `any` (`-any`: those that
        /// are not ready too), `pod`, or `pooler`.
        pub leads_to: String,
        /// Whether the name of the field or the connection string says that it is written to.
        pub writes: bool,
        /// How many instances the Cluster has.
        pub instances: Known<i64>,
    }
}

/// The hosts that the object at a context surely connects to.
pub(crate) fn hosts(context: Context<'_>) -> Vec<HostView> {
    let Context { topology, object: id, .. } = context;
    let Some(object) = context.object() else { return Vec::new() };
    let placement = &*workplace(object, context.placement);
    let databases = topology.databases();
    let mut seen = BTreeSet::new();
    let mentions = topology.mentions(id).iter();
    let connected = mentions.filter(|it| it.connects && it.means(databases, placement));
    let views = connected.filter_map(|mention| {
        let database = databases.get(mention.database)?;
        let leads_to = leads_to(mention, database)?;
        let writes = writes(&object.manifest.node, &mention.place.pointer);
        let is_first = seen.insert((&mention.word, &database.cluster, writes));
        (is_first && !is_someone_elses(context, mention, database)).then(|| HostView {
            host: mention.word.clone(),
            cluster: database.cluster.clone(),
            leads_to: leads_to.to_owned(),
            writes,
            instances: instances(context, database),
            place: Some(mention.place.clone()),
        })
    });
    views.collect()
}

/// What a host leads to (CloudNativePG, "Service management"); `None` for a Cluster's own name, which
/// no Service of the operator's has.
fn leads_to(mention: &Mention, database: &Database) -> Option<&'static str> {
    if mention.via == Via::Pod {
        return Some("pod");
    }
    if database.is_pooler {
        return Some("pooler");
    }
    match mention.word.strip_prefix(&database.name)? {
        "-rw" => Some("primary"),
        "-ro" => Some("replicas"),
        "-r" => Some("instances"),
        "-any" => Some("any"),
        _ => None,
    }
}

/// Whether the repository has a Service of that name there, which can lead anywhere.
fn is_someone_elses(context: Context<'_>, mention: &Mention, database: &Database) -> bool {
    let services = context.topology.inventory.named("", "Service", &mention.word);
    services.iter().any(|service| means(&database.placement, &mention.word, service.placement))
}

/// Whether the value at a pointer says that it is for writing: by the name of its field or variable,
/// or in the connection string (libpq and JDBC).
fn writes(object: &Node, pointer: &str) -> bool {
    const WRITERS: [&str; 3] = ["write", "primary", "master"];
    const READERS: [&str; 4] = ["replica", "slave", "standby", "secondary"];
    const SESSIONS: [&str; 4] = [
        "target_session_attrs=read-write",
        "target_session_attrs=primary",
        "targetServerType=primary",
        "targetServerType=master",
    ];
    let text = object.pointer(pointer).and_then(Node::raw_text).unwrap_or_default();
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let name = object.pointer(parent).filter(|_| key == "value").and_then(|variable| variable.get("name"));
    let name = name.and_then(Node::raw_text).unwrap_or(key).to_lowercase();
    let named =
        WRITERS.iter().any(|word| name.contains(word)) && !READERS.iter().any(|word| name.contains(word));
    named || SESSIONS.iter().any(|session| text.contains(session))
}

/// `spec.instances` of the database's Cluster.
fn instances(context: Context<'_>, database: &Database) -> Known<i64> {
    let inventory = context.topology.inventory;
    let Some(cluster) = inventory.object(database.object).filter(|_| !database.is_pooler) else {
        return Known::Unknown("not known: its Cluster is not at hand".to_owned());
    };
    match Subject::new(cluster).seen(&["spec", "instances"]) {
        Seen::Present(node) => match (node.as_i64(), node.unknown_reason()) {
            (Some(count), _) => Known::Known(count),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Unknown("not a number".to_owned()),
        },
        Seen::Absent => Known::Known(1),
        Seen::Unknown(reason) => Known::Unknown(reason),
    }
}
