//! Self-signed certificates of all replicas: one keeps them, under a Lease, and all read them.

use super::ca_bundle::{self, Published};
use super::issue::IssueError;
use super::rotation::{Certificates, Served};
use super::secret::{self, SecretError, Stored};
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::Api;
use kube_lease_manager::{LeaseManagerBuilder, LeaseManagerError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How often replicas read the Secret: far less than a new CA settles, so that all serve the new
/// leaf soon, and never before it is trusted.
const LOOK: Duration = Duration::from_secs(10);
/// The same while there is nothing to serve.
const LOOK_SOON: Duration = Duration::from_secs(1);
/// The same after a failure.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long one look, a handful of requests, may take.
const ANSWER: Duration = Duration::from_secs(30);
/// For how many seconds the Lease is held without being renewed.
const LEASE: u64 = 15;

/// Where the certificates of a webhook live in its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The webhook's own namespace.
    pub namespace: String,
    /// The Secret that replicas share.
    pub secret: String,
    /// The Lease whose holder writes it.
    pub lease: String,
    /// What tells this replica from the others: the name of its pod.
    pub identity: String,
    /// The `ValidatingWebhookConfiguration` whose `caBundle` is kept.
    pub configuration: String,
    /// The Service that the API server calls.
    pub service: String,
}

impl Place {
    /// The names under which the API server calls the Service.
    pub fn names(&self) -> Vec<String> {
        let name = format!("{}.{}", self.service, self.namespace);
        vec![format!("{name}.svc"), name]
    }
}

/// Certificates that are made and renewed; nothing is renewed any more when this is dropped.
#[derive(Debug)]
pub struct SelfSigned {
    served: watch::Receiver<Option<Served>>,
    _tasks: JoinSet<()>,
}

impl SelfSigned {
    pub(super) fn new(served: watch::Receiver<Option<Served>>, tasks: JoinSet<()>) -> Self {
        Self { served, _tasks: tasks }
    }

    /// What to serve, now and after each change; `None` until there is something.
    pub fn served(&self) -> watch::Receiver<Option<Served>> {
        self.served.clone()
    }
}

/// Reads the certificates at `place`, and keeps them whenever this replica holds the Lease. Returns
/// at once; call it in a tokio runtime.
pub fn self_signed(client: &Client, place: &Place) -> SelfSigned {
    let (sender, served) = watch::channel(None);
    let (leads, leading) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(elect(client.clone(), place.clone(), leads));
    let keeper = Keeper {
        client: client.clone(),
        secrets: Api::namespaced(client.clone(), &place.namespace),
        names: place.names(),
        place: place.clone(),
        known: None,
    };
    tasks.spawn(keeper.run(leading, sender));
    SelfSigned::new(served, tasks)
}

/// Says in `leads` whether this replica holds the Lease, for ever.
async fn elect(client: Client, place: Place, leads: watch::Sender<bool>) {
    loop {
        let error = campaign(&client, &place, &leads).await;
        leads.send_replace(false);
        tracing::warn!(
            lease = place.lease,
            error = error.as_ref().map(tracing::field::display),
            "no election"
        );
        sleep(LOOK_AGAIN).await;
    }
}

async fn campaign(client: &Client, place: &Place, leads: &watch::Sender<bool>) -> Option<LeaseManagerError> {
    let manager = LeaseManagerBuilder::new(client.clone(), &place.lease)
        .with_namespace(&place.namespace)
        .with_identity(&place.identity)
        .with_duration(LEASE)
        .build()
        .await;
    let (mut state, task) = match manager {
        Ok(manager) => manager.watch().await,
        Err(error) => return Some(error),
    };
    loop {
        leads.send_replace(*state.borrow_and_update());
        if state.changed().await.is_err() {
            return task.await.ok().and_then(Result::err);
        }
    }
}

/// Why a look came to nothing; the next may not.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error("ValidatingWebhookConfiguration {name}: {source}")]
    Configuration { name: String, source: Box<kube::Error> },
    #[error("the API server does not answer")]
    Silent,
}

struct Keeper {
    client: Client,
    secrets: Api<Secret>,
    names: Vec<String>,
    place: Place,
    /// What was stored when we looked last.
    known: Option<Certificates>,
}

impl Keeper {
    async fn run(mut self, mut leading: watch::Receiver<bool>, served: watch::Sender<Option<Served>>) {
        loop {
            let leads = *leading.borrow_and_update();
            let outcome = timeout(ANSWER, self.look(leads, &served)).await.unwrap_or(Err(KeepError::Silent));
            let pause = match &outcome {
                Ok(()) if served.borrow().is_some() => LOOK,
                Ok(()) => LOOK_SOON,
                Err(error) => {
                    tracing::warn!(%error, "certificates are not kept");
                    LOOK_AGAIN
                }
            };
            // A replica that comes to hold the Lease has work to do at once.
            let _ = timeout(pause, leading.changed()).await;
        }
    }

    /// Reads what there is, does what is due where this replica leads, and serves what is stored.
    async fn look(&mut self, leads: bool, served: &watch::Sender<Option<Served>>) -> Result<(), KeepError> {
        let mut stored = secret::read(&self.secrets, &self.place.secret).await?;
        let kept = if leads { self.keep(&mut stored, SystemTime::now()).await } else { Ok(()) };
        // Served even where keeping failed: what is stored is what all replicas serve.
        if let Some(certificates) = &stored.certificates {
            self.known = Some(certificates.clone());
            let next = Some(certificates.served());
            served.send_if_modified(|served| {
                let differs = *served != next;
                served.clone_from(&next);
                differs
            });
        }
        kept
    }

    /// Stores before anything is used, publishes, and stores that it was published.
    async fn keep(&self, stored: &mut Stored, now: SystemTime) -> Result<(), KeepError> {
        let (mut certificates, changed) = match stored.certificates.clone() {
            // A Secret that was deleted or emptied is filled again with what is served and trusted.
            None => match self.known.clone() {
                Some(known) => (known, true),
                None => (Certificates::new(&self.names, now)?, true),
            },
            Some(mut certificates) => {
                let changed = certificates.advance(&self.names, now)?;
                (certificates, changed)
            }
        };
        if changed {
            self.write(stored, certificates.clone()).await?;
        }
        let bundle = certificates.bundle();
        let name = &self.place.configuration;
        let published = ca_bundle::publish(&self.client, name, &bundle).await;
        match published {
            Ok(Published::Yes) if certificates.saw_trusted(&bundle, now) => {
                self.write(stored, certificates).await
            }
            Ok(Published::Yes) => Ok(()),
            Ok(Published::Absent) => {
                tracing::warn!(name, "this ValidatingWebhookConfiguration has no webhooks yet");
                Ok(())
            }
            Err(source) => Err(KeepError::Configuration { name: name.clone(), source: Box::new(source) }),
        }
    }

    async fn write(&self, stored: &mut Stored, certificates: Certificates) -> Result<(), KeepError> {
        Ok(secret::write(&self.secrets, &self.place.secret, stored, certificates).await?)
    }
}
