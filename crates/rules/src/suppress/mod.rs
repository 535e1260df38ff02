//! Takes out of a judgement what somebody gave a reason for, and says which reasons are stale.
//!
//! Suppressions stand in comments and annotations (`text` has their grammar) and in the
//! configuration. [`apply`] moves the findings they cover to [`Judgement::suppressed`] and adds
//! findings of its own: for a suppression that covers nothing, that ran out, or that cannot be
//! understood.

mod collect;
mod cover;
pub(crate) mod report;
mod text;

#[cfg(test)]
mod tests;

use crate::config::{Config, RuleTable};
use crate::finding::{Finding, Judgement, Location, ObjectRef, Outcome, Suppressed, SuppressedBy};
use collect::Given;
use cover::Owners;
use jiff::civil::Date;
use manifest::{Comment, Manifest, Source, SourceId, Sources, Span};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The annotation that suppresses on an object.
pub const ANNOTATION: &str = "cnpg-lint.dev/ignore";
/// Category of the findings about suppressions.
pub const CATEGORY: &str = "suppression";
/// A suppression that covers nothing; a warning unless configured.
pub const UNUSED: &str = "suppression-unused";
/// A suppression whose last day is over; a warning unless configured, beside the finding itself.
pub const EXPIRED: &str = "suppression-expired";
/// A suppression that cannot be understood; an error unless configured.
pub const MALFORMED: &str = "suppression-malformed";

/// An object of the run.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The object, for its annotation and its place.
    pub manifest: &'a Manifest,
    /// The text it stands in.
    pub source: SourceId,
    /// The namespaces it is deployed into, as far as they are known.
    pub namespaces: Vec<&'a str>,
}

/// What [`apply`] needs to know of the run.
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// Comments of the texts that have any.
    pub comments: &'a [(SourceId, &'a [Comment])],
    /// The objects.
    pub subjects: &'a [Subject<'a>],
    /// The configuration.
    pub config: &'a Config,
    /// The text of the configuration, if it is one of the run; its suppressions are only
    /// reported then.
    pub config_source: Option<SourceId>,
    /// Every rule there is.
    pub table: &'a RuleTable,
    /// The day on which the run is.
    pub today: Date,
    /// Path of a text from the directory of the configuration; `None` where it has none (at the
    /// webhook).
    pub path: &'a dyn Fn(SourceId) -> Option<&'a str>,
    /// Whether findings are reported for a text. For the configuration: whether the run is over
    /// all that it is about.
    pub reported: &'a dyn Fn(SourceId) -> bool,
    /// Whether a rule was judged on an object (an index into `subjects`), or at all (`None`).
    pub ran: &'a dyn Fn(&str, Option<usize>) -> bool,
}

/// What [`apply`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The judgement, sorted as before.
    pub judgement: Judgement,
    /// Rules that are judged at the webhook too, but are suppressed by a comment or by a path,
    /// which the webhook never sees; sorted.
    pub only_in_repo: Vec<Arc<str>>,
}

impl Suppression {
    /// What to tell the user once, if anything is suppressed in the repository only.
    pub fn notice(&self) -> Option<String> {
        let (first, rest) = self.only_in_repo.split_first()?;
        let more = match rest.len() {
            0 => String::new(),
            1 => " and another rule".to_owned(),
            more => format!(" and {more} other rules"),
        };
        let are = if rest.is_empty() { "is" } else { "are" };
        Some(format!(
            "`{first}`{more} {are} suppressed by a comment or by path, which the admission webhook cannot \
             see; the annotation `{ANNOTATION}` on the object counts at both"
        ))
    }
}

/// Applies every suppression to a judgement.
pub fn apply(mut judgement: Judgement, context: &Context<'_>) -> Suppression {
    let (mut given, malformed) = collect::collect(context);
    let mut only_in_repo = BTreeSet::new();
    if !given.is_empty() {
        let owners = Owners::new(context);
        suppress(&mut judgement, &mut given, &owners, context, &mut only_in_repo);
        report::stale(&mut judgement, &given, &owners, context);
    }
    report::malformed(&mut judgement, malformed, context);
    sort(&mut judgement, context.sources);
    Suppression { judgement, only_in_repo: only_in_repo.into_iter().collect() }
}

/// Moves what is covered, and notes at each suppression what it covers.
fn suppress(
    judgement: &mut Judgement,
    given: &mut [Given<'_>],
    owners: &Owners<'_, '_>,
    context: &Context<'_>,
    only_in_repo: &mut BTreeSet<Arc<str>>,
) {
    let mut by_rule: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for (index, given) in given.iter().enumerate() {
        for (at, rule) in given.rules.iter().enumerate() {
            by_rule.entry(rule.id.clone()).or_default().push((index, at));
        }
    }
    for finding in std::mem::take(&mut judgement.findings) {
        let mut by: Option<(SuppressedBy, String, Option<Span>)> = None;
        let mut reaches_webhook = false;
        for (index, at) in by_rule.get(finding.rule.as_ref()).map(Vec::as_slice).unwrap_or_default() {
            let Some(given) = given.get_mut(*index) else { continue };
            if !owners.covers(&given.scope, finding.object.as_ref(), &finding.location) {
                continue;
            }
            if let Some(rule) = given.rules.get_mut(*at) {
                rule.used = true;
            }
            if given.is_expired(context.today) {
                continue;
            }
            reaches_webhook |= given.reaches_webhook();
            by.get_or_insert_with(|| (given.by, given.reason.clone(), given.span));
        }
        let Some((by, reason, span)) = by else {
            judgement.findings.push(finding);
            continue;
        };
        let both = context.table.get(&finding.rule).is_some_and(crate::config::RuleEntry::has_both_doors);
        if both && !reaches_webhook {
            only_in_repo.insert(Arc::clone(&finding.rule));
        }
        judgement.suppressed.push(Suppressed { finding, by, reason, span });
    }
    mark_checks(judgement);
}

/// Says of the checks of suppressed findings that they are.
pub(crate) fn mark_checks(judgement: &mut Judgement) {
    fn key(finding: &Finding) -> (&str, Option<&ObjectRef>, &Location) {
        (&finding.rule, finding.object.as_ref(), &finding.location)
    }
    let moved: BTreeSet<_> = judgement.suppressed.iter().map(|one| key(&one.finding)).collect();
    // One place may have several findings; it counts as broken as long as one is left.
    let left: BTreeSet<_> = judgement.findings.iter().map(key).collect();
    for check in judgement.checks.iter_mut().filter(|check| check.outcome == Outcome::Broken) {
        let key = (check.rule.as_ref(), Some(&check.object), &check.location);
        if moved.contains(&key) && !left.contains(&key) {
            check.outcome = Outcome::Suppressed;
        }
    }
}

/// Sorts as judging does: by path, place and rule.
pub(crate) fn sort(judgement: &mut Judgement, sources: &Sources) {
    fn key<'k>(
        finding: &'k Finding,
        sources: &'k Sources,
    ) -> (&'k str, u32, u32, &'k str, &'k str, Option<&'k ObjectRef>) {
        let location = &finding.location;
        let path = sources.get(location.span.source).map_or("", Source::path);
        let object = finding.object.as_ref();
        (path, location.span.start, location.span.end, &finding.rule, &location.pointer, object)
    }
    judgement.findings.sort_by(|one, two| key(one, sources).cmp(&key(two, sources)));
    judgement.suppressed.sort_by(|one, two| key(&one.finding, sources).cmp(&key(&two.finding, sources)));
}
