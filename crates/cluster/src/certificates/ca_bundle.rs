//! The `caBundle` of a `ValidatingWebhookConfiguration`, the one field of it that we own.
//!
//! Server-side apply gives each field an owner, so that Helm, Argo CD and Flux see no drift in a
//! field that they do not set. What is applied names every webhook and nothing but its `caBundle`.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

/// What became of publishing a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Published {
    /// Every webhook of the configuration has the bundle.
    Yes,
    /// There is no such configuration, or it has no webhook.
    Absent,
}

/// Makes `bundle` the `caBundle` of every webhook in the configuration called `name`; sends nothing
/// where it already is.
pub(super) async fn publish(client: &Client, name: &str, bundle: &str) -> Result<Published, kube::Error> {
    let configurations: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let Some(configuration) = configurations.get_opt(name).await? else { return Ok(Published::Absent) };
    let webhooks = configuration.webhooks.as_deref().unwrap_or_default();
    if webhooks.is_empty() {
        return Ok(Published::Absent);
    }
    let wanted = Some(ByteString(bundle.as_bytes().to_vec()));
    if webhooks.iter().all(|webhook| webhook.client_config.ca_bundle == wanted) {
        return Ok(Published::Yes);
    }
    let patch = patch(&configuration, wanted.as_ref());
    let params = PatchParams::apply(crate::FIELD_MANAGER).force();
    configurations.patch(name, &params, &Patch::Apply(patch)).await?;
    Ok(Published::Yes)
}

/// The resource version makes it a conflict where somebody changed the list of webhooks meanwhile:
/// a webhook that is gone would come back with nothing but its `caBundle`.
fn patch(configuration: &ValidatingWebhookConfiguration, bundle: Option<&ByteString>) -> Value {
    let webhooks: Vec<_> = configuration
        .webhooks
        .iter()
        .flatten()
        .map(|webhook| json!({"name": webhook.name, "clientConfig": {"caBundle": bundle}}))
        .collect();
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {
            "name": configuration.metadata.name,
            "resourceVersion": configuration.metadata.resource_version,
        },
        "webhooks": webhooks,
    })
}
