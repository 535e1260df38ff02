//! How the server is asked to end.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Asks servers to end; clones ask the same.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    /// A shutdown that [`start`](Self::start) starts.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// A shutdown that SIGTERM or SIGINT starts, too. Needs a runtime.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::new();
        let started = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            started.start();
        });
        Ok(shutdown)
    }

    /// Starts the shutdown.
    pub fn start(&self) {
        self.0.send_replace(true);
    }

    /// Waits until the shutdown is started.
    pub async fn started(&self) {
        // The sender lives as long as `self`, so waiting ends only with the value.
        let _ = self.0.subscribe().wait_for(|started| *started).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
