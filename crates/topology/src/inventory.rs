//! Which objects there are, and where each is deployed.

use manifest::{Manifest, SourceId, Span, UnknownReason};
use std::collections::HashMap;
use std::sync::Arc;

/// Index of an [`Environment`] in its [`Inventory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId(pub u32);

/// Index of an [`Object`] in its [`Inventory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// What makes the manifests of an environment belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvironmentKind {
    /// A kustomization that no other kustomization, Flux or Argo CD object includes.
    Kustomize,
    /// A Flux `Kustomization`.
    Flux,
    /// An Argo CD `Application`, or one that an `ApplicationSet` makes.
    ArgoCd,
    /// No root: the files of one directory, or standard input.
    Directory,
    /// A live cluster, seen through the admission webhook.
    Cluster,
}

/// Manifests that are applied together. Identity (kind, namespace, name) is unique in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// What makes it one.
    pub kind: EnvironmentKind,
    /// The directory that is deployed, as shown to the user (relative to the working directory, with `/`).
    pub path: String,
    /// Where the root that deploys it is written, if it is written.
    pub root: Option<Span>,
    /// Parts of it that could not be looked into (remote bases, charts): they could hold anything.
    pub opaque: Vec<Opaque>,
}

/// A part of an environment that could not be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// What it is, for people: `remote base https://…`, `chart immich`.
    pub what: String,
    /// Why it could not be looked into, for people.
    pub why: String,
    /// The version of a chart, where one is written.
    pub version: Option<String>,
    /// The namespace that it is rendered for, where its entry says one.
    pub namespace: Option<String>,
    /// Where it is named.
    pub span: Span,
}

/// Where a namespace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceFrom {
    /// `metadata.namespace` of the object, wherever that is set.
    Object(Span),
    /// The destination of an Argo CD `Application`.
    ArgoCd(Span),
    /// A `Namespace` that is the only one of its environment, or the request's own; no place.
    Implied,
}

/// The namespace an object ends up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespace {
    /// This one.
    Known(String, NamespaceFrom),
    /// Written with a variable or the like.
    Unknown(UnknownReason),
    /// Nothing says: whatever the one who applies it is set to.
    Unset,
    /// The kind has none.
    ClusterScoped,
}

impl Namespace {
    /// The name, where it is known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Known(name, _) => Some(name),
            _ => None,
        }
    }

    /// Whether two objects surely are in the same namespace: both names known and equal.
    pub fn same(&self, other: &Self) -> bool {
        matches!((self.name(), other.name()), (Some(one), Some(two)) if one == two)
    }

    /// Whether two objects may be in the same namespace.
    pub fn may_be_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one, _), Self::Known(two, _)) => one == two,
            (Self::ClusterScoped, _) | (_, Self::ClusterScoped) => false,
            _ => true,
        }
    }
}

/// One environment that deploys an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Which.
    pub environment: EnvironmentId,
    /// Into which namespace.
    pub namespace: Namespace,
}

/// Whether a manifest is a whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wholeness {
    /// A whole object: what is absent is absent.
    Whole,
    /// A patch, a test's assertion or the like; why one thinks so. A value that is present can
    /// be wrong, an absence cannot: every map of its manifest is open.
    Partial(String),
}

/// A manifest and where it is deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// As written; unknown scalars are marked.
    pub manifest: Manifest,
    /// The text it stands in.
    pub source: SourceId,
    /// Whole or not.
    pub wholeness: Wholeness,
    /// The environments that deploy it, sorted; none: nothing of the repository does.
    pub placements: Vec<Placement>,
    /// What made it, for people, where it is not written as it is (`rendered from chart x, template y`),
    /// and where that is named.
    pub made_by: Option<(String, Span)>,
}

impl Object {
    /// `true` if something deploys it.
    pub fn is_deployed(&self) -> bool {
        !self.placements.is_empty()
    }
}

/// Every object of a run, found by identity. Immutable once made.
#[derive(Debug, Default)]
pub struct Inventory {
    environments: Vec<Environment>,
    objects: Vec<Arc<Object>>,
    /// By kind and name as written; whole, deployed objects only.
    by_name: HashMap<String, HashMap<String, Vec<ObjectId>>>,
    /// By kind; all objects.
    by_kind: HashMap<String, Vec<ObjectId>>,
}

