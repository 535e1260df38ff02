//! What must be true before the server says that it is ready.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A list of named conditions; clones see the same list.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Arc<Mutex<Vec<Condition>>>);

/// One condition, for whoever knows whether it is met.
#[derive(Debug, Clone)]
pub struct Condition {
    name: Arc<str>,
    met: Arc<AtomicBool>,
}

impl Conditions {
    /// No conditions: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition that is not met yet.
    pub fn require(&self, name: &str) -> Condition {
        let condition = Condition { name: name.into(), met: Arc::default() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(condition.clone());
        condition
    }

    /// Every condition and whether it is met, in the order in which they were required.
    pub fn all(&self) -> Vec<(Arc<str>, bool)> {
        let conditions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.iter().map(|condition| (Arc::clone(&condition.name), condition.is_met())).collect()
    }
}

impl Condition {
    /// Says whether the condition is met.
    pub fn set(&self, met: bool) {
        self.met.store(met, Ordering::Release);
    }

    /// Whether the condition is met.
    pub fn is_met(&self) -> bool {
        self.met.load(Ordering::Acquire)
    }
}
