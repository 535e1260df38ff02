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
        /// Whether Flux leaves it alone once it is there: `kustomize.toolkit.fluxcd.io/ssa: IfNotPresent` or
        /// `Ignore`, `kustomize.toolkit.fluxcd.io/reconcile: disabled`.
        pub is_left_alone: Known<bool>,
    }
}

/// The Clusters that the `Kustomization` at a context deploys.
pub(crate) fn view(context: Context<'_>) -> Option<DeploymentView> {
    let root = context.object()?;
    let name = root.manifest.node.at(&["metadata", "name"])?;
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
            is_left_alone: is_left_alone(subject, Subject::new(root)),
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
/// CD's automated `prune`, and nothing at the object against it.
pub(crate) fn is_pruned(context: Context<'_>) -> Known<bool> {
    let inventory = context.topology.inventory;
    let root = inventory.environment(context.placement.environment).and_then(|environment| environment.root);
    let Some(root) = root else { return Known::Known(false) };
    let kinds = ["Kustomization", "Application", "ApplicationSet"];
    let mut objects = kinds.iter().flat_map(|kind| inventory.of_kind(kind)).map(|(_, object)| object);
    let is_root = |object: &&Object| {
        object.manifest.node.at(&["metadata", "name"]).is_some_and(|name| name.origin.span == root)
    };
    let (Some(root), Some(subject)) = (objects.find(is_root), context.subject()) else {
        return Known::Unknown("not known: what deploys it could not be read".to_owned());
    };
    let kind = root.manifest.kind();
    let root = Subject::new(root);
    let (prunes, is_kept) = match kind {
        Some("Kustomization") => (root.boolean(&["spec", "prune"], false), is_kept_by_flux(subject, root)),
        Some("Application") => {
            (root.boolean(&["spec", "syncPolicy", "automated", "prune"], false), is_kept_by_argo(subject))
        }
        _ => {
            let keys = ["spec", "template", "spec", "syncPolicy", "automated", "prune"];
            (root.boolean(&keys, false), is_kept_by_argo(subject))
        }
    };
    prunes.and(is_kept.not())
}

/// Flux applies nothing to such an object (kustomize-controller, `ExclusionSelector` and
/// `IfNotPresentSelector`). `force: disabled` is not among them: `spec.force` counts without asking it.
fn is_left_alone(subject: Subject<'_>, root: Subject<'_>) -> Known<bool> {
    flux_says(subject, root, "reconcile", &["disabled"]).or(flux_says(
        subject,
        root,
        "ssa",
        &["ignore", "ifnotpresent"],
    ))
}

fn is_kept_by_flux(subject: Subject<'_>, root: Subject<'_>) -> Known<bool> {
    flux_says(subject, root, "prune", &["disabled"]).or(flux_says(subject, root, "reconcile", &["disabled"]))
}

/// Whether a label or an annotation of an object, or the `commonMetadata` of what applies it, has one of
/// these values for a policy of Flux, in whatever case (fluxcd/pkg, `AnyInMetadata`).
fn flux_says(subject: Subject<'_>, root: Subject<'_>, policy: &str, values: &[&str]) -> Known<bool> {
    let key = format!("kustomize.toolkit.fluxcd.io/{policy}");
    let says = |subject: Subject<'_>, parent: &[&str], group: &str| {
        let keys: Vec<&str> = parent.iter().copied().chain([group, &key]).collect();
        let is_one = |text: &str| values.iter().any(|value| text.eq_ignore_ascii_case(value));
        subject.text(&keys).map(|text| text.as_deref().is_some_and(is_one))
    };
    let metadata = ["annotations", "labels"]
        .map(|group| says(subject, &["metadata"], group).or(says(root, &["spec", "commonMetadata"], group)));
    let [annotations, labels] = metadata;
    annotations.or(labels)
}

/// `Delete=false` is about the end of the whole Application, `helm.sh/resource-policy` about Helm: neither
/// keeps an object from being pruned.
fn is_kept_by_argo(subject: Subject<'_>) -> Known<bool> {
    let is_against = |option: &str| matches!(option.trim(), "Prune=false" | "Prune=confirm");
    subject
        .annotation("argocd.argoproj.io/sync-options")
        .map(|options| options.as_deref().is_some_and(|options| options.split(',').any(is_against)))
}
