//! The JSON Schema of `.cnpg-lint.yaml`, for editors.
//!
//! It says what [`super::file`] accepts; a test holds the two together.

use super::admission::Mode;
use super::file::{IGNORE_SELECTORS, OVERRIDE_SELECTORS, THROW_AWAY_SELECTORS};
use super::sites::SiteName;
use super::table::{ParamType, ParamValue, RuleEntry, RuleTable};
use crate::finding::Severity;
use serde_json::{Map, Value, json};

/// The schema, with the ids and parameters of `table`.
pub fn json_schema(table: &RuleTable) -> Value {
    let layer = layer(table);
    let mut top = layer.clone();
    top.insert("ignore".to_owned(), list("Suppressions, each with a reason.", &ignore()));
    let throw_away =
        entry(&THROW_AWAY_SELECTORS, json!({"reason": text("Why they may be lost.")}), &["reason"]);
    let doc = "Clusters that may be lost: exempt from availability and backup.";
    top.insert("throw-away".to_owned(), list(doc, &throw_away));
    let over = entry(&OVERRIDE_SELECTORS, Value::Object(layer), &[]);
    top.insert(
        "overrides".to_owned(),
        list("Settings for some objects; the last that matches counts most.", &over),
    );
    top.insert("admission".to_owned(), admission());
    let levels: Vec<_> = ["off", "on"].into_iter().chain(Severity::ALL.map(Severity::name)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnpg-lint configuration",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": top,
        "$defs": {
            "severity": {"enum": levels, "description": "`on` keeps the severity that the rule has."},
            "rule": {"enum": table.ids().collect::<Vec<_>>()},
            "text": {"type": "string", "pattern": "\\S"},
            "texts": {"anyOf": [
                {"$ref": "#/$defs/text"},
                {"type": "array", "items": {"$ref": "#/$defs/text"}, "minItems": 1},
            ]},
            "patterns": {"anyOf": [
                {"$ref": "#/$defs/pattern"},
                {"type": "array", "items": {"$ref": "#/$defs/pattern"}, "minItems": 1},
            ]},
            "pattern": {"type": "string", "pattern": "^\\s*[^!\\s]", "description": "`*` stands for anything."},
            "host": {"type": "string", "pattern": "^[^/:@\\s]+$"},
            "site": {"enum": SiteName::ALL.map(SiteName::name)},
        },
    })
}

