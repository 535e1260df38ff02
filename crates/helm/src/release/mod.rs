//! What is asked of Helm: a chart, a name, a namespace and values.

mod argo;
mod flux;
mod kustomize;
mod parameters;

use crate::values::{merge, set};
use manifest::{Manifest, Map, Node, Origin, Sources, UnknownReason, Value};

/// One chart to be installed under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Name of the chart, or path of its directory; `None` until [`Release::locate`] was given the
    /// object that [`Release::source`] names.
    pub chart: Option<Node>,
    /// URL of the chart repository, or of the registry without the chart's name, as written.
    pub repository: Option<String>,
    /// The object that says where the chart is (Flux), until it was given.
    pub source: Option<SourceRef>,
    /// Version or range of versions; `None`: the newest.
    pub version: Option<Node>,
    /// Name of the release.
    pub name: Node,
    /// Namespace that it is installed into; `None`: where its maker is deployed.
    pub namespace: Option<Node>,
    /// Where its values stand, the last one wins.
    pub values: Vec<ValueFile>,
    /// Where the chart is named: the place of all that comes from the chart and not from values.
    pub reference: Origin,
    /// What changes the objects after they were rendered, if anything does.
    pub patched: Option<UnknownReason>,
}

/// An object that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// `HelmRepository`, `OCIRepository`, `GitRepository`, `HelmChart`, ….
    pub kind: String,
    /// Its name as written.
    pub name: String,
    /// Its namespace; `None`: that of the release's object.
    pub namespace: Option<String>,
}

/// One set of values.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueFile {
    /// Written in the object itself.
    Inline(Node),
    /// A file, by its path as written: relative to the object's file (kustomize), or to the chart (Argo
    /// CD, Flux).
    Path(Node),
    /// A key of a `ConfigMap` or Secret.
    Object {
        /// `ConfigMap` or `Secret`.
        kind: String,
        /// Its name, where it is written.
        name: Node,
        /// The key, `values.yaml` where none is named.
        key: String,
        /// The one value that it gives, as a path of keys; empty: a whole file of values.
        target: Vec<String>,
    },
}

impl Release {
    /// The values, merged. `find` gives the content of what is not inline; what it does not have may
    /// override all that comes before it.
    pub fn merged(&self, find: &dyn Fn(&ValueFile) -> Option<Node>) -> Option<Node> {
        let files: Vec<Node> = self.values.iter().map(|file| file.content(find)).collect();
        merge(&files)
    }

    /// Takes from the object that [`Release::source`] names where the chart is. `false`: it is no object
    /// that tells.
    pub fn locate(&mut self, source: &Manifest) -> bool {
        flux::locate(self, source)
    }
}

impl ValueFile {
    fn content(&self, find: &dyn Fn(&Self) -> Option<Node>) -> Node {
        match self {
            Self::Inline(node) => node.clone(),
            Self::Path(path) => {
                find(self).unwrap_or_else(|| elsewhere(path.raw_text().unwrap_or_default(), path.origin))
            }
            Self::Object { kind, name, key, target } => {
                let place = format!("key {key} of {kind} {}", name.raw_text().unwrap_or_default());
                let path: Vec<&str> = target.iter().map(String::as_str).collect();
                if path.is_empty() {
                    return find(self).unwrap_or_else(|| elsewhere(&place, name.origin));
                }
                let value = find(self).unwrap_or_else(|| {
                    crate::scalar::unknown(UnknownReason::Placeholder(format!("in {place}")), name.origin)
                });
                let mut root = Node { value: Value::Map(Map::default()), origin: name.origin };
                set(&mut root, &path, value);
                root
            }
        }
    }
}

/// Values that are not at hand: any key may be among them.
fn elsewhere(place: &str, origin: Origin) -> Node {
    let open = Some(UnknownReason::Placeholder(format!("perhaps in {place}")));
    Node { value: Value::Map(Map { entries: Vec::new(), open }), origin }
}

/// The releases that an object asks for: one of a Flux `HelmRelease`, one for each source of an Argo CD
/// `Application` or of the template of an `ApplicationSet`, those of kustomize's `helmCharts` and of a
/// `HelmChartInflationGenerator`. None of any other object. `sources` has the texts that the object was
/// read from, so that values inside a text have places of their own.
pub fn releases(object: &Node, sources: &Sources) -> Vec<Release> {
    let kind = object.get("kind").and_then(Node::as_str);
    let group = object.get("apiVersion").and_then(Node::as_str).and_then(|version| version.split('/').next());
    match (group, kind) {
        (Some("helm.toolkit.fluxcd.io"), Some("HelmRelease")) => flux::read(object).into_iter().collect(),
        (Some("argoproj.io"), Some("Application")) => argo::read(object, object, sources),
        (Some("argoproj.io"), Some("ApplicationSet")) => {
            let template = object.at(&["spec", "template"]);
            template.map(|template| argo::read(template, object, sources)).unwrap_or_default()
        }
        _ => kustomize::read(object),
    }
}

/// A string that is there and not empty.
fn filled(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| node.raw_text().is_some_and(|text| !text.is_empty()))
}

/// A string as owned text.
fn owned(node: Option<&Node>) -> Option<String> {
    filled(node).and_then(Node::raw_text).map(str::to_owned)
}
