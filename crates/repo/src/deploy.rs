//! Roots to environments: what each deploys, and what none does.

use crate::argocd::ArgoRoot;
use crate::environment::Deployment;
use crate::flux::FluxRoot;
use crate::hash::FastSet;
use crate::input::Layout;
use crate::paths;
use crate::roots::Roots;
use crate::tree::{File, FileId, Tree};
use crate::visit::{Visit, wanted};
use manifest::Span;
use std::collections::BTreeMap;
use topology::{Environment, EnvironmentId, EnvironmentKind, Opaque};

/// Where deployments are made.
pub(crate) struct Deploy<'a> {
    /// The files.
    pub(crate) tree: &'a Tree,
    /// Where everything is.
    pub(crate) layout: &'a Layout,
    /// What deploys.
    pub(crate) roots: &'a Roots,
}

impl Deploy<'_> {
    /// What is deployed. `judged` are the files with judged objects, `all` those and what may
    /// belong to them.
    pub(crate) fn run(&self, judged: &[FileId], all: &[FileId]) -> Deployment {
        let mut deployment = Deployment::default();
        for root in &self.roots.flux {
            self.flux(root, &mut deployment);
        }
        for root in &self.roots.argo {
            self.argo(root, &mut deployment);
        }
        self.kustomizations(&mut deployment);
        self.directories(judged, all, &mut deployment);
        deployment
    }

    fn environment(
        &self,
        kind: EnvironmentKind,
        dir: &str,
        root: Option<Span>,
        deployment: &mut Deployment,
    ) -> EnvironmentId {
        let path = if dir == "-" { dir.to_owned() } else { self.layout.shown(dir) };
        let environment =
            deployment.environment(Environment { kind, path, root, made: Vec::new(), opaque: Vec::new() });
        deployment.deploys(environment, dir);
        environment
    }

    fn flux(&self, root: &FluxRoot, deployment: &mut Deployment) {
        let environment = self.environment(EnvironmentKind::Flux, &root.dir, Some(root.span), deployment);
        deployment.roots.insert(root.dir.clone());
        let mut visit = Visit::new(self.tree, &self.roots.kustomizations, deployment, environment);
        let kustomization = self.tree.kustomization(&root.dir);
        let over = root.namespace.as_ref();
        match kustomization {
            Some(file) => visit.kustomization(file, over),
            None => visit.tree(&root.dir, over),
        }
        // Flux adds its components to the kustomization of the directory.
        let own = kustomization.and_then(|file| self.roots.kustomizations.get(&file)?.namespace.as_ref());
        for component in &root.components {
            visit.path(component, over.or(own));
            visit.deployment.deploys(environment, component);
        }
    }

    fn argo(&self, root: &ArgoRoot, deployment: &mut Deployment) {
        let environment = self.environment(EnvironmentKind::ArgoCd, &root.dir, Some(root.span), deployment);
        deployment.roots.insert(root.dir.clone());
        if self.tree.find(&paths::join(&root.dir, "Chart.yaml")).is_some() {
            let what = format!("chart in {}", self.layout.shown(&root.dir));
            let chart = Opaque { what, version: None, namespace: None, span: root.span };
            if let Some(environment) = deployment.environments.last_mut() {
                environment.opaque.push(chart);
            }
            return;
        }
        let mut visit = Visit::new(self.tree, &self.roots.kustomizations, deployment, environment);
        visit.fallback.clone_from(&root.destination);
        let destination = root.destination.iter().map(|namespace| (root.dir.clone(), namespace.clone()));
        visit.deployment.destinations.extend(destination);
        match self.tree.kustomization(&root.dir) {
            Some(file) => visit.kustomization(file, root.over.as_ref()),
            None => visit.plain(&root.dir, root.recurse, &|path| {
                wanted(root.include.as_ref(), root.exclude.as_ref(), path)
            }),
        }
    }

    /// Kustomizations that nothing includes, from the top down. One that stands below a
    /// deployed directory was left out of it, so it is no root, unless it builds on it.
    fn kustomizations(&self, deployment: &mut Deployment) {
        let linked: FastSet<FileId> =
            self.roots.kustomizations.values().flat_map(|one| self.links(one.file)).collect();
        let mut outermost: Vec<FileId> = self
            .roots
            .kustomizations
            .values()
            .filter(|one| !one.component && !linked.contains(&one.file))
            .map(|one| one.file)
            .filter(|file| !deployment.is_included(*file) && !paths::is_set_aside(self.tree.path(*file)))
            .collect();
        outermost.sort_unstable_by_key(|file| (self.tree.path(*file).matches('/').count(), *file));
        for file in outermost {
            if deployment.is_included(file) || self.is_left_out(file, deployment) {
                continue;
            }
            let Some(read) = self.roots.kustomizations.get(&file) else { continue };
            let dir = paths::parent(self.tree.path(file));
            let environment = self.environment(EnvironmentKind::Kustomize, dir, Some(read.span), deployment);
            deployment.roots.insert(dir.to_owned());
            let mut visit = Visit::new(self.tree, &self.roots.kustomizations, deployment, environment);
            visit.stops_at_roots = true;
            visit.kustomization(file, None);
        }
    }

    fn links(&self, file: FileId) -> Vec<FileId> {
        let Some(read) = self.roots.kustomizations.get(&file) else { return Vec::new() };
        let links = read.resources.iter().chain(&read.components);
        links.filter_map(|path| self.tree.kustomization(path)).filter(|other| *other != file).collect()
    }

    fn is_left_out(&self, file: FileId, deployment: &Deployment) -> bool {
        let dir = paths::parent(self.tree.path(file));
        let reach = self.roots.reach(self.tree, file);
        paths::ancestors(dir).any(|above| match self.tree.kustomization(above) {
            Some(other) => deployment.is_included(other) && !reach.contains(&other),
            None => deployment.roots.contains(above),
        })
    }

    /// What no root reaches is deployed as it lies there where there are no roots, and judged
    /// where it was named for itself.
    fn directories(&self, judged: &[FileId], all: &[FileId], deployment: &mut Deployment) {
        let gitops = !self.roots.argo.is_empty() || self.tree.files().any(|(_, file)| is_flux(file));
        let plain = !gitops && !judged.iter().any(|file| deployment.is_deployed(*file));
        let named: Vec<bool> =
            self.layout.named.iter().map(|named| self.is_bare(&named.path, deployment)).collect();
        let mut directories: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
        for file in all.iter().copied().filter(|file| !deployment.is_deployed(*file)) {
            let path = self.tree.path(file);
            let paths_named = self.layout.named.iter().zip(&named);
            let is_named =
                || paths_named.clone().any(|(one, bare)| *bare && paths::is_under(path, &one.path));
            if path == "-" || (plain && !paths::is_set_aside(path)) || is_named() {
                let dir = if path == "-" { path } else { paths::parent(path) };
                directories.entry(dir).or_default().push(file);
            }
        }
        for (dir, files) in directories {
            let environment = self.environment(EnvironmentKind::Directory, dir, None, deployment);
            deployment.place_all(environment, &files);
        }
    }

    /// Whether a named path is a file, or a directory below which no root reaches anything: it
    /// is not the whole checkout.
    fn is_bare(&self, path: &str, deployment: &Deployment) -> bool {
        let reached = self
            .tree
            .under(path)
            .any(|(file, _)| deployment.is_deployed(file) || deployment.is_included(file));
        !path.is_empty() && !reached
    }
}

fn is_flux(file: &File) -> bool {
    file.marks.flux && !paths::is_set_aside(&file.path)
}
