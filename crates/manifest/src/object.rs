//! Documents to Kubernetes objects.

use crate::node::Node;
use crate::read::Document;

/// One Kubernetes object.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The object.
    pub node: Node,
    /// Index of its document in the file, from 0.
    pub document: usize,
    /// RFC 6901 pointer from the document to the object: `""`, or `/items/3` in a `List`.
    pub base: String,
    /// `false` where kubectl never reaches its document.
    pub kubectl: bool,
}

impl Manifest {
    /// `apiVersion`, if it is a known string.
    pub fn api_version(&self) -> Option<&str> {
        self.node.get("apiVersion")?.as_str()
    }

    /// The group of `apiVersion`: `""` for the core group, `postgresql.cnpg.io`, ….
    pub fn group(&self) -> Option<&str> {
        let api_version = self.api_version()?;
        Some(api_version.split_once('/').map_or("", |(group, _)| group))
    }

    /// `kind`, if it is a known string.
    pub fn kind(&self) -> Option<&str> {
        self.node.get("kind")?.as_str()
    }

    /// `metadata.name` as written, variables and all; `None` if absent.
    pub fn name(&self) -> Option<&str> {
        self.node.at(&["metadata", "name"])?.raw_text()
    }

    /// `metadata.namespace` as written, variables and all; `None` if absent.
    pub fn namespace(&self) -> Option<&str> {
        self.node.at(&["metadata", "namespace"])?.raw_text()
    }
}

/// The objects of a document: itself, or the items of a `List` or `*List` that has `items`,
/// to any depth. A document without `kind` is no object.
pub fn manifests(document: &Document) -> Vec<Manifest> {
    let _ = document;
    Vec::new()
}
