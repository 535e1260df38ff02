//! Flux: `HelmRelease` and the sources that it names.

use super::{Release, SourceRef, ValueFile, filled, owned};
use crate::scalar::{Piece, join};
use manifest::{Manifest, Node, UnknownReason};

pub(super) fn read(object: &Node) -> Option<Release> {
    let spec = object.get("spec")?;
    let own_name = object.at(&["metadata", "name"])?;
    let target = filled(spec.get("targetNamespace"));
    let chart = spec.at(&["chart", "spec"]);
    let reference = spec.get("chartRef");
    let named = chart.and_then(|chart| chart.get("chart"));
    let at = named.or_else(|| reference.and_then(|reference| reference.get("name"))).unwrap_or(own_name);
    let source = chart.and_then(|chart| chart.get("sourceRef")).or(reference);
    Some(Release {
        chart: named.cloned(),
        repository: None,
        source: source.and_then(source_ref),
        version: chart.and_then(|chart| filled(chart.get("version"))).cloned(),
        name: name(spec, own_name, target),
        namespace: target.or_else(|| object.at(&["metadata", "namespace"])).cloned(),
        values: values(spec, chart),
        reference: at.origin,
        patched: post_renderers(spec),
    })
}

/// The name of the release: as written, else the object's behind its target namespace.
fn name(spec: &Node, own_name: &Node, target: Option<&Node>) -> Node {
    match (filled(spec.get("releaseName")), target) {
        (Some(name), _) => name.clone(),
        (None, None) => own_name.clone(),
        (None, Some(target)) => {
            let pieces = [Piece::Value(Some(target)), Piece::Text("-"), Piece::Value(Some(own_name))];
            join(&pieces, own_name.origin)
        }
    }
}

fn source_ref(reference: &Node) -> Option<SourceRef> {
    Some(SourceRef {
        kind: owned(reference.get("kind"))?,
        name: owned(reference.get("name"))?,
        namespace: owned(reference.get("namespace")),
    })
}

/// Files of the chart's source, then `ConfigMap`s and Secrets, then what is written inline.
fn values(spec: &Node, chart: Option<&Node>) -> Vec<ValueFile> {
    let list = |node: Option<&Node>| node.and_then(Node::as_list).unwrap_or_default().to_vec();
    let files = list(chart.and_then(|chart| chart.get("valuesFiles"))).into_iter().map(ValueFile::Path);
    let objects = list(spec.get("valuesFrom"));
    let objects = objects.iter().filter_map(|from| {
        Some(ValueFile::Object {
            kind: owned(from.get("kind"))?,
            name: from.get("name")?.clone(),
            key: owned(from.get("valuesKey")).unwrap_or_else(|| "values.yaml".to_owned()),
            target: owned(from.get("targetPath"))
                .map(|path| super::parameters::keys(&path))
                .unwrap_or_default(),
        })
    });
    let inline = spec.get("values").cloned().map(ValueFile::Inline);
    files.chain(objects).chain(inline).collect()
}

fn post_renderers(spec: &Node) -> Option<UnknownReason> {
    let renderers = spec.get("postRenderers")?.as_list()?;
    (!renderers.is_empty()).then(|| UnknownReason::Patched("postRenderers of the HelmRelease".to_owned()))
}

pub(super) fn locate(release: &mut Release, source: &Manifest) -> bool {
    let Some(spec) = source.node.get("spec") else { return false };
    let url = spec.get("url").and_then(Node::raw_text);
    match (source.kind(), url) {
        (Some("HelmRepository"), Some(url)) => release.repository = Some(url.to_owned()),
        (Some("OCIRepository"), Some(url)) => {
            let Some((registry, chart)) = url.trim_end_matches('/').rsplit_once('/') else { return false };
            release.repository = Some(registry.to_owned());
            release.chart = Some(crate::scalar::text(chart, release.reference));
            let reference = spec.get("ref");
            let version = ["tag", "semver"].iter().find_map(|key| filled(reference?.get(key)));
            release.version = version.cloned();
        }
        (Some("HelmChart"), _) => {
            release.chart = spec.get("chart").cloned();
            release.version = filled(spec.get("version")).cloned();
            release.source = spec.get("sourceRef").and_then(source_ref);
            return release.chart.is_some();
        }
        _ => return false,
    }
    release.source = None;
    true
}
