//! The second port: `/livez`, `/readyz` and `/metrics`, in the clear.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::accept::Heart;
use crate::body::Memory;
use crate::http::{Reply, http1, reply, text};
use crate::{Conditions, Log, Metrics};

/// More connections than this wait.
const CONNECTIONS: usize = 64;
/// Time for a head; a connection without a request for so long is closed, too.
const HEAD: Duration = Duration::from_secs(5);

/// What the port tells.
pub(crate) struct Health {
    pub(crate) heart: Arc<Heart>,
    pub(crate) conditions: Conditions,
    pub(crate) memory: Arc<Memory>,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
}

impl Health {
    /// Answers for ever.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut http1 = http1();
        http1.timer(TokioTimer::new()).header_read_timeout(HEAD);
        while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let health = Arc::clone(&self);
            let service = service_fn(move |request| {
                let reply = health.answer(&request);
                async move { Ok::<_, Infallible>(reply) }
            });
            let connection = http1.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // A probe that breaks off is its own affair.
                let _ = connection.await;
                drop(slot);
            });
        }
    }

    fn answer<B>(&self, request: &Request<B>) -> Reply {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "this is only read\n");
        }
        match request.uri().path() {
            "/livez" if self.heart.is_alive() => text(StatusCode::OK, "ok\n"),
            "/livez" => text(StatusCode::SERVICE_UNAVAILABLE, "no connections are taken\n"),
            "/readyz" => self.ready(),
            "/metrics" => self.metrics(),
            _ => text(StatusCode::NOT_FOUND, "not found; there are /livez, /readyz and /metrics\n"),
        }
    }

    fn ready(&self) -> Reply {
        let mut lines = String::new();
        let mut status = StatusCode::OK;
        for (name, met) in self.conditions.all() {
            // Writing to a string does not fail.
            let _ = if met {
                writeln!(lines, "[+] {name}")
            } else {
                writeln!(lines, "[-] {name}: not yet, or no longer")
            };
            if !met {
                status = StatusCode::SERVICE_UNAVAILABLE;
            }
        }
        reply(status, "text/plain; charset=utf-8", lines.into())
    }

    fn metrics(&self) -> Reply {
        for (name, met) in self.conditions.all() {
            self.metrics.ready(&name, met);
        }
        self.metrics.bodies(self.memory.used());
        self.metrics.log_dropped(self.log.dropped());
        reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", self.metrics.encode().into())
    }
}
