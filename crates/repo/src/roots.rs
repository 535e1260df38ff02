//! The roots of a checkout as they are written: kustomizations, Flux `Kustomization`s, Argo CD
//! `Application`s; and which of them reach which files.

use crate::argocd::{self, ArgoRoot, Deploys};
use crate::flux::{FluxRoot, OwnSource};
use crate::generated::generated;
use crate::hash::{FastMap, FastSet};
use crate::key::Key;
use crate::kinds;
use crate::library::{Library, Text};
use crate::links::Links;
use crate::paths;
use crate::plain;
use crate::tree::{FileId, Tree};
use crate::walk::is_kustomization;
use manifest::Manifest;
use std::sync::Arc;

/// An `Application` or `ApplicationSet`.
#[derive(Debug)]
pub(crate) struct ArgoObject {
    /// Where it is written.
    pub(crate) key: Key,
    /// It.
    pub(crate) manifest: Manifest,
    /// What it deploys.
    pub(crate) deploys: Deploys,
}

/// What could deploy something, as far as it was parsed.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// Kustomizations by their file.
    pub(crate) links: FastMap<FileId, Links>,
    /// Flux objects, by file.
    pub(crate) flux: Vec<Arc<FluxRoot>>,
    /// Which Git sources are this checkout.
    pub(crate) own: OwnSource,
    /// What each of Argo CD's objects deploys.
    pub(crate) argo: Vec<ArgoObject>,
    /// Which repository Argo CD's objects mean by this checkout.
    own_repository: Option<String>,
    /// How many of the library's texts were read.
    texts: usize,
}

impl Roots {
    /// Reads what was parsed since the last time. Roots in directories that are set aside deploy
    /// nothing.
    pub(crate) fn read(&mut self, tree: &Tree, library: &Library) {
        for text in library.texts().iter().skip(self.texts) {
            let path = tree.path(text.file);
            if is_kustomization(path)
                && let Some(node) = text.first_value()
            {
                self.links.insert(text.file, Links::read(text.file, paths::parent(path), node));
            }
            if paths::is_set_aside(path) {
                continue;
            }
            for object in text.objects() {
                let key = Key { file: text.file, document: object.document, base: object.base.clone() };
                if kinds::is_flux_kustomization(object) {
                    self.flux.extend(FluxRoot::read(tree, key, object).map(Arc::new));
                } else if argocd::is_root(object) {
                    let deploys = argocd::read(tree, text.file, object);
                    self.argo.push(ArgoObject { key, manifest: object.clone(), deploys });
                }
            }
        }
        self.texts = library.texts().len();
        self.flux.sort_by(|one, two| one.key.cmp(&two.key));
        self.argo.sort_by(|one, two| one.key.cmp(&two.key));
        let sources = self.argo.iter().flat_map(|object| &object.deploys.roots);
        self.own_repository = argocd::own(sources.filter_map(|source| source.repository.as_deref()));
        self.own = OwnSource::of(&self.flux, git_repositories(library));
    }

    /// The root of Flux that is written there, if it is as it is written.
    pub(crate) fn written_flux(&self, key: &Key, manifest: &Manifest) -> Option<&Arc<FluxRoot>> {
        let at = self.flux.binary_search_by(|root| root.key.cmp(key)).ok()?;
        self.flux.get(at).filter(|root| root.manifest.node == manifest.node)
    }

    /// The object of Argo CD that is written there, if it is as it is written.
    pub(crate) fn written_argo(&self, key: &Key, manifest: &Manifest) -> Option<&ArgoObject> {
        let at = self.argo.binary_search_by(|object| object.key.cmp(key)).ok()?;
        self.argo.get(at).filter(|object| object.manifest.node == manifest.node)
    }

    /// The roots of Flux that deploy this checkout.
    pub(crate) fn own_flux(&self) -> impl Iterator<Item = &Arc<FluxRoot>> {
        self.flux.iter().filter(|root| self.own.holds(root))
    }

