//! Findings about suppressions themselves.

use super::collect::{Given, Malformed, Scope, Target, annotation_location, object_ref};
use super::cover::Owners;
use super::{CATEGORY, Context, EXPIRED, MALFORMED, UNUSED};
use crate::baseline::GONE as BASELINE_GONE;
use crate::config::{Config, RuleLevel, RuleTable, Selector};
use crate::finding::{Finding, Judgement, Location, Severity, SuppressedBy};
use manifest::Span;
use std::sync::Arc;

/// Adds a finding for each suppression that cannot be understood.
pub(super) fn malformed(judgement: &mut Judgement, malformed: Vec<Malformed>, context: &Context<'_>) {
    for bad in malformed {
        let about = About { rule: MALFORMED, message: bad.message, help: bad.help };
        let finding = about.finding(bad.location, context);
        judgement.findings.extend(finding.map(|finding| Finding { object: bad.object, ..finding }));
    }
}

/// Adds a finding for each suppression that ran out, and for each rule in one that covers
/// nothing. Says nothing where the rule was not judged, or could not be decided.
pub(super) fn stale(
    judgement: &mut Judgement,
    given: &[Given<'_>],
    owners: &Owners<'_, '_>,
    context: &Context<'_>,
) {
    let mut findings = Vec::new();
    for given in given {
        if given.is_expired(context.today) {
            findings.extend(expired(given, owners, context));
            continue;
        }
        let alone = given.rules.len() == 1;
        for target in given.rules.iter().filter(|target| !target.used) {
            if is_settled(judgement, given, target, owners, context) {
                findings.extend(unused(given, target, alone, owners, context));
            }
        }
    }
    judgement.findings.append(&mut findings);
}

fn expired(given: &Given<'_>, owners: &Owners<'_, '_>, context: &Context<'_>) -> Option<Finding> {
    let (until, span) = given.until.as_ref()?;
    let rules: Vec<_> = given.rules.iter().map(|target| format!("`{}`", target.id)).collect();
    let help = if given.rules.iter().any(|target| target.used) {
        "Mend what it covered, or give it a later day and a reason that holds."
    } else {
        "It covers nothing any more: remove it."
    };
    let message = format!("this suppression of {} ran out on {until}", rules.join(", "));
    let about = About { rule: EXPIRED, message, help: help.to_owned() };
    about.about(given, (*span)?, owners, context)
}

fn unused(
    given: &Given<'_>,
    target: &Target,
    alone: bool,
    owners: &Owners<'_, '_>,
    context: &Context<'_>,
) -> Option<Finding> {
    let place = match &given.scope {
        Scope::Line { objects, .. } if objects.is_empty() => "on this line",
        Scope::Line { .. } | Scope::Object(_) => "in this object",
        Scope::Entry(_) => "that this entry selects",
    };
    let message = format!("nothing {place} breaks `{}`: the suppression is not needed", target.id);
    let help = if alone { "Remove it.".to_owned() } else { format!("Remove `{}` from it.", target.id) };
    About { rule: UNUSED, message, help }.about(given, target.span?, owners, context)
}

/// The rule was judged where the suppression is about, and nothing was left open there.
fn is_settled(
    judgement: &Judgement,
    given: &Given<'_>,
    target: &Target,
    owners: &Owners<'_, '_>,
    context: &Context<'_>,
) -> bool {
    let id = target.id.as_str();
    // In a run over some files of the repository the others are there, but nothing is known of them.
    if matches!(given.scope, Scope::Entry(entry) if owners.selects_hidden(entry)) {
        return false;
    }
    let objects: Vec<usize> = match &given.scope {
        Scope::Line { source, line, objects } if objects.is_empty() => {
            owners.at_line(*source, *line).into_iter().collect()
        }
        Scope::Line { objects, .. } => objects.clone(),
        Scope::Object(index) => vec![*index],
        Scope::Entry(_) => Vec::new(),
    };
    let ran = match objects.as_slice() {
        [] => (context.ran)(id, None),
        objects => objects.iter().all(|index| (context.ran)(id, Some(*index))),
    };
    let mut undecided = judgement.undecided.iter().filter(|undecided| undecided.rule.as_ref() == id);
    let mut failed = judgement.failures.iter().filter(|failure| failure.rule.as_ref() == id);
    ran && !undecided.any(|undecided| {
        owners.covers(&given.scope, Some(&undecided.object), &undecided.location)
            || objects
                .iter()
                .any(|index| owners.is_about(*index, Some(&undecided.object), &undecided.location))
    }) && !failed.any(|failure| {
        objects.is_empty() || objects.iter().any(|index| owners.is_named(*index, &failure.object))
    })
}

/// What a finding about a suppression says.
struct About {
    rule: &'static str,
    message: String,
    help: String,
}

impl About {
    /// The finding at a place in a suppression.
    fn about(
        self,
        given: &Given<'_>,
        span: Span,
        owners: &Owners<'_, '_>,
        context: &Context<'_>,
    ) -> Option<Finding> {
        let subject = match (given.by, &given.scope) {
            (SuppressedBy::Annotation, Scope::Object(index)) => owners.subject(*index),
            _ => None,
        };
        match subject {
            Some(subject) => {
                let finding = self.finding(annotation_location(span), context)?;
                Some(Finding { object: Some(object_ref(subject)), ..finding })
            }
            None => self.finding(Location { span, pointer: String::new() }, context),
        }
    }

    /// The finding, unless its text is not reported or the rule is off.
    fn finding(self, location: Location, context: &Context<'_>) -> Option<Finding> {
        let source = location.span.source;
        if !(context.reported)(source) {
            return None;
        }
        let severity = severity(self.rule, (context.path)(source), context.config, context.table)?;
        Some(Finding {
            rule: Arc::from(self.rule),
            category: Arc::from(CATEGORY),
            severity,
            refused_by: None,
            message: self.message,
            help: self.help,
            object: None,
            environments: Vec::new(),
            location,
            related: Vec::new(),
        })
    }
}

/// The severity of a rule about suppressions, for a text at `path`; `None` if it is off.
pub(crate) fn severity(
    rule: &str,
    path: Option<&str>,
    config: &Config,
    table: &RuleTable,
) -> Option<Severity> {
    let settings = config.settings(&Selector { path, ..Selector::default() });
    let entry = table.get(rule);
    match settings.severity(rule, entry.is_none_or(|entry| entry.enabled)) {
        RuleLevel::Off => None,
        RuleLevel::Severity(severity) => Some(severity),
        RuleLevel::Default => Some(entry.map_or_else(|| default_severity(rule), |entry| entry.severity)),
    }
}

fn default_severity(rule: &str) -> Severity {
    match rule {
        MALFORMED => Severity::Error,
        BASELINE_GONE => Severity::Info,
        _ => Severity::Warning,
    }
}
