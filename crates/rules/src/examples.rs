//! Runs the examples of rule files: each is judged, and must come out as it says.

use crate::config::{Config, RuleTable};
use crate::finding::{Check, Finding, Judgement, Outcome, Severity};
use crate::judge::{Change, Input, judge};
use crate::rule::{Rule, RuleSet};
use crate::rule_file::{Door, Example};
use crate::select::{Found, Select};
use manifest::{Limits, Source, SourceId, Sources};
use std::fmt::Write as _;
use topology::{
    Environment, EnvironmentId, EnvironmentKind, Inventory, Namespace, NamespaceFrom, Object, Placement,
};
use topology::{Settings, Topology, Wholeness};

/// An example that did not come out as its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// Which, from 0.
    pub index: usize,
    /// What the example shows, or its first line.
    pub title: String,
    /// What was expected and what came out, line by line.
    pub difference: String,
}

/// Runs every example of the rule `id` of `rules`. Empty: all came out as they say.
pub fn run_examples(rules: &RuleSet, id: &str) -> Vec<ExampleFailure> {
    let Some(rule) = rules.get(id) else { return Vec::new() };
    let run = |(index, example): (usize, &Example)| {
        let difference = run_example(rules, rule, example).err()?;
        let title = example.title.clone().unwrap_or_else(|| format!("example {}", index + 1));
        Some(ExampleFailure { index, title, difference })
    };
    rule.documentation().examples.iter().enumerate().filter_map(run).collect()
}

/// What the rule says of its first example that it finds broken: the words that stand in the file with
/// expressions, as a person sees them.
pub fn first_finding(rules: &RuleSet, rule: &Rule) -> Option<Finding> {
    let example = rule.documentation().examples.iter().find(|example| !example.broken.is_empty())?;
    let mut found = None;
    judge_example(rules, rule, example, |judgement, _| {
        found = judgement.findings.iter().find(|finding| finding.rule == rule.id).cloned();
        Ok(())
    })
    .ok()?;
    found
}

fn run_example(rules: &RuleSet, rule: &Rule, example: &Example) -> Result<(), String> {
    judge_example(rules, rule, example, |judgement, inventory| compare(rule, example, judgement, inventory))
}

fn judge_example(
    rules: &RuleSet,
    rule: &Rule,
    example: &Example,
    see: impl FnOnce(&Judgement, &Inventory) -> Result<(), String>,
) -> Result<(), String> {
    let config = configuration(rules, rule, example)?;
    let (sources, inventory) = inventory_of(&example.manifest)?;
    let topology = Topology::new(&inventory, Settings::default());
    let old = example.old.as_deref().map(inventory_of).transpose()?;
    let past = old.as_ref().map(|(_, old)| (old, Topology::new(old, Settings::default())));
    let change = match &past {
        Some((inventory, topology)) => Change::Since(inventory, topology),
        None if example.deleted => Change::Deletion,
        None => Change::Unknown,
    };
    let judgement = judge(&Input {
        door: example_door(rule),
        change,
        path: &|_| Some("example.yaml"),
        checks: true,
        ..Input::new(&inventory, &topology, &sources, rules, &config)
    });
    see(&judgement, &inventory)
}

/// The repository, unless the rule cannot be judged there.
fn example_door(rule: &Rule) -> Door {
    if rule.file().doors.contains(&Door::Repo) { Door::Repo } else { Door::Admission }
}

/// A configuration that turns the rule on and sets its parameters as the example says.
fn configuration(rules: &RuleSet, rule: &Rule, example: &Example) -> Result<Config, String> {
    if example.params.is_empty() && rule.file().enabled {
        return Ok(Config::default());
    }
    let params: Vec<_> = example.params.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let text = format!("rules:\n  {}: {{severity: on, params: {{{}}}}}\n", rule.id, params.join(", "));
    let text = if params.is_empty() { format!("rules:\n  {}: on\n", rule.id) } else { text };
    let table = RuleTable::new(rules.iter().map(Rule::entry));
    Config::load(&text, &table).map_err(|error| error.to_string())
}

