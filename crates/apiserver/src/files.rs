//! The files that an API server and its clients are started with.

use std::fs;
use std::path::{Path, PathBuf};

use dispatcher::{Authority, Identity};
use serde_json::{Value, json};

use crate::{Error, doing};

/// Where they are.
pub(crate) struct Files {
    pub(crate) folder: PathBuf,
    /// Of an administrator.
    pub(crate) kubeconfig: PathBuf,
    pub(crate) audit_log: PathBuf,
}

impl Files {
    /// Writes them for a server that listens on `port`. The server shows `webhook_client` to webhooks.
    pub(crate) fn write(folder: &Path, port: u16, webhook_client: Option<&Identity>) -> Result<Self, Error> {
        let certificate = |error: &dyn std::fmt::Display| Error::Certificate(error.to_string());
        let authority = Authority::new("cluster").map_err(|error| certificate(&error))?;
        let server = authority.server(&["kubernetes", "kubernetes.default.svc"]);
        let server = server.map_err(|error| certificate(&error))?;
        let client = authority.client("admin", &["system:masters"]).map_err(|error| certificate(&error))?;
        let files = Self {
            folder: folder.to_owned(),
            kubeconfig: folder.join("kubeconfig"),
            audit_log: folder.join("audit.log"),
        };
        files.put("ca.crt", &authority.certificate())?;
        files.put("server.crt", &server.certificate)?;
        files.put("server.key", &server.key)?;
        files.put("admin.crt", &client.certificate)?;
        files.put("admin.key", &client.key)?;
        let admin = json!({"client-certificate": "admin.crt", "client-key": "admin.key"});
        files.put("kubeconfig", &kubeconfig(port, &admin).to_string())?;
        files.put("audit-policy", &audit_policy().to_string())?;
        files.put("admission", &files.admission(webhook_client.is_some()).to_string())?;
        if let Some(shown) = webhook_client {
            files.put("webhook.crt", &shown.certificate)?;
            files.put("webhook.key", &shown.key)?;
            files.put("webhooks", &webhooks().to_string())?;
        }
        Ok(files)
    }

    /// One more, of somebody who has a token.
    pub(crate) fn put_kubeconfig(&self, name: &str, port: u16, token: &str) -> Result<PathBuf, Error> {
        self.put(name, &kubeconfig(port, &json!({"token": token})).to_string())?;
        Ok(self.folder.join(name))
    }

    fn put(&self, name: &str, text: &str) -> Result<(), Error> {
        fs::write(self.folder.join(name), text).map_err(doing(name))
    }

    /// Of all its plugins only this one is told something: the path must be absolute.
    fn admission(&self, with_client: bool) -> Value {
        let plugins = if with_client {
            json!([{"name": "ValidatingAdmissionWebhook", "configuration": {
                "apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration",
                "kubeConfigFile": self.folder.join("webhooks"),
            }}])
        } else {
            json!([])
        };
        json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins})
    }

    pub(crate) fn etcd_arguments(&self, port: u16) -> Vec<String> {
        let url = format!("http://127.0.0.1:{port}");
        vec![
            format!("--data-dir={}", self.folder.join("etcd").display()),
            format!("--listen-client-urls={url}"),
            format!("--advertise-client-urls={url}"),
            "--listen-peer-urls=http://127.0.0.1:0".to_owned(),
            "--unsafe-no-fsync".to_owned(),
        ]
    }

    pub(crate) fn server_arguments(&self, port: u16, etcd_port: u16) -> Vec<String> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        vec![
            format!("--etcd-servers=http://127.0.0.1:{etcd_port}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            format!("--secure-port={port}"),
            format!("--cert-dir={}", self.folder.display()),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--client-ca-file={}", file("ca.crt")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            format!("--service-account-issuer=https://127.0.0.1:{port}/"),
            // Any key pair will do to sign the tokens of service accounts.
            format!("--service-account-key-file={}", file("server.crt")),
            format!("--service-account-signing-key-file={}", file("server.key")),
            // Nothing here makes the default accounts that it asks for.
            "--disable-admission-plugins=ServiceAccount".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            "--enable-priority-and-fairness=false".to_owned(),
            "--profiling=false".to_owned(),
            format!("--admission-control-config-file={}", file("admission")),
            format!("--audit-policy-file={}", file("audit-policy")),
            format!("--audit-log-path={}", self.audit_log.display()),
            "--audit-log-mode=blocking".to_owned(),
        ]
    }
}

fn kubeconfig(port: u16, user: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": format!("https://127.0.0.1:{port}"), "certificate-authority": "ca.crt",
        }}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user", "namespace": "default"}}],
    })
}

/// What is written is logged, without bodies; annotations are part of that.
fn audit_policy() -> Value {
    json!({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
            {"level": "None"},
        ],
    })
}

/// Who the API server is to webhooks: a user's name says to which, here to all.
fn webhooks() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config",
        "users": [{"name": "*", "user": {
            "client-certificate": "webhook.crt", "client-key": "webhook.key",
        }}],
    })
}
