//! The transformers that set fields: namespace, prefix and suffix, labels, annotations, replicas.

use crate::config::read_spec;
use crate::fieldspec::{FieldSpec, Made};
use crate::item::{Id, Item};
use crate::pool::Pool;
use crate::specs::{built_in, spec};
use crate::tree;
use manifest::{Entry, Node, Origin, Span, Value};
use std::rc::Rc;

/// Sets the namespace of everything that can have one. Returns resources that then have the same
/// identity.
pub(crate) fn namespace(pool: &mut Pool, namespace: &Node) -> Vec<(Span, Span)> {
    let Some(text) = tree::text(namespace).filter(|text| !text.is_empty()) else { return Vec::new() };
    let value = tree::string(text, namespace.origin);
    let more = pool.config.namespace.clone();
    for item in pool.items_mut() {
        item.remember();
        let id = item.id();
        let is_core = id.group.is_empty() && id.version == "v1";
        let specs = built_in().namespace.iter().chain(&more);
        let specs = specs.filter(|spec| spec.selects(&id) && is_set(spec, is_core, id.kind));
        let specs: Vec<&FieldSpec> = specs.collect();
        let cluster_wide = id.is_cluster_wide();
        let binding = is_binding(&id);
        if !cluster_wide {
            set_meta(&mut item.node, "namespace", value.clone());
            item.changed(namespace.origin.span);
        }
        if binding {
            subjects(&mut item.node, &value);
        }
        for spec in specs {
            spec.visit(&mut item.node, Made::Scalar, namespace.origin, &mut |node| *node = value.clone());
            item.changed(namespace.origin.span);
        }
    }
    pool.twins()
}

/// Whether the namespace is set by that spec: `metadata.namespace` is set apart, and a name only of
/// core's kinds.
fn is_set(spec: &FieldSpec, is_core: bool, kind: &str) -> bool {
    let of_subjects = is_binding_kind(kind) && spec.is_path(&["subjects", "namespace"]);
    !spec.is_path(&["metadata", "namespace"])
        && (is_core || !spec.is_path(&["metadata", "name"]))
        && !of_subjects
}

fn is_binding(id: &Id<'_>) -> bool {
    is_binding_kind(id.kind)
}

fn is_binding_kind(kind: &str) -> bool {
    matches!(kind, "RoleBinding" | "ClusterRoleBinding")
}

/// Only the service account `default` is sure to be in the namespace that is set; others are found as
/// references.
fn subjects(object: &mut Node, namespace: &Node) {
    let subjects = tree::get_mut(object, "subjects").and_then(tree::list_mut);
    for subject in subjects.into_iter().flatten() {
        if subject.get("name").and_then(Node::as_str) == Some("default")
            && let Some(map) = tree::map_mut(subject)
        {
            tree::set(map, "namespace", namespace.origin, namespace.clone());
        }
    }
}

fn set_meta(object: &mut Node, key: &str, value: Node) {
    let Some(map) = tree::map_mut(object) else { return };
    if map.entry("metadata").is_none_or(|entry| entry.value.as_map().is_none()) {
        tree::set(map, "metadata", value.origin, tree::empty_map(value.origin));
    }
    if let Some(meta) = tree::entry_mut(map, "metadata").and_then(|entry| tree::map_mut(&mut entry.value)) {
        tree::set(meta, key, value.origin, value);
    }
}

/// Which end of a name is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Prefix,
    Suffix,
}

/// Adds a prefix or suffix to names.
pub(crate) fn rename(pool: &mut Pool, affix: &Node, end: End) {
    let Some(text) = tree::text(affix).filter(|text| !text.is_empty()) else { return };
    let text: Rc<str> = Rc::from(text.as_ref());
    let more = match end {
        End::Prefix => pool.config.name_prefix.clone(),
        End::Suffix => pool.config.name_suffix.clone(),
    };
    for item in pool.items_mut() {
        rename_one(item, affix, &text, end, &more);
    }
}

