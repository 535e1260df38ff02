//! Annotations of a Cluster whose text is JSON.

use serde_json::Value;

/// `cnpg.io/podPatch`: a JSON Patch (RFC 6902), that is a list of objects. The error reads after
/// "the text is" or "it is".
pub(super) fn pod_patch(text: &str) -> Result<(), String> {
    match serde_json::from_str(text) {
        Err(error) => Err(format!("not JSON ({error})")),
        Ok(Value::Array(operations)) if operations.iter().all(Value::is_object) => Ok(()),
        Ok(Value::Null) => Ok(()),
        Ok(Value::Array(_)) => Err("not a list of objects".to_owned()),
        Ok(_) => Err("not a list".to_owned()),
    }
}

/// `alpha.cnpg.io/livenessPinger`: an object that says whether the pinger is `enabled`.
pub(super) fn liveness_pinger(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON ({error})"))?;
    let Value::Object(fields) = value else {
        return Err("not an object".to_owned());
    };
    match fields.get("enabled") {
        Some(Value::Bool(_)) => {}
        None | Some(Value::Null) => return Err("without `enabled`".to_owned()),
        Some(_) => return Err("not settled: `enabled` is neither true nor false".to_owned()),
    }
    let is_number = |name: &str| fields.get(name).is_none_or(|value| value.is_null() || value.is_i64());
    match ["requestTimeout", "connectionTimeout"].into_iter().find(|name| !is_number(name)) {
        Some(name) => Err(format!("wrong: `{name}` is no integer")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{liveness_pinger, pod_patch};

    #[test]
    fn a_patch_is_a_list_of_operations() {
        assert!(pod_patch(r#"[{"op": "add", "path": "/metadata/labels/a", "value": "b"}]"#).is_ok());
        assert!(pod_patch("[]").is_ok());
        for wrong in ["", "{}", "[1]", r#"{"op": "add"}"#, "- op: add"] {
            assert!(pod_patch(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pinger_says_whether_it_is_enabled() {
        assert!(liveness_pinger(r#"{"enabled": false, "requestTimeout": 500}"#).is_ok());
        for wrong in
            ["", "true", "{}", r#"{"enabled": "yes"}"#, r#"{"enabled": true, "requestTimeout": "1s"}"#]
        {
            assert!(liveness_pinger(wrong).is_err(), "{wrong}");
        }
    }
}
