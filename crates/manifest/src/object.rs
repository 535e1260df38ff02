//! Documents to Kubernetes objects.

use crate::node::{Node, Value};
use crate::read::Document;

/// One Kubernetes object.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The object.
    pub node: Node,
    /// Index of its document in the file, from 0.
    pub document: usize,
    /// RFC 6901 pointer from the document to the object: `""`, or `/items/3` in a `List`.
    pub base: String,
    /// `false` where kubectl never reaches its document.
    pub kubectl: bool,
}

impl Manifest {
    /// `apiVersion`, if it is a known string.
    pub fn api_version(&self) -> Option<&str> {
        self.node.get("apiVersion")?.as_str()
    }

    /// The group of `apiVersion`: `""` for the core group, `postgresql.cnpg.io`, ….
    pub fn group(&self) -> Option<&str> {
        let api_version = self.api_version()?;
        Some(api_version.split_once('/').map_or("", |(group, _)| group))
    }

    /// `kind`, if it is a known string.
    pub fn kind(&self) -> Option<&str> {
        self.node.get("kind")?.as_str()
    }

    /// `metadata.name` as written, variables and all; `None` if absent.
    pub fn name(&self) -> Option<&str> {
        self.node.at(&["metadata", "name"])?.raw_text()
    }

    /// `metadata.namespace` as written, variables and all; `None` if absent.
    pub fn namespace(&self) -> Option<&str> {
        self.node.at(&["metadata", "namespace"])?.raw_text()
    }
}

/// The objects of a document: itself, or the items of a `List` or `*List` that has `items`,
/// to any depth. A document without `kind` is no object.
pub fn manifests(document: &Document) -> Vec<Manifest> {
    let Ok(node) = &document.content else { return Vec::new() };
    into_manifests(node.clone(), document.index, document.kubectl)
}

impl Document {
    /// Its objects, as [`manifests`] gives them, without copying them.
    pub fn into_manifests(self) -> Vec<Manifest> {
        let Self { content, index, kubectl, .. } = self;
        content.map(|node| into_manifests(node, index, kubectl)).unwrap_or_default()
    }
}

fn into_manifests(node: Node, document: usize, kubectl: bool) -> Vec<Manifest> {
    let mut found = Vec::new();
    // A list that waits comes before its items' siblings: a stack, last item first.
    let mut waiting = vec![(node, String::new())];
    while let Some((mut node, base)) = waiting.pop() {
        if !is_object(&node) {
            continue;
        }
        if let Some(items) = take_items(&mut node) {
            let numbered = items.into_iter().enumerate().rev();
            waiting.extend(numbered.map(|(at, item)| (typed(item, &node), format!("{base}/items/{at}"))));
        } else {
            found.push(Manifest { node, document, base, kubectl });
        }
    }
    found
}

fn is_object(node: &Node) -> bool {
    node.get("kind").is_some_and(|kind| kind.value != Value::Null)
}

/// The items of a list; it is left without them.
fn take_items(node: &mut Node) -> Option<Vec<Node>> {
    let is_list = node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    let Value::Map(map) = &mut node.value else { return None };
    let entry = map.entries.iter_mut().find(|entry| is_list && entry.key == "items")?;
    match &mut entry.value.value {
        Value::List(items) => Some(std::mem::take(items)),
        _ => None,
    }
}

/// An item with `apiVersion` and `kind`: where it has neither, an item of a `ConfigMapList`
/// is a `ConfigMap` of the same version.
fn typed(mut item: Node, list: &Node) -> Node {
    let kind = list.get("kind").and_then(Node::as_str).and_then(|kind| kind.strip_suffix("List"));
    let (Some(kind), Value::Map(map)) = (kind.filter(|kind| !kind.is_empty()), &mut item.value) else {
        return item;
    };
    if map.entry("kind").is_some() || map.entry("apiVersion").is_some() {
        return item;
    }
    let from_list = |key: &str| list.as_map().and_then(|map| map.entry(key)).cloned();
    let kind_entry = from_list("kind").map(|mut entry| {
        entry.value.value = Value::String(kind.to_owned());
        entry
    });
    let written = std::mem::take(&mut map.entries);
    map.entries = from_list("apiVersion").into_iter().chain(kind_entry).chain(written).collect();
    item
}
