//! The resources of one kustomization while it is built.

use crate::config::Config;
use crate::item::{Id, Item};
use manifest::Span;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The resources of one kustomization while it is built.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    items: Vec<Item>,
    /// More field specs than the built-in ones.
    pub(crate) config: Config,
    /// Resources may be missing: a file was skipped, a remote base or a chart is not rendered.
    pub(crate) partial: bool,
    /// Where the items of each identity are; `None` after identities may have changed.
    index: Option<Index>,
}

#[derive(Debug, Default)]
struct Index {
    hasher: RandomState,
    by_id: HashMap<u64, Vec<usize>>,
}

impl Index {
    fn add(&mut self, id: &Id<'_>, at: usize) {
        self.by_id.entry(self.hasher.hash_one(id)).or_default().push(at);
    }
}

impl Pool {
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The resources, whose identities may be changed.
    pub(crate) fn items_mut(&mut self) -> &mut Vec<Item> {
        self.index = None;
        &mut self.items
    }

    /// The resources, whose identities are left as they are.
    pub(crate) fn contents_mut(&mut self) -> &mut Vec<Item> {
        &mut self.items
    }

    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }

    /// Adds a resource. If there is one of its identity, the place of that one's name is returned and
    /// nothing is added.
    pub(crate) fn push(&mut self, item: Item) -> Result<(), Span> {
        let at = self.items.len();
        let found = self.find(&item.id()).next();
        if let Some(found) = found {
            return Err(self.items.get(found).map_or(item.span(), Item::span));
        }
        if let Some(index) = &mut self.index {
            index.add(&item.id(), at);
        }
        self.items.push(item);
        Ok(())
    }

    /// Which resources have that identity now.
    pub(crate) fn find(&mut self, id: &Id<'_>) -> impl Iterator<Item = usize> {
        let items = &self.items;
        let index = self.index.get_or_insert_with(|| {
            let mut index = Index::default();
            items.iter().enumerate().for_each(|(at, item)| index.add(&item.id(), at));
            index
        });
        let found = index.by_id.get(&index.hasher.hash_one(id)).into_iter().flatten().copied();
        found.filter(move |at| items.get(*at).is_some_and(|item| item.id() == *id))
    }

    /// Which resources have or had that identity.
    pub(crate) fn find_any(&self, id: &Id<'_>) -> Vec<usize> {
        let is_it = |item: &Item| {
            let now = item.id();
            now.group == id.group && now.version == id.version && item.ids().any(|one| one == *id)
        };
        let found = self.items.iter().enumerate().filter(|(_, item)| is_it(item));
        found.map(|(at, _)| at).collect()
    }

    /// Two resources of the same identity, the place of the first and the second.
    pub(crate) fn twins(&self) -> Vec<(Span, Span)> {
        let mut seen: HashMap<Id<'_>, Span> = HashMap::with_capacity(self.items.len());
        let twin = |item: &'_ Item| item.span();
        let mut twins = Vec::new();
        for item in &self.items {
            if let Some(first) = seen.get(&item.id()) {
                twins.push((*first, twin(item)));
            } else {
                seen.insert(item.id(), twin(item));
            }
        }
        twins
    }
}
