//! Holds objects against rules.
//!
//! Each object is judged once for every placement of it; [`merge`] then tells the same finding
//! once, with the environments it is true in.

mod change;
#[cfg(test)]
pub(crate) mod differential;
mod late;
mod merge;
mod place;
mod scope;
mod verdict;

use crate::config::{Config, RuleLevel, Selector, Settings};
use crate::finding::{Failure, Judgement, ObjectRef};
use crate::rule::{Rule, RuleSet};
use crate::rule_file::{Door, JudgedBy, Need, Operation};
pub use change::{Change, Pasts};
use late::Lateness;
use manifest::{Node, SourceId, Sources};
use merge::Merged;
use rayon::prelude::*;
use scope::{Ask, ObjectScope};
use topology::{Inventory, Object, ObjectId, Placement, Topology, Wholeness};
use verdict::{Outcome, Verdict, Verdicts};

/// What is judged, by what.
pub struct Input<'a> {
    /// The objects.
    pub inventory: &'a Inventory,
    /// What the operator would make of them.
    pub topology: &'a Topology<'a>,
    /// The texts they stand in.
    pub sources: &'a Sources,
    /// The rules.
    pub rules: &'a RuleSet,
    /// The configuration.
    pub config: &'a Config,
    /// Rules that cannot be judged at this door are left out.
    pub door: Door,
    /// What happens to the objects.
    pub change: Change<'a>,
    /// Path of a text from the directory of the configuration; `None` where it has none.
    pub path: &'a (dyn Fn(SourceId) -> Option<&'a str> + Sync),
    /// Why objects of a kind cannot be seen, though they may exist: reads after "… are"; `None`: all that
    /// there are, are in the inventory.
    pub unseen: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    /// Rules that are not asked for are left out; `None`: all are.
    pub only: Option<&'a (dyn Fn(&Rule) -> bool + Sync)>,
    /// Which objects to judge; the others are only looked up.
    pub judged: &'a (dyn Fn(ObjectId, &Object) -> bool + Sync),
    /// Whether [`Judgement::checks`] is wanted: every judgement, not only what is to be told.
    pub checks: bool,
    /// Whether the time is up: what is not judged by then is undecided.
    pub is_late: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> Input<'a> {
    /// All of these objects, as a repository holds them; nothing is known of how they were.
    pub fn new(
        inventory: &'a Inventory,
        topology: &'a Topology<'a>,
        sources: &'a Sources,
        rules: &'a RuleSet,
        config: &'a Config,
    ) -> Self {
        Self {
            inventory,
            topology,
            sources,
            rules,
            config,
            door: Door::Repo,
            change: Change::Unknown,
            path: &|_| None,
            unseen: &|_| None,
            only: None,
            judged: &|_, _| true,
            checks: false,
            is_late: &|| false,
        }
    }
}

/// Judges every object that is asked for and deployed. A rule that fails to evaluate is
/// recorded and never aborts the others.
pub fn judge(input: &Input<'_>) -> Judgement {
    let objects = input.inventory.objects();
    let judged: Vec<_> =
        objects.filter(|(id, object)| (input.judged)(*id, object) && is_of_known_group(object)).collect();
    let mut judgement = Judgement::default();
    let judge = |(id, object): &(ObjectId, &'_ Object)| judge_object(input, *id, object);
    // For one object, handing it to another thread costs more than it saves.
    let verdicts: Vec<_> = match judged.as_slice() {
        [one] => vec![judge(one)],
        many => many.par_iter().map(judge).collect(),
    };
    for (merged, failures) in verdicts {
        for failure in failures {
            if !judgement.failures.contains(&failure) {
                judgement.failures.push(failure);
            }
        }
        if let Some(merged) = merged {
            judgement.objects += 1;
            merged.add_to(&mut judgement, input.checks);
        }
    }
    sort(&mut judgement, input.sources);
    judgement
}

/// Whether the object's kind is the one of that name that rules know: `Cluster` of CloudNativePG,
/// not of another group.
fn is_of_known_group(object: &Object) -> bool {
    let kind = object.manifest.kind().and_then(schema::kind);
    kind.is_some_and(|kind| object.manifest.group() == Some(kind.group))
}

/// Whether the object is whole, deployed, and of a kind that is judged wherever it stands.
fn is_always_judged(object: &Object) -> bool {
    let kind = object.manifest.kind().and_then(schema::kind);
    let is_always = kind.is_some_and(|kind| kind.judged == schema::Judged::Always);
    is_always && object.is_deployed() && object.wholeness == Wholeness::Whole
}

/// What all placements of an object gave; `None` if no rule was about it.
fn judge_object<'i>(input: &Input<'i>, id: ObjectId, object: &Object) -> (Option<Merged<'i>>, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut merged = Merged::new(input.inventory, object);
    for placement in &object.placements {
        if !input.topology.is_tied(id, placement) {
            continue;
        }
        let verdicts = judge_placement(input, id, object, placement);
        merged.next_placement(verdicts.any);
        for verdict in verdicts.found {
            match verdict.outcome {
                Outcome::Failed(message) => {
                    failures.push(Failure {
                        rule: verdict.rule.id.clone(),
                        object: merged.object(),
                        message,
                    });
                }
                // A patch says nothing of what it does not hold.
                Outcome::Undecided(_) if object.wholeness != Wholeness::Whole => {}
                _ => merged.add(verdict, placement.environment),
            }
        }
    }
    // A whole object of the groups that are always judged counts, though no rule be about its kind.
    let is_judged = !merged.is_empty() || is_always_judged(object);
    (is_judged.then_some(merged), failures)
}

