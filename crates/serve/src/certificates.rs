//! Keeps certificates fresh while the server runs, and says how they are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::metrics::Reloaded;
use crate::options::{Certificate, ClientCa};
use crate::tls::{Authorities, CertStore, Clients, FileError, Pair, Polled, Served};
use crate::{Condition, Level, Log, Metrics, log};

/// What is watched, and who is told.
pub(crate) struct Certificates {
    pub(crate) served: watch::Receiver<Option<Served>>,
    pub(crate) files: Arc<Mutex<Files>>,
    pub(crate) every: Duration,
    pub(crate) condition: Condition,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
}

/// The files that are looked at, where there are any.
pub(crate) struct Files {
    pair: Option<Pair>,
    authorities: Option<Authorities>,
}

#[derive(Serialize)]
struct Ends {
    not_after: Option<Timestamp>,
}

impl Files {
    /// Reads what there is to read; the store is filled from files, or left to somebody else.
    pub(crate) fn read(
        certificate: Certificate,
        client_ca: Option<ClientCa>,
    ) -> Result<(CertStore, Self), FileError> {
        let (store, pair) = match certificate {
            Certificate::Store(store) => (store, None),
            Certificate::Files { certificate, key } => {
                let store = CertStore::new();
                let pair = Pair::read(&certificate, &key, store.clone())?;
                (store, Some(pair))
            }
        };
        let authorities = client_ca.map(|ca| Authorities::read(&ca.file, ca.names)).transpose()?;
        Ok((store, Self { pair, authorities }))
    }

    pub(crate) fn clients(&self) -> Option<Arc<Clients>> {
        self.authorities.as_ref().map(Authorities::clients)
    }

    fn poll(&mut self) -> [Option<(Reloaded, Polled)>; 2] {
        [
            self.pair.as_mut().map(|pair| (Reloaded::Certificate, pair.poll())),
            self.authorities.as_mut().map(|authorities| (Reloaded::ClientCa, authorities.poll())),
        ]
    }
}

impl Certificates {
    pub(crate) fn new(
        store: &CertStore,
        files: Files,
        every: Duration,
        condition: Condition,
        metrics: Metrics,
        log: Log,
    ) -> Self {
        let files = Arc::new(Mutex::new(files));
        let certificates = Self { served: store.subscribe(), files, every, condition, metrics, log };
        certificates.observe();
        certificates
    }

    /// Watches for ever.
    pub(crate) async fn watch(mut self) {
        let mut look = interval(self.every);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Ok(()) = self.served.changed() => {
                    self.metrics.reloaded(Reloaded::Certificate, true);
                    let not_after = self.observe().and_then(|time| Timestamp::try_from(time).ok());
                    self.log.line(Level::Info, "a new certificate is served", &Ends { not_after });
                }
                _ = look.tick() => {
                    self.look().await;
                    self.observe();
                }
            }
        }
    }

    /// Readiness and the gauge, from what is served now; returns when it ends.
    fn observe(&self) -> Option<SystemTime> {
        let not_after = self.served.borrow().as_ref().map(|served| served.not_after);
        self.condition.set(not_after.is_some_and(|end| SystemTime::now() < end));
        if let Some(end) = not_after {
            self.metrics.certificate(end);
        }
        not_after
    }

    fn refused(&self, what: Reloaded, error: String) {
        self.metrics.reloaded(what, false);
        self.log.line(Level::Error, "what is new in certificate files is not used", &log::Error { error });
    }

    async fn look(&self) {
        let files = Arc::clone(&self.files);
        let poll = move || files.lock().unwrap_or_else(PoisonError::into_inner).poll();
        let polled = match spawn_blocking(poll).await {
            Ok(polled) => polled,
            Err(panic) => return self.refused(Reloaded::Certificate, panic.to_string()),
        };
        for (what, polled) in polled.into_iter().flatten() {
            match polled {
                Polled::Refused(error) => self.refused(what, error),
                Polled::Taken if what == Reloaded::ClientCa => {
                    self.metrics.reloaded(what, true);
                    self.log.line(Level::Info, "new client authorities are used", &log::Nothing {});
                }
                // A certificate is told of when its store has it, whoever put it there.
                Polled::Taken | Polled::Unchanged => {}
            }
        }
    }
}
