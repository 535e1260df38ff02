//! Watches that keep a store in step with the API server, one task for each kind.

mod backoff;
mod failure;
mod follow;
mod items;
mod requests;

use crate::{Store, WatchedKind};
use follow::Follower;
use futures_util::FutureExt as _;
use kube::Client;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How the watches go about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Objects in one page of a list.
    pub page: u32,
    /// How long the API server is asked to keep one watch open, in whole seconds. This is also how
    /// long a connection that died in silence, or a permission that was taken away, goes unnoticed.
    pub watch_for: Duration,
    /// How long an answer may take.
    pub answer_within: Duration,
    /// How long a kind that was watched may go unwatched before it is `unavailable`.
    pub lost_after: Duration,
    /// When to ask again for what is not served or not permitted.
    pub ask_again: Duration,
    /// The first and the longest pause after a failure.
    pub pause: (Duration, Duration),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            page: 250,
            watch_for: Duration::from_mins(1),
            answer_within: Duration::from_secs(15),
            lost_after: Duration::from_secs(30),
            ask_again: Duration::from_mins(1),
            pause: (Duration::from_millis(500), Duration::from_secs(30)),
        }
    }
}

/// The running watches; they end when this is dropped.
#[derive(Debug)]
pub struct Watches {
    _tasks: JoinSet<()>,
}

/// Watches `kinds` in all namespaces and tells `store`. Returns at once; call it in a tokio runtime.
pub fn watch<S: Store>(client: &Client, kinds: &[WatchedKind], store: &Arc<S>, options: &Options) -> Watches {
    let mut tasks = JoinSet::new();
    for &kind in kinds {
        let follower = Follower::new(client.clone(), kind, Arc::clone(store), options.clone());
        tasks.spawn(keep_alive(follower));
    }
    Watches { _tasks: tasks }
}

/// Follows a kind for ever. A watch that ended by a panic would be a gap that nobody sees: the kind
/// becomes unavailable, and is listed anew.
async fn keep_alive<S: Store>(follower: Follower<S>) {
    let mut broken = false;
    loop {
        let mut follower = follower.clone();
        let run = async move {
            if broken {
                follower.rest_after_panic().await;
            }
            follower.run().await;
        };
        broken = AssertUnwindSafe(run).catch_unwind().await.is_err();
    }
}
