//! Registers validating webhooks, and knows when the API server has taken note.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use dispatcher::FailurePolicy;
use serde_json::{Value, json};

use crate::wait::wait_until;
use crate::{Cluster, Error};

/// How long the API server may take to call a webhook that was registered.
const NOTICE: Duration = Duration::from_mins(1);

/// What a webhook is asked about: operations, API group, resources.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `CREATE`, `UPDATE`, `DELETE`, …
    pub operations: Vec<String>,
    /// API group.
    pub group: String,
    /// Plurals, with `/subresource` where one is meant.
    pub resources: Vec<String>,
}

impl Rule {
    /// From texts.
    pub fn new(operations: &[&str], group: &str, resources: &[&str]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self { operations: owned(operations), group: group.to_owned(), resources: owned(resources) }
    }
}

/// A `ValidatingWebhookConfiguration` with one webhook.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Of the webhook, three labels or more.
    pub name: String,
    /// `https://127.0.0.1:…/path`.
    pub url: String,
    /// PEM.
    pub ca_bundle: String,
    /// What is done when it cannot be called.
    pub failure_policy: FailurePolicy,
    /// `timeoutSeconds`.
    pub timeout_seconds: u8,
    /// What it is asked about.
    pub rules: Vec<Rule>,
}

impl Registration {
    /// As our chart registers: changes of CloudNativePG's kinds, scaling, and deletion of Clusters.
    pub fn new(name: &str, url: &str, ca_bundle: &str) -> Self {
        let group = "postgresql.cnpg.io";
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            ca_bundle: ca_bundle.to_owned(),
            failure_policy: FailurePolicy::Fail,
            timeout_seconds: 10,
            rules: vec![
                Rule::new(&["CREATE", "UPDATE"], group, &["*"]),
                Rule::new(&["UPDATE"], group, &["clusters/scale", "poolers/scale"]),
                Rule::new(&["DELETE"], group, &["clusters"]),
                Rule::new(&["CREATE", "UPDATE"], "barmancloud.cnpg.io", &["objectstores"]),
                Rule::new(&["CREATE", "UPDATE"], "external-secrets.io", &["*"]),
            ],
        }
    }

    fn webhook(&self) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|rule| {
                json!({
                    "operations": rule.operations, "apiGroups": [rule.group], "apiVersions": ["*"],
                    "resources": rule.resources,
                })
            })
            .collect();
        json!({
            "name": self.name,
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": self.timeout_seconds,
            "failurePolicy": match self.failure_policy {
                FailurePolicy::Fail => "Fail",
                FailurePolicy::Ignore => "Ignore",
            },
            "clientConfig": {"url": self.url, "caBundle": BASE64_STANDARD.encode(&self.ca_bundle)},
            "rules": rules,
        })
    }
}

impl Cluster {
    /// Registers a webhook, or changes what was registered under its name, and waits until requests are
    /// decided by that.
    pub fn register_webhook(&self, registration: &Registration) -> Result<(), Error> {
        let probe = Probe::new();
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": registration.name},
            "webhooks": [registration.webhook(), probe.webhook()],
        });
        self.must(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &configuration.to_string())?;
        self.wait_for_probe(&probe)
    }

    /// Waits until every change of webhooks that was made so far counts, whoever made it.
    pub fn wait_for_webhooks(&self) -> Result<(), Error> {
        let probe = Probe::new();
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "probe"}, "webhooks": [probe.webhook()],
        });
        self.must(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &configuration.to_string())?;
        self.wait_for_probe(&probe)
    }

    fn wait_for_probe(&self, probe: &Probe) -> Result<(), Error> {
        let object = probe.object();
        let noticed = wait_until(NOTICE, || {
            let output = self.kubectl(&["create", "--dry-run=server", "-f", "-"], &object).ok()?;
            output.stderr.contains(&probe.name()).then_some(())
        });
        noticed.ok_or_else(|| Error::Failed("the API server takes no note of webhooks".to_owned()))
    }
}

/// A webhook of the same configuration that can never be called: once a request that matches only it
/// fails because of it, the whole configuration counts.
struct Probe(u64);

impl Probe {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn name(&self) -> String {
        format!("probe-{}.cnpg-lint.test", self.0)
    }

    fn webhook(&self) -> Value {
        json!({
            "name": self.name(),
            "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 1, "failurePolicy": "Fail",
            // Nobody listens there, and only root could.
            "clientConfig": {"url": "https://127.0.0.1:1/"},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "objectSelector": {"matchLabels": {"cnpg-lint.test/probe": self.0.to_string()}},
        })
    }

    fn object(&self) -> String {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "probe", "labels": {"cnpg-lint.test/probe": self.0.to_string()}},
        })
        .to_string()
    }
}
