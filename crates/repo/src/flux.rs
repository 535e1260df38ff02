//! Flux's `Kustomization`: which directory it deploys, and how.

use crate::hash::FastMap;
use crate::key::Key;
use crate::paths;
use crate::tree::Tree;
use manifest::{Manifest, Node, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Flux `Kustomization`, as it is written or as another root renders it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FluxRoot {
    /// Where it is written.
    pub(crate) key: Key,
    /// Its name, where it is written.
    pub(crate) span: Span,
    /// The directory that its paths start from, as a path of the checkout.
    pub(crate) top: String,
    /// The directory that it deploys, as a path of the checkout.
    pub(crate) dir: String,
    /// The object.
    pub(crate) manifest: Manifest,
}

impl FluxRoot {
    /// Reads one; `None` if it deploys no directory of this checkout.
    pub(crate) fn read(tree: &Tree, key: Key, manifest: &Manifest) -> Option<Self> {
        let spec = manifest.node.get("spec")?;
        let path = spec.get("path").and_then(Node::raw_text).unwrap_or("./");
        let source = spec.at(&["sourceRef", "kind"]).and_then(Node::raw_text);
        // Another source's whole content is not this checkout; a path that exists here may be,
        // as some push their checkout as an artifact.
        if source != Some("GitRepository") && paths::join("", path).is_empty() {
            return None;
        }
        let (top, dir) = resolve(tree, tree.path(key.file), path)?;
        let name = manifest.node.at(&["metadata", "name"]).unwrap_or(&manifest.node);
        let span = name.origin.span;
        Some(Self { key, span, top: top.to_owned(), dir, manifest: manifest.clone() })
    }

    /// A value of its `spec`.
    pub(crate) fn spec(&self, key: &str) -> Option<&Node> {
        self.manifest.node.at(&["spec", key])
    }

    /// The items of a list of its `spec`.
    pub(crate) fn list(&self, key: &str) -> &[Node] {
        self.spec(key).and_then(Node::as_list).unwrap_or_default()
    }

    /// The components that it adds, as paths of the checkout.
    pub(crate) fn components(&self) -> impl Iterator<Item = String> {
        self.list("components").iter().filter_map(Node::raw_text).map(|path| paths::join(&self.dir, path))
    }

    /// The name of the source that holds the directory.
    fn source(&self) -> Option<&str> {
        self.spec("sourceRef")?.get("name")?.raw_text()
    }
}

/// Tells which sources are this checkout: the one that most roots use is, and one with another URL
/// is not.
#[derive(Debug, Default)]
pub(crate) struct OwnSource {
    name: Option<String>,
    /// The URLs of the sources written here, by name.
    urls: FastMap<String, String>,
}

impl OwnSource {
    /// Of all roots that are written, and the URLs of the sources.
    pub(crate) fn of(roots: &[Arc<FluxRoot>], urls: FastMap<String, String>) -> Self {
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for source in roots.iter().filter_map(|root| root.source()) {
            *uses.entry(source).or_default() += 1;
        }
        let most = uses.into_iter().max_by_key(|(_, uses)| *uses);
        Self { name: most.map(|(name, _)| name.to_owned()), urls }
    }

    /// Whether a root deploys this checkout.
    pub(crate) fn holds(&self, root: &FluxRoot) -> bool {
        let Some(own) = &self.name else { return true };
        let source = root.source().unwrap_or(own);
        let url = self.urls.get(source);
        source == own || url.is_none() || url == self.urls.get(own)
    }
}

/// The directory that a path of a root means: from the top of the checkout, or, where several
/// checkouts lie in one directory, from the nearest one to the top that has such a directory.
/// Gives the top and the directory.
pub(crate) fn resolve<'f>(tree: &Tree, file: &'f str, path: &str) -> Option<(&'f str, String)> {
    let mut tops: Vec<&str> = paths::ancestors(file).collect();
    tops.reverse();
    tops.into_iter().map(|top| (top, paths::join(top, path))).find(|(_, dir)| tree.has_dir(dir))
}
