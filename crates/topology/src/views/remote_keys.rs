//! The keys that an ExternalSecret fetches, and who else fetches them.

use crate::go_template::fields;
use crate::read::{Subject, place, select};
use crate::views::Context;
use manifest::Node;
use std::collections::BTreeSet;

crate::view! {
    /// A key that other namespaces fetch too.
    pub struct SharedKeyView {
        /// The key.
        pub key: String,
        /// The namespaces whose ExternalSecrets fetch it, other than this one.
        pub namespaces: Vec<String>,
    }
}

crate::view! {
    /// A name in a template that nothing fetches.
    pub struct UndefinedNameView {
        /// The name.
        pub name: String,
        /// The key of the Secret whose template it stands in.
        pub key: String,
        /// The names that there are.
        pub known: Vec<String>,
    }
}

const KEYS: [&str; 2] = ["/spec/data/*/remoteRef/key", "/spec/dataFrom/*/extract/key"];

/// The keys that ExternalSecrets of other namespaces fetch from the same `ClusterSecretStore`.
pub(crate) fn shared_keys(context: Context<'_>) -> Vec<SharedKeyView> {
    let Some(subject) = context.subject() else { return Vec::new() };
    let Some(own) = context.placement.namespace.name() else { return Vec::new() };
    // Stores of one namespace that are called alike may well lead to different projects.
    if store(subject).0 != Some("ClusterSecretStore") {
        return Vec::new();
    }
    let others: Vec<_> = context
        .topology
        .inventory
        .of_kind("ExternalSecret")
        .filter(|(_, object)| store(Subject::new(object)) == store(subject))
        .flat_map(|(_, object)| {
            let keys: BTreeSet<&str> =
                keys(&object.manifest.node).into_iter().filter_map(|(node, _)| node.as_str()).collect();
            let namespaces = object.placements.iter().filter_map(|at| at.namespace.name());
            namespaces.filter(|name| *name != own).map(move |name| (name, keys.clone()))
        })
        .collect();
    let shared = keys(subject.node).into_iter().filter_map(|(node, pointer)| {
        let key = node.as_str()?;
        let namespaces: BTreeSet<&str> =
            others.iter().filter(|(_, keys)| keys.contains(key)).map(|(name, _)| *name).collect();
        (!namespaces.is_empty()).then(|| SharedKeyView {
            key: key.to_owned(),
            namespaces: namespaces.into_iter().map(str::to_owned).collect(),
            place: Some(place(node, pointer)),
        })
    });
    shared.collect()
}

fn keys(node: &Node) -> Vec<(&Node, String)> {
    KEYS.iter().flat_map(|pattern| select(node, pattern)).collect()
}

fn store(subject: Subject<'_>) -> (Option<&str>, Option<&str>) {
    let raw = |key| subject.raw(&["spec", "secretStoreRef", key]);
    (raw("kind"), raw("name"))
}

/// The names that templates read and that nothing fetches; none where all of an entry is fetched, as
/// its names are not known then.
pub(crate) fn undefined_names(context: Context<'_>) -> Vec<UndefinedNameView> {
    let Some(subject) = context.subject() else { return Vec::new() };
    let from = subject.list(&["spec", "dataFrom"]);
    let fetched = select(subject.node, "/spec/data/*/secretKey");
    let known: Vec<&str> = fetched.iter().filter_map(|(node, _)| node.as_str()).collect();
    if !from.known().is_some_and(|from| from.is_empty()) || known.len() < fetched.len() || known.is_empty() {
        return Vec::new();
    }
    let mut undefined = Vec::new();
    for (node, pointer) in select(subject.node, "/spec/target/template/data/*") {
        let Some(names) = node.as_str().and_then(fields) else { continue };
        let key = pointer.rsplit('/').next().unwrap_or_default().to_owned();
        for name in names.into_iter().filter(|name| !known.contains(&name.as_str())) {
            undefined.push(UndefinedNameView {
                name,
                key: key.clone(),
                known: known.iter().map(|name| (*name).to_owned()).collect(),
                place: Some(place(node, pointer.clone())),
            });
        }
    }
    undefined
}
