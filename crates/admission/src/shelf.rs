//! The cached objects of one namespace, or those that are in none.

use crate::object::{self, RELATED};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use topology::{EnvironmentId, Namespace, NamespaceFrom, Object, Placement, Wholeness};

/// Kind and name of an object.
pub(crate) type Name = (String, String);

/// One cached object: its text, and what ties it to objects of other namespaces.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) text: Box<[u8]>,
    pub(crate) ties: Box<[String]>,
    /// The list of its kind that it was last seen in.
    pub(crate) generation: u32,
}

/// Objects by kind and name; read only when a request needs them, and kept read while there is room.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) entries: BTreeMap<Name, Entry>,
    pub(crate) bytes: usize,
    read: OnceLock<Arc<[Arc<Object>]>>,
}

impl Shelf {
    /// Puts an object in; gives what ties the one that it replaces had.
    pub(crate) fn put(&mut self, name: Name, entry: Entry) -> Option<Entry> {
        self.forget();
        self.bytes += entry.text.len();
        let gone = self.entries.insert(name, entry);
        self.bytes -= gone.as_ref().map_or(0, |gone| gone.text.len());
        gone
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, name: &Name) -> Option<Entry> {
        self.forget();
        let gone = self.entries.remove(name);
        self.bytes -= gone.as_ref().map_or(0, |gone| gone.text.len());
        gone
    }

    /// Whether its objects are kept read.
    pub(crate) fn is_read(&self) -> bool {
        self.read.get().is_some()
    }

    /// Keeps the texts alone.
    pub(crate) fn forget(&mut self) {
        self.read = OnceLock::new();
    }

    /// Its objects; `keep` them read for the next request.
    pub(crate) fn objects(&self, namespace: Option<&str>, keep: bool) -> Arc<[Arc<Object>]> {
        if let Some(objects) = self.read.get() {
            return Arc::clone(objects);
        }
        let objects: Arc<[_]> =
            self.entries.iter().filter_map(|((kind, _), entry)| read(kind, entry, namespace)).collect();
        if keep { Arc::clone(self.read.get_or_init(|| objects)) } else { objects }
    }
}

/// What cannot be read was not written by an API server; it is as good as not there.
fn read(kind: &str, entry: &Entry, namespace: Option<&str>) -> Option<Arc<Object>> {
    let manifest = object::read(&entry.text, RELATED, kind).ok()?;
    Some(Arc::new(placed(manifest, RELATED, namespace)))
}

/// An object of the live cluster.
pub(crate) fn placed(
    manifest: manifest::Manifest,
    source: manifest::SourceId,
    namespace: Option<&str>,
) -> Object {
    let namespace = match namespace {
        Some(name) => Namespace::Known(name.to_owned(), NamespaceFrom::Implied),
        None => Namespace::ClusterScoped,
    };
    let placements = vec![Placement { environment: EnvironmentId(0), namespace }];
    Object { manifest, source, wholeness: Wholeness::Whole, placements, made_by: None }
}
