//! What the API server fills in where an object says nothing.
//!
//! Only the defaults of the CRDs (and, for built-in kinds, of Kubernetes), not those that
//! CloudNativePG's own webhook adds later.

use crate::kinds::kind;
use crate::tree::{Release, Type, releases};
use serde_json::Value;

/// Defaults, as JSON, of kinds whose fields are not in the generated tables: Kubernetes' own, and the
/// generator of External Secrets that holds the fields of others.
const BUILT_IN: [(&str, &str, &str); 2] = [
    ("Service", "/spec/type", "\"ClusterIP\""),
    ("ClusterGenerator", "/spec/generator/passwordSpec/length", "24"),
];

/// What the API server fills in for a kind at a pointer, in which `*` stands for every list
/// item and map key: `/spec/plugins/*/enabled`. It does so only where the parent is present, or
/// has itself a default. A map is whole: the defaults of its own fields are filled in.
pub fn default(name: &str, pointer: &str) -> Option<Value> {
    if let Some((.., value)) = BUILT_IN.iter().find(|known| (known.0, known.1) == (name, pointer)) {
        return serde_json::from_str(value).ok();
    }
    let newest = releases(kind(name)?.group, name).filter_map(Release::root).last()?;
    let (parent, field) = pointer.rsplit_once('/')?;
    let of = parent.split('/').skip(1).try_fold(newest, below)?;
    let field = of.field(&unescaped(field))?;
    let mut value = serde_json::from_str(field.default).ok()?;
    fill(field.of, &mut value);
    Some(value)
}

fn below(of: Type, token: &str) -> Option<Type> {
    if token == "*" { of.inner() } else { of.field(&unescaped(token)).map(|field| field.of) }
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Fills in what a value leaves out.
pub(crate) fn fill(of: Type, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for field in of.fields() {
                if !map.contains_key(field.name)
                    && let Ok(default) = serde_json::from_str(field.default)
                {
                    map.insert(field.name.to_owned(), default);
                }
            }
            for (key, value) in map {
                if let Some(of) = below(of, key).or_else(|| of.inner()) {
                    fill(of, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(of) = of.inner() {
                for item in items {
                    fill(of, item);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_item_is_a_star() {
        assert_eq!(default("Cluster", "/spec/plugins/*/enabled"), Some(json!(true)));
        assert_eq!(default("Cluster", "/spec/instances"), Some(json!(1)));
        assert_eq!(default("ScheduledBackup", "/spec/method"), Some(json!("barmanObjectStore")));
        assert_eq!(default("Database", "/spec/fdws/*/options/*/ensure"), Some(json!("present")));
    }

    #[test]
    fn what_has_no_default_has_none() {
        assert_eq!(default("Cluster", "/spec/imageName"), None);
        assert_eq!(default("Cluster", "/spec/plugins/enabled"), None);
        assert_eq!(default("Secret", "/data"), None);
        assert_eq!(default("NoSuchKind", "/spec"), None);
    }

    #[test]
    fn kinds_of_kubernetes_have_theirs() {
        assert_eq!(default("Service", "/spec/type"), Some(json!("ClusterIP")));
        assert_eq!(default("ClusterGenerator", "/spec/generator/passwordSpec/length"), Some(json!(24)));
    }

    #[test]
    fn every_default_of_ours_is_json() {
        assert!(BUILT_IN.iter().all(|(.., value)| serde_json::from_str::<Value>(value).is_ok()));
    }

    #[test]
    fn the_newest_version_that_is_served_counts() {
        assert_eq!(default("ExternalSecret", "/spec/refreshInterval"), Some(json!("1h0m0s")));
        assert_eq!(default("Password", "/spec/length"), Some(json!(24)));
    }

    #[test]
    fn a_default_map_holds_the_defaults_of_its_fields() {
        let target = json!({"creationPolicy": "Owner", "deletionPolicy": "Retain"});
        assert_eq!(default("ExternalSecret", "/spec/target"), Some(target));
        let slots = default("Cluster", "/spec/replicationSlots").unwrap_or_default();
        assert_eq!(
            slots,
            json!({"highAvailability": {"enabled": true, "slotPrefix": "_cnpg_"}, "updateInterval": 30})
        );
    }
}
