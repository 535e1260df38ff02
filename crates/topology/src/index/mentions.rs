//! Where a manifest speaks of a database: by host, by Secret, by label.

use crate::index::databases::{DatabaseIndex, Databases, Via};
use crate::index::reach::means;
use crate::inventory::Placement;
use crate::read::{place, walk};
use crate::view::Place;
use manifest::Node;
use std::borrow::Cow;
use std::ops::Range;

/// A word in a manifest that can mean a database.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    pub(crate) database: DatabaseIndex,
    pub(crate) via: Via,
    /// The word itself: `web-rw`, `web-app`.
    pub(crate) word: String,
    /// The namespace that a host name says: `web-rw.databases.svc`.
    pub(crate) namespace: Option<String>,
    /// Whether the text around it surely connects to it as a database.
    pub(crate) connects: bool,
    pub(crate) place: Place,
}

impl Mention {
    /// Whether it means that database when it is used at `from`.
    pub(crate) fn means(&self, databases: &Databases, from: &Placement) -> bool {
        databases.get(self.database).is_some_and(|database| match &self.namespace {
            Some(namespace) => match database.placement.namespace.name() {
                Some(name) => name == namespace,
                None => from.environment == database.placement.environment,
            },
            None => means(from, &self.word, &database.placement),
        })
    }
}

/// Every word of a manifest that can mean a database.
pub(crate) fn mentions(node: &Node, databases: &Databases) -> Vec<Mention> {
    let mut mentions = Vec::new();
    if databases.all.is_empty() {
        return mentions;
    }
    let mut host = String::new();
    walk(node, &mut |node, keys, pointer| {
        if is_host_variable(node) {
            host = format!("{pointer}/value");
        }
        let Some(text) = node.raw_text() else { return };
        let is_host_value = pointer == host;
        let key = keys.last().map_or("", |key| key);
        for range in words(text) {
            let Some(word) = text.get(range.clone()) else { continue };
            let connects = || connects(text, &range, keys, is_host_value);
            let pods = databases.with_pod(word).map(|database| (database, Via::Pod));
            for (database, via) in databases.named(word).iter().copied().chain(pods) {
                let is_own_name = databases.get(database).is_some_and(|database| database.name == word);
                let says = match via {
                    Via::AppSecret | Via::SuperuserSecret => word == text,
                    Via::Label => word == text && key == "cnpg.io/cluster",
                    Via::Service => !is_own_name || is_host(text, &range, keys, is_host_value),
                    Via::Pod => connects(),
                };
                if !says {
                    continue;
                }
                mentions.push(Mention {
                    database,
                    via,
                    word: word.to_owned(),
                    namespace: is_reached(via).then(|| namespace_after(text, range.end)).flatten(),
                    connects: is_reached(via) && connects(),
                    place: place(node, pointer),
                });
            }
        }
    });
    mentions
}

/// Whether something of that kind can be connected to.
fn is_reached(via: Via) -> bool {
    matches!(via, Via::Service | Via::Pod)
}

