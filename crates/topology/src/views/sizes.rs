//! How much room a Cluster is given: its volumes, memory and processors.

use crate::quantity::Quantity;
use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::Context;
use crate::views::postgres::scalar;
use manifest::Node;

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
        /// The memory limit as written; null without one.
        pub memory_limit_text: Known<Option<String>>,
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
    let below = |more: &[&'static str]| of.seen(&[keys, more].concat());
    let text = |own: &[&'static str], template: &[&'static str]| match below(own) {
        Seen::Present(node) => of_scalar(node),
        Seen::Unknown(reason) => Known::Unknown(reason),
        Seen::Absent => match below(template) {
            Seen::Present(node) => of_scalar(node),
            Seen::Unknown(reason) => Known::Unknown(reason),
            Seen::Absent => Known::Known(None),
        },
    };
    let size = text(&["size"], &["pvcTemplate", "resources", "requests", "storage"]);
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    let at = of.node.at(&[keys, &["size"]].concat()).map(|node| place(node, format!("{pointer}/size")));
    VolumeView {
        field: field.to_owned(),
        purpose: purpose.to_owned(),
        holds_wal,
        size: size.as_ref().map(|text| Quantity::read(text.as_ref()?).map(Quantity::units)),
        size_text: size,
        storage_class: text(&["storageClass"], &["pvcTemplate", "storageClassName"]),
        place: at.or_else(|| of.node.at(keys).map(|node| place(node, pointer))),
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
        memory_limit_text: written("limits", "memory"),
        place: cluster.node.at(&["spec", "resources"]).map(|node| place(node, "/spec/resources")),
    })
}

/// A scalar's text; null where it is empty.
fn of_scalar(node: &Node) -> Known<Option<String>> {
    scalar(node).map(|text| Some(text).filter(|text| !text.is_empty()))
}
