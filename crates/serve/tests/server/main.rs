//! The server from the outside: over sockets, with certificates and clients of the tests' own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod dispatch;
mod drain;
mod http;
mod http2;
mod logs;
mod process;
mod slow;
mod support;
mod tls;
