//! A resource while it is built: the object, what it was called before, and what happened to it.

use crate::build::{Resource, Uncertain, UncertainKind};
use crate::scope::is_cluster_wide;
use crate::tree;
use manifest::{Node, SourceId, Span};
use std::rc::Rc;

/// The namespace of what has none, in comparisons.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// Stands for the namespace of what is not of one, in comparisons.
const NOT_OF_A_NAMESPACE: &str = "_non_namespaceable_";

/// A resource while it is built.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The object as far as it is rendered.
    pub(crate) node: Node,
    /// What it was called before each change of its identity, first name first.
    pub(crate) previous: Vec<Previous>,
    /// Prefixes and suffixes that were added to its name, in order.
    pub(crate) prefixes: Vec<Rc<str>>,
    pub(crate) suffixes: Vec<Rc<str>>,
    /// A hash of its content is added to its name at the end.
    pub(crate) hashed: bool,
    /// Where it began.
    pub(crate) from: From,
    pub(crate) changed_by: Vec<Span>,
    pub(crate) uncertain: Vec<Uncertain>,
}

/// Where a resource began.
#[derive(Debug, Clone)]
pub(crate) struct From {
    pub(crate) path: Rc<str>,
    pub(crate) source: SourceId,
    pub(crate) document: usize,
    pub(crate) base: String,
}

/// A name that a resource had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Never empty: `default` where none was written.
    pub(crate) namespace: String,
}

/// What identifies an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id<'i> {
    pub(crate) group: &'i str,
    pub(crate) version: &'i str,
    pub(crate) kind: &'i str,
    pub(crate) name: &'i str,
    /// As it counts in comparisons.
    pub(crate) namespace: &'i str,
}

impl<'i> Id<'i> {
    /// Of an object as it stands.
    pub(crate) fn of(node: &'i Node) -> Self {
        let key = |key| node.get(key).and_then(Node::raw_text).unwrap_or_default();
        let meta = node.get("metadata");
        let meta = |key| meta.and_then(|meta| meta.get(key)).and_then(Node::raw_text).unwrap_or_default();
        let (group, version) = split(key("apiVersion"));
        let kind = key("kind");
        let namespace = match meta("namespace") {
            _ if is_cluster_wide(group, version, kind) => NOT_OF_A_NAMESPACE,
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        };
        Self { group, version, kind, name: meta("name"), namespace }
    }

    /// Whether the object is known to be of no namespace.
    pub(crate) fn is_cluster_wide(&self) -> bool {
        self.namespace == NOT_OF_A_NAMESPACE
    }

    /// Whether group, version and kind are those, where they are not empty.
    pub(crate) fn is_of(&self, group: &str, version: &str, kind: &str) -> bool {
        (kind.is_empty() || self.kind == kind)
            && (group.is_empty() || self.group == group)
            && (version.is_empty() || self.version == version)
    }
}

/// Group and version of an `apiVersion`.
pub(crate) fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl Item {
    pub(crate) fn new(node: Node, from: From) -> Self {
        Self {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            hashed: false,
            from,
            changed_by: Vec::new(),
            uncertain: Vec::new(),
        }
    }

    /// Its identity now.
    pub(crate) fn id(&self) -> Id<'_> {
        Id::of(&self.node)
    }

    /// Its first identity.
    pub(crate) fn first_id(&self) -> Id<'_> {
        let id = self.id();
        self.previous.first().map_or(id, |previous| id.as_it_was(previous))
    }

    /// Every identity it had, the present one last.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id<'_>> {
        let id = self.id();
        self.previous.iter().map(move |previous| id.as_it_was(previous)).chain(std::iter::once(id))
    }

    /// Every identity it had, the present one with the namespace that is written even if its kind has none.
    pub(crate) fn ids_as_written(&self) -> impl Iterator<Item = Id<'_>> {
        let written = self.node.at(&["metadata", "namespace"]).and_then(Node::raw_text);
        let namespace = written.filter(|text| !text.is_empty()).unwrap_or(DEFAULT_NAMESPACE);
        let now = Id { namespace, ..self.id() };
        let previous = self.previous.iter().map(move |previous| now.as_it_was(previous));
        previous.chain(std::iter::once(now))
    }

    /// Keeps its present identity before that is changed.
    pub(crate) fn remember(&mut self) {
        let id = self.id();
        let previous = Previous {
            kind: id.kind.to_owned(),
            name: id.name.to_owned(),
            namespace: id.namespace.to_owned(),
        };
        if self.previous.last() != Some(&previous) {
            self.previous.push(previous);
        }
    }

    /// Notes what changed it.
    pub(crate) fn changed(&mut self, by: Span) {
        if !self.changed_by.contains(&by) {
            self.changed_by.push(by);
        }
    }

    /// Notes what may have changed it.
    pub(crate) fn doubt(&mut self, kind: UncertainKind, span: Span) {
        let doubt = Uncertain { kind, span };
        if !self.uncertain.contains(&doubt) {
            self.uncertain.push(doubt);
        }
    }

    /// Where its name stands, else it itself.
    pub(crate) fn span(&self) -> Span {
        self.node.at(&["metadata", "name"]).unwrap_or(&self.node).origin.span
    }

    /// What is handed out.
    pub(crate) fn finish(self) -> Resource {
        let original = self.previous.first().map(|previous| previous.name.clone());
        let original_name = original.filter(|name| *name != self.id().name);
        Resource {
            original_name,
            path: self.from.path.to_string(),
            source: self.from.source,
            document: self.from.document,
            base: self.from.base,
            changed_by: self.changed_by,
            uncertain: self.uncertain,
            node: self.node,
        }
    }
}

impl<'i> Id<'i> {
    fn as_it_was(self, previous: &'i Previous) -> Self {
        Self { kind: &previous.kind, name: &previous.name, namespace: &previous.namespace, ..self }
    }
}

/// The labels or annotations of an object, by key.
pub(crate) fn meta_text<'n>(node: &'n Node, map: &str, key: &str) -> Option<std::borrow::Cow<'n, str>> {
    tree::text(node.at(&["metadata", map])?.get(key)?)
}