/// Whether a word is surely the host of a database that is connected to: in a connection string, in
/// a field for hosts, or with PostgreSQL's port.
fn connects(text: &str, range: &Range<usize>, keys: &[Cow<'_, str>], is_host_value: bool) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let starts =
        before.is_empty() || before.ends_with(|byte: char| byte.is_whitespace() || "'\",@/=".contains(byte));
    let host_end = after.find(|byte: char| !(byte.is_ascii_alphanumeric() || ".-".contains(byte)));
    let (domain, rest) = after.split_at(host_end.unwrap_or(after.len()));
    let is_field = is_host_value || is_host_key(field(keys));
    let in_url = ["postgres://", "postgresql://"].iter().any(|scheme| before.ends_with(scheme));
    let in_parameter = before.to_lowercase().ends_with("host=");
    let with_user = before.ends_with('@') && before.contains("postgres");
    in_url
        || in_parameter
        || with_user
        || (starts && rest.starts_with(":5432"))
        || (before.is_empty() && is_field && (domain.is_empty() || domain.starts_with('.')))
}

/// The name of the field that a value is in: `DB_HOST` of `DB_HOST: {value: …}` too.
fn field<'k>(keys: &'k [Cow<'_, str>]) -> &'k str {
    named_keys(keys).find(|key| *key != "value").unwrap_or_default()
}

/// The keys that lead to a value, innermost first, without the indices of lists.
fn named_keys<'k>(keys: &'k [Cow<'_, str>]) -> impl Iterator<Item = &'k str> {
    keys.iter().rev().map(|key| &**key).filter(|key| key.parse::<usize>().is_err())
}

/// Whether a word that is the name of a Pooler or of a Cluster, which can be any word, is used
/// as a host. No Service is called as a Cluster is, but people write so, or have made one.
fn is_host(text: &str, range: &Range<usize>, keys: &[Cow<'_, str>], is_host_value: bool) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let in_address = before.ends_with(['@', '=']) || before.ends_with("//");
    let alone = before.is_empty() && after.is_empty();
    let in_field = is_host_value || is_host_field(keys, text.contains('-'));
    in_address || after.starts_with('.') || after.starts_with(":5432") || (alone && in_field)
}

/// `{name: DB_HOST, value: …}`.
fn is_host_variable(node: &Node) -> bool {
    let name = node.get("name").and_then(Node::as_str);
    node.get("value").is_some() && name.is_some_and(is_host_key)
}

/// Whether a host stands under such a key: `PGHOST`, `DB_HOSTNAME`, `host`.
fn is_host_key(key: &str) -> bool {
    let key = key.to_lowercase();
    ["host", "hostname", "host_name", "externalname"].iter().any(|end| key.ends_with(end))
}

/// Whether a host stands under these keys: `host`, `backendRefs[].name`; for a word with a
/// hyphen, as few others have, also `value` of a variable and `server`.
fn is_host_field(keys: &[Cow<'_, str>], hyphened: bool) -> bool {
    let last = named_keys(keys).next().unwrap_or_default();
    let refers = || {
        let parent = named_keys(keys).nth(1).unwrap_or_default().to_lowercase();
        last == "name" && (parent.contains("backend") || parent.contains("service"))
    };
    is_host_key(field(keys))
        || (hyphened && (last == "value" || last.to_lowercase().ends_with("server") || refers()))
}

/// Whether a text has that whole word.
pub(crate) fn mentions_word(text: &str, word: &str) -> bool {
    text.contains(word) && words(text).any(|range| text.get(range) == Some(word))
}

/// The label after a host's first one: its namespace.
fn namespace_after(text: &str, end: usize) -> Option<String> {
    let rest = text.get(end..)?.strip_prefix('.')?;
    words(rest).next().filter(|range| range.start == 0).and_then(|range| rest.get(range)).map(str::to_owned)
}

/// The words of a text: letters, digits, `-`, `_`, and whole variables (`${APP}-rw` is one).
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() && word_part(text, at) == 0 {
            at += 1;
        }
        let start = at;
        loop {
            match word_part(text, at) {
                0 => break,
                length => at += length,
            }
        }
        (at > start).then_some(start..at)
    })
}

/// How many bytes of a word stand at a byte of a text.
fn word_part(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(at) {
        Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') => 1,
        Some(b'$') if bytes.get(at + 1) == Some(&b'{') => {
            let rest = bytes.get(at..).unwrap_or_default();
            rest.iter().position(|byte| *byte == b'}').map_or(0, |end| end + 1)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        words(text).filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn words_are_labels_of_hosts_with_their_variables() {
        assert_eq!(
            split("postgres://app@web-rw.db.svc:5432/x"),
            ["postgres", "app", "web-rw", "db", "svc", "5432", "x"]
        );
        assert_eq!(split("${APP}-rw.${NS:=db}"), ["${APP}-rw", "${NS:=db}"]);
        assert_eq!(split("$(VAR) ${open"), ["VAR", "open"]);
        assert_eq!(split("é-ü"), ["-"]);
    }

    #[test]
    fn the_namespace_follows_the_host() {
        assert_eq!(namespace_after("web-rw.databases.svc", 6), Some("databases".to_owned()));
        assert_eq!(namespace_after("web-rw:5432", 6), None);
        assert_eq!(namespace_after("web-rw. Then", 6), None);
    }
}
