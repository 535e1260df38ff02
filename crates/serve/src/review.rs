//! What the server asks of whoever judges reviews, and what it is told to count and log.

use std::time::Instant;

use serde::Serialize;

/// What answers a review.
///
/// Called on a worker of the runtime, so it computes and never blocks on I/O. A panic is caught and becomes
/// a 500 of that one request.
pub trait Review: Send + Sync + 'static {
    /// The reply to a body that is not empty and within the size limit.
    fn review(&self, body: &[u8], request: &RequestInfo<'_>) -> Answer;

    /// The uid in a body on which [`review`](Review::review) panicked, for the log.
    fn uid(&self, _body: &[u8]) -> Option<String> {
        None
    }
}

/// What is known of a request besides its body.
#[derive(Debug, Clone, Copy)]
pub struct RequestInfo<'a> {
    /// The path, without the query.
    pub path: &'a str,
    /// When the reply must be on its way: the caller's own timeout, less a margin.
    pub deadline: Instant,
    /// The name by which the client certificate was let in; nothing where none is demanded.
    pub peer: Option<&'a str>,
}

/// A reply.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status: 200 with an `AdmissionReview`, else a short fixed text.
    pub status: u16,
    /// JSON where the status is 200, else plain text.
    pub body: Vec<u8>,
    /// What is counted and logged.
    pub event: Event,
}

/// What is counted and logged of one review. Nothing here may be taken from the object but its identity.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// The uid of the review, as sent.
    pub uid: String,
    /// Who made the request.
    pub user: String,
    /// What is being done to the object.
    pub operation: Operation,
    /// The kind of the object, such as `Cluster`.
    pub kind: String,
    /// Plural and subresource, such as `clusters/scale`. A label of metrics, where the server knows it.
    pub resource: String,
    /// The namespace of the object; empty where it has none.
    pub namespace: String,
    /// The name of the object; may be empty at CREATE.
    pub name: String,
    /// Whether nothing will be stored: counted as a request, and no further.
    pub dry_run: bool,
    /// What the caller was told.
    pub decision: Decision,
    /// The rules that were broken, and what each did.
    pub findings: Vec<Finding>,
    /// The exemptions that were used.
    pub exemptions: Vec<Exemption>,
    /// How many rules could not be decided.
    pub undecided: usize,
    /// The rules that could not be evaluated; labels of metrics, as in [`Finding`].
    pub failures: Vec<String>,
    /// Whether this request should not have come here (a kind, verb or subresource that is not judged).
    pub unexpected: bool,
    /// The hash of the configuration that it was judged by.
    pub config: String,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id: from rule files, never from a request, because it is a label of metrics.
    pub rule: String,
    /// What the finding did.
    pub mode: Mode,
}

/// An exemption that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exemption {
    /// The rule that it exempts from; a label of metrics, as in [`Finding`].
    pub rule: String,
    /// Where it was written.
    pub by: ExemptedBy,
}

/// The verb of an admission request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the field's own words")]
pub enum Operation {
    Create,
    Update,
    Delete,
    Connect,
    /// A verb that we do not know, or none was read.
    #[default]
    Other,
}

/// What the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Allowed, without a word.
    Allow,
    /// Allowed, with warnings.
    Warn,
    /// Denied.
    Deny,
    /// Not judged: the body was not a review, or the fault is ours.
    #[default]
    Error,
}

/// What a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of rule files")]
pub enum Mode {
    Deny,
    Warn,
    Audit,
}

/// Where an exemption is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExemptedBy {
    /// An annotation of the object.
    Annotation,
    /// A selector of the configuration.
    Configuration,
    /// A user or group of the configuration.
    User,
}

/// The text of each, as metrics and logs have it.
macro_rules! text {
    ($($type:ident { $($variant:ident => $text:literal),+ })+) => {
        $(impl $type {
            /// The word in metrics and logs.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        })+
    };
}

text! {
    Operation { Create => "CREATE", Update => "UPDATE", Delete => "DELETE", Connect => "CONNECT", Other => "OTHER" }
    Decision { Allow => "allow", Warn => "warn", Deny => "deny", Error => "error" }
    Mode { Deny => "deny", Warn => "warn", Audit => "audit" }
    ExemptedBy { Annotation => "annotation", Configuration => "configuration", User => "user" }
}
