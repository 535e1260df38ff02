//! Taking connections, as many as may be open.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::connection::{self, Shared};
use crate::log;
use crate::metrics::Cut;
use crate::options::Limits;
use crate::tls::CertStore;
use crate::{Level, Metrics};

/// How many connections the system makes ahead for a listener of tokio.
const BACKLOG: usize = 1024;
const BEAT: Duration = Duration::from_secs(1);
/// Without a beat for so long, the loop that takes connections hangs.
const STILL: u64 = 10;

/// Takes connections and gives each a task.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) shared: Arc<Shared>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) heart: Arc<Heart>,
    pub(crate) store: CertStore,
}

impl Door {
    /// Takes connections for ever.
    pub(crate) async fn accept(&self) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = 0;
        loop {
            tokio::select! {
                _ = beat.tick() => self.heart.beat(),
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, from)) => {
                        failures = 0;
                        self.enter(stream, from);
                    }
                    Err(error) => {
                        self.shared.metrics.accept_failed();
                        let error_line = log::Error { error: error.to_string() };
                        self.shared.log.line(Level::Warn, "no connection could be taken", &error_line);
                        sleep(pause(&error, failures)).await;
                        failures += 1;
                    }
                },
            }
        }
    }

    /// Takes the connections that the system has made already: their callers may have sent a review.
    pub(crate) async fn accept_waiting(&self) {
        for _ in 0..BACKLOG {
            let accepted = poll_fn(|context| Poll::Ready(self.listener.poll_accept(context))).await;
            let Poll::Ready(Ok((stream, from))) = accepted else { return };
            self.enter(stream, from);
        }
    }

    fn enter(&self, stream: TcpStream, from: SocketAddr) {
        if self.store.is_empty() {
            return self.shared.cut(Cut::NoCertificate, from);
        }
        match self.slots.open(from.ip()) {
            Ok(slot) => {
                let shared = Arc::clone(&self.shared);
                tokio::spawn(async move {
                    connection::serve(shared, stream, from).await;
                    drop(slot);
                });
            }
            Err(cut) => self.shared.cut(cut, from),
        }
    }
}

/// How long to wait after a connection could not be taken. One that its caller gave up is no reason to; where
/// files or memory are short, trying again at once would only burn a CPU.
fn pause(error: &io::Error, failures: u32) -> Duration {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted => Duration::ZERO,
        _ => Duration::from_millis(50 << failures.min(4)),
    }
}

/// Counts open connections.
#[derive(Debug)]
pub(crate) struct Slots {
    limits: Limits,
    metrics: Metrics,
    open: watch::Sender<usize>,
    peers: Mutex<HashMap<IpAddr, usize>>,
}

/// An open connection, until it is dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    peer: IpAddr,
}

impl Slots {
    pub(crate) fn new(limits: Limits, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { limits, metrics, open: watch::Sender::new(0), peers: Mutex::default() })
    }

    fn open(self: &Arc<Self>, peer: IpAddr) -> Result<Slot, Cut> {
        let peer = peer.to_canonical();
        if *self.open.borrow() >= self.limits.connections {
            return Err(Cut::Full);
        }
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = peers.entry(peer).or_default();
        if *of_peer >= self.limits.connections_per_peer {
            return Err(Cut::Peer);
        }
        *of_peer += 1;
        drop(peers);
        self.open.send_modify(|open| *open += 1);
        self.metrics.connected(self.count());
        Ok(Slot { slots: Arc::clone(self), peer })
    }

    pub(crate) fn count(&self) -> usize {
        *self.open.borrow()
    }

    /// Waits until no connection is open.
    pub(crate) async fn closed(&self) {
        // The sender lives as long as `self`, so waiting ends only with the value.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut peers = self.slots.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_peer) = peers.get_mut(&self.peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                peers.remove(&self.peer);
            }
        }
        drop(peers);
        self.slots.open.send_modify(|open| *open -= 1);
        self.slots.metrics.connected(self.slots.count());
    }
}

/// Tells whether the loop that takes connections still turns.
#[derive(Debug)]
pub(crate) struct Heart {
    start: Instant,
    last: AtomicU64,
}

impl Heart {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), last: AtomicU64::new(0) })
    }

    fn beat(&self) {
        self.last.store(self.start.elapsed().as_secs(), Ordering::Release);
    }

    /// From now on no beat is expected.
    pub(crate) fn rest(&self) {
        self.last.store(u64::MAX, Ordering::Release);
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.start.elapsed().as_secs().saturating_sub(self.last.load(Ordering::Acquire)) < STILL
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[test]
    fn waits_longer_while_files_are_short_and_not_at_all_after_a_caller_gave_up() {
        let short = io::Error::from_raw_os_error(24);
        let pauses: Vec<_> = (0..7).map(|failures| pause(&short, failures).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 800, 800]);
        assert_eq!(pause(&ErrorKind::ConnectionAborted.into(), 3), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_is_told_from_one_that_rests() {
        let heart = Heart::new();
        advance(Duration::from_secs(9)).await;
        assert!(heart.is_alive());
        heart.beat();
        advance(Duration::from_secs(9)).await;
        assert!(heart.is_alive());
        advance(Duration::from_secs(1)).await;
        assert!(!heart.is_alive());
        heart.rest();
        assert!(heart.is_alive());
    }

    #[test]
    fn counts_connections_by_peer_and_in_total() {
        let limits = Limits { connections: 3, connections_per_peer: 2, ..Limits::default() };
        let slots = Slots::new(limits, Metrics::new(&[]));
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = slots.open(one).unwrap();
        let _second = slots.open(one.to_canonical()).unwrap();
        assert_eq!(slots.open(one).err(), Some(Cut::Peer));
        let _third = slots.open(other).unwrap();
        assert_eq!(slots.open(other).err(), Some(Cut::Full));
        drop(first);
        assert!(slots.open(one).is_ok());
        assert_eq!(slots.count(), 2);
    }
}