/// The objects of a text, applied together into the namespaces they name, by a root among them if there
/// is one; the error is one sentence.
pub fn inventory_of(text: &str) -> Result<(Sources, Inventory), String> {
    let mut sources = Sources::new();
    let source = Source::new("example.yaml", text.as_bytes().to_vec());
    let reading = manifest::read(&source, SourceId(0), &Limits::default());
    sources.add(source);
    let mut objects = Vec::new();
    for document in &reading.documents {
        if let Err(error) = &document.content {
            return Err(format!("the manifest cannot be read: {error}"));
        }
        for mut manifest in manifest::manifests(document) {
            topology::mark_unknowns(&mut manifest.node, manifest::Dialect::FILE);
            let place = manifest.node.at(&["metadata", "namespace"]);
            let namespace = match place.map(|node| (node.as_str(), node.origin.span)) {
                Some((Some(name), span)) => Namespace::Known(name.to_owned(), NamespaceFrom::Object(span)),
                _ => Namespace::Unset,
            };
            objects.push(Object {
                manifest,
                source: SourceId(0),
                wholeness: Wholeness::Whole,
                made_by: None,
                placements: vec![Placement { environment: EnvironmentId(0), namespace }],
            });
        }
    }
    if objects.is_empty() {
        return Err("the manifest holds no object".to_owned());
    }
    let environment = environment(&objects);
    Ok((sources, Inventory::new(vec![environment], objects)))
}

/// What applies the objects: a Flux `Kustomization` or an Argo CD `Application` among them, else nothing
/// but their directory.
fn environment(objects: &[Object]) -> Environment {
    let root = objects.iter().find_map(|object| {
        let kind = match (object.manifest.group()?, object.manifest.kind()?) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => EnvironmentKind::Flux,
            ("argoproj.io", "Application") => EnvironmentKind::ArgoCd,
            _ => return None,
        };
        Some((kind, object.manifest.node.at(&["metadata", "name"])?.origin.span))
    });
    Environment {
        kind: root.map_or(EnvironmentKind::Directory, |(kind, _)| kind),
        path: ".".to_owned(),
        root: root.map(|(_, span)| span),
        opaque: Vec::new(),
    }
}

fn compare(
    rule: &Rule,
    example: &Example,
    judgement: &Judgement,
    inventory: &Inventory,
) -> Result<(), String> {
    let mut difference = String::new();
    let mut expect = |what: &str, expected: &str, got: &str| {
        if expected != got {
            let _ = writeln!(
                difference,
                "{what}: expected {expected}\n{:>width$}got {got}",
                "",
                width = what.len() + 2
            );
        }
    };
    let findings: Vec<&Finding> =
        judgement.findings.iter().filter(|finding| finding.rule == rule.id).collect();
    let undecided = judgement.undecided.iter().filter(|undecided| undecided.rule == rule.id);
    let broken_at = findings.iter().map(|finding| finding.location.pointer.clone());
    let undecided_at = undecided.map(|undecided| undecided.location.pointer.clone());
    expect("broken at", &pointers(&example.broken, inventory)?, &join(broken_at));
    expect("undecided at", &pointers(&example.undecided, inventory)?, &join(undecided_at));
    if let Some(failure) = judgement.failures.iter().find(|failure| failure.rule == rule.id) {
        expect("failed", "no failure", &failure.message);
    }
    if let (Some(expected), Some(first)) = (&example.message, findings.first()) {
        expect("message", expected.trim(), &first.message);
    }
    if let (Some(expected), Some(first)) = (example.severity, findings.first()) {
        expect("severity", Severity::from(expected).name(), first.severity.name());
    }
    if example.broken.is_empty() && example.undecided.is_empty() {
        // Of a rule that another one speaks for there is a check, but it does not hold.
        let is_held = |check: &Check| check.rule == rule.id && check.outcome == Outcome::Holds;
        let held = judgement.checks.iter().any(is_held);
        let name = |held: bool| if held { "checked, and holds" } else { "not about this" };
        expect("judged", name(example.holds), name(held));
    }
    if difference.is_empty() { Ok(()) } else { Err(difference.trim_end().to_owned()) }
}

/// Paths as pointers: where a path leads in the objects, or would lead.
fn pointers(paths: &[String], inventory: &Inventory) -> Result<String, String> {
    let mut pointers = Vec::new();
    for path in paths {
        let select = Select::new(path)?;
        let mut found = Vec::new();
        for (_, object) in inventory.objects() {
            select.visit(&object.manifest.node, &mut |selection| {
                found.push((!matches!(selection.found, Found::Node(_)), selection.pointer.to_owned()));
            });
        }
        // A place that is there is meant before one that would be.
        found.sort();
        let Some((_, pointer)) = found.into_iter().next() else {
            return Err(format!("{path} leads nowhere in the manifest"));
        };
        pointers.push(pointer);
    }
    Ok(join(pointers))
}

fn join(pointers: impl IntoIterator<Item = String>) -> String {
    let mut pointers: Vec<_> = pointers.into_iter().collect();
    pointers.sort();
    if pointers.is_empty() { "no place".to_owned() } else { pointers.join(", ") }
}
