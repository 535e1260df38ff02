//! What the operator reads before it admits an object, read as it reads it: times, annotations, names.

mod annotation;
mod go_pattern;
mod promotion;
pub(crate) mod release;
mod target_time;

use crate::postgres::operator::size;
use crate::quantity::Quantity;
use crate::read::Subject;
use crate::view::{Known, View, ViewLookup};
use crate::views::Context;
use manifest::{Node, Partial, UnknownReason};

crate::view! {
    /// What the operator makes of a time to recover to.
    pub struct TargetTimeView {
        /// Whether the operator can read it.
        pub is_time: bool,
        /// Whether it says its offset from UTC (`Z`, `+02`); without one it is read as UTC.
        pub has_offset: bool,
    }
}

crate::view! {
    /// What the operator makes of a regular expression.
    pub struct PatternView {
        /// Whether it can be compiled.
        pub is_pattern: Known<bool>,
    }
}

/// `patterns[text]`: whether a text is a regular expression of Go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patterns;

impl ViewLookup for Patterns {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(PatternView { is_pattern: go_pattern::compiles(name), place: None })
    }
}

/// `promotionTokens[text]`: whether a text is what a primary gives when it is demoted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PromotionTokens;

impl ViewLookup for PromotionTokens {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(JsonView { error: promotion::promotion_token(name).err(), place: None })
    }
}

crate::view! {
    /// What the operator makes of a text that holds JSON: an annotation, a promotion token.
    pub struct JsonView {
        /// Why the operator refuses it; null if it does not.
        pub error: Option<String>,
    }
}

/// `targetTimes[text]`: what the operator makes of a time to recover to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetTimes;

impl ViewLookup for TargetTimes {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        let read = target_time::read(name);
        let has_offset = read.is_some_and(|time| time.has_offset);
        Box::new(TargetTimeView { is_time: read.is_some(), has_offset, place: None })
    }
}

/// `podPatches[text]`: whether a text is a JSON Patch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PodPatches;

impl ViewLookup for PodPatches {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(JsonView { error: annotation::pod_patch(name).err(), place: None })
    }
}

/// `livenessPingers[text]`: whether a text configures the liveness pinger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LivenessPingers;

impl ViewLookup for LivenessPingers {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(JsonView { error: annotation::liveness_pinger(name).err(), place: None })
    }
}

crate::view! {
    /// What the name of an external cluster leads to.
    pub struct ExternalClusterNameView {
        /// Whether `spec.externalClusters` of this Cluster lists it. Names with the same variable
        /// in them are the same name.
        pub is_listed: Known<bool>,
    }
}

/// `externalClusters[name]`: whether this Cluster lists an external cluster of that name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExternalClusters<'t>(pub(crate) Context<'t>);

impl ExternalClusters<'_> {
    /// `reason`: why a part of the name is not known.
    fn view(&self, name: &str, reason: Option<String>) -> ExternalClusterNameView {
        let listed = self
            .0
            .subject()
            .map_or(Known::Known([].as_slice()), |cluster| cluster.list(&["spec", "externalClusters"]));
        let is_listed = listed.and_then(|listed| is_listed(listed, name, reason));
        ExternalClusterNameView { is_listed, place: None }
    }
}

impl ViewLookup for ExternalClusters<'_> {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(self.view(name, None))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(self.view(&name.raw, Some(name.reason.to_string()))))
    }
}

fn is_listed(listed: &[Node], name: &str, reason: Option<String>) -> Known<bool> {
    let is_patched = |node: &Node| matches!(node.unknown_reason(), Some(UnknownReason::Patched(_)));
    let is_it = |node: &Node| node.raw_text() == Some(name) && !is_patched(node);
    if listed.iter().filter_map(|one| one.at(&["name"])).any(is_it) {
        return Known::Known(true);
    }
    if let Some(reason) = reason {
        return Known::Unknown(reason);
    }
    let unknown = listed.iter().find_map(|one| match Subject::whole(one).text(&["name"]) {
        Known::Unknown(reason) => Some(reason),
        Known::Known(_) => None,
    });
    unknown.map_or(Known::Known(false), Known::Unknown)
}

crate::view! {
    /// What the operator makes of a size that is given to PostgreSQL.
    pub struct SizeView {
        /// Whether it can read it.
        pub is_size: bool,
        /// The size in bytes; null where it is none.
        pub bytes: Option<i64>,
    }
}

/// `sizes[text]`: a size as the operator reads it, which is not quite as PostgreSQL does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes;

impl ViewLookup for Sizes {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        let bytes = size(name).map(Quantity::units);
        Box::new(SizeView { is_size: bytes.is_some(), bytes, place: None })
    }
}
