//! Judging a scan: objects, texts, suppressions, the baseline.

use super::check::config_source;
use crate::args::CheckArgs;
use crate::exit::Error;
use crate::{output, setup};
use manifest::{SourceId, Sources};
use repo::Scan;
use rules::baseline::{self, Baseline};
use rules::config::{Config, ConfigError};
use rules::rule_file::Need;
use rules::suppress::{self, Context, Subject};
use rules::{Door, Judgement, RuleSet, reading_findings};
use std::collections::HashSet;
use std::path::Path;
use topology::{Inventory, Object, Placement, Topology};

/// A judgement, and what to say beside it.
pub(super) struct Judged {
    pub(super) judgement: Judgement,
    pub(super) notice: Option<String>,
}

/// Judges what the scan found, as the arguments ask.
pub(super) fn judge(
    arguments: &CheckArgs,
    scan: &mut Scan,
    rules: &RuleSet,
    config: Config,
    root: &Path,
) -> Result<Judged, Error> {
    let mut judgement = judge_objects(arguments, scan, rules, &config);
    add_reading(&mut judgement, scan, rules, &config);
    let (mut judgement, notice) = suppressed(arguments, judgement, scan, rules, &config, root);
    if let Some(path) = &arguments.write_baseline {
        let text = baseline::write(&judgement, &scan.sources);
        output::to_file(path, |out| out.write_all(text.as_bytes()))?;
    }
    if let Some(path) = &arguments.baseline {
        apply_baseline(&mut judgement, path, &mut scan.sources, rules, &config)?;
    }
    Ok(Judged { judgement, notice })
}

fn judge_objects(arguments: &CheckArgs, scan: &Scan, rules: &RuleSet, config: &Config) -> Judgement {
    let topology = Topology::new(&scan.inventory, topology::Settings::default());
    let is_named = |object: &Object| scan.is_named(object.source);
    let affected = arguments.affected.then(|| Affected::new(&scan.inventory, is_named));
    let is_judged = |object: &Object| {
        is_named(object) || affected.as_ref().is_some_and(|affected| affected.includes(object))
    };
    let mut judgement = rules::judge(&rules::Input {
        inventory: &scan.inventory,
        topology: &topology,
        sources: &scan.sources,
        rules,
        config,
        door: Door::Repo,
        judged: &|_, object| is_judged(object),
    });
    if affected.is_some() {
        // In a file that was not given, only a rule over several objects can have changed its mind.
        let related: HashSet<&str> = rules
            .iter()
            .filter(|rule| rule.file().needs.contains(&Need::Related))
            .map(|rule| rule.id.as_ref())
            .collect();
        let is_told = |rule: &str, source: SourceId| scan.is_named(source) || related.contains(rule);
        judgement.findings.retain(|finding| is_told(&finding.rule, finding.location.span.source));
        judgement.undecided.retain(|undecided| is_told(&undecided.rule, undecided.location.span.source));
        judgement.checks.retain(|check| is_told(&check.rule, check.location.span.source));
    }
    judgement
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

fn add_reading(judgement: &mut Judgement, scan: &Scan, rules: &RuleSet, config: &Config) {
    for (source, _) in scan.sources.iter().filter(|(source, _)| scan.is_named(*source)) {
        let problems = scan.info(source).map(|info| info.problems.as_slice()).unwrap_or_default();
        judgement.findings.extend(reading_findings(problems, source, &scan.sources, rules, config));
    }
}

/// Takes out what somebody gave a reason for. Where nothing mentions the tool, there is nothing.
fn suppressed(
    arguments: &CheckArgs,
    judgement: Judgement,
    scan: &mut Scan,
    rules: &RuleSet,
    config: &Config,
    root: &Path,
) -> (Judgement, Option<String>) {
    let config_source = config_source(arguments, root, config).map(|source| scan.sources.add(source));
    let table = rules.table();
    let comments: Vec<_> =
        scan.infos.iter().zip(0u32..).map(|(info, id)| (SourceId(id), info.comments.as_slice())).collect();
    let objects: Vec<_> = scan.inventory.objects().map(|(_, object)| object).collect();
    let subjects: Vec<_> = objects
        .iter()
        .map(|object| Subject {
            manifest: &object.manifest,
            source: object.source,
            namespaces: object.placements.iter().filter_map(|placement| placement.namespace.name()).collect(),
        })
        .collect();
    let ran: HashSet<(String, String)> = judgement
        .checks
        .iter()
        .map(|check| (check.rule.to_string(), format!("{} {}", check.object.kind, check.object.name.as_deref().unwrap_or_default())))
        .collect();
    let any: HashSet<&str> = judgement.checks.iter().map(|check| check.rule.as_ref()).collect();
    let has_run = |rule: &str, subject: Option<usize>| match subject.and_then(|index| objects.get(index)) {
        None => any.contains(rule),
        Some(object) => {
            let kind = object.manifest.kind().unwrap_or_default();
            let name = object.manifest.name().unwrap_or_default();
            ran.contains(&(rule.to_owned(), format!("{kind} {name}")))
        }
    };
    let applied = suppress::apply(judgement.clone(), &Context {
        sources: &scan.sources,
        comments: &comments,
        subjects: &subjects,
        config,
        config_source,
        table: &table,
        today: today(),
        path: &|source| scan.sources.get(source).map(manifest::Source::path),
        reported: &|source| scan.is_named(source) || Some(source) == config_source,
        ran: &has_run,
    });
    let notice = applied.notice();
    (applied.judgement, notice)
}

fn apply_baseline(
    judgement: &mut Judgement,
    path: &Path,
    sources: &mut Sources,
    rules: &RuleSet,
    config: &Config,
) -> Result<(), Error> {
    let text = setup::read(path)?;
    let shown = path.to_string_lossy().replace('\\', "/");
    let baseline = Baseline::load(&text).map_err(|problem| Error::Config {
        path: shown.clone(),
        text: text.clone(),
        error: ConfigError { problems: vec![problem] },
    })?;
    let gone = baseline.apply(judgement, sources);
    if !gone.is_empty() {
        let source = sources.add(manifest::Source::new(shown.clone(), text.into_bytes()));
        let table = rules.table();
        let place = (source, Some(shown.as_str()));
        judgement.findings.extend(gone.iter().filter_map(|entry| baseline.gone(entry, place, config, &table)));
    }
    Ok(())
}

/// The day by the clock, in UTC: the only thing about a run that is not in its input.
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}
