//! Network policies: which select a Cluster's pods, and whom they let in.
//!
//! Kubernetes' own, Cilium's (of a namespace and clusterwide) and Calico's. What selects a pod for
//! ingress closes it to all that no rule admits; the rules of all policies together count.

mod peers;

use crate::index::reach::reaches;
use crate::inventory::{Object, Placement, Wholeness};
use crate::labels::PodLabels;
use crate::read::{Subject, place, select};
use crate::topology::Topology;
use crate::view::Known;
use crate::views::Context;
use manifest::Node;

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

/// PostgreSQL's port, the port on which the operator asks for the status, the port of metrics.
pub(crate) const POSTGRES: u16 = 5432;
pub(crate) const STATUS: u16 = 8000;

/// Group, kind, the pointer of its selector, the key of its rules.
const KINDS: &[(&str, &str, &str)] = &[
    ("networking.k8s.io", "NetworkPolicy", "/spec/podSelector"),
    ("cilium.io", "CiliumNetworkPolicy", "/spec/endpointSelector"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy", "/spec/endpointSelector"),
];

/// Kinds of policies whose selectors are not read: where one is there, more may be closed than is known.
const UNREAD: &[&str] =
    &["GlobalNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"];

/// The policies that select pods of the Cluster at a context.
pub(crate) fn policies(context: Context<'_>) -> Vec<PolicyView> {
    let Some(cluster) = context.subject() else { return Vec::new() };
    let labels = PodLabels::new(cluster, context.placement.namespace.name());
    let mut found = Vec::new();
    for (group, kind, selector) in KINDS {
        for (_, object) in context.topology.inventory.of_kind(kind) {
            if object.manifest.group() != Some(group) || object.wholeness != Wholeness::Whole {
                continue;
            }
            if object.placements.iter().any(|at| is_for(kind, at, context.placement)) {
                found.extend(policy(object, kind, selector, &labels));
            }
        }
    }
    found
}

/// What the policy at a context does for databases.
pub(crate) fn protection(context: Context<'_>) -> Option<ProtectionView> {
    let object = context.object()?;
    let kind = object.manifest.kind()?;
    let (.., pointer) = KINDS.iter().find(|(_, known, _)| *known == kind)?;
    let selector = object.manifest.node.pointer(pointer);
    let databases = context.topology.databases();
    let here = databases.clusters().filter(|database| is_for(kind, context.placement, &database.placement));
    let selected = here.filter(|database| {
        let cluster = context.topology.inventory.object(database.object).map(Subject::new);
        let labels = cluster.map(|cluster| PodLabels::new(cluster, database.placement.namespace.name()));
        let by = |labels: PodLabels<'_>| {
            selector.map_or(Known::Known(true), |selector| labels.selected_by(selector))
        };
        labels.is_some_and(|labels| by(labels) == Known::Known(true))
    });
    let mut clusters: Vec<String> = selected.map(|database| database.name.clone()).collect();
    clusters.sort();
    clusters.dedup();
    Some(ProtectionView { clusters, admits: admissions(&object.manifest.node, kind), place: None })
}

fn is_for(kind: &str, policy: &Placement, cluster: &Placement) -> bool {
    kind == "CiliumClusterwideNetworkPolicy" || reaches(policy, cluster)
}

/// A policy, if it may select the pods.
fn policy(object: &Object, kind: &str, selector: &str, labels: &PodLabels<'_>) -> Option<PolicyView> {
    let subject = Subject::new(object);
    let is_selected = match subject.node.pointer(selector) {
        Some(selector) => labels.selected_by(selector),
        // Cilium's policies for nodes have no selector of pods.
        None if kind != "NetworkPolicy" => return None,
        None => Known::Known(true),
    };
    if is_selected == Known::Known(false) {
        return None;
    }
    let closes = closes(subject, kind).and(is_selected);
    let name = subject.raw(&["metadata", "name"]).unwrap_or_default();
    Some(PolicyView {
        kind: kind.to_owned(),
        name: name.to_owned(),
        closes_ingress: closes,
        admits: admissions(subject.node, kind),
        place: subject.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    })
}

