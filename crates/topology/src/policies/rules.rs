//! A rule of a policy: its ports, and whom it lets in.

use super::caller::Caller;
use super::{AdmissionView, CLUSTERWIDE, KUBERNETES, POSTGRES};
use crate::labels::plain;
use crate::read::place;
use crate::view::{Known, Place};
use manifest::Node;

/// A rule that lets something in.
#[derive(Debug)]
pub(super) struct Rule {
    ports: Ports,
    peers: Vec<Peer>,
    /// Why there may be other peers than these.
    doubt: Option<String>,
    place: Place,
}

#[derive(Debug)]
enum Ports {
    All,
    /// Numbers, ranges `first-last` and names; none of TCP: empty.
    These(Vec<String>),
}

/// Whom a rule lets in.
#[derive(Debug)]
enum Peer {
    /// All addresses, as written. Some network plugins do not count pods among them.
    World(String),
    /// Pods.
    Pods { namespaces: Namespaces, narrowed: Vec<Term> },
    /// What is no pod, or cannot be compared with one, as written.
    Other(String),
}

#[derive(Debug, PartialEq)]
enum Namespaces {
    /// The policy's own.
    Own,
    Any,
    These(Vec<String>),
}

/// A label that a selector asks for.
#[derive(Debug)]
struct Term {
    key: String,
    /// The values that it allows; `None`: it asks otherwise.
    values: Option<Vec<String>>,
    /// Any value will do.
    exists: bool,
}

/// Labels that say a pod's namespace: of the namespace itself, and Cilium's.
const NAMESPACE: &[&str] = &[
    "kubernetes.io/metadata.name",
    "io.kubernetes.pod.namespace",
    "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
];

/// Reads a rule; `None`: it lets nobody in.
pub(super) fn rule(node: &Node, pointer: String, kind: &str) -> Option<Rule> {
    let (peers, doubt) = if kind == KUBERNETES { kubernetes(node) } else { cilium(node, kind)? };
    Some(Rule { ports: ports(node, kind), peers, doubt, place: place(node, pointer) })
}

impl Rule {
    /// What rules may ask of it.
    pub(super) fn view(&self) -> AdmissionView {
        let everyone = self.peers.iter().any(Peer::is_everyone);
        let ports = match &self.ports {
            Ports::All => Vec::new(),
            Ports::These(ports) => ports.clone(),
        };
        AdmissionView {
            has_postgres: self.ports.have(POSTGRES),
            ports,
            peers: self.peers.iter().map(Peer::text).collect(),
            is_everyone: match &self.doubt {
                Some(reason) if !everyone => Known::Unknown(reason.clone()),
                _ => Known::Known(everyone),
            },
            place: Some(self.place.clone()),
        }
    }

    /// Whether it lets somebody reach a port.
    pub(super) fn admits(&self, caller: &Caller<'_>, port: (u16, &str)) -> Known<bool> {
        let peers = self.peers.iter().map(|peer| peer.is(caller));
        let doubt = self.doubt.clone().map_or(Known::Known(false), Known::Unknown);
        self.ports.have(port).and(peers.fold(doubt, Known::or))
    }
}

impl Ports {
    fn have(&self, (number, name): (u16, &str)) -> Known<bool> {
        let Self::These(ports) = self else { return Known::Known(true) };
        let is_it = |port: &String| {
            let range = port.split_once('-').and_then(|(first, last)| {
                Some((first.parse::<u16>().ok()?..=last.parse().ok()?).contains(&number))
            });
            range.unwrap_or_else(|| port.parse() == Ok(number) || port == name)
        };
        if ports.iter().any(is_it) {
            return Known::Known(true);
        }
        let unknown = ports.iter().find(|port| port.contains("${"));
        unknown.map_or(Known::Known(false), |port| Known::Unknown(format!("port {port}")))
    }
}

fn ports(rule: &Node, kind: &str) -> Ports {
    let lists: Vec<&Node> = if kind == KUBERNETES {
        rule.get("ports").into_iter().collect()
    } else {
        let rules = rule.get("toPorts").and_then(Node::as_list).unwrap_or_default();
        rules.iter().filter_map(|rule| rule.get("ports")).collect()
    };
    let listed: Vec<&Node> = lists.iter().flat_map(|list| list.as_list().unwrap_or_default()).collect();
    let is_tcp = |port: &Node| {
        !matches!(port.get("protocol").and_then(Node::as_str), Some("UDP" | "SCTP" | "ICMP" | "ICMPv6"))
    };
    let tcp = listed.iter().filter(|port| is_tcp(port));
    let texts: Vec<String> = tcp.map(|port| text_of_port(port)).collect();
    // Port 0 is Cilium's word for all.
    if listed.is_empty() || texts.iter().any(|port| port.is_empty() || port == "0") {
        return Ports::All;
    }
    Ports::These(texts)
}

