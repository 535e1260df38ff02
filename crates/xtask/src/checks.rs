//! The CEL validations of the CRDs as checks of our own.

use crate::types::Check;

/// The checks that say what a validation says. An error where none of ours does: a new release has a
/// new one, which must be written first.
pub(crate) fn of_rule(kind: &str, path: &str, rule: &str) -> Result<Option<Check>, String> {
    let check = |name: &'static str, text: &str| Ok(Some((name, 0, text.to_owned())));
    if rule.contains("oldSelf") {
        return check("Immutable", if rule.starts_with("self.") { "name" } else { "" });
    }
    if let Some(named) =
        NAMED.iter().find(|named| (named.0, named.1) == (kind, path) && rule.contains(named.2))
    {
        return check(named.3, named.4);
    }
    if let Some(value) = rule.strip_prefix("self != '").and_then(|rest| rest.strip_suffix('\'')) {
        return check("Not", value);
    }
    if rule == "self > 0" {
        return Ok(Some(("Min", 1, String::new())));
    }
    if let Some((field, values)) = is_one_of(rule) {
        return check("FieldIs", &format!("{field}\n{}", values.join("\n")));
    }
    let fields = has_fields(rule).join("\n");
    let plain: String = rule.chars().filter(|char| !char.is_whitespace()).collect();
    if plain.ends_with(".size()<=1") || plain.starts_with("!(has(") && plain.matches("&&").count() == 1 {
        return check("AtMostOne", &fields);
    }
    let is_either = plain.contains("&&!has(") && plain.contains(")||(!has(");
    if plain.ends_with(".size()==1") && plain.starts_with("[has(") || is_either || plain.contains(")!=has(") {
        return check("ExactlyOne", &fields);
    }
    if plain.split("||").all(|part| part.starts_with("has(") && part.matches("has(").count() == 1) {
        return check("AtLeastOne", &fields);
    }
    Err(format!("{kind}{path}: no check of ours says `{rule}`"))
}

/// `self.a == 'x' || self.a == 'y'`.
fn is_one_of(rule: &str) -> Option<(String, Vec<String>)> {
    let mut field = None;
    let mut values = Vec::new();
    for part in rule.split(" || ") {
        let (name, value) = part.strip_prefix("self.")?.split_once(" == '")?;
        if field.get_or_insert(name) != &name {
            return None;
        }
        values.push(value.strip_suffix('\'')?.to_owned());
    }
    Some((field?.to_owned(), values))
}

/// The fields that a rule asks for with `has`, each once, in order.
fn has_fields(rule: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for part in rule.split("has(self.").skip(1) {
        let name = part.split(')').next().unwrap_or_default().to_owned();
        if !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields
}

/// Kind, path, a word of the rule, our check, its text.
type Named = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Validations that are like no other.
const NAMED: &[Named] = &[
    ("ClusterImageCatalog", ".spec.componentImages", "key", "Unique", "key"),
    ("ImageCatalog", ".spec.componentImages", "key", "Unique", "key"),
    ("ClusterImageCatalog", ".spec.images", "major", "Unique", "major"),
    ("ImageCatalog", ".spec.images", "major", "Unique", "major"),
    (
        "Cluster",
        ".spec.bootstrap.initdb",
        "builtinLocale",
        "NeedsValue",
        "builtinLocale\nlocaleProvider\nbuiltin",
    ),
    ("Cluster", ".spec.bootstrap.initdb", "icuLocale", "NeedsValue", "icuLocale\nlocaleProvider\nicu"),
    ("Cluster", ".spec.bootstrap.initdb", "icuRules", "NeedsValue", "icuRules\nlocaleProvider\nicu"),
    ("Database", ".spec", "builtinLocale", "NeedsValue", "builtinLocale\nlocaleProvider\nbuiltin"),
    ("Database", ".spec", "icuLocale", "NeedsValue", "icuLocale\nlocaleProvider\nicu"),
    ("Database", ".spec", "icuRules", "NeedsValue", "icuRules\nlocaleProvider\nicu"),
    ("Cluster", ".spec.postgresql.synchronous", "preferred", "PreferredWithoutNames", ""),
    ("Publication", ".spec.target.objects", "columns", "NoColumnsWithSchemas", ""),
    ("DatabaseRole", ".spec", "ensure", "FieldIsNot", "ensure\nabsent"),
    ("DatabaseRole", ".spec", "'postgres'", "FieldIsNot", "name\npostgres"),
    ("DatabaseRole", ".spec", "streaming_replica", "FieldIsNot", "name\nstreaming_replica"),
    ("DatabaseRole", ".spec", "'pg_'", "FieldStartsNot", "name\npg_"),
    ("DatabaseRole", ".spec", "'cnpg_'", "FieldStartsNot", "name\ncnpg_"),
    ("DatabaseRole", ".spec", "size()", "FieldIsNot", "name\n"),
    ("DatabaseRole", ".spec", "passwordSecret", "PasswordOrNone", ""),
    ("DatabaseRole", ".spec", "clientCertificate", "CertificateNeedsLogin", ""),
    ("PushSecret", ".spec.dataTo[]", "labelSelector", "StoreRefNamed", ""),
    ("ClusterPushSecret", ".spec.pushSecretSpec.dataTo[]", "labelSelector", "StoreRefNamed", ""),
    ("PushSecret", ".spec.dataTo[]", "remoteKey", "RewriteWithoutKey", ""),
    ("ClusterPushSecret", ".spec.pushSecretSpec.dataTo[]", "remoteKey", "RewriteWithoutKey", ""),
    ("SecretStore", ".spec.provider.aws.customSessionTags", "esoNamespace", "NoReservedTags", ""),
    ("ClusterSecretStore", ".spec.provider.aws.customSessionTags", "esoNamespace", "NoReservedTags", ""),
    ("SecretStore", ".spec.provider.secretserver", "token", "TokenOrPassword", ""),
    ("ClusterSecretStore", ".spec.provider.secretserver", "token", "TokenOrPassword", ""),
    ("ObjectStore", ".spec.configuration", "serverName", "Without", "serverName"),
    (
        "ObjectStore",
        ".spec.instanceSidecarConfiguration.additionalContainerArgs",
        "--log-level",
        "NoItemStarts",
        "--log-level",
    ),
];
