//! A store that tells a test what it was told.

use cluster::{Store, WatchedKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    Begin(&'static str),
    Put(Value),
    Remove(Option<String>, String),
    Synced(&'static str),
    Absent(&'static str, String),
    Unavailable(&'static str, String),
}

/// The store's side.
pub(crate) struct Recording {
    calls: UnboundedSender<Call>,
    panic_at: Mutex<Option<String>>,
}

/// The test's side.
pub(crate) struct Recorder {
    calls: UnboundedReceiver<Call>,
    store: Arc<Recording>,
    /// What a store would hold after the calls read so far, and what it held when the list began.
    held: BTreeMap<String, Value>,
    before: Option<BTreeMap<String, Value>>,
}

/// `future`, which must end soon; without a limit a test that fails would hang.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("nothing happened")
}

impl Recorder {
    pub(crate) fn new() -> (Self, Arc<Recording>) {
        let (sender, calls) = mpsc::unbounded_channel();
        let store = Arc::new(Recording { calls: sender, panic_at: Mutex::new(None) });
        (Self { calls, store: Arc::clone(&store), held: BTreeMap::new(), before: None }, store)
    }

    pub(crate) async fn next(&mut self) -> Call {
        let call = soon(self.calls.recv()).await.unwrap();
        match &call {
            Call::Begin(_) => self.before = Some(std::mem::take(&mut self.held)),
            Call::Put(object) => {
                self.held.insert(object["metadata"]["name"].as_str().unwrap().to_owned(), object.clone());
            }
            Call::Remove(_, name) => {
                self.held.remove(name);
            }
            Call::Synced(_) | Call::Absent(..) | Call::Unavailable(..) => self.before = None,
        }
        call
    }

    /// The next call, which must be a `put`.
    pub(crate) async fn next_put(&mut self) -> Value {
        match self.next().await {
            Call::Put(object) => object,
            call => panic!("{call:?} is not a put"),
        }
    }

    /// The next call that does not say one of `reasons`.
    pub(crate) async fn next_but(&mut self, reasons: &[String]) -> Call {
        loop {
            match self.next().await {
                Call::Unavailable(_, reason) if reasons.contains(&reason) => {}
                call => return call,
            }
        }
    }

    pub(crate) async fn until_synced(&mut self) {
        while !matches!(self.next().await, Call::Synced(_)) {}
    }

    /// The names of what a store would hold.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.held.keys().map(String::as_str).collect()
    }

    pub(crate) fn panic_once_at(&self, name: &str) {
        *self.store.panic_at.lock().unwrap() = Some(name.to_owned());
    }
}

impl Recording {
    fn tell(&self, call: Call) {
        let _ = self.calls.send(call);
    }
}

impl Store for Recording {
    fn begin(&self, kind: &WatchedKind) {
        self.tell(Call::Begin(kind.plural));
    }

    fn put(&self, _: &WatchedKind, object: &[u8]) {
        let object: Value = serde_json::from_slice(object).unwrap();
        let at = self.panic_at.lock().unwrap().take_if(|name| object["metadata"]["name"] == **name);
        assert!(at.is_none(), "asked to panic");
        self.tell(Call::Put(object));
    }

    fn remove(&self, _: &WatchedKind, namespace: Option<&str>, name: &str) {
        self.tell(Call::Remove(namespace.map(str::to_owned), name.to_owned()));
    }

    fn synced(&self, kind: &WatchedKind) {
        self.tell(Call::Synced(kind.plural));
    }

    fn absent(&self, kind: &WatchedKind, reason: &str) {
        self.tell(Call::Absent(kind.plural, reason.to_owned()));
    }

    fn unavailable(&self, kind: &WatchedKind, reason: &str) {
        self.tell(Call::Unavailable(kind.plural, reason.to_owned()));
    }
}
