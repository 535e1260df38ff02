//! Reads the audit log.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::wait::wait_until;
use crate::{Cluster, Error, doing};

/// One request, as the audit log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// `create`, `update`, `patch`, `delete`, …
    pub verb: String,
    /// The plural, with `/subresource` where there is one.
    pub resource: String,
    /// Empty for what has none.
    pub namespace: String,
    /// Empty where the API server gives the name.
    pub name: String,
    /// The status code of the answer.
    pub code: u64,
    /// The reason of a refusal, such as `Forbidden`.
    pub reason: String,
    /// The message of a refusal.
    pub message: String,
    /// What webhooks and the API server itself noted.
    pub annotations: BTreeMap<String, String>,
}

impl Cluster {
    /// All requests so far that could write.
    pub fn audit_events(&self) -> Result<Vec<AuditEvent>, Error> {
        let log = fs::read_to_string(&self.files.audit_log).map_err(doing("read the audit log"))?;
        // The last line may be half written.
        Ok(log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .map(|event| event_of(&event))
            .collect())
    }

    /// The last request that `wanted` holds for; it may be written some time after the answer.
    pub fn audit_event(&self, within: Duration, wanted: impl Fn(&AuditEvent) -> bool) -> Option<AuditEvent> {
        wait_until(within, || self.audit_events().ok()?.into_iter().rev().find(|event| wanted(event)))
    }

    /// Its annotations.
    pub fn audit_annotations(
        &self,
        within: Duration,
        wanted: impl Fn(&AuditEvent) -> bool,
    ) -> Option<BTreeMap<String, String>> {
        self.audit_event(within, wanted).map(|event| event.annotations)
    }
}

fn event_of(event: &Value) -> AuditEvent {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (resource, subresource) = (text("/objectRef/resource"), text("/objectRef/subresource"));
    let annotations = event.get("annotations").and_then(Value::as_object).into_iter().flatten();
    AuditEvent {
        verb: text("/verb"),
        resource: if subresource.is_empty() { resource } else { format!("{resource}/{subresource}") },
        namespace: text("/objectRef/namespace"),
        name: text("/objectRef/name"),
        code: event.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default(),
        reason: text("/responseStatus/reason"),
        message: text("/responseStatus/message"),
        annotations: annotations
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    }
}
