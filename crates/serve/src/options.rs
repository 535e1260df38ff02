//! What a server is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::{CertStore, Conditions, Log, Metrics};

/// Everything that a server is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where reviews are served, over TLS.
    pub listen: SocketAddr,
    /// Where probes and metrics are served, in the clear.
    pub health_listen: SocketAddr,
    /// The certificate that is served.
    pub certificate: Certificate,
    /// Who may connect; everyone where nothing is given.
    pub client_ca: Option<ClientCa>,
    /// Whether TLS 1.2 is spoken beside 1.3.
    pub tls12: bool,
    /// How often files of certificates are looked at.
    pub reload_every: Duration,
    /// What bounds time and memory.
    pub limits: Limits,
    /// How long, once asked to end, reviews are still taken, so that callers learn of it: each reply closes its
    /// connection, and readiness says no.
    pub grace: Duration,
    /// How long, after the grace, what is under way may take.
    pub drain: Duration,
    /// Where is logged.
    pub log: Log,
    /// What is counted.
    pub metrics: Metrics,
    /// What readiness waits for, beside what the server itself adds.
    pub conditions: Conditions,
}

/// Where the served certificate comes from.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// Two PEM files, the certificate followed by its chain, and the key; read again when they change.
    Files {
        /// The certificate and its chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// A store that somebody else fills.
    Store(CertStore),
}

/// Which client certificates are let in.
#[derive(Debug, Clone)]
pub struct ClientCa {
    /// PEM file of the authorities, read again when it changes.
    pub file: PathBuf,
    /// The names of which a certificate must have one, as DNS name or common name; any where none is given.
    pub names: Vec<String>,
}

/// What bounds time and memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of all bodies together.
    pub bodies: usize,
    /// Reviews that wait for a worker or run.
    pub queue: usize,
    /// Open connections.
    pub connections: usize,
    /// Open connections from one address.
    pub connections_per_peer: usize,
    /// Requests under way on one HTTP/2 connection.
    pub streams: u32,
    /// Time for the TLS handshake.
    pub handshake: Duration,
    /// Time from the first byte of a request's head to its last, over HTTP/1.1.
    pub head: Duration,
    /// Time without a request after which a connection is closed. Longer than the 90 s of the API server's
    /// client, so that it closes first and never sends into a closing connection.
    pub idle: Duration,
    /// Time for a request whose caller names none.
    pub request: Duration,
    /// Taken off the time that the caller names, for the way back.
    pub margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The API server takes objects of 3 MiB and sends the old one with the new.
            body: 7 << 20,
            bodies: 64 << 20,
            queue: 256,
            connections: 4096,
            connections_per_peer: 2048,
            streams: 128,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(5),
            idle: Duration::from_mins(2),
            request: Duration::from_secs(10),
            margin: Duration::from_millis(200),
        }
    }
}

impl Options {
    /// Options with the defaults of the command.
    pub fn new(listen: SocketAddr, health_listen: SocketAddr, certificate: Certificate, log: Log) -> Self {
        Self {
            listen,
            health_listen,
            certificate,
            client_ca: None,
            tls12: false,
            reload_every: Duration::from_secs(5),
            limits: Limits::default(),
            grace: Duration::from_secs(10),
            drain: Duration::from_secs(15),
            log,
            metrics: Metrics::new(&[]),
            conditions: Conditions::new(),
        }
    }
}
