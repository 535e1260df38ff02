//! Argo CD's objects as roots: which directories of the checkout they deploy, and where to.

use super::application::{Application, Kustomize, Source};
use super::lookup::Checkout;
use super::repository::canonical;
use super::set::{Made, applications};
use crate::flux::resolve;
use crate::rendering::namespace;
use crate::tree::{FileId, Tree};
use globset::{Glob, GlobMatcher};
use kustomize::Edits;
use manifest::{Entry, Manifest, Map, Node, Span, Value};
use std::sync::Arc;
use topology::{Namespace, NamespaceFrom};

/// One source of one `Application`, written or made by a set.
#[derive(Debug, Clone)]
pub(crate) struct ArgoRoot {
    /// The name, where it is written.
    pub(crate) span: Span,
    /// The `Application` that it is a source of.
    pub(crate) application: Node,
    /// The repository, in one spelling, where it is known.
    pub(crate) repository: Option<String>,
    /// The directory that is deployed, as a path of the checkout.
    pub(crate) dir: String,
    /// The namespace of objects that name none.
    pub(crate) destination: Option<Namespace>,
    /// What is laid over the kustomization of the directory.
    kustomize: Option<Kustomize>,
    /// Directories below are deployed too, where the directory holds plain files.
    pub(crate) recurse: bool,
    /// Which plain files are deployed.
    pub(crate) include: Option<GlobMatcher>,
    /// Which are not.
    pub(crate) exclude: Option<GlobMatcher>,
}

impl ArgoRoot {
    /// What the `Application` adds to the kustomization of the directory. Its images are those of
    /// workloads, whose kinds kustomize knows; no rule reads them.
    pub(crate) fn edits(&self) -> Edits {
        let Some(from) = self.kustomize.clone() else { return Edits::default() };
        let mut edits = Edits {
            namespace: from.namespace,
            name_prefix: from.name_prefix,
            name_suffix: from.name_suffix,
            patches: from.patches,
            components: from.components,
            replicas: from.replicas,
            common_annotations: from.common_annotations,
            ..Edits::default()
        };
        if from.label_without_selector {
            let labels = from.common_labels.map(|pairs| label_entry(pairs, from.label_include_templates));
            edits.labels.extend(labels);
        } else {
            edits.common_labels = from.common_labels;
        }
        edits
    }
}

/// An entry of `labels` in a kustomization.
fn label_entry(pairs: Node, on_templates: bool) -> Node {
    let origin = pairs.origin;
    let entry = |key: &str, value: Node| Entry { key: key.to_owned(), key_origin: origin, value };
    let on_templates = Node { value: Value::Bool(on_templates), origin };
    let entries = vec![entry("pairs", pairs), entry("includeTemplates", on_templates)];
    Node { value: Value::Map(Map { entries, open: None }), origin }
}

/// Whether an object is one of Argo CD's roots.
pub(crate) fn is_root(manifest: &Manifest) -> bool {
    manifest.group() == Some("argoproj.io")
        && matches!(manifest.kind(), Some("Application" | "ApplicationSet"))
}

/// What an `Application` or `ApplicationSet` deploys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deploys {
    /// Directories of checkouts.
    pub(crate) roots: Vec<Arc<ArgoRoot>>,
    /// `Application`s that a set would make, but that cannot be known: why, and where that is written.
    pub(crate) undecided: Vec<(String, Span)>,
}

/// Reads an `Application` or `ApplicationSet`.
pub(crate) fn read(tree: &Tree, file: FileId, manifest: &Manifest) -> Deploys {
    let name = manifest.node.at(&["metadata", "name"]).unwrap_or(&manifest.node);
    let from = From { tree, file: tree.path(file), span: name.origin.span };
    if manifest.kind() == Some("Application") {
        return Deploys { roots: from.application(&manifest.node).collect(), undecided: Vec::new() };
    }
    let mut deploys = Deploys::default();
    for made in applications(manifest, &Checkout { tree, file: from.file }) {
        match made {
            Made::Application(node) => deploys.roots.extend(from.application(&node)),
            Made::Unknown(unknown) => deploys.undecided.push((unknown.reason, unknown.origin.span)),
        }
    }
    deploys
}

struct From<'a> {
    tree: &'a Tree,
    file: &'a str,
    span: Span,
}

impl From<'_> {
    fn application(&self, node: &Node) -> impl Iterator<Item = Arc<ArgoRoot>> {
        let Application { destination, sources, .. } = Application::read(node);
        let destination = destination.and_then(|node| namespace(&node, NamespaceFrom::ArgoCd));
        sources
            .into_iter()
            .filter_map(move |source| self.source(node, &source, destination.clone()).map(Arc::new))
    }

    fn source(
        &self,
        application: &Node,
        source: &Source,
        destination: Option<Namespace>,
    ) -> Option<ArgoRoot> {
        let path = source.path.as_ref()?.as_str()?;
        let (_, dir) = resolve(self.tree, self.file, path)?;
        let glob = |node: &Option<Node>| Some(Glob::new(node.as_ref()?.raw_text()?).ok()?.compile_matcher());
        Some(ArgoRoot {
            span: self.span,
            application: application.clone(),
            repository: source.repo_url.as_ref().and_then(Node::as_str).and_then(canonical),
            dir,
            destination,
            kustomize: source.kustomize.clone(),
            recurse: source.directory.recurse,
            include: glob(&source.directory.include),
            exclude: glob(&source.directory.exclude),
        })
    }
}
