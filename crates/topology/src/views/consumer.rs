//! Who reads a Secret.

use crate::index::clients::Reader;
use crate::inventory::Namespace;
use crate::topology::Topology;
use crate::views::Context;

crate::view! {
    /// Something that reads a Secret.
    pub struct ConsumerView {
        /// Its kind.
        pub kind: String,
        /// Its name, as written.
        pub name: String,
        /// What it reads it as: `application credentials`, `superuser credentials`, `backup credentials`,
        /// `role password`, `client` (a client of a database reads it), `chart's values`, …
        pub why: String,
    }
}

/// What reads the Secret called `secret` beside the object that is judged; anywhere, for an
/// object that is in no namespace.
pub(crate) fn consumers(context: Context<'_>, secret: &str) -> Vec<ConsumerView> {
    let Context { topology, placement, .. } = context;
    let clients = topology.clients();
    let mut views: Vec<ConsumerView> = Vec::new();
    let readers: Vec<_> = if placement.namespace == Namespace::ClusterScoped {
        clients.readers_anywhere(secret).iter().collect()
    } else {
        clients.readers(secret, placement).collect()
    };
    for consumer in readers.into_iter().filter_map(|reader| consumer(topology, reader)) {
        let is_same = |view: &ConsumerView| {
            (&view.kind, &view.name, &view.why) == (&consumer.kind, &consumer.name, &consumer.why)
        };
        if !views.iter().any(is_same) {
            views.push(consumer);
        }
    }
    views
}

fn consumer(topology: &Topology<'_>, reader: &Reader) -> Option<ConsumerView> {
    let manifest = &topology.inventory.object(reader.object)?.manifest;
    Some(ConsumerView {
        kind: manifest.kind()?.to_owned(),
        name: manifest.name()?.to_owned(),
        why: reader.why.to_owned(),
        place: Some(reader.place.clone()),
    })
}
