//! The server: bound, run, and brought to its end without losing a review.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, rustls};

use crate::accept::{Door, Heart, Slots};
use crate::body::Memory;
use crate::certificates::{Certificates, Files};
use crate::connection::{Shared, Stage};
use crate::handler::Handler;
use crate::health::Health;
use crate::options::Options;
use crate::tls::{self, FileError};
use crate::{Condition, Level, Review, Shutdown, http};

/// A server that has its ports and does not serve yet.
pub struct Server {
    door: Door,
    health: Arc<Health>,
    health_listener: TcpListener,
    addresses: Addresses,
    certificates: Certificates,
    serving: Condition,
    grace: Duration,
    drain: Duration,
}

/// Why a server does not start.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BindError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Addresses {
    listen: SocketAddr,
    health_listen: SocketAddr,
}

#[derive(Serialize)]
struct Left {
    connections: usize,
}

impl Server {
    /// Reads the certificates and takes the ports; connections wait until [`run`](Self::run).
    pub async fn bind(options: Options, review: impl Review) -> Result<Self, BindError> {
        let Options { limits, conditions, metrics, log, .. } = options;
        let (store, files) = Files::read(options.certificate, options.client_ca)?;
        let clients = files.clients();
        let config = tls::config(&store, clients.clone(), options.tls12)?;
        let (listener, listen_address) = listen(options.listen).await?;
        let (health_listener, health_address) = listen(options.health_listen).await?;
        let heart = Heart::new();
        let memory = Memory::new(limits.bodies);
        let handler =
            Handler::new(Arc::new(review), limits, Arc::clone(&memory), metrics.clone(), log.clone());
        let shared = Shared {
            handler,
            limits,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            clients,
            http1: http::http1(),
            http2: http::http2(&limits),
            stage: watch::Sender::new(Stage::Serving),
            metrics: metrics.clone(),
            log: log.clone(),
        };
        let certificate = conditions.require("certificate");
        let certificates =
            Certificates::new(&store, files, options.reload_every, certificate, metrics.clone(), log.clone());
        let slots = Slots::new(limits, metrics.clone());
        Ok(Self {
            door: Door { listener, shared: Arc::new(shared), slots, heart: Arc::clone(&heart), store },
            serving: conditions.require("serving"),
            health: Arc::new(Health { heart, conditions, memory, metrics, log }),
            health_listener,
            addresses: Addresses { listen: listen_address, health_listen: health_address },
            certificates,
            grace: options.grace,
            drain: options.drain,
        })
    }

    /// Where reviews are served.
    pub fn addr(&self) -> SocketAddr {
        self.addresses.listen
    }

    /// Where probes and metrics are served.
    pub fn health_addr(&self) -> SocketAddr {
        self.addresses.health_listen
    }

    /// Serves until the shutdown, then says no to readiness, keeps serving for the grace while replies close
    /// their connections, and waits for what is under way. Returns how many connections had to be cut.
    pub async fn run(self, shutdown: Shutdown) -> usize {
        let Self { door, certificates, serving, .. } = self;
        let log = &door.shared.log;
        let mut tasks = JoinSet::new();
        tasks.spawn(self.health.serve(self.health_listener));
        tasks.spawn(certificates.watch());
        serving.set(true);
        log.line(Level::Info, "serving", &self.addresses);
        tokio::select! {
            () = door.accept() => {}
            () = shutdown.started() => {}
        }
        serving.set(false);
        door.shared.stage.send_replace(Stage::Closing);
        log.line(Level::Info, "closing", &Left { connections: door.slots.count() });
        // Only time ends it.
        let _ = timeout(self.grace, door.accept()).await;
        door.heart.rest();
        yield_now().await;
        door.accept_waiting().await;
        let Door { listener, shared, slots, .. } = door;
        drop(listener);
        shared.stage.send_replace(Stage::Stopping);
        shared.log.line(Level::Info, "stopping", &Left { connections: slots.count() });
        // What is left after it is counted.
        let _ = timeout(self.drain, slots.closed()).await;
        let left = slots.count();
        shared.log.line(Level::Info, "stopped", &Left { connections: left });
        shared.log.flush();
        left
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let failed = |source| BindError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
