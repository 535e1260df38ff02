//! Following one kind: a list, then its changes, again from the list where changes were missed.

use super::Options;
use super::backoff::{Backoff, jitter};
use super::failure::Failure;
use super::requests::{Position, Requests};
use crate::{Store, WatchedKind};
use kube::Client;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// A watch that stood this long was sound: a failure after it is a new one.
const SOUND: Duration = Duration::from_secs(5);

/// Follows one kind.
pub(super) struct Follower<S> {
    requests: Arc<Requests<S>>,
    backoff: Backoff,
    outage: Option<Outage>,
    /// Why the store was told that the kind is unavailable, until the next whole list.
    told: Option<String>,
}

/// Since when nothing is heard of the kind, and why.
#[derive(Clone)]
struct Outage {
    since: Instant,
    cause: Failure,
}

impl<S> Clone for Follower<S> {
    fn clone(&self) -> Self {
        Self {
            requests: Arc::clone(&self.requests),
            backoff: self.backoff.clone(),
            outage: self.outage.clone(),
            told: self.told.clone(),
        }
    }
}

impl<S: Store> Follower<S> {
    pub(super) fn new(client: Client, kind: WatchedKind, store: Arc<S>, options: Options) -> Self {
        let backoff = Backoff::new(options.pause);
        let requests = Arc::new(Requests { client, kind, store, options });
        Self { requests, backoff, outage: None, told: None }
    }

    /// Never ends.
    pub(super) async fn run(&mut self) {
        loop {
            let position = self.list().await;
            self.told = None;
            self.requests.store.synced(&self.requests.kind);
            self.changes(position).await;
        }
    }

    /// After a panic while an object was handed over, perhaps one that comes again with each list.
    pub(super) async fn rest_after_panic(&mut self) {
        self.tell("an error inside cnpg-lint while it read an object");
        sleep(jitter(self.requests.options.pause.1)).await;
    }

    /// Lists until a list is whole.
    async fn list(&mut self) -> Position {
        let requests = Arc::clone(&self.requests);
        loop {
            match self.patiently(requests.list()).await {
                Ok(position) => {
                    self.outage = None;
                    return position;
                }
                Err(failure) => self.rest(failure).await,
            }
        }
    }

    /// Follows the changes after `position` until only a fresh list can say what is there.
    async fn changes(&mut self, mut position: Position) {
        let requests = Arc::clone(&self.requests);
        while self.told.is_none() {
            let outcome = match self.patiently(requests.watch(&position)).await {
                // The store was told meanwhile that nothing is known, and may hold nothing any more.
                Ok(_) if self.told.is_some() => return,
                Ok(changes) => {
                    let began = Instant::now();
                    self.outage = None;
                    let outcome = requests.follow(changes, &mut position).await;
                    if began.elapsed() >= SOUND {
                        self.backoff.reset();
                    } else if outcome.is_ok() {
                        sleep(self.backoff.next()).await;
                    }
                    outcome
                }
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(()) => {}
                Err(Failure::Expired) => {
                    self.rest(Failure::Expired).await;
                    return;
                }
                Err(failure) => self.rest(failure).await,
            }
        }
    }

    /// Pauses after a failure, and tells the store where it is one that lasts.
    async fn rest(&mut self, failure: Failure) {
        let kind = self.requests.kind;
        tracing::debug!(%kind, reason = failure.reason(&kind), "not watched");
        if let Failure::NotServed | Failure::Forbidden { .. } = failure {
            self.outage = None;
            let reason = failure.reason(&kind);
            if matches!(failure, Failure::NotServed) {
                self.tell_absent(&reason);
            } else {
                self.tell(&reason);
            }
            sleep(jitter(self.requests.options.ask_again)).await;
            return;
        }
        let since = self.outage.as_ref().map_or_else(Instant::now, |outage| outage.since);
        self.outage = Some(Outage { since, cause: failure });
        let pause = self.backoff.next();
        self.patiently(sleep(pause)).await;
    }

    /// Runs `step`, and tells the store meanwhile when the outage has lasted too long.
    async fn patiently<T>(&mut self, step: impl Future<Output = T>) -> T {
        let mut step = pin!(step);
        if let Some(outage) = &self.outage {
            let lost = outage.since + self.requests.options.lost_after;
            if let Ok(done) = timeout_at(lost, &mut step).await {
                return done;
            }
            let reason = outage.cause.reason(&self.requests.kind);
            self.tell(&reason);
        }
        step.await
    }

    /// Tells the store that the kind is unavailable, once for each reason.
    fn tell(&mut self, reason: &str) {
        let kind = self.requests.kind;
        if self.told.as_deref() != Some(reason) {
            tracing::warn!(%kind, reason, "what depends on this kind cannot be known");
            self.requests.store.unavailable(&kind, reason);
            self.told = Some(reason.to_owned());
        }
    }

    /// Tells the store that there is no such kind, once.
    fn tell_absent(&mut self, reason: &str) {
        let kind = self.requests.kind;
        if self.told.as_deref() != Some(reason) {
            tracing::info!(%kind, reason, "there are no objects of this kind");
            self.requests.store.absent(&kind, reason);
            self.told = Some(reason.to_owned());
        }
    }
}
