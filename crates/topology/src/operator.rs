//! Texts that the operator parses before it admits an object, read as it reads them.

mod annotation;
mod target_time;

use crate::view::{View, ViewLookup};

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
    /// What the operator makes of an annotation that holds JSON.
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
