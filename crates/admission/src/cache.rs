//! What is known of the cluster: plain data, filled by whoever watches it.
//!
//! Objects are kept as text, a namespace a shelf, and read when a request for that namespace comes. A rule
//! may look across namespaces (two Clusters that archive to one place, two ExternalSecrets of one key):
//! what could be meant there is found by its [`ties`].

#![allow(clippy::similar_names, reason = "a shelf is not taken for self")]

use crate::object;
use crate::shelf::{Entry, Name, Shelf};
use crate::ties;
use manifest::Node;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use topology::Object;

/// So many bytes of text are kept read; what is read takes about ten times the text.
const MOST_READ: usize = 512 * 1024;
/// Namespaces that are looked at beside the one of a request.
const MOST_TIED: usize = 32;
/// Kinds that are looked at in other namespaces.
const FAR_KINDS: [&str; 4] = ["Cluster", "ObjectStore", "ScheduledBackup", "ExternalSecret"];

/// Objects of a cluster, as far as they are known.
#[derive(Debug, Default)]
pub struct Cache {
    state: RwLock<State>,
    /// Bytes of text whose objects are kept read.
    kept: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Kinds that somebody watches; shared with the requests that are answered.
    kinds: Arc<Kinds>,
    /// All there is was put in: nothing is unseen.
    is_whole: bool,
    shelves: HashMap<String, Shelf>,
    cluster: Shelf,
    ties: ties::Places,
    namespaces: HashMap<String, NamespaceFacts>,
}

type Kinds = HashMap<String, Watched>;

#[derive(Debug, Clone)]
struct Watched {
    generation: u32,
    /// Why its objects are not known; `None`: they are.
    unseen: Option<String>,
}

/// What is known of a namespace.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamespaceFacts {
    /// `None`: they are not known.
    pub(crate) labels: Option<Vec<(String, String)>>,
    pub(crate) is_terminating: bool,
}

impl NamespaceFacts {
    /// Its labels; `None` where they are not known.
    pub(crate) fn labels(&self) -> Option<Vec<(&str, &str)>> {
        let labels = self.labels.as_ref()?;
        Some(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())
    }
}

/// What stands around a request.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) objects: Vec<Arc<Object>>,
    kinds: Arc<Kinds>,
    is_whole: bool,
    /// More namespaces are tied to the request than are looked at.
    pub(crate) is_cut: bool,
}

impl Surroundings {
    /// Nothing else there is.
    pub(crate) fn none() -> Self {
        Self { is_whole: true, ..Self::default() }
    }

    /// Why the objects of a kind are not known.
    pub(crate) fn unseen(&self, kind: &str) -> Option<&str> {
        if self.is_whole {
            return None;
        }
        self.kinds.get(kind).map_or(Some("not watched"), |watched| watched.unseen.as_deref())
    }
}

impl Cache {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// These objects, and there are no others.
    pub fn whole<'o>(objects: impl IntoIterator<Item = (&'o str, &'o [u8])>) -> Self {
        let cache = Self::default();
        for (kind, object) in objects {
            cache.put(kind, object);
        }
        cache.write().is_whole = true;
        cache
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A list of a kind begins: what is not put again until [`synced`](Self::synced) is gone.
    pub fn begin(&self, kind: &str) {
        let mut state = self.write();
        let unseen = Some("not read yet".to_owned());
        let watched = Arc::make_mut(&mut state.kinds)
            .entry(kind.to_owned())
            .or_insert(Watched { generation: 0, unseen });
        watched.generation += 1;
    }

