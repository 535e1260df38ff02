//! One request: what is refused without a look, what is shed, and what the reviewer answers.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};
use serde::Serialize;
use tokio::task::yield_now;
use tokio::time::Instant;

use crate::body::{self, Held, Memory, Unread};
use crate::http::{Reply, reply, text};
use crate::metrics::Shed;
use crate::options::Limits;
use crate::pulse::UnderWay;
use crate::review::{Answer, Event, RequestInfo, Review};
use crate::{Level, Log, Metrics};

const PATH: &str = "/validate";
const JSON: &str = "application/json";

/// The longest time that a caller can name: what the API server lets a webhook have.
const LONGEST: u64 = 30;

/// Answers requests; one for the whole server.
pub(crate) struct Handler {
    review: Arc<dyn Review>,
    limits: Limits,
    memory: Arc<Memory>,
    queued: AtomicUsize,
    metrics: Metrics,
    log: Log,
}

/// A place among the reviews that wait or run, until it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The line that is logged of a review.
#[derive(Serialize)]
struct Line<'a> {
    uid: &'a str,
    user: &'a str,
    operation: &'static str,
    kind: &'a str,
    resource: &'a str,
    namespace: &'a str,
    name: &'a str,
    dry_run: bool,
    decision: &'static str,
    findings: &'a [crate::Finding],
    exemptions: &'a [crate::Exemption],
    undecided: usize,
    failures: &'a [String],
    config: &'a str,
    status: u16,
    peer: Option<&'a str>,
    micros: u128,
}

/// What is logged of a panic.
#[derive(Serialize)]
struct Panicked {
    uid: Option<String>,
}

impl Handler {
    pub(crate) fn new(
        review: Arc<dyn Review>,
        limits: Limits,
        memory: Arc<Memory>,
        metrics: Metrics,
        log: Log,
    ) -> Self {
        Self { review, limits, memory, queued: AtomicUsize::new(0), metrics, log }
    }

