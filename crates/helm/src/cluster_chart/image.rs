//! Which image a Cluster runs: a name, or an entry of a catalog.

use super::{Chart, Fields, GROUP};
use crate::scalar::{Piece, Truth, join, printed};
use crate::values::Given;
use manifest::{Node, Value};

impl Chart<'_> {
    /// `imageCatalogRef` or `imageName`.
    pub(super) fn image(&self, spec: &mut Fields) {
        let named = self.truth(&["cluster", "imageCatalogRef", "name"]);
        let own = self.makes_catalog();
        let timescale = self.uses_timescale_image();
        match (named, own, timescale) {
            (Truth::Yes, ..) => spec.map("imageCatalogRef", self.named_catalog()),
            (Truth::No, Truth::Yes, _) => spec.map("imageCatalogRef", self.own_catalog("")),
            (Truth::No, Truth::No, Truth::Yes) => {
                spec.map("imageCatalogRef", self.own_catalog("-timescaledb-ha"));
            }
            (Truth::No, Truth::No, Truth::No) => spec.put("imageName", self.image_name()),
            _ => {
                let map = self.values.origin(&["cluster"]);
                spec.node("imageCatalogRef", self.unknown(map));
                spec.node("imageName", self.unknown(map));
            }
        }
    }

    fn makes_catalog(&self) -> Truth {
        self.truth(&["imageCatalog", "create"]).and(self.truth(&["imageCatalog", "images"]))
    }

    /// Whether the chart takes the image of Timescale.
    pub(super) fn uses_timescale_image(&self) -> Truth {
        let kind = match self.values.get(&["type"]) {
            Some(given) if given.node.unknown_reason().is_some() => Truth::Perhaps,
            Some(given) if given.node.as_str() == Some("timescaledb") => Truth::Yes,
            _ => Truth::No,
        };
        let not = |truth| match truth {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Perhaps => Truth::Perhaps,
        };
        kind.and(self.truth(&["imageCatalog", "create"]))
            .and(not(self.truth(&["cluster", "imageCatalogRef", "name"])))
            .and(not(self.truth(&["imageCatalog", "images"])))
            .and(not(self.truth(&["cluster", "imageName"])))
    }

    fn named_catalog(&self) -> Fields {
        let mut reference = self.fields(&["cluster", "imageCatalogRef"]);
        reference.node("apiGroup", self.text("postgresql.cnpg.io"));
        if let Some(given) = self.values.get(&["cluster", "imageCatalogRef"])
            && let Value::Map(map) = given.node.value
        {
            for entry in map.entries.into_iter().filter(|entry| !matches!(&*entry.key, "apiGroup" | "major"))
            {
                reference.put(&entry.key, Some(Given { key: entry.key_origin, node: entry.value }));
            }
        }
        reference.put("major", self.major());
        reference
    }

    fn own_catalog(&self, end: &str) -> Fields {
        let mut reference = self.fields(&["imageCatalog"]);
        reference.node("apiGroup", self.text("postgresql.cnpg.io"));
        reference.node("kind", self.text("ImageCatalog"));
        reference.node("name", self.named(&[Piece::Text(end)], self.name.origin));
        reference.put("major", self.major());
        reference
    }

    /// The first number of the version.
    fn major(&self) -> Option<Given> {
        let given = self.values.get(&["version", "postgresql"])?;
        let node = match &given.node.value {
            Value::String(text) => {
                let major = text.split('.').next().unwrap_or_default();
                printed(&crate::scalar::text(major, given.node.origin))
            }
            Value::Number(_) => given.node.clone(),
            _ => self.unknown(given.node.origin),
        };
        Some(Given { node, ..given })
    }

    fn image_name(&self) -> Option<Given> {
        if let Some(given) = self.some(&["cluster", "imageName"]) {
            return Some(given);
        }
        let version = self.values.get(&["version", "postgresql"])?;
        // The chart wants a text; a number is refused, or printed as no image is called.
        if matches!(version.node.value, Value::Number(_)) {
            return Some(Given { node: self.unknown(version.node.origin), ..version });
        }
        let postgis = self.values.get(&["version", "postgis"]);
        let number = Piece::Value(Some(&version.node));
        let pieces = match self.str(&["type"]).as_deref() {
            Some("postgresql") => vec![Piece::Text("ghcr.io/cloudnative-pg/postgresql:"), number],
            Some("postgis") => vec![
                Piece::Text("ghcr.io/cloudnative-pg/postgis:"),
                number,
                Piece::Text("-"),
                Piece::Value(postgis.as_ref().map(|given| &given.node)),
            ],
            // The chart fails on any other type without an image.
            _ => return Some(Given { node: self.unknown(version.node.origin), key: version.key }),
        };
        Some(Given { node: join(&pieces, version.node.origin), key: version.key })
    }

    /// The catalog that the chart makes, if it makes one.
    pub(super) fn image_catalog(&self) -> Option<Node> {
        let own = self.makes_catalog() == Truth::Yes;
        let timescale = self.uses_timescale_image() == Truth::Yes;
        if !own && !timescale {
            return None;
        }
        let mut spec = self.fields(&["imageCatalog"]);
        let images = self.values.get(&["imageCatalog", "images"]).filter(|_| own);
        spec.put("images", images.or_else(|| Some(Given { key: self.at, node: self.unknown(self.at) })));
        let end = if own { "" } else { "-timescaledb-ha" };
        let name = self.named(&[Piece::Text(end)], self.name.origin);
        Some(self.object(GROUP, "ImageCatalog", self.metadata(name), spec.finish()))
    }
}
