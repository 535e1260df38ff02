//! How much room a Cluster is given: its volumes, memory and processors.

use crate::postgres::operator;
use crate::quantity::Quantity;
use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::Context;
use crate::views::parameter::scalar;
use manifest::{Node, pointer_token};

crate::view! {
    /// A volume of every instance of a Cluster.
    pub struct VolumeView {
        /// Where it is configured: `spec.storage`, `spec.walStorage`, `spec.tablespaces[0].storage`.
        pub field: String,
        /// What it holds: `data`, `wal` or `tablespace`.
        pub purpose: String,
        /// Whether the WAL is on it: the volume for it, else the one of the data.
        pub holds_wal: Known<bool>,
        /// Its size as written: `size`, else the request of its `pvcTemplate`; null without one.
        pub size_text: Known<Option<String>>,
        /// Its size in bytes; null where there is none that can be read.
        pub size: Known<Option<i64>>,
        /// Its storage class: `storageClass`, else that of its `pvcTemplate`; null: the Kubernetes cluster's default.
        pub storage_class: Known<Option<String>>,
    }
}

crate::view! {
    /// The memory and processors that every instance of a Cluster is given.
    pub struct ResourcesView {
        /// The memory it may use, in bytes; null without a limit.
        pub memory_limit: Known<Option<i64>>,
        /// The memory that is kept for it, in bytes: the request, else the limit; null without either.
        pub memory_request: Known<Option<i64>>,
        /// The same of processors, in thousandths; null without either.
        pub cpu_request: Known<Option<i64>>,
        /// Whether requests and limits are the same for memory and processors: Kubernetes then calls
        /// the pod `Guaranteed`, and evicts it last.
        pub is_guaranteed: Known<bool>,
        /// What is both requested and limited, but not what is zero.
        pub pairs: Vec<PairView>,
        /// Whether the operator lets `shared_buffers` through beside the requested memory, or the huge pages.
        pub holds_shared_buffers: Known<bool>,
        /// The memory limit as written; null without one.
        pub memory_limit_text: Known<Option<String>>,
    }
}

crate::view! {
    /// A resource that is both requested and limited.
    pub struct PairView {
        /// `cpu`, `memory`, `ephemeral-storage`, `hugepages-2Mi` …
        pub name: String,
        /// What is requested, as written.
        pub request: Known<String>,
        /// What it is limited to, as written.
        pub limit: Known<String>,
        /// Whether the request is not above the limit; of huge pages, whether both are the same.
        pub fits: Known<bool>,
    }
}

const WAL: [&str; 2] = ["spec", "walStorage"];

pub(crate) fn volumes(context: Context<'_>) -> Vec<VolumeView> {
    let Some(cluster) = context.subject() else { return Vec::new() };
    let has_wal = cluster.has(&WAL);
    let mut volumes = Vec::new();
    let data = volume(cluster, &["spec", "storage"], "spec.storage", "data", has_wal.clone().not());
    volumes.push(data);
    if has_wal == Known::Known(true) {
        volumes.push(volume(cluster, &WAL, "spec.walStorage", "wal", Known::Known(true)));
    }
    let spaces = cluster.list(&["spec", "tablespaces"]);
    for (index, space) in spaces.known().copied().unwrap_or_default().iter().enumerate() {
        let field = format!("spec.tablespaces[{index}].storage");
        volumes.push(volume(Subject::whole(space), &["storage"], &field, "tablespace", Known::Known(false)));
    }
    volumes
}

fn volume(of: Subject<'_>, keys: &[&str], field: &str, purpose: &str, holds_wal: Known<bool>) -> VolumeView {
    let text = |more: &[&'static str]| match of.seen(&[keys, more].concat()) {
        Seen::Present(node) => of_scalar(node),
        Seen::Unknown(reason) => Known::Unknown(reason),
        Seen::Absent => Known::Known(None),
    };
    let either = |own: &[&'static str], template: &[&'static str]| {
        text(own).and_then(|own| own.map_or_else(|| text(template), |own| Known::Known(Some(own))))
    };
    let size = either(&["size"], &["pvcTemplate", "resources", "requests", "storage"]);
    let pointer = format!("/{}/size", field.replace(['.', '['], "/").replace(']', ""));
    // Where there is none, what it would stand in.
    let path = [keys, &["size"]].concat();
    let nearest = (0..=path.len()).rev().find_map(|length| of.node.at(path.get(..length)?));
    VolumeView {
        field: field.to_owned(),
        purpose: purpose.to_owned(),
        holds_wal,
        size: size.as_ref().map(|text| Quantity::read(text.as_ref()?).map(Quantity::units)),
        size_text: size,
        storage_class: either(&["storageClass"], &["pvcTemplate", "storageClassName"]),
        place: nearest.map(|node| place(node, pointer)),
    }
}

