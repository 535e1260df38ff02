//! The watches of a cluster fill the cache.

use admission::Cache;
use cluster::{Store, WatchedKind};
use serve::{Condition, Metrics};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Fills a cache, and says when it is as full as it will be.
pub(super) struct Caches {
    cache: Arc<Cache>,
    metrics: Metrics,
    ready: Condition,
    /// Kinds of which nothing was heard yet.
    waiting: Mutex<HashSet<&'static str>>,
}

impl Caches {
    pub(super) fn new(cache: Arc<Cache>, metrics: Metrics, ready: Condition) -> Self {
        for kind in cluster::WATCHED {
            cache.unavailable(kind.kind, "not read yet");
            metrics.cache_synced(kind.kind, false);
        }
        let waiting = Mutex::new(cluster::WATCHED.iter().map(|kind| kind.kind).collect());
        Self { cache, metrics, ready, waiting }
    }

    /// Something was heard of a kind. One that cannot be watched does not keep the webhook from being ready:
    /// what depends on it is undecided.
    fn heard(&self, kind: &WatchedKind, is_synced: bool) {
        self.metrics.cache_synced(kind.kind, is_synced);
        self.metrics.cache_objects(kind.kind, self.cache.count(kind.kind));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(kind.kind);
        if waiting.is_empty() {
            self.ready.set(true);
        }
    }
}

impl Store for Caches {
    fn begin(&self, kind: &WatchedKind) {
        self.cache.begin(kind.kind);
    }

    fn put(&self, kind: &WatchedKind, object: &[u8]) {
        self.cache.put(kind.kind, object);
    }

    fn remove(&self, kind: &WatchedKind, namespace: Option<&str>, name: &str) {
        self.cache.remove(kind.kind, namespace, name);
    }

    fn synced(&self, kind: &WatchedKind) {
        self.cache.synced(kind.kind);
        self.heard(kind, true);
    }

    fn absent(&self, kind: &WatchedKind, _reason: &str) {
        self.cache.begin(kind.kind);
        self.cache.synced(kind.kind);
        self.heard(kind, true);
    }

    fn unavailable(&self, kind: &WatchedKind, reason: &str) {
        self.cache.unavailable(kind.kind, &format!("not known ({reason})"));
        self.heard(kind, false);
    }
}
