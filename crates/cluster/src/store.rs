//! Where the objects of a watched kind go.

use crate::WatchedKind;

/// Receives what the watches see. The calls for one kind come one after another, those of several
/// kinds at the same time; all come from the runtime's threads, so they must be cheap and never block.
///
/// For each kind: `begin`, any number of `put`, `synced`, then `put` and `remove` as objects change.
/// After `absent` or `unavailable` comes another `begin` before anything else is said of objects of the kind.
pub trait Store: Send + Sync + 'static {
    /// A list of the kind begins: what is held of it and not put again until `synced` is gone. Until
    /// then what is held stays good. A list that breaks off is followed by another `begin`.
    fn begin(&self, kind: &WatchedKind);

    /// One object as JSON, whole but for what [`WatchedKind`] leaves out. It always has `apiVersion`
    /// and `kind`, which the API server leaves out of the items of a list.
    fn put(&self, kind: &WatchedKind, object: &[u8]);

    /// The object was deleted; `namespace` is `None` where the kind has none.
    fn remove(&self, kind: &WatchedKind, namespace: Option<&str>, name: &str);

    /// The list is whole, and changes follow from here on.
    fn synced(&self, kind: &WatchedKind);

    /// The API server does not serve the kind: there are no objects of it. `reason` is for people. It is
    /// asked again now and then; `begin` follows when it is served.
    fn absent(&self, kind: &WatchedKind, reason: &str);

    /// Not permitted, or lost: what depends on the kind cannot be known until `synced`.
    /// `reason` is for people. Called again when the reason changes.
    fn unavailable(&self, kind: &WatchedKind, reason: &str);
}