pub(crate) fn resources(context: Context<'_>) -> Option<ResourcesView> {
    let cluster = context.subject()?;
    let written = |of: &'static str, name: &'static str| match cluster.seen(&["spec", "resources", of, name])
    {
        Seen::Present(node) => of_scalar(node),
        Seen::Absent => Known::Known(None),
        Seen::Unknown(reason) => Known::Unknown(reason),
    };
    let quantity = |of, name| {
        let text: Known<Option<String>> = written(of, name);
        text.map(|text| Quantity::read(&text?).filter(|quantity| !quantity.is_zero()))
    };
    // What is limited and not requested is requested at the limit (Kubernetes, "Resource requests").
    let requested = |name| {
        quantity("requests", name).and_then(|request| match request {
            None => quantity("limits", name),
            request => Known::Known(request),
        })
    };
    let is_fixed = |name| {
        let limit = quantity("limits", name);
        let request: Known<Option<Quantity>> = requested(name);
        limit.and_then(|limit| match limit {
            None => Known::Known(false),
            limit => request.map(|request| request == limit),
        })
    };
    Some(ResourcesView {
        memory_limit: quantity("limits", "memory").map(|limit| limit.map(Quantity::units)),
        memory_request: requested("memory").map(|request| request.map(Quantity::units)),
        cpu_request: requested("cpu").map(|request| request.map(Quantity::thousandths)),
        is_guaranteed: is_fixed("memory").and(is_fixed("cpu")),
        pairs: pairs(cluster),
        holds_shared_buffers: holds_shared_buffers(cluster),
        memory_limit_text: written("limits", "memory"),
        place: cluster.node.at(&["spec", "resources"]).map(|node| place(node, "/spec/resources")),
    })
}

/// The quantities of `spec.resources.requests` or `limits`, with their nodes.
fn quantities<'n>(cluster: Subject<'n>, of: &str) -> Vec<(&'n str, &'n Node, Known<Option<Quantity>>)> {
    let map = cluster.node.at(&["spec", "resources", of]).and_then(Node::as_map);
    let entries = map.map(|map| map.entries.as_slice()).unwrap_or_default();
    let read = |node| scalar(node).map(|text| Quantity::read(&text).filter(|quantity| !quantity.is_zero()));
    entries.iter().map(|entry| (entry.key.as_str(), &entry.value, read(&entry.value))).collect()
}

const HUGE_PAGES: &str = "hugepages-";

fn pairs(cluster: Subject<'_>) -> Vec<PairView> {
    let limits = quantities(cluster, "limits");
    let pair = |(name, node, request): (&str, &Node, Known<Option<Quantity>>)| {
        let (_, limit_node, limit) = limits.iter().find(|(limited, ..)| *limited == name)?;
        let fits = request.and_then(|request| {
            limit.as_ref().map(|limit| match (request, limit) {
                (Some(request), Some(limit)) if name.starts_with(HUGE_PAGES) => request == *limit,
                (Some(request), Some(limit)) => request <= *limit,
                _ => true,
            })
        });
        Some(PairView {
            name: name.to_owned(),
            request: scalar(node),
            limit: scalar(limit_node),
            fits,
            place: Some(place(node, format!("/spec/resources/requests/{}", pointer_token(name)))),
        })
    };
    quantities(cluster, "requests").into_iter().filter_map(pair).collect()
}

/// As the operator decides it: only where memory is requested by itself, and with `shared_buffers` as
/// it reads them.
fn holds_shared_buffers(cluster: Subject<'_>) -> Known<bool> {
    let buffers = match cluster.seen(&["spec", "postgresql", "parameters", "shared_buffers"]) {
        Seen::Present(node) => scalar(node).map(|text| operator::size(&text)),
        Seen::Absent => Known::Known(None),
        Seen::Unknown(reason) => Known::Unknown(reason),
    };
    let requests = quantities(cluster, "requests");
    let holds = |quantity: &Known<Option<Quantity>>| {
        buffers.as_ref().and_then(|buffers| match buffers {
            None => Known::Known(true),
            Some(buffers) => quantity.as_ref().map(|quantity| quantity.is_some_and(|room| *buffers <= room)),
        })
    };
    let memory = match requests.iter().find(|(name, ..)| *name == "memory") {
        // What is not requested is not compared.
        Some((.., Known::Known(None))) => Known::Known(true),
        Some((.., memory)) => holds(memory),
        None => cluster.has(&["spec", "resources", "requests", "memory"]).not(),
    };
    let pages = [requests, quantities(cluster, "limits")].concat();
    let pages = pages.iter().filter(|(name, ..)| name.starts_with(HUGE_PAGES));
    pages.fold(memory, |held, (.., page)| held.or(holds(page)))
}

/// A scalar's text; null where it is empty.
fn of_scalar(node: &Node) -> Known<Option<String>> {
    scalar(node).map(|text| Some(text).filter(|text| !text.is_empty()))
}
