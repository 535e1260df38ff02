//! Sets of the shapes that people write, and templates held against Argo CD's own libraries.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod applications;
mod sets;
mod templates;

use super::generators::Undecided;
use super::lookup::Lookup;
use super::set::{Made, applications};
use crate::paths;
use manifest::{Limits, Manifest, Node, Origin, Source, Sources, Span, manifests, read, to_json};
use std::collections::{BTreeMap, BTreeSet};

/// A repository in memory; every file is a source.
struct Repository {
    sources: Sources,
    files: BTreeMap<String, Option<Node>>,
}

impl Lookup for Repository {
    fn directories(&self, below: &str) -> Vec<String> {
        let dirs: BTreeSet<&str> = self.files.keys().flat_map(|path| paths::ancestors(path)).collect();
        let under = |dir: &&str| !dir.is_empty() && paths::is_under(dir, below);
        dirs.into_iter().filter(under).map(str::to_owned).collect()
    }

    fn files(&self, below: &str) -> Vec<String> {
        self.files.keys().filter(|path| paths::is_under(path, below)).cloned().collect()
    }

    fn content(&self, path: &str, _named: Origin) -> Option<Node> {
        self.files.get(path)?.clone()
    }
}

/// A set in a repository.
struct Case {
    repository: Repository,
    set: Manifest,
}

impl Case {
    /// `spec` is that of the set; a file without content exists, and no more is known of it.
    fn new(spec: &str, files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::new();
        let set = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: set, namespace: argocd}}\nspec:\n{}",
            spec.lines().flat_map(|line| ["  ", line, "\n"]).collect::<String>()
        );
        let id = sources.add(Source::new("set.yaml", set.into_bytes()));
        let document = read(sources.get(id).unwrap(), id, &Limits::default()).documents.remove(0);
        let set = manifests(&document).remove(0);
        let mut known = BTreeMap::new();
        for (path, text) in files {
            let id = sources.add(Source::new(*path, text.as_bytes().to_vec()));
            let documents = read(sources.get(id).unwrap(), id, &Limits::default()).documents;
            let content = documents.into_iter().next().map(|document| document.content.unwrap());
            known.insert((*path).to_owned(), content);
        }
        Self { repository: Repository { sources, files: known }, set }
    }

    fn made(&self) -> (Vec<Node>, Vec<Undecided>) {
        let (mut nodes, mut undecided) = (Vec::new(), Vec::new());
        for made in applications(&self.set, &self.repository) {
            match made {
                Made::Application(node) => nodes.push(node),
                Made::Unknown(unknown) => undecided.push(unknown),
            }
        }
        (nodes, undecided)
    }

    /// The value at a pointer of each application, as JSON; nothing may be undecided.
    fn values(&self, pointer: &str) -> Vec<String> {
        let (nodes, undecided) = self.made();
        assert_eq!(undecided, []);
        nodes.iter().map(|node| to_json(node.pointer(pointer).unwrap())).collect()
    }

    fn reasons(&self) -> Vec<String> {
        self.made().1.into_iter().map(|undecided| undecided.reason).collect()
    }

    fn text(&self, span: Span) -> String {
        let source = self.repository.sources.get(span.source).unwrap();
        let text = &source.text().unwrap()[span.start as usize..span.end as usize];
        format!("{}: {text}", source.path())
    }
}
