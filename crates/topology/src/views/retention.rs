//! `retentions[text]`: how long a retention policy keeps base backups.

use crate::stores::archive::days;
use crate::view::{View, ViewLookup};

crate::view! {
    /// How long a retention policy keeps base backups.
    pub struct RetentionView {
        /// In days; a month has 30; null where the text is no retention policy.
        pub days: Option<i64>,
    }
}

/// `retentions[text]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retentions;

impl ViewLookup for Retentions {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(RetentionView { days: days(name), place: None })
    }
}
