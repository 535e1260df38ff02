//! The entries of `spec.plugins` of a Cluster.

use crate::read::{Subject, place};
use crate::view::Known;

crate::view! {
    /// An entry of `spec.plugins`.
    pub struct PluginView {
        /// Its name; null without one.
        pub name: Known<Option<String>>,
        /// Whether it is enabled, as it is unless it says otherwise.
        pub is_enabled: Known<bool>,
        /// Whether it archives the WAL: `isWALArchiver`.
        pub is_archiver: Known<bool>,
        /// The ObjectStore that it names: `parameters.barmanObjectName`; null without.
        pub store: Known<Option<String>>,
        /// The name it archives under: `parameters.serverName`; null without, which means the Cluster's own.
        pub server_name: Known<Option<String>>,
    }
}

/// The plugins of a Cluster, enabled or not.
pub(crate) fn plugins(cluster: Subject<'_>) -> Known<Vec<PluginView>> {
    cluster.list(&["spec", "plugins"]).map(|items| {
        let items = items.iter().enumerate();
        items
            .map(|(index, node)| {
                let plugin = Subject::whole(node);
                PluginView {
                    name: plugin.text(&["name"]),
                    is_enabled: plugin.boolean(&["enabled"], true),
                    is_archiver: plugin.boolean(&["isWALArchiver"], false),
                    store: plugin.text(&["parameters", "barmanObjectName"]),
                    server_name: plugin.text(&["parameters", "serverName"]),
                    place: Some(place(node, format!("/spec/plugins/{index}"))),
                }
            })
            .collect()
    })
}

/// The enabled plugins of which something holds; not known where that is not known of any one.
pub(crate) fn those(
    plugins: &Known<Vec<PluginView>>,
    holds: impl Fn(&PluginView) -> Known<bool>,
) -> Known<Vec<PluginView>> {
    plugins.as_ref().and_then(|plugins| {
        let mut found = Vec::new();
        for plugin in plugins {
            match plugin.is_enabled.clone().and(holds(plugin)) {
                Known::Known(true) => found.push(plugin.clone()),
                Known::Known(false) => {}
                Known::Unknown(reason) => return Known::Unknown(reason),
            }
        }
        Known::Known(found)
    })
}
