//! The same finding in many environments, told once.

use super::object_ref;
use super::verdict::{Broken, Outcome, Verdict};
use crate::finding::{self, Check, Finding, Judgement, Location, ObjectRef, Undecided};
use manifest::{Manifest, Node};
use std::collections::HashSet;
use std::sync::Arc;
use topology::{EnvironmentId, Inventory, Object};

/// What all placements of one object gave.
pub(super) struct Merged<'i> {
    object: ObjectRef,
    /// The operator does not look at it.
    is_bypassed: bool,
    inventory: &'i Inventory,
    rows: Vec<Row>,
    /// How many rows there were before the placement at hand.
    before: usize,
    /// Whether anything was judged, though nothing need be told.
    any: bool,
}

/// One rule at one place.
struct Row {
    rule: Arc<str>,
    category: Arc<str>,
    refused_by: Option<finding::RefusedBy>,
    location: Location,
    broken: Vec<(Broken, Vec<EnvironmentId>)>,
    undecided: Option<String>,
    /// Broken or undecided, but another rule says it.
    said: Option<finding::Outcome>,
}

/// Whether the operator's webhook lets an object pass unseen: it reads this annotation for these kinds
/// (`internal/webhook/v1`, `bypassableValidator`).
fn is_bypassed(manifest: &Manifest) -> bool {
    let annotation = manifest.node.at(&["metadata", "annotations", "cnpg.io/validation"]);
    matches!(manifest.kind(), Some("Cluster" | "Backup" | "Pooler" | "Database"))
        && annotation.and_then(Node::as_str) == Some("disabled")
}

impl<'i> Merged<'i> {
    pub(super) fn new(inventory: &'i Inventory, object: &Object) -> Self {
        let is_bypassed = is_bypassed(&object.manifest);
        Self { object: object_ref(object), is_bypassed, inventory, rows: Vec::new(), before: 0, any: false }
    }

    /// Whether nothing was judged.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.any
    }

    /// What is added from now on is of another placement; `any`: something was judged there.
    pub(super) fn next_placement(&mut self, any: bool) {
        self.before = self.rows.len();
        self.any |= any;
    }

    pub(super) fn object(&self) -> ObjectRef {
        self.object.clone()
    }

    pub(super) fn add(&mut self, verdict: Verdict<'_>, environment: EnvironmentId) {
        let rule = verdict.rule;
        let index = self.same(&verdict).unwrap_or_else(|| {
            self.rows.push(Row {
                rule: Arc::clone(&rule.id),
                category: Arc::clone(&rule.category),
                refused_by: rule.file().refused_by.program().filter(|by| !self.is_bypassed(*by)),
                location: verdict.location.clone(),
                broken: Vec::new(),
                undecided: None,
                said: None,
            });
            self.rows.len() - 1
        });
        let Some(row) = self.rows.get_mut(index) else { return };
        match verdict.outcome {
            Outcome::Holds | Outcome::Failed(_) => {}
            Outcome::Broken(_) if verdict.is_said => row.said = Some(finding::Outcome::Broken),
            Outcome::Undecided(_) if verdict.is_said => {
                row.said.get_or_insert(finding::Outcome::Undecided);
            }
            Outcome::Undecided(reason) => {
                row.undecided.get_or_insert(reason);
            }
            Outcome::Broken(broken) => match row.broken.iter_mut().find(|(known, _)| *known == broken) {
                Some((_, environments)) => environments.push(environment),
                None => row.broken.push((broken, vec![environment])),
            },
        }
    }

    fn is_bypassed(&self, by: finding::RefusedBy) -> bool {
        self.is_bypassed && by == finding::RefusedBy::Operator
    }

    /// The row of the same rule at the same place.
    fn same(&self, verdict: &Verdict<'_>) -> Option<usize> {
        let is_rule = |row: &Row| Arc::ptr_eq(&row.rule, &verdict.rule.id);
        let is_same = |row: &Row| is_rule(row) && row.location.pointer == verdict.location.pointer;
        let (before, here) = self.rows.split_at_checked(self.before)?;
        // The verdicts of one placement come rule by rule.
        let of_rule = here.iter().rev().take_while(|row| is_rule(row)).position(is_same);
        let here = of_rule.map(|back| self.rows.len() - 1 - back);
        before.iter().position(is_same).or(here)
    }

    /// `checks`: also what holds.
    pub(super) fn add_to(self, judgement: &mut Judgement, checks: bool) {
        // Several places of one rule may need the same unknown: that is one thing to know.
        let mut told = HashSet::new();
        for row in self.rows {
            if checks {
                judgement.checks.push(Check {
                    rule: Arc::clone(&row.rule),
                    object: self.object.clone(),
                    location: row.location.clone(),
                    outcome: row.outcome(),
                });
            }
            if let (Some(reason), true) = (&row.undecided, row.broken.is_empty())
                && told.insert((Arc::clone(&row.rule), reason.clone()))
            {
                judgement.undecided.push(Undecided {
                    rule: Arc::clone(&row.rule),
                    object: self.object.clone(),
                    location: row.location.clone(),
                    reason: reason.clone(),
                });
            }
            for (broken, environments) in row.broken {
                let path =
                    |id: &EnvironmentId| self.inventory.environment(*id).map(|found| found.path.clone());
                let mut environments: Vec<_> = environments.iter().filter_map(path).collect();
                environments.sort();
                environments.dedup();
                judgement.findings.push(Finding {
                    rule: Arc::clone(&row.rule),
                    category: Arc::clone(&row.category),
                    severity: broken.severity,
                    refused_by: row.refused_by,
                    message: broken.message,
                    help: broken.help,
                    object: Some(self.object.clone()),
                    environments,
                    location: row.location.clone(),
                    related: broken.related,
                });
            }
        }
    }
}

impl Row {
    fn outcome(&self) -> finding::Outcome {
        match (self.broken.is_empty(), &self.undecided, self.said) {
            (false, ..) => finding::Outcome::Broken,
            (true, None, Some(said)) => said,
            (true, Some(_), said) => said.unwrap_or(finding::Outcome::Undecided),
            (true, None, None) => finding::Outcome::Holds,
        }
    }
}
