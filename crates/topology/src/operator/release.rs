//! Which CloudNativePG runs, as far as the repository says.

use crate::inventory::{Environment, Inventory, Object};
use crate::read::select;
use manifest::Node;

/// A release of the operator, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperatorRelease {
    /// `1.30` or `1.30.0`.
    pub(crate) version: String,
    /// `HelmRelease cnpg`, `the configuration`.
    pub(crate) told_by: String,
}

/// The chart's minor and the operator's that it installs; every patch of the chart keeps it.
const CHARTS: [(u32, u32); 7] = [(23, 25), (24, 26), (25, 26), (26, 27), (27, 28), (28, 29), (29, 30)];

/// Where objects name a chart and its version.
const CHART_FIELDS: [(&str, &str, &str); 3] = [
    ("/spec/chart/spec", "chart", "version"),
    ("/spec/source", "chart", "targetRevision"),
    ("/spec/sources/*", "chart", "targetRevision"),
];

/// The release that everything deployed agrees on, down to the minor.
pub(crate) fn find(inventory: &Inventory) -> Option<OperatorRelease> {
    let kinds = ["HelmRelease", "OCIRepository", "Application", "Deployment"];
    let objects = kinds.iter().flat_map(|kind| inventory.of_kind(kind));
    let objects = objects.filter(|(_, object)| object.is_deployed()).filter_map(|(_, object)| told(object));
    let inflated = inventory.environments().iter().flat_map(inflated);
    let mut found = objects.chain(inflated);
    let first = found.next()?;
    found.all(|other| minor(&other.version) == minor(&first.version)).then_some(first)
}

/// Charts that kustomize inflates.
fn inflated(environment: &Environment) -> impl Iterator<Item = OperatorRelease> + '_ {
    let charts = environment.opaque.iter().filter(|opaque| opaque.what == "chart cloudnative-pg");
    charts.filter_map(|chart| {
        let version = of_chart(chart.version.as_deref()?)?;
        Some(OperatorRelease { version, told_by: format!("the kustomization {}", environment.path) })
    })
}

fn told(object: &Object) -> Option<OperatorRelease> {
    let node = &object.manifest.node;
    let kind = object.manifest.kind()?;
    let version = match kind {
        "Deployment" => image(node),
        "OCIRepository" => oci(node),
        _ => chart(node),
    }?;
    Some(OperatorRelease { version, told_by: format!("{kind} {}", object.manifest.name()?) })
}

fn chart(node: &Node) -> Option<String> {
    CHART_FIELDS.iter().find_map(|(pointer, chart, version)| {
        select(node, pointer).into_iter().find_map(|(node, _)| {
            let is_operator = node.get(chart).and_then(Node::as_str) == Some("cloudnative-pg");
            of_chart(node.get(version).filter(|_| is_operator)?.as_str()?)
        })
    })
}

fn oci(node: &Node) -> Option<String> {
    let url = node.at(&["spec", "url"])?.as_str()?;
    let is_operator = url.ends_with("/charts/cloudnative-pg");
    of_chart(node.at(&["spec", "ref", "tag"]).filter(|_| is_operator)?.as_str()?)
}

fn image(node: &Node) -> Option<String> {
    let images = select(node, "/spec/template/spec/containers/*/image");
    images.into_iter().find_map(|(node, _)| {
        let (name, tag) = node.as_str()?.split('@').next()?.rsplit_once(':')?;
        let version = tag.strip_prefix('v').unwrap_or(tag);
        (name.ends_with("/cloudnative-pg/cloudnative-pg") && minor(version).is_some())
            .then(|| version.to_owned())
    })
}

/// The operator's release that a version of the chart installs; a range over several minors says
/// nothing.
fn of_chart(version: &str) -> Option<String> {
    let (0, chart) = minor(version)? else { return None };
    let (_, operator) = CHARTS.iter().find(|known| known.0 == chart)?;
    Some(format!("1.{operator}"))
}

/// Major and minor: 1 and 30 of `v1.30.0`.
pub(crate) fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{minor, of_chart};

    #[test]
    fn a_chart_installs_a_release() {
        assert_eq!(of_chart("0.29.0").as_deref(), Some("1.30"));
        assert_eq!(of_chart("v0.28.x").as_deref(), Some("1.29"));
        assert_eq!(of_chart("0.x"), None);
        assert_eq!(of_chart(">=0.28.0"), None);
        assert_eq!(of_chart("0.99.0"), None);
        assert_eq!(of_chart("1.28.0"), None);
    }

    #[test]
    fn a_version_is_read_down_to_its_minor() {
        assert_eq!(minor("v1.30.0"), Some((1, 30)));
        assert_eq!(minor("1.30"), Some((1, 30)));
        assert_eq!(minor("latest"), None);
    }
}
