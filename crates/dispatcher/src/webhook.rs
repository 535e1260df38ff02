//! What can be called: anything that takes the body of a POST and answers HTTP, or fails to.

use std::time::Duration;

/// A webhook as the API server meets it.
///
/// Implemented for every `Fn(&[u8], Duration) -> Result<HttpReply, CallError>`: the bytes are the
/// `AdmissionReview`, the duration is what stands in `?timeout=`, whole seconds.
pub trait Webhook: Sync {
    /// One POST. `remaining` is what is left of the deadline; `timeout` is that, rounded up to whole
    /// seconds, as the webhook is told.
    fn call(&self, review: &[u8], timeout: Duration, remaining: Duration) -> Result<HttpReply, CallError>;
}

impl<F> Webhook for F
where
    F: Fn(&[u8], Duration) -> Result<HttpReply, CallError> + Sync,
{
    fn call(&self, review: &[u8], timeout: Duration, _remaining: Duration) -> Result<HttpReply, CallError> {
        self(review, timeout)
    }
}

/// An HTTP reply, as far as the API server looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status code.
    pub code: u16,
    /// `Content-Type`; none is taken for JSON.
    pub content_type: Option<String>,
    /// `Retry-After`, as sent.
    pub retry_after: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// 200 with a JSON body: what a webhook should send.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self {
            code: 200,
            content_type: Some("application/json".to_owned()),
            retry_after: None,
            body: body.into(),
        }
    }

    /// Another status code with a text.
    pub fn text(code: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            code,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            retry_after: None,
            body: body.into(),
        }
    }

    /// The same with `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.to_string());
        self
    }
}

/// Why there is no HTTP reply at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The deadline passed.
    #[error("context deadline exceeded")]
    Timeout,
    /// Nobody listens, or no such name.
    #[error("connect: {0}")]
    Connect(String),
    /// No TLS session: certificates, versions, or not TLS at all.
    #[error("tls: {0}")]
    Tls(String),
    /// The peer closed or reset the connection before a reply was there.
    #[error("EOF")]
    Closed,
    /// What was sent is no HTTP reply, or else went wrong.
    #[error("{0}")]
    Protocol(String),
}
