//! `admission:` of the configuration: what a finding does at the webhook, and whom it may stop.

use super::decode::{Decoder, Fields};
use super::targets::Targets;
use super::yaml::{Value, Yaml};
use crate::config::Selector;
use crate::rule_file::Admission;
use globset::GlobSet;
use jiff::civil::Date;

pub(super) const KEYS: [&str; 7] =
    ["mode", "overrides", "exemptions", "users", "groups", "operator-namespace", "secrets"];
/// Where the operator's manifests and the examples of its chart put it.
const OPERATOR_NAMESPACE: &str = "cnpg-system";
pub(super) const MODE_KEYS: [&str; 5] = ["rules", "namespaces", "labels", "mode", "until"];

/// What a finding does at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mode {
    /// It is recorded.
    Audit,
    /// It warns the one who makes the request.
    #[default]
    Warn,
    /// It may refuse the request.
    Enforce,
}

impl Mode {
    /// All, the mildest first.
    pub const ALL: [Self; 3] = [Self::Audit, Self::Warn, Self::Enforce];

    /// `audit`, `warn` or `enforce`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }

    /// What a rule of that level does under this mode.
    pub fn cap(self, rule: Admission) -> Admission {
        match (self, rule) {
            (Self::Audit, _) | (_, Admission::Audit) => Admission::Audit,
            (Self::Warn, _) | (_, Admission::Warn) => Admission::Warn,
            (Self::Enforce, Admission::Deny) => Admission::Deny,
        }
    }
}

/// Which exemptions on the object count at the webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Exemptions {
    /// Every one.
    #[default]
    All,
    /// None.
    None,
    /// Those of these rules.
    Rules(Vec<String>),
}

/// The section `admission`.
#[derive(Debug, Clone, Default)]
pub struct AdmissionConfig {
    mode: Mode,
    overrides: Vec<ModeOverride>,
    exemptions: Exemptions,
    users: Option<GlobSet>,
    groups: Option<GlobSet>,
    operator_namespace: Option<String>,
    secrets: bool,
}

/// Another mode for some rules, in some namespaces, up to a day.
#[derive(Debug, Clone)]
struct ModeOverride {
    rules: Vec<String>,
    /// Only of namespaces.
    targets: Targets,
    mode: Mode,
    until: Option<Date>,
}

/// The namespace of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestNamespace<'n> {
    /// Its name; `None` for objects that are in none.
    pub name: Option<&'n str>,
    /// Its labels; `None` where they are not known.
    pub labels: Option<&'n [(&'n str, &'n str)]>,
}

impl AdmissionConfig {
    /// What findings of a rule do at most on that day; the last override that fits counts. Where that takes
    /// labels that are not known, it is the mildest of what it could be.
    pub fn mode(&self, rule: &str, namespace: RequestNamespace<'_>, today: Date) -> Mode {
        let labels = namespace.labels.unwrap_or_default();
        let selector = Selector { namespace: namespace.name, labels, ..Selector::default() };
        let mut at_most = Mode::Enforce;
        for over in self.overrides.iter().rev() {
            let is_about = (over.rules.is_empty() || over.rules.iter().any(|id| id == rule))
                && over.until.is_none_or(|until| today <= until);
            if !is_about {
                continue;
            }
            if namespace.labels.is_none() && over.targets.by_label() {
                if over.targets.matches_but_for_labels(&selector) {
                    at_most = at_most.min(over.mode);
                }
            } else if over.targets.matches(&selector) {
                return over.mode.min(at_most);
            }
        }
        self.mode.min(at_most)
    }

    /// Whether an override asks for labels of namespaces.
    pub fn reads_labels(&self) -> bool {
        self.overrides.iter().any(|over| over.targets.by_label())
    }

    /// What findings do at most there on that day, but for rules that are named in an override.
    pub fn mode_of_most(&self, namespace: RequestNamespace<'_>, today: Date) -> Mode {
        self.mode("", namespace, today)
    }

    /// Whether `cnpg-lint.dev/ignore` on the object counts for a rule.
    pub fn honours(&self, rule: &str) -> bool {
        match &self.exemptions {
            Exemptions::All => true,
            Exemptions::None => false,
            Exemptions::Rules(rules) => rules.iter().any(|id| id == rule),
        }
    }

