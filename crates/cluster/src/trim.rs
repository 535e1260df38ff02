//! One object's JSON without what no rule reads, from bytes to bytes.
//!
//! Values are skipped or copied unparsed, so an object costs one pass and no tree, however deep it is.

use crate::WatchedKind;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What tells an object of a kind from another, and one state of it from the next.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity<'a> {
    #[serde(borrow, default)]
    pub namespace: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub resource_version: Cow<'a, str>,
}

impl<'a> Identity<'a> {
    /// The identity in the `metadata` of `object`.
    pub(crate) fn of(object: &'a str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(borrow)]
            metadata: Identity<'a>,
        }
        Ok(serde_json::from_str::<Object<'a>>(object)?.metadata)
    }
}

/// Writes to `out` what is kept of `object`; `api_version` and the kind come first, from the
/// request: the items of a list lack them, and those of metadata are called something else.
pub(crate) fn trim(
    kind: &WatchedKind,
    api_version: &str,
    object: &str,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let entries: Entries<'_> = serde_json::from_str(object)?;
    let mut map = Writer::open(out);
    map.string("apiVersion", api_version)?;
    map.string("kind", kind.kind)?;
    for (key, value) in entries.0 {
        match &*key.0 {
            "apiVersion" | "kind" => {}
            "metadata" => metadata(value, map.key("metadata")?)?,
            _ if kind.metadata_only => {}
            "status" if kind.status.is_empty() => {}
            "status" => {
                let status: Entries<'_> = serde_json::from_str(value.get())?;
                keep(status, map.key("status")?, |field| kind.status.contains(&field))?;
            }
            key => map.raw(key, value)?,
        }
    }
    map.close();
    Ok(())
}

fn metadata(value: &RawValue, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let entries: Entries<'_> = serde_json::from_str(value.get())?;
    let mut map = Writer::open(out);
    for (key, value) in entries.0 {
        match &*key.0 {
            "managedFields" => {}
            "annotations" if value.get() != "null" => {
                let annotations: Entries<'_> = serde_json::from_str(value.get())?;
                keep(annotations, map.key("annotations")?, |key| key != LAST_APPLIED)?;
            }
            key => map.raw(key, value)?,
        }
    }
    map.close();
    Ok(())
}

fn keep(
    entries: Entries<'_>,
    out: &mut Vec<u8>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), serde_json::Error> {
    let mut map = Writer::open(out);
    for (key, value) in entries.0.into_iter().filter(|(key, _)| wanted(&key.0)) {
        map.raw(&key.0, value)?;
    }
    map.close();
    Ok(())
}

/// The entries of a JSON object in their order, the values unparsed.
struct Entries<'a>(Vec<(Key<'a>, &'a RawValue)>);

#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// Writes one JSON object, entry by entry.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Writer<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes the key; the value is the caller's to write.
    fn key(&mut self, key: &str) -> Result<&mut Vec<u8>, serde_json::Error> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        serde_json::to_writer(&mut *self.out, key)?;
        self.out.push(b':');
        Ok(self.out)
    }

    fn string(&mut self, key: &str, value: &str) -> Result<(), serde_json::Error> {
        serde_json::to_writer(self.key(key)?, value)
    }

    fn raw(&mut self, key: &str, value: &RawValue) -> Result<(), serde_json::Error> {
        self.key(key)?.extend_from_slice(value.get().as_bytes());
        Ok(())
    }

    fn close(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: WatchedKind = WatchedKind::new("postgresql.cnpg.io", &["v1"], "Cluster", "clusters");

    fn trimmed(kind: &WatchedKind, object: &str) -> String {
        let mut out = Vec::new();
        trim(kind, "postgresql.cnpg.io/v1", object, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_no_rule_reads_is_left_out() {
        let object = r#"{"kind":"Cluster","apiVersion":"x","metadata":{"name":"a","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","k\"":"v"},"managedFields":[{"a":1}],"uid":"u"},"spec":{"instances":3,"status":1},"status":{"phase":"ok","currentPrimary":"a-1"}}"#;
        assert_eq!(
            trimmed(&CLUSTER, object),
            r#"{"apiVersion":"postgresql.cnpg.io/v1","kind":"Cluster","metadata":{"name":"a","annotations":{"k\"":"v"},"uid":"u"},"spec":{"instances":3,"status":1}}"#
        );
    }

    #[test]
    fn fields_of_status_are_kept_by_name() {
        let kind = WatchedKind { status: &["phase"], ..CLUSTER };
        assert_eq!(
            trimmed(&kind, r#"{"metadata":{},"status":{"phase":"ok","currentPrimary":"a-1"}}"#),
            r#"{"apiVersion":"postgresql.cnpg.io/v1","kind":"Cluster","metadata":{},"status":{"phase":"ok"}}"#
        );
    }

    #[test]
    fn of_metadata_only_nothing_else_stays() {
        let kind = WatchedKind { metadata_only: true, ..CLUSTER };
        assert_eq!(
            trimmed(&kind, r#"{"kind":"PartialObjectMetadata","metadata":{"name":"a"},"spec":{}}"#),
            r#"{"apiVersion":"postgresql.cnpg.io/v1","kind":"Cluster","metadata":{"name":"a"}}"#
        );
    }

    #[test]
    fn null_annotations_and_great_depth_are_copied() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let out = trimmed(&CLUSTER, &format!(r#"{{"metadata":{{"annotations":null}},"spec":{deep}}}"#));
        assert!(out.ends_with(&format!(r#""metadata":{{"annotations":null}},"spec":{deep}}}"#)));
    }

    #[test]
    fn what_is_not_an_object_is_an_error() {
        for object in ["[]", "null", "", "{\"metadata\":[]}", "{\"metadata\":{}"] {
            assert!(trim(&CLUSTER, "v1", object, &mut Vec::new()).is_err(), "{object}");
        }
    }

    #[test]
    fn identity_is_read_from_metadata() {
        let identity =
            Identity::of(r#"{"metadata":{"name":"a","namespace":"n","resourceVersion":"7"}}"#).unwrap();
        assert_eq!(identity.namespace.as_deref(), Some("n"));
        assert_eq!((&*identity.name, &*identity.resource_version), ("a", "7"));
    }
}
