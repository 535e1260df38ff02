//! The sections of `.cnpg-lint.yaml`.

use super::decode::{Decoder, Fields};
use super::error::{ConfigError, Problems};
use super::nearest::did_you_mean;
use super::sites::{HostSite, Mirror, SiteName};
use super::table::{ParamType, ParamValue, RuleEntry, RuleTable};
use super::yaml::{self, Entry, Value, Yaml};
use super::{Config, Ignore, Layer, Level, Override, RuleSetting, ThrowAway};
use crate::finding::Severity;
use std::sync::Arc;

/// What stands at the top level and again in an override.
pub(super) const LAYER_KEYS: [&str; 5] = ["extends", "operator-version", "rules", "sites", "mirrors"];
/// What stands at the top level only.
pub(super) const TOP_KEYS: [&str; 4] = ["ignore", "throw-away", "overrides", "admission"];
pub(super) const IGNORE_SELECTORS: [&str; 4] = ["paths", "kinds", "namespaces", "names"];
pub(super) const THROW_AWAY_SELECTORS: [&str; 4] = ["paths", "namespaces", "names", "labels"];
pub(super) const OVERRIDE_SELECTORS: [&str; 5] = ["paths", "kinds", "namespaces", "names", "labels"];

/// Reads a configuration; all that is wrong with it is told at once.
pub(super) fn load(text: &str, table: &RuleTable) -> Result<Config, ConfigError> {
    let mut decoder = Decoder { text, table, problems: Problems::default() };
    let root = yaml::read(text, &mut decoder.problems);
    let config = root.map(|root| decoder.config(&root)).unwrap_or_default();
    decoder.problems.into_result(text)?;
    Ok(config)
}

