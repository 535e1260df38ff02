//! Argo CD: the sources of an `Application` that are charts.

use super::parameters;
use super::{Release, ValueFile, filled, owned};
use manifest::{Dialect, Limits, Node, Source, Sources, UnknownReason, Value, mark_unknowns, read_embedded};

/// `template` has `metadata` and `spec` of the `Application`; `object` is what they stand in.
pub(super) fn read(template: &Node, object: &Node, sources: &Sources) -> Vec<Release> {
    let Some(spec) = template.get("spec") else { return Vec::new() };
    let own_name = template.at(&["metadata", "name"]).or_else(|| object.at(&["metadata", "name"]));
    let Some(own_name) = own_name else { return Vec::new() };
    let many = spec.get("sources").and_then(Node::as_list).unwrap_or_default();
    let charts = spec.get("source").into_iter().chain(many);
    let namespace = filled(spec.at(&["destination", "namespace"]));
    charts.filter_map(|chart| release(chart, own_name, namespace, sources)).collect()
}

fn release(source: &Node, own_name: &Node, namespace: Option<&Node>, sources: &Sources) -> Option<Release> {
    let helm = source.get("helm");
    // A directory may be a chart too; who knows the files tells.
    let chart = filled(source.get("chart")).or_else(|| filled(source.get("path")))?;
    let release_name = helm.and_then(|helm| filled(helm.get("releaseName")));
    Some(Release {
        chart: Some(chart.clone()),
        repository: owned(source.get("repoURL")),
        source: None,
        version: filled(source.get("targetRevision")).cloned(),
        name: release_name.unwrap_or(own_name).clone(),
        namespace: helm.and_then(|helm| filled(helm.get("namespace"))).or(namespace).cloned(),
        values: helm.map(|helm| values(helm, sources)).unwrap_or_default(),
        reference: chart.origin,
        patched: None,
    })
}

/// Files, then the values as an object, else as a text, then single parameters.
fn values(helm: &Node, sources: &Sources) -> Vec<ValueFile> {
    let files = helm.get("valueFiles").and_then(Node::as_list).unwrap_or_default();
    let mut values: Vec<ValueFile> = files.iter().cloned().map(ValueFile::Path).collect();
    let object = helm.get("valuesObject").filter(|node| matches!(node.value, Value::Map(_))).cloned();
    let text = || helm.get("values").and_then(|text| embedded(text, sources));
    values.extend(object.or_else(text).map(ValueFile::Inline));
    for key in ["parameters", "fileParameters"] {
        let list = helm.get(key).and_then(Node::as_list).unwrap_or_default();
        values.extend(parameters::read(list).map(ValueFile::Inline));
    }
    values
}

/// The values in a text.
fn embedded(text: &Node, sources: &Sources) -> Option<Node> {
    text.raw_text().filter(|raw| !raw.trim().is_empty())?;
    let file = sources.get(text.origin.span.source).map(Source::bytes).unwrap_or_default();
    let mut documents = read_embedded(text, file, &Limits::default()).documents;
    let read = (!documents.is_empty()).then(|| documents.swap_remove(0)).and_then(|one| one.content.ok());
    let Some(mut node) = read else {
        let reason = text.unknown_reason().cloned().unwrap_or(UnknownReason::Unread);
        return Some(crate::scalar::unknown(reason, text.origin));
    };
    if text.unknown_reason().is_some() {
        mark_unknowns(&mut node, Dialect::FILE);
    }
    Some(node)
}
