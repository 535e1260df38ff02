//! A rule of a policy: its ports, and whom it lets in.

use super::{AdmissionView, POSTGRES};
use crate::labels::{is_empty, plain};
use crate::read::place;
use crate::view::Known;
use manifest::Node;

/// Words for people that stand for a peer, and that [`admits`] reads again.
const EVERYONE: &str = "everyone";
const NAMESPACE: &str = "namespace ";
const OWN: &str = "its own namespace";

/// A rule that lets something in; `None`: an empty one of Cilium lets nobody in.
pub(super) fn admission(rule: &Node, pointer: String, kind: &str) -> Option<AdmissionView> {
    let ports = ports(rule, kind);
    let (peers, is_everyone) = if kind == "NetworkPolicy" { kubernetes(rule) } else { cilium(rule, kind)? };
    Some(AdmissionView {
        has_postgres: Known::Known(
            ports.is_empty() || ports.iter().any(|port| is_port(port, POSTGRES, "postgresql")),
        ),
        ports,
        peers,
        is_everyone,
        place: Some(place(rule, pointer)),
    })
}

/// Whether a port of a rule, a number, a range or a name, is this one.
fn is_port(port: &str, number: u16, name: &str) -> bool {
    match port.split_once('-') {
        Some((first, last)) => {
            let bounds = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
            bounds.is_some_and(|(first, last)| (first..=last).contains(&number)) || port == name
        }
        None => port.parse() == Ok(number) || port == name || (port.contains("${")),
    }
}

fn ports(rule: &Node, kind: &str) -> Vec<String> {
    let lists: Vec<&Node> = if kind == "NetworkPolicy" {
        rule.get("ports").into_iter().collect()
    } else {
        let rules = rule.get("toPorts").and_then(Node::as_list).unwrap_or_default();
        rules.iter().filter_map(|rule| rule.get("ports")).collect()
    };
    let ports = lists.into_iter().flat_map(|list| list.as_list().unwrap_or_default());
    let ports = ports.filter(|port| port.get("protocol").and_then(Node::as_str) != Some("UDP"));
    ports
        .filter_map(|port| {
            let start = port.get("port")?;
            let start = start.raw_text().map_or_else(|| manifest::to_json(start), str::to_owned);
            Some(match port.get("endPort").and_then(Node::as_i64) {
                Some(end) => format!("{start}-{end}"),
                None => start,
            })
        })
        .collect()
}

/// Without `from` a rule is for everyone (Kubernetes API reference, `NetworkPolicyIngressRule`).
fn kubernetes(rule: &Node) -> (Vec<String>, Known<bool>) {
    let Some(from) = rule.get("from") else { return (vec![EVERYONE.to_owned()], Known::Known(true)) };
    if let Some(reason) = from.unknown_reason() {
        return (Vec::new(), Known::Unknown(reason.to_string()));
    }
    let items = from.as_list().unwrap_or_default();
    if items.is_empty() {
        return (vec![EVERYONE.to_owned()], Known::Known(true));
    }
    let peers: Vec<String> = items.iter().map(peer).collect();
    let everyone = peers.iter().any(|peer| peer == EVERYONE || is_world(peer));
    (peers, Known::Known(everyone))
}

fn is_world(peer: &str) -> bool {
    matches!(peer, "0.0.0.0/0" | "::/0")
}

fn peer(peer: &Node) -> String {
    if let Some(block) = peer.get("ipBlock") {
        return block.get("cidr").and_then(Node::raw_text).unwrap_or("an address block").to_owned();
    }
    let pods = peer.get("podSelector");
    match peer.get("namespaceSelector") {
        Some(selector) if is_empty(selector) && pods.is_none_or(is_empty) => EVERYONE.to_owned(),
        Some(selector) => namespace(selector)
            .map_or_else(|| "some namespaces".to_owned(), |name| format!("{NAMESPACE}{name}")),
        None => OWN.to_owned(),
    }
}

/// The namespace that a selector means by its name.
fn namespace(selector: &Node) -> Option<&str> {
    let labels = selector.get("matchLabels")?.as_map()?;
    let named = labels.entries.iter().find(|entry| {
        matches!(plain(&entry.key), "kubernetes.io/metadata.name" | "io.kubernetes.pod.namespace")
    });
    named.and_then(|entry| entry.value.raw_text())
}

/// Cilium's rule: endpoints, entities, address blocks; an empty endpoint is everyone clusterwide, and
/// the own namespace in a policy of one.
fn cilium(rule: &Node, kind: &str) -> Option<(Vec<String>, Known<bool>)> {
    let list = |key: &str| rule.get(key).and_then(Node::as_list);
    let mut peers = Vec::new();
    for endpoint in list("fromEndpoints").unwrap_or_default() {
        peers.push(match namespace(endpoint) {
            Some(name) => format!("{NAMESPACE}{name}"),
            None if !is_empty(endpoint) => "some pods".to_owned(),
            None if kind == "CiliumClusterwideNetworkPolicy" => EVERYONE.to_owned(),
            None => OWN.to_owned(),
        });
    }
    for entity in list("fromEntities").unwrap_or_default().iter().filter_map(Node::as_str) {
        peers.push(match entity {
            "all" | "world" | "cluster" => EVERYONE.to_owned(),
            entity => entity.to_owned(),
        });
    }
    for key in ["fromCIDR", "fromCIDRSet"] {
        for block in list(key).unwrap_or_default() {
            let block = block.get("cidr").unwrap_or(block);
            peers.push(block.raw_text().unwrap_or("an address block").to_owned());
        }
    }
    let others = ["fromNodes", "fromGroups", "fromRequires"].iter().any(|key| rule.get(key).is_some());
    if peers.is_empty() && !others {
        // Ports without anybody named are for everyone; nothing at all is for nobody.
        rule.get("toPorts")?;
        return Some((vec![EVERYONE.to_owned()], Known::Known(true)));
    }
    let everyone = peers.iter().any(|peer| peer == EVERYONE || is_world(peer));
    Some((peers, Known::Known(everyone)))
}

/// Whether a rule lets one of these namespaces reach a port.
pub(super) fn admits(rule: &AdmissionView, namespaces: &[&str], port: u16) -> Known<bool> {
    if !rule.ports.is_empty() && !rule.ports.iter().any(|one| is_port(one, port, "status")) {
        return Known::Known(false);
    }
    let mut doubt = None;
    for peer in &rule.peers {
        let named = peer.strip_prefix(NAMESPACE);
        if peer == EVERYONE || is_world(peer) || named.is_some_and(|name| namespaces.contains(&name)) {
            return Known::Known(true);
        }
        if named.is_none_or(|name| name.contains("${")) && peer != OWN {
            doubt = Some(format!("not known: {peer} may be the operator"));
        }
    }
    doubt.map_or(Known::Known(false), Known::Unknown)
}