/// What stands at the top level and again in an override.
fn layer(table: &RuleTable) -> Map<String, Value> {
    let rules: Map<_, _> = table.iter().map(|rule| (rule.id.to_string(), self::rule(rule))).collect();
    let site = json!({
        "host": {"$ref": "#/$defs/host", "description": "A host name, in which `*` stands for anything."},
        "site": {"$ref": "#/$defs/site"},
    });
    let mirror = json!({
        "host": {"$ref": "#/$defs/host", "description": "Host of the mirrored store's endpoint."},
        "destination": text("`destinationPath` of the mirrored store, in which `*` stands for anything."),
        "site": {"$ref": "#/$defs/site", "description": "Where the copy is."},
        "by": text("What makes the copy."),
    });
    let mut mirror = object(&mirror, &["site", "by"]);
    insert(&mut mirror, "anyOf", json!([{"required": ["host"]}, {"required": ["destination"]}]));
    let properties = [
        (
            "extends",
            json!({"enum": ["guideline", null], "description": "Turns on what only the guideline asks for."}),
        ),
        (
            "operator-version",
            json!({
                "type": ["string", "number", "null"],
                "pattern": "^v?\\d+\\.\\d+(\\.\\d+)?(-.*)?$",
                "description": "The version of CloudNativePG that is installed.",
            }),
        ),
        ("rules", json!({"type": ["object", "null"], "additionalProperties": false, "properties": rules})),
        ("sites", list("Where hosts are; the first match counts.", &object(&site, &["host", "site"]))),
        ("mirrors", list("Stores that something else copies to another site.", &mirror)),
    ];
    properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What can be set of a rule.
fn rule(rule: &RuleEntry) -> Value {
    let params: Map<_, _> =
        rule.params.iter().map(|param| (param.name.clone(), self::param(&param.default))).collect();
    let setting = json!({
        "severity": {"$ref": "#/$defs/severity"},
        "params": {"type": ["object", "null"], "additionalProperties": false, "properties": params},
    });
    json!({
        "description": rule.title,
        "anyOf": [{"$ref": "#/$defs/severity"}, object(&setting, &[])],
    })
}

fn param(default: &ParamValue) -> Value {
    let (kind, value) = match default {
        ParamValue::Bool(value) => ("boolean", json!(value)),
        ParamValue::Int(value) => ("integer", json!(value)),
        ParamValue::Float(value) => ("number", json!(value)),
        ParamValue::String(value) => ("string", json!(value)),
        ParamValue::Strings(value) => ("array", json!(value)),
        ParamValue::Ints(value) => ("array", json!(value)),
    };
    let mut schema = json!({"type": kind, "default": value});
    match default.kind() {
        ParamType::Strings => insert(&mut schema, "items", json!({"type": "string"})),
        ParamType::Ints => insert(&mut schema, "items", json!({"type": "integer"})),
        _ => {}
    }
    schema
}

fn ignore() -> Value {
    let rules = json!({"anyOf": [
        {"$ref": "#/$defs/rule"},
        {"type": "array", "items": {"$ref": "#/$defs/rule"}, "minItems": 1},
    ]});
    let properties = json!({
        "rules": rules,
        "reason": text("Why, for those who read it later."),
        "until": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": "The last day on which it counts."},
    });
    entry(&IGNORE_SELECTORS, properties, &["rules", "reason"])
}

/// What findings do at the webhook.
fn admission() -> Value {
    let modes: Vec<_> = Mode::ALL.into_iter().map(Mode::name).collect();
    let mode = json!({"enum": modes, "description": "What a finding does at most."});
    let rules = json!({"anyOf": [
        {"$ref": "#/$defs/rule"},
        {"type": "array", "items": {"$ref": "#/$defs/rule"}, "minItems": 1},
    ]});
    let until = json!({"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": "The last day on which it counts."});
    let labels = json!({
        "type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/pattern"},
        "description": "Labels of the namespace.",
    });
    let namespaces = json!({"$ref": "#/$defs/patterns"});
    let over =
        json!({"rules": rules, "namespaces": namespaces, "labels": labels, "mode": mode, "until": until});
    let mut over = object(&over, &["mode"]);
    let any = ["rules", "namespaces", "labels"].map(|key| json!({"required": [key]}));
    insert(&mut over, "anyOf", json!(any));
    let exemptions = json!({
        "anyOf": [{"enum": ["all", "none"]}, rules],
        "description": "For which rules the annotation `cnpg-lint.dev/ignore` counts.",
    });
    let mut admission = object(
        &json!({
            "mode": mode,
            "overrides": list("Another mode for some rules, in some namespaces, up to a day.", &over),
            "exemptions": exemptions,
            "users": {"$ref": "#/$defs/patterns", "description": "Users that are never refused."},
            "groups": {"$ref": "#/$defs/patterns", "description": "Groups that are never refused."},
            "operator-namespace": text("The namespace of the operator, whose own deletions are never refused."),
            "secrets": {"type": "boolean", "description": "Whether Secrets are judged."},
        }),
        &[],
    );
    insert(&mut admission, "type", json!(["object", "null"]));
    insert(&mut admission, "description", json!("What findings do at the admission webhook."));
    admission
}

