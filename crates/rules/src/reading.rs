//! What reading found, as findings: each kind of problem is a rule of category `reading`.

use crate::config::{Config, RuleLevel, Selector};
use crate::finding::{Finding, Location};
use crate::rule::RuleSet;
use manifest::{Problem, Span};
use std::sync::Arc;

/// Something that was noted while texts were read or rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted<'n> {
    /// The rule that tells it.
    pub rule: &'n str,
    /// What is marked.
    pub span: Span,
    /// One sentence.
    pub message: &'n str,
    /// Other places, and what they have to do with it.
    pub related: Vec<(String, Span)>,
}

impl<'n> From<&'n Problem> for Noted<'n> {
    fn from(problem: &'n Problem) -> Self {
        let related = problem.related.clone().into_iter().collect();
        Self { rule: problem.kind.rule(), span: problem.span, message: &problem.message, related }
    }
}

/// What was noted as findings; `path` is the text's, for the configuration. What a rule that is not
/// there or turned off would tell is left out.
pub fn reading_findings<'n>(
    noted: impl IntoIterator<Item = Noted<'n>>,
    path: Option<&str>,
    rules: &RuleSet,
    config: &Config,
) -> Vec<Finding> {
    let selector = Selector { path, namespace: None, kind: "", name: None, labels: &[] };
    let settings = config.settings(&selector);
    let finding = |noted: Noted<'n>| {
        let rule = rules.get(noted.rule)?;
        let severity = match settings.severity(&rule.id, rule.file().enabled) {
            RuleLevel::Off => return None,
            RuleLevel::Default => rule.severity(),
            RuleLevel::Severity(severity) => severity,
        };
        let place = |span| Location { span, pointer: String::new() };
        let related = noted.related.into_iter();
        let related =
            related.map(|(message, span)| crate::finding::Related { message, location: place(span) });
        Some(Finding {
            rule: Arc::clone(&rule.id),
            category: Arc::clone(&rule.category),
            severity,
            refused_by: rule.file().refused_by.program(),
            message: noted.message.to_owned(),
            help: rule.file().help.trim().to_owned(),
            object: None,
            environments: Vec::new(),
            location: place(noted.span),
            related: related.collect(),
        })
    };
    noted.into_iter().filter_map(finding).collect()
}
