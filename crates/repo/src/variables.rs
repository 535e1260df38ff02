//! The variables of a Flux `Kustomization`: written in it, or in a `ConfigMap` or Secret of the checkout.

use crate::flux::FluxRoot;
use crate::hash::FastMap;
use crate::library::{Library, Text};
use crate::paths;
use crate::tree::{FileId, Tree};
use aho_corasick::AhoCorasick;
use manifest::Manifest;
use memchr::memmem;
use std::cell::RefCell;
use std::collections::BTreeSet;
use substitute::Variables;

/// The `ConfigMap`s and Secrets that were parsed, by kind and name.
#[derive(Default)]
pub(crate) struct Settings<'a> {
    by_name: FastMap<(&'a str, &'a str), Vec<(FileId, &'a Manifest)>>,
}

impl<'a> Settings<'a> {
    /// Of all that was parsed.
    pub(crate) fn of(library: &'a Library) -> Self {
        let mut settings = Self::default();
        for (file, object) in library.texts().iter().flat_map(of_text) {
            let (Some(kind @ ("ConfigMap" | "Secret")), Some(name)) = (object.kind(), object.name()) else {
                continue;
            };
            settings.by_name.entry((kind, name)).or_default().push((file, object));
        }
        settings
    }

    /// The one that a root means: of several, the one whose file stands nearest to the root's.
    fn find(&self, tree: &Tree, root: &FluxRoot, kind: &str, name: &str) -> Option<&'a Manifest> {
        let own = root.manifest.namespace();
        let all = self.by_name.get(&(kind, name))?;
        let fits = |object: &Manifest| {
            object.namespace().is_none_or(|namespace| own.is_none_or(|own| own == namespace))
        };
        let here = tree.path(root.key.file);
        let shared = |file: FileId| {
            let dirs = |path| paths::parent(path).split('/').map(str::to_owned).collect::<Vec<_>>();
            dirs(tree.path(file)).iter().zip(dirs(here)).take_while(|(one, two)| **one == *two).count()
        };
        let mut near: Vec<(usize, &'a Manifest)> = all
            .iter()
            .filter(|(_, object)| fits(object))
            .map(|(file, object)| (shared(*file), *object))
            .collect();
        near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        match near.as_slice() {
            [(_, one)] => Some(one),
            [(first, one), (second, _), ..] if first > second => Some(one),
            _ => None,
        }
    }
}

fn of_text(text: &Text) -> impl Iterator<Item = (FileId, &Manifest)> {
    text.objects().map(|object| (text.file, object))
}

/// The variables of a root; `missing` is told the names of the objects that were not found.
pub(crate) fn of(
    tree: &Tree,
    root: &FluxRoot,
    settings: &Settings<'_>,
    missing: &mut BTreeSet<String>,
) -> Variables {
    let not_found = RefCell::new(missing);
    let find = |kind: &str, name: &str| {
        let found = settings.find(tree, root, kind, name);
        if found.is_none() {
            not_found.borrow_mut().insert(name.to_owned());
        }
        found.map(|object| &object.node)
    };
    Variables::of(&root.manifest.node, &find)
}

/// The files that may hold `ConfigMap`s, Secrets or sources of charts of these names.
pub(crate) fn files(tree: &Tree, names: &BTreeSet<String>) -> Vec<FileId> {
    let Ok(search) = AhoCorasick::new(names) else { return Vec::new() };
    let kinds: [&[u8]; 4] = [b"ConfigMap", b"Secret", b"HelmRepository", b"OCIRepository"];
    tree.files()
        .filter(|(_, file)| !file.marks.flux && search.is_match(&file.bytes))
        .filter(|(_, file)| kinds.iter().any(|kind| memmem::find(&file.bytes, kind).is_some()))
        .map(|(id, _)| id)
        .collect()
}
