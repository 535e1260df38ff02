//! Which patch may change the objects of which files.

use crate::environment::Deployment;
use crate::flux::FluxRoot;
use crate::hash::FastMap;
use crate::input::Layout;
use crate::kustomize::{PatchSource, PatchText};
use crate::library::Library;
use crate::patch::{Applied, Body, Patch};
use crate::roots::Roots;
use crate::tree::{FileId, Tree};
use manifest::{Limits, Node, Source, SourceId};
use std::collections::BTreeSet;

/// Where patches are collected.
pub(crate) struct Patching<'a> {
    /// The files.
    pub(crate) tree: &'a Tree,
    /// What was parsed.
    pub(crate) library: &'a Library,
    /// Where everything is.
    pub(crate) layout: &'a Layout,
    /// What deploys.
    pub(crate) roots: &'a Roots,
    /// Bounds for a patch inside of a string.
    pub(crate) limits: &'a Limits,
}

impl Patching<'_> {
    /// Every patch of a kustomization that something includes, of Flux, and of Flux objects that
    /// are patched themselves, with the files it may change.
    pub(crate) fn run(&self, deployment: &Deployment) -> Vec<Applied> {
        let mut files: Vec<FileId> =
            self.roots.kustomizations.keys().copied().filter(|file| deployment.is_included(*file)).collect();
        files.sort_unstable();
        let mut applied = Vec::new();
        let users = self.users();
        for file in files {
            let Some(read) = self.roots.kustomizations.get(&file) else { continue };
            if read.patches.iter().any(PatchSource::can_matter) {
                let scope = self.scope(file, &users);
                applied.extend(self.all(&read.patches, file, &scope));
            }
        }
        for root in self.roots.flux.iter().filter(|root| root.patches.iter().any(PatchSource::can_matter)) {
            applied.extend(self.all(&root.patches, root.file, &self.flux_scope(root)));
        }
        let injected = self.injected(&applied);
        applied.extend(injected);
        applied
    }

    /// Patches that patches add to Flux objects.
    fn injected(&self, applied: &[Applied]) -> Vec<Applied> {
        let mut injected = Vec::new();
        for outer in applied {
            let Body::Merge(body) = &outer.patch.body else { continue };
            let Some(spec) = body.get("spec").filter(|spec| spec.get("patches").is_some()) else { continue };
            let mut sources = crate::kustomize::patches("", spec);
            sources.retain(PatchSource::can_matter);
            let aimed = |root: &&FluxRoot| outer.reaches(root.file) && outer.patch.may_match(&root.object);
            for root in self.roots.flux.iter().filter(aimed).filter(|_| !sources.is_empty()) {
                let scope = self.flux_scope(root);
                let inner = self.all(&sources, root.file, &scope).map(|mut one| {
                    one.patch.by.clone_from(&outer.patch.by);
                    one
                });
                injected.extend(inner);
            }
        }
        injected
    }

    fn all<'p>(
        &'p self,
        sources: &'p [PatchSource],
        written_in: FileId,
        scope: &'p BTreeSet<FileId>,
    ) -> impl Iterator<Item = Applied> + 'p {
        let sources = sources.iter().filter(|source| source.can_matter());
        let patches = sources.flat_map(move |source| self.patches(source, written_in));
        patches.map(|patch| Applied { patch, scope: scope.iter().copied().collect() })
    }

    fn patches(&self, source: &PatchSource, written_in: FileId) -> Vec<Patch> {
        let (by, values) = match &source.text {
            PatchText::File(path) => (self.layout.shown(path), self.file_values(path)),
            PatchText::Inline(text) => (self.layout.shown(self.tree.path(written_in)), self.values(text)),
        };
        values
            .iter()
            .filter_map(Body::read)
            .map(|body| Patch { by: by.clone(), target: source.target.clone(), body })
            .collect()
    }

    fn file_values(&self, path: &str) -> Vec<Node> {
        let text = self.tree.find(path).and_then(|file| self.library.text(file));
        text.map(|text| text.values().cloned().collect()).unwrap_or_default()
    }

    fn values(&self, text: &str) -> Vec<Node> {
        let source = Source::new("", text.as_bytes().to_vec());
        let reading = manifest::read(&source, SourceId(u32::MAX), self.limits);
        reading.documents.into_iter().filter_map(|document| document.content.ok()).collect()
    }

    /// The files that patches of a kustomization may change: all it includes; for a component,
    /// all that what uses it includes.
    fn scope(&self, file: FileId, users: &FastMap<FileId, Vec<FileId>>) -> BTreeSet<FileId> {
        let mut scope = BTreeSet::new();
        let (mut open, mut seen) = (vec![file], BTreeSet::new());
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                scope.extend(self.roots.reach(self.tree, file));
                open.extend(users.get(&file).into_iter().flatten());
            }
        }
        for root in &self.roots.flux {
            let is_seen =
                |dir: &String| self.tree.kustomization(dir).is_some_and(|file| seen.contains(&file));
            if root.components.iter().any(is_seen) {
                scope.extend(self.flux_scope(root));
            }
        }
        scope
    }

    fn flux_scope(&self, root: &FluxRoot) -> BTreeSet<FileId> {
        let components = root.components.iter().filter_map(|dir| self.tree.kustomization(dir));
        let components = components.flat_map(|file| self.roots.reach(self.tree, file));
        self.roots.reach_directory(self.tree, &root.dir).into_iter().chain(components).collect()
    }

    /// Who uses each component.
    fn users(&self) -> FastMap<FileId, Vec<FileId>> {
        let mut users: FastMap<FileId, Vec<FileId>> = FastMap::default();
        for read in self.roots.kustomizations.values() {
            for component in read.components.iter().filter_map(|dir| self.tree.kustomization(dir)) {
                users.entry(component).or_default().push(read.file);
            }
        }
        users
    }
}