/// Number, name or range; empty: all ports of the protocol.
fn text_of_port(port: &Node) -> String {
    let Some(start) = port.get("port") else { return String::new() };
    let start = start.raw_text().map_or_else(|| manifest::to_json(start), str::to_owned);
    match port.get("endPort").and_then(Node::as_i64) {
        Some(end) => format!("{start}-{end}"),
        None => start,
    }
}

/// Peers, and why there may be others.
type Peers = (Vec<Peer>, Option<String>);

fn everyone() -> Peers {
    (vec![Peer::Pods { namespaces: Namespaces::Any, narrowed: Vec::new() }], None)
}

/// Without `from` a rule is for everyone (Kubernetes API reference, `NetworkPolicyIngressRule`).
fn kubernetes(rule: &Node) -> Peers {
    let Some(from) = rule.get("from") else { return everyone() };
    if let Some(reason) = from.unknown_reason() {
        return (Vec::new(), Some(reason.to_string()));
    }
    let items = from.as_list().unwrap_or_default();
    if items.is_empty() {
        return everyone();
    }
    let unknown = items.iter().find_map(Node::unknown_reason).map(ToString::to_string);
    (items.iter().map(peer).collect(), unknown)
}

fn peer(peer: &Node) -> Peer {
    if let Some(block) = peer.get("ipBlock") {
        return self::block(block);
    }
    let mut narrowed = peer.get("podSelector").map(terms).unwrap_or_default();
    let namespaces = match peer.get("namespaceSelector") {
        None => Namespaces::Own,
        Some(selector) => {
            let mut asked = terms(selector);
            let names = take_namespaces(&mut asked);
            // Other labels of namespaces: which have them is not known here.
            narrowed.extend(asked.into_iter().map(|term| Term { values: None, exists: false, ..term }));
            names.unwrap_or(Namespaces::Any)
        }
    };
    Peer::Pods { namespaces, narrowed }
}

fn block(block: &Node) -> Peer {
    let text = block.get("cidr").unwrap_or(block).raw_text().unwrap_or("an address block");
    if matches!(text, "0.0.0.0/0" | "::/0") {
        return Peer::World(text.to_owned());
    }
    Peer::Other(text.to_owned())
}

/// Cilium's rule: endpoints, entities, address blocks. An empty endpoint is everyone in a clusterwide
/// policy, and the own namespace in a policy of one.
fn cilium(rule: &Node, kind: &str) -> Option<Peers> {
    let mut peers = Vec::new();
    let mut doubt = rule.unknown_reason().map(ToString::to_string);
    for (key, read) in [
        ("fromEndpoints", endpoint as fn(&Node, &str) -> Peer),
        ("fromEntities", entity),
        ("fromCIDR", |node, _| block(node)),
        ("fromCIDRSet", |node, _| block(node)),
    ] {
        let Some(list) = rule.get(key) else { continue };
        doubt = doubt.or_else(|| list.unknown_reason().map(ToString::to_string));
        peers.extend(list.as_list().unwrap_or_default().iter().map(|node| read(node, kind)));
    }
    for key in ["fromNodes", "fromGroups"] {
        if rule.get(key).is_some() {
            peers.push(Peer::Other(key.trim_start_matches("from").to_lowercase()));
        }
    }
    if peers.is_empty() && doubt.is_none() {
        // Ports without anybody named are for everyone; nothing at all is for nobody.
        let names_peers = rule.as_map()?.entries.iter().any(|entry| entry.key.starts_with("from"));
        return (rule.get("toPorts").is_some() && !names_peers).then(everyone);
    }
    Some((peers, doubt))
}

fn endpoint(node: &Node, kind: &str) -> Peer {
    let mut narrowed = terms(node);
    let default = if kind == CLUSTERWIDE { Namespaces::Any } else { Namespaces::Own };
    let namespaces = take_namespaces(&mut narrowed).unwrap_or(default);
    Peer::Pods { namespaces, narrowed }
}

