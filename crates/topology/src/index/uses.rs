//! Which Secrets and `ConfigMaps` a manifest reads.

use crate::read::{place, select, walk};
use crate::view::Place;
use manifest::{Node, Value};
use std::borrow::Cow;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    Secret,
    ConfigMap,
}

/// A place that names a Secret or `ConfigMap`.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) what: Used,
    /// As written.
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// What a workload reads, in a pod's own words (`secretKeyRef.name`, `secretName`, …) and in
/// those that charts use for the same (`existingSecret`, `{type: secret, name: …}`).
pub(crate) fn uses(node: &Node) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    walk(node, &mut |node, keys, pointer| match &node.value {
        Value::Map(_) => uses.extend(typed(node, pointer)),
        _ => uses.extend(keyed(node, keys, pointer)),
    });
    for used in &mut uses {
        if let Some(name) = with_release_name(&used.name, node) {
            used.name = name;
        }
    }
    uses
}

/// A chart that renders its values (the app-template chart) puts the release's name there.
fn with_release_name(name: &str, node: &Node) -> Option<String> {
    let (before, rest) = name.split_once("{{")?;
    let (template, after) = rest.split_once("}}")?;
    let release = node.at(&["spec", "releaseName"]);
    let release = release.or_else(|| node.at(&["metadata", "name"]))?.raw_text()?;
    (template.trim() == ".Release.Name").then(|| format!("{before}{release}{after}"))
}

/// `{kind: Secret, name: …}` (Flux) and `{type: secret, name: …}` (the app-template chart).
fn typed(node: &Node, pointer: &str) -> Option<Use> {
    let kind = ["kind", "type"].iter().find_map(|key| node.get(key)?.as_str())?;
    let what = match kind {
        "Secret" | "secret" => Used::Secret,
        "ConfigMap" | "configMap" => Used::ConfigMap,
        _ => return None,
    };
    let name = node.get("name")?;
    let is_object = node.get("metadata").is_some();
    let place = place(name, format!("{pointer}/name"));
    (!is_object).then_some(Use { what, name: name.raw_text()?.to_owned(), place })
}

/// A name under a key that says "secret" or "config map".
fn keyed(node: &Node, keys: &[Cow<'_, str>], pointer: &str) -> Option<Use> {
    let name = node.raw_text().filter(|text| is_name(text))?;
    let mut named = keys.iter().rev().filter(|key| key.parse::<usize>().is_err());
    let last = named.next()?;
    let key = if last == "name" { named.next()? } else { last };
    let what = what(key)?;
    Some(Use { what, name: name.to_owned(), place: place(node, pointer) })
}

fn what(key: &str) -> Option<Used> {
    let key = key.to_lowercase();
    // `existingSecretPasswordKey` is the name of a key in a Secret; `secretKeyRef` is not.
    let is_key = key.ends_with("key") || key.ends_with("keys") || key.ends_with("type");
    if is_key {
        None
    } else if key.contains("secret") {
        Some(Used::Secret)
    } else if key.contains("configmap") {
        Some(Used::ConfigMap)
    } else {
        None
    }
}

/// Whether a text can be the name of an object, perhaps with variables.
fn is_name(text: &str) -> bool {
    let is_template = text.contains("{{") && !text.contains('\n');
    !text.is_empty() && text.len() <= 253 && (is_template || !text.contains(char::is_whitespace))
}

/// What a Secret is to a CloudNativePG object that names it.
pub(crate) const ROLE_PASSWORD: &str = "role password";

/// Kind, where its objects name Secrets, and what these are to it (fields of the CRDs of
/// CloudNativePG 1.30 and the Barman Cloud plugin 0.14).
const NAMED: &[(&str, &str, &str)] = &[
    ("Cluster", "/spec/bootstrap/*/secret/name", "application credentials"),
    ("Cluster", "/spec/superuserSecret/name", "superuser credentials"),
    ("Cluster", "/spec/managed/roles/*/passwordSecret/name", ROLE_PASSWORD),
    ("Cluster", "/spec/backup/barmanObjectStore/*/*/name", "backup credentials"),
    ("Cluster", "/spec/backup/barmanObjectStore/endpointCA/name", "backup endpoint's certificate"),
    ("Cluster", "/spec/externalClusters/*/barmanObjectStore/*/*/name", "backup credentials"),
    (
        "Cluster",
        "/spec/externalClusters/*/barmanObjectStore/endpointCA/name",
        "backup endpoint's certificate",
    ),
    ("Cluster", "/spec/externalClusters/*/password/name", "external cluster's password"),
    ("Cluster", "/spec/externalClusters/*/sslCert/name", "external cluster's certificate"),
    ("Cluster", "/spec/externalClusters/*/sslKey/name", "external cluster's certificate"),
    ("Cluster", "/spec/externalClusters/*/sslRootCert/name", "external cluster's certificate"),
    ("Cluster", "/spec/certificates/serverCASecret", "certificate"),
    ("Cluster", "/spec/certificates/serverTLSSecret", "certificate"),
    ("Cluster", "/spec/certificates/clientCASecret", "certificate"),
    ("Cluster", "/spec/certificates/replicationTLSSecret", "certificate"),
    ("Cluster", "/spec/bootstrap/initdb/*/secretRefs/*/name", "SQL"),
    ("Cluster", "/spec/postgresql/ldap/bindSearchAuth/bindPassword/name", "LDAP password"),
    ("Cluster", "/spec/env/*/valueFrom/secretKeyRef/name", "environment"),
    ("Cluster", "/spec/envFrom/*/secretRef/name", "environment"),
    ("Cluster", "/spec/monitoring/customQueriesSecret/*/name", "queries"),
    ("Cluster", "/spec/projectedVolumeTemplate/sources/*/secret/name", "volume"),
    ("DatabaseRole", "/spec/passwordSecret/name", ROLE_PASSWORD),
    ("Pooler", "/spec/pgbouncer/authQuerySecret/name", "pooler's credentials"),
    ("Pooler", "/spec/pgbouncer/clientTLSSecret/name", "certificate"),
    ("Pooler", "/spec/pgbouncer/clientCASecret/name", "certificate"),
    ("Pooler", "/spec/pgbouncer/serverTLSSecret/name", "certificate"),
    ("Pooler", "/spec/pgbouncer/serverCASecret/name", "certificate"),
    ("ObjectStore", "/spec/configuration/*/*/name", "backup credentials"),
    ("ObjectStore", "/spec/configuration/endpointCA/name", "backup endpoint's certificate"),
    ("ObjectStore", "/spec/instanceSidecarConfiguration/env/*/valueFrom/secretKeyRef/name", "environment"),
];

/// The Secrets that a CloudNativePG object names, each with what it is to it.
pub(crate) fn named_secrets(kind: &str, node: &Node) -> Vec<(Use, &'static str)> {
    let patterns = NAMED.iter().filter(|(named, _, _)| *named == kind);
    let found = patterns.flat_map(|(_, pattern, why)| {
        select(node, pattern).into_iter().filter_map(|(name, pointer)| {
            let text = name.raw_text().filter(|text| is_name(text))?.to_owned();
            Some((Use { what: Used::Secret, name: text, place: place(name, pointer) }, *why))
        })
    });
    found.collect()
}
