//! The objects of a request: the one that is judged, and what it was before.

use crate::cache::Cache;
use crate::envelope::{Kind, Request};
use crate::object::{self, JUDGED, LAST_APPLIED, OLD};
use crate::scale;
use manifest::{Entry, Manifest, Node, SourceId, Value};

/// The two objects of a request.
pub(crate) struct Pair<'r> {
    /// The text that came with the request.
    pub(crate) text: &'r [u8],
    pub(crate) object: Manifest,
    /// As it was, where it changes.
    pub(crate) old: Option<Manifest>,
    /// There was one before, but it cannot be read.
    pub(crate) is_past_unread: bool,
    pub(crate) is_deleted: bool,
}

/// Why there is nothing to judge.
#[derive(Debug)]
pub(crate) enum Unjudged {
    /// What is created or changed was not sent.
    NoObject,
    /// What is deleted was not sent.
    NothingDeleted,
    /// The parent of a scale is not known.
    NoParent,
    /// It cannot be read.
    Unread {
        /// The rule of category `reading` that is broken.
        rule: &'static str,
        /// A sentence.
        why: String,
        /// It is neither deleted, nor could it be read before.
        is_new: bool,
    },
}

impl<'r> Pair<'r> {
    /// Those that the request holds.
    pub(crate) fn of_request(request: &Request<'r>) -> Result<Self, Unjudged> {
        let is_deleted = request.operation == "DELETE";
        let object = if is_deleted { request.old_object.or(request.object) } else { request.object };
        let Some(text) = object else {
            return Err(if is_deleted { Unjudged::NothingDeleted } else { Unjudged::NoObject });
        };
        let old = request.old_object.filter(|_| request.operation == "UPDATE");
        let old = old.map(|old| read(old, OLD, &request.kind));
        let is_past_unread = matches!(old, Some(Err(_)));
        let object = read(text, JUDGED, &request.kind).map_err(|(rule, why)| Unjudged::Unread {
            rule,
            why,
            is_new: !is_deleted && !is_past_unread,
        })?;
        Ok(Self { text: text.as_bytes(), object, old: old.and_then(Result::ok), is_past_unread, is_deleted })
    }

    /// The parent of a scale, at the number that is asked for.
    pub(crate) fn of_scale(kind: &str, cache: &Cache, request: &Request<'r>) -> Result<Self, Unjudged> {
        let text = request.object.ok_or(Unjudged::NoObject)?.as_bytes();
        let parent = cache.text(kind, &request.namespace, &request.name).ok_or(Unjudged::NoParent)?;
        let (old, object) = scale::parent(kind, &parent, text).ok_or(Unjudged::NoParent)?;
        Ok(Self { text, object, old: Some(old), is_past_unread: false, is_deleted: false })
    }

    /// Why a change is not judged: nothing of it is what rules read.
    pub(crate) fn unchanged(&self) -> Option<&'static str> {
        let (new, old) = (&self.object.node, &self.old.as_ref()?.node);
        let fields = ["spec", "data", "stringData", "type", "provisioner"];
        if !fields.iter().all(|key| object::same(new.get(key), old.get(key))) {
            return None;
        }
        if new.at(&["metadata", "deletionTimestamp"]).is_some() {
            return Some("the object is being deleted");
        }
        let same = same_texts(new, old, "annotations") && same_texts(new, old, "labels");
        same.then_some("nothing that rules read is changed")
    }
}

/// Reads an object of the kind that its request names; else the rule that is broken, and why.
fn read(text: &str, id: SourceId, kind: &Kind<'_>) -> Result<Manifest, (&'static str, String)> {
    let manifest = object::read(text.as_bytes(), id, &kind.kind)
        .map_err(|(problem, error)| (problem.rule(), error.message))?;
    let syntax = |why: &str| Err(("yaml-syntax", why.to_owned()));
    if !matches!(manifest.node.value, Value::Map(_)) {
        return syntax("it is not a map");
    }
    // No rule would be about it.
    if manifest.kind() != Some(&kind.kind) || manifest.group() != Some(&kind.group) {
        return syntax("it is not of the kind that the request names");
    }
    Ok(manifest)
}

/// Whether the annotations or labels of two objects are the same, but for the last-applied one.
fn same_texts(one: &Node, other: &Node, key: &str) -> bool {
    object::same_entries(&texts(one, key), &texts(other, key))
}

fn texts<'n>(node: &'n Node, key: &str) -> Vec<&'n Entry> {
    let map = node.at(&["metadata", key]).and_then(Node::as_map);
    let entries = map.map(|map| map.entries.as_slice()).unwrap_or_default();
    entries.iter().filter(|entry| entry.key != LAST_APPLIED).collect()
}
