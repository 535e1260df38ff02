//! The Secret in which replicas share their certificates.

use super::rotation::Certificates;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use kube::core::ObjectMeta;
use std::collections::BTreeMap;

/// Holds everything; the other key is for people and for tools that want the CA.
const STATE: &str = "certificates.json";
const BUNDLE: &str = "ca.crt";

/// What was read, and what to say when it is written back.
pub(super) struct Stored {
    /// `None` where the Secret is absent, or empty as a chart may create it.
    pub certificates: Option<Certificates>,
    /// The Secret as it was read; `None` where it is absent.
    secret: Option<Secret>,
}

/// Why the Secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("Secret {name}: {source}")]
    Api { name: String, source: Box<kube::Error> },
    /// Not overwritten: it may be something that somebody needs.
    #[error("Secret {name} holds something else than our certificates: {source}")]
    Foreign { name: String, source: serde_json::Error },
}

/// Reads the Secret called `name`.
pub(super) async fn read(secrets: &Api<Secret>, name: &str) -> Result<Stored, SecretError> {
    let secret = secrets.get_opt(name).await.map_err(|error| api(name, error))?;
    let state = secret.as_ref().and_then(|secret| secret.data.as_ref()?.get(STATE));
    let certificates = match state {
        None => None,
        Some(ByteString(state)) => Some(
            serde_json::from_slice(state)
                .map_err(|source| SecretError::Foreign { name: name.to_owned(), source })?,
        ),
    };
    Ok(Stored { certificates, secret })
}

/// Writes `certificates` where nobody has written since `stored` was read, which is then what stands
/// there now. Fails with a conflict (409) where somebody has.
pub(super) async fn write(
    secrets: &Api<Secret>,
    name: &str,
    stored: &mut Stored,
    certificates: Certificates,
) -> Result<(), SecretError> {
    let params = PostParams { field_manager: Some(crate::FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let state = serde_json::to_vec(&certificates)
        .map_err(|source| SecretError::Foreign { name: name.to_owned(), source })?;
    let mut secret = stored.secret.clone().unwrap_or_else(|| empty(name));
    let data = secret.data.get_or_insert_default();
    data.insert(STATE.to_owned(), ByteString(state));
    data.insert(BUNDLE.to_owned(), ByteString(certificates.bundle().into_bytes()));
    let written = match stored.secret {
        None => secrets.create(&params, &secret).await,
        Some(_) => secrets.replace(name, &params, &secret).await,
    };
    stored.secret = Some(written.map_err(|error| api(name, error))?);
    stored.certificates = Some(certificates);
    Ok(())
}

fn empty(name: &str) -> Secret {
    let labels = BTreeMap::from([("app.kubernetes.io/managed-by".to_owned(), "cnpg-lint".to_owned())]);
    let metadata = ObjectMeta { name: Some(name.to_owned()), labels: Some(labels), ..ObjectMeta::default() };
    Secret { metadata, ..Secret::default() }
}

fn api(name: &str, error: kube::Error) -> SecretError {
    SecretError::Api { name: name.to_owned(), source: Box::new(error) }
}
