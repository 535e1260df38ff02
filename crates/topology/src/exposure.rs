//! Services that let connections in from outside of the Kubernetes cluster.

use crate::address::all_private;
use crate::index::reach::reaches;
use crate::inventory::{Inventory, Object};
use crate::read::{Seen, Subject, place, select};
use crate::view::Known;
use crate::views::{Context, service};
use manifest::Node;
use std::collections::BTreeSet;

crate::view! {
    /// A way in from outside of the Kubernetes cluster.
    pub struct ExposureView {
        /// `LoadBalancer`, `NodePort` or `ExternalIPs`.
        pub kind: Known<String>,
        /// Whether it is private: an internal load balancer, private addresses, or private ranges
        /// that alone may connect.
        pub is_private: Known<bool>,
        /// Why it is known to be private or not, in a few words; null where nothing says.
        pub why: Option<String>,
        /// Whether `loadBalancerSourceRanges` says who alone may connect.
        pub is_limited: Known<bool>,
        /// The Clusters that it leads to, through a Pooler or without.
        pub databases: Known<Vec<String>>,
    }
}

/// The ways in that a Service, or what a Cluster or a Pooler has the operator make one from, opens.
pub(crate) fn exposures(context: Context<'_>) -> Vec<ExposureView> {
    let Some(object) = context.object() else { return Vec::new() };
    let node = &object.manifest.node;
    let templates = match object.manifest.kind() {
        Some("Service") => vec![(node, String::new())],
        Some("Cluster") => select(node, "/spec/managed/services/additional/*/serviceTemplate"),
        Some("Pooler") => select(node, "/spec/serviceTemplate"),
        _ => Vec::new(),
    };
    let inventory = context.topology.inventory;
    let mut found: Vec<_> = templates
        .iter()
        .flat_map(|(node, pointer)| of_service(Subject::whole(node), pointer, inventory))
        .collect();
    if !found.is_empty() {
        let databases = databases(context, object);
        for exposure in &mut found {
            exposure.databases = databases.clone();
        }
    }
    found
}

/// The Clusters behind what a Service selects; else the Cluster itself, or that of the Pooler.
fn databases(context: Context<'_>, object: &Object) -> Known<Vec<String>> {
    let subject = Subject::new(object);
    let name = subject.raw(&["metadata", "name"]).unwrap_or_default();
    match object.manifest.kind() {
        Some("Service") => {
            let Some(view) = service::view(context) else { return Known::Known(Vec::new()) };
            view.clusters.and_then(|clusters| {
                view.poolers.map(|poolers| {
                    let behind = poolers.into_iter().map(|pooler| behind(context, pooler));
                    clusters.into_iter().chain(behind).collect::<BTreeSet<_>>().into_iter().collect()
                })
            })
        }
        Some("Pooler") => {
            Known::Known(vec![subject.raw(&["spec", "cluster", "name"]).unwrap_or(name).to_owned()])
        }
        _ => Known::Known(object.manifest.name().map(str::to_owned).into_iter().collect()),
    }
}

/// The Cluster that a Pooler beside the Service is for.
fn behind(context: Context<'_>, pooler: String) -> String {
    let mut all = context.topology.databases().all.iter();
    let found = all.find(|it| it.is_pooler && it.name == pooler && reaches(context.placement, &it.placement));
    found.map(|it| it.cluster.clone()).filter(|cluster| !cluster.is_empty()).unwrap_or(pooler)
}

fn of_service(service: Subject<'_>, pointer: &str, inventory: &Inventory) -> Vec<ExposureView> {
    let mut found = Vec::new();
    if let Seen::Present(node) = service.seen(&["spec", "type"]) {
        let kind = service.text(&["spec", "type"]).map(Option::unwrap_or_default);
        let (is_private, why) = match kind.as_ref() {
            Known::Known(kind) if kind == "LoadBalancer" => privacy(service, inventory),
            Known::Known(kind) if kind == "NodePort" => {
                (Known::Known(false), Some("open on every node".to_owned()))
            }
            Known::Known(_) => return external_addresses(service, pointer).into_iter().collect(),
            Known::Unknown(reason) => (Known::Unknown(reason), None),
        };
        let place = Some(place(node, format!("{pointer}/spec/type")));
        let is_limited = service.has(&["spec", "loadBalancerSourceRanges"]);
        let databases = Known::Known(Vec::new());
        found.push(ExposureView { kind, is_private, why, is_limited, databases, place });
    }
    found.extend(external_addresses(service, pointer));
    found
}

fn external_addresses(service: Subject<'_>, pointer: &str) -> Option<ExposureView> {
    let Seen::Present(node) = service.seen(&["spec", "externalIPs"]) else { return None };
    let is_private = texts_private(node)?;
    let place = Some(place(node, format!("{pointer}/spec/externalIPs")));
    let why = is_private.known().map(|private| adjective(*private, "addresses"));
    let kind = Known::Known("ExternalIPs".to_owned());
    let (is_limited, databases) = (Known::Known(false), Known::Known(Vec::new()));
    Some(ExposureView { kind, is_private, why, is_limited, databases, place })
}

