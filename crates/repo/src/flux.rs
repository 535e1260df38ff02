//! Flux's `Kustomization`: which directory it deploys, and into which namespace.

use crate::hash::FastMap;
use crate::kustomize::{PatchSource, patches};
use crate::paths;
use crate::placing::namespace;
use crate::tree::{FileId, Tree};
use manifest::{Manifest, Map, Node, Span, Value};
use std::collections::BTreeMap;
use topology::{Namespace, NamespaceFrom};

/// What is read of a Flux `Kustomization`.
#[derive(Debug)]
pub(crate) struct FluxRoot {
    /// Its file.
    pub(crate) file: FileId,
    /// Its name, where it is written.
    pub(crate) span: Span,
    /// The directory that it deploys, as a path of the checkout.
    pub(crate) dir: String,
    /// The namespace that it sets on all it deploys.
    pub(crate) namespace: Option<Namespace>,
    /// The components that it adds, as paths of the checkout.
    pub(crate) components: Vec<String>,
    /// Its patches.
    pub(crate) patches: Vec<PatchSource>,
    /// The name of the source that holds the directory.
    pub(crate) source: Option<String>,
    /// What the object is, for patches that are aimed at it.
    pub(crate) object: Manifest,
}

impl FluxRoot {
    /// Reads one; `None` if it deploys no directory of this checkout.
    pub(crate) fn read(tree: &Tree, file: FileId, manifest: &Manifest) -> Option<Self> {
        let spec = manifest.node.get("spec")?;
        let path = spec.get("path").and_then(Node::raw_text).unwrap_or("./");
        let source = spec.at(&["sourceRef", "kind"]).and_then(Node::raw_text);
        // Another source's whole content is not this checkout; a path that exists here may be,
        // as some push their checkout as an artifact.
        if source != Some("GitRepository") && paths::join("", path).is_empty() {
            return None;
        }
        let (base, dir) = resolve(tree, tree.path(file), path)?;
        let components = spec.get("components").and_then(Node::as_list).unwrap_or_default();
        let name = manifest.node.at(&["metadata", "name"]).unwrap_or(&manifest.node);
        Some(Self {
            file,
            span: name.origin.span,
            namespace: spec.get("targetNamespace").and_then(|node| namespace(node, NamespaceFrom::Flux)),
            components: components
                .iter()
                .filter_map(Node::raw_text)
                .map(|path| paths::join(&dir, path))
                .collect(),
            patches: patches(base, spec),
            source: spec.at(&["sourceRef", "name"]).and_then(Node::raw_text).map(str::to_owned),
            dir,
            object: identity(manifest),
        })
    }
}

/// An object without all by which no patch is aimed.
fn identity(manifest: &Manifest) -> Manifest {
    let entries = manifest.node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
    let kept = entries.iter().filter(|one| matches!(one.key.as_str(), "apiVersion" | "kind" | "metadata"));
    let map = Map { entries: kept.cloned().collect(), open: None };
    Manifest {
        node: Node { value: Value::Map(map), origin: manifest.node.origin },
        base: manifest.base.clone(),
        ..*manifest
    }
}

/// Takes out what is deployed from another repository: of the sources, the one that most use is
/// this checkout, and one with another URL is not. `urls` are those of the sources written here.
pub(crate) fn keep_own(roots: &mut Vec<FluxRoot>, urls: &FastMap<&str, &str>) {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for source in roots.iter().filter_map(|root| root.source.as_deref()) {
        *uses.entry(source).or_default() += 1;
    }
    let Some((own, _)) = uses.into_iter().max_by_key(|(_, uses)| *uses) else { return };
    let (own, own_url) = (own.to_owned(), urls.get(own).copied());
    roots.retain(|root| {
        let source = root.source.as_deref().unwrap_or(&own);
        let url = urls.get(source).copied();
        source == own || url.is_none() || url == own_url
    });
}

/// The directory that a path of a root means: from the top of the checkout, or, where several
/// checkouts lie in one directory, from the nearest one to the top that has such a directory.
/// Gives the top and the directory.
pub(crate) fn resolve<'f>(tree: &Tree, file: &'f str, path: &str) -> Option<(&'f str, String)> {
    let mut tops: Vec<&str> = paths::ancestors(file).collect();
    tops.reverse();
    tops.into_iter().map(|top| (top, paths::join(top, path))).find(|(_, dir)| tree.has_dir(dir))
}
