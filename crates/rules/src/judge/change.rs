//! What happens to the objects that are judged, and how they were before.

use crate::rule_file::Operation;
use std::collections::HashMap;
use topology::{EnvironmentId, Found, Inventory, Object, ObjectId, Placement, Topology};

/// What objects were before, where they are placed now.
pub type Pasts<'a> = HashMap<(ObjectId, EnvironmentId), Found<'a>>;

/// What happens to the objects that are judged.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// Nothing is known of how they were: they are judged as if they came to be.
    Unknown,
    /// Those that are among these objects are changed, the others come to be.
    Since(&'a Inventory, &'a Topology<'a>),
    /// Those that have a past are changed, the others come to be.
    Paired(&'a Pasts<'a>, &'a Topology<'a>),
    /// They are deleted.
    Deletion,
}

/// An object as it was.
pub(super) struct Past<'a> {
    pub(super) topology: &'a Topology<'a>,
    pub(super) id: ObjectId,
    pub(super) object: &'a Object,
    pub(super) placement: &'a Placement,
}

impl<'a> Change<'a> {
    /// What happens to an object that is placed there, and how it was.
    pub(super) fn of(
        self,
        id: ObjectId,
        object: &Object,
        placement: &Placement,
    ) -> (Operation, Option<Past<'a>>) {
        match self {
            Self::Unknown => (Operation::Create, None),
            Self::Deletion => (Operation::Delete, None),
            Self::Since(inventory, topology) => changed(old(inventory, object, placement), topology),
            Self::Paired(pasts, topology) => {
                changed(pasts.get(&(id, placement.environment)).copied(), topology)
            }
        }
    }
}

fn changed<'a>(found: Option<Found<'a>>, topology: &'a Topology<'a>) -> (Operation, Option<Past<'a>>) {
    match found {
        Some(Found { id, object, placement }) => {
            (Operation::Update, Some(Past { topology, id, object, placement }))
        }
        None => (Operation::Create, None),
    }
}

/// The object of the same identity.
fn old<'a>(inventory: &'a Inventory, object: &Object, placement: &Placement) -> Option<Found<'a>> {
    let manifest = &object.manifest;
    let found = inventory.named(manifest.group()?, manifest.kind()?, manifest.name()?);
    found.into_iter().find(|found| {
        found.placement.namespace == placement.namespace
            || found.placement.namespace.same(&placement.namespace)
    })
}
