//! Judging a scan: objects, texts, suppressions, the baseline.

use super::before::Before;
use crate::args::CheckArgs;
use crate::checkout::RootPaths;
use crate::exit::Error;
use crate::{output, setup};
use jiff::civil::DateTime;
use manifest::{Source, SourceId};
use repo::{Pairs, Scan};
use rules::baseline::{self, Baseline};
use rules::config::{Config, ConfigError, RuleLevel, RuleTable, Selector};
use rules::rule_file::Need;
use rules::suppress::{self, Context, Subject};
use rules::{Change, Judgement, Noted, Rule, RuleSet, reading_findings};
use std::collections::HashSet;
use std::path::Path;
use topology::{Found, Inventory, Object, Placement, Topology};

/// A judgement, and what to say beside it.
pub(super) struct Judged {
    pub(super) judgement: Judgement,
    pub(super) notices: Vec<String>,
}

/// Everything that judging a scan takes.
pub(super) struct Judge<'a> {
    pub(super) arguments: &'a CheckArgs,
    pub(super) scan: &'a Scan,
    /// What was there before, where that is asked for.
    pub(super) before: Option<&'a Before>,
    pub(super) rules: &'a RuleSet,
    pub(super) config: &'a Config,
    /// The text of the configuration, if there is one.
    pub(super) config_source: Option<SourceId>,
    /// The text of the baseline, if one is applied.
    pub(super) baseline_source: Option<SourceId>,
    pub(super) paths: &'a RootPaths,
    /// Whether the run is over the whole checkout.
    pub(super) is_whole: bool,
}

