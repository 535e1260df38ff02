//! The `caBundle` of a `ValidatingWebhookConfiguration`, the one field of it that we own.
//!
//! A patch of that field makes us its owner and of nothing else, so that Helm, Argo CD and Flux see
//! no drift in a field that they do not set. It is deliberately not a server-side apply: who applies
//! a field of a webhook owns the webhook too, and when a chart drops one, what is ours of it stays
//! behind, lacks all that a webhook must have, and the API server refuses the chart.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{ValidatingWebhook, ValidatingWebhookConfiguration};
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
    let patch = Patch::Strategic(patch(webhooks, wanted.as_ref()));
    let params =
        PatchParams { field_manager: Some(crate::FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    configurations.patch(name, &params, &patch).await?;
    Ok(Published::Yes)
}

/// Webhooks are found by name. One that is gone meanwhile is not brought back: with nothing but its
/// `caBundle` it is none, and the patch is refused.
fn patch(webhooks: &[ValidatingWebhook], bundle: Option<&ByteString>) -> Value {
    let webhooks: Vec<_> = webhooks
        .iter()
        .map(|webhook| json!({"name": webhook.name, "clientConfig": {"caBundle": bundle}}))
        .collect();
    json!({"webhooks": webhooks})
}
