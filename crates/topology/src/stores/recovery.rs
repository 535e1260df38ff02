//! What a Cluster can be restored from: its external clusters, and where each really reads.

use super::archive::Archived;
use super::{StoreView, named, store};
use crate::read::{Subject, place};
use crate::view::Known;
use crate::views::Context;

crate::view! {
    /// An entry of `spec.externalClusters`, and where it really reads.
    pub struct ExternalClusterView {
        /// Its name.
        pub name: String,
        /// `plugin`, `in-tree`, `connection` (to a running server) or `none`.
        pub by: String,
        /// The store it reads; null for a connection; not known where the ObjectStore is not here.
        pub store: Known<Option<StoreView>>,
        /// The name it reads below in the store; null for a connection.
        pub server_name: Known<Option<String>>,
        /// Whether it says so itself: else it is the external cluster's name (in-tree) or this
        /// Cluster's own (plugin).
        pub has_server_name: Known<bool>,
        /// `recovery`, `pg_basebackup` or `replica`, where the Cluster starts from it or follows it; null else.
        pub used_by: Option<String>,
        /// Whether it reads where this Cluster itself archives.
        pub is_own_archive: Known<bool>,
        /// Whether it reads below this Cluster's own server name, in whichever store.
        pub is_own_name: Known<bool>,
        /// Whether it is meant for this Cluster's own backups: it reads below the Cluster's own server
        /// name, or in a directory that is called like the Cluster.
        pub is_meant: Known<bool>,
        /// Whether a deployed Cluster of the repository archives there; true for a connection.
        pub is_written: Known<bool>,
        /// The other deployed Clusters that archive to the same store, under other names.
        pub neighbours: Known<Vec<String>>,
    }
}

/// The external clusters of a Cluster; `own` is its archive.
pub(crate) fn external_clusters(
    context: Context<'_>,
    cluster: Subject<'_>,
    name: &str,
) -> Known<Vec<ExternalClusterView>> {
    cluster.list(&["spec", "externalClusters"]).map(|items| {
        let items = items.iter().enumerate();
        items.map(|(index, node)| external(context, cluster, name, index, Subject::whole(node))).collect()
    })
}

fn external(
    context: Context<'_>,
    cluster: Subject<'_>,
    own: &str,
    index: usize,
    entry: Subject<'_>,
) -> ExternalClusterView {
    let name = entry.raw(&["name"]).unwrap_or_default();
    let (by, store, server, default) = source(context, own, name, entry);
    let server_name = match by {
        "connection" | "none" => Known::Known(None),
        _ => server.as_ref().map(|server| Some(server.map_or_else(|| default.to_owned(), ToOwned::to_owned))),
    };
    let key = key(&store, &server_name);
    let mine = context.topology.archives().at(context);
    let is_own_archive = is_key(mine, key.as_ref());
    let own_name = mine
        .map(|mine| mine.archive.as_ref().map(|archive| archive.as_ref().map(|one| one.server_name.clone())));
    let is_own_name = match (own_name, &server_name) {
        (Some(Known::Unknown(reason)), _) => Known::Unknown(reason),
        (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        (Some(Known::Known(Some(own))), Known::Known(Some(server))) => Known::Known(own == *server),
        _ => Known::Known(false),
    };
    let directory = store.known().and_then(Option::as_ref).and_then(|store| store.directory());
    let is_named_so = !own.is_empty() && directory == Some(own);
    let (is_written, neighbours) = match by {
        "connection" => (Known::Known(true), Known::Known(Vec::new())),
        _ => written(context, key),
    };
    ExternalClusterView {
        name: name.to_owned(),
        by: by.to_owned(),
        has_server_name: server.map(|server| server.is_some()),
        store,
        server_name,
        used_by: used_by(cluster, name),
        is_own_archive,
        is_meant: is_own_name.clone().or(Known::Known(is_named_so)),
        is_own_name,
        is_written,
        neighbours,
        place: Some(place(entry.node, format!("/spec/externalClusters/{index}"))),
    }
}

type Source<'n> = (&'static str, Known<Option<StoreView>>, Known<Option<&'n str>>, &'n str);

