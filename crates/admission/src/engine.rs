//! Rules and configuration of the webhook.

use rules::RuleSet;
use rules::config::{Config, RuleTable};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use topology::Settings;

/// What a review is judged by. Immutable: a new configuration is a new engine.
#[derive(Debug)]
pub struct Engine {
    pub(crate) rules: RuleSet,
    pub(crate) table: RuleTable,
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    hash: String,
}

impl Engine {
    /// Of rules and a configuration; `settings` are those of the configuration, `text` is its text, of which
    /// the hash is shown.
    pub fn new(rules: RuleSet, config: Config, settings: Settings, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(text);
        for rule in rules.iter() {
            hash.update(rule.id.as_bytes());
        }
        let hash = hash.finalize().iter().take(6).fold("sha256-".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let table = rules.table();
        Self { rules, table, config, settings, hash }
    }

    /// Which rules and configuration these are: `sha256-` and twelve hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The ids of all rules.
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.id.as_ref())
    }
}
