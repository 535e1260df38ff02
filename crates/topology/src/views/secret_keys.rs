//! What a workload reads of the Secrets of databases: which keys, and from where.

use crate::index::databases::{Database, Via};
use crate::index::helm::workplace;
use crate::index::reach::means;
use crate::index::uses::{Used, uses};
use crate::read::{place, walk};
use crate::view::{Known, Place};
use crate::views::{Context, secret_names};
use manifest::Node;
use std::collections::BTreeSet;

crate::view! {
    /// A place that names a key of a Secret with the credentials of a database.
    pub struct SecretKeyView {
        /// The Secret.
        pub secret: String,
        /// The Cluster whose credentials it holds.
        pub cluster: String,
        /// The key.
        pub key: String,
        /// The keys that the Secret has; unknown where what makes it does not say.
        pub keys: Known<Vec<String>>,
    }
}

crate::view! {
    /// A place that names a Secret which belongs to a database of another namespace.
    pub struct FarSecretView {
        /// The Secret.
        pub secret: String,
        /// The Cluster whose credentials it holds.
        pub cluster: String,
        /// The namespaces that have it.
        pub namespaces: Vec<String>,
        /// Where it is read.
        pub namespace: String,
        /// Whether something makes a Secret of that name there.
        pub made: Known<bool>,
    }
}

/// The keys of databases' Secrets that the object at a context names.
pub(crate) fn secret_keys(context: Context<'_>) -> Vec<SecretKeyView> {
    let Some(object) = context.object() else { return Vec::new() };
    let placement = workplace(object, context.placement);
    let mut views = Vec::new();
    walk(&object.manifest.node, &mut |node, keys, pointer| {
        let named = match keys.last().map(|key| &**key) {
            Some("secretKeyRef") => one(node, pointer),
            Some("items") => items(object.manifest.node.pointer(parent(pointer)), pointer),
            _ => return,
        };
        for (secret, key, place) in named {
            let there = Context { placement: &placement, ..context };
            let Some(cluster) = near(there, secret) else { continue };
            views.push(SecretKeyView {
                secret: secret.to_owned(),
                cluster: cluster.name.clone(),
                key: key.to_owned(),
                keys: secret_names::view(there, secret, None).keys,
                place: Some(place),
            });
        }
    });
    views
}

type NamedKey<'n> = (&'n str, &'n str, Place);

/// `secretKeyRef: {name, key}`; one that may be missing asks for nothing.
fn one<'n>(node: &'n Node, pointer: &str) -> Vec<NamedKey<'n>> {
    if node.get("optional").is_some() {
        return Vec::new();
    }
    let named = node.get("name").and_then(Node::raw_text).zip(node.get("key"));
    let found =
        named.and_then(|(secret, key)| Some((secret, key.as_str()?, place(key, format!("{pointer}/key")))));
    found.into_iter().collect()
}

/// `secret: {secretName, items: [{key, path}]}`, and the app-template chart's `{type: secret, name, items}`.
fn items<'n>(volume: Option<&'n Node>, pointer: &str) -> Vec<NamedKey<'n>> {
    let Some(volume) = volume.filter(|volume| volume.get("optional").is_none()) else { return Vec::new() };
    let is_secret = volume.get("type").and_then(Node::as_str) == Some("secret");
    let name = volume.get("secretName").or_else(|| volume.get("name").filter(|_| is_secret));
    let (Some(secret), Some(items)) =
        (name.and_then(Node::raw_text), volume.get("items").and_then(Node::as_list))
    else {
        return Vec::new();
    };
    let keys = items.iter().enumerate().filter_map(|(index, item)| {
        let key = item.get("key")?;
        Some((secret, key.as_str()?, place(key, format!("{pointer}/{index}/key"))))
    });
    keys.collect()
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The databases of other namespaces whose Secrets the object at a context names, as if they were here.
pub(crate) fn far_secrets(context: Context<'_>) -> Vec<FarSecretView> {
    let Some(object) = context.object() else { return Vec::new() };
    let placement = workplace(object, context.placement);
    let there = Context { placement: &placement, ..context };
    let Some(namespace) = placement.namespace.name() else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let views = uses(&object.manifest.node).into_iter().filter_map(|used| {
        let owners = owners(there, &used.name);
        let cluster = owners.first()?.name.clone();
        let is_near = owners.iter().any(|owner| means(&placement, &used.name, &owner.placement));
        if used.what != Used::Secret || is_near || !seen.insert(used.name.clone()) {
            return None;
        }
        Some(FarSecretView {
            namespaces: namespaces(&owners)?,
            made: secret_names::view(there, &used.name, None).made,
            secret: used.name,
            cluster,
            namespace: namespace.to_owned(),
            place: Some(used.place),
        })
    });
    views.collect()
}

/// The namespaces of all owners; `None` where one of them is not known.
fn namespaces(owners: &[&Database]) -> Option<Vec<String>> {
    let names = owners.iter().map(|owner| owner.placement.namespace.name().map(str::to_owned));
    let names: BTreeSet<_> = names.collect::<Option<_>>()?;
    Some(names.into_iter().collect())
}

/// The Clusters whose credentials a Secret of that name holds, anywhere.
fn owners<'t>(context: Context<'t>, secret: &str) -> Vec<&'t Database> {
    let databases = context.topology.databases();
    let found = databases.named(secret).iter().filter(|(_, via)| is_secret(*via));
    found.filter_map(|(index, _)| databases.get(*index)).collect()
}

/// The Cluster whose credentials a Secret of that name holds here.
fn near<'t>(context: Context<'t>, secret: &str) -> Option<&'t Database> {
    let is_near = |owner: &&Database| means(context.placement, secret, &owner.placement);
    owners(context, secret).into_iter().find(is_near)
}

fn is_secret(via: Via) -> bool {
    matches!(via, Via::AppSecret | Via::SuperuserSecret)
}
