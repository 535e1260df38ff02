//! What the `cluster` chart of CloudNativePG makes of its values: *derived, not rendered*.
//!
//! No template is run. The facts are those of the chart's releases 0.1 to 0.9, as far as they are the
//! same in all of them; what differs, and what no release is known for, is unknown and never guessed:
//!
//! | values | derived |
//! | --- | --- |
//! | names, `cluster.*`, `mode`, `recovery`, `replica` | for every known release; a field that came later than the first of them is unknown below 0.7 |
//! | `version.postgresql` where it is not given | 0.1 to 0.7 (`16`), else unknown |
//! | `backups` with `method: barmanObjectStore` or none | for every known release |
//! | `backups` with another method, `cluster.plugins` | unknown (they came with 0.8, and the store's name changed with 0.9) |
//! | monitoring, where enabled | below 0.7, else unknown (a `PodMonitor` of its own replaces the field) |
//! | labels, `databases`, alerts, custom queries, consoles | not derived |
//!
//! For a version that is not one of these (a range, none, a newer one) the same holds, and fields that
//! are not made here are unknown instead of absent.

mod backups;
mod bootstrap;
mod defaults;
mod fields;
mod image;
mod poolers;
mod spec;
mod store;
mod version;

use crate::release::Release;
use crate::scalar::{Piece, Truth, join, text, unknown};
use crate::values::{Given, Values};
use fields::Fields;
use manifest::{Node, Number, Origin, Unknown, UnknownReason, Value};
use version::Version;

const GROUP: &str = "postgresql.cnpg.io/v1";

/// Whether a release is of the `cluster` chart of CloudNativePG.
pub fn is_cluster_chart(release: &Release) -> bool {
    let chart = release.chart.as_ref().and_then(Node::raw_text);
    let Some(repository) = &release.repository else { return false };
    let repository = repository.trim_end_matches('/');
    let repository = repository.split_once("://").map_or(repository, |(_, rest)| rest);
    let known = ["cloudnative-pg.github.io/charts", "ghcr.io/cloudnative-pg/charts"];
    let nested = repository.strip_suffix("/cluster").is_some_and(|parent| known.contains(&parent));
    chart == Some("cluster") && known.contains(&repository)
        || nested && matches!(chart, Some("cluster" | "."))
}

/// The objects that the `cluster` chart makes of `values` (as [`Release::merged`] gives them): the
/// `Cluster`, its `ScheduledBackup`s, `Pooler`s, `ImageCatalog` and the Secrets of its stores. `None`: it
/// is a release of another chart.
pub fn cluster_chart(release: &Release, values: Option<&Node>) -> Option<Vec<Node>> {
    is_cluster_chart(release).then(|| Chart::new(release, values).objects())
}

/// One release of the chart.
struct Chart<'r> {
    release: &'r Release,
    values: Values,
    version: Version,
    /// Name of the Cluster, and of what goes with it.
    name: Node,
    /// Where the chart is named.
    at: Origin,
}

impl<'r> Chart<'r> {
    fn new(release: &'r Release, given: Option<&Node>) -> Self {
        let at = release.reference;
        let version = Version::of(release.version.as_ref());
        let values = Values::new(&defaults::defaults(version, at), given);
        let name = full_name(&values, &release.name);
        Self { release, values, version, name, at }
    }

    fn objects(&self) -> Vec<Node> {
        let mut objects = vec![self.cluster()];
        objects.extend(self.image_catalog());
        objects.extend(self.store_secrets());
        objects.extend(self.scheduled_backups());
        objects.extend(self.poolers());
        if let Some(reason) = &self.release.patched {
            for object in &mut objects {
                hide_spec(object, reason);
            }
        }
        objects
    }

    /// The name of the chart with its version, to be told where something is not derived.
    fn reason(&self) -> UnknownReason {
        let version = self.release.version.as_ref().and_then(Node::raw_text);
        UnknownReason::Chart(
            version.map_or_else(|| "cluster".to_owned(), |version| format!("cluster {version}")),
        )
    }

    fn unknown(&self, origin: Origin) -> Node {
        unknown(self.reason(), origin)
    }

    fn text(&self, constant: &str) -> Node {
        text(constant, self.at)
    }

    fn bool(&self, constant: bool) -> Node {
        Node { value: Value::Bool(constant), origin: self.at }
    }

