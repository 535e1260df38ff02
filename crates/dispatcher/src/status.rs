//! The `Status` that a client is given when its request is refused.

use serde::Deserialize;
use serde_json::Value;

/// As much of `metav1.Status` as reaches a client.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Status {
    /// `Failure`, or `Success` where a webhook says so of an allowed request.
    pub status: String,
    /// The HTTP status code of the API server's answer.
    pub code: i32,
    /// A word for programs, such as `Forbidden`.
    pub reason: String,
    /// What a person reads.
    pub message: String,
    /// `details`, as sent.
    pub details: Value,
}

impl Status {
    /// What the client is given for a webhook that cannot be called under `failurePolicy: Fail`.
    pub(crate) fn internal_error(message: &str) -> Self {
        Self {
            status: "Failure".to_owned(),
            code: 500,
            reason: "InternalError".to_owned(),
            message: format!("Internal error occurred: {message}"),
            details: Value::Null,
        }
    }

    /// What the client is given where a dry run would have effects.
    pub(crate) fn dry_run_unsupported(webhook: &str) -> Self {
        Self {
            status: "Failure".to_owned(),
            code: 400,
            reason: "BadRequest".to_owned(),
            message: format!("admission webhook {webhook:?} does not support dry run"),
            details: Value::Null,
        }
    }

    /// What the client is given for a denial: the webhook's own status, made to look like a failure.
    pub(crate) fn denied(webhook: &str, given: Option<Self>) -> Self {
        let mut status = given.unwrap_or_default();
        let by = format!("admission webhook {webhook:?} denied the request");
        status.code = if status.code < 400 { 400 } else { status.code };
        "Failure".clone_into(&mut status.status);
        status.message = match (status.message.as_str(), status.reason.as_str()) {
            ("", "") => format!("{by} without explanation"),
            ("", reason) => format!("{by}: {reason}"),
            (message, _) => format!("{by}: {message}"),
        };
        status
    }
}