fn entity(node: &Node, _: &str) -> Peer {
    match node.as_str() {
        Some("all" | "cluster") => Peer::Pods { namespaces: Namespaces::Any, narrowed: Vec::new() },
        Some("world") => Peer::World("world".to_owned()),
        _ => Peer::Other(node.raw_text().unwrap_or("an entity").to_owned()),
    }
}

/// The labels that a selector asks for.
fn terms(selector: &Node) -> Vec<Term> {
    let unknown = || Term { key: String::new(), values: None, exists: false };
    if selector.unknown_reason().is_some() {
        return vec![unknown()];
    }
    let text = |node: &Node| node.raw_text().unwrap_or_default().to_owned();
    let labels = selector.get("matchLabels").and_then(Node::as_map);
    let labels = labels.into_iter().flat_map(|map| &map.entries).map(|entry| Term {
        key: plain(&entry.key).to_owned(),
        values: Some(vec![text(&entry.value)]),
        exists: false,
    });
    let expressions = selector.get("matchExpressions").and_then(Node::as_list).unwrap_or_default();
    let expressions = expressions.iter().map(|one| {
        let operator = one.get("operator").and_then(Node::as_str);
        let values = one.get("values").and_then(Node::as_list).unwrap_or_default();
        Term {
            key: plain(one.get("key").and_then(Node::as_str).unwrap_or_default()).to_owned(),
            values: (operator == Some("In")).then(|| values.iter().map(text).collect()),
            exists: operator == Some("Exists"),
        }
    });
    let mut found: Vec<Term> = labels.chain(expressions).collect();
    let open = ["matchLabels", "matchExpressions"].iter().filter_map(|key| selector.get(key));
    if open.into_iter().any(|part| part.unknown_reason().is_some()) {
        found.push(unknown());
    }
    found
}

/// The namespaces that the labels for them name, which are taken out; what asks otherwise is left.
fn take_namespaces(terms: &mut Vec<Term>) -> Option<Namespaces> {
    let is_read =
        |term: &Term| NAMESPACE.contains(&term.key.as_str()) && (term.values.is_some() || term.exists);
    let at = terms.iter().position(is_read)?;
    let term = terms.remove(at);
    Some(term.values.map_or(Namespaces::Any, Namespaces::These))
}

impl Peer {
    fn is_everyone(&self) -> bool {
        match self {
            Self::World(_) => true,
            Self::Pods { namespaces, narrowed } => *namespaces == Namespaces::Any && narrowed.is_empty(),
            Self::Other(_) => false,
        }
    }

    /// For people.
    fn text(&self) -> String {
        match self {
            Self::World(text) | Self::Other(text) => text.clone(),
            Self::Pods { namespaces, narrowed } => match (namespaces, narrowed.is_empty()) {
                (Namespaces::Any, true) => "everyone".to_owned(),
                (Namespaces::Any, false) => "some pods".to_owned(),
                (Namespaces::Own, true) => "its own namespace".to_owned(),
                (Namespaces::Own, false) => "some pods of its own namespace".to_owned(),
                (Namespaces::These(names), true) => format!("namespace {}", names.join(", ")),
                (Namespaces::These(names), false) => {
                    format!("some pods of namespace {}", names.join(", "))
                }
            },
        }
    }

    fn is(&self, caller: &Caller<'_>) -> Known<bool> {
        let perhaps = || Known::Unknown(format!("not known: {} may be {}", self.text(), caller.name()));
        match self {
            Self::Other(text) if !caller.may_be(text) => Known::Known(false),
            Self::World(_) | Self::Other(_) => perhaps(),
            Self::Pods { namespaces, narrowed } => {
                let near = namespaces.hold(caller);
                let fits = narrowed.iter().map(|term| term.fits(caller).unwrap_or_else(perhaps));
                fits.fold(near, Known::and)
            }
        }
    }
}

impl Namespaces {
    /// Whether somebody is in them.
    fn hold(&self, caller: &Caller<'_>) -> Known<bool> {
        match self {
            Self::Any => Known::Known(true),
            Self::Own => caller.is_in(caller.own.as_slice()),
            Self::These(names) => caller.is_in(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }
}

impl Term {
    /// Whether somebody's pods have the label; `None`: not known.
    fn fits(&self, caller: &Caller<'_>) -> Option<Known<bool>> {
        match (&self.values, self.exists) {
            (Some(values), _) => caller.has(&self.key, Some(values)),
            (None, true) => caller.has(&self.key, None),
            (None, false) => None,
        }
    }
}
