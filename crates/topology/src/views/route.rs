//! Routes: which databases one leads to.

use crate::index::databases::Via;
use crate::view::Known;
use crate::views::Context;
use std::collections::BTreeSet;

crate::view! {
    /// Where a route leads.
    pub struct RouteView {
        /// The backends that are Services of databases.
        pub backends: Vec<BackendView>,
    }
}

crate::view! {
    /// A backend of a route.
    pub struct BackendView {
        /// The Service, as written.
        pub service: String,
        /// The Cluster behind it.
        pub cluster: Known<String>,
    }
}

/// Where the route at a context leads.
pub(crate) fn view(context: Context<'_>) -> Option<RouteView> {
    let Context { topology, object, placement } = context;
    context.object()?;
    let databases = topology.databases();
    let mentions = topology.mentions(object).iter();
    let leads = mentions.filter(|one| {
        let is_backend =
            ["/backend", "/services/", "/defaultBackend"].iter().any(|part| one.place.pointer.contains(part));
        one.via == Via::Service && is_backend && one.means(databases, placement)
    });
    let mut seen = BTreeSet::new();
    let backends = leads.filter(|one| seen.insert(one.place.pointer.clone())).filter_map(|one| {
        Some(BackendView {
            service: one.word.clone(),
            cluster: Known::Known(databases.get(one.database)?.cluster.clone()),
            place: Some(one.place.clone()),
        })
    });
    Some(RouteView { backends: backends.collect(), place: None })
}
