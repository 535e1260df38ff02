//! What makes which Secret, and for which namespaces.

use crate::index::databases::CNPG;
use crate::index::maker_kinds::{self, Product};
use crate::index::reach::means;
use crate::inventory::{Inventory, ObjectId, Placement, Wholeness};
use crate::view::Place;
use std::collections::{BTreeSet, HashMap};

/// Something that makes a Secret.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    /// Its kind.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// `None` for a generator.
    pub(crate) object: Option<ObjectId>,
    pub(crate) reach: Reach,
    pub(crate) place: Place,
}

/// Where a [`Maker`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Beside itself.
    At(Placement),
    /// In namespaces that it names.
    Namespaces(Vec<String>),
    /// In every namespace.
    Everywhere,
    /// In namespaces that cannot be told: chosen by labels, by patterns, by a policy.
    Perhaps,
}

/// Whether a [`Maker`] makes its Secret for someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaches {
    Surely,
    Perhaps,
    No,
}

impl Maker {
    /// Whether it makes its Secret, called `secret`, for what is placed at `from`.
    pub(crate) fn reaches(&self, secret: &str, from: &Placement) -> Reaches {
        let surely = match &self.reach {
            Reach::At(at) => means(from, secret, at),
            Reach::Namespaces(names) => {
                from.namespace.name().is_some_and(|own| names.iter().any(|name| name == own))
            }
            Reach::Everywhere => true,
            Reach::Perhaps => return Reaches::Perhaps,
        };
        if surely { Reaches::Surely } else { Reaches::No }
    }

    /// The namespaces in which it surely makes its Secret, where they have names.
    pub(crate) fn namespaces(&self) -> Vec<&str> {
        match &self.reach {
            Reach::At(at) => at.namespace.name().into_iter().collect(),
            Reach::Namespaces(names) => names.iter().map(String::as_str).collect(),
            Reach::Everywhere | Reach::Perhaps => Vec::new(),
        }
    }
}

/// Every maker, by the name of its Secret as written.
#[derive(Debug, Default)]
pub(crate) struct Makers {
    by_secret: HashMap<String, Vec<Maker>>,
    /// Makers of Secrets whose names cannot be told.
    nameless: Vec<Maker>,
}

impl Makers {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut makers = Self::default();
        for (id, object) in inventory.objects() {
            if object.wholeness != Wholeness::Whole || !object.is_deployed() {
                continue;
            }
            let (Some(group), Some(kind)) = (object.manifest.group(), object.manifest.kind()) else {
                continue;
            };
            for product in maker_kinds::products(group, kind, object) {
                makers.add(id, kind, object.manifest.name().unwrap_or_default(), &object.placements, product);
            }
        }
        makers
    }

    /// What makes the Secret of that name, anywhere.
    pub(crate) fn of(&self, secret: &str) -> &[Maker] {
        self.by_secret.get(secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// What makes Secrets whose names cannot be told.
    pub(crate) fn nameless(&self) -> &[Maker] {
        &self.nameless
    }

    /// Namespaces that surely have a Secret of that name.
    pub(crate) fn namespaces(&self, secret: &str) -> BTreeSet<&str> {
        self.of(secret).iter().flat_map(Maker::namespaces).collect()
    }

    fn add(&mut self, id: ObjectId, kind: &str, name: &str, placements: &[Placement], product: Product) {
        let reaches = match product.reach {
            Some(reach) => vec![reach],
            None => placements.iter().cloned().map(Reach::At).collect(),
        };
        for reach in reaches {
            let maker = Maker {
                kind: kind.to_owned(),
                name: name.to_owned(),
                object: Some(id),
                reach,
                place: product.place.clone(),
            };
            match &product.secret {
                Some(secret) => self.by_secret.entry(secret.clone()).or_default().push(maker),
                None => self.nameless.push(maker),
            }
        }
    }
}

/// Whether CloudNativePG itself makes this.
pub(crate) fn is_operator(inventory: &Inventory, maker: &Maker) -> bool {
    let object = maker.object.and_then(|id| inventory.object(id));
    object.is_some_and(|object| object.manifest.group() == Some(CNPG))
}
