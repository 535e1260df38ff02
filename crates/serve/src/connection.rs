//! One connection: handshake, protocol, timers, and how it is left.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use serde::Serialize;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::server::TlsStream;

use crate::handler::Handler;
use crate::metrics::Cut;
use crate::options::Limits;
use crate::pulse::{Felt, Phase, Pulse};
use crate::tls::Clients;
use crate::{Level, Log, Metrics};

/// Bytes that are read from a socket at once: a whole TLS record. rustls alone asks for 4 KiB, which costs a
/// review of 26 KB four more system calls.
const RECORD: usize = 17 << 10;
/// How long a connection that was asked to close may take.
const LEAVING: Duration = Duration::from_secs(5);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has not begun.
    Serving,
    /// Each reply closes its connection.
    Closing,
    /// Idle connections are closed, too.
    Stopping,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) handler: Handler,
    pub(crate) limits: Limits,
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) clients: Option<Arc<Clients>>,
    pub(crate) http1: http1::Builder,
    pub(crate) http2: http2::Builder<TokioExecutor>,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
}

#[derive(Serialize)]
struct CutLine {
    reason: &'static str,
    from: SocketAddr,
}

/// Serves a connection to its end.
pub(crate) async fn serve(shared: Arc<Shared>, stream: TcpStream, from: SocketAddr) {
    if let Err(reason) = run(&shared, stream).await {
        shared.cut(reason, from);
    }
}

impl Shared {
    /// Counts and logs a connection that is refused or cut.
    pub(crate) fn cut(&self, reason: Cut, from: SocketAddr) {
        self.metrics.cut(reason);
        self.log.line(Level::Debug, "connection cut", &CutLine { reason: reason.as_str(), from });
    }

    fn closing(&self) -> bool {
        *self.stage.borrow() != Stage::Serving
    }
}

async fn run(shared: &Arc<Shared>, stream: TcpStream) -> Result<(), Cut> {
    // A reply is written at once; there is nothing to wait for. Where it cannot be set, it is only slower.
    let _ = stream.set_nodelay(true);
    let accepted =
        timeout(shared.limits.handshake, shared.acceptor.accept(BufReader::with_capacity(RECORD, stream)))
            .await;
    let stream = accepted.map_err(|_| Cut::HandshakeTime)?.map_err(|error| refusal(&error))?;
    let peer = peer(shared, &stream);
    let pulse = Arc::new(Pulse::default());
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(|request| {
        let under_way = pulse.begin();
        let (shared, peer) = (Arc::clone(shared), peer.clone());
        async move { shared.handler.handle(request, under_way, peer.as_deref(), || shared.closing()).await }
    });
    let stream = TokioIo::new(Felt { stream, pulse: Arc::clone(&pulse) });
    let timers = Timers::new(&pulse, &shared.limits, http2);
    let stage = shared.stage.subscribe();
    if http2 {
        drive(shared.http2.serve_connection(stream, service), timers, stage).await
    } else {
        drive(shared.http1.serve_connection(stream, service), timers, stage).await
    }
}

/// Why a handshake failed: because of whom, or because of what was spoken.
fn refusal(error: &io::Error) -> Cut {
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Cut::Certificate
        }
        _ => Cut::Handshake,
    }
}

fn peer(shared: &Shared, stream: &TlsStream<BufReader<TcpStream>>) -> Option<Arc<str>> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    shared.clients.as_ref()?.name(certificate).map(Into::into)
}

/// What a connection has been doing since when.
struct Timers<'a> {
    pulse: &'a Pulse,
    head: Duration,
    idle: Duration,
    http2: bool,
    seen: (Phase, usize),
    since: Instant,
    /// Requests that had finished when the end began.
    finished: Option<usize>,
    leaving: bool,
}

impl<'a> Timers<'a> {
    fn new(pulse: &'a Pulse, limits: &Limits, http2: bool) -> Self {
        let Limits { head, idle, .. } = *limits;
        let seen = (Phase::Idle, 0);
        Self { pulse, head, idle, http2, seen, since: Instant::now(), finished: None, leaving: false }
    }

    /// Takes note of what the connection is doing; true where a shorter time begins to run.
    fn observe(&mut self) -> bool {
        let mut phase = self.pulse.phase();
        // Frames between requests are no heads: pings are answered, and asked for.
        if self.http2 && phase == Phase::Head {
            phase = Phase::Idle;
        }
        let now = (phase, self.pulse.finished());
        if now == self.seen {
            return false;
        }
        self.seen = now;
        self.since = Instant::now();
        phase == Phase::Head
    }

    /// When it has lasted too long.
    fn due(&self) -> Option<(Instant, Cut)> {
        match self.seen.0 {
            Phase::Busy => None,
            Phase::Head => Some((self.since + self.head, Cut::HeadTime)),
            Phase::Idle => Some((self.since + self.idle, Cut::Idle)),
        }
    }

    /// Whether the connection is to be left now. A head that has begun to come is waited for.
    fn should_leave(&mut self, stage: Stage) -> bool {
        match stage {
            _ if self.leaving => false,
            Stage::Serving => false,
            // Over HTTP/1.1 the reply says so itself.
            Stage::Closing => self.http2 && self.seen.1 > *self.finished.get_or_insert(self.seen.1),
            Stage::Stopping => self.seen.0 != Phase::Head,
        }
    }
}

/// Runs a connection until it ends, is cut, or has been left.
async fn drive(
    connection: impl GracefulConnection,
    mut timers: Timers<'_>,
    mut stage: watch::Receiver<Stage>,
) -> Result<(), Cut> {
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep(timers.idle));
    let mut now = *stage.borrow_and_update();
    loop {
        let ends = |context: &mut Context<'_>| loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(Some(ended));
            }
            let shorter = timers.observe();
            if timers.should_leave(now) {
                timers.leaving = true;
                connection.as_mut().graceful_shutdown();
            } else {
                return if shorter { Poll::Ready(None) } else { Poll::Pending };
            }
        };
        tokio::select! {
            biased;
            ended = poll_fn(ends) => match ended {
                Some(ended) => return ended.map_err(|_| Cut::Broken),
                None => timer.as_mut().reset(Instant::now() + timers.head),
            },
            Ok(()) = stage.changed() => now = *stage.borrow_and_update(),
            () = timer.as_mut() => match timers.due() {
                Some((due, cut)) if due <= Instant::now() => {
                    if timers.leaving || cut != Cut::Idle {
                        return Err(cut);
                    }
                    timers.leaving = true;
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset(Instant::now() + LEAVING);
                }
                Some((due, _)) => timer.as_mut().reset(due),
                None => timer.as_mut().reset(Instant::now() + timers.idle.min(timers.head)),
            },
        }
    }
}
