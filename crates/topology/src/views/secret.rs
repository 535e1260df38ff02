//! Secrets: whether one is encrypted, which credentials it holds, and who reads it.

use crate::credential::{decode_base64, is_placeholder, password_in_settings, password_in_url, words};
use crate::read::{Subject, place, select, with_holes};
use crate::view::Known;
use crate::views::Context;
use crate::views::consumer::{ConsumerView, consumers};
use manifest::{Node, UnknownReason};
use std::borrow::Cow;

crate::view! {
    /// What a Secret holds, and who reads it.
    pub struct SecretView {
        /// Whether its values are encrypted: it has a `sops` section, or every value is `ENC[…]`.
        pub is_encrypted: Known<bool>,
        /// The keys of `data` and `stringData` that hold a literal credential.
        pub credential_keys: Vec<CredentialView>,
        /// What reads it: CloudNativePG objects, and clients of their databases.
        pub consumers: Vec<ConsumerView>,
    }
}

crate::view! {
    /// A key of a Secret that holds a literal credential.
    pub struct CredentialView {
        /// The key: `password`, `uri`, `AWS_SECRET_ACCESS_KEY`, …
        pub key: String,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<SecretView> {
    let secret = context.subject()?;
    let is_encrypted = is_encrypted(secret);
    let credentials = if is_encrypted == Known::Known(true) { Vec::new() } else { credentials(secret.node) };
    let name = secret.node.at(&["metadata", "name"]);
    Some(SecretView {
        credential_keys: credentials,
        consumers: consumers(context, name.and_then(Node::raw_text).unwrap_or_default()),
        is_encrypted,
        place: name.map(|node| place(node, "/metadata/name")),
    })
}

fn is_encrypted(secret: Subject<'_>) -> Known<bool> {
    if secret.node.get("sops").is_some() {
        return Known::Known(true);
    }
    let values = values(secret.node);
    let encrypted = |(node, _): &(&Node, String)| {
        node.unknown_reason() == Some(&UnknownReason::Encrypted)
            || node.raw_text().is_some_and(|text| text.starts_with("ENC["))
    };
    Known::Known(!values.is_empty() && values.iter().all(encrypted))
}

fn values(node: &Node) -> Vec<(&Node, String)> {
    ["/data/*", "/stringData/*"].iter().flat_map(|pattern| select(node, pattern)).collect()
}

fn credentials(node: &Node) -> Vec<CredentialView> {
    let entries = values(node).into_iter().filter_map(|(value, pointer)| {
        let key = pointer.rsplit('/').next()?.replace("~1", "/").replace("~0", "~");
        let text = with_holes(value)?;
        // What is not base64 in `data` is refused by the API server; it is read as it stands.
        let decoded = pointer.starts_with("/data").then(|| decode_base64(&text)).flatten();
        let text = decoded.map_or(text, Cow::Owned);
        let known = value.as_str().is_some();
        let found = (known && is_credential(&key) && is_secret(&text)) || password_in_url(&text);
        found.then(|| CredentialView { key, place: Some(place(value, pointer)) })
    });
    entries.collect()
}

/// Whether a text is a credential, if its key is that of one: an address without a password is none.
fn is_secret(text: &str) -> bool {
    let is_settings = text.contains("host=") || text.contains("dbname=");
    match text {
        "" => false,
        text if is_placeholder(text) => false,
        text if text.contains("://") => password_in_url(text),
        text if is_settings => password_in_settings(text),
        _ => true,
    }
}

/// Whether a key of a Secret is that of a credential. A user name alone is none.
fn is_credential(key: &str) -> bool {
    const LAST: [&str; 16] = [
        "password",
        "pass",
        "passwd",
        "pwd",
        "pgpassword",
        "pgpass",
        "secret",
        "token",
        "uri",
        "dsn",
        "credentials",
        "privatekey",
        "sastoken",
        "connectionstring",
        "secretkey",
        "accesskey",
    ];
    /// Keys of a Secret whose last words only together say what they are.
    const ENDS: [&[&str]; 8] = [
        &["access", "key"],
        &["secret", "key"],
        &["access", "key", "id"],
        &["storage", "key"],
        &["private", "key"],
        &["sas", "token"],
        &["connection", "string"],
        &["database", "url"],
    ];
    let words = words(key);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let joined = matches!(key, "jdbc-uri" | "fqdn-uri" | "fqdn-jdbc-uri" | ".pgpass");
    joined || LAST.contains(&last) || ENDS.iter().any(|end| ends_with(&words, end))
}

fn ends_with(words: &[String], end: &[&str]) -> bool {
    words.len() >= end.len() && words.iter().rev().zip(end.iter().rev()).all(|(word, end)| word == end)
}
