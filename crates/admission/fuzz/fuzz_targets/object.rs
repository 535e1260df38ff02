//! Any object in a sound envelope is answered by a reply that an API server takes. The first byte chooses the
//! kind and the verb; what follows is the object, or two with a NUL between them.

#![no_main]

use admission::Cache;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const KINDS: [(&str, &str); 16] = [
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Pooler"),
    ("postgresql.cnpg.io", "Backup"),
    ("postgresql.cnpg.io", "ScheduledBackup"),
    ("postgresql.cnpg.io", "Database"),
    ("postgresql.cnpg.io", "Publication"),
    ("postgresql.cnpg.io", "Subscription"),
    ("postgresql.cnpg.io", "ImageCatalog"),
    ("postgresql.cnpg.io", "ClusterImageCatalog"),
    ("barmancloud.cnpg.io", "ObjectStore"),
    ("external-secrets.io", "ExternalSecret"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "SecretStore"),
    ("external-secrets.io", "PushSecret"),
];
const VERBS: [&str; 4] = ["CREATE", "UPDATE", "DELETE", "SCALE"];

fuzz_target!(|input: &[u8]| {
    let Some((first, text)) = input.split_first() else { return };
    let (group, kind) = KINDS[usize::from(first & 15)];
    let verb = VERBS[usize::from(first >> 4 & 3)];
    let mut parts = text.splitn(2, |byte| *byte == 0);
    // Only what is JSON: the API server sends nothing else.
    let mut object = || -> Option<Value> {
        let mut object: Value = serde_json::from_slice(parts.next()?).ok()?;
        let fields = object.as_object_mut()?;
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("apiVersion".to_owned(), format!("{group}/v1").into());
        Some(object)
    };
    let Some(one) = object() else { return };
    let other = object().unwrap_or_else(|| one.clone());
    let cache = Cache::new();
    cache.put(kind, other.to_string().as_bytes());
    let (object, old) = match verb {
        "CREATE" => (one, Value::Null),
        "UPDATE" => (one, other),
        "DELETE" => (Value::Null, one),
        _ => (json!({"kind": "Scale", "spec": {"replicas": first}}), Value::Null),
    };
    let is_scale = verb == "SCALE";
    let resource = if kind == "Pooler" { "poolers" } else { "clusters" };
    let name =
        |key: &str| one_of(&object, &old).pointer(key).and_then(Value::as_str).unwrap_or("x").to_owned();
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5", "name": name("/metadata/name"), "namespace": name("/metadata/namespace"),
            "kind": {"group": group, "version": "v1", "kind": kind},
            "resource": {"group": group, "version": "v1", "resource": resource},
            "subResource": if is_scale { "scale" } else { "" },
            "operation": if is_scale { "UPDATE" } else { verb },
            "userInfo": {"username": "jane"}, "object": object, "oldObject": old,
        },
    });
    let reply = admission_fuzz::check(review.to_string().as_bytes(), &cache);
    assert_eq!(reply.status, 200);
});

fn one_of<'v>(object: &'v Value, old: &'v Value) -> &'v Value {
    if object.is_null() { old } else { object }
}
