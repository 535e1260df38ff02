//! Reads a reply as the API server does, and refuses what it refuses.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::status::Status;

/// The `response` of a reply that the API server takes.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AdmissionResponse {
    /// The uid of the request that is answered.
    pub uid: String,
    /// Whether it may pass.
    pub allowed: bool,
    /// Why not.
    pub status: Option<Status>,
    /// For the client.
    #[serde(deserialize_with = "nullable")]
    pub warnings: Vec<String>,
    /// For the audit log.
    #[serde(deserialize_with = "nullable")]
    pub audit_annotations: BTreeMap<String, String>,
    /// Not for validating webhooks.
    #[serde(deserialize_with = "nullable")]
    patch: String,
    /// Not for validating webhooks.
    patch_type: Option<String>,
}

/// Go decodes null as nothing.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Review {
    response: Option<AdmissionResponse>,
}

const GROUP: &str = "admission.k8s.io";

/// Reads the body of a reply to the review with `uid`.
///
/// The error is the text that the API server tells the client, after `failed calling webhook "x": `.
pub fn verify_reply(uid: &str, body: &[u8]) -> Result<AdmissionResponse, String> {
    let invalid = |why: String| format!("received invalid webhook response: {why}");
    let value: Value = serde_json::from_slice(body).map_err(undecodable)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let expected = format!("{GROUP}/v1");
    let named = (api_version.as_str(), kind.as_str());
    if named == (&format!("{GROUP}/v1beta1"), "AdmissionReview") {
        let why = "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion";
        return Err(undecodable(why));
    }
    let unknown = !(api_version.is_empty() || api_version == expected)
        || !(kind.is_empty() || kind == "AdmissionReview");
    if unknown {
        return Err(undecodable(format!("no kind {kind:?} is registered for version {api_version:?}")));
    }
    let review: Review = serde_json::from_value(value).map_err(undecodable)?;
    let Some(response) = review.response else {
        return Err(invalid("webhook response was absent".to_owned()));
    };
    if response.uid != uid {
        return Err(invalid(format!("expected response.uid={uid:?}, got {:?}", response.uid)));
    }
    if named != (expected.as_str(), "AdmissionReview") {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        return Err(invalid(format!(
            "expected webhook response of {expected}, Kind=AdmissionReview, got {group}/{version}, Kind={kind}"
        )));
    }
    if !response.patch.is_empty() {
        return Err(invalid("validating webhook may not return response.patch".to_owned()));
    }
    if response.patch_type.is_some() {
        return Err(invalid("validating webhook may not return response.patchType".to_owned()));
    }
    Ok(response)
}

fn undecodable(why: impl std::fmt::Display) -> String {
    format!("failed to call webhook: {why}")
}
