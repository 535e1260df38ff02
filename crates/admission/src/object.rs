//! Objects of requests: raw JSON to manifests, without what no rule reads.

use manifest::{Entry, Limits, Manifest, Node, ProblemKind, ReadError, SourceId, Value};
use std::borrow::Borrow;

/// What no rule reads of an object: that it is there is known, and nothing else.
const UNREAD: [&[&str]; 4] = [
    &["metadata", "managedFields"],
    &["metadata", "annotations", LAST_APPLIED],
    &["status"],
    &["metadata", "ownerReferences"],
];
/// The same for kinds of which rules read the status.
const UNREAD_BUT_STATUS: [&[&str]; 2] =
    [&["metadata", "managedFields"], &["metadata", "annotations", LAST_APPLIED]];

/// The whole object once more, as text, that `kubectl apply` keeps.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A request of the API server is never larger; an object that is nested deeper is none of ours.
const LIMITS: Limits = Limits { bytes: 8 << 20, depth: 200, nodes: 1_000_000 };
/// Values that an object may have to be judged: ten times what the largest have. Rules compare the items of a
/// list with each other, so that twice as many take four times as long.
const MOST_JUDGED: usize = 20_000;

/// The text of the object that is judged.
pub(crate) const JUDGED: SourceId = SourceId(0);
/// The text of the object as it was.
pub(crate) const OLD: SourceId = SourceId(1);
/// The texts of other objects, which nothing shows.
pub(crate) const RELATED: SourceId = SourceId(2);

/// Reads one object.
pub(crate) fn read(text: &[u8], id: SourceId, kind: &str) -> Result<Manifest, (ProblemKind, ReadError)> {
    let unread: &[&[&str]] =
        if matches!(kind, "Backup" | "Cluster" | "Namespace") { &UNREAD_BUT_STATUS } else { &UNREAD };
    let nodes = if id == RELATED { LIMITS.nodes } else { MOST_JUDGED };
    let node = manifest::read_json(text, id, &Limits { nodes, ..LIMITS }, unread)?;
    Ok(of_node(node))
}

/// An object that is one node.
pub(crate) fn of_node(node: Node) -> Manifest {
    Manifest { node, document: 0, base: String::new(), kubectl: true }
}

/// Whether two values are the same, wherever they are written; the order of keys means nothing.
pub(crate) fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => same_entries(&one.entries, &other.entries),
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(Some(one), Some(other)))
        }
        (one, other) => one == other,
    }
}

/// The same of the entries of two maps.
pub(crate) fn same_entries<E: Borrow<Entry>>(one: &[E], other: &[E]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let is_same =
        |(one, other): (&Entry, &Entry)| one.key == other.key && same(Some(&one.value), Some(&other.value));
    let pairs = || one.iter().map(E::borrow).zip(other.iter().map(E::borrow));
    // The API server writes keys in one order.
    if pairs().all(|(one, other)| one.key == other.key) {
        return pairs().all(is_same);
    }
    sorted(one).into_iter().zip(sorted(other)).all(is_same)
}

fn sorted<E: Borrow<Entry>>(entries: &[E]) -> Vec<&Entry> {
    let mut sorted: Vec<_> = entries.iter().map(E::borrow).collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    sorted
}