    /// The sources of Argo CD's objects that are in this checkout.
    pub(crate) fn own_argo(&self) -> impl Iterator<Item = (&Key, &Arc<ArgoRoot>)> {
        let all = self
            .argo
            .iter()
            .flat_map(|object| object.deploys.roots.iter().map(move |source| (&object.key, source)));
        all.filter(|(_, source)| self.is_own(source))
    }

    /// Whether a source of Argo CD is this checkout: the repository that most name.
    pub(crate) fn is_own(&self, source: &ArgoRoot) -> bool {
        let repository = source.repository.as_ref().filter(|_| self.own_repository.is_some());
        repository.is_none_or(|repository| Some(repository) == self.own_repository.as_ref())
    }

    /// Every file that a kustomization includes, kustomizations among them.
    pub(crate) fn reach(&self, tree: &Tree, start: FileId, reached: &mut FastSet<FileId>) {
        let mut open = vec![start];
        while let Some(file) = open.pop() {
            if !reached.insert(file) {
                continue;
            }
            let Some(read) = self.links.get(&file) else { continue };
            open.extend(
                read.includes.iter().filter_map(|path| tree.kustomization(path).or_else(|| tree.find(path))),
            );
        }
    }

    /// Every file that a directory's deployment includes.
    fn reach_directory(&self, tree: &Tree, dir: &str, reached: &mut FastSet<FileId>) {
        if let Some(file) = tree.kustomization(dir) {
            return self.reach(tree, file, reached);
        }
        for file in generated(tree, dir) {
            self.reach(tree, file, reached);
        }
    }

    /// Every file that a root may deploy, told from what is written.
    pub(crate) fn reached(&self, tree: &Tree) -> FastSet<FileId> {
        let mut reached = FastSet::default();
        for root in self.own_flux() {
            reached.extend(self.reach_of_flux(tree, root));
        }
        for (_, root) in self.own_argo() {
            reached.extend(self.reach_of_argo(tree, root));
        }
        for file in self.links.keys().filter(|file| !paths::is_set_aside(tree.path(**file))) {
            self.reach(tree, *file, &mut reached);
        }
        reached
    }

    /// The files by which kustomizations change what they include, and the kustomizations to which
    /// Flux objects add components, though they include nothing else that matters.
    pub(crate) fn changes(&self, tree: &Tree) -> Vec<FileId> {
        let changes = self.links.values().flat_map(|links| &links.changes).filter_map(|path| tree.find(path));
        let extended = self.own_flux().filter(|root| root.components().next().is_some());
        changes.chain(extended.filter_map(|root| tree.kustomization(&root.dir))).collect()
    }

    /// What must be read beside what matters: all that is included where values are copied from
    /// one object into another.
    pub(crate) fn beside(&self, tree: &Tree) -> Vec<FileId> {
        let mut beside = FastSet::default();
        for links in self.links.values().filter(|links| links.copies_values) {
            self.reach(tree, links.file, &mut beside);
        }
        beside.into_iter().collect()
    }

    /// Every file that a Flux object deploys.
    pub(crate) fn reach_of_flux(&self, tree: &Tree, root: &FluxRoot) -> FastSet<FileId> {
        let mut reached = FastSet::default();
        self.reach_directory(tree, &root.dir, &mut reached);
        for component in root.components() {
            self.reach_directory(tree, &component, &mut reached);
        }
        reached
    }

    /// Every file that a source of an `Application` deploys.
    pub(crate) fn reach_of_argo(&self, tree: &Tree, root: &ArgoRoot) -> FastSet<FileId> {
        let mut reached = FastSet::default();
        match tree.kustomization(&root.dir) {
            Some(file) => self.reach(tree, file, &mut reached),
            None => reached.extend(plain::files(tree, root).map(|(file, _)| file)),
        }
        reached
    }
}

/// The URLs of Flux's Git sources, by name.
fn git_repositories(library: &Library) -> FastMap<String, String> {
    let objects = library.texts().iter().flat_map(Text::objects);
    objects
        .filter(|object| object.kind() == Some("GitRepository"))
        .filter_map(|object| Some((object.name()?, object.node.at(&["spec", "url"])?.raw_text()?)))
        .map(|(name, url)| (name.to_owned(), url.to_owned()))
        .collect()
}
