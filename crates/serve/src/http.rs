//! Replies, and the protocols as they are spoken on both ports.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::options::Limits;

pub(crate) type Reply = Response<Full<Bytes>>;

/// The most bytes of a head, and of what is read at once.
const BUFFER: usize = 128 << 10;
/// How far a caller may send ahead on one HTTP/2 stream, and on all of a connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// How often an HTTP/2 connection is asked whether it lives, and how long the answer may take.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(10);

/// A short text.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Reply {
    reply(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

pub(crate) fn reply(status: StatusCode, kind: &'static str, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// HTTP/1.1 without hyper's timer for heads: see [`crate::pulse`].
pub(crate) fn http1() -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1.header_read_timeout(None).max_buf_size(BUFFER);
    http1
}

pub(crate) fn http2(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(100)
        .max_header_list_size(16 << 10)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    http2
}
