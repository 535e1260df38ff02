//! Whether policies let in the operator and the Cluster's own pods, and where the operator runs.

use super::caller::{Caller, Pods};
use super::{POSTGRES, Policy, STATUS, in_doubt};
use crate::index::helm::workplace;
use crate::inventory::{Inventory, Object};
use crate::labels::PodLabels;
use crate::read::select;
use crate::view::Known;
use crate::views::Context;

/// The operator's chart, and the last part of its address in a registry.
const CHART: &str = "cloudnative-pg";

/// The operator's Deployment in its release manifests.
const DEPLOYMENT: &str = "cnpg-controller-manager";

/// Kinds that install the operator, and where they name its chart.
const INSTALLERS: &[(&str, &[&str])] = &[
    ("HelmRelease", &["/spec/chart/spec/chart"]),
    ("Application", &["/spec/source/chart", "/spec/sources/*/chart"]),
    ("HelmChart", &["/spec/chart"]),
];

/// Whether the policies together let the operator ask the pods for their status.
pub(crate) fn admits_operator(context: Context<'_>, policies: &[Policy]) -> Known<bool> {
    let namespaces = namespaces(context.topology.inventory);
    let operator = |own| Caller { namespaces: &namespaces, own, pods: Pods::Operator };
    admits(context, policies, operator, STATUS)
}

/// Whether the policies together let the Cluster's pods connect to each other: a replica is copied
/// from the primary, and follows it, over PostgreSQL's port.
pub(crate) fn admits_peers(context: Context<'_>, policies: &[Policy]) -> Known<bool> {
    let Some(cluster) = context.subject() else { return Known::Known(true) };
    let namespace = context.placement.namespace.name();
    let labels = PodLabels::new(cluster, namespace);
    let namespaces: Vec<String> = namespace.into_iter().map(str::to_owned).collect();
    let peer = |own| Caller { namespaces: &namespaces, own, pods: Pods::Instances(labels) };
    admits(context, policies, peer, POSTGRES)
}

/// Whether a rule of one of the policies lets somebody reach a port.
fn admits<'c>(
    context: Context<'_>,
    policies: &'c [Policy],
    caller: impl Fn(Option<&'c str>) -> Caller<'c>,
    port: (u16, &str),
) -> Known<bool> {
    let mut admitted = Known::Known(false);
    for policy in policies {
        let caller = caller(policy.namespace.as_deref());
        let admits = policy.rules.iter().map(|rule| rule.admits(&caller, port));
        admitted = admits.fold(admitted, Known::or);
        if let Some(reason) = &policy.doubt {
            admitted = admitted.or(Known::Unknown(reason.clone()));
        }
    }
    match admitted {
        Known::Known(false) => in_doubt(context).map_or(Known::Known(false), Known::Unknown),
        admitted => admitted,
    }
}

/// The namespaces of the operator, where something in the repository deploys it.
fn namespaces(inventory: &Inventory) -> Vec<String> {
    let kinds = INSTALLERS.iter().map(|(kind, _)| *kind).chain(["Deployment"]);
    let objects = kinds.flat_map(|kind| inventory.of_kind(kind)).map(|(_, object)| object);
    let operators = objects.filter(|object| is_operator(inventory, object));
    let placed = operators.flat_map(|object| {
        let at = object.placements.iter().map(|placement| workplace(object, placement));
        at.filter_map(|at| at.namespace.name().map(str::to_owned)).collect::<Vec<_>>()
    });
    let inflated = inventory.environments().iter().flat_map(|environment| &environment.opaque);
    let inflated = inflated.filter(|part| part.what.strip_prefix("chart ") == Some(CHART));
    let mut names: Vec<String> = placed.chain(inflated.filter_map(|part| part.namespace.clone())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn is_operator(inventory: &Inventory, object: &Object) -> bool {
    let node = &object.manifest.node;
    let kind = object.manifest.kind().unwrap_or_default();
    if kind == "Deployment" {
        return object.manifest.name() == Some(DEPLOYMENT);
    }
    let pointers = INSTALLERS.iter().find(|(name, _)| *name == kind).map(|(_, pointers)| *pointers);
    let charts = pointers.unwrap_or_default().iter().flat_map(|pointer| select(node, pointer));
    let is_chart = |text: &str| text.rsplit('/').next() == Some(CHART);
    if charts.into_iter().any(|(node, _)| node.as_str().is_some_and(is_chart)) {
        return true;
    }
    let source = node.at(&["spec", "chartRef", "name"]).and_then(|name| name.as_str());
    source.is_some_and(|source| {
        let mut repositories = inventory.of_kind("OCIRepository").map(|(_, object)| object);
        repositories.any(|repository| {
            let url = repository.manifest.node.at(&["spec", "url"]).and_then(|url| url.as_str());
            repository.manifest.name() == Some(source) && url.is_some_and(is_chart)
        })
    })
}
