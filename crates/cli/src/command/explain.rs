//! `cnpg-lint explain`: a rule's documentation, from its file alone.

use crate::args::{ExplainArgs, TextFormat};
use crate::exit::{Error, Exit};
use crate::{output, setup};
use rules::rule_file::{JudgedBy, SeveritySpec};
use rules::{Rule, RuleSet};
use std::fmt::Write as _;

/// Prints the documentation of one rule.
pub(crate) fn run(arguments: &ExplainArgs) -> Result<Exit, Error> {
    let rules = setup::rules(&arguments.rules)?;
    let Some(rule) = rules.get(&arguments.rule) else {
        let near = schema::did_you_mean(&arguments.rule, rules.iter().map(|rule| rule.id.as_ref()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Error::Usage(format!("no rule `{}`{near}", arguments.rule)));
    };
    match arguments.format {
        TextFormat::Human => output::line(human(&rules, rule).trim_end())?,
        TextFormat::Json => {
            let mut value =
                serde_json::to_value(rule.whole_file()).map_err(|error| Error::Usage(error.to_string()))?;
            if let Some(map) = value.as_object_mut() {
                map.insert("category".to_owned(), rule.category.as_ref().into());
            }
            output::line(&format!("{value:#}"))?;
        }
    }
    Ok(Exit::Clean)
}

fn human(rules: &RuleSet, rule: &Rule) -> String {
    let (file, doc) = (rule.file(), rule.doc());
    let mut text = format!("{}: {}\n\n", rule.id, file.title);
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10} {value}");
    };
    row("severity", &severity(&file.severity));
    row("category", &rule.category);
    if !doc.kinds.is_empty() {
        row("judges", &doc.kinds.join(", "));
    }
    row("doors", &doc.doors.join(", "));
    if let Some(program) = doc.refused_by {
        row("refused by", program.name());
    }
    if !doc.enabled {
        row("default", "off; the configuration turns it on");
    }
    if let Some(guideline) = &file.guideline {
        let severity = rules::Severity::from(guideline.severity).name();
        let params = guideline.params.iter().map(|(name, value)| format!(", {name}: {value}"));
        row("guideline", &format!("{severity}{}", params.collect::<String>()));
    }
    for (name, value) in &file.params {
        row("parameter", &format!("{name}: {value}"));
    }
    row("source", &doc.source.join(", "));
    // Words that depend on the object are shown as they are for one.
    let finding = if doc.help.contains("{{") { rules::first_finding(rules, rule) } else { None };
    let help = finding.as_ref().map_or(doc.help.as_str(), |finding| finding.help.as_str());
    let whose = if finding.is_some() { " (for the first example)" } else { "" };
    let _ = write!(
        text,
        "\nWhy\n\n{}\n\nHelp{whose}\n\n{}\n",
        indented(&doc.why),
        indented(&textwrap::fill(help, WIDTH))
    );
    for example in &rule.documentation().examples {
        let verdict = match (example.broken.is_empty(), example.undecided.is_empty(), example.holds) {
            (false, _, _) => format!("broken at {}", example.broken.join(", ")),
            (_, false, _) => format!("undecided at {}", example.undecided.join(", ")),
            (_, _, true) => "holds".to_owned(),
            _ => "not about this".to_owned(),
        };
        let title = example.title.as_deref().unwrap_or("Example");
        let _ = write!(text, "\n{title} ({verdict})\n\n{}\n", indented(&example.manifest));
    }
    if file.judged_by == JudgedBy::Itself {
        let _ = write!(text, "\nSuppress it\n\n    # cnpg-lint: ignore[{}] the reason\n", rule.id);
    }
    text
}

/// `error`, or `warning where CEL, else error`.
fn severity(severity: &SeveritySpec) -> String {
    match severity {
        SeveritySpec::Always(level) => rules::Severity::from(*level).name().to_owned(),
        SeveritySpec::Conditional(cases) => {
            let cases = cases.iter().map(|case| {
                let name = rules::Severity::from(case.is).name();
                case.when.as_ref().map_or_else(|| name.to_owned(), |when| format!("{name} where {when}"))
            });
            cases.collect::<Vec<_>>().join(", else ")
        }
    }
}

/// Characters in a line.
const WIDTH: usize = 96;

fn indented(text: &str) -> String {
    let lines = text
        .trim_end()
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
