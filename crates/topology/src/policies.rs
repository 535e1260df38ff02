//! Network policies: which select a Cluster's pods, and whom they let in.
//!
//! Kubernetes' own and Cilium's, of a namespace and clusterwide. What selects a pod for ingress
//! closes it to all that no rule admits; the rules of all policies together count. Calico's and
//! administrators' policies are not read: where one is there, what is closed is not known.

mod caller;
mod operator;
mod rules;

pub(crate) use operator::{admits_operator, admits_peers};

use crate::index::reach::reaches;
use crate::inventory::{Object, Placement, Wholeness};
use crate::labels::PodLabels;
use crate::read::{Seen, Subject, place, select};
use crate::view::{Known, Place};
use crate::views::Context;
use manifest::Node;
use rules::{Rule, rule};

crate::view! {
    /// A network policy that selects pods of a Cluster.
    pub struct PolicyView {
        /// Its kind.
        pub kind: String,
        /// Its name.
        pub name: String,
        /// Whether it closes the pods to what no rule lets in.
        pub closes_ingress: Known<bool>,
        /// The rules that let something in.
        pub admits: Vec<AdmissionView>,
    }
}

crate::view! {
    /// A rule of a network policy that lets something in.
    pub struct AdmissionView {
        /// The ports it is for; empty: all.
        pub ports: Vec<String>,
        /// Who is let in, for people: `everyone`, `namespace shop`, `10.0.0.0/8`.
        pub peers: Vec<String>,
        /// Whether that is everyone in the Kubernetes cluster or beyond.
        pub is_everyone: Known<bool>,
        /// Whether PostgreSQL's port is among the ports.
        pub has_postgres: Known<bool>,
    }
}

crate::view! {
    /// A network policy, seen from the databases that it selects.
    pub struct ProtectionView {
        /// The deployed Clusters whose pods it surely selects.
        pub clusters: Vec<String>,
        /// Its rules that let something in.
        pub admits: Vec<AdmissionView>,
    }
}

/// PostgreSQL's port, and the one on which the operator asks for the status, with their names in the pods.
pub(crate) const POSTGRES: (u16, &str) = (5432, "postgresql");
pub(crate) const STATUS: (u16, &str) = (8000, "status");

/// Group and kind, and the key of the selector.
const KINDS: &[(&str, &str, &str)] = &[
    ("networking.k8s.io", KUBERNETES, "podSelector"),
    ("cilium.io", "CiliumNetworkPolicy", "endpointSelector"),
    ("cilium.io", CLUSTERWIDE, "endpointSelector"),
];

const KUBERNETES: &str = "NetworkPolicy";
const CLUSTERWIDE: &str = "CiliumClusterwideNetworkPolicy";

/// Kinds of policies that are not read, all of whole Kubernetes clusters.
const UNREAD: &[&str] =
    &["GlobalNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"];

/// The end of the groups of Calico, whose policies of a namespace are called as Kubernetes' own.
const CALICO: &str = "projectcalico.org";

/// A policy, or a section of one, that may select pods.
#[derive(Debug)]
pub(crate) struct Policy {
    kind: &'static str,
    name: String,
    namespace: Option<String>,
    closes: Known<bool>,
    rules: Vec<Rule>,
    /// Why there may be more rules than these.
    doubt: Option<String>,
    place: Option<Place>,
}

impl Policy {
    /// What rules may ask of it.
    pub(crate) fn view(&self) -> PolicyView {
        PolicyView {
            kind: self.kind.to_owned(),
            name: self.name.clone(),
            closes_ingress: self.closes.clone(),
            admits: self.rules.iter().map(Rule::view).collect(),
            place: self.place.clone(),
        }
    }
}

/// The policies that select pods of the Cluster at a context.
pub(crate) fn policies(context: Context<'_>) -> Vec<Policy> {
    let Some(cluster) = context.subject() else { return Vec::new() };
    let labels = PodLabels::new(cluster, context.placement.namespace.name());
    let mut found = Vec::new();
    for (group, kind, selector) in KINDS {
        for (_, object) in context.topology.inventory.of_kind(kind) {
            if object.manifest.group() != Some(group) || object.wholeness != Wholeness::Whole {
                continue;
            }
            let Some(at) = object.placements.iter().find(|at| is_for(kind, at, context.placement)) else {
                continue;
            };
            let sections = sections(object).into_iter();
            let selecting = sections.filter_map(|(section, pointer)| {
                let selected = selected(section, selector, &labels)?;
                (selected != Known::Known(false)).then_some((section, pointer, selected))
            });
            found.extend(
                selecting.map(|(section, pointer, selected)| {
                    policy(object, at, kind, section, &pointer, selected)
                }),
            );
        }
    }
    found
}

/// What the policy at a context does for databases.
pub(crate) fn protection(context: Context<'_>) -> Option<ProtectionView> {
    let object = context.object()?;
    let (group, kind, selector) = KINDS.iter().find(|(_, kind, _)| object.manifest.kind() == Some(kind))?;
    if object.manifest.group() != Some(group) {
        return None;
    }
    let (mut clusters, mut admits) = (Vec::new(), Vec::new());
    for (section, pointer) in sections(object) {
        let here = context.topology.databases().clusters();
        let here = here.filter(|database| is_for(kind, context.placement, &database.placement));
        let surely = here.filter(|database| {
            let cluster = context.topology.inventory.object(database.object).map(Subject::new);
            cluster.is_some_and(|cluster| {
                let labels = PodLabels::new(cluster, database.placement.namespace.name());
                selected(section, selector, &labels) == Some(Known::Known(true))
            })
        });
        let names: Vec<String> = surely.map(|database| database.name.clone()).collect();
        if !names.is_empty() {
            admits.extend(rules(section, &pointer, kind).0.iter().map(Rule::view));
        }
        clusters.extend(names);
    }
    clusters.sort();
    clusters.dedup();
    Some(ProtectionView { clusters, admits, place: None })
}

