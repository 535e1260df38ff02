//! References by name to a Secret: whether anything makes it, and what.

use crate::index::helm;
use crate::index::keys::keys;
use crate::index::makers::{Maker, Reaches};
use crate::index::reach::opaque;
use crate::view::{Known, View, ViewLookup};
use crate::views::Context;
use manifest::Partial;

crate::view! {
    /// Something that makes a Secret.
    pub struct MakerView {
        /// `ExternalSecret`, `Secret`, `Cluster` (the operator itself), …
        pub kind: String,
        /// Its own name.
        pub name: String,
        /// The namespace it makes the Secret in; null where that is not known or is every one.
        pub namespace: Option<String>,
    }
}

crate::view! {
    /// The Secret that a name means here.
    pub struct SecretNameView {
        /// Whether anything in the repository makes it in this namespace. Unknown where
        /// something could: a chart, a policy, a part that could not be looked into.
        pub made: Known<bool>,
        /// What surely makes it in this namespace.
        pub makers: Vec<MakerView>,
        /// The namespaces of the repository for which something makes a Secret of this name,
        /// other than this one.
        pub elsewhere: Vec<String>,
        /// The Secret's name, as written.
        pub name: String,
        /// This namespace; null where it is not known.
        pub namespace: Option<String>,
        /// Its keys; unknown where one of its makers does not say.
        pub keys: Known<Vec<String>>,
    }
}

/// `secrets[name]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretNames<'t>(pub(crate) Context<'t>);

impl ViewLookup for SecretNames<'_> {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(view(self.0, name, None))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(view(self.0, &name.raw, Some(name.reason.to_string()))))
    }
}

/// What makes a Secret for an object; `otherwise` is why its name is not known, where nothing
/// makes one of the same name as written.
pub(crate) fn view(context: Context<'_>, name: &str, otherwise: Option<String>) -> SecretNameView {
    let Context { topology, placement, .. } = context;
    let makers = topology.makers();
    let surely: Vec<_> =
        makers.of(name).iter().filter(|maker| maker.reaches(name, placement) == Reaches::Surely).collect();
    let own = placement.namespace.name();
    let elsewhere = makers.namespaces(name).into_iter().filter(|namespace| Some(*namespace) != own);
    let elsewhere: Vec<_> = elsewhere.map(str::to_owned).collect();
    let made = if !surely.is_empty() {
        Known::Known(true)
    } else if let Some(reason) = otherwise.or_else(|| perhaps(context, name)) {
        Known::Unknown(reason)
    } else if own.is_none() && !elsewhere.is_empty() {
        Known::Unknown(format!(
            "not known: it is made in {}, and the namespace here is not known",
            elsewhere.join(", ")
        ))
    } else {
        Known::Known(false)
    };
    SecretNameView {
        place: surely.first().map(|maker| maker.place.clone()),
        makers: surely.into_iter().map(maker_view).collect(),
        elsewhere,
        keys: made.as_ref().and_then(|_| keys(context, name)),
        made,
        name: name.to_owned(),
        namespace: own.map(str::to_owned),
    }
}

pub(crate) fn maker_view(maker: &Maker) -> MakerView {
    MakerView {
        kind: maker.kind.clone(),
        name: maker.name.clone(),
        namespace: maker.namespaces().first().map(|name| (*name).to_owned()),
        place: Some(maker.place.clone()),
    }
}

/// Why it is not known whether anything makes the Secret; reads after "… is".
fn perhaps(context: Context<'_>, name: &str) -> Option<String> {
    let Context { topology, placement, .. } = context;
    let makers = topology.makers();
    let candidates = makers.of(name).iter().chain(makers.nameless());
    let maker = candidates
        .filter(|maker| maker.reaches(name, placement) != Reaches::No)
        .map(|maker| format!("{} {}", maker.kind, maker.name))
        .next();
    maker
        .or_else(|| helm::could_make(topology.inventory, name, placement))
        .or_else(|| opaque(topology.inventory, name, placement).map(|part| part.what.clone()))
        .map(|what| format!("not known: {what} could make it"))
}