    /// Whether requests of that user are never refused: `user NAME`, `group NAME`.
    pub fn exempts(&self, user: &str, groups: &[impl AsRef<str>]) -> Option<String> {
        if self.users.as_ref().is_some_and(|users| users.is_match(user)) {
            return Some(format!("user {user}"));
        }
        let mut groups = groups.iter().map(AsRef::as_ref);
        let group = groups.find(|group| self.groups.as_ref().is_some_and(|groups| groups.is_match(group)));
        group.map(|group| format!("group {group}"))
    }

    /// The namespace in which the operator runs.
    pub fn operator_namespace(&self) -> &str {
        self.operator_namespace.as_deref().unwrap_or(OPERATOR_NAMESPACE)
    }

    /// Whether Secrets are judged.
    pub fn judges_secrets(&self) -> bool {
        self.secrets
    }
}

impl Decoder<'_> {
    pub(super) fn admission(&mut self, node: &Yaml) -> AdmissionConfig {
        let mut config = AdmissionConfig::default();
        let Some(fields) = self.fields(node, "`admission`", &KEYS) else { return config };
        if let Some(mode) = fields.get("mode").and_then(|node| self.mode(node)) {
            config.mode = mode;
        }
        if let Some(node) = fields.get("overrides") {
            let items = self.items(node, "`overrides`");
            config.overrides = items.iter().filter_map(|item| self.mode_override(item)).collect();
        }
        if let Some(node) = fields.get("exemptions") {
            config.exemptions = self.exemptions(node);
        }
        config.users = fields.get("users").and_then(|node| self.names(node, "`users`"));
        config.groups = fields.get("groups").and_then(|node| self.names(node, "`groups`"));
        if let Some(node) = fields.get("operator-namespace") {
            config.operator_namespace = self.string(node, "`operator-namespace`").map(str::to_owned);
        }
        if let Some(node) = fields.get("secrets") {
            config.secrets = self.one_bool(node, "`secrets`").unwrap_or_default();
        }
        config
    }

    fn mode(&mut self, node: &Yaml) -> Option<Mode> {
        self.one_of(node, "a mode", &Mode::ALL.map(|mode| (mode.name(), mode)))
    }

    fn exemptions(&mut self, node: &Yaml) -> Exemptions {
        if let Value::String(word) = &node.value
            && ["all", "none"].contains(&word.as_str())
        {
            return if word == "all" { Exemptions::All } else { Exemptions::None };
        }
        let rules = self.rule_ids(node, "`exemptions`");
        Exemptions::Rules(rules.into_iter().map(|(id, _)| id).collect())
    }

    fn mode_override(&mut self, node: &Yaml) -> Option<ModeOverride> {
        let what = "an entry of `overrides`";
        let fields = self.fields(node, what, &MODE_KEYS)?;
        let rules = fields.get("rules").map(|node| self.rule_ids(node, "`rules`")).unwrap_or_default();
        let selectors = ["namespaces", "labels"];
        let has_selector = selectors.iter().any(|key| fields.get(key).is_some());
        let targets = if has_selector { self.targets(&fields, what, &selectors) } else { Targets::default() };
        if rules.is_empty() && !has_selector && fields.get("rules").is_none() {
            let help = "say which with `rules`, `namespaces` or `labels` (of the namespace)";
            self.problems.add(&fields.at, format!("{what} selects nothing"), help);
        }
        let until = fields.get("until").and_then(|node| self.date(node, "`until`"));
        let mode = self.required_mode(&fields, what)?;
        Some(ModeOverride { rules: rules.into_iter().map(|(id, _)| id).collect(), targets, mode, until })
    }

    fn required_mode(&mut self, fields: &Fields<'_>, what: &str) -> Option<Mode> {
        let Some(node) = fields.get("mode") else {
            self.problems.add(&fields.at, format!("{what} has no `mode`"), "`audit`, `warn` or `enforce`");
            return None;
        };
        self.mode(node)
    }
}
