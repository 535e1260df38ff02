//! Which objects mean each other: the same environment, or the same namespace.

use crate::inventory::{Environment, Inventory, Opaque, Placement};

/// Whether what is placed at `to` is meant by a name that is used at `from`: in the same
/// environment unless the namespaces surely differ, in another one only where they surely are
/// the same.
pub(crate) fn reaches(from: &Placement, to: &Placement) -> bool {
    let near = from.environment == to.environment && from.namespace.may_be_same(&to.namespace);
    near || from.namespace.same(&to.namespace)
}

/// The same for a name as written: one with a variable means something only in its own
/// environment, as another one fills it in otherwise.
pub(crate) fn means(from: &Placement, name: &str, to: &Placement) -> bool {
    reaches(from, to) && (from.environment == to.environment || !name.contains("${"))
}

/// A part of the environment at `from` that could make a Secret called `secret`. A chart that a
/// kustomization inflates names its Secrets after itself; what else could not be looked into
/// could hold any.
pub(crate) fn opaque<'i>(inventory: &'i Inventory, secret: &str, from: &Placement) -> Option<&'i Opaque> {
    environment(inventory, from)?.opaque.iter().find(|part| match inflated(part) {
        Some(chart) => named_after(secret, chart),
        None => true,
    })
}

/// The name of a chart, where a part is one from elsewhere whose name is known: not `chart in
/// <directory>`, nor `chart without a name`.
fn inflated(part: &Opaque) -> Option<&str> {
    let chart = part.what.strip_prefix("chart ")?;
    (!chart.contains(' ') && !chart.contains("${")).then_some(chart)
}

/// Whether charts would give the Secret of a release that name: its own, or one that starts
/// with it.
pub(crate) fn named_after(secret: &str, release: &str) -> bool {
    secret.strip_prefix(release).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Parts of the environment at `from` that could hold a CloudNativePG object. Of charts only
/// those that speak of databases; bundles of CRDs hold none.
pub(crate) fn opaque_database<'i>(inventory: &'i Inventory, from: &Placement) -> Option<&'i Opaque> {
    const SPEAKS: [&str; 5] = ["postgres", "cnpg", "cloudnative", "cluster", "database"];
    environment(inventory, from)?.opaque.iter().find(|part| {
        let what = part.what.to_lowercase();
        if what.starts_with("chart") {
            SPEAKS.iter().any(|word| what.contains(word))
        } else {
            !what.contains("crd")
        }
    })
}

fn environment<'i>(inventory: &'i Inventory, from: &Placement) -> Option<&'i Environment> {
    inventory.environment(from.environment)
}
