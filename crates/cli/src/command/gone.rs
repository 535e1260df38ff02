//! Objects that a change takes away: each is judged as a deletion, among what is left.

use super::judgement::Judge;
use manifest::{ProblemKind, Source};
use repo::NotLintedReason;
use rules::{Change, Door, Input, Judgement, Operation, Undecided};
use topology::{Found, Settings, Topology};

impl Judge<'_> {
    /// Adds what is to be said of objects that are no longer there.
    pub(super) fn judge_gone(&self, gone: &[Found<'_>], settings: &Settings, judgement: &mut Judgement) {
        for gone in gone.iter().filter(|gone| self.is_told(gone)) {
            let found = self.deletion(gone, settings);
            judgement.failures.extend(found.failures);
            judgement.undecided.extend(found.undecided);
            if let Some(unread) = self.unread_above(gone) {
                let reason = format!("{unread} cannot be read, and may still deploy it");
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
            inventory: &inventory,
            topology: &topology,
            sources: &self.scan.sources,
            rules: self.rules,
            config: self.config,
            door: Door::Repo,
            change: Change::Deletion,
            path: &|source| self.paths.get(source),
            unseen: &|_| None,
            only: None,
            judged: &|id, _| id == judged,
            checks: self.arguments.checks,
        })
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
        let unread = unread.map(|(_, source)| source.path());
        unread.chain(not_linted.map(|file| file.path.as_str()).filter(|file| is_same(file))).next()
    }
}
