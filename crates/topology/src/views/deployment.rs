//! What deploys databases: Flux's `Kustomization`s and Argo CD's `Application`s.

use crate::index::databases::CNPG;
use crate::inventory::{EnvironmentKind, Object, Wholeness};
use crate::read::{Subject, place};
use crate::view::Known;
use crate::views::Context;

crate::view! {
    /// What an object deploys.
    pub struct DeploymentView {
        /// The Clusters that it deploys.
        pub clusters: Vec<DeployedView>,
    }
}

crate::view! {
    /// A Cluster that something deploys.
    pub struct DeployedView {
        /// Its name, as written.
        pub name: String,
        /// Whether an annotation keeps Flux from replacing it: `kustomize.toolkit.fluxcd.io/force: disabled`.
        pub is_never_replaced: Known<bool>,
    }
}

/// The Clusters that the `Kustomization` at a context deploys.
pub(crate) fn view(context: Context<'_>) -> Option<DeploymentView> {
    let object = context.object()?;
    let name = object.manifest.node.at(&["metadata", "name"])?;
    let inventory = context.topology.inventory;
    let is_mine = |root: Option<manifest::Span>| root == Some(name.origin.span);
    let clusters = inventory.of_kind("Cluster").map(|(_, object)| object);
    let clusters = clusters
        .filter(|object| object.manifest.group() == Some(CNPG) && object.wholeness == Wholeness::Whole);
    let deployed = clusters.filter(|object| {
        let mut environments =
            object.placements.iter().filter_map(|at| inventory.environment(at.environment));
        environments.any(|environment| is_mine(environment.root))
    });
    let clusters = deployed.map(|object| {
        let subject = Subject::new(object);
        DeployedView {
            name: subject.raw(&["metadata", "name"]).unwrap_or_default().to_owned(),
            is_never_replaced: subject
                .annotation("kustomize.toolkit.fluxcd.io/force")
                .map(|value| value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("disabled"))),
            place: subject.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
        }
    });
    Some(DeploymentView { clusters: clusters.collect(), place: Some(place(name, "/metadata/name")) })
}

/// What deploys the object at a context: `flux`, `argocd`, `kustomize`, `directory`, `cluster`.
pub(crate) fn deployed_by(context: Context<'_>) -> &'static str {
    let environment = context.topology.inventory.environment(context.placement.environment);
    match environment.map(|environment| environment.kind) {
        Some(EnvironmentKind::Flux) => "flux",
        Some(EnvironmentKind::ArgoCd) => "argocd",
        Some(EnvironmentKind::Kustomize) => "kustomize",
        Some(EnvironmentKind::Cluster) => "cluster",
        Some(EnvironmentKind::Directory) | None => "directory",
    }
}

/// Whether what deploys the object at a context deletes it when it is gone from Git: Flux's `prune`, Argo
/// CD's automated `prune`.
pub(crate) fn is_pruned(context: Context<'_>) -> Known<bool> {
    let inventory = context.topology.inventory;
    let root = inventory.environment(context.placement.environment).and_then(|environment| environment.root);
    let Some(root) = root else { return Known::Known(false) };
    let kinds = ["Kustomization", "Application", "ApplicationSet"];
    let mut objects = kinds.iter().flat_map(|kind| inventory.of_kind(kind)).map(|(_, object)| object);
    let is_root = |object: &&Object| {
        object.manifest.node.at(&["metadata", "name"]).is_some_and(|name| name.origin.span == root)
    };
    let Some(object) = objects.find(is_root) else {
        return Known::Unknown("not known: what deploys it could not be read".to_owned());
    };
    let subject = Subject::new(object);
    match object.manifest.kind() {
        Some("Kustomization") => subject.boolean(&["spec", "prune"], false),
        Some("Application") => subject.boolean(&["spec", "syncPolicy", "automated", "prune"], false),
        _ => subject.boolean(&["spec", "template", "spec", "syncPolicy", "automated", "prune"], false),
    }
}