    /// Answers a request; the caller is asked to leave the connection with the reply where `closing` says so then.
    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        under_way: UnderWay,
        peer: Option<&str>,
        closing: impl Fn() -> bool,
    ) -> Result<Reply, Infallible> {
        let received = Instant::now();
        let (head, mut body) = request.into_parts();
        let result = match self.refuse(&head) {
            Some(refusal) => Err(refusal),
            None => self.judge(&head, &mut body, peer, received).await,
        };
        let mut reply = result.unwrap_or_else(|refusal| {
            body::discard(body, under_way);
            refusal
        });
        if closing() {
            close(&mut reply);
        }
        // HTTP/2 has no such header: a connection is left by its own means.
        if head.version >= Version::HTTP_2 {
            reply.headers_mut().remove(CONNECTION);
        }
        self.metrics.responded(reply.status().as_u16());
        Ok(reply)
    }

    /// What can be refused by the head alone.
    fn refuse(&self, head: &Parts) -> Option<Reply> {
        if head.uri.path() != PATH {
            return Some(text(StatusCode::NOT_FOUND, "not found; reviews are posted to /validate\n"));
        }
        if head.method != Method::POST {
            let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "reviews are posted\n");
            reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return Some(reply);
        }
        if head.headers.contains_key(CONTENT_ENCODING) {
            return Some(text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must not be encoded\n"));
        }
        if !head.headers.get(CONTENT_TYPE).is_some_and(is_json) {
            return Some(text(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be application/json\n",
            ));
        }
        let declared = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        declared.is_some_and(|length: u64| length > self.limits.body as u64).then(too_large)
    }

    async fn judge(
        &self,
        head: &Parts,
        body: &mut Incoming,
        peer: Option<&str>,
        received: Instant,
    ) -> Result<Reply, Reply> {
        let deadline = received + self.time(head.uri.query());
        let read = body::read(body, self.limits.body, deadline, &self.memory).await;
        let body = read.map_err(|unread| self.unread(unread))?;
        if body.as_slice().is_empty() {
            return Err(text(StatusCode::BAD_REQUEST, "the body is empty\n"));
        }
        let _place = self.queue().ok_or_else(|| self.shed(Shed::Queue))?;
        // Whoever else has sent something is heard before this review has the thread, so that a burst is
        // counted whole, and shed, before it is worked off.
        yield_now().await;
        if Instant::now() >= deadline {
            return Err(self.shed(Shed::Deadline));
        }
        Ok(self.answer(head.uri.path(), &body, peer, received, deadline))
    }

    fn answer(
        &self,
        path: &str,
        body: &Held,
        peer: Option<&str>,
        received: Instant,
        deadline: Instant,
    ) -> Reply {
        let info = RequestInfo { path, deadline: deadline.into_std(), peer };
        let reviewed = catch_unwind(AssertUnwindSafe(|| self.review.review(body.as_slice(), &info)));
        let Ok(answer) = reviewed else { return self.panicked(body) };
        let Answer { status, body, event } = answer;
        let now = Instant::now();
        if now > deadline {
            self.metrics.late();
        }
        self.metrics.reviewed(&event, now - received);
        self.record(&event, status, peer, now - received);
        let kind = if status == 200 { JSON } else { "text/plain; charset=utf-8" };
        reply(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), kind, body.into())
    }

    fn record(&self, event: &Event, status: u16, peer: Option<&str>, took: Duration) {
        let Event { uid, user, kind, resource, namespace, name, config, .. } = event;
        let line = Line {
            uid,
            user,
            operation: event.operation.as_str(),
            kind,
            resource,
            namespace,
            name,
            dry_run: event.dry_run,
            decision: event.decision.as_str(),
            findings: &event.findings,
            exemptions: &event.exemptions,
            undecided: event.undecided,
            failures: &event.failures,
            config,
            status,
            peer,
            micros: took.as_micros(),
        };
        self.log.line(Level::Info, "review", &line);
    }

    fn panicked(&self, body: &Held) -> Reply {
        self.metrics.panicked();
        let uid = catch_unwind(AssertUnwindSafe(|| self.review.uid(body.as_slice())));
        self.log.line(Level::Error, "a review panicked", &Panicked { uid: uid.unwrap_or_default() });
        text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
    }

    fn unread(&self, unread: Unread) -> Reply {
        let mut reply = match unread {
            Unread::Large => return too_large(),
            Unread::Memory => return self.shed(Shed::Memory),
            Unread::Late => text(StatusCode::REQUEST_TIMEOUT, "the body did not come in time\n"),
            Unread::Broken => text(StatusCode::BAD_REQUEST, "the body broke off\n"),
        };
        close(&mut reply);
        reply
    }

    /// The API server comes again after the time named here, within its own timeout.
    fn shed(&self, reason: Shed) -> Reply {
        self.metrics.shed(reason);
        let mut reply = text(StatusCode::TOO_MANY_REQUESTS, "busy, come again\n");
        reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        reply
    }

    fn queue(&self) -> Option<Place<'_>> {
        let room = |queued: usize| (queued < self.limits.queue).then_some(queued + 1);
        self.queued.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).ok().map(|_| Place(&self.queued))
    }

    /// How long a request may take: what the API server has left, as it says in `?timeout=3s`, less a margin.
    fn time(&self, query: Option<&str>) -> Duration {
        let named = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("timeout=")));
        let seconds = named.and_then(|named| named.strip_suffix('s')?.parse::<u64>().ok());
        let whole =
            seconds.map_or(self.limits.request, |seconds| Duration::from_secs(seconds.clamp(1, LONGEST)));
        whole.saturating_sub(self.limits.margin)
    }
}

fn is_json(kind: &HeaderValue) -> bool {
    let kind = kind.as_bytes();
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or(kind);
    essence.trim_ascii().eq_ignore_ascii_case(JSON.as_bytes())
}

fn too_large() -> Reply {
    let mut reply = text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n");
    close(&mut reply);
    reply
}

fn close(reply: &mut Reply) {
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}
