//! What ties objects to those of other namespaces.

use manifest::{Node, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which namespaces hold objects of a tie, and how many.
pub(crate) type Places = HashMap<String, BTreeMap<String, usize>>;

const PATH: char = 'p';
const SERVER: char = 's';
const KEY: char = 'k';
/// Before the kind and name of what another object names.
const NAMES: &str = "n";
/// Before its own.
const IS: &str = "i";

/// What ties an object to those of other namespaces: the path that it archives to, the name that its archive
/// has there, the entries of a secret store that it reads, the objects that it should have beside it.
pub(crate) fn of(kind: &str, object: &Node) -> Box<[String]> {
    let mut ties = BTreeSet::new();
    if matches!(kind, "Cluster" | "ObjectStore" | "ExternalSecret") {
        collect(object, &mut ties);
    }
    let text = |path: &[&str]| object.at(path).and_then(Node::as_str);
    let name = text(&["metadata", "name"]);
    match kind {
        "Cluster" => {
            ties.extend(name.map(|name| format!("{SERVER}{name}")));
            ties.extend(name.map(|name| format!("{IS}Cluster/{name}")));
        }
        "ObjectStore" => ties.extend(name.map(|name| format!("{IS}ObjectStore/{name}"))),
        "ScheduledBackup" => {
            let cluster = text(&["spec", "cluster", "name"]);
            ties.extend(cluster.map(|name| format!("{NAMES}Cluster/{name}")));
        }
        _ => {}
    }
    ties.into_iter().collect()
}

fn collect(node: &Node, ties: &mut BTreeSet<String>) {
    match &node.value {
        Value::Map(map) => {
            for entry in &map.entries {
                let letter = match entry.key.as_str() {
                    "destinationPath" => Some(PATH),
                    "serverName" => Some(SERVER),
                    _ => None,
                };
                match (letter, entry.value.as_str()) {
                    (Some(letter), Some(text)) => {
                        ties.insert(format!("{letter}{}", text.trim_end_matches('/')));
                    }
                    _ if entry.key == "barmanObjectName" => {
                        let name = entry.value.as_str();
                        ties.extend(name.map(|name| format!("{NAMES}ObjectStore/{name}")));
                    }
                    _ if entry.key == "remoteRef" => {
                        let key = entry.value.get("key").and_then(Node::as_str);
                        ties.extend(key.map(|key| format!("{KEY}{key}")));
                    }
                    _ => collect(&entry.value, ties),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, ties)),
        _ => {}
    }
}

/// The other namespaces that hold objects of these ties: of an archive's path and of its server name both.
pub(crate) fn tied<'p>(places: &'p Places, ties: &BTreeSet<&str>, own: &str) -> BTreeSet<&'p str> {
    let holds = |letter: char| -> BTreeSet<&'p str> {
        let named = ties.iter().filter(|tie| tie.starts_with(letter));
        let namespaces = named.filter_map(|tie| places.get(*tie)).flat_map(BTreeMap::keys);
        namespaces.map(String::as_str).filter(|name| *name != own).collect()
    };
    let (paths, servers) = (holds(PATH), holds(SERVER));
    // What is named but not there may stand elsewhere, which a finding then says.
    let is_here = |name: &str| ties.contains([IS, name].concat().as_str());
    let astray = ties.iter().filter_map(|tie| tie.strip_prefix(NAMES)).filter(|name| !is_here(name));
    let astray = astray.filter_map(|name| places.get(&[IS, name].concat())).flat_map(BTreeMap::keys);
    let found = paths.intersection(&servers).copied().chain(holds(KEY));
    found.chain(astray.map(String::as_str)).collect()
}
