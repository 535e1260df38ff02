//! Roots rendered one after the other, from the top down: what a root renders may be further
//! roots, patched and with their variables filled in.

mod charts;
mod directories;
mod prepare;
mod start;

use crate::argocd::{self, ArgoRoot};
use crate::charts::Charts;
use crate::flux::FluxRoot;
use crate::hash::{FastMap, FastSet};
use crate::input::Layout;
use crate::key::Key;
use crate::kinds;
use crate::library::Library;
use crate::paths;
use crate::plain;
use crate::problem::RenderProblem;
use crate::rendering::Rendering;
use crate::roots::Roots;
use crate::tree::{FileId, Tree};
use crate::variables::Settings;
use kustomize::{Memory, NotRendered, NotRenderedKind};
use manifest::{Manifest, Span};
use prepare::Prepared;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;
use topology::{Environment, EnvironmentId, EnvironmentKind, Opaque};

/// How many roots are rendered at most: an app of apps may make itself again and again.
const MOST_ROOTS: usize = 20_000;

/// Where things are rendered.
pub(crate) struct Render<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) library: &'a Library,
    pub(crate) layout: &'a Layout,
    /// The roots as they are written.
    pub(crate) roots: &'a Roots,
    /// What all builds share.
    pub(crate) memory: &'a Memory,
    /// Only databases are wanted, and what leads to them.
    pub(crate) only_databases: bool,
}

/// A root that waits for its turn.
enum Waiting {
    Flux(Arc<FluxRoot>),
    Argo(Key, Arc<ArgoRoot>),
    Kustomization(FileId),
}

/// A run over all roots.
struct Run<'a> {
    at: &'a Render<'a>,
    rendering: Rendering,
    waiting: Vec<Waiting>,
    /// The directories that roots of Flux and Argo CD deploy, as they are written.
    deployed: FastSet<String>,
    /// Roots that had their turn, by where they are written.
    flux: FastMap<Key, Vec<Arc<FluxRoot>>>,
    argo: FastSet<(Key, String)>,
    settings: Settings<'a>,
    charts: Charts<'a>,
    judged: FastSet<FileId>,
    turns: usize,
}

impl<'a> Render<'a> {
    /// What is deployed. `judged` are the files with judged objects, `all` those and what may
    /// belong to them.
    pub(crate) fn run(&'a self, judged: &[FileId], all: &[FileId]) -> Rendering {
        let flux = self.roots.own_flux().map(|root| root.dir.clone());
        let argo = self.roots.own_argo().map(|(_, root)| root.dir.clone());
        let mut run = Run {
            at: self,
            rendering: Rendering::default(),
            waiting: Vec::new(),
            deployed: flux.chain(argo).collect(),
            flux: FastMap::default(),
            argo: FastSet::default(),
            settings: Settings::of(self.library),
            charts: Charts::new(self.tree, self.library, self.layout),
            judged: judged.iter().copied().collect(),
            turns: 0,
        };
        run.start();
        run.work();
        run.leftovers();
        run.work();
        run.directories(judged, all);
        run.rendering
    }
}

