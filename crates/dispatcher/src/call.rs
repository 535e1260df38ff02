//! One call of one webhook: the deadline, the loop over `Retry-After`, and what a status code becomes.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::webhook::{CallError, HttpReply, Webhook};

/// How often the API server's client tries again.
const RETRIES: u32 = 10;
/// How much of a body that is no review stands in an error.
const TEXT_BYTES: usize = 2048;

/// Time, as one call sees it.
pub trait Clock {
    /// Since the call began.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// Real time, for servers.
#[derive(Debug)]
pub struct WallClock(Instant);

impl WallClock {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for WallClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Time that passes only by waiting, for functions: a test of a minute of retries takes no time.
#[derive(Debug, Default)]
pub struct VirtualClock(Cell<Duration>);

impl Clock for VirtualClock {
    fn elapsed(&self) -> Duration {
        self.0.get()
    }

    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }
}

/// What came of a call, and after how many tries.
pub(crate) struct Called {
    /// The body of a reply with a good status, or the text after `failed calling webhook "x": `.
    pub(crate) reply: Result<Vec<u8>, String>,
    pub(crate) attempts: u32,
}

pub(crate) fn call(webhook: &dyn Webhook, review: &[u8], timeout: Duration, clock: &dyn Clock) -> Called {
    let told = whole_seconds(timeout.saturating_sub(clock.elapsed()));
    let mut attempts = 0;
    loop {
        let remaining = timeout.saturating_sub(clock.elapsed());
        if remaining.is_zero() {
            return Called { reply: Err(failed(&CallError::Timeout)), attempts };
        }
        attempts += 1;
        let reply = match webhook.call(review, told, remaining) {
            Ok(reply) => reply,
            Err(error) => return Called { reply: Err(failed(&error)), attempts },
        };
        match wait_of(&reply) {
            // What is left of the deadline is waited out; nothing is tried after it.
            Some(wait) if attempts <= RETRIES => {
                clock.sleep(wait.min(timeout.saturating_sub(clock.elapsed())));
            }
            _ => return Called { reply: body_of(reply), attempts },
        }
    }
}

/// The deadline as `?timeout=` says it.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// How long to wait before the next try, where the webhook asks for one.
fn wait_of(reply: &HttpReply) -> Option<Duration> {
    if reply.code != 429 && reply.code < 500 {
        return None;
    }
    // Seconds only: a date is no number, and nothing is tried again.
    reply.retry_after.as_ref()?.parse().ok().map(Duration::from_secs)
}

fn body_of(reply: HttpReply) -> Result<Vec<u8>, String> {
    if !(200..=206).contains(&reply.code) {
        return Err(failed(&meaning_of(&reply)));
    }
    // Whatever the content type says, it is read as JSON.
    let given = reply.content_type.as_deref().unwrap_or("application/json");
    if reply.body.is_empty() {
        let code = reply.code;
        return Err(failed(&format!("0-length response with status code: {code} and content type: {given}")));
    }
    Ok(reply.body)
}

fn failed(why: &dyn std::fmt::Display) -> String {
    format!("failed to call webhook: {why}")
}

/// What the API server's client makes of a status code that is no success.
fn meaning_of(reply: &HttpReply) -> String {
    let is_text = reply.content_type.as_deref().is_none_or(|media| media.starts_with("text/"));
    let body = reply.body.get(..TEXT_BYTES).unwrap_or(&reply.body);
    let body = if is_text { String::from_utf8_lossy(body).trim().to_owned() } else { "unknown".to_owned() };
    match reply.code {
        400 => "the server rejected our request for an unknown reason".to_owned(),
        401 => "the server has asked for the client to provide credentials".to_owned(),
        403 | 415 => body,
        404 => "the server could not find the requested resource".to_owned(),
        405 => "the server does not allow this method on the requested resource".to_owned(),
        409 => "the server reported a conflict".to_owned(),
        422 => "the server rejected our request due to an error in our request".to_owned(),
        429 => "the server has received too many requests and has asked us to try again later".to_owned(),
        503 => "the server is currently unable to handle the request".to_owned(),
        504 => "the server was unable to return a response in the time allotted, but may still be processing the request"
            .to_owned(),
        code if code >= 500 => {
            format!("an error on the server ({body:?}) has prevented the request from succeeding")
        }
        code => format!("the server responded with the status code {code} but did not return more information"),
    }
}
