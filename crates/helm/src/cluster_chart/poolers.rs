//! The `Pooler`s of a Cluster.

use super::{Chart, Fields, GROUP};
use crate::scalar::{Piece, Truth, printed};
use crate::values::{Given, get};
use manifest::Node;

impl Chart<'_> {
    /// One for each that is listed.
    pub(super) fn poolers(&self) -> Vec<Node> {
        let list = self.values.get(&["poolers"]).map(|given| given.node);
        let items = list.as_ref().and_then(Node::as_list).unwrap_or_default();
        items.iter().map(|item| self.pooler(item)).collect()
    }

    fn pooler(&self, item: &Node) -> Node {
        let some = |key: &str| get(item, &[key]).filter(|given| Truth::of(Some(&given.node)) != Truth::No);
        let mut bouncer = Fields::new(item.origin);
        bouncer.put("poolMode", some("poolMode"));
        for key in ["authQuerySecret", "authQuery", "parameters", "pg_hba"] {
            bouncer.put(key, some(key));
        }
        let mut spec = Fields::new(item.origin);
        spec.map("cluster", self.cluster_reference());
        spec.put("instances", some("instances").map(|given| Given { node: printed(&given.node), ..given }));
        spec.put("type", some("type"));
        spec.node("pgbouncer", bouncer.finish());
        // A field of the Pooler, or an object of its own, as the release has it.
        let unknown = |given: Given| Given { node: self.unknown(given.node.origin), ..given };
        spec.put("monitoring", some("monitoring").map(unknown));
        spec.put("template", some("template"));
        let name = get(item, &["name"]);
        let origin = name.as_ref().map_or(item.origin, |given| given.node.origin);
        let end = [Piece::Text("-pooler-"), Piece::Value(name.as_ref().map(|given| &given.node))];
        self.object(GROUP, "Pooler", self.metadata(self.named(&end, origin)), spec.finish())
    }
}
