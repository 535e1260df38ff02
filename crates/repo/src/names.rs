//! What the databases of a repository are called, and what they name: the words by which other
//! files are found that belong to them.

use crate::kinds;
use manifest::{Manifest, Node, Value};
use std::collections::BTreeSet;

/// What the operator puts behind a Cluster's name for Secrets and Services that it makes.
pub(crate) const SUFFIXES: [&str; 10] =
    ["-any", "-app", "-ca", "-primary", "-r", "-replication", "-ro", "-rw", "-server", "-superuser"];

/// Words to look for in other files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Names of Clusters: they count with one of the [`SUFFIXES`].
    pub(crate) clusters: BTreeSet<String>,
    /// Names that count as they are: Poolers, Secrets, catalogs.
    pub(crate) exact: BTreeSet<String>,
    /// Names of storage classes, which count in files with such classes only.
    pub(crate) classes: BTreeSet<String>,
    /// Hosts of stores and servers.
    pub(crate) hosts: BTreeSet<String>,
    /// Domains that such hosts are under.
    pub(crate) domains: BTreeSet<String>,
}

impl Names {
    /// The words of all judged objects.
    pub(crate) fn of<'m>(objects: impl Iterator<Item = &'m Manifest>) -> Self {
        let mut names = Self::default();
        for object in objects.filter(|object| kinds::is_judged(object)) {
            if let Some(name) = object.name().filter(|name| is_word(name)) {
                match object.kind() {
                    Some("Cluster") => names.clusters.insert(name.to_owned()),
                    Some("Pooler" | "ObjectStore") => names.exact.insert(name.to_owned()),
                    _ => false,
                };
            }
            names.collect("", &object.node);
        }
        names
    }

    /// Looks for what a value under `parent` refers to.
    fn collect(&mut self, parent: &str, node: &Node) {
        let Value::Map(map) = &node.value else {
            return node.children().for_each(|child| self.collect(parent, child));
        };
        let refers = map.entry("key").is_some() || is_reference(parent);
        for entry in &map.entries {
            let text = entry.value.raw_text().filter(|text| is_word(text));
            match (entry.key.as_str(), text) {
                ("name", Some(text)) if refers => _ = self.exact.insert(text.to_owned()),
                ("endpointURL" | "host", Some(url)) => self.host(url),
                (key, Some(text)) if names_a_class(key) => _ = self.classes.insert(text.to_owned()),
                (key, Some(text)) if names_an_object(key) => _ = self.exact.insert(text.to_owned()),
                ("metadata" | "status", _) if parent.is_empty() => {}
                (key, _) => self.collect(key, &entry.value),
            }
        }
        self.service_names(parent, node);
    }

    /// A Service that a Cluster adds of its own.
    fn service_names(&mut self, parent: &str, node: &Node) {
        if parent == "serviceTemplate" {
            let name = node.at(&["metadata", "name"]).and_then(Node::raw_text);
            self.exact.extend(name.filter(|name| is_word(name)).map(str::to_owned));
        }
    }

    /// A host, and the domain it is under; the first label of the host is only its own.
    fn host(&mut self, url: &str) {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let host = strip_port(host);
        // A number is an address: nothing else is under it.
        let number = host.chars().all(|char| char.is_ascii_digit() || char == '.');
        if host.len() < 3 {
            return;
        }
        let domain = host.split_once('.').map(|(_, domain)| domain);
        if let Some(service) = host.split_once('.').filter(|(_, rest)| rest.contains("svc")) {
            self.exact.insert(service.0.to_owned());
        } else if let Some(domain) =
            domain.filter(|domain| !number && (domain.contains('.') || domain.contains("${")))
        {
            self.domains.insert(domain.to_owned());
        }
        self.hosts.insert(host.to_owned());
    }
}

/// A host without its port; a `:` inside `${VAR:=default}` is none.
fn strip_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|char| char.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a text is worth looking for: a name, not an empty string or a sentence.
fn is_word(text: &str) -> bool {
    text.len() >= 2 && !text.contains(char::is_whitespace)
}

/// Whether a key's value is the name of another object.
fn names_an_object(key: &str) -> bool {
    matches!(
        key,
        "barmanObjectName"
            | "secretName"
            | "serverCASecret"
            | "serverTLSSecret"
            | "clientCASecret"
            | "replicationTLSSecret"
    )
}

/// Whether a key's value is the name of a class of storage.
fn names_a_class(key: &str) -> bool {
    matches!(key, "className" | "storageClass" | "storageClassName" | "walClassName")
}

/// Whether a map under that key refers to another object by `name`.
fn is_reference(parent: &str) -> bool {
    let lower = parent.to_ascii_lowercase();
    ["secret", "ref", "configmap", "catalog", "password"].iter().any(|word| lower.contains(word))
        || matches!(parent, "endpointCA" | "accessKeyId" | "secretAccessKey")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(url: &str) -> (Vec<String>, Vec<String>) {
        let mut names = Names::default();
        names.host(url);
        (names.hosts.into_iter().collect(), names.domains.into_iter().collect())
    }

    #[test]
    fn a_host_is_looked_for_with_the_domain_it_is_under() {
        assert_eq!(
            domains("https://s3.example.com:9000/x"),
            (vec!["s3.example.com".into()], vec!["example.com".into()])
        );
        assert_eq!(domains("http://10.0.0.1:3900"), (vec!["10.0.0.1".into()], vec![]));
        assert_eq!(
            domains("https://s3.${DOMAIN:=x}"),
            (vec!["s3.${DOMAIN:=x}".into()], vec!["${DOMAIN:=x}".into()])
        );
    }
}
