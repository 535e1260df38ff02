//! The object of a request among those of the cluster, and judging it there.

use crate::cache::Surroundings;
use crate::engine::Engine;
use jiff::civil::DateTime;
use manifest::Sources;
use rules::{Change, Door, Input, Judgement, Rule};
use std::sync::Arc;
use topology::{Environment, EnvironmentKind, Inventory, Object, ObjectId, Settings, Topology};

/// Which object is judged, and what happens to it.
pub(crate) struct Case<'c> {
    pub(crate) object: &'c Arc<Object>,
    /// As it was, where it changes.
    pub(crate) old: Option<&'c Arc<Object>>,
    /// The object goes.
    pub(crate) is_deleted: bool,
    pub(crate) now: DateTime,
    /// Only these rules; `None`: all.
    pub(crate) only: Option<&'c (dyn Fn(&Rule) -> bool + Sync)>,
    /// Whether the reply must be on its way: what is not judged by then is undecided.
    pub(crate) is_late: &'c (dyn Fn() -> bool + Sync),
}

/// How a case came out.
pub(crate) struct Outcome {
    pub(crate) judgement: Judgement,
    /// Whether it belongs to a database; one that does not is not judged.
    pub(crate) is_tied: bool,
}

/// Judges the object among what stands around it.
pub(crate) fn judge(engine: &Engine, case: &Case<'_>, around: &Surroundings) -> Outcome {
    let inventory = inventory(case.object, around);
    let settings = Settings { now: case.now, ..engine.settings.clone() };
    let topology = Topology::new(&inventory, settings.clone());
    let old = case.old.map(|old| self::inventory(old, around));
    let old = old.as_ref().map(|old| (old, Topology::new(old, settings)));
    let change = match &old {
        _ if case.is_deleted => Change::Deletion,
        Some((inventory, topology)) => Change::Since(inventory, topology),
        None => Change::Unknown,
    };
    let judged = ObjectId(0);
    let is_tied = inventory
        .object(judged)
        .is_some_and(|object| object.placements.iter().any(|placement| topology.is_tied(judged, placement)));
    let sources = Sources::new();
    let judgement = rules::judge(&Input {
        door: Door::Admission,
        change,
        unseen: &|kind| around.unseen(kind),
        only: case.only,
        judged: &|id, _| id == judged,
        is_late: case.is_late,
        ..Input::new(&inventory, &topology, &sources, &engine.rules, &engine.config)
    });
    Outcome { judgement, is_tied }
}

/// The object first, then what stands around it but for itself as it is cached.
fn inventory(object: &Arc<Object>, around: &Surroundings) -> Inventory {
    let is_other = |other: &&Arc<Object>| {
        let (mine, theirs) = (&object.manifest, &other.manifest);
        mine.kind() != theirs.kind()
            || mine.name() != theirs.name()
            || mine.group() != theirs.group()
            || object.placements != other.placements
    };
    let others = around.objects.iter().filter(is_other).cloned();
    let objects = std::iter::once(Arc::clone(object)).chain(others).collect();
    let environment = Environment {
        kind: EnvironmentKind::Cluster,
        path: "the cluster".to_owned(),
        root: None,
        opaque: Vec::new(),
    };
    Inventory::of_shared(vec![environment], objects)
}
