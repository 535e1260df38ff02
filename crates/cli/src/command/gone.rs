//! What a change makes of objects: those that it takes away are judged as deletions, among what is left; of
//! those that it leaves as they are nothing is open.

use super::judgement::Judge;
use manifest::{ProblemKind, Source, to_json};
use repo::{NotLintedReason, Pairs};
use rules::rule_file::Need;
use rules::{Change, Input, Judgement, ObjectRef, Operation, Undecided};
use topology::{Found, Settings, Topology};

impl Judge<'_> {
    /// Takes out what could not be decided about the change of objects that did not change: a variable is
    /// taken to be what it was.
    pub(super) fn forget_unchanged(&self, pairs: &Pairs<'_>, judgement: &mut Judgement) {
        let is_about_change =
            |rule: &str| self.rules.get(rule).is_some_and(|rule| rule.file().needs.contains(&Need::Old));
        let is_unchanged = |object: &ObjectRef| {
            let named = self.scan.inventory.of_kind(&object.kind);
            let mut named = named.filter(|(_, one)| {
                one.manifest.name() == object.name.as_deref()
                    && one.manifest.api_version() == Some(&*object.api_version)
            });
            named.all(|(id, one)| {
                one.placements.iter().all(|placement| {
                    let past = pairs.past.get(&(id, placement.environment));
                    past.is_none_or(|past| to_json(&past.object.manifest.node) == to_json(&one.manifest.node))
                })
            })
        };
        judgement.undecided.retain(|one| !is_about_change(&one.rule) || !is_unchanged(&one.object));
    }

    /// Adds what is to be said of objects that are no longer there.
    pub(super) fn judge_gone(&self, gone: &[Found<'_>], settings: &Settings, judgement: &mut Judgement) {
        for gone in gone.iter().filter(|gone| self.is_told(gone)) {
            let found = self.deletion(gone, settings);
            judgement.failures.extend(found.failures);
            judgement.undecided.extend(found.undecided);
            if found.findings.is_empty() {
                judgement.objects += found.objects;
                judgement.checks.extend(found.checks);
                continue;
            }
            if let Some(reason) = self.is_open(gone) {
                let open = found.findings.into_iter().filter_map(|finding| {
                    let (rule, location) = (finding.rule, finding.location);
                    Some(Undecided { rule, object: finding.object?, location, reason: reason.clone() })
                });
                judgement.undecided.extend(open);
                continue;
            }
            judgement.objects += found.objects;
            judgement.findings.extend(found.findings);
            judgement.checks.extend(found.checks);
        }
    }

    /// Whether a rule speaks of deletions of that kind.
    fn is_told(&self, gone: &Found<'_>) -> bool {
        let kind = gone.object.manifest.kind().unwrap_or_default();
        self.rules.for_kind(kind).any(|rule| rule.file().is_on(Operation::Delete))
    }

    /// What is to be said of one that goes while everything else is as it is now.
    fn deletion(&self, gone: &Found<'_>, settings: &Settings) -> Judgement {
        let Some(before) = self.before else { return Judgement::default() };
        let Some(environment) = before.inventory.environment(gone.placement.environment) else {
            return Judgement::default();
        };
        let (object, namespace) = (gone.object.clone(), gone.placement.namespace.clone());
        let (inventory, judged) = self.scan.inventory.with(object, environment, namespace);
        let topology = Topology::new(&inventory, settings.clone());
        rules::judge(&Input {
            change: Change::Deletion,
            path: &|source| self.paths.get(source),
            judged: &|id, _| id == judged,
            checks: self.arguments.checks,
            ..Input::new(&inventory, &topology, &self.scan.sources, self.rules, self.config)
        })
    }

    /// Why one may still be there, though it was not found.
    fn is_open(&self, gone: &Found<'_>) -> Option<String> {
        if let Some(unread) = self.unread_above(gone) {
            return Some(format!("{unread} cannot be read, and may still deploy it"));
        }
        if let Some(what) = self.newly_hidden(gone) {
            return Some(format!("what {what} makes is not rendered, and may still be it"));
        }
        let (before, path) = (self.before?, self.paths.get(gone.object.source)?);
        let why = before.withheld(path)?;
        Some(format!("{path} {why}"))
    }

    /// A chart, remote base or the like that its environment did not have before.
    fn newly_hidden(&self, gone: &Found<'_>) -> Option<&str> {
        let then = self.before?.inventory.environment(gone.placement.environment)?;
        let now = self.scan.inventory.environments().iter();
        let mut now = now.filter(|one| one.kind == then.kind && one.path == then.path);
        let is_new = |what: &str| then.opaque.iter().all(|known| known.what != what);
        now.find_map(|one| one.opaque.iter().map(|part| part.what.as_str()).find(|what| is_new(what)))
    }

    /// A file that cannot be read now, and that may hold the object or what deploys it: its own, or a
    /// kustomization above.
    fn unread_above(&self, gone: &Found<'_>) -> Option<&str> {
        let (scan, path) = (self.scan, self.paths.get(gone.object.source)?);
        let is_above = |other: &str| {
            let (dir, name) = other.rsplit_once('/').unwrap_or(("", other));
            let is_below = dir.is_empty() || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
            other == path || is_below && name.to_ascii_lowercase().starts_with("kustomization")
        };
        let is_broken = |problem: &manifest::Problem| {
            matches!(problem.kind, ProblemKind::Syntax | ProblemKind::Limit | ProblemKind::Encoding)
        };
        let unread = scan.sources.iter().filter(|(source, _)| {
            let problems = scan.info(*source).map(|info| info.problems.as_slice()).unwrap_or_default();
            problems.iter().any(is_broken) && self.paths.get(*source).is_some_and(is_above)
        });
        let shown = scan.sources.get(gone.object.source).map(Source::path).unwrap_or_default();
        let is_same = |file: &str| shown.strip_prefix(file).is_some_and(|rest| rest.starts_with('@'));
        let not_linted = scan.not_linted.iter().filter(|file| file.reason != NotLintedReason::NotDeployed);
        let not_linted = not_linted.map(|file| file.path.as_str());
        let unavailable = scan.unavailable.iter().map(|file| file.path.as_str());
        let unread = unread.map(|(_, source)| source.path());
        unread.chain(not_linted.chain(unavailable).filter(|file| is_same(file))).next()
    }
}
