//! The engine behind the server.

use admission::{Admission, Cache, Decision, Engine, ExemptedBy, Record};
use serve::{Answer, Event, Exemption, Finding, Mode, Operation, RequestInfo, Review};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// The engine that reviews are judged by, which can be swapped.
#[derive(Debug)]
pub(super) struct Engines(RwLock<Arc<Engine>>);

impl Engines {
    pub(super) fn new(engine: Engine) -> Self {
        Self(RwLock::new(Arc::new(engine)))
    }

    pub(super) fn current(&self) -> Arc<Engine> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn swap(&self, engine: Engine) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(engine);
    }
}

/// Answers reviews.
#[derive(Debug)]
pub(super) struct Reviewer {
    engines: Arc<Engines>,
    cache: Arc<Cache>,
}

impl Reviewer {
    pub(super) fn new(engines: Arc<Engines>, cache: Arc<Cache>) -> Self {
        Self { engines, cache }
    }
}

impl Review for Reviewer {
    fn review(&self, body: &[u8], request: &RequestInfo<'_>) -> Answer {
        let engine = self.engines.current();
        let is_late = || Instant::now() >= request.deadline;
        let reply = engine.review_in_time(&self.cache, body, crate::clock::now(), &is_late);
        let event = event(reply.record, engine.hash());
        Answer { status: reply.status, body: reply.body, event }
    }

    fn uid(&self, body: &[u8]) -> Option<String> {
        Engine::uid(body)
    }
}

/// A record as the server counts and logs it.
fn event(record: Record, config: &str) -> Event {
    let operation = match record.operation.as_str() {
        "CREATE" => Operation::Create,
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        _ => Operation::Other,
    };
    let decision = match record.decision {
        Decision::Allow => serve::Decision::Allow,
        Decision::Warn => serve::Decision::Warn,
        Decision::Deny => serve::Decision::Deny,
        Decision::Error => serve::Decision::Error,
    };
    let findings = record.findings.into_iter().map(|(rule, effect)| {
        let mode = match effect {
            Admission::Deny => Mode::Deny,
            Admission::Warn => Mode::Warn,
            Admission::Audit => Mode::Audit,
        };
        Finding { rule, mode }
    });
    let exemptions = record.exemptions.into_iter().map(|(rule, by)| {
        let by = match by {
            ExemptedBy::Annotation => serve::ExemptedBy::Annotation,
            ExemptedBy::Configuration => serve::ExemptedBy::Configuration,
            ExemptedBy::User => serve::ExemptedBy::User,
        };
        Exemption { rule, by }
    });
    Event {
        uid: record.uid,
        user: record.user,
        operation,
        kind: record.kind,
        resource: record.resource,
        namespace: record.namespace,
        name: record.name,
        dry_run: record.dry_run,
        decision,
        findings: findings.collect(),
        exemptions: exemptions.collect(),
        undecided: record.undecided,
        failures: record.failures,
        unexpected: record.is_unexpected,
        config: config.to_owned(),
    }
}