/// How an entry reads, from which store, under which name, and the name where it gives none
/// (`CloudNativePG` `api/v1/cluster_funcs.go`; `plugin-barman-cloud` `internal/cnpgi/operator/config/config.go`).
fn source<'n>(context: Context<'_>, own: &'n str, name: &'n str, entry: Subject<'n>) -> Source<'n> {
    let raw = |keys: &[&str]| Known::Known(entry.raw(keys));
    if let Some(node) = entry.node.get("barmanObjectStore") {
        let store = store(context, entry.below(node), None);
        return ("in-tree", Known::Known(Some(store)), raw(&["barmanObjectStore", "serverName"]), name);
    }
    if entry.node.get("plugin").is_some() {
        let store = entry.text(&["plugin", "parameters", "barmanObjectName"]);
        let store = store.and_then(|store| match store {
            Some(store) => named(context, &store).map(Some),
            None => Known::Known(None),
        });
        return ("plugin", store, raw(&["plugin", "parameters", "serverName"]), own);
    }
    let by = if entry.node.get("connectionParameters").is_some() { "connection" } else { "none" };
    (by, Known::Known(None), Known::Known(None), own)
}

fn key(store: &Known<Option<StoreView>>, server: &Known<Option<String>>) -> Known<(String, String)> {
    match (store, server) {
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        (Known::Known(Some(store)), Known::Known(Some(server))) => {
            Known::Known((store.path.clone(), server.clone()))
        }
        _ => Known::Unknown("not known: it names no store".to_owned()),
    }
}

fn is_key(mine: Option<&Archived>, key: Known<&(String, String)>) -> Known<bool> {
    let Some(mine) = mine else { return Known::Known(false) };
    match (&mine.archive, key) {
        (Known::Unknown(reason), _) => Known::Unknown(reason.clone()),
        (Known::Known(None), _) => Known::Known(false),
        (_, Known::Unknown(reason)) => Known::Unknown(reason),
        (_, Known::Known((path, server))) => {
            Known::Known(mine.key() == Some((path.as_str(), server.as_str())))
        }
    }
}

/// Whether a Cluster of the repository archives there, and which others archive to the same store.
fn written(context: Context<'_>, key: Known<(String, String)>) -> (Known<bool>, Known<Vec<String>>) {
    let (path, server) = match key {
        Known::Unknown(reason) => return (Known::Unknown(reason.clone()), Known::Unknown(reason)),
        Known::Known(key) => key,
    };
    let archives = context.topology.archives();
    let in_store: Vec<&Archived> =
        archives.in_store(&path).filter(|archived| archived.speaks_as(context.placement)).collect();
    let writes = |archived: &&&Archived| {
        archived.key().is_some_and(|(_, own)| own == server) && archived.is_hibernated != Known::Known(true)
    };
    if in_store.iter().any(|archived| writes(&archived)) {
        return (Known::Known(true), Known::Known(Vec::new()));
    }
    let mut names: Vec<String> = in_store.iter().map(|archived| archived.name.clone()).collect();
    names.sort();
    names.dedup();
    let names = Known::Known(names);
    let unknown = archives.all().iter().find_map(|archived| match &archived.archive {
        Known::Unknown(reason) => Some(reason.clone()),
        Known::Known(_) => None,
    });
    let has_variable = path.contains("${") || server.contains("${");
    match unknown {
        Some(reason) => (Known::Unknown(reason), names),
        None if has_variable => (Known::Unknown(format!("not known: {path}, {server}")), names),
        None => (Known::Known(false), names),
    }
}

fn used_by(cluster: Subject<'_>, name: &str) -> Option<String> {
    let raw = |keys: &[&str]| cluster.raw(keys) == Some(name);
    if raw(&["spec", "bootstrap", "recovery", "source"]) {
        return Some("recovery".to_owned());
    }
    if raw(&["spec", "bootstrap", "pg_basebackup", "source"]) {
        return Some("pg_basebackup".to_owned());
    }
    let follows = ["source", "primary", "self"].iter().any(|key| raw(&["spec", "replica", key]));
    let imports = raw(&["spec", "bootstrap", "initdb", "import", "source", "externalCluster"]);
    (follows || imports).then(|| if follows { "replica".to_owned() } else { "import".to_owned() })
}
