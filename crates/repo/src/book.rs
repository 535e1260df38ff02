//! The parsed files as kustomize may read them.

use crate::hash::FastSet;
use crate::input::Layout;
use crate::library::Library;
use crate::paths;
use crate::tree::Tree;
use crate::walk::is_kustomization;
use kustomize::{Checkout, FileText, Memory};
use manifest::{Node, Source, SourceId};
use std::cell::Cell;

/// A checkout of which only what matters was parsed.
pub(crate) struct Book<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) library: &'a Library,
    pub(crate) layout: &'a Layout,
    /// What the builds share.
    pub(crate) memory: &'a Memory,
    /// Directories that roots of their own deploy: what includes them leaves them to those.
    pub(crate) left_to_others: Option<&'a FastSet<String>>,
    /// Whether something was asked for that was not parsed.
    pub(crate) is_partial: Cell<bool>,
}

impl<'a> Book<'a> {
    /// Of what was parsed.
    pub(crate) fn new(tree: &'a Tree, library: &'a Library, layout: &'a Layout, memory: &'a Memory) -> Self {
        Self { tree, library, layout, memory, left_to_others: None, is_partial: Cell::new(false) }
    }

    fn skipped(&self) -> FileText<'_> {
        self.is_partial.set(true);
        FileText::Skipped
    }
}

impl Checkout for Book<'_> {
    fn file(&self, path: &str) -> FileText<'_> {
        let Some(file) = self.tree.find(path) else {
            return if self.layout.holds_file(path) { self.skipped() } else { FileText::Absent };
        };
        let is_left = |dirs: &FastSet<String>| is_kustomization(path) && dirs.contains(paths::parent(path));
        if self.left_to_others.is_some_and(is_left) {
            return self.skipped();
        }
        let Some(text) = self.library.text(file) else { return self.skipped() };
        let documents: Vec<&Node> = text.values().map(|(_, value)| value).collect();
        FileText::Text {
            source: text.source,
            bytes: self.library.sources.get(text.source).map(Source::bytes).unwrap_or_default(),
            documents,
            error: text.error().map(ToString::to_string),
        }
    }

    fn kustomization(&self, dir: &str) -> Option<String> {
        self.tree.kustomization(dir).map(|file| self.tree.path(file).to_owned())
    }

    fn is_dir(&self, path: &str) -> bool {
        self.tree.has_dir(path) || self.layout.holds_dir(path)
    }

    fn bytes(&self, source: SourceId) -> Option<&[u8]> {
        self.library.sources.get(source).map(Source::bytes)
    }

    fn memory(&self) -> Option<&Memory> {
        Some(self.memory)
    }
}