/// Whether a policy is about ingress. Kubernetes: unless `policyTypes` leaves it out; Cilium: where it
/// has a section for it, and does not say that nothing is denied by it.
fn closes(subject: Subject<'_>, kind: &str) -> Known<bool> {
    if kind == "NetworkPolicy" {
        return subject
            .list(&["spec", "policyTypes"])
            .map(|types| types.is_empty() || types.iter().any(|one| one.as_str() == Some("Ingress")));
    }
    let has = subject.has(&["spec", "ingress"]).or(subject.has(&["spec", "ingressDeny"]));
    has.and(subject.boolean(&["spec", "enableDefaultDeny", "ingress"], true))
}

/// The rules of a policy that let something in.
pub(crate) fn admissions(node: &Node, kind: &str) -> Vec<AdmissionView> {
    let rules = select(node, "/spec/ingress/*");
    rules.into_iter().filter_map(|(rule, pointer)| peers::admission(rule, pointer, kind)).collect()
}

impl Topology<'_> {
    /// Why there may be policies that are not in the repository; `None`: nothing says so.
    pub(crate) fn policies_in_doubt(&self) -> Option<String> {
        let inventory = self.inventory;
        for kind in UNREAD {
            if let Some((_, object)) = inventory.of_kind(kind).find(|(_, object)| object.is_deployed()) {
                return Some(format!("not known: {kind} {} may", object.manifest.name().unwrap_or_default()));
            }
        }
        for kind in ["ClusterPolicy", "Policy"] {
            let mut objects = inventory.of_kind(kind).filter(|(_, object)| object.is_deployed());
            let found = objects.find(|(_, object)| generates_policies(&object.manifest.node));
            if let Some((_, object)) = found {
                return Some(format!(
                    "not known: Kyverno's {kind} {} makes policies",
                    object.manifest.name().unwrap_or_default()
                ));
            }
        }
        None
    }

    /// The namespace of the operator, where something in the repository deploys it.
    pub(crate) fn operator_namespaces(&self) -> Vec<&str> {
        let is_operator = |node: &Node| {
            let chart = ["/spec/chart/spec/chart", "/spec/source/chart", "/spec/sources/*/chart"];
            let charts = chart.iter().flat_map(|pointer| select(node, pointer));
            charts.into_iter().any(|(node, _)| node.as_str() == Some("cloudnative-pg"))
                || node.at(&["metadata", "name"]).and_then(Node::as_str) == Some("cnpg-controller-manager")
        };
        let kinds = ["HelmRelease", "Application", "Deployment"];
        let objects = kinds.iter().flat_map(|kind| self.inventory.of_kind(kind));
        let operators = objects.filter(|(_, object)| is_operator(&object.manifest.node));
        let mut names: Vec<&str> = operators
            .flat_map(|(_, object)| {
                let node = &object.manifest.node;
                let target = ["/spec/targetNamespace", "/spec/destination/namespace"];
                let target = target.iter().find_map(|pointer| node.pointer(pointer)?.as_str());
                let own = object.placements.iter().filter_map(|placement| placement.namespace.name());
                target.map_or_else(|| own.collect(), |target| vec![target])
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
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
pub(crate) fn is_closed(context: Context<'_>, policies: &[PolicyView]) -> Known<bool> {
    let closed =
        policies.iter().map(|policy| policy.closes_ingress.clone()).fold(Known::Known(false), Known::or);
    match (closed, context.topology.policies_in_doubt()) {
        (Known::Known(false), Some(reason)) => Known::Unknown(reason),
        (closed, _) => closed,
    }
}

/// Whether the policies together let the operator ask the pods for their status.
pub(crate) fn admits_operator(context: Context<'_>, policies: &[PolicyView]) -> Known<bool> {
    let namespaces = context.topology.operator_namespaces();
    if namespaces.is_empty() {
        return Known::Unknown(
            "not known: nothing in the repository says where the operator runs".to_owned(),
        );
    }
    let admits = policies
        .iter()
        .flat_map(|policy| &policy.admits)
        .map(|rule| peers::admits(rule, &namespaces, STATUS));
    let admitted = admits.fold(Known::Known(false), Known::or);
    match (admitted, context.topology.policies_in_doubt()) {
        (Known::Known(false), Some(reason)) => Known::Unknown(reason),
        (admitted, _) => admitted,
    }
}
