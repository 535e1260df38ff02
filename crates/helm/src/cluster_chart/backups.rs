//! Where a Cluster archives to and when it is backed up.

use super::store::Store;
use super::{Chart, Fields, GROUP};
use crate::scalar::{Piece, Truth, printed};
use crate::values::{Given, get};
use manifest::Node;

const BACKUPS: Store = Store { path: &["backups"], prefix: "backup" };
const RECOVERY: Store = Store { path: &["recovery"], prefix: "recovery" };

impl Chart<'_> {
    /// `backup`, and `plugins` where they may be set.
    pub(super) fn backup(&self, spec: &mut Fields) {
        let enabled = self.truth(&["backups", "enabled"]);
        let barman = self.str(&["backups", "method"]).as_deref() == Some("barmanObjectStore");
        match (enabled, barman, self.version.since(8)) {
            (Truth::Yes, true, _) | (Truth::Yes, false, Some(false)) => spec.map("backup", self.barman()),
            (Truth::Yes, false, _) => {
                let at = self.values.origin(&["backups"]);
                spec.node("backup", self.unknown(at));
                spec.node("plugins", self.unknown(at));
                return;
            }
            (Truth::Perhaps, ..) => spec.put("backup", self.undecided(&["backups", "enabled"])),
            (Truth::No, ..) => {}
        }
        let plugins = self.some(&["cluster", "plugins"]).filter(|_| self.version.since(8) != Some(false));
        spec.put("plugins", plugins.map(|given| Given { node: self.unknown(given.node.origin), ..given }));
    }

    fn barman(&self) -> Fields {
        let mut store = self.fields(&["backups"]);
        for (block, number) in [("wal", "maxParallel"), ("data", "jobs")] {
            let mut fields = self.fields(&["backups", block]);
            for key in ["compression", "encryption"] {
                fields.put(key, self.some(&["backups", block, key]));
            }
            fields.put(number, self.printed(&["backups", block, number]));
            store.map(block, fields);
        }
        self.store(BACKUPS, &mut store);
        let mut backup = self.fields(&["backups"]);
        backup.put("target", self.some(&["backups", "target"]));
        backup.put("retentionPolicy", self.printed(&["backups", "retentionPolicy"]));
        backup.map("barmanObjectStore", store);
        backup
    }

    /// The Secrets of the stores that are used.
    pub(super) fn store_secrets(&self) -> Vec<Node> {
        let backups = self.truth(&["backups", "enabled"]) != Truth::No;
        let recovery = self.str(&["mode"]).as_deref() == Some("recovery")
            && self.str(&["recovery", "method"]).as_deref() == Some("object_store");
        let used = [(BACKUPS, backups), (RECOVERY, recovery)];
        used.into_iter().filter(|(_, used)| *used).filter_map(|(store, _)| self.store_secret(store)).collect()
    }

    /// One for each that is listed, where backups are enabled. Where either is not known, one of which no
    /// more is sure than its Cluster: it leaves undecided whether there is any.
    pub(super) fn scheduled_backups(&self) -> Vec<Node> {
        let enabled = self.truth(&["backups", "enabled"]);
        let list = self.values.get(&["backups", "scheduledBackups"]).map(|given| given.node);
        let unknown = list.as_ref().and_then(Node::unknown_reason).is_some();
        match (enabled, list) {
            (Truth::No, _) | (_, None) => Vec::new(),
            (Truth::Yes, Some(list)) if !unknown => {
                let items = list.as_list().unwrap_or_default();
                items.iter().map(|item| self.scheduled_backup(item)).collect()
            }
            (_, Some(list)) => vec![self.perhaps_scheduled(&list)],
        }
    }

    fn perhaps_scheduled(&self, list: &Node) -> Node {
        let mut spec = Fields::new(list.origin);
        spec.map("cluster", self.cluster_reference());
        spec.open(self.reason());
        let some = self.unknown(list.origin);
        let name = self.named(&[Piece::Text("-"), Piece::Value(Some(&some))], list.origin);
        self.object(GROUP, "ScheduledBackup", self.metadata(name), spec.finish())
    }

    fn scheduled_backup(&self, item: &Node) -> Node {
        let mut spec = Fields::new(item.origin);
        // Whatever is given: `false` counts as not given in the template.
        spec.node("immediate", self.bool(true));
        spec.put("schedule", get(item, &["schedule"]));
        for key in ["method", "backupOwnerReference"] {
            spec.put(key, get(item, &[key]).map(|given| Given { node: printed(&given.node), ..given }));
        }
        if let Some(plugin) = get(item, &["pluginConfiguration"]) {
            match self.version.since(8) {
                Some(false) => {}
                _ => spec.put("pluginConfiguration", Some(plugin)),
            }
        }
        spec.map("cluster", self.cluster_reference());
        let name = get(item, &["name"]);
        let origin = name.as_ref().map_or(item.origin, |given| given.node.origin);
        let end = [Piece::Text("-"), Piece::Value(name.as_ref().map(|given| &given.node))];
        let metadata = self.metadata(self.named(&end, origin));
        self.object(GROUP, "ScheduledBackup", metadata, spec.finish())
    }

    pub(super) fn cluster_reference(&self) -> Fields {
        let mut reference = Fields::new(self.name.origin);
        reference.node("name", self.name.clone());
        reference
    }
}
