//! How the API server is found, and what is said where it is not.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, in its helpers too"
)]

#[path = "fake/mod.rs"]
#[allow(dead_code, reason = "of the server only a part is needed here")]
mod fake;

use cluster::{ConnectError, connect};
use kube::api::ListParams;
use kube::core::Request;
use std::error::Error as _;
use std::fs;

async fn refused(text: Option<&str>) -> (ConnectError, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    if let Some(text) = text {
        fs::write(&path, text).unwrap();
    }
    match connect(Some(&path)).await {
        Ok(_) => panic!("connected"),
        Err(error) => (error, path.display().to_string()),
    }
}

#[tokio::test]
async fn a_kubeconfig_file_leads_to_its_server() {
    let (fake, mut seen) = fake::Fake::start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let text = format!(
        "{{current-context: c, contexts: [{{name: c, context: {{cluster: k, user: u, namespace: mine}}}}], \
         clusters: [{{name: k, cluster: {{server: '{}'}}}}], users: [{{name: u, user: {{token: t}}}}]}}",
        fake.url()
    );
    fs::write(&path, text).unwrap();
    let client = connect(Some(&path)).await.unwrap().unwrap();
    assert_eq!(client.default_namespace(), "mine");
    fake.serve("/api/v1/services");
    let request = Request::new("/api/v1/services").list(&ListParams::default()).unwrap();
    client.request_text(request).await.unwrap();
    assert!(seen.recv().await.unwrap().uri.starts_with("/api/v1/services"));
}

#[tokio::test]
async fn errors_name_the_file_and_what_is_wrong_with_it() {
    for text in [None, Some("{"), Some("{current-context: gone}")] {
        let (error, path) = refused(text).await;
        assert!(error.to_string().starts_with(&format!("kubeconfig {path}: ")), "{error}");
        assert!(error.source().is_some());
    }
}
