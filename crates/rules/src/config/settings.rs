//! What the configuration says for one object.

use super::{Config, Demand, HostSite, Layer, Level, Mirror, Override, ParamValue, RuleSetting, ThrowAway};
use crate::finding::Severity;

/// How a rule is set for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleLevel {
    /// It is not judged.
    Off,
    /// The severity that the rule's file says.
    Default,
    /// This severity.
    Severity(Severity),
}

/// What holds for one object: the base, under the overrides that select the object.
#[derive(Debug, Clone)]
pub struct Settings<'c> {
    pub(super) config: &'c Config,
    /// In the order of the file: the last one counts most.
    pub(super) overrides: Vec<&'c Override>,
    pub(super) throw_away: Option<&'c ThrowAway>,
}

impl<'c> Settings<'c> {
    /// The layers, the one that counts most first.
    fn layers(&self) -> impl Iterator<Item = &'c Layer> {
        let config = self.config;
        self.overrides.iter().rev().map(|over| &over.layer).chain(std::iter::once(&config.base))
    }

    fn rule<'s>(&'s self, rule: &'s str) -> impl Iterator<Item = &'c RuleSetting> + 's {
        self.layers().filter_map(move |layer| layer.rules.get(rule))
    }

    /// What the guideline asks of a rule, where it is extended.
    fn demand(&self, rule: &str) -> Option<&'c Demand> {
        if self.layers().any(|layer| layer.extends_guideline) {
            self.config.guideline.get(rule)
        } else {
            None
        }
    }

    /// How a rule is set. A rule that is off by default is turned on by a severity, by a
    /// parameter, or by `extends: guideline` if the guideline asks for it; what is set for the
    /// rule itself counts more than the guideline.
    pub fn severity(&self, rule: &str, enabled_by_default: bool) -> RuleLevel {
        let mut mentioned = false;
        for setting in self.rule(rule) {
            match setting.level {
                Some(Level::Off) => return RuleLevel::Off,
                Some(Level::On) => return RuleLevel::Default,
                Some(Level::Severity(severity)) => return RuleLevel::Severity(severity),
                None => mentioned = true,
            }
        }
        match self.demand(rule) {
            Some(demand) => RuleLevel::Severity(demand.severity),
            None if enabled_by_default || mentioned => RuleLevel::Default,
            None => RuleLevel::Off,
        }
    }

    /// A parameter of a rule, where it is set; of the type of its default.
    pub fn param(&self, rule: &str, name: &str) -> Option<&'c ParamValue> {
        let set = self.rule(rule).find_map(|setting| {
            setting.params.iter().find(|(param, _)| param == name).map(|(_, value)| value)
        });
        set.or_else(|| self.demand(rule)?.params.get(name))
    }

    /// Why the Cluster may be lost, if the configuration says that it may.
    pub fn throw_away(&self) -> Option<&'c str> {
        self.throw_away.map(|entry| entry.reason.as_str())
    }

    /// The version of CloudNativePG that manages the object: `1.30` or `1.30.0`.
    pub fn operator_version(&self) -> Option<&'c str> {
        self.layers().find_map(|layer| layer.operator_version.as_deref())
    }

    /// Which hosts are where; the first match counts.
    pub fn sites(&self) -> impl Iterator<Item = &'c HostSite> {
        self.layers().flat_map(|layer| &layer.sites)
    }

    /// Which stores are copied elsewhere.
    pub fn mirrors(&self) -> impl Iterator<Item = &'c Mirror> {
        self.layers().flat_map(|layer| &layer.mirrors)
    }

    /// Nothing but the base holds for the object.
    pub fn is_base(&self) -> bool {
        self.overrides.is_empty()
    }
}