impl Decoder<'_> {
    fn config(&mut self, root: &Yaml) -> Config {
        let mut config = Config::default();
        let known = [LAYER_KEYS.as_slice(), &TOP_KEYS].concat();
        if root.value == Value::Null {
            return config;
        }
        let Some(fields) = self.fields(root, "the configuration", &known) else { return config };
        config.base = self.layer(&fields);
        if let Some(node) = fields.get("ignore") {
            let items = self.items(node, "`ignore`");
            config.ignores = items.iter().filter_map(|item| self.ignore(item)).collect();
        }
        if let Some(node) = fields.get("throw-away") {
            let items = self.items(node, "`throw-away`");
            config.throw_away = items.iter().filter_map(|item| self.throw_away(item)).collect();
        }
        if let Some(node) = fields.get("overrides") {
            let items = self.items(node, "`overrides`");
            config.overrides = items.iter().filter_map(|item| self.override_(item)).collect();
        }
        if let Some(node) = fields.get("admission") {
            config.admission = self.admission(node);
        }
        let demands =
            self.table.iter().filter_map(|rule| Some((Arc::clone(&rule.id), rule.guideline.clone()?)));
        config.guideline = demands.collect();
        config
    }

    fn layer(&mut self, fields: &Fields<'_>) -> Layer {
        let mut layer = Layer::default();
        if let Some(node) = fields.get("extends") {
            let known = [("guideline", true)];
            layer.extends_guideline = self.one_of(node, "what can be extended", &known).unwrap_or_default();
        }
        if let Some(node) = fields.get("operator-version") {
            layer.operator_version = self.operator_version(node);
        }
        if let Some(node) = fields.get("rules") {
            for entry in self.entries(node, "`rules`") {
                if let Some(setting) = self.rule(entry) {
                    layer.rules.insert(entry.key.clone(), setting);
                }
            }
        }
        if let Some(node) = fields.get("sites") {
            let items = self.items(node, "`sites`");
            layer.sites = items.iter().filter_map(|item| self.host_site(item)).collect();
        }
        if let Some(node) = fields.get("mirrors") {
            let items = self.items(node, "`mirrors`");
            layer.mirrors = items.iter().filter_map(|item| self.mirror(item)).collect();
        }
        layer
    }

    /// `1.30`, which YAML takes for a number, counts as it is written.
    fn operator_version(&mut self, node: &Yaml) -> Option<String> {
        let text = match &node.value {
            Value::Float(_) | Value::Int(_) => self.raw(&node.at),
            _ => self.string(node, "`operator-version`")?,
        };
        let version = text.strip_prefix('v').unwrap_or(text);
        let number =
            |part: &str| part.parse::<u32>().is_ok() && part.bytes().all(|byte| byte.is_ascii_digit());
        let release = version.split_once('-').map_or(version, |(release, _)| release);
        let parts: Vec<_> = release.split('.').collect();
        if !(2..=3).contains(&parts.len()) || !parts.into_iter().all(number) {
            let message = format!("`{text}` is not a version of CloudNativePG");
            self.problems.add(&node.at, message, "write it as 1.30 or 1.30.0");
            return None;
        }
        Some(version.to_owned())
    }

    fn rule(&mut self, entry: &Entry) -> Option<RuleSetting> {
        if !self.known_rule(&entry.key, &entry.key_at) {
            return None;
        }
        let table = self.table;
        let rule = table.get(&entry.key)?;
        if !matches!(entry.value.value, Value::Map(_)) {
            let level = self.level(&entry.value)?;
            return Some(RuleSetting { level: Some(level), params: Vec::new() });
        }
        let fields = self.fields(&entry.value, "the setting of a rule", &["severity", "params"])?;
        let level = fields.get("severity").and_then(|node| self.level(node));
        let mut params = Vec::new();
        if let Some(node) = fields.get("params") {
            for param in self.entries(node, "`params`") {
                if let Some(value) = self.param(rule, param) {
                    params.push((param.key.clone(), value));
                }
            }
        }
        Some(RuleSetting { level, params })
    }

    fn level(&mut self, node: &Yaml) -> Option<Level> {
        // YAML has no `off` of its own any more, but many learned that it is `false`.
        if let Value::Bool(on) = node.value {
            let help = if on { "write `on`" } else { "write `off`" };
            self.problems.add(&node.at, format!("a severity is a word, not {}", node.phrase()), help);
            return None;
        }
        let severities = Severity::ALL.map(|severity| (severity.name(), Level::Severity(severity)));
        let words = [[("off", Level::Off), ("on", Level::On)].as_slice(), &severities].concat();
        self.one_of(node, "a severity", &words)
    }

    fn param(&mut self, rule: &RuleEntry, entry: &Entry) -> Option<ParamValue> {
        let id = &rule.id;
        let Some(param) = rule.param(&entry.key) else {
            let known = || rule.params.iter().map(|param| param.name.as_str());
            let help = did_you_mean(&entry.key, known(), || match rule.params.len() {
                0 => "it has none".to_owned(),
                _ => format!("it has {}", super::decode::quoted(known())),
            });
            self.problems.add(
                &entry.key_at,
                format!("the rule `{id}` has no parameter `{}`", entry.key),
                help,
            );
            return None;
        };
        let value = param_value(&entry.value, param.default.kind());
        if value.is_none() {
            let wanted = param.default.kind().phrase();
            let message = format!("`{}` of `{id}` is {wanted}, not {}", entry.key, entry.value.phrase());
            self.problems.add(&entry.value.at, message, format!("its default is {}", param.default));
        }
        value
    }

    fn host_site(&mut self, node: &Yaml) -> Option<HostSite> {
        let fields = self.fields(node, "an entry of `sites`", &["host", "site"])?;
        let host = self.required(
            &fields,
            "host",
            "an entry of `sites`",
            "a host name, in which `*` stands for anything",
        );
        let site = self.site(&fields, "an entry of `sites`");
        let host = self.host(host?, &fields)?;
        Some(HostSite { host, site: site? })
    }

    fn mirror(&mut self, node: &Yaml) -> Option<Mirror> {
        let what = "an entry of `mirrors`";
        let fields = self.fields(node, what, &["host", "destination", "site", "by"])?;
        let host = fields.get("host").and_then(|node| self.string(node, "`host`"));
        let host = host.and_then(|host| self.host(host, &fields));
        let destination = fields.get("destination").and_then(|node| self.string(node, "`destination`"));
        if fields.get("host").is_none() && fields.get("destination").is_none() {
            let help = "say which store is mirrored with `host`, `destination` or both";
            self.problems.add(&fields.at, format!("{what} names no store"), help);
        }
        let site = self.site(&fields, what);
        let by = self.required(&fields, "by", what, "say what makes the copy: `by: rclone, every night`");
        Some(Mirror {
            host,
            destination: destination.map(str::to_owned),
            site: site?,
            by: by?.trim().to_owned(),
        })
    }

    fn site(&mut self, fields: &Fields<'_>, what: &str) -> Option<SiteName> {
        let words = SiteName::ALL.map(|site| (site.name(), site));
        let Some(node) = fields.get("site") else {
            self.problems.add(&fields.at, format!("{what} has no `site`"), "`cluster`, `local` or `offsite`");
            return None;
        };
        self.one_of(node, "a site", &words)
    }

    /// A host pattern; what only stands in URLs can match no host.
    fn host(&mut self, host: &str, fields: &Fields<'_>) -> Option<String> {
        let at = fields.get("host").map_or_else(|| fields.at.clone(), |node| node.at.clone());
        if let Some(bad) = host.chars().find(|char| matches!(char, '/' | ':' | '@') || char.is_whitespace()) {
            let help = "write the name alone: no scheme, port or path";
            self.problems.add(&at, format!("`{host}` is not a host name: it holds `{bad}`"), help);
            return None;
        }
        Some(host.to_ascii_lowercase())
    }

    fn ignore(&mut self, node: &Yaml) -> Option<Ignore> {
        let what = "an entry of `ignore`";
        let known = [["rules", "reason", "until"].as_slice(), &IGNORE_SELECTORS].concat();
        let fields = self.fields(node, what, &known)?;
        let targets = self.targets(&fields, what, &IGNORE_SELECTORS);
        let rules = if let Some(node) = fields.get("rules") {
            self.rule_ids(node, "`rules`")
        } else {
            self.problems.add(&fields.at, format!("{what} has no `rules`"), "name the rules to ignore");
            Vec::new()
        };
        let until = fields.get("until").and_then(|node| Some((self.date(node, "`until`")?, node.at.clone())));
        let reason = self.required(&fields, "reason", what, "say why, for those who read it later");
        Some(Ignore { rules, targets, reason: reason?.trim().to_owned(), until, at: node.at.clone() })
    }

    fn throw_away(&mut self, node: &Yaml) -> Option<ThrowAway> {
        let what = "an entry of `throw-away`";
        let known = [["reason"].as_slice(), &THROW_AWAY_SELECTORS].concat();
        let fields = self.fields(node, what, &known)?;
        let targets = self.targets(&fields, what, &THROW_AWAY_SELECTORS);
        let reason = self.required(&fields, "reason", what, "say why these Clusters may be lost");
        Some(ThrowAway { targets, reason: reason?.trim().to_owned() })
    }

    fn override_(&mut self, node: &Yaml) -> Option<Override> {
        let what = "an entry of `overrides`";
        let known = [OVERRIDE_SELECTORS.as_slice(), &LAYER_KEYS].concat();
        let fields = self.fields(node, what, &known)?;
        let targets = self.targets(&fields, what, &OVERRIDE_SELECTORS);
        Some(Override { targets, layer: self.layer(&fields) })
    }
}

fn param_value(node: &Yaml, kind: ParamType) -> Option<ParamValue> {
    match (kind, &node.value) {
        (ParamType::Bool, Value::Bool(value)) => Some(ParamValue::Bool(*value)),
        (ParamType::Int, Value::Int(value)) => Some(ParamValue::Int(*value)),
        (ParamType::Float, Value::Float(value)) if value.is_finite() => Some(ParamValue::Float(*value)),
        // Beyond 2^32 a whole number may not be a float exactly; no parameter is that large.
        (ParamType::Float, Value::Int(value)) => {
            i32::try_from(*value).ok().map(|value| ParamValue::Float(value.into()))
        }
        (ParamType::String, Value::String(value)) => Some(ParamValue::String(value.clone())),
        (ParamType::Strings, Value::List(items)) => {
            let string = |item: &Yaml| match &item.value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            };
            items.iter().map(string).collect::<Option<_>>().map(ParamValue::Strings)
        }
        (ParamType::Ints, Value::List(items)) => {
            let int = |item: &Yaml| match item.value {
                Value::Int(value) => Some(value),
                _ => None,
            };
            items.iter().map(int).collect::<Option<_>>().map(ParamValue::Ints)
        }
        _ => None,
    }
}
