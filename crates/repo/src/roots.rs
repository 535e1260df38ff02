//! The roots of a checkout: kustomizations, Flux `Kustomization`s, Argo CD `Application`s.

use crate::argocd::{self, ArgoRoot};
use crate::flux::{FluxRoot, keep_own};
use crate::hash::{FastMap, FastSet};
use crate::kinds;
use crate::kustomize::{Kustomization, PatchText};
use crate::library::{Library, Text};
use crate::paths;
use crate::tree::{FileId, Tree};
use crate::visit::{Kustomizations, Member, generated};
use crate::walk::is_kustomization;
use memchr::memmem;
use topology::Namespace;

/// What could deploy something, as far as it was parsed.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// Kustomizations by their file.
    pub(crate) kustomizations: Kustomizations,
    /// Flux objects, by file.
    pub(crate) flux: Vec<FluxRoot>,
    /// What Argo CD deploys.
    pub(crate) argo: Vec<ArgoRoot>,
    /// How many of the library's texts were read.
    texts: usize,
}

impl Roots {
    /// Reads what was parsed; `known` are the roots that were read before. Roots in directories
    /// that are set aside deploy nothing.
    pub(crate) fn read(tree: &Tree, library: &Library, known: Self) -> Self {
        let known_texts = known.texts;
        let mut roots = Self { flux: Vec::new(), ..known };
        let mut texts: Vec<(usize, &Text)> = library.texts().iter().enumerate().collect();
        texts.sort_by_key(|(_, text)| text.file);
        for (index, text) in texts {
            let path = tree.path(text.file);
            if is_kustomization(path)
                && !roots.kustomizations.contains_key(&text.file)
                && let Some(node) = text.first_value()
            {
                let read = Kustomization::read(text.file, paths::parent(path), node);
                roots.kustomizations.insert(text.file, read);
            }
            if paths::is_set_aside(path) {
                continue;
            }
            for object in text.objects() {
                if kinds::is_flux_kustomization(object) {
                    roots.flux.extend(FluxRoot::read(tree, text.file, object));
                } else if index >= known_texts && argocd::is_root(object) {
                    roots.argo.extend(argocd::read(tree, text.file, object));
                }
            }
        }
        roots.texts = library.texts().len();
        keep_own(&mut roots.flux, &git_repositories(library));
        roots.inherit_target_namespaces(tree, library);
        roots
    }

    /// The files that hold patches, where those could change an object that matters.
    pub(crate) fn patch_files(&self, tree: &Tree) -> Vec<FileId> {
        let sources = self.kustomizations.values().flat_map(|one| &one.patches);
        let sources = sources.chain(self.flux.iter().flat_map(|one| &one.patches));
        sources
            .filter(|source| source.target.is_some() && source.can_matter())
            .filter_map(|source| match &source.text {
                PatchText::File(path) => tree.find(path),
                PatchText::Inline(_) => None,
            })
            .collect()
    }

    /// Every file that a kustomization includes, kustomizations among them.
    pub(crate) fn reach(&self, tree: &Tree, start: FileId) -> FastSet<FileId> {
        let mut reached = FastSet::default();
        let mut open = vec![start];
        while let Some(file) = open.pop() {
            if !reached.insert(file) {
                continue;
            }
            let Some(read) = self.kustomizations.get(&file) else { continue };
            let links = read.resources.iter().chain(&read.components);
            open.extend(links.filter_map(|path| tree.kustomization(path).or_else(|| tree.find(path))));
        }
        reached
    }

    /// Every file that a directory's deployment includes.
    pub(crate) fn reach_directory(&self, tree: &Tree, dir: &str) -> FastSet<FileId> {
        if let Some(file) = tree.kustomization(dir) {
            return self.reach(tree, file);
        }
        generated(tree, dir)
            .flat_map(|member| match member {
                Member::Kustomization(file) => self.reach(tree, file),
                Member::File(file) => FastSet::from_iter([file]),
            })
            .collect()
    }

    /// Gives Flux objects the `targetNamespace` that a replacement sets: by the common pattern
    /// it is the namespace of the kustomization that includes them.
    fn inherit_target_namespaces(&mut self, tree: &Tree, library: &Library) {
        let mut inherited: FastMap<FileId, Namespace> = FastMap::default();
        let mut all: Vec<(&FileId, &Kustomization)> = self.kustomizations.iter().collect();
        all.sort_unstable_by_key(|(file, _)| **file);
        for (file, read) in all {
            let Some(namespace) = &read.namespace else { continue };
            let components =
                read.components.iter().filter_map(|dir| self.kustomizations.get(&tree.kustomization(dir)?));
            if components.chain([read]).any(|one| sets_target_namespace(one, tree, library)) {
                inherited.extend(self.reach(tree, *file).into_iter().map(|file| (file, namespace.clone())));
            }
        }
        for root in self.flux.iter_mut().filter(|root| root.namespace.is_none()) {
            root.namespace = inherited.get(&root.file).cloned();
        }
    }
}

/// The URLs of Flux's Git sources, by name.
fn git_repositories(library: &Library) -> FastMap<&str, &str> {
    let objects = library.texts().iter().flat_map(Text::objects);
    objects
        .filter(|object| object.kind() == Some("GitRepository"))
        .filter_map(|object| Some((object.name()?, object.node.at(&["spec", "url"])?.raw_text()?)))
        .collect()
}

/// Whether a kustomization replaces `spec.targetNamespace` of the Flux objects that it includes.
fn sets_target_namespace(read: &Kustomization, tree: &Tree, library: &Library) -> bool {
    let mentions = |path: &String| {
        let file = tree.find(path)?;
        let parsed = library.text(file).and_then(|text| library.sources.get(text.source));
        let bytes = parsed.map_or(tree.get(file)?.bytes.as_slice(), manifest::Source::bytes);
        memmem::find(bytes, b"spec.targetNamespace")
    };
    read.sets_target_namespace || read.replacements.iter().any(|path| mentions(path).is_some())
}
