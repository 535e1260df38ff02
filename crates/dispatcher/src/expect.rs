//! The three words most tests are written in.

use crate::dispatch::{Decision, Hook, Outcome, dispatch};
use crate::request::Request;
use crate::webhook::Webhook;

/// The request passes, by an answer, without a warning.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn accepts(webhook: &dyn Webhook, request: impl Into<Request>) -> Outcome {
    let outcome = ask(webhook, request);
    assert!(outcome.is_admitted() && outcome.warnings.is_empty(), "not accepted: {outcome:#?}");
    outcome
}

/// The request passes with a warning that names `rule`.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn warns(webhook: &dyn Webhook, request: impl Into<Request>, rule: &str) -> Outcome {
    let outcome = ask(webhook, request);
    let warned = outcome.warnings.iter().any(|warning| warning.contains(rule));
    assert!(outcome.is_admitted() && warned, "not warned by {rule}: {outcome:#?}");
    outcome
}

/// The request is forbidden with a message that names `rule`.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn denies(webhook: &dyn Webhook, request: impl Into<Request>, rule: &str) -> Outcome {
    let outcome = ask(webhook, request);
    let denied = matches!(
        &outcome.decision,
        Decision::Rejected(status)
            if (status.code, status.reason.as_str()) == (403, "Forbidden") && status.message.contains(rule)
    );
    assert!(denied, "not denied by {rule}: {outcome:#?}");
    outcome
}

/// Whatever is decided, the webhook must have answered, and all it said must have reached somebody.
#[track_caller]
fn ask(webhook: &dyn Webhook, request: impl Into<Request>) -> Outcome {
    let outcome = dispatch(&[Hook::new("validate.cnpg-lint.dev", webhook)], &request.into());
    assert!(outcome.failures.is_empty() && outcome.dropped.is_empty(), "a bad answer: {outcome:#?}");
    outcome
}
