//! `cnpg-lint rules`: the list, and what one needs to write rules.

use crate::args::{ListFormat, RulesArgs, RulesCommand};
use crate::exit::{Error, Exit};
use crate::{output, setup};
use rules::{Rule, RuleSet, run_examples};
use std::fmt::Write as _;
use std::path::Path;
use topology::view::{FieldSchema, FieldType};

/// Does what is asked with the rules.
pub(crate) fn run(arguments: &RulesArgs) -> Result<Exit, Error> {
    match &arguments.command {
        None => list(&setup::rules(&arguments.rules)?, arguments.format),
        Some(RulesCommand::Test { directory }) => test(directory),
        Some(RulesCommand::New { id, directory }) => new(id, directory),
        Some(RulesCommand::Schema) => {
            let schema = rules::config::json_schema(&setup::rules(&arguments.rules)?.table());
            output::line(&format!("{schema:#}")).map(|()| Exit::Clean)
        }
        Some(RulesCommand::Variables { kind }) => variables(kind),
    }
}

fn list(rules: &RuleSet, format: ListFormat) -> Result<Exit, Error> {
    let text = match format {
        ListFormat::Human => human(rules),
        ListFormat::Json => json(rules),
        ListFormat::Markdown => markdown(rules),
    };
    output::line(text.trim_end()).map(|()| Exit::Clean)
}

fn human(rules: &RuleSet) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut category = "";
    for rule in rules.iter() {
        if *rule.category != *category {
            category = &rule.category;
            let _ = writeln!(text, "{}{category}", if text.is_empty() { "" } else { "\n" });
        }
        let _ = writeln!(text, "  {:<width$}  {:<7}  {}", rule.id, severity(rule), rule.file().title);
    }
    text
}

fn json(rules: &RuleSet) -> String {
    let rows = rules.iter().map(|rule| {
        let doc = rule.doc();
        serde_json::json!({
            "id": rule.id.as_ref(), "category": rule.category.as_ref(), "title": doc.title,
            "severity": severity(rule), "kinds": doc.kinds, "doors": doc.doors,
            "refused_by": doc.refused_by.map(rules::RefusedBy::name),
            "enabled": doc.enabled, "params": rule.file().params, "source": doc.source,
        })
    });
    format!("{:#}", serde_json::Value::Array(rows.collect()))
}

/// The table of the README.
fn markdown(rules: &RuleSet) -> String {
    let mut text = String::from("| rule | category | severity | what holds |\n| --- | --- | --- | --- |\n");
    for rule in rules.iter() {
        let title = rule.file().title.replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {} | {} | {title} |", rule.id, rule.category, severity(rule));
    }
    text
}

/// The severity, or `off`.
fn severity(rule: &Rule) -> &'static str {
    let doc = rule.doc();
    if doc.enabled { doc.severity.name() } else { "off" }
}

/// Runs the examples of the rules of a directory, beside the built-in rules.
fn test(directory: &Path) -> Result<Exit, Error> {
    let own = setup::rules_of(directory)?;
    let ids: Vec<_> = own.iter().map(|rule| rule.id.clone()).collect();
    let built_in = rulebook::rules().into_iter().filter(|rule| !ids.contains(&rule.id));
    let rules = RuleSet::new(built_in.chain(own).collect()).map_err(Error::Usage)?;
    rules.check_references().map_err(Error::Usage)?;
    let (mut text, mut passed, mut failed) = (String::new(), 0, 0);
    for id in &ids {
        let failures = run_examples(&rules, id);
        let count = rules.get(id).map_or(0, |rule| rule.documentation().examples.len());
        passed += count - failures.len();
        failed += failures.len();
        let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
        let none = if count == 0 { ", has no examples" } else { "" };
        let _ = writeln!(text, "{id}: {verdict} ({count} examples{none})");
        for failure in failures {
            let _ = writeln!(text, "  {}", failure.title);
            failure.difference.lines().for_each(|line| {
                let _ = writeln!(text, "    {line}");
            });
        }
    }
    let _ = write!(text, "{} rules: {passed} passed, {failed} failed", ids.len());
    output::line(&text)?;
    Ok(if failed == 0 { Exit::Clean } else { Exit::Findings })
}

/// Writes a commented rule that loads and whose examples pass.
fn new(id: &str, directory: &Path) -> Result<Exit, Error> {
    let text = include_str!("new-rule.yaml").replace("new-rule-id", id);
    Rule::load("new", "new", &text).map_err(|error| Error::Usage(error.message))?;
    let path = directory.join(format!("{id}.yaml"));
    if path.exists() {
        return Err(Error::Usage(format!("{} is there already", path.display())));
    }
    output::to_file(&path, |out| out.write_all(text.as_bytes()))?;
    output::line(&format!("wrote {}", path.display())).map(|()| Exit::Clean)
}

/// What a rule for a kind may ask.
fn variables(kind: &str) -> Result<Exit, Error> {
    if schema::kind(kind).is_none() {
        let near = schema::did_you_mean(kind, schema::kinds().iter().map(|kind| kind.name));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Error::Usage(format!("no kind `{kind}`{near}")));
    }
    let mut text = String::new();
    for variable in topology::variables(kind) {
        describe(&mut text, &variable, "");
    }
    output::line(text.trim_end()).map(|()| Exit::Clean)
}

fn describe(text: &mut String, field: &FieldSchema, prefix: &str) {
    let (kind, below) = match field.kind {
        FieldType::Bool => ("bool", None),
        FieldType::Int => ("int", None),
        FieldType::String => ("string", None),
        FieldType::Node => ("part of a manifest", None),
        FieldType::Strings => ("list of strings", None),
        FieldType::View(schema) => ("", Some((schema, "."))),
        FieldType::Views(schema) => ("list", Some((schema, "[]."))),
        FieldType::Lookup(schema) => ("by name", Some((schema, "[…]."))),
    };
    let name = format!("{prefix}{}", field.name);
    let doc = field.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
    let _ = writeln!(text, "{name}{kind}: {doc}");
    if let Some((schema, joint)) = below {
        for field in schema().fields {
            describe(text, field, &format!("{name}{joint}"));
        }
    }
}