type Privacy = (Known<bool>, Option<String>);

/// Whether a load balancer is private, by the first thing that says so.
fn privacy(service: Subject<'_>, inventory: &Inventory) -> Privacy {
    internal(service)
        .or_else(|| {
            addresses_of(service, &["spec", "loadBalancerSourceRanges"], "source ranges").filter(is_private)
        })
        .or_else(|| annotated(service))
        .or_else(|| addresses_of(service, &["spec", "loadBalancerIP"], "address"))
        .or_else(|| pools(service, inventory))
        .unwrap_or((Known::Known(false), None))
}

fn is_private(privacy: &Privacy) -> bool {
    privacy.0 != Known::Known(false)
}

/// Annotations that ask a provider for an internal load balancer, with the values that do
/// (from the providers' documentation).
const INTERNAL: &[(&str, &[&str])] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", &["true", "0.0.0.0/0"]),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", &["internal"]),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", &["true"]),
    ("networking.gke.io/load-balancer-type", &["Internal"]),
    ("cloud.google.com/load-balancer-type", &["Internal"]),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", &["true"]),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", &["true"]),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", &["true"]),
    ("service.beta.kubernetes.io/do-loadbalancer-network", &["INTERNAL"]),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", &["intranet"]),
    ("load-balancer.hetzner.cloud/disable-public-network", &["true"]),
];

fn internal(service: Subject<'_>) -> Option<Privacy> {
    if service.raw(&["spec", "loadBalancerClass"]) == Some("tailscale") {
        return Some((Known::Known(true), Some("on a Tailscale network".to_owned())));
    }
    INTERNAL.iter().find_map(|(name, values)| match service.annotation(name) {
        Known::Known(value) if values.contains(&value.as_deref()?) => {
            Some((Known::Known(true), Some("an internal load balancer".to_owned())))
        }
        Known::Known(_) => None,
        Known::Unknown(reason) => Some((Known::Unknown(reason), None)),
    })
}

/// Annotations that hold the load balancer's addresses.
const ADDRESSES: [&str; 5] = [
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "kube-vip.io/loadbalancerIPs",
];

fn annotated(service: Subject<'_>) -> Option<Privacy> {
    ADDRESSES.iter().find_map(|name| addresses_of(service, &["metadata", "annotations", name], "address"))
}

fn addresses_of(service: Subject<'_>, keys: &[&str], what: &str) -> Option<Privacy> {
    let Seen::Present(node) = service.seen(keys) else { return None };
    let private = texts_private(node)?;
    let why = private.known().map(|private| adjective(*private, what));
    Some((private, why))
}

fn adjective(private: bool, what: &str) -> String {
    format!("{} {what}", if private { "private" } else { "public" })
}

/// Whether the addresses of a text, or of a list of texts, are all private.
fn texts_private(node: &Node) -> Option<Known<bool>> {
    let texts: Vec<_> = if node.as_list().is_some() { node.children().collect() } else { vec![node] };
    let one = |node: &Node| match (node.unknown_reason(), node.as_str()) {
        (Some(reason), _) => Some(Known::Unknown(reason.to_string())),
        (None, text) => all_private(text?).map(Known::Known),
    };
    texts.into_iter().map(one).try_fold(None, |all: Option<Known<bool>>, private| {
        let private = private?;
        Some(Some(all.map_or(private.clone(), |all| all.and(private))))
    })?
}

/// Kinds that hold the addresses that load balancers get, and where.
const POOLS: [(&str, &str, &[&str]); 2] = [
    (
        "cilium.io",
        "CiliumLoadBalancerIPPool",
        &["/spec/blocks/*/cidr", "/spec/blocks/*/start", "/spec/cidrs/*/cidr"],
    ),
    ("metallb.io", "IPAddressPool", &["/spec/addresses/*"]),
];

/// Annotations that choose a pool by name.
const POOL_CHOICES: [&str; 2] = ["metallb.io/address-pool", "metallb.universe.tf/address-pool"];

/// The repository's address pools: the one that is asked for, else all of them.
fn pools(service: Subject<'_>, inventory: &Inventory) -> Option<Privacy> {
    let choice = POOL_CHOICES.iter().find_map(|name| service.raw(&["metadata", "annotations", name]));
    let mut all = None;
    for (group, kind, patterns) in POOLS {
        let objects = inventory.of_kind(kind).map(|(_, object)| object);
        let objects = objects.filter(|object| object.is_deployed() && object.manifest.group() == Some(group));
        let chosen = objects.filter(|object| choice.is_none() || object.manifest.name() == choice);
        for node in chosen.map(|object| &object.manifest.node) {
            for (addresses, _) in patterns.iter().flat_map(|pattern| select(node, pattern)) {
                let private = texts_private(addresses)?;
                all = Some(all.map_or(private.clone(), |all: Known<bool>| all.and(private)));
            }
        }
    }
    let why = all.as_ref()?.known().map(|private| adjective(*private, "address pool"));
    Some((all?, why))
}