impl Judge<'_> {
    /// Judges what the scan found, as the arguments ask.
    pub(super) fn run(&self) -> Result<Judged, Error> {
        let (mut judgement, notice) = self.found();
        let mut notices: Vec<String> = notice.into_iter().collect();
        if let Some(path) = &self.arguments.write_baseline {
            let text = baseline::write(&judgement, &self.scan.sources);
            output::to_file(path, |out| out.write_all(text.as_bytes()))?;
        }
        if let (Some(path), Some(source)) = (&self.arguments.baseline, self.baseline_source) {
            self.apply_baseline(&mut judgement, path, source)?;
        }
        notices.extend(self.before.and_then(|before| before.leave_new(&mut judgement, &self.scan.sources)));
        rules::name_overlays(&mut judgement, &self.scan.inventory, &self.scan.sources);
        rules::told_once(&mut judgement, &self.scan.inventory);
        Ok(Judged { judgement, notices })
    }

    /// What is found and not suppressed, and what to say beside it.
    pub(super) fn found(&self) -> (Judgement, Option<String>) {
        let settings = setup::topology(self.config, self.now());
        let topology = Topology::new(&self.scan.inventory, settings.clone());
        let Some(before) = self.before else {
            let judgement = self.with_reading(self.objects(&topology, Change::Unknown));
            return self.suppressed(judgement, &[]);
        };
        let pairs = Pairs::new(&self.scan.inventory, &before.inventory, &|source| self.paths.get(source));
        let past = Topology::new(&before.inventory, settings.clone());
        let mut judgement = self.objects(&topology, Change::Paired(&pairs.past, &past));
        self.forget_unchanged(&pairs, &mut judgement);
        let gone: Vec<_> =
            pairs.gone.into_iter().filter(|gone| before.is_named(gone.object.source)).collect();
        self.judge_gone(&gone, &settings, &mut judgement);
        self.suppressed(self.with_reading(judgement), &gone)
    }

    /// The day that is judged at: its start, so that two runs of a day say the same.
    fn now(&self) -> DateTime {
        let now = self.arguments.today.unwrap_or_else(crate::clock::now);
        if self.arguments.today.is_some() {
            now
        } else {
            now.date().to_datetime(jiff::civil::Time::midnight())
        }
    }

    fn objects(&self, topology: &Topology<'_>, change: Change<'_>) -> Judgement {
        let scan = self.scan;
        let is_named = |object: &Object| scan.is_named(object.source);
        let affected = self.arguments.affected.then(|| Affected::new(&scan.inventory, is_named));
        let is_affected =
            |object: &Object| affected.as_ref().is_some_and(|affected| affected.includes(object));
        let mut judgement = rules::judge(&rules::Input {
            change,
            path: &|source| self.paths.get(source),
            judged: &|_, object| is_named(object) || is_affected(object),
            checks: self.arguments.checks,
            ..rules::Input::new(&scan.inventory, topology, &scan.sources, self.rules, self.config)
        });
        if affected.is_some() {
            self.keep_related(&mut judgement);
        }
        judgement
    }

    /// In a file that was not given, only a rule over several objects can have changed its mind.
    fn keep_related(&self, judgement: &mut Judgement) {
        let needs_related = |rule: &&Rule| rule.file().needs.contains(&Need::Related);
        let related: HashSet<&str> =
            self.rules.iter().filter(needs_related).map(|rule| rule.id.as_ref()).collect();
        let is_told = |rule: &str, source| self.scan.is_named(source) || related.contains(rule);
        judgement.findings.retain(|finding| is_told(&finding.rule, finding.location.span.source));
        judgement.undecided.retain(|undecided| is_told(&undecided.rule, undecided.location.span.source));
        judgement.checks.retain(|check| is_told(&check.rule, check.location.span.source));
    }

    fn with_reading(&self, mut judgement: Judgement) -> Judgement {
        for (source, _) in self.scan.sources.iter().filter(|(source, _)| self.scan.is_named(*source)) {
            let problems = self.scan.info(source).map(|info| info.problems.as_slice()).unwrap_or_default();
            if !problems.is_empty() {
                let noted = problems.iter().map(Noted::from);
                let path = self.paths.get(source);
                judgement.findings.extend(reading_findings(noted, path, self.rules, self.config));
            }
        }
        for problem in self.scan.problems.iter().filter(|one| self.scan.is_named(one.span.source)) {
            let noted = Noted {
                rule: problem.rule,
                span: problem.span,
                message: &problem.message,
                related: problem.related.clone(),
            };
            let path = self.paths.get(problem.span.source);
            judgement.findings.extend(reading_findings([noted], path, self.rules, self.config));
        }
        judgement
    }

    /// Takes out what somebody gave a reason for; what is gone had its reasons written on it.
    fn suppressed(&self, judgement: Judgement, gone: &[Found<'_>]) -> (Judgement, Option<String>) {
        let scan = self.scan;
        if !self.mentions_the_tool() {
            return (judgement, None);
        }
        let comments: Vec<_> = scan
            .infos
            .iter()
            .zip(scan.sources.iter())
            .map(|(info, (id, _))| (id, info.comments.as_slice()))
            .collect();
        let objects = scan.inventory.objects().map(|(_, object)| object);
        let objects: Vec<_> = objects.chain(gone.iter().map(|gone| gone.object)).collect();
        let subjects: Vec<_> = objects
            .iter()
            .map(|object| Subject {
                manifest: &object.manifest,
                source: object.source,
                namespaces: object
                    .placements
                    .iter()
                    .filter_map(|placement| placement.namespace.name())
                    .collect(),
            })
            .collect();
        let applied = suppress::apply(
            judgement,
            &Context {
                sources: &scan.sources,
                comments: &comments,
                subjects: &subjects,
                config: self.config,
                config_source: self.config_source,
                table: &self.rules.table(),
                today: self.now().date(),
                path: &|source| self.paths.get(source),
                reported: &|source| {
                    scan.is_named(source) || (self.is_whole && Some(source) == self.config_source)
                },
                ran: &|rule, subject| {
                    self.has_run(rule, subject.and_then(|index| objects.get(index)).copied())
                },
            },
        );
        let notice = applied.notice();
        (applied.judgement, notice)
    }

    /// Whether there is a configuration, or a text that names the tool: else nothing is suppressed.
    fn mentions_the_tool(&self) -> bool {
        let mentions = |source: &Source| memchr::memmem::find(source.bytes(), b"cnpg-lint").is_some();
        self.config_source.is_some() || self.scan.sources.iter().any(|(_, source)| mentions(source))
    }

    /// Whether a rule was judged on an object, or on any: it is on, and about its kind.
    fn has_run(&self, rule: &str, object: Option<&Object>) -> bool {
        let Some(rule) = self.rules.get(rule) else { return false };
        let Some(object) = object else { return true };
        let kind = object.manifest.kind().unwrap_or_default();
        let settings = self.config.settings(&Selector {
            path: self.paths.get(object.source),
            namespace: object.placements.iter().find_map(|placement| placement.namespace.name()),
            kind,
            name: object.manifest.name(),
            labels: &[],
        });
        let is_on = settings.severity(&rule.id, rule.file().enabled) != RuleLevel::Off;
        is_on && object.is_deployed() && rule.kinds().iter().any(|known| known == kind)
    }

    fn apply_baseline(&self, judgement: &mut Judgement, path: &Path, source: SourceId) -> Result<(), Error> {
        let text = setup::read(path)?;
        let shown = path.to_string_lossy().replace('\\', "/");
        let baseline = Baseline::load(&text).map_err(|problem| Error::Config {
            path: shown.clone(),
            text: text.clone(),
            error: ConfigError { problems: vec![problem] },
        })?;
        let gone = baseline.apply(judgement, &self.scan.sources);
        // What was not looked at is not gone.
        let is_looked_at = |path: &str| {
            let mut sources = self.scan.sources.iter();
            let found = sources.find(|(_, source)| source.path() == path);
            found.map_or(self.is_whole, |(source, _)| self.scan.is_named(source))
        };
        let table: RuleTable = self.rules.table();
        let place = (source, self.paths.get(source));
        let gone = gone.iter().filter(|entry| is_looked_at(&entry.path));
        judgement.findings.extend(gone.filter_map(|entry| baseline.gone(entry, place, self.config, &table)));
        Ok(())
    }
}

/// What a change of the named files can have changed: the objects that share an environment or a
/// namespace with an object in them.
struct Affected<'i>(Vec<&'i Placement>);

impl<'i> Affected<'i> {
    fn new(inventory: &'i Inventory, is_named: impl Fn(&Object) -> bool) -> Self {
        let named = inventory.objects().filter(|(_, object)| is_named(object));
        Self(named.flat_map(|(_, object)| &object.placements).collect())
    }

    fn includes(&self, object: &Object) -> bool {
        object.placements.iter().any(|placement| {
            self.0.iter().any(|named| {
                named.environment == placement.environment || named.namespace.same(&placement.namespace)
            })
        })
    }
}
