//! What reading found, as findings: each kind of problem is a rule of category `reading`.

use crate::config::{Config, RuleLevel, Selector};
use crate::finding::{Finding, Location};
use crate::rule::RuleSet;
use manifest::Problem;
use std::sync::Arc;

/// The findings for the problems of one text; `path` is its path from the directory of the
/// configuration. A rule that is off says nothing.
pub fn reading_findings(
    problems: &[Problem],
    path: Option<&str>,
    rules: &RuleSet,
    config: &Config,
) -> Vec<Finding> {
    let selector = Selector { path, namespace: None, kind: "", name: None, labels: &[] };
    let settings = config.settings(&selector);
    let finding = |problem: &Problem| {
        let rule = rules.get(problem.kind.rule())?;
        let severity = match settings.severity(&rule.id, rule.file().enabled) {
            RuleLevel::Off => return None,
            RuleLevel::Default => rule.severity(),
            RuleLevel::Severity(severity) => severity,
        };
        let related = problem.related.iter().map(|(message, span)| crate::finding::Related {
            message: message.clone(),
            location: Location { span: *span, pointer: String::new() },
        });
        Some(Finding {
            rule: Arc::clone(&rule.id),
            category: Arc::clone(&rule.category),
            severity,
            refused_by: rule.file().refused_by.program(),
            message: problem.message.clone(),
            help: rule.file().help.trim().to_owned(),
            object: None,
            environments: Vec::new(),
            location: Location { span: problem.span, pointer: String::new() },
            related: related.collect(),
        })
    };
    problems.iter().filter_map(finding).collect()
}
