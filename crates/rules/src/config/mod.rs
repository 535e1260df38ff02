//! `.cnpg-lint.yaml`: severities, parameters, exemptions, sites, and where they differ.
//!
//! [`Config::load`] refuses what it does not know, with place and did-you-mean, and tells all
//! that is wrong at once. [`Config::settings`] says what holds for one object: the base of the
//! file, under every override that selects the object, the last one on top.

mod admission;
mod date;
mod decode;
mod error;
mod file;
mod init;
mod nearest;
mod schema;
mod settings;
mod sites;
mod table;
mod targets;
mod yaml;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub use admission::{AdmissionConfig, Exemptions, Mode, RequestNamespace};
pub use date::parse_date;
pub use error::{ConfigError, Problem};
pub use init::init;
pub use schema::json_schema;
pub use settings::{RuleLevel, Settings};
pub use sites::{HostSite, Mirror, SiteName};
pub use table::{Demand, Param, ParamType, ParamValue, RuleEntry, RuleTable};
pub use targets::Selector;

pub(crate) use error::Bytes;
pub(crate) use nearest::did_you_mean;

use crate::finding::Severity;
use jiff::civil::Date;
use targets::Targets;

/// A configuration; the default one configures nothing.
#[derive(Debug, Clone, Default)]
pub struct Config {
    base: Layer,
    overrides: Vec<Override>,
    pub(crate) ignores: Vec<Ignore>,
    throw_away: Vec<ThrowAway>,
    admission: AdmissionConfig,
    /// What `extends: guideline` asks of each rule.
    guideline: HashMap<Arc<str>, Demand>,
}

/// What can be set for the whole repository, and again in an override.
#[derive(Debug, Clone, Default)]
struct Layer {
    extends_guideline: bool,
    operator_version: Option<String>,
    rules: HashMap<String, RuleSetting>,
    sites: Vec<HostSite>,
    mirrors: Vec<Mirror>,
}

/// What is set for one rule.
#[derive(Debug, Clone, Default)]
struct RuleSetting {
    level: Option<Level>,
    params: Vec<(String, ParamValue)>,
}

/// `severity:` of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Off,
    /// As the rule's file says.
    On,
    Severity(Severity),
}

/// Settings for some objects.
#[derive(Debug, Clone)]
struct Override {
    targets: Targets,
    layer: Layer,
}

/// Clusters that may be lost.
#[derive(Debug, Clone)]
struct ThrowAway {
    targets: Targets,
    reason: String,
}

/// A suppression.
#[derive(Debug, Clone)]
pub(crate) struct Ignore {
    /// The rules, each with its place.
    pub(crate) rules: Vec<(String, Bytes)>,
    pub(crate) targets: Targets,
    pub(crate) reason: String,
    /// The last day on which it counts, and its place.
    pub(crate) until: Option<(Date, Bytes)>,
    /// The place of the whole entry.
    pub(crate) at: Bytes,
}

impl Config {
    /// Reads a configuration. Rules and their parameters are checked against `table`.
    pub fn load(text: &str, table: &RuleTable) -> Result<Self, ConfigError> {
        file::load(text, table)
    }

    /// What holds for an object. Does not allocate unless an override selects it.
    pub fn settings(&self, object: &Selector<'_>) -> Settings<'_> {
        Settings {
            config: self,
            overrides: self.overrides.iter().filter(|over| over.targets.matches(object)).collect(),
            throw_away: self.throw_away.iter().find(|entry| entry.targets.matches(object)),
        }
    }

    /// Whether it suppresses anything.
    pub fn has_ignores(&self) -> bool {
        !self.ignores.is_empty()
    }

    /// What findings do at the webhook.
    pub fn admission(&self) -> &AdmissionConfig {
        &self.admission
    }

    /// Which hosts are where, for the whole repository; the first match counts.
    pub fn sites(&self) -> &[HostSite] {
        &self.base.sites
    }

    /// Which stores are copied elsewhere, for the whole repository.
    pub fn mirrors(&self) -> &[Mirror] {
        &self.base.mirrors
    }

    /// The version of CloudNativePG, for the whole repository: `1.30` or `1.30.0`.
    pub fn operator_version(&self) -> Option<&str> {
        self.base.operator_version.as_deref()
    }
}