impl Run<'_> {
    /// Renders what waits, and what that leads to. What waits at the same time is built at the same time.
    fn work(&mut self) {
        while !self.waiting.is_empty() {
            let mut layer = std::mem::take(&mut self.waiting);
            layer.retain(|root| self.is_new(root));
            self.turns += layer.len();
            if self.turns > MOST_ROOTS {
                return;
            }
            let (at, settings, deployed) = (self.at, &self.settings, &self.deployed);
            let prepare = |root: Waiting| {
                let prepared = at.prepare(&root, settings, deployed);
                (root, prepared)
            };
            let prepared: Vec<_> = layer.into_par_iter().map(prepare).collect();
            for (root, prepared) in prepared {
                match root {
                    Waiting::Kustomization(file) => self.kustomization(file, prepared),
                    Waiting::Flux(root) => self.flux(&root, prepared),
                    Waiting::Argo(key, root) => self.argo(&key, &root, prepared),
                }
            }
        }
    }

    /// Whether a root had no turn yet; now it has.
    fn is_new(&mut self, root: &Waiting) -> bool {
        match root {
            Waiting::Kustomization(_) => true,
            Waiting::Flux(root) => {
                let turns = self.flux.entry(root.key.clone()).or_default();
                let is_new = !turns.iter().any(|turn| Arc::ptr_eq(turn, root) || turn == root);
                if is_new {
                    turns.push(Arc::clone(root));
                }
                is_new
            }
            Waiting::Argo(key, root) => self.argo.insert((key.clone(), root.dir.clone())),
        }
    }

    fn environment(&mut self, kind: EnvironmentKind, dir: &str, root: Option<Span>) -> EnvironmentId {
        let path = if dir == "-" { dir.to_owned() } else { self.at.layout.shown(dir) };
        self.rendering.environment(Environment { kind, path, root, opaque: Vec::new() }, dir)
    }

    fn kustomization(&mut self, file: FileId, prepared: Option<Prepared>) {
        let Some(links) = self.at.roots.links.get(&file) else { return };
        let dir = paths::parent(self.at.tree.path(file));
        let environment = self.environment(EnvironmentKind::Kustomize, dir, Some(links.span));
        self.take(environment, prepared, None);
    }

    fn flux(&mut self, root: &FluxRoot, prepared: Option<Prepared>) {
        let environment = self.environment(EnvironmentKind::Flux, &root.dir, Some(root.span));
        for component in root.components() {
            self.rendering.deploys(environment, &component);
        }
        self.take(environment, prepared, None);
    }

    fn argo(&mut self, key: &Key, root: &ArgoRoot, prepared: Option<Prepared>) {
        let environment = self.environment(EnvironmentKind::ArgoCd, &root.dir, Some(root.span));
        if self.at.tree.find(&paths::join(&root.dir, "Chart.yaml")).is_some() {
            let application = Manifest {
                node: root.application.clone(),
                document: key.document,
                base: key.base.clone(),
                kubectl: true,
            };
            return self.charts_of(Some((environment, &root.dir)), key, &application);
        }
        let fallback = root.destination.clone();
        let destination = fallback.iter().map(|namespace| (root.dir.clone(), namespace.clone()));
        self.rendering.destinations.extend(destination);
        if prepared.is_some() {
            return self.take(environment, prepared, fallback.as_ref());
        }
        let files: Vec<FileId> = plain::files(self.at.tree, root).map(|(file, _)| file).collect();
        for file in files {
            self.file(environment, file, fallback.as_ref());
        }
    }

    /// Notes the objects of a file as they are written.
    fn file(&mut self, environment: EnvironmentId, file: FileId, fallback: Option<&topology::Namespace>) {
        self.rendering.reads(environment, file);
        let Some(text) = self.at.library.text(file) else { return };
        for object in text.objects() {
            let key = Key { file, document: object.document, base: object.base.clone() };
            self.roots_in(environment, &key, object);
            self.rendering.add(environment, key, object.clone(), false, fallback);
        }
    }

    fn opaque(&mut self, environment: EnvironmentId, opaque: Opaque) {
        if let Some(environment) = self.rendering.environments.get_mut(environment.0 as usize) {
            environment.opaque.push(opaque);
        }
    }

    /// Takes over what a root gave.
    fn take(
        &mut self,
        environment: EnvironmentId,
        prepared: Option<Prepared>,
        fallback: Option<&topology::Namespace>,
    ) {
        let Some(Prepared { build, substituted, refused, missing }) = prepared else { return };
        let (tree, library) = (self.at.tree, self.at.library);
        let mut concerns_databases = false;
        for file in build.read.iter().filter_map(|path| tree.find(path)) {
            self.rendering.reads(environment, file);
            concerns_databases |= self.judged.contains(&file);
        }
        if concerns_databases {
            self.rendering.problems.extend(build.problems.into_iter().map(RenderProblem::from));
        }
        self.rendering.problems.extend(refused);
        self.rendering.missing.extend(missing);
        for one in build.not_rendered {
            if one.kind != NotRenderedKind::Validator {
                self.opaque(environment, opaque(one));
            }
        }
        for (resource, substituted) in build.resources.into_iter().zip(substituted) {
            let Some(file) = tree.find(&resource.path) else { continue };
            // Documents that could not be read were left out when kustomize asked.
            let text = library.text(file);
            let part = text.and_then(|text| text.values().nth(resource.document));
            let document = part.map_or(resource.document, |(index, _)| index);
            let written = text.and_then(|text| text.documents.get(document)?.objects.as_ref().ok());
            let written = written.and_then(|objects| objects.iter().find(|one| one.base == resource.base));
            let kubectl = written.is_none_or(|written| written.kubectl);
            let manifest = Manifest { node: resource.node, document, base: resource.base, kubectl };
            let key = Key { file, document, base: manifest.base.clone() };
            self.roots_in(environment, &key, &manifest);
            self.rendering.add(environment, key, manifest, substituted, fallback);
        }
    }

    /// What is rendered may be a root itself.
    fn roots_in(&mut self, environment: EnvironmentId, key: &Key, manifest: &Manifest) {
        let (tree, roots) = (self.at.tree, self.at.roots);
        if kinds::is_flux_kustomization(manifest) {
            let written = roots.written_flux(key, manifest).cloned();
            let root = written.or_else(|| FluxRoot::read(tree, key.clone(), manifest).map(Arc::new));
            self.waiting.extend(root.filter(|root| roots.own.holds(root)).map(Waiting::Flux));
        } else if argocd::is_root(manifest) {
            let written = roots.written_argo(key, manifest).map(|object| Cow::Borrowed(&object.deploys));
            let deploys = written.unwrap_or_else(|| Cow::Owned(argocd::read(tree, key.file, manifest)));
            self.undecided(key, manifest, &deploys);
            let own = deploys.roots.iter().filter(|source| roots.is_own(source));
            self.waiting.extend(own.map(|source| Waiting::Argo(key.clone(), Arc::clone(source))));
            self.charts_of(None, key, manifest);
        } else if manifest.kind() == Some("HelmRelease") {
            self.charts_of(Some((environment, "")), key, manifest);
        }
    }
}

fn opaque(one: NotRendered) -> Opaque {
    let why = match one.kind {
        NotRenderedKind::Remote => "it stands in another repository",
        NotRenderedKind::Chart => "a chart is rendered by Helm",
        NotRenderedKind::Generator => "another program makes these objects",
        NotRenderedKind::Transformer | NotRenderedKind::Validator => "another program changes these objects",
        NotRenderedKind::Vars => "variables of kustomize are not filled in",
        NotRenderedKind::Schema => "lists are merged without this schema",
    };
    let chart = one.chart.unwrap_or_default();
    let (version, namespace) = (chart.version, chart.namespace);
    Opaque { what: one.what, why: why.to_owned(), version, namespace, span: one.span }
}
