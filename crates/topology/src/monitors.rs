//! What watches a Cluster: monitors of pods and services.

use crate::index::databases::CNPG;
use crate::index::reach::{opaque_database, reaches};
use crate::inventory::{Object, Placement, Wholeness};
use crate::labels::PodLabels;
use crate::read::{Subject, place};
use crate::view::Known;
use crate::views::Context;
use manifest::Node;

crate::view! {
    /// What a `PodMonitor` selects.
    pub struct MonitorView {
        /// Whether it is about pods of CloudNativePG: its selector names a label `cnpg.io/…`.
        pub is_for_databases: bool,
        /// The Cluster that its selector names by the label `cnpg.io/cluster`; null: none.
        pub cluster: Known<Option<String>>,
        /// Whether it selects pods of a Cluster or Pooler that is deployed.
        pub selects: Known<bool>,
        /// The deployed Clusters in the namespaces that it looks at.
        pub candidates: Vec<String>,
    }
}

crate::view! {
    /// A monitor that watches a Cluster.
    pub struct WatcherView {
        /// `PodMonitor` or `VMPodScrape`.
        pub kind: String,
        /// Its name.
        pub name: String,
    }
}

/// What the `PodMonitor` at a context selects.
pub(crate) fn monitor(context: Context<'_>) -> Option<MonitorView> {
    let subject = context.subject()?;
    let selector = subject.node.at(&["spec", "selector"])?;
    let named = label(selector, "cnpg.io/cluster");
    let clusters = clusters(context, subject);
    let selects = clusters.iter().map(|(object, at)| selects_cluster(selector, object, at));
    let pooler = label(selector, "cnpg.io/poolerName").is_some();
    let selects = if pooler { Known::Known(true) } else { selects.fold(Known::Known(false), Known::or) };
    let selects = match selects {
        Known::Known(false) => hidden(context).map_or(selects, Known::Unknown),
        selects => selects,
    };
    let unknown = named.and_then(Node::unknown_reason).map(ToString::to_string);
    let mut candidates: Vec<String> =
        clusters.iter().filter_map(|(object, _)| object.manifest.name().map(str::to_owned)).collect();
    candidates.sort();
    candidates.dedup();
    Some(MonitorView {
        is_for_databases: named.is_some() || label(selector, "cnpg.io/podRole").is_some(),
        cluster: match unknown {
            Some(reason) => Known::Unknown(reason),
            None => Known::Known(named.and_then(Node::as_str).map(str::to_owned)),
        },
        selects,
        candidates,
        place: Some(place(named.unwrap_or(selector), "/spec/selector")),
    })
}

/// Why there may be a Cluster that is not read.
fn hidden(context: Context<'_>) -> Option<String> {
    let inventory = context.topology.inventory;
    if let Some(part) = opaque_database(inventory, context.placement) {
        return Some(format!("not known: {} may hold it", part.what));
    }
    let mut all = inventory.of_kind("Cluster").map(|(_, object)| object);
    let is_patch = |object: &&Object| {
        object.manifest.group() == Some(CNPG)
            && object.wholeness != Wholeness::Whole
            && object.placements.iter().any(|at| reaches(context.placement, at))
    };
    let patch = all.find(is_patch)?;
    Some(format!("not known: only a part of Cluster {} is read", patch.manifest.name().unwrap_or_default()))
}

fn label<'n>(selector: &'n Node, key: &str) -> Option<&'n Node> {
    selector.at(&["matchLabels", key])
}

/// The deployed Clusters in the namespaces that a monitor looks at.
fn clusters<'t>(context: Context<'t>, monitor: Subject<'_>) -> Vec<(&'t Object, &'t Placement)> {
    let any = monitor.boolean(&["spec", "namespaceSelector", "any"], false) == Known::Known(true);
    let names = monitor.list(&["spec", "namespaceSelector", "matchNames"]);
    let names = names.known().copied().unwrap_or_default();
    let looks_at = |at: &&Placement| {
        any || if names.is_empty() {
            reaches(context.placement, at)
        } else {
            names.iter().any(|name| {
                name.unknown_reason().is_some()
                    || name.as_str().is_none_or(|name| at.namespace.name().is_none_or(|own| own == name))
            })
        }
    };
    let all = context.topology.inventory.of_kind("Cluster").map(|(_, object)| object);
    let own =
        all.filter(|object| object.manifest.group() == Some(CNPG) && object.wholeness == Wholeness::Whole);
    own.flat_map(|object| object.placements.iter().filter(looks_at).map(move |at| (object, at))).collect()
}

fn selects_cluster(selector: &Node, object: &Object, at: &Placement) -> Known<bool> {
    PodLabels::new(Subject::new(object), at.namespace.name()).selected_by(selector)
}

/// The monitors that select pods of the Cluster at a context.
pub(crate) fn watchers(context: Context<'_>) -> Vec<WatcherView> {
    let Some(object) = context.object() else { return Vec::new() };
    let mut found = Vec::new();
    for kind in ["PodMonitor", "VMPodScrape"] {
        for (id, monitor) in context.topology.inventory.of_kind(kind) {
            let Some(selector) = monitor.manifest.node.at(&["spec", "selector"]) else { continue };
            let sees = monitor.placements.iter().any(|placement| {
                let at = Context { object: id, placement, ..context };
                clusters(at, Subject::new(monitor)).iter().any(|(other, _)| std::ptr::eq(*other, object))
            });
            if sees && selects_cluster(selector, object, context.placement) != Known::Known(false) {
                found.push(watcher(kind, monitor));
            }
        }
    }
    found
}

/// The `PodMonitor`s that are for databases and select none, where the Cluster at a context is among
/// those in the namespaces they look at.
pub(crate) fn misdirected(context: Context<'_>) -> Vec<WatcherView> {
    let Some(object) = context.object() else { return Vec::new() };
    let mut found = Vec::new();
    for (id, other) in context.topology.inventory.of_kind("PodMonitor") {
        let misses = |placement: &Placement| {
            let at = Context { object: id, placement, ..context };
            let view =
                monitor(at).filter(|view| view.is_for_databases && view.selects == Known::Known(false));
            view.is_some()
                && clusters(at, Subject::new(other)).iter().any(|(one, _)| std::ptr::eq(*one, object))
        };
        if other.placements.iter().any(misses) {
            found.push(watcher("PodMonitor", other));
        }
    }
    found
}

fn watcher(kind: &str, monitor: &Object) -> WatcherView {
    let node = &monitor.manifest.node;
    WatcherView {
        kind: kind.to_owned(),
        name: monitor.manifest.name().unwrap_or_default().to_owned(),
        place: node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    }
}
