//! Which keys a Secret has, as far as its makers say.

use crate::index::makers::{Maker, Reaches};
use crate::inventory::{Object, ObjectId};
use crate::read::{Subject, select};
use crate::topology::Topology;
use crate::view::Known;
use crate::views::Context;
use manifest::Node;
use std::collections::BTreeSet;

/// The keys of the Secret of a Cluster's user (CloudNativePG, `pkg/specs/secrets.go`).
const BASIC: [&str; 11] = [
    "username",
    "user",
    "password",
    "dbname",
    "host",
    "port",
    "pgpass",
    "uri",
    "jdbc-uri",
    "fqdn-uri",
    "fqdn-jdbc-uri",
];

/// The keys of the Secret that its makers surely make for an object; unknown where one of them does
/// not say, or something may add to it.
pub(crate) fn keys(context: Context<'_>, secret: &str) -> Known<Vec<String>> {
    let makers = context.topology.makers().of(secret).iter();
    let mut found = BTreeSet::new();
    for maker in makers.filter(|maker| maker.reaches(secret, context.placement) != Reaches::No) {
        match of_maker(context.topology, maker, secret) {
            Known::Known(keys) => found.extend(keys),
            Known::Unknown(reason) => return Known::Unknown(reason),
        }
    }
    match merged(context, secret) {
        Known::Known(keys) => found.extend(keys),
        Known::Unknown(reason) => return Known::Unknown(reason),
    }
    Known::Known(found.into_iter().collect())
}

fn of_maker(topology: &Topology<'_>, maker: &Maker, secret: &str) -> Known<Vec<String>> {
    let unknown = || Known::Unknown(format!("not known: {} {} makes them", maker.kind, maker.name));
    let Some(object) = maker.object.and_then(|id: ObjectId| topology.inventory.object(id)) else {
        return unknown();
    };
    let node = &object.manifest.node;
    match (object.manifest.group(), maker.kind.as_str()) {
        (Some(""), "Secret") if maker.name == secret => named(node, &["/data", "/stringData"], "Secret"),
        (Some("bitnami.com"), "SealedSecret") => named(
            node,
            &["/spec/encryptedData", "/spec/template/data", "/spec/template/stringData"],
            "SealedSecret",
        ),
        (Some("external-secrets.io"), "ExternalSecret") => external(object),
        (Some("postgresql.cnpg.io"), "Cluster")
            if secret.ends_with("-app") || secret.ends_with("-superuser") =>
        {
            Known::Known(BASIC.map(str::to_owned).to_vec())
        }
        _ => unknown(),
    }
}

/// The keys of maps; what a patch may add is not known.
fn named(node: &Node, pointers: &[&str], kind: &str) -> Known<Vec<String>> {
    let mut keys = Vec::new();
    for pointer in pointers {
        let Some(found) = node.pointer(pointer) else { continue };
        let Some(map) = found.as_map().filter(|map| map.open.is_none()) else {
            return Known::Unknown(format!("not known: the {kind} is patched or encrypted whole"));
        };
        keys.extend(map.entries.iter().map(|entry| entry.key.clone()));
    }
    Known::Known(keys)
}

/// The template's keys where there is one that replaces what was fetched, else the keys that are
/// fetched one by one (External Secrets, "Advanced Templating").
fn external(object: &Object) -> Known<Vec<String>> {
    let unknown = || {
        let name = object.manifest.name().unwrap_or_default();
        Known::Unknown(format!("not known: ExternalSecret {name} fetches whatever there is"))
    };
    let subject = Subject::new(object);
    let present = |pointer: &str| subject.node.pointer(pointer);
    let has_items = |pointer: &str| {
        present(pointer).is_some_and(|node| node.as_list().is_none_or(|items| !items.is_empty()))
    };
    if has_items("/spec/target/template/templateFrom") {
        return unknown();
    }
    let template = present("/spec/target/template/data")
        .map(|_| named(subject.node, &["/spec/target/template/data"], "template"));
    let merges = subject.raw(&["spec", "target", "template", "mergePolicy"]) == Some("Merge");
    if let Some(keys) = &template
        && !merges
    {
        return keys.clone();
    }
    if has_items("/spec/dataFrom") {
        return unknown();
    }
    let fetched = select(subject.node, "/spec/data/*/secretKey");
    if fetched.iter().any(|(node, _)| node.as_str().is_none()) {
        return unknown();
    }
    let fetched: Vec<String> =
        fetched.into_iter().filter_map(|(node, _)| node.as_str().map(str::to_owned)).collect();
    match template {
        Some(template) => template.map(|mut keys| {
            keys.extend(fetched);
            keys
        }),
        None => Known::Known(fetched),
    }
}

/// What `ExternalSecrets` add to a Secret that something else makes: `creationPolicy: Merge`.
fn merged(context: Context<'_>, secret: &str) -> Known<Vec<String>> {
    let mut found = Vec::new();
    for (_, object) in context.topology.inventory.of_kind("ExternalSecret") {
        let subject = Subject::new(object);
        let target = subject.raw(&["spec", "target", "name"]).or_else(|| object.manifest.name());
        let adds = subject.raw(&["spec", "target", "creationPolicy"]) == Some("Merge")
            && target == Some(secret)
            && object.placements.iter().any(|at| crate::index::reach::means(context.placement, secret, at));
        if adds {
            match external(object) {
                Known::Known(keys) => found.extend(keys),
                Known::Unknown(reason) => return Known::Unknown(reason),
            }
        }
    }
    Known::Known(found)
}