fn rename_one(item: &mut Item, affix: &Node, text: &Rc<str>, end: End, more: &[FieldSpec]) {
    let first = item.first_id();
    let keeps_name = matches!(first.kind, "CustomResourceDefinition" | "Namespace")
        || (first.kind == "APIService" && first.group == "apiregistration.k8s.io");
    if keeps_name {
        return;
    }
    let specs = built_in().names.iter().chain(more).filter(|spec| spec.selects(&first));
    for spec in specs.collect::<Vec<_>>() {
        if spec.is_path(&["metadata", "name"]) {
            match end {
                End::Prefix => item.prefixes.push(Rc::clone(text)),
                End::Suffix => item.suffixes.push(Rc::clone(text)),
            }
            item.remember();
        }
        spec.visit(&mut item.node, Made::Scalar, affix.origin, &mut |node| {
            let name = tree::text(node).unwrap_or_default();
            let renamed = match end {
                End::Prefix => format!("{text}{name}"),
                End::Suffix => format!("{name}{text}"),
            };
            *node = tree::string(renamed, tree::brought(node.origin, affix.origin));
        });
        item.changed(affix.origin.span);
    }
}

/// An entry of `labels`.
pub(crate) fn labels(pool: &mut Pool, entry: &Node) {
    let is = |key| entry.get(key).and_then(Node::as_bool) == Some(true);
    let mut specs: Vec<FieldSpec> = tree::items(entry, "fields").iter().map(read_spec).collect();
    specs.extend(pool.config.labels.iter().cloned());
    if is("includeSelectors") {
        specs.extend(built_in().common_labels.iter().chain(&pool.config.common_labels).cloned());
    } else {
        if is("includeTemplates") {
            specs.extend(built_in().template_labels.iter().chain(&pool.config.template_labels).cloned());
        }
        specs.push(spec("", "", "", "metadata/labels", true));
    }
    if let Some(pairs) = entry.get("pairs") {
        set_entries(pool, pairs, &specs);
    }
}

/// `commonLabels`.
pub(crate) fn common_labels(pool: &mut Pool, pairs: &Node) {
    let specs: Vec<_> = built_in().common_labels.iter().chain(&pool.config.common_labels).cloned().collect();
    set_entries(pool, pairs, &specs);
}

/// `commonAnnotations`.
pub(crate) fn common_annotations(pool: &mut Pool, pairs: &Node) {
    let specs: Vec<_> = built_in().annotations.iter().chain(&pool.config.annotations).cloned().collect();
    set_entries(pool, pairs, &specs);
}

/// Sets entries in the maps that the specs mean.
fn set_entries(pool: &mut Pool, pairs: &Node, specs: &[FieldSpec]) {
    let pairs: Vec<Entry> = tree::entries(pairs).iter().map(as_text).collect();
    let Some(first) = pairs.first() else { return };
    for item in pool.contents_mut() {
        let id = item.id();
        let selected: Vec<&FieldSpec> = specs.iter().filter(|spec| spec.selects(&id)).collect();
        for spec in selected {
            spec.visit(&mut item.node, Made::Map, first.key_origin, &mut |node| {
                if let Some(map) = tree::map_mut(node) {
                    for pair in &pairs {
                        tree::put(map, pair.clone());
                    }
                }
            });
        }
        for pair in &pairs {
            item.changed(pair.value.origin.span);
        }
    }
}

fn as_text(pair: &Entry) -> Entry {
    let text = tree::text(&pair.value).unwrap_or_default().into_owned();
    Entry { value: tree::string(text, pair.value.origin), ..pair.clone() }
}

/// An entry of `replicas`. Returns whether it means a resource.
pub(crate) fn replicas(pool: &mut Pool, entry: &Node) -> bool {
    let name = entry.get("name").and_then(tree::text).unwrap_or_default();
    let none = Node { value: Value::Number(manifest::Number::Int(0)), origin: entry.origin };
    let count = entry.get("count").unwrap_or(&none);
    let mut found = false;
    let more = pool.config.replicas.clone();
    for item in pool.contents_mut() {
        let specs = built_in().replicas.iter().chain(&more);
        let meant = |spec: &&FieldSpec| item.ids().any(|id| id.name == name && spec.selects(&id));
        for spec in specs.filter(meant).collect::<Vec<_>>() {
            found = true;
            let origin: Origin = count.origin;
            spec.visit(&mut item.node, Made::Scalar, origin, &mut |node| *node = count.clone());
            item.changed(origin.span);
        }
    }
    found
}