    /// An object as JSON. What cannot be read is left out.
    pub fn put(&self, kind: &str, text: &[u8]) {
        let Ok(manifest) = object::read(text, object::RELATED, kind) else { return };
        let Some(name) = manifest.name().map(str::to_owned) else { return };
        let namespace = manifest.namespace().map(str::to_owned);
        let mut state = self.write();
        if kind == "Namespace" {
            state.namespaces.insert(name.clone(), facts(&manifest.node));
        }
        let generation = state.kinds.get(kind).map_or(0, |watched| watched.generation);
        let ties = ties::of(kind, &manifest.node);
        let entry = Entry { text: text.into(), ties: ties.clone(), generation };
        let name = (kind.to_owned(), name);
        self.settle(&mut state, namespace.as_deref());
        let shelf = match &namespace {
            Some(namespace) => state.shelves.entry(namespace.clone()).or_default(),
            None => &mut state.cluster,
        };
        let gone = shelf.put(name, entry);
        if let Some(namespace) = &namespace {
            state.untie(namespace, gone.map(|gone| gone.ties));
            for tie in ties {
                *state.ties.entry(tie).or_default().entry(namespace.clone()).or_default() += 1;
            }
        }
    }

    /// An object is gone.
    pub fn remove(&self, kind: &str, namespace: Option<&str>, name: &str) {
        let mut state = self.write();
        self.settle(&mut state, namespace);
        state.remove(&(kind.to_owned(), name.to_owned()), namespace);
    }

    /// All objects of the kind are there.
    pub fn synced(&self, kind: &str) {
        let mut state = self.write();
        let Some(watched) = Arc::make_mut(&mut state.kinds).get_mut(kind) else { return };
        watched.unseen = None;
        let current = watched.generation;
        for (namespace, name) in state.stale(kind, current) {
            self.settle(&mut state, namespace.as_deref());
            state.remove(&name, namespace.as_deref());
        }
    }

