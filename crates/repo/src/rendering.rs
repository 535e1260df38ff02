//! What a checkout deploys: environments, and the objects that each renders.

use crate::hash::{FastMap, FastSet};
use crate::key::Key;
use crate::kinds;
use crate::problem::RenderProblem;
use crate::tree::FileId;
use manifest::{Dialect, Manifest, Node, Span, Value, mark_unknowns};
use std::collections::BTreeSet;
use topology::{Environment, EnvironmentId, Namespace, NamespaceFrom, Placement};

/// An object as one or more environments render it.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// Where it is written.
    pub(crate) key: Key,
    /// The object; each value with the place where it is written.
    pub(crate) manifest: Manifest,
    /// Variables were filled in: `${…}` that is left stands for itself.
    pub(crate) substituted: bool,
    /// The environments that render it so.
    pub(crate) placements: Vec<Placement>,
    /// What made it, where it is not written as it is, and where that is named.
    pub(crate) made_by: Option<(String, Span)>,
}

/// What is deployed, and how.
#[derive(Debug, Default)]
pub(crate) struct Rendering {
    /// The environments.
    pub(crate) environments: Vec<Environment>,
    /// What they render.
    pub(crate) objects: Vec<Rendered>,
    /// What is wrong with what is rendered.
    pub(crate) problems: Vec<RenderProblem>,
    /// The names of `ConfigMap`s, Secrets and sources of charts that were not found.
    pub(crate) missing: BTreeSet<String>,
    /// The directories that Argo CD deploys, and the namespace of what names none there.
    pub(crate) destinations: Vec<(String, Namespace)>,
    /// The objects by where they are written.
    of_key: FastMap<Key, Vec<usize>>,
    /// The files that environments read, whatever for.
    read: FastMap<FileId, BTreeSet<EnvironmentId>>,
    /// The directories of environments, as paths of the checkout.
    directories: Vec<(EnvironmentId, String)>,
}

impl Rendering {
    /// A new environment, which deploys `directory` of the checkout.
    pub(crate) fn environment(&mut self, environment: Environment, directory: &str) -> EnvironmentId {
        let id = EnvironmentId(u32::try_from(self.environments.len()).unwrap_or(u32::MAX));
        self.environments.push(environment);
        self.deploys(id, directory);
        id
    }

    /// Notes a directory of the checkout that an environment deploys.
    pub(crate) fn deploys(&mut self, environment: EnvironmentId, directory: &str) {
        self.directories.push((environment, directory.to_owned()));
    }

    /// Notes that an environment reads a file.
    pub(crate) fn reads(&mut self, environment: EnvironmentId, file: FileId) {
        self.read.entry(file).or_default().insert(environment);
    }

    /// Notes an object that an environment renders; `fallback` is the namespace of what names none.
    pub(crate) fn add(
        &mut self,
        environment: EnvironmentId,
        key: Key,
        manifest: Manifest,
        substituted: bool,
        fallback: Option<&Namespace>,
    ) -> Option<&mut Rendered> {
        let placement = Placement { environment, namespace: namespace_of(&manifest, fallback) };
        let same_key = self.of_key.entry(key.clone()).or_default();
        let is_same = |at: &&usize| {
            self.objects
                .get(**at)
                .is_some_and(|known| known.substituted == substituted && known.manifest.node == manifest.node)
        };
        if let Some(at) = same_key.iter().find(is_same).copied() {
            let known = self.objects.get_mut(at)?;
            if !known.placements.contains(&placement) {
                known.placements.push(placement);
            }
            return Some(known);
        }
        same_key.push(self.objects.len());
        let placements = vec![placement];
        self.objects.push(Rendered { key, manifest, substituted, placements, made_by: None });
        self.objects.last_mut()
    }

    /// Whether an environment reads that file.
    pub(crate) fn is_read(&self, file: FileId) -> bool {
        self.read.contains_key(&file)
    }

    /// The files that environments read.
    pub(crate) fn read(&self) -> impl Iterator<Item = FileId> {
        self.read.keys().copied()
    }

    /// Takes the objects out, by the file that each is written in.
    pub(crate) fn take_objects(&mut self) -> FastMap<FileId, Vec<Rendered>> {
        let mut of_file: FastMap<FileId, Vec<Rendered>> = FastMap::default();
        for mut object in std::mem::take(&mut self.objects) {
            object.placements.sort_by(|one, two| {
                let key = |placement: &Placement| {
                    (placement.environment, placement.namespace.name().map(str::to_owned))
                };
                key(one).cmp(&key(two))
            });
            of_file.entry(object.key.file).or_default().push(object);
        }
        of_file
    }

    /// The namespaces that hold judged objects, each once.
    pub(crate) fn databases(&self) -> Vec<Namespace> {
        let mut databases: Vec<Namespace> = self
            .objects
            .iter()
            .filter(|object| kinds::is_judged(&object.manifest))
            .flat_map(|object| &object.placements)
            .map(|placement| placement.namespace.clone())
            .filter(|namespace| *namespace != Namespace::ClusterScoped)
            .collect();
        databases.sort_by(|one, two| one.name().cmp(&two.name()));
        databases.dedup_by(|one, two| one.name() == two.name());
        databases
    }

    /// The directories of the environments that read one of these files.
    pub(crate) fn directories_of(&self, files: &[FileId]) -> impl Iterator<Item = &str> {
        let environments: FastSet<EnvironmentId> =
            files.iter().filter_map(|file| self.read.get(file)).flatten().copied().collect();
        let of_these = self.directories.iter().filter(move |(one, _)| environments.contains(one));
        of_these.map(|(_, directory)| directory.as_str())
    }
}

/// The namespace that an object ends up in.
pub(crate) fn namespace_of(manifest: &Manifest, fallback: Option<&Namespace>) -> Namespace {
    if manifest.kind().is_some_and(kinds::is_cluster_scoped) {
        return Namespace::ClusterScoped;
    }
    let written = manifest.node.at(&["metadata", "namespace"]);
    let written = written.and_then(|node| namespace(node, NamespaceFrom::Object));
    written.or_else(|| fallback.cloned()).unwrap_or(Namespace::Unset)
}

/// The namespace that a value names; `None` for an empty one.
pub(crate) fn namespace(node: &Node, from: fn(Span) -> NamespaceFrom) -> Option<Namespace> {
    let mut node = node.clone();
    mark_unknowns(&mut node, Dialect::FILE);
    match &node.value {
        Value::String(name) if name.is_empty() => None,
        Value::String(name) => Some(Namespace::Known(name.clone(), from(node.origin.span))),
        _ => node.unknown_reason().cloned().map(Namespace::Unknown),
    }
}
