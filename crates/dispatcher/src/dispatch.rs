//! Calls all webhooks for one request and puts together what the client and the audit log are told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::call::{Called, Clock, VirtualClock, WallClock, call};
use crate::filter::{Warnings, is_annotation_key};
use crate::request::Request;
use crate::status::Status;
use crate::verify::{AdmissionResponse, verify_reply};
use crate::webhook::Webhook;

/// What happens when a webhook cannot be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePolicy {
    /// The request fails.
    Fail,
    /// The request passes, and the audit log says so.
    Ignore,
}

/// What a webhook says of its effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideEffects {
    /// None, or none on a dry run.
    None,
    /// Some, or it is not said: it cannot be asked on a dry run.
    Some,
}

/// One entry of a `ValidatingWebhookConfiguration`.
pub struct Hook<'a> {
    /// `name`: the prefix of its audit annotations.
    pub name: String,
    /// `failurePolicy`; `Fail` by default, as in the API.
    pub failure_policy: FailurePolicy,
    /// `timeoutSeconds`; 10 seconds by default, as in the API.
    pub timeout: Duration,
    /// `sideEffects`.
    pub side_effects: SideEffects,
    webhook: &'a dyn Webhook,
    real_time: bool,
}

impl<'a> Hook<'a> {
    /// A webhook that answers without time passing, such as a function.
    pub fn new(name: &str, webhook: &'a dyn Webhook) -> Self {
        Self {
            name: name.to_owned(),
            failure_policy: FailurePolicy::Fail,
            timeout: Duration::from_secs(10),
            side_effects: SideEffects::None,
            webhook,
            real_time: false,
        }
    }

    /// The same, for which time is real: a server.
    #[must_use]
    pub fn in_real_time(mut self) -> Self {
        self.real_time = true;
        self
    }

    /// The same with this policy.
    #[must_use]
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.failure_policy = policy;
        self
    }

    /// The same with this timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same with these effects.
    #[must_use]
    pub fn side_effects(mut self, effects: SideEffects) -> Self {
        self.side_effects = effects;
        self
    }
}

/// Whether the request passed admission.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It did.
    Admitted,
    /// It did not; the client is given this.
    Rejected(Status),
}

/// What an API server's client, audit log and log would say.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Whether it passed.
    pub decision: Decision,
    /// The `Warning` headers.
    pub warnings: Vec<String>,
    /// The annotations in the audit log.
    pub audit_annotations: BTreeMap<String, String>,
    /// Calls that failed, with the reason: `failed calling webhook "x": …`.
    pub failures: Vec<String>,
    /// Warnings and annotations that were sent and reach nobody, with the reason.
    pub dropped: Vec<String>,
    /// POSTs made.
    pub attempts: u32,
}

impl Outcome {
    /// Whether the request passed.
    pub fn is_admitted(&self) -> bool {
        self.decision == Decision::Admitted
    }

    /// What the client is given, if it did not.
    pub fn status(&self) -> Option<&Status> {
        match &self.decision {
            Decision::Admitted => None,
            Decision::Rejected(status) => Some(status),
        }
    }
}

/// What one webhook answered.
enum Answer {
    Reviewed(Box<AdmissionResponse>),
    /// The text after `failed calling webhook "x": `.
    Failed(String),
    NoDryRun,
}

struct Answered {
    answer: Answer,
    after: Duration,
    attempts: u32,
}

/// Calls all `hooks` at once for one request, as the API server does.
///
/// Of several refusals the client is told the first that arrives; with functions that is the first in
/// the list.
pub fn dispatch(hooks: &[Hook<'_>], request: &Request) -> Outcome {
    let answers: Vec<Answered> = std::thread::scope(|scope| {
        let calls: Vec<_> = hooks.iter().map(|hook| scope.spawn(|| ask(hook, request))).collect();
        calls
            .into_iter()
            .map(|call| call.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut warnings = Warnings::default();
    let mut outcome = Outcome {
        decision: Decision::Admitted,
        warnings: Vec::new(),
        audit_annotations: BTreeMap::new(),
        failures: Vec::new(),
        dropped: Vec::new(),
        attempts: answers.iter().map(|answered| answered.attempts).sum(),
    };
    let mut refused: Option<(Duration, Status)> = None;
    for (index, (hook, answered)) in hooks.iter().zip(answers).enumerate() {
        let Some(status) = outcome.take(index, hook, answered.answer, &mut warnings) else { continue };
        if refused.as_ref().is_none_or(|(earlier, _)| answered.after < *earlier) {
            refused = Some((answered.after, status));
        }
    }
    let (sent, dropped) = warnings.into_sent();
    outcome.warnings = sent;
    outcome.dropped.extend(dropped);
    if let Some((_, status)) = refused {
        outcome.decision = Decision::Rejected(status);
    }
    outcome
}

fn ask(hook: &Hook<'_>, request: &Request) -> Answered {
    if request.is_dry_run() && hook.side_effects == SideEffects::Some {
        return Answered { answer: Answer::NoDryRun, after: Duration::ZERO, attempts: 0 };
    }
    let clock: Box<dyn Clock> =
        if hook.real_time { Box::new(WallClock::start()) } else { Box::new(VirtualClock::default()) };
    let (uid, review) = request.review();
    let Called { reply, attempts } = call(hook.webhook, &review, hook.timeout, clock.as_ref());
    let answer = match reply.and_then(|body| verify_reply(&uid, &body)) {
        Ok(response) => Answer::Reviewed(Box::new(response)),
        Err(why) => Answer::Failed(why),
    };
    Answered { answer, after: clock.elapsed(), attempts }
}

impl Outcome {
    /// Takes in what one webhook answered; gives what the client would be told of a refusal.
    fn take(
        &mut self,
        index: usize,
        hook: &Hook<'_>,
        answer: Answer,
        warnings: &mut Warnings,
    ) -> Option<Status> {
        match answer {
            Answer::NoDryRun => Some(Status::dry_run_unsupported(&hook.name)),
            Answer::Failed(why) => {
                let failure = format!("failed calling webhook {:?}: {why}", hook.name);
                self.failures.push(failure.clone());
                match hook.failure_policy {
                    FailurePolicy::Fail => Some(Status::internal_error(&failure)),
                    FailurePolicy::Ignore => {
                        let key =
                            format!("failed-open.validating.webhook.admission.k8s.io/round_0_index_{index}");
                        self.audit_annotations.insert(key, hook.name.clone());
                        None
                    }
                }
            }
            Answer::Reviewed(response) => {
                let AdmissionResponse { allowed, status, warnings: sent, audit_annotations, .. } = *response;
                for (key, value) in audit_annotations {
                    let key = format!("{}/{key}", hook.name);
                    if is_annotation_key(&key) {
                        self.audit_annotations.insert(key, value);
                    } else {
                        self.dropped.push(format!("audit annotation with a bad key: {key}"));
                    }
                }
                for warning in &sent {
                    warnings.add(warning);
                }
                (!allowed).then(|| Status::denied(&hook.name, status))
            }
        }
    }
}