/// An entry that selects objects by at least one of `selectors`.
fn entry(selectors: &[&str], mut properties: Value, required: &[&str]) -> Value {
    for selector in selectors {
        let schema = match *selector {
            "paths" => json!({
                "$ref": "#/$defs/patterns",
                "description": "Paths from the directory of this file; `**` matches across directories.",
            }),
            "kinds" => json!({"$ref": "#/$defs/texts"}),
            "labels" => json!({
                "type": "object", "minProperties": 1,
                "additionalProperties": {"$ref": "#/$defs/pattern"},
            }),
            _ => json!({"$ref": "#/$defs/patterns"}),
        };
        insert(&mut properties, selector, schema);
    }
    let mut entry = object(&properties, required);
    let any: Vec<_> = selectors.iter().map(|selector| json!({"required": [selector]})).collect();
    insert(&mut entry, "anyOf", json!(any));
    entry
}

/// A map with these keys and no other.
fn object(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

fn list(description: &str, items: &Value) -> Value {
    json!({"type": ["array", "null"], "description": description, "items": items})
}

fn text(description: &str) -> Value {
    json!({"$ref": "#/$defs/text", "description": description})
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::json_schema;
    use crate::config::Config;
    use crate::config::tests::table;

    #[test]
    fn the_schema_accepts_and_refuses_what_loading_does() {
        let table = table();
        let schema = jsonschema::validator_for(&json_schema(&table)).unwrap();
        let texts = [
            "{}",
            "rules: {backup-missing: off, instances-min-2: {severity: on, params: {minimum: 3}}}",
            "rules: {backup-mising: off}",
            "rules: {backup-missing: of}",
            "rules: {instances-min-2: {params: {minimum: x}}}",
            "rules: {work-mem-oom: {params: {share: 1, majors: [18], strict: true}}}",
            "rules: {work-mem-oom: {params: {majors: [a]}}}",
            "operator-version: 1.30.0",
            "operator-version: newest",
            "extends: guideline",
            "extends: guidelines",
            "sites: [{host: '*.lan', site: local}]",
            "sites: [{host: 'http://x', site: local}]",
            "sites: [{host: x}]",
            "mirrors: [{host: x, site: offsite, by: rclone}]",
            "mirrors: [{site: offsite, by: rclone}]",
            "mirrors: [{destination: 's3://x', site: offsite}]",
            "ignore: [{rules: backup-missing, paths: dev/, reason: x, until: '2027-01-01'}]",
            "ignore: [{rules: backup-missing, paths: dev/, reason: x, until: tomorrow}]",
            "ignore: [{rules: [backup-missing], reason: x}]",
            "ignore: [{rules: [backup-missing], paths: dev/}]",
            "ignore: [{rules: [], paths: dev/, reason: x}]",
            "ignore: [{rules: [backup-missing], labels: {a: b}, reason: x}]",
            "throw-away: [{labels: {a: b}, reason: x}]",
            "throw-away: [{reason: x}]",
            "overrides: [{namespaces: [a], rules: {backup-missing: info}, extends: guideline}]",
            "overrides: [{rules: {backup-missing: info}}]",
            "overrides: [{paths: ['!x']}]",
            "override: []",
            "admission: {mode: enforce, secrets: true, users: ['system:serviceaccount:flux-system:*']}",
            "admission: {mode: deny}",
            "admission: {overrides: [{rules: backup-missing, mode: warn, until: '2027-01-31'}]}",
            "admission: {overrides: [{namespaces: [prod-*], labels: {tier: prod}, mode: enforce}]}",
            "admission: {overrides: [{mode: enforce}]}",
            "admission: {overrides: [{rules: backup-missing}]}",
            "admission: {exemptions: none}",
            "admission: {exemptions: [backup-missing], groups: [dba]}",
            "admission: {exemptions: some}",
            "admission: {secrets: maybe}",
            "admission: {operator-namespace: databases}",
            "admission: {operator-namespace: [databases]}",
            "[]",
        ];
        for text in texts {
            let options = serde_saphyr::options! { strict_booleans: true };
            let value: serde_json::Value = serde_saphyr::from_str_with_options(text, options).unwrap();
            let loads = Config::load(text, &table).is_ok();
            assert_eq!(schema.is_valid(&value), loads, "{text}");
        }
    }
}
