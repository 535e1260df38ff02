//! One root built, its variables filled in: a function of what was parsed, so that many are built at
//! the same time.

use super::{Render, Waiting};
use crate::argocd;
use crate::book::Book;
use crate::flux::FluxRoot;
use crate::forget::{changed_unseen, forget};
use crate::generated::generated;
use crate::hash::FastSet;
use crate::kinds;
use crate::paths;
use crate::problem::{RenderProblem, may_be_of_what_was_not_read};
use crate::tree::FileId;
use crate::variables::{self, Settings};
use crate::walk::is_kustomization;
use kustomize::{Build, Edits, Limits, ProblemKind, Resource, Root};
use manifest::{Manifest, Source, UnknownReason};
use std::collections::BTreeSet;
use substitute::{Outcome, Variables};

/// What became of a root.
pub(super) struct Prepared {
    pub(super) build: Build,
    /// Of each resource, whether `${…}` that is left in it stands for itself.
    pub(super) substituted: Vec<bool>,
    /// Variables that Flux would refuse.
    pub(super) refused: Vec<RenderProblem>,
    /// The names of objects with variables that were not found.
    pub(super) missing: BTreeSet<String>,
}

impl Render<'_> {
    /// Builds a root; `None` for what deploys no kustomization.
    pub(super) fn prepare(
        &self,
        root: &Waiting,
        settings: &Settings<'_>,
        deployed: &FastSet<String>,
    ) -> Option<Prepared> {
        let (tree, strict) = (self.tree, Limits::default());
        if self.only_databases && !self.may_lead_to_databases(root) {
            return None;
        }
        match root {
            Waiting::Kustomization(file) => {
                let dir = paths::parent(tree.path(*file));
                // What another root deploys is that root's, though this one includes it.
                let book = Book { left_to_others: Some(deployed), ..self.book() };
                Some(self.prepared(build(&book, Root::Directory(dir), None, &strict)))
            }
            Waiting::Flux(root) => Some(self.flux(root, settings)),
            Waiting::Argo(_, root) => {
                tree.kustomization(&root.dir)?;
                let edits = root.edits();
                Some(self.prepared(build(&self.book(), Root::Directory(&root.dir), Some(&edits), &strict)))
            }
        }
    }

    /// Whether a root reaches a database or another root, as far as that is written.
    fn may_lead_to_databases(&self, root: &Waiting) -> bool {
        let (roots, tree) = (self.roots, self.tree);
        let reached = match root {
            Waiting::Kustomization(file) => {
                let mut reached = FastSet::default();
                roots.reach(tree, *file, &mut reached);
                reached
            }
            Waiting::Flux(root) => roots.reach_of_flux(tree, root),
            Waiting::Argo(_, root) => roots.reach_of_argo(tree, root),
        };
        reached.into_iter().filter_map(|file| tree.get(file)).any(|file| {
            let marks = file.marks;
            marks.judged || marks.charted || marks.flux || marks.argo
        })
    }

    fn flux(&self, root: &FluxRoot, settings: &Settings<'_>) -> Prepared {
        let mut prepared = self.prepared(self.build_of_flux(&root.dir, &flux_edits(root)));
        let variables = variables::of(self.tree, root, settings, &mut prepared.missing);
        if root.spec("postBuild").is_some() {
            prepared.fill(&variables);
        }
        prepared
    }

    /// Builds a directory of Flux, which makes a kustomization where there is none.
    fn build_of_flux(&self, dir: &str, edits: &Edits) -> Build {
        // Flux lets a kustomization read files of all its source.
        let limits = Limits { files_anywhere: true, ..Limits::default() };
        let (tree, book) = (self.tree, self.book());
        if tree.kustomization(dir).is_some() {
            return build(&book, Root::Directory(dir), Some(edits), &limits);
        }
        let resource = |file: FileId| {
            let path = tree.path(file);
            if is_kustomization(path) { paths::parent(path).to_owned() } else { path.to_owned() }
        };
        let resources: Vec<String> = generated(tree, dir).map(resource).collect();
        build(&book, Root::Generated { dir, resources: &resources }, Some(edits), &limits)
    }

    fn book(&self) -> Book<'_> {
        Book::new(self.tree, self.library, self.layout, self.memory)
    }

    fn prepared(&self, mut build: Build) -> Prepared {
        if self.only_databases {
            build.resources = build.resources.into_iter().filter_map(leading_to_databases).collect();
        }
        for resource in &mut build.resources {
            if let Some(span) = changed_unseen(resource) {
                let by = self.library.sources.get(span.source).map_or("", Source::path);
                forget(&mut resource.node, &UnknownReason::Patched(by.to_owned()));
            }
        }
        let substituted = vec![false; build.resources.len()];
        Prepared { build, substituted, refused: Vec::new(), missing: BTreeSet::new() }
    }
}

impl Prepared {
    fn fill(&mut self, variables: &Variables) {
        for (resource, substituted) in self.build.resources.iter_mut().zip(&mut self.substituted) {
            match substitute::substitute(&mut resource.node, variables) {
                Ok(outcome) => *substituted = outcome != Outcome::Disabled,
                Err(error) => self.refused.push(RenderProblem::from(&error)),
            }
        }
    }
}

/// A resource that is a database, or may lead to one.
fn leading_to_databases(mut resource: Resource) -> Option<Resource> {
    let manifest = Manifest { node: resource.node, document: 0, base: String::new(), kubectl: true };
    let leads = kinds::is_judged(&manifest)
        || kinds::is_flux_kustomization(&manifest)
        || argocd::is_root(&manifest)
        || manifest.kind() == Some("HelmRelease");
    resource.node = manifest.node;
    leads.then_some(resource)
}

/// Builds, and tells only of problems that would be there too if everything had been read.
fn build(book: &Book<'_>, root: Root<'_>, edits: Option<&Edits>, limits: &Limits) -> Build {
    let mut build = kustomize::build(book, root, edits, limits);
    let is_partial = book.is_partial.get();
    build.problems.retain(|problem| {
        // What Flux is told to patch everywhere need not match everywhere.
        let path = book.library.sources.get(problem.span.source).map_or("", Source::path);
        let is_everywhere = !is_kustomization(path) && problem.kind == ProblemKind::PatchWithoutTarget;
        !(is_everywhere || is_partial && may_be_of_what_was_not_read(problem))
    });
    build
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
