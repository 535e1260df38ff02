//! Database passwords and storage keys that are written out in manifests.

use crate::credential::{is_hash, is_password_name, is_placeholder, password_in_url, words};
use crate::read::{HOLE, place, select, walk, with_holes};
use crate::view::Place;
use crate::views::Context;
use manifest::{Node, Value};
use std::borrow::Cow;
use std::collections::HashSet;

crate::view! {
    /// A credential that is written out.
    pub struct LiteralView {
        /// What it is called: the variable or the key.
        pub name: String,
        /// How it was known, in a few words: `a password in a connection string`.
        pub why: String,
    }
}

/// The credentials that an object holds as plain text.
pub(crate) fn literals(context: Context<'_>) -> Vec<LiteralView> {
    let Some(object) = context.object() else { return Vec::new() };
    let node = &object.manifest.node;
    match object.manifest.kind() {
        Some("Cluster") => of_cluster(node),
        Some("ObjectStore") => storage_keys(node, "/spec/instanceSidecarConfiguration/env/*"),
        _ => of_workload(node),
    }
}

fn literal(name: &str, why: &str, place: Place) -> LiteralView {
    LiteralView { name: name.to_owned(), why: why.to_owned(), place: Some(place) }
}

/// A text that is known whole, not empty, and not a variable of Kubernetes or of a template.
fn plain(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| !text.is_empty() && !is_placeholder(text))
}

fn of_cluster(node: &Node) -> Vec<LiteralView> {
    let mut found = Vec::new();
    for (password, pointer) in select(node, "/spec/externalClusters/*/connectionParameters/password") {
        if plain(password).is_some() {
            found.push(literal("password", "a password in connectionParameters", place(password, pointer)));
        }
    }
    for list in ["postInitSQL", "postInitApplicationSQL", "postInitTemplateSQL"] {
        for (sql, pointer) in select(node, &format!("/spec/bootstrap/initdb/{list}/*")) {
            if with_holes(sql).is_some_and(|sql| has_password_clause(&sql)) {
                found.push(literal(list, "a password in SQL", place(sql, pointer)));
            }
        }
    }
    found.extend(storage_keys(node, "/spec/env/*"));
    found
}

/// Variables with a storage provider's secret, or a database password, and a literal value.
fn storage_keys(node: &Node, pattern: &str) -> Vec<LiteralView> {
    const KEYS: [&str; 4] =
        ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN"];
    let variables = select(node, pattern).into_iter().filter_map(|(variable, pointer)| {
        let name = variable.get("name")?.as_str()?;
        let value = variable.get("value")?;
        plain(value)?;
        let why = if KEYS.contains(&name) {
            "a storage key in a variable"
        } else if is_password_name(&[name]) {
            "a password in a variable"
        } else {
            return None;
        };
        Some(literal(name, why, place(value, format!("{pointer}/value"))))
    });
    variables.collect()
}

/// `PASSWORD '…'` with a literal that is neither empty, nor a variable, nor a SCRAM verifier.
fn has_password_clause(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    lower.match_indices("password").any(|(at, word)| {
        let rest = sql.get(at + word.len()..).unwrap_or_default().trim_start();
        let quoted = rest.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        quoted.is_some_and(|(text, _)| {
            !text.is_empty() && !text.contains(HOLE) && !is_placeholder(text) && !is_hash(text)
        })
    })
}

/// Variables, values of charts and configuration files.
fn of_workload(node: &Node) -> Vec<LiteralView> {
    let mut found = Vec::new();
    walk(node, &mut |node, keys, pointer| {
        if !holds_configuration(keys) {
            return;
        }
        found.extend(match &node.value {
            Value::Map(_) => variable(node, pointer),
            _ => value(node, keys, pointer),
        });
    });
    // A variable is found before its value is, and knows its name.
    let mut seen = HashSet::new();
    found.retain(|literal| literal.place.as_ref().is_none_or(|place| seen.insert(place.pointer.clone())));
    found
}

/// What a person wrote to configure something, not what describes the object itself.
fn holds_configuration(keys: &[Cow<'_, str>]) -> bool {
    !matches!(keys.first().map(AsRef::as_ref), Some("metadata" | "status"))
}

/// `{name: PGPASSWORD, value: …}`.
fn variable(node: &Node, pointer: &str) -> Option<LiteralView> {
    let name = node.get("name")?.as_str()?;
    let value = node.get("value")?;
    if with_holes(value).is_some_and(|text| password_in_url(&text)) {
        let place = place(value, format!("{pointer}/value"));
        return Some(literal(name, "a password in a connection string", place));
    }
    plain(value)?;
    is_password_name(&[name])
        .then(|| literal(name, "a password in a variable", place(value, format!("{pointer}/value"))))
}

/// `DB_PASSWORD: …`, `database: {password: …}`, or a connection string anywhere.
fn value(node: &Node, keys: &[Cow<'_, str>], pointer: &str) -> Option<LiteralView> {
    let text = with_holes(node)?;
    let key = keys.last().map_or("", AsRef::as_ref);
    if password_in_url(&text) {
        return Some(literal(key, "a password in a connection string", place(node, pointer)));
    }
    let near: Vec<_> = keys.iter().map(AsRef::as_ref).rev().take(3).collect();
    let named =
        plain(node).is_some() && !text.contains('\n') && is_password_name(&near) && words(key).len() < 6;
    named.then(|| literal(key, "a password in a value", place(node, pointer)))
}
