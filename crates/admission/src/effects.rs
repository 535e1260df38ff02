//! What each finding does: its rule's own level, under the mode, and never more than is safe.

use crate::cache::Surroundings;
use crate::engine::Engine;
use crate::world::{self, Case};
use rules::config::RequestNamespace;
use rules::rule_file::{Admission, Need};
use rules::{Finding, Judgement, Rule, Undecided};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A finding and what it does.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) finding: Finding,
    pub(crate) effect: Admission,
}

/// Why a request is refused by nothing that rules find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leniency {
    /// Who makes it is exempt: `user NAME`, `group NAME`.
    Exempt(String),
    /// A Cluster that is restored: in an emergency nothing may stand in the way.
    Recovery,
    /// What of it is new cannot be told: the object as it was cannot be read.
    PastUnread,
}

/// What the findings of a case do.
pub(crate) fn effects(
    engine: &Engine,
    case: &Case<'_>,
    around: &Surroundings,
    namespace: RequestNamespace<'_>,
    findings: Vec<Finding>,
) -> Vec<Told> {
    let today = case.now.date();
    let level = |finding: &Finding| {
        let rule = engine.rules.get(&finding.rule).map_or(Admission::Warn, |rule| rule.file().admission);
        engine.config.admission().mode(&finding.rule, namespace, today).cap(rule)
    };
    let mut told: Vec<_> =
        findings.into_iter().map(|finding| Told { effect: level(&finding), finding }).collect();
    spare_what_was(engine, case, around, &mut told);
    spare_what_may_follow(engine, case, &mut told);
    told.sort_by_key(|told| match told.effect {
        Admission::Deny => 0,
        Admission::Warn => 1,
        Admission::Audit => 2,
    });
    told
}

/// Lets nothing refuse; gives the rules that would have.
pub(crate) fn spare(told: &mut [Told]) -> Vec<Arc<str>> {
    let mut spared = Vec::new();
    for told in told.iter_mut().filter(|told| told.denies()) {
        if !spared.contains(&told.finding.rule) {
            spared.push(Arc::clone(&told.finding.rule));
        }
        told.only_warns();
    }
    spared
}

impl Told {
    fn denies(&self) -> bool {
        self.effect == Admission::Deny
    }

    fn only_warns(&mut self) {
        if self.denies() {
            self.effect = Admission::Warn;
        }
    }
}

/// The rules that deny.
fn denied(told: &[Told]) -> Vec<Arc<str>> {
    told.iter().filter(|told| told.denies()).map(|told| Arc::clone(&told.finding.rule)).collect()
}

/// A change is refused only for what is new in it or worse than before.
fn spare_what_was(engine: &Engine, case: &Case<'_>, around: &Surroundings, told: &mut [Told]) {
    let Some(old) = case.old else { return };
    if !told.iter().any(Told::denies) {
        return;
    }
    let denied = denied(told);
    let only = |rule: &Rule| denied.contains(&rule.id);
    let before = Case { object: old, old: None, is_deleted: false, only: Some(&only), ..*case };
    let Judgement { findings: before, undecided, .. } = world::judge(engine, &before, around).judgement;
    spare_undecided(&undecided, told);
    // What is as it was; what only moved; what is as bad as before at its place. Each counts once.
    let mut is_left = vec![true; before.len()];
    spare_alike(&before, &mut is_left, told, |one| (&one.location.pointer, &one.message));
    spare_alike(&before, &mut is_left, told, |one| ("", &one.message));
    spare_alike(&before, &mut is_left, told, |one| (&one.location.pointer, ""));
}

/// Lets only warn what was found before by the same rule, as bad and with the same `key`.
fn spare_alike(
    before: &[Finding],
    is_left: &mut [bool],
    told: &mut [Told],
    key: impl for<'f> Fn(&'f Finding) -> (&'f str, &'f str),
) {
    let key = |one: &Finding| {
        let (place, message) = key(one);
        (Arc::clone(&one.rule), place.to_owned(), message.to_owned())
    };
    let mut known: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, one) in before.iter().enumerate().rev() {
        if is_left.get(index) == Some(&true) {
            known.entry(key(one)).or_default().push(index);
        }
    }
    for told in told.iter_mut().filter(|told| told.denies()) {
        let Some(alike) = known.get_mut(&key(&told.finding)) else { continue };
        let is_as_bad =
            |index: &usize| before.get(*index).is_some_and(|one| one.severity >= told.finding.severity);
        if let Some(index) = alike.pop_if(|index| is_as_bad(index)) {
            if let Some(is_left) = is_left.get_mut(index) {
                *is_left = false;
            }
            told.only_warns();
        }
    }
}

/// What is not known of the past, or of the object alone, denies nothing.
fn spare_undecided(undecided: &[Undecided], told: &mut [Told]) {
    let is_undecided = |told: &Told| undecided.iter().any(|one| one.rule == told.finding.rule);
    told.iter_mut().filter(|told| is_undecided(told)).for_each(Told::only_warns);
}

/// What another object could mend that is applied a second later only warns: what a rule finds without any
/// other object too, though it asks for them, is such.
fn spare_what_may_follow(engine: &Engine, case: &Case<'_>, told: &mut [Told]) {
    let asks = |finding: &Finding| {
        let rule = engine.rules.get(&finding.rule);
        rule.is_some_and(|rule| rule.file().needs.contains(&Need::Related))
    };
    if !told.iter().any(|told| told.denies() && asks(&told.finding)) {
        return;
    }
    let denied = denied(told);
    let only = |rule: &Rule| denied.contains(&rule.id);
    let alone = Case { only: Some(&only), ..*case };
    let Judgement { findings: alone, undecided, .. } =
        world::judge(engine, &alone, &Surroundings::none()).judgement;
    spare_undecided(&undecided, told);
    let place = |one: &Finding| (Arc::clone(&one.rule), one.location.pointer.clone());
    let absences: HashSet<_> = alone.iter().map(place).collect();
    for told in told.iter_mut().filter(|told| told.denies() && asks(&told.finding)) {
        if absences.contains(&place(&told.finding)) {
            told.only_warns();
        }
    }
}
