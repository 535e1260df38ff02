//! How environments bring files in, and into which namespace the objects there go.

use crate::hash::FastMap;
use crate::kinds;
use crate::tree::FileId;
use manifest::{Dialect, Manifest, Node, Span, Value, mark_unknowns};
use topology::{EnvironmentId, Namespace, NamespaceFrom, Placement};

/// One way in which an environment brings a file in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placing {
    /// Which environment.
    pub(crate) environment: EnvironmentId,
    /// The namespace that every object gets, whatever it says itself.
    pub(crate) over: Option<Namespace>,
    /// The namespace of objects that name none.
    pub(crate) fallback: Option<Namespace>,
    /// A kustomization uses the file as a patch, not as a resource.
    pub(crate) patch: bool,
}

/// The ways in which each file is brought in.
pub(crate) type Placings = FastMap<FileId, Vec<Placing>>;

impl Placing {
    /// Where an object of the file goes.
    pub(crate) fn placement(&self, manifest: &Manifest) -> Placement {
        Placement { environment: self.environment, namespace: self.namespace(manifest) }
    }

    fn namespace(&self, manifest: &Manifest) -> Namespace {
        if manifest.kind().is_some_and(kinds::is_cluster_scoped) {
            return Namespace::ClusterScoped;
        }
        let written = || namespace(manifest.node.at(&["metadata", "namespace"])?, NamespaceFrom::Object);
        self.over.clone().or_else(written).or_else(|| self.fallback.clone()).unwrap_or(Namespace::Unset)
    }
}

/// The namespace that a value names; `None` for an empty one.
pub(crate) fn namespace(node: &Node, from: fn(Span) -> NamespaceFrom) -> Option<Namespace> {
    let mut node = node.clone();
    mark_unknowns(&mut node, Dialect::FILE, &|_| false);
    match &node.value {
        Value::String(name) if name.is_empty() => None,
        Value::String(name) => Some(Namespace::Known(name.clone(), from(node.origin.span))),
        _ => node.unknown_reason().cloned().map(Namespace::Unknown),
    }
}
