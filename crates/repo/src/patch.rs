//! What a patch changes in an object: until patches are applied, that much is not known.

use crate::selector::Target;
use crate::tree::FileId;
use manifest::{Entry, Manifest, Map, Node, Origin, Unknown, UnknownReason, Value};

/// A patch and the files whose objects it may change.
#[derive(Debug, Clone)]
pub(crate) struct Applied {
    /// The patch.
    pub(crate) patch: Patch,
    /// The files, sorted.
    pub(crate) scope: Vec<FileId>,
}

/// A patch of a kustomization or of Flux.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    /// The file it is written in, as shown to the user.
    pub(crate) by: String,
    /// What it is aimed at; `None`: the object it names itself.
    pub(crate) target: Option<Target>,
    /// What it does.
    pub(crate) body: Body,
}

/// What a patch does.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// Lays a part of an object over it.
    Merge(Node),
    /// Does one step after the other (RFC 6902).
    Steps(Vec<Step>),
}

/// One step of a JSON patch.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    adds: bool,
    path: String,
}

impl Body {
    /// Reads a patch: a list is a JSON patch, a map is laid over.
    pub(crate) fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Map(_) => Some(Self::Merge(node.clone())),
            Value::List(steps) => Some(Self::Steps(steps.iter().flat_map(Step::read).collect())),
            _ => None,
        }
    }
}

impl Step {
    fn read(node: &Node) -> Vec<Self> {
        let text = |key| node.get(key).and_then(Node::raw_text);
        let step = |adds, path: &str| Self { adds, path: path.to_owned() };
        let Some(path) = text("path") else { return Vec::new() };
        match text("op").unwrap_or_default() {
            "test" => Vec::new(),
            "move" => {
                text("from").map(|from| step(false, from)).into_iter().chain([step(true, path)]).collect()
            }
            "remove" => vec![step(false, path)],
            _ => vec![step(true, path)],
        }
    }
}

impl Applied {
    /// Whether it may change objects of that file.
    pub(crate) fn reaches(&self, file: FileId) -> bool {
        self.scope.binary_search(&file).is_ok()
    }

    /// Marks what the patch changes in an object, if it is aimed at it.
    pub(crate) fn mark(&self, manifest: &mut Manifest) {
        if !self.patch.may_match(manifest) {
            return;
        }
        let reason = UnknownReason::Patched(self.patch.by.clone());
        match &self.patch.body {
            Body::Merge(patch) => merge(&mut manifest.node, patch, &reason, &[]),
            Body::Steps(steps) => steps.iter().for_each(|one| step(&mut manifest.node, one, &reason)),
        }
    }
}

impl Patch {
    /// Whether it may be aimed at that object.
    pub(crate) fn may_match(&self, manifest: &Manifest) -> bool {
        match (&self.target, &self.body) {
            (Some(target), _) => target.may_match(manifest),
            (None, Body::Merge(patch)) => {
                Target::of_patch(patch).is_some_and(|target| target.may_match(manifest))
            }
            (None, Body::Steps(_)) => false,
        }
    }
}

/// Keys by which a patch says what it is aimed at.
const IDENTITY: [&[&str]; 4] =
    [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];

/// Marks in `base` what laying `patch` over it changes. Lists of custom resources are replaced
/// whole.
fn merge(base: &mut Node, patch: &Node, reason: &UnknownReason, above: &[&str]) {
    let origin = base.origin;
    let (Value::Map(base_map), Value::Map(patch_map)) = (&mut base.value, &patch.value) else {
        if base.value != patch.value {
            forget(base, reason);
        }
        return;
    };
    if patch_map.entry("$patch").is_some() {
        // `delete` or `replace`: nothing of this map is sure to be left.
        return if above.is_empty() { forget_spec(base, reason) } else { forget(base, reason) };
    }
    for entry in &patch_map.entries {
        let keys = [above, &[entry.key.as_str()]].concat();
        if IDENTITY.contains(&keys.as_slice()) {
            continue;
        }
        match base_map.entries.iter_mut().find(|one| one.key == entry.key) {
            Some(found) => merge(&mut found.value, &entry.value, reason, &keys),
            None if entry.value.value != Value::Null => add(base_map, &entry.key, origin, reason),
            None => {}
        }
    }
}

/// Marks what one step of a JSON patch changes.
fn step(base: &mut Node, step: &Step, reason: &UnknownReason) {
    let tokens = step.path.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"));
    walk(base, &tokens.collect::<Vec<_>>(), step.adds, reason);
}

fn walk(node: &mut Node, tokens: &[String], adds: bool, reason: &UnknownReason) {
    let Some((token, rest)) = tokens.split_first() else { return forget(node, reason) };
    let origin = node.origin;
    let inside = match &mut node.value {
        Value::Map(map) => match map.entries.iter_mut().find(|entry| entry.key == *token) {
            Some(entry) => Some(&mut entry.value),
            None if adds => return add(map, token, origin, reason),
            None => return,
        },
        // One item more or less moves the others; only a step inside of an item does not.
        Value::List(items) if !rest.is_empty() => {
            token.parse().ok().and_then(|index: usize| items.get_mut(index))
        }
        _ => None,
    };
    match inside {
        Some(inside) => walk(inside, rest, adds, reason),
        None => forget(node, reason),
    }
}

/// A key that the patch adds: it may be there, and nothing is known of it. `origin` is where the
/// map stands, for the base holds no better place.
fn add(map: &mut Map, key: &str, origin: Origin, reason: &UnknownReason) {
    let value = Value::Unknown(Unknown { raw: String::new(), reason: reason.clone(), value: None });
    let value = Node { value, origin };
    map.entries.push(Entry { key: key.to_owned(), key_origin: origin, value });
}

fn open(map: &mut Map, reason: &UnknownReason) {
    map.open.get_or_insert_with(|| reason.clone());
}

/// Forgets a value; the first reason not to know it stays.
fn forget(node: &mut Node, reason: &UnknownReason) {
    if node.unknown_reason().is_none() {
        let raw = node.raw_text().unwrap_or_default().to_owned();
        node.value = Value::Unknown(Unknown { raw, reason: reason.clone(), value: None });
    }
}

/// Forgets all of an object but what it is.
fn forget_spec(object: &mut Node, reason: &UnknownReason) {
    if let Value::Map(map) = &mut object.value {
        let keep = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata");
        map.entries
            .iter_mut()
            .filter(|entry| !keep(&entry.key))
            .for_each(|entry| forget(&mut entry.value, reason));
        open(map, reason);
    }
}
