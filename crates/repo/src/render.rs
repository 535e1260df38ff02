//! Roots rendered one after the other, from the top down: what a root renders may be further
//! roots, patched and with their variables filled in.

use crate::argocd::{self, ArgoRoot, Deploys};
use crate::book::Book;
use crate::charts::Charts;
use crate::flux::FluxRoot;
use crate::forget::{changed_unseen, forget};
use crate::generated::generated;
use crate::hash::{FastMap, FastSet};
use crate::input::Layout;
use crate::key::Key;
use crate::kinds;
use crate::library::Library;
use crate::links::Links;
use crate::paths;
use crate::plain;
use crate::problem::{RenderProblem, may_be_of_what_was_not_read};
use crate::rendering::{Rendering, namespace, namespace_of};
use crate::roots::Roots;
use crate::tree::{File, FileId, Tree};
use crate::variables::{self, Settings};
use crate::walk::is_kustomization;
use kustomize::{Build, Edits, Limits, NotRendered, NotRenderedKind, ProblemKind, Root};
use manifest::{Manifest, Node, Source, Span, UnknownReason};
use std::collections::{BTreeMap, VecDeque};
use substitute::{Outcome, Variables};
use topology::{Environment, EnvironmentId, EnvironmentKind, NamespaceFrom, Opaque};

/// How many roots are rendered at most: an app of apps may make itself again and again.
const MOST_ROOTS: usize = 20_000;

/// Where things are rendered.
pub(crate) struct Render<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) library: &'a Library,
    pub(crate) layout: &'a Layout,
    /// The roots as they are written.
    pub(crate) roots: &'a Roots,
}

/// A root that waits for its turn.
enum Waiting {
    Flux(FluxRoot),
    Argo(Key, ArgoRoot),
    Kustomization(FileId),
}

/// A run over all roots.
struct Run<'a> {
    at: &'a Render<'a>,
    rendering: Rendering,
    waiting: VecDeque<Waiting>,
    /// The directories that roots of Flux and Argo CD deploy, as they are written.
    deployed: FastSet<String>,
    /// Roots that had their turn, by where they are written.
    flux: FastMap<Key, Vec<FluxRoot>>,
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
            waiting: VecDeque::new(),
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

impl<'a> Run<'a> {
    /// The roots that no other root reaches wait first.
    fn start(&mut self) {
        let (roots, tree) = (self.at.roots, self.at.tree);
        let flux: Vec<_> = roots.own_flux().map(|root| (root, roots.reach_of_flux(tree, root))).collect();
        let argo: Vec<_> =
            roots.own_argo().map(|(key, source)| (key, source, roots.reach_of_argo(tree, source))).collect();
        let reached: FastSet<FileId> = flux
            .iter()
            .map(|(_, reach)| reach)
            .chain(argo.iter().map(|(_, _, reach)| reach))
            .flatten()
            .copied()
            .collect();
        let outermost = self.outermost(&reached);
        let mut by_kustomizations = FastSet::default();
        for file in &outermost {
            roots.reach(tree, *file, &mut by_kustomizations);
        }
        let is_reached = |key: &Key| {
            by_kustomizations.contains(&key.file)
                || flux.iter().any(|(root, reach)| root.key != *key && reach.contains(&key.file))
                || argo.iter().any(|(other, _, reach)| *other != key && reach.contains(&key.file))
        };
        self.waiting.extend(outermost.into_iter().map(Waiting::Kustomization));
        let flux = flux.iter().map(|(root, _)| *root).filter(|root| !is_reached(&root.key));
        self.waiting.extend(flux.cloned().map(Waiting::Flux));
        let argo = argo.iter().filter(|(key, ..)| !is_reached(key));
        self.waiting.extend(argo.map(|(key, source, _)| Waiting::Argo((*key).clone(), (*source).clone())));
        let unreached: Vec<_> = roots.argo.iter().filter(|object| !is_reached(&object.key)).collect();
        for object in unreached {
            self.charts_of(None, &object.key, &object.manifest);
            self.undecided(&object.key, &object.manifest, &object.deploys);
        }
    }

    /// Roots that only each other reach: as they are written.
    fn leftovers(&mut self) {
        let roots = self.at.roots;
        let flux = roots.own_flux().filter(|root| !self.flux.contains_key(&root.key));
        let argo =
            roots.own_argo().filter(|(key, one)| !self.argo.contains(&((*key).clone(), one.dir.clone())));
        let left = flux.cloned().map(Waiting::Flux);
        let left: Vec<_> =
            left.chain(argo.map(|(key, one)| Waiting::Argo(key.clone(), one.clone()))).collect();
        self.waiting.extend(left);
    }