fn is_for(kind: &str, policy: &Placement, cluster: &Placement) -> bool {
    kind == CLUSTERWIDE || reaches(policy, cluster)
}

/// The sections of a policy, each with its pointer: `spec`, and the items of Cilium's `specs`.
fn sections(object: &Object) -> Vec<(Subject<'_>, String)> {
    let node = &object.manifest.node;
    let found = ["/spec", "/specs/*"].iter().flat_map(|pointer| select(node, pointer));
    found.map(|(node, pointer)| (Subject::new(object).below(node), pointer)).collect()
}

/// Whether a section selects the pods; `None`: it is not about pods, as Cilium's are for nodes.
fn selected(section: Subject<'_>, selector: &str, labels: &PodLabels<'_>) -> Option<Known<bool>> {
    match section.seen(&[selector]) {
        Seen::Present(selector) => Some(labels.selected_by(selector)),
        Seen::Unknown(reason) => Some(Known::Unknown(reason)),
        // Kubernetes takes an absent selector for an empty one.
        Seen::Absent => {
            (selector == "podSelector" || section.node.get(selector).is_some()).then_some(Known::Known(true))
        }
    }
}

fn policy(
    object: &Object,
    at: &Placement,
    kind: &'static str,
    section: Subject<'_>,
    pointer: &str,
    selected: Known<bool>,
) -> Policy {
    let (rules, doubt) = rules(section, pointer, kind);
    let node = &object.manifest.node;
    Policy {
        kind,
        name: object.manifest.name().unwrap_or_default().to_owned(),
        namespace: at.namespace.name().map(str::to_owned),
        closes: closes(section, kind).and(selected),
        rules,
        doubt,
        place: node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    }
}

/// Whether a section is about ingress. Kubernetes: unless `policyTypes` leaves it out. Cilium: where it
/// has rules for it, unless `enableDefaultDeny` says otherwise.
fn closes(section: Subject<'_>, kind: &str) -> Known<bool> {
    if kind == KUBERNETES {
        return section.list(&["policyTypes"]).and_then(|types| {
            let unknown = types.iter().find_map(Node::unknown_reason).map(ToString::to_string);
            if types.is_empty() || types.iter().any(|one| one.as_str() == Some("Ingress")) {
                return Known::Known(true);
            }
            unknown.map_or(Known::Known(false), Known::Unknown)
        });
    }
    let has = |key| section.list(&[key]).map(|rules| !rules.is_empty());
    match section.seen(&["enableDefaultDeny", "ingress"]) {
        Seen::Absent => has("ingress").or(has("ingressDeny")),
        _ => section.boolean(&["enableDefaultDeny", "ingress"], false),
    }
}

/// The rules of a section that let something in, and why there may be others.
fn rules(section: Subject<'_>, pointer: &str, kind: &str) -> (Vec<Rule>, Option<String>) {
    match section.list(&["ingress"]) {
        Known::Known(items) => {
            let unknown = items.iter().find_map(Node::unknown_reason).map(ToString::to_string);
            let items = items.iter().enumerate();
            let rules = items.filter_map(|(at, item)| rule(item, format!("{pointer}/ingress/{at}"), kind));
            (rules.collect(), unknown)
        }
        Known::Unknown(reason) => (Vec::new(), Some(reason)),
    }
}

/// Why more policies may be there for a Cluster than are read; `None`: nothing says so.
fn in_doubt(context: Context<'_>) -> Option<String> {
    let inventory = context.topology.inventory;
    let name = |object: &Object| object.manifest.name().unwrap_or_default().to_owned();
    for kind in UNREAD {
        if let Some((_, object)) = inventory.of_kind(kind).find(|(_, object)| object.is_deployed()) {
            return Some(format!("not known: {kind} {} may close it too", name(object)));
        }
    }
    let mut calico = inventory.of_kind(KUBERNETES).filter(|(_, object)| {
        object.manifest.group().is_some_and(|group| group.ends_with(CALICO))
            && object.placements.iter().any(|at| reaches(at, context.placement))
    });
    if let Some((_, object)) = calico.next() {
        return Some(format!("not known: Calico's {KUBERNETES} {} may close it too", name(object)));
    }
    for kind in ["ClusterPolicy", "Policy"] {
        let mut objects = inventory.of_kind(kind).filter(|(_, object)| object.is_deployed());
        if let Some((_, object)) = objects.find(|(_, object)| generates_policies(&object.manifest.node)) {
            return Some(format!("not known: Kyverno's {kind} {} makes policies", name(object)));
        }
    }
    None
}

fn generates_policies(node: &Node) -> bool {
    let generated = select(node, "/spec/rules/*/generate");
    let kinds = generated.iter().flat_map(|(node, _)| {
        let listed = select(node, "/cloneList/kinds/*").into_iter().map(|(node, _)| node);
        node.get("kind").into_iter().chain(listed)
    });
    kinds.filter_map(Node::as_str).any(|kind| kind.contains("NetworkPolicy"))
}

/// Whether the pods of a Cluster are closed to what nobody lets in.
pub(crate) fn is_closed(context: Context<'_>, policies: &[Policy]) -> Known<bool> {
    let closed = policies.iter().map(|policy| policy.closes.clone()).fold(Known::Known(false), Known::or);
    match closed {
        Known::Known(false) => in_doubt(context).map_or(Known::Known(false), Known::Unknown),
        closed => closed,
    }
}
