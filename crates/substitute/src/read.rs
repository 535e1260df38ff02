//! The variables of a Flux Kustomization, from itself and from the objects that it names.

use crate::variables::{Variable, Variables};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use manifest::{Dialect, Entry, Map, Node, Origin, UnknownReason, Value, mark_unknowns};

impl Variables {
    /// The variables of a Kustomization. `find` gives the object of a kind and name
    /// in the Kustomization's namespace, if it is in the repository. One that is not may be in
    /// the cluster, `optional` or not, and may then define any name.
    pub fn of<'n>(kustomization: &Node, find: &dyn Fn(&str, &str) -> Option<&'n Node>) -> Self {
        let mut variables = Self::default();
        let Some(post_build) = kustomization.at(&["spec", "postBuild"]) else { return variables };
        variables.open(post_build);
        if let Some(sources) = post_build.get("substituteFrom") {
            variables.open(sources);
            for source in sources.as_list().unwrap_or_default() {
                variables.add_source(source, find);
            }
        }
        if let Some(own) = post_build.get("substitute") {
            variables.open(own);
            variables.add(own, &|node| known(node, node.as_str()));
        }
        variables
    }

    /// A value that is not known, or a map that may have more keys, may define any name.
    fn open(&mut self, node: &Node) {
        let map = node.as_map().and_then(|map| map.open.as_ref());
        if let Some(reason) = node.unknown_reason().or(map) {
            self.open.get_or_insert_with(|| reason.clone());
        }
    }

    fn add_source<'n>(&mut self, source: &Node, find: &dyn Fn(&str, &str) -> Option<&'n Node>) {
        let text = |key| source.get(key).and_then(Node::as_str);
        let named = text("kind").zip(text("name"));
        let Some((kind, object)) = named.and_then(|(kind, name)| Some((kind, find(kind, name)?))) else {
            let written = |key| source.get(key).and_then(Node::raw_text).unwrap_or("?");
            let reason = format!(
                "a variable that {}/{}, which is not in this repository, may set",
                written("kind"),
                written("name")
            );
            self.open.get_or_insert(UnknownReason::Placeholder(reason));
            return;
        };
        self.open(object);
        let secret = kind == "Secret";
        if let Some(data) = object.get("data") {
            self.open(data);
            self.add(
                data,
                if secret { &encoded } else { &|node: &Node| known(&marked(node), node.as_str()) },
            );
        }
        if let Some(data) = object.get("stringData").filter(|_| secret) {
            self.open(data);
            self.add(data, &|node| known(&marked(node), node.as_str()));
        }
    }

    fn add(&mut self, data: &Node, read: &dyn Fn(&Node) -> Variable) {
        let entries = data.as_map().map(|Map { entries, .. }| entries.as_slice()).unwrap_or_default();
        for Entry { key, value, .. } in entries {
            self.set(key.clone(), read(value));
        }
    }
}

/// What a file of a repository does not say itself: it is encrypted, or filled in by others.
fn marked(node: &Node) -> Node {
    let mut node = node.clone();
    mark_unknowns(&mut node, Dialect::FILE);
    node
}

/// The API server takes nothing but texts there.
fn known(node: &Node, text: Option<&str>) -> Variable {
    match (&node.value, text) {
        (Value::String(_), Some(text)) => Variable::Known(text.to_owned(), node.origin),
        _ => unknown(node.unknown_reason(), node.origin),
    }
}

fn encoded(node: &Node) -> Variable {
    let node = marked(node);
    let decoded = node.as_str().and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Variable::Known(text, node.origin),
        None => unknown(node.unknown_reason(), node.origin),
    }
}

fn unknown(reason: Option<&UnknownReason>, origin: Origin) -> Variable {
    Variable::Unknown(reason.cloned().unwrap_or(UnknownReason::Unread), Some(origin))
}