    fn work(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            self.turns += 1;
            if self.turns > MOST_ROOTS {
                self.waiting.clear();
                return;
            }
            match next {
                Waiting::Kustomization(file) => self.kustomization(file),
                Waiting::Flux(root) => self.flux(&root),
                Waiting::Argo(key, root) => self.argo(key, &root),
            }
        }
    }

    fn environment(&mut self, kind: EnvironmentKind, dir: &str, root: Option<Span>) -> EnvironmentId {
        let path = if dir == "-" { dir.to_owned() } else { self.at.layout.shown(dir) };
        self.rendering.environment(Environment { kind, path, root, opaque: Vec::new() }, dir)
    }

    fn kustomization(&mut self, file: FileId) {
        let Some(links) = self.at.roots.links.get(&file) else { return };
        let dir = paths::parent(self.at.tree.path(file));
        let environment = self.environment(EnvironmentKind::Kustomize, dir, Some(links.span));
        // What another root deploys is that root's, though this one includes it.
        let deployed = std::mem::take(&mut self.deployed);
        let book = Book { left_to_others: Some(&deployed), ..self.book() };
        let build = build(&book, Root::Directory(dir), None, &Limits::default());
        self.deployed = deployed;
        self.take(environment, build, None, None);
    }

    fn flux(&mut self, root: &FluxRoot) {
        let turns = self.flux.entry(root.key.clone()).or_default();
        if turns.contains(root) {
            return;
        }
        turns.push(root.clone());
        let environment = self.environment(EnvironmentKind::Flux, &root.dir, Some(root.span));
        for component in root.components() {
            self.rendering.deploys(environment, &component);
        }
        let edits = flux_edits(root);
        let build = self.build(&root.dir, &edits);
        let variables = variables::of(self.at.tree, root, &self.settings, &mut self.rendering.missing);
        let fills = root.spec("postBuild").is_some();
        self.take(environment, build, fills.then_some(&variables), None);
    }

    /// Builds a directory of Flux, which makes a kustomization where there is none.
    fn build(&self, dir: &str, edits: &Edits) -> Build {
        let (tree, book) = (self.at.tree, self.book());
        if tree.kustomization(dir).is_some() {
            return build(&book, Root::Directory(dir), Some(edits), &self.flux_limits());
        }
        let resource = |file: FileId| {
            let path = tree.path(file);
            if is_kustomization(path) { paths::parent(path).to_owned() } else { path.to_owned() }
        };
        let resources: Vec<String> = generated(tree, dir).map(resource).collect();
        let root = Root::Generated { dir, resources: &resources };
        build(&book, root, Some(edits), &self.flux_limits())
    }

    /// Flux lets a kustomization read files of all its source.
    fn flux_limits(&self) -> Limits {
        Limits { files_anywhere: true, ..Limits::default() }
    }

    fn argo(&mut self, key: Key, root: &ArgoRoot) {
        if !self.argo.insert((key.clone(), root.dir.clone())) {
            return;
        }
        let environment = self.environment(EnvironmentKind::ArgoCd, &root.dir, Some(root.span));
        if self.at.tree.find(&paths::join(&root.dir, "Chart.yaml")).is_some() {
            let application = Manifest {
                node: root.application.clone(),
                document: key.document,
                base: key.base.clone(),
                kubectl: true,
            };
            return self.charts_of(Some((environment, &root.dir)), &key, &application);
        }
        let fallback = root.destination.clone();
        let destination = fallback.iter().map(|namespace| (root.dir.clone(), namespace.clone()));
        self.rendering.destinations.extend(destination);
        if self.at.tree.kustomization(&root.dir).is_some() {
            let edits = root.edits();
            let book = self.book();
            let build = build(&book, Root::Directory(&root.dir), Some(&edits), &Limits::default());
            self.take(environment, build, None, fallback.as_ref());
        } else {
            let files: Vec<FileId> = plain::files(self.at.tree, root).map(|(file, _)| file).collect();
            for file in files {
                self.file(environment, file, fallback.as_ref());
            }
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

    fn book(&self) -> Book<'a> {
        Book::new(self.at.tree, self.at.library, self.at.layout)
    }

    fn opaque(&mut self, environment: EnvironmentId, opaque: Opaque) {
        if let Some(environment) = self.rendering.environments.get_mut(environment.0 as usize) {
            environment.opaque.push(opaque);
        }
    }

    /// Takes over what a build gave, and fills in the variables.
    fn take(
        &mut self,
        environment: EnvironmentId,
        build: Build,
        variables: Option<&Variables>,
        fallback: Option<&topology::Namespace>,
    ) {
        let (tree, library) = (self.at.tree, self.at.library);
        let mut concerns_databases = false;
        for file in build.read.iter().filter_map(|path| tree.find(path)) {
            self.rendering.reads(environment, file);
            concerns_databases |= self.judged.contains(&file);
        }
        if concerns_databases {
            self.rendering.problems.extend(build.problems.into_iter().map(RenderProblem::from));
        }
        for one in build.not_rendered {
            if one.kind != NotRenderedKind::Validator {
                self.opaque(environment, opaque(one));
            }
        }
        for mut resource in build.resources {
            let Some(file) = tree.find(&resource.path) else { continue };
            // Documents that could not be read were left out when kustomize asked.
            let text = library.text(file);
            let part = text.and_then(|text| text.values().nth(resource.document));
            let document = part.map_or(resource.document, |(index, _)| index);
            let written = text.and_then(|text| text.documents.get(document)?.objects.as_ref().ok());
            let written = written.and_then(|objects| objects.iter().find(|one| one.base == resource.base));
            let kubectl = written.is_none_or(|written| written.kubectl);
            if let Some(span) = changed_unseen(&resource) {
                let by = library.sources.get(span.source).map_or("", Source::path);
                forget(&mut resource.node, &UnknownReason::Patched(by.to_owned()));
            }
            let substituted = variables.is_some_and(|variables| self.fill(&mut resource.node, variables));
            let manifest = Manifest { node: resource.node, document, base: resource.base, kubectl };
            let key = Key { file, document, base: manifest.base.clone() };
            self.roots_in(environment, &key, &manifest);
            self.rendering.add(environment, key, manifest, substituted, fallback);
        }
    }

    /// Fills in variables. `true`: `${…}` that is left stands for itself.
    fn fill(&mut self, node: &mut Node, variables: &Variables) -> bool {
        match substitute::substitute(node, variables) {
            Ok(outcome) => outcome != Outcome::Disabled,
            Err(error) => {
                self.rendering.problems.push(RenderProblem::from(&error));
                false
            }
        }
    }

    /// What is rendered may be a root itself.
    fn roots_in(&mut self, environment: EnvironmentId, key: &Key, manifest: &Manifest) {
        let tree = self.at.tree;
        if kinds::is_flux_kustomization(manifest) {
            let root =
                FluxRoot::read(tree, key.clone(), manifest).filter(|root| self.at.roots.own.holds(root));
            self.waiting.extend(root.map(Waiting::Flux));
        } else if argocd::is_root(manifest) {
            let deploys = argocd::read(tree, key.file, manifest);
            self.undecided(key, manifest, &deploys);
            let own = deploys.roots.into_iter().filter(|source| self.at.roots.is_own(source));
            self.waiting.extend(own.map(|source| Waiting::Argo(key.clone(), source)));
            self.charts_of(None, key, manifest);
        } else if manifest.kind() == Some("HelmRelease") {
            self.charts_of(Some((environment, "")), key, manifest);
        }
    }

    /// Notes the `Application`s of a set that cannot be known.
    fn undecided(&mut self, key: &Key, set: &Manifest, deploys: &Deploys) {
        if deploys.undecided.is_empty() {
            return;
        }
        let dir = paths::parent(self.at.tree.path(key.file));
        let name = set.node.at(&["metadata", "name"]).unwrap_or(&set.node);
        let environment = self.environment(EnvironmentKind::ArgoCd, dir, Some(name.origin.span));
        for (why, span) in &deploys.undecided {
            let what = format!("ApplicationSet {}", set.name().unwrap_or("without a name"));
            let opaque = Opaque { what, why: why.clone(), version: None, namespace: None, span: *span };
            self.opaque(environment, opaque);
        }
    }

    /// Takes over what the charts of a release make. Without an environment of its own (and there the
    /// directory of the chart, where it is a source of Argo CD) a chart from elsewhere makes one.
    fn charts_of(&mut self, place: Option<(EnvironmentId, &str)>, key: &Key, manifest: &Manifest) {
        let made = self.charts.made(key, &manifest.node, &mut self.rendering.missing);
        let own = namespace_of(manifest, None);
        for (index, one) in made.into_iter().enumerate() {
            let is_meant = match (place, &one.dir) {
                (None, dir) => dir.is_none(),
                (Some((_, "")), _) => true,
                (Some((_, meant)), dir) => dir.as_deref() == Some(meant),
            };
            if !is_meant {
                continue;
            }
            let environment = place.map(|(environment, _)| environment).unwrap_or_else(|| {
                let dir = paths::parent(self.at.tree.path(key.file));
                let name = manifest.node.at(&["metadata", "name"]).unwrap_or(&manifest.node);
                self.environment(EnvironmentKind::ArgoCd, dir, Some(name.origin.span))
            });
            self.rendering.reads(environment, key.file);
            let namespace = one.namespace.as_ref().and_then(|node| namespace(node, NamespaceFrom::Object));
            let fallback = namespace.unwrap_or_else(|| own.clone());
            let objects = match one.objects {
                Ok(objects) => objects,
                Err(opaque) => {
                    self.opaque(environment, opaque);
                    continue;
                }
            };
            for (number, (node, made_by)) in objects.into_iter().enumerate() {
                let base = format!("{}#{index}.{number}", key.base);
                let key = Key { base: base.clone(), ..key.clone() };
                let made = Manifest { node, document: key.document, base, kubectl: true };
                if let Some(rendered) = self.rendering.add(environment, key, made, false, Some(&fallback)) {
                    rendered.made_by = Some((made_by, one.reference));
                }
            }
        }
    }

    /// Kustomizations that nothing includes, from the top down. One that stands below a
    /// deployed directory was left out of it, so it is no root, unless it builds on it.
    fn outermost(&self, reached: &FastSet<FileId>) -> Vec<FileId> {
        let (roots, tree) = (self.at.roots, self.at.tree);
        let links = roots.links.values();
        let linked: FastSet<FileId> = links.clone().flat_map(|one| self.linked(one)).collect();
        let mut outermost: Vec<FileId> = links
            .filter(|one| !one.component && !linked.contains(&one.file) && !reached.contains(&one.file))
            .map(|one| one.file)
            .filter(|file| !paths::is_set_aside(tree.path(*file)))
            .collect();
        outermost.sort_unstable_by_key(|file| (tree.path(*file).matches('/').count(), *file));
        let mut included = reached.clone();
        let mut deployed = self.deployed.clone();
        outermost.retain(|file| {
            let dir = paths::parent(tree.path(*file));
            let mut reach = FastSet::default();
            roots.reach(tree, *file, &mut reach);
            let is_left_out = paths::ancestors(dir).any(|above| match tree.kustomization(above) {
                Some(other) => included.contains(&other) && !reach.contains(&other),
                None => deployed.contains(above),
            });
            if !is_left_out {
                deployed.insert(dir.to_owned());
                included.extend(reach);
            }
            !is_left_out
        });
        outermost
    }

    fn linked(&self, links: &Links) -> Vec<FileId> {
        let includes = links.includes.iter().filter_map(|path| self.at.tree.kustomization(path));
        includes.filter(|other| *other != links.file).collect()
    }

    /// What no root reaches is deployed as it lies there where there are no roots, and judged
    /// where it was named for itself.
    fn directories(&mut self, judged: &[FileId], all: &[FileId]) {
        let (tree, layout) = (self.at.tree, self.at.layout);
        let gitops = !self.at.roots.argo.is_empty() || tree.files().any(|(_, file)| is_flux(file));
        let plain = !gitops && !judged.iter().any(|file| self.rendering.is_read(*file));
        let bare: Vec<bool> = layout.named.iter().map(|named| self.is_bare(&named.path)).collect();
        let mut directories: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
        for file in all.iter().copied().filter(|file| !self.rendering.is_read(*file)) {
            let path = tree.path(file);
            let mut named = layout.named.iter().zip(&bare);
            let mut is_named = || named.any(|(one, bare)| *bare && paths::is_under(path, &one.path));
            if path == "-" || (plain && !paths::is_set_aside(path)) || is_named() {
                let dir = if path == "-" { path } else { paths::parent(path) };
                directories.entry(dir).or_default().push(file);
            }
        }
        for (dir, files) in directories {
            let environment = self.environment(EnvironmentKind::Directory, dir, None);
            for file in files {
                self.file(environment, file, None);
            }
        }
    }

    /// Whether a named path is a file, or a directory below which no root reaches anything: it
    /// is not the whole checkout.
    fn is_bare(&self, path: &str) -> bool {
        let mut below = self.at.tree.under(path);
        !path.is_empty() && !below.any(|(file, _)| self.rendering.is_read(file))
    }
}

/// Builds, and tells only of problems that would be there too if everything had been read.
fn build(book: &Book<'_>, root: Root<'_>, edits: Option<&Edits>, limits: &Limits) -> Build {
    let mut build = kustomize::build(book, root, edits, limits);
    let is_partial = book.is_partial.get();
    build.problems.retain(|problem| {
        // What Flux is told to patch everywhere need not match everywhere.
        let path = book.library.sources.get(problem.span.source).map_or("", Source::path);
        let is_everywhere = !is_kustomization(path) && problem.kind == ProblemKind::PatchWithoutTarget;
        !is_everywhere && !(is_partial && may_be_of_what_was_not_read(problem))
    });
    build
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

fn is_flux(file: &File) -> bool {
    file.marks.flux && !paths::is_set_aside(&file.path)
}

/// What Flux adds to the kustomization of the directory.
fn flux_edits(root: &FluxRoot) -> Edits {
    Edits {
        namespace: root.spec("targetNamespace").cloned(),
        name_prefix: root.spec("namePrefix").cloned(),
        name_suffix: root.spec("nameSuffix").cloned(),
        patches: root.list("patches").to_vec(),
        components: root.list("components").to_vec(),
        images: root.list("images").to_vec(),
        ..Edits::default()
    }
}