fn judge_placement<'i>(
    input: &Input<'i>,
    id: ObjectId,
    object: &Object,
    placement: &Placement,
) -> Verdicts<'i> {
    let node = &object.manifest.node;
    let kind = object.manifest.kind().unwrap_or_default();
    let labels = labels(node);
    let settings = input.config.settings(&Selector {
        path: (input.path)(object.source),
        namespace: placement.namespace.name(),
        kind,
        name: object.manifest.name(),
        labels: &labels,
    });
    let throw_away = is_throw_away(node, &settings);
    let (operation, past) = input.change.of(id, object, placement);
    let past_views = past.as_ref().map(|past| past.topology.views(past.id, past.placement));
    let views = input.topology.views(id, placement).since(past_views.as_ref());
    let ask = |name: &str| views.get(name);
    let ask_past = |name: &str| past_views.as_ref().and_then(|views| views.get(name));
    let old = past.as_ref().map(|past| (&past.object.manifest.node, &ask_past as Ask<'_>));
    let scope = ObjectScope::new(node, kind, &ask, old);
    let mut verdicts = Verdicts { found: Vec::new(), keeps_holds: input.checks, any: false };
    let mut lateness = Lateness::new(input.is_late);
    for rule in input.rules.for_kind(kind) {
        if throw_away && ["availability", "backup", "change"].contains(&rule.category.as_ref()) {
            continue;
        }
        let is_asked_for = input.only.is_none_or(|only| only(rule));
        if !is_asked_for || !is_judged(rule, input.door, operation, past.is_some()) {
            continue;
        }
        lateness.look(scope.begin());
        if let Some(reason) = lateness.reason().or_else(|| unseen(rule, input)) {
            if settings.severity(&rule.id, rule.file().enabled) != RuleLevel::Off {
                verdicts.found.push(Verdict::undecided(rule, node, reason));
            }
        } else {
            verdict::judge_rule(rule, kind, node, &settings, &scope, &mut verdicts);
        }
    }
    silence_consequences(&mut verdicts.found);
    verdicts
}

/// Why a rule cannot be judged for want of other objects.
fn unseen(rule: &Rule, input: &Input<'_>) -> Option<String> {
    let mut kinds = rule.file().reads.iter();
    kinds.find_map(|kind| Some(format!("what {kind} objects there are is {}", (input.unseen)(kind)?)))
}

/// Whether a rule can be judged at that door on that change.
fn is_judged(rule: &Rule, door: Door, operation: Operation, has_old: bool) -> bool {
    let file = rule.file();
    file.judged_by == JudgedBy::Itself
        && file.doors.contains(&door)
        && file.is_on(operation)
        && (has_old || !file.needs.contains(&Need::Old))
}

/// One cause, one finding: marks what a rule says where a rule that it names speaks. A rule that
/// was turned off still does that: who wants to hear nothing of missing backups does not want to
/// hear of missing schedules instead.
fn silence_consequences(verdicts: &mut Vec<Verdict<'_>>) {
    let broken: Vec<&Rule> =
        verdicts.iter().filter(|verdict| verdict.is_broken()).map(|verdict| verdict.rule).collect();
    for verdict in verdicts.iter_mut() {
        let mut causes = verdict.rule.file().unless.iter();
        verdict.is_said = causes.any(|cause| broken.iter().any(|rule| *rule.id == **cause));
    }
    verdicts.retain(|verdict| !verdict.is_off);
}

/// A Cluster that somebody declared to be one that may be lost.
fn is_throw_away(node: &Node, settings: &Settings<'_>) -> bool {
    let annotation = node.at(&["metadata", "annotations", "cnpg-lint.dev/throw-away"]);
    let reason = annotation.and_then(Node::as_str).is_some_and(|reason| !reason.trim().is_empty());
    reason || settings.throw_away().is_some()
}

/// The labels that are known.
fn labels(node: &Node) -> Vec<(&str, &str)> {
    let labels = node.at(&["metadata", "labels"]).and_then(Node::as_map);
    let entries = labels.map(|labels| labels.entries.as_slice()).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.as_str(), entry.value.as_str()?))).collect()
}

/// Sorts by path, place and rule, so that a run prints the same bytes every time.
fn sort(judgement: &mut Judgement, sources: &Sources) {
    let path = |location: &crate::finding::Location| {
        let path = sources.get(location.span.source).map_or("", manifest::Source::path);
        (path, location.span.start, location.span.end)
    };
    judgement.findings.sort_by(|one, two| {
        (path(&one.location), &one.rule, &one.location.pointer).cmp(&(
            path(&two.location),
            &two.rule,
            &two.location.pointer,
        ))
    });
    judgement.undecided.sort_by(|one, two| {
        (path(&one.location), &one.rule, &one.location.pointer).cmp(&(
            path(&two.location),
            &two.rule,
            &two.location.pointer,
        ))
    });
    judgement.checks.sort_by(|one, two| {
        (path(&one.location), &one.object, &one.rule, &one.location.pointer).cmp(&(
            path(&two.location),
            &two.object,
            &two.rule,
            &two.location.pointer,
        ))
    });
    judgement.failures.sort_by(|one, two| (&one.object, &one.rule).cmp(&(&two.object, &two.rule)));
}

/// The identity of an object, in the namespace that all of its placements share.
pub(crate) fn object_ref(object: &Object) -> ObjectRef {
    let mut namespaces: Vec<_> =
        object.placements.iter().map(|placement| placement.namespace.name()).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let namespace = if let [one] = namespaces.as_slice() { one.map(str::to_owned) } else { None };
    ObjectRef {
        api_version: object.manifest.api_version().unwrap_or_default().to_owned(),
        kind: object.manifest.kind().unwrap_or_default().to_owned(),
        namespace,
        name: object.manifest.name().map(str::to_owned),
    }
}