/// An object that a reference leads to.
#[derive(Debug, Clone, Copy)]
pub struct Found<'i> {
    /// Which.
    pub id: ObjectId,
    /// The object.
    pub object: &'i Object,
    /// Its placement that the reference leads to.
    pub placement: &'i Placement,
}

impl Inventory {
    /// Indexes the objects. `EnvironmentId`s of placements index `environments`.
    pub fn new(environments: Vec<Environment>, objects: Vec<Object>) -> Self {
        Self::of_shared(environments, objects.into_iter().map(Arc::new).collect())
    }

    /// The same of objects that others hold too.
    pub fn of_shared(environments: Vec<Environment>, objects: Vec<Arc<Object>>) -> Self {
        let mut inventory = Self { environments, objects, ..Self::default() };
        for (id, object) in (0u32..).map(ObjectId).zip(&inventory.objects) {
            let Some(kind) = object.manifest.kind() else { continue };
            inventory.by_kind.entry(kind.to_owned()).or_default().push(id);
            let Some(name) = object.manifest.name() else { continue };
            if object.wholeness == Wholeness::Whole && object.is_deployed() {
                let names = inventory.by_name.entry(kind.to_owned()).or_default();
                names.entry(name.to_owned()).or_default().push(id);
            }
        }
        inventory
    }

    /// The same with one object more, which is given the last id, in an environment: the one of that kind and
    /// path, else that one.
    #[must_use]
    pub fn with(
        &self,
        manifest: Object,
        environment: &Environment,
        namespace: Namespace,
    ) -> (Self, ObjectId) {
        let mut environments = self.environments.clone();
        let is_same = |one: &Environment| one.kind == environment.kind && one.path == environment.path;
        let index = environments.iter().position(is_same).unwrap_or_else(|| {
            environments.push(environment.clone());
            environments.len() - 1
        });
        let environment = EnvironmentId(u32::try_from(index).unwrap_or(u32::MAX));
        let id = ObjectId(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        let object = Object { placements: vec![Placement { environment, namespace }], ..manifest };
        let objects = self.objects.iter().cloned().chain([Arc::new(object)]).collect();
        (Self::of_shared(environments, objects), id)
    }

    /// All environments.
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// One environment.
    pub fn environment(&self, id: EnvironmentId) -> Option<&Environment> {
        self.environments.get(id.0 as usize)
    }

    /// All objects with their ids, in the order given.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &Object)> {
        (0u32..).map(ObjectId).zip(self.objects.iter().map(Arc::as_ref))
    }

    /// One object.
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.0 as usize).map(Arc::as_ref)
    }

    /// Every object of a kind (of any group), deployed or not, whole or not.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = (ObjectId, &Object)> {
        let ids = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.object(*id)?)))
    }

    /// What `kind` `name` means to an object placed at `from`: in its environment first, then
    /// in any environment that deploys into the same namespace. Whole, deployed objects only.
    pub fn resolve(&self, from: &Placement, group: &str, kind: &str, name: &str) -> Vec<Found<'_>> {
        let all = self.named(group, kind, name);
        let near: Vec<_> = all
            .iter()
            .filter(|found| found.placement.environment == from.environment)
            .filter(|found| {
                found.placement.namespace.may_be_same(&from.namespace) || found.is_cluster_scoped()
            })
            .copied()
            .collect();
        if !near.is_empty() {
            return near;
        }
        all.into_iter()
            .filter(|found| found.placement.namespace.same(&from.namespace) || found.is_cluster_scoped())
            .collect()
    }

    /// Every placement of every whole, deployed object of that group, kind and name.
    pub fn named(&self, group: &str, kind: &str, name: &str) -> Vec<Found<'_>> {
        let ids = self.by_name.get(kind).and_then(|names| names.get(name));
        ids.into_iter()
            .flatten()
            .filter_map(|id| Some((*id, self.object(*id)?)))
            .filter(|(_, object)| object.manifest.group() == Some(group))
            .flat_map(|(id, object)| {
                object.placements.iter().map(move |placement| Found { id, object, placement })
            })
            .collect()
    }
}

impl Found<'_> {
    fn is_cluster_scoped(&self) -> bool {
        self.placement.namespace == Namespace::ClusterScoped
    }
}
