//! Which roots are rendered first: those that no other reaches.

use super::{Run, Waiting};
use crate::hash::FastSet;
use crate::key::Key;
use crate::links::Links;
use crate::paths;
use crate::tree::FileId;
use std::sync::Arc;

impl Run<'_> {
    /// The roots that no other root reaches wait first.
    pub(super) fn start(&mut self) {
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
        self.waiting.extend(argo.map(|(key, source, _)| Waiting::Argo((*key).clone(), Arc::clone(source))));
        let unreached: Vec<_> = roots.argo.iter().filter(|object| !is_reached(&object.key)).collect();
        for object in unreached {
            self.charts_of(None, &object.key, &object.manifest);
            self.undecided(&object.key, &object.manifest, &object.deploys);
        }
    }

    /// Roots that only each other reach: as they are written.
    pub(super) fn leftovers(&mut self) {
        let roots = self.at.roots;
        let flux = roots.own_flux().filter(|root| !self.flux.contains_key(&root.key));
        let argo =
            roots.own_argo().filter(|(key, one)| !self.argo.contains(&((*key).clone(), one.dir.clone())));
        let left = flux.cloned().map(Waiting::Flux);
        let left: Vec<_> =
            left.chain(argo.map(|(key, one)| Waiting::Argo(key.clone(), Arc::clone(one)))).collect();
        self.waiting.extend(left);
    }

    /// Kustomizations that nothing includes, from the top down. One that stands below a
    /// deployed directory was left out of it, so it is no root, unless it builds on it.
    pub(super) fn outermost(&self, reached: &FastSet<FileId>) -> Vec<FileId> {
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

    pub(super) fn linked(&self, links: &Links) -> Vec<FileId> {
        let includes = links.includes.iter().filter_map(|path| self.at.tree.kustomization(path));
        includes.filter(|other| *other != links.file).collect()
    }
}
