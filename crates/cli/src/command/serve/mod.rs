//! `cnpg-lint serve`: wiring of the webhook.

mod caches;
mod reload;
mod reviewer;

use crate::args::{LogLevel, PlaceArgs, ServeArgs};
use crate::exit::{Error, Exit};
use crate::setup;
use admission::Cache;
use caches::Caches;
use cluster::{Client, Place, SelfSigned};
use reviewer::{Engines, Reviewer};
use serde_json::json;
use serve::{CertStore, Certificate, ClientCa, Conditions, Level, Log, Metrics, Options, Server, Shutdown};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The values that the label `resource` of metrics may have.
const RESOURCES: &[&str] = &[
    "clusters",
    "clusters/scale",
    "poolers",
    "poolers/scale",
    "backups",
    "scheduledbackups",
    "databases",
    "databaseroles",
    "publications",
    "subscriptions",
    "imagecatalogs",
    "clusterimagecatalogs",
    "objectstores",
    "externalsecrets",
    "clusterexternalsecrets",
    "secretstores",
    "clustersecretstores",
    "secrets",
];

/// Serves until it is asked to end.
pub(super) fn run(arguments: &ServeArgs) -> Result<Exit, Error> {
    let engine = setup::engine(&arguments.config, Path::new("."))?;
    let level = level(arguments.log_level);
    let log = Log::stderr(level)?;
    log.take_panics();
    trace(level);
    serve::runtime()?.block_on(serve(arguments, engine, log))
}

async fn serve(arguments: &ServeArgs, engine: admission::Engine, log: Log) -> Result<Exit, Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Usage(error.to_string());
    let client = cluster::connect(arguments.kubeconfig.as_deref()).await.map_err(|error| unusable(&error))?;
    let metrics = Metrics::new(RESOURCES);
    let conditions = Conditions::new();
    // What a start is judged by was read well.
    metrics.config_reloaded(true, engine.hash());
    let engines = Arc::new(Engines::new(engine));
    let cache = Arc::new(Cache::new());
    let store = CertStore::new();
    let certificates = certificates(arguments, client.as_ref())?;
    let certificate = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            Certificate::Files { certificate: certificate.clone(), key: key.clone() }
        }
        _ => Certificate::Store(store.clone()),
    };
    let options = Options {
        client_ca: arguments
            .client_ca
            .clone()
            .map(|file| ClientCa { file, names: arguments.client_name.clone() }),
        tls12: arguments.tls12,
        grace: Duration::from_secs(arguments.grace),
        metrics: metrics.clone(),
        conditions: conditions.clone(),
        ..Options::new(arguments.listen, arguments.health_listen, certificate, log.clone())
    };
    let rules = conditions.require("rules");
    let reviewer = Reviewer::new(Arc::clone(&engines), Arc::clone(&cache));
    let server = Server::bind(options, reviewer).await.map_err(|error| unusable(&error))?;
    let watches = client.map(|client| {
        let caches = Arc::new(Caches::new(cache, metrics.clone(), conditions.require("caches")));
        cluster::watch(&client, cluster::WATCHED, &caches, &cluster::Options::default())
    });
    let swaps = certificates.map(|made| tokio::spawn(follow(made, store, log.clone())));
    engines.current().warm_up(crate::clock::now());
    rules.set(true);
    let reload = reload::Reload::new(arguments.config.config.clone(), arguments.config.rules.clone());
    let reloads = tokio::spawn(reload.run(engines, metrics, log));
    let cut = server.run(Shutdown::on_signals()?).await;
    reloads.abort();
    swaps.inspect(tokio::task::JoinHandle::abort);
    drop(watches);
    Ok(if cut == 0 { Exit::Clean } else { Exit::Incomplete })
}

/// The certificates that are made here, if any are.
fn certificates(arguments: &ServeArgs, client: Option<&Client>) -> Result<Option<SelfSigned>, Error> {
    if arguments.tls.is_none() {
        return Ok(None);
    }
    if let (Some(client), Some(place)) = (client, place(&arguments.place)) {
        return Ok(Some(cluster::self_signed(client, &place)));
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let listen = arguments.listen.ip();
    if !listen.is_unspecified() && !listen.is_loopback() {
        names.push(listen.to_string());
    }
    let made = cluster::self_signed_in_memory(&names, arguments.ca_out.as_deref());
    made.map(Some).map_err(|error| Error::Usage(error.to_string()))
}

fn place(arguments: &PlaceArgs) -> Option<Place> {
    Some(Place {
        namespace: arguments.namespace.clone()?,
        secret: arguments.tls_secret.clone(),
        lease: arguments.lease.clone(),
        identity: arguments.pod.clone()?,
        configuration: arguments.webhook_configuration.clone(),
        service: arguments.service.clone(),
    })
}

/// Serves each certificate that is made.
async fn follow(made: SelfSigned, store: CertStore, log: Log) {
    let mut served = made.served();
    loop {
        let pair = served.borrow_and_update().clone();
        if let Some(pair) = pair
            && let Err(error) = store.swap(pair.chain.as_bytes(), pair.key.as_bytes())
        {
            log.line(Level::Error, "certificate", &json!({"error": error.to_string()}));
        }
        if served.changed().await.is_err() {
            return;
        }
    }
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::Error,
        LogLevel::Warn => Level::Warn,
        LogLevel::Info => Level::Info,
        LogLevel::Debug => Level::Debug,
    }
}

/// What libraries and the watches have to say goes to the same place.
fn trace(level: Level) {
    let most = match level {
        Level::Error => tracing::Level::ERROR,
        Level::Warn | Level::Info => tracing::Level::WARN,
        Level::Debug => tracing::Level::INFO,
    };
    tracing_subscriber::fmt().json().with_max_level(most).with_writer(std::io::stderr).init();
}