    /// Objects of the kind cannot be known; `reason` reads after "… is".
    pub fn unavailable(&self, kind: &str, reason: &str) {
        let mut state = self.write();
        let watched = Watched { generation: 0, unseen: None };
        let watched = Arc::make_mut(&mut state.kinds).entry(kind.to_owned()).or_insert(watched);
        watched.unseen = Some(reason.to_owned());
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        let state = self.read();
        let shelves = state.shelves.values().chain(std::iter::once(&state.cluster));
        shelves.flat_map(|shelf| shelf.entries.keys()).filter(|(of, _)| of == kind).count()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        let state = self.read();
        state.cluster.entries.len() + state.shelves.values().map(|shelf| shelf.entries.len()).sum::<usize>()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A shelf changes: what of it was kept read no longer counts; all is forgotten where too much is kept.
    fn settle(&self, state: &mut State, namespace: Option<&str>) {
        if self.kept.load(Ordering::Relaxed) > MOST_READ {
            state.shelves.values_mut().chain([&mut state.cluster]).for_each(Shelf::forget);
            self.kept.store(0, Ordering::Relaxed);
        }
        let shelf = match namespace {
            Some(namespace) => state.shelves.get(namespace),
            None => Some(&state.cluster),
        };
        if let Some(shelf) = shelf.filter(|shelf| shelf.is_read()) {
            let bytes = shelf.bytes;
            let less = |kept: usize| Some(kept.saturating_sub(bytes));
            let _ = self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// What is known of a namespace.
    pub(crate) fn namespace(&self, name: &str) -> NamespaceFacts {
        let state = self.read();
        let nothing = || NamespaceFacts { labels: state.is_whole.then(Vec::new), is_terminating: false };
        state.namespaces.get(name).cloned().unwrap_or_else(nothing)
    }

    /// The text of one object.
    pub(crate) fn text(&self, kind: &str, namespace: &str, name: &str) -> Option<Box<[u8]>> {
        let state = self.read();
        let shelf = state.shelves.get(namespace)?;
        shelf.entries.get(&(kind.to_owned(), name.to_owned())).map(|entry| entry.text.clone())
    }

    /// What stands around an object of that namespace: all in it, all that is in none, and what of other
    /// namespaces is tied to the object or to what is in the namespace.
    pub(crate) fn around(&self, namespace: Option<&str>, kind: &str, object: &Node) -> Surroundings {
        let state = self.read();
        let kinds = Arc::clone(&state.kinds);
        let mut found = Surroundings { is_whole: state.is_whole, kinds, ..Surroundings::default() };
        found.objects.extend(self.objects(&state.cluster, None).iter().cloned());
        let Some(namespace) = namespace else {
            // What is in no namespace is read from all of them.
            let mut shelves: Vec<_> = state.shelves.iter().collect();
            shelves.sort_by(|one, other| one.0.cmp(other.0));
            for (name, shelf) in shelves {
                found.objects.extend(self.objects(shelf, Some(name)).iter().cloned());
            }
            return found;
        };
        let own = state.shelves.get(namespace);
        if let Some(shelf) = own {
            found.objects.extend(self.objects(shelf, Some(namespace)).iter().cloned());
        }
        let mut all: BTreeSet<&str> = own
            .into_iter()
            .flat_map(|shelf| shelf.entries.values())
            .flat_map(|entry| entry.ties.iter().map(|tie| &**tie))
            .collect();
        let mine = ties::of(kind, object);
        all.extend(mine.iter().map(|tie| &**tie));
        let far = ties::tied(&state.ties, &all, namespace);
        found.is_cut = far.len() > MOST_TIED;
        for name in far.into_iter().take(MOST_TIED) {
            let Some(shelf) = state.shelves.get(name) else { continue };
            let objects = self.objects(shelf, Some(name));
            let of_far_kind =
                |object: &&Arc<Object>| object.manifest.kind().is_some_and(|kind| FAR_KINDS.contains(&kind));
            found.objects.extend(objects.iter().filter(of_far_kind).cloned());
        }
        found
    }

    /// The objects of a shelf, kept read while there is room.
    fn objects(&self, shelf: &Shelf, namespace: Option<&str>) -> Arc<[Arc<Object>]> {
        let keep = shelf.is_read() || self.kept.load(Ordering::Relaxed) <= MOST_READ;
        if keep && !shelf.is_read() {
            self.kept.fetch_add(shelf.bytes, Ordering::Relaxed);
        }
        shelf.objects(namespace, keep)
    }
}

impl State {
    fn remove(&mut self, name: &Name, namespace: Option<&str>) {
        if name.0 == "Namespace" {
            self.namespaces.remove(&name.1);
        }
        let Some(namespace) = namespace else {
            self.cluster.remove(name);
            return;
        };
        let Some(shelf) = self.shelves.get_mut(namespace) else { return };
        let gone = shelf.remove(name);
        if shelf.entries.is_empty() {
            self.shelves.remove(namespace);
        }
        self.untie(namespace, gone.map(|gone| gone.ties));
    }

    fn untie(&mut self, namespace: &str, ties: Option<Box<[String]>>) {
        for tie in ties.into_iter().flatten() {
            let Some(namespaces) = self.ties.get_mut(&tie) else { continue };
            if let Some(count) = namespaces.get_mut(namespace) {
                *count -= 1;
                if *count == 0 {
                    namespaces.remove(namespace);
                }
            }
            if namespaces.is_empty() {
                self.ties.remove(&tie);
            }
        }
    }

    /// Objects of a kind that a newer list no longer had.
    fn stale(&self, kind: &str, current: u32) -> Vec<(Option<String>, Name)> {
        let of = |namespace: Option<&String>, shelf: &Shelf| {
            let stale = |(name, entry): (&Name, &Entry)| {
                (name.0 == kind && entry.generation != current).then(|| (namespace.cloned(), name.clone()))
            };
            shelf.entries.iter().filter_map(stale).collect::<Vec<_>>()
        };
        let shelves = self.shelves.iter().flat_map(|(namespace, shelf)| of(Some(namespace), shelf));
        shelves.chain(of(None, &self.cluster)).collect()
    }
}

fn facts(namespace: &Node) -> NamespaceFacts {
    let labels = namespace.at(&["metadata", "labels"]).and_then(Node::as_map);
    let labels = labels.map(|labels| labels.entries.as_slice()).unwrap_or_default();
    let labels =
        labels.iter().filter_map(|entry| Some((entry.key.clone(), entry.value.as_str()?.to_owned())));
    let phase = namespace.at(&["status", "phase"]).and_then(Node::as_str);
    let is_terminating =
        namespace.at(&["metadata", "deletionTimestamp"]).is_some() || phase == Some("Terminating");
    NamespaceFacts { labels: Some(labels.collect()), is_terminating }
}