    fn int(&self, constant: i64) -> Node {
        Node { value: Value::Number(Number::Int(constant)), origin: self.at }
    }

    /// A map written for `path` of the values.
    fn fields(&self, path: &[&str]) -> Fields {
        Fields::new(self.values.origin(path))
    }

    /// A value, where it holds as a condition or may do so.
    fn some(&self, path: &[&str]) -> Option<Given> {
        self.values.get(path).filter(|given| Truth::of(Some(&given.node)) != Truth::No)
    }

    fn truth(&self, path: &[&str]) -> Truth {
        Truth::of(self.values.get(path).as_ref().map(|given| &given.node))
    }

    /// A value that is a known text.
    fn str(&self, path: &[&str]) -> Option<String> {
        self.values.get(path)?.node.as_str().map(str::to_owned)
    }

    /// A name that starts with that of the Cluster.
    fn named(&self, end: &[Piece<'_>], origin: Origin) -> Node {
        let pieces: Vec<Piece<'_>> =
            [Piece::Value(Some(&self.name))].into_iter().chain(end.iter().copied()).collect();
        join(&pieces, origin)
    }

    fn object(&self, api_version: &str, kind: &str, metadata: Fields, spec: Node) -> Node {
        let mut object = Fields::new(spec.origin);
        object.node("apiVersion", self.text(api_version));
        object.node("kind", self.text(kind));
        object.node("metadata", metadata.finish());
        object.node(if kind == "Secret" { "stringData" } else { "spec" }, spec);
        object.finish()
    }

    /// Name and namespace.
    fn metadata(&self, name: Node) -> Fields {
        let mut metadata = Fields::new(name.origin);
        metadata.node("name", name);
        let namespace = self.some(&["namespaceOverride"]);
        match (namespace, &self.release.namespace) {
            (Some(given), _) => metadata.put("namespace", Some(given)),
            (None, Some(namespace)) => metadata.node("namespace", namespace.clone()),
            (None, None) => {}
        }
        metadata
    }
}

/// The override, else the release's name, behind which the chart's stands unless it holds it.
fn full_name(values: &Values, release: &Node) -> Node {
    let filled = |key| values.get(&[key]).filter(|given| Truth::of(Some(&given.node)) != Truth::No);
    let chart = filled("nameOverride").map_or_else(|| text("cluster", release.origin), |given| given.node);
    let joined = || {
        let pieces = [Piece::Value(Some(release)), Piece::Text("-"), Piece::Value(Some(&chart))];
        cut(join(&pieces, release.origin))
    };
    match (filled("fullnameOverride"), release.as_str(), chart.as_str()) {
        // Whether there is one is not known: what the name is without it links the objects.
        (Some(Given { node, .. }), ..) if node.raw_text() == Some("") => named_perhaps(&joined(), &node),
        (Some(full), ..) => cut(full.node),
        (None, Some(name), Some(chart)) if name.contains(chart) => cut(release.clone()),
        (None, Some(_), Some(_)) => joined(),
        // Whether the one holds the other decides over the form.
        (None, Some(_), None) => named_perhaps(&joined(), &chart),
        (None, None, _) => named_perhaps(&joined(), release),
    }
}

/// A name that is not known for the reason that `why` has; its text is that of `name`.
fn named_perhaps(name: &Node, why: &Node) -> Node {
    let raw = name.raw_text().unwrap_or_default().to_owned();
    let reason = why.unknown_reason().cloned().unwrap_or(UnknownReason::Unread);
    Node { value: Value::Unknown(Unknown { raw, reason, value: None }), origin: name.origin }
}

/// A name as Kubernetes bounds it.
fn cut(mut name: Node) -> Node {
    if let Value::String(text) = &mut name.value {
        while text.len() > 63 {
            text.pop();
        }
        if text.ends_with('-') {
            text.pop();
        }
    }
    name
}

/// Of what is changed after it was rendered only the identity is sure.
fn hide_spec(object: &mut Node, reason: &UnknownReason) {
    let Value::Map(map) = &mut object.value else { return };
    for entry in &mut map.entries {
        if matches!(entry.key.as_str(), "spec" | "stringData") {
            entry.value = unknown(reason.clone(), entry.value.origin);
        }
    }
}
