//! `cnpg-lint serve` as a process, asked as an API server would: its configuration changes under it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test ends so")]

mod webhook;

use std::fs;
use std::path::Path;
use std::time::Duration;

use dispatcher::{Https, Outcome, Request, accepts, denies, warns};
use serde_json::{Value, json};
use webhook::{Webhook, certificates};

const SOON: Duration = Duration::from_mins(1);

fn lonely() -> Request {
    Request::create(json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": "orders", "namespace": "shop", "annotations": {"cnpg-lint.dev/throw-away": "a try"}},
        "spec": {"instances": 1, "imageName": "ghcr.io/cloudnative-pg/postgresql:latest", "storage": {"size": "10Gi"}},
    }))
}

/// Replaces a file whole, as a kubelet does.
fn replace(path: &Path, text: &str) {
    let next = path.with_extension("next");
    fs::write(&next, text).expect("written");
    fs::rename(next, path).expect("renamed");
}

/// The hash of the configuration by which it was judged.
fn judged_by(outcome: &Outcome) -> String {
    let key = outcome.audit_annotations.keys().find(|key| key.ends_with("/config")).expect("it is told");
    outcome.audit_annotations[key].clone()
}

#[test]
fn a_configuration_that_changes_is_taken_up_and_a_bad_one_is_not() {
    let (authority, mount) = certificates();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("cnpg-lint.yaml");
    replace(&config, "admission: {mode: enforce}\n");
    let webhook = Webhook::start(&mount, "127.0.0.1:0", &["--config", &config.display().to_string()]);
    webhook.wait_until_ready();
    let client = Https::new(&webhook.url(), &authority.certificate(), None).expect("a client");
    let enforced = judged_by(&denies(&client, lonely(), "image-latest"));

    let said = |message: &'static str| {
        move |line: &Value| line["message"].as_str().is_some_and(|said| said.starts_with(message))
    };
    replace(&config, "admission: {mode: warn}\n");
    webhook.wait_for_line("the new one", said("configuration reloaded"));
    let warned = judged_by(&warns(&client, lonely(), "image-latest"));
    assert_ne!(warned, enforced);

    replace(&config, "admission: {mode: strict}\n");
    webhook.wait_for_line("the bad one", said("configuration kept"));
    assert_eq!(judged_by(&warns(&client, lonely(), "image-latest")), warned);
    let (_, metrics) = webhook.probe("/metrics");
    let failed =
        metrics.lines().any(|line| line.contains("config_last_reload_successful") && line.ends_with(" 0"));
    assert!(failed, "{metrics}");

    replace(&config, "admission: {mode: audit}\n");
    let quiet = apiserver::wait_until(SOON, || {
        (webhook.lines(said("configuration reloaded")).len() > 1).then_some(())
    });
    assert!(quiet.is_some(), "the third one is not taken up");
    accepts(&client, lonely());
}
