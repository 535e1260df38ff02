//! References by name to an ObjectStore or a Cluster: whether they lead anywhere.

use crate::index::databases::CNPG;
use crate::index::reach::{means, opaque_database};
use crate::inventory::Found;
use crate::read::{Subject, place};
use crate::view::{Known, Place, View, ViewLookup};
use crate::views::Context;
use manifest::Partial;
use std::collections::BTreeSet;

crate::view! {
    /// The ObjectStore that a name means here.
    pub struct ObjectStoreView {
        /// Whether there is one in this namespace.
        pub found: Known<bool>,
        /// The namespaces of the repository that have one of this name, other than this one.
        pub elsewhere: Vec<String>,
        /// Its `spec.retentionPolicy`; null where it has none or was not found.
        pub retention_policy: Known<Option<String>>,
    }
}

crate::view! {
    /// The Cluster that a name means here.
    pub struct ClusterReferenceView {
        /// Whether there is one in this namespace.
        pub found: Known<bool>,
        /// Whether its `enablePodMonitor` makes the operator keep a `PodMonitor` of its name; false where
        /// it was not found.
        pub has_pod_monitor: Known<bool>,
        /// The namespaces of the repository that have one of this name, other than this one.
        pub elsewhere: Vec<String>,
    }
}

/// `objectStores[name]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObjectStores<'t>(pub(crate) Context<'t>);

/// `clusters[name]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clusters<'t>(pub(crate) Context<'t>);

impl ObjectStores<'_> {
    fn view(&self, name: &str, otherwise: Option<String>) -> ObjectStoreView {
        let target = resolve(self.0, "barmancloud.cnpg.io", "ObjectStore", name, otherwise);
        let subject = target.object.as_ref().map(|found| Subject::new(found.object));
        ObjectStoreView {
            retention_policy: match subject {
                Some(subject) => subject.text(&["spec", "retentionPolicy"]),
                None => target.found.as_ref().map(|_| None),
            },
            place: target.place(),
            found: target.found,
            elsewhere: target.elsewhere,
        }
    }
}

impl ViewLookup for ObjectStores<'_> {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(self.view(name, None))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(self.view(&name.raw, Some(name.reason.to_string()))))
    }
}

impl Clusters<'_> {
    fn view(&self, name: &str, otherwise: Option<String>) -> ClusterReferenceView {
        let target = resolve(self.0, CNPG, "Cluster", name, otherwise);
        let subject = target.object.as_ref().map(|found| Subject::new(found.object));
        ClusterReferenceView {
            has_pod_monitor: subject.map_or(Known::Known(false), |subject| {
                subject.boolean(&["spec", "monitoring", "enablePodMonitor"], false)
            }),
            place: target.place(),
            found: target.found,
            elsewhere: target.elsewhere,
        }
    }
}

impl ViewLookup for Clusters<'_> {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(self.view(name, None))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(self.view(&name.raw, Some(name.reason.to_string()))))
    }
}

/// What a reference leads to.
pub(crate) struct Target<'t> {
    pub(crate) found: Known<bool>,
    pub(crate) object: Option<Found<'t>>,
    pub(crate) elsewhere: Vec<String>,
}

impl Target<'_> {
    /// Where it is written.
    pub(crate) fn place(&self) -> Option<Place> {
        let node = self.object.as_ref()?.object.manifest.node.at(&["metadata", "name"])?;
        Some(place(node, "/metadata/name"))
    }
}

/// Follows the reference of an object to a database or a part of one; `otherwise` is why its
/// name is not known, where nothing has the same name as written.
pub(crate) fn resolve<'t>(
    context: Context<'t>,
    group: &str,
    kind: &str,
    name: &str,
    otherwise: Option<String>,
) -> Target<'t> {
    let Context { topology, placement, .. } = context;
    let all = topology.inventory.named(group, kind, name);
    let (here, there): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|found| means(placement, name, found.placement));
    let elsewhere: BTreeSet<_> = there.iter().filter_map(|found| found.placement.namespace.name()).collect();
    let found = if !here.is_empty() {
        Known::Known(true)
    } else if let Some(reason) = otherwise {
        Known::Unknown(reason)
    } else if let Some(part) = opaque_database(topology.inventory, placement) {
        Known::Unknown(format!("not known: {} could hold it", part.what))
    } else if placement.namespace.name().is_none() && !elsewhere.is_empty() {
        let names: Vec<_> = elsewhere.iter().copied().collect();
        Known::Unknown(format!(
            "not known: there is one in {}, and the namespace here is not known",
            names.join(", ")
        ))
    } else {
        Known::Known(false)
    };
    let elsewhere = elsewhere.into_iter().map(str::to_owned).collect();
    Target { found, object: here.first().copied(), elsewhere }
}
