//! The envelope of a review: who does what to which object; objects stay raw.

use crate::hollow::Hollow;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What is not a review that can be answered: an HTTP status and a short fixed text, which never holds
/// anything of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) text: &'static str,
}

const fn refuse(text: &'static str) -> Refusal {
    Refusal { status: 400, text }
}

/// Longer uids are not the API server's.
const LONGEST_UID: usize = 256;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "apiVersion", default)]
    api_version: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    request: Option<&'a RawValue>,
}

/// The request of a review.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request<'a> {
    #[serde(borrow, default)]
    pub(crate) uid: Cow<'a, str>,
    /// The kind of the object; of a subresource, that of the subresource.
    #[serde(borrow, default)]
    pub(crate) kind: Kind<'a>,
    #[serde(borrow, default)]
    pub(crate) resource: Resource<'a>,
    #[serde(borrow, default)]
    pub(crate) sub_resource: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) operation: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) user_info: User<'a>,
    #[serde(borrow, default, deserialize_with = "raw")]
    pub(crate) object: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "raw")]
    pub(crate) old_object: Option<&'a str>,
    #[serde(default)]
    pub(crate) dry_run: Option<bool>,
}

/// Group and kind of an object.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Kind<'a> {
    #[serde(borrow, default)]
    pub(crate) group: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) kind: Cow<'a, str>,
}

/// Group and plural of a resource.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Resource<'a> {
    #[serde(borrow, default)]
    pub(crate) group: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) resource: Cow<'a, str>,
}

/// Who makes the request.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct User<'a> {
    #[serde(borrow, default)]
    pub(crate) username: Cow<'a, str>,
    #[serde(default)]
    pub(crate) groups: Vec<String>,
}

/// The text of a value; `None` of `null`.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    Option::<&RawValue>::deserialize(deserializer).map(|raw| raw.map(RawValue::get))
}

/// What is not JSON, or no map.
const NO_JSON: Refusal = refuse("the request body is not JSON of an AdmissionReview");

/// A body that was sent.
pub(crate) struct Body<'b> {
    whole: &'b [u8],
    /// `None`: it is read as a whole.
    hollow: Option<Hollow<'b>>,
}

impl<'b> Body<'b> {
    /// Of these bytes.
    pub(crate) fn new(whole: &'b [u8]) -> Self {
        Self { whole, hollow: std::str::from_utf8(whole).ok().and_then(Hollow::new) }
    }

    /// The request that it holds. Objects are not looked into: where one cannot be read,
    /// [`check`](Self::check) tells whether the body can.
    pub(crate) fn request(&self) -> Result<Request<'_>, Refusal> {
        let Some(hollow) = &self.hollow else { return read(self.whole) };
        let request = read(hollow.text.as_bytes())?;
        let (object, old_object) =
            (hollow.object.or(request.object), hollow.old_object.or(request.old_object));
        Ok(Request { object, old_object, ..request })
    }

    /// Whether all of it is JSON.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        serde_json::from_slice::<IgnoredAny>(self.whole).map(|_| ()).map_err(|_| NO_JSON)
    }
}

/// Reads the envelope.
fn read(body: &[u8]) -> Result<Request<'_>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(refuse("the request body is empty"));
    }
    let envelope = map_of::<Envelope<'_>>(body).ok_or(NO_JSON)?;
    if envelope.api_version != "admission.k8s.io/v1" || envelope.kind != "AdmissionReview" {
        return Err(refuse("only AdmissionReview of admission.k8s.io/v1 is accepted"));
    }
    let Some(request) = envelope.request else {
        return Err(refuse("the AdmissionReview has no request"));
    };
    let Some(request) = map_of::<Request<'_>>(request.get().as_bytes()) else {
        return Err(refuse("the request of the AdmissionReview is not of the form of admission.k8s.io/v1"));
    };
    if request.uid.is_empty() || request.uid.len() > LONGEST_UID {
        return Err(refuse("the request has no uid, or one of more than 256 bytes"));
    }
    Ok(request)
}

/// Reads a map; a list of its values in order, which would do for a struct too, is none.
fn map_of<'b, T: Deserialize<'b>>(text: &'b [u8]) -> Option<T> {
    let is_map = text.trim_ascii_start().starts_with(b"{");
    if is_map { serde_json::from_slice(text).ok() } else { None }
}

/// The uid of a body, if it can be read at all.
pub(crate) fn uid(body: &[u8]) -> Option<String> {
    let body = Body::new(body);
    body.check().and_then(|()| Ok(body.request()?.uid.into_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::{Body, read};
    use proptest::prelude::*;

    const REVIEW: &str = r#" {"kind" : "AdmissionReview", "apiVersion":"admission.k8s.io/v1","request":{"uid":"u\u0041",
        "kind":{"group":"g","version":"v1","kind":"K"},"object" :{"a":[[1],"]",{"b\"":"}"}],"managedFields":[{"f:x]":{}}]},
        "oldObject": null,"userInfo":{"username":"jane","groups":["a"],"extra":{"object":["x"]}},"options":{"object":{}},
        "operation":"CREATE","dryRun":false}}  "#;

    proptest! {
        /// Without its objects or as a whole, a body holds the same request, and what is no JSON is refused.
        #[test]
        fn a_hollow_body_reads_as_a_whole_one(
            at in any::<prop::sample::Index>(),
            length in 0..6usize,
            with in r#"[\[\]{}"\\,:a0 ]{0,4}"#,
        ) {
            let mut text = REVIEW.to_owned();
            let start = at.index(text.len());
            text.replace_range(start..(start + length).min(text.len()), &with);
            let body = Body::new(text.as_bytes());
            let hollow = body.check().and_then(|()| body.request());
            prop_assert_eq!(format!("{:?}", hollow), format!("{:?}", read(text.as_bytes())));
        }
    }
}
