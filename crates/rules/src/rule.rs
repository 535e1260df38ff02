//! Rules ready to judge: read from a file or embedded, compiled when first needed.

use crate::compile::{Judging, Telling};
use crate::config::{Demand, Param, RuleEntry, RuleTable};
use crate::finding::{RuleDoc, Severity};
use crate::rule_error::{RuleError, RuleText};
use crate::rule_file::{Documentation, Door, JudgedBy, RuleFile, SeveritySpec, WhenAbsent};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// A rule that was checked when the program was built.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its id.
    pub id: &'static str,
    /// Its category.
    pub category: &'static str,
    /// The kinds it judges.
    pub kinds: &'static [&'static str],
    /// Its [`RuleFile`] without documentation, as JSON.
    pub json: &'static str,
    /// Its [`Documentation`], as JSON.
    pub documentation: &'static str,
    /// Its paths, parsed, as [`Rule::paths_json`] gives them.
    pub paths: &'static str,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: Arc<str>,
    /// Its category: the folder it is in.
    pub category: Arc<str>,
    kinds: Vec<String>,
    embedded: Option<Embedded>,
    file: OnceLock<RuleFile>,
    documentation: OnceLock<Documentation>,
    judging: OnceLock<Result<Judging, String>>,
    telling: OnceLock<Result<Telling, String>>,
}

impl Rule {
    /// Reads, checks and compiles a rule file. `category` is the folder it is in.
    pub fn load(path: &str, category: &str, text: &str) -> Result<Self, RuleError> {
        let places = RuleText::new(path, text);
        let mut file: RuleFile =
            serde_saphyr::from_str(text).map_err(|error| unreadable(&places, text, &error))?;
        let judging = Judging::new(&file, &places, None)?;
        judging.compile_assert(&file, &places)?;
        let telling = Telling::new(&file, &places, &judging)?;
        Ok(Self {
            id: file.id.as_str().into(),
            category: category.into(),
            kinds: file.kinds.clone(),
            embedded: None,
            documentation: OnceLock::from(file.take_documentation()),
            file: OnceLock::from(file),
            judging: OnceLock::from(Ok(judging)),
            telling: OnceLock::from(Ok(telling)),
        })
    }

    /// A rule that was checked before.
    pub fn embedded(rule: &Embedded) -> Self {
        Self {
            id: rule.id.into(),
            category: rule.category.into(),
            kinds: rule.kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            embedded: Some(*rule),
            file: OnceLock::new(),
            documentation: OnceLock::new(),
            judging: OnceLock::new(),
            telling: OnceLock::new(),
        }
    }

    /// The kinds it judges.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// As its file has it, but for its documentation.
    pub fn file(&self) -> &RuleFile {
        self.file.get_or_init(|| {
            // Embedded rules were written by `RuleFile` itself when the program was built.
            let json = self.embedded.map_or("", |embedded| embedded.json);
            serde_json::from_str(json).unwrap_or_else(|error| broken_embedding(&self.id, &error))
        })
    }

    /// What its file says to people.
    pub fn documentation(&self) -> &Documentation {
        self.documentation.get_or_init(|| {
            let json = self.embedded.map_or("", |embedded| embedded.documentation);
            serde_json::from_str(json).unwrap_or_default()
        })
    }

    /// Its file, the whole of it.
    pub fn whole_file(&self) -> RuleFile {
        self.file().clone().with_documentation(self.documentation().clone())
    }

    /// What it takes to judge; the error is one sentence.
    pub(crate) fn judging(&self) -> Result<&Judging, &str> {
        let judging = self.judging.get_or_init(|| {
            let paths = self.embedded.and_then(|embedded| serde_json::from_str(embedded.paths).ok());
            let places = RuleText::new(&self.id, "");
            Judging::new(self.file(), &places, paths).map_err(|error| error.message)
        });
        judging.as_ref().map_err(String::as_str)
    }

    /// What it takes to tell that it is broken, which most rules most often are not; the error is
    /// one sentence.
    pub(crate) fn telling(&self) -> Result<&Telling, &str> {
        let telling = self.telling.get_or_init(|| {
            let places = RuleText::new(&self.id, "");
            Telling::new(self.file(), &places, self.judging()?).map_err(|error| error.message)
        });
        telling.as_ref().map_err(String::as_str)
    }

    /// Its paths, parsed, for [`Embedded::paths`].
    pub fn paths_json(&self) -> String {
        let paths = self.judging().ok().and_then(|judging| serde_json::to_string(&judging.select).ok());
        paths.unwrap_or_default()
    }

    /// What a configuration must know of it.
    pub fn entry(&self) -> RuleEntry {
        let params = self.file().params.iter();
        let params = params.map(|(name, default)| Param { name: name.clone(), default: default.clone() });
        let guideline = self.file().guideline.as_ref();
        let guideline =
            guideline.map(|spec| Demand { severity: spec.severity.into(), params: spec.params.clone() });
        RuleEntry {
            id: Arc::clone(&self.id),
            category: Arc::clone(&self.category),
            title: self.file().title.clone(),
            severity: self.severity(),
            enabled: self.file().enabled,
            doors: self.file().doors.clone(),
            params: params.collect(),
            guideline,
        }
    }

    /// The severity it has unless configured or conditional; the worst of a conditional one.
    pub fn severity(&self) -> Severity {
        worst(&self.file().severity)
    }

    /// Its documentation.
    pub fn doc(&self) -> RuleDoc {
        let (file, documentation) = (self.file(), self.documentation());
        RuleDoc {
            id: Arc::clone(&self.id),
            category: Arc::clone(&self.category),
            title: file.title.clone(),
            severity: self.severity(),
            refused_by: file.refused_by.program(),
            why: documentation.why.trim().to_owned(),
            help: file.help.trim().to_owned(),
            kinds: file.kinds.clone(),
            doors: file.doors.iter().map(|door| door_name(*door).to_owned()).collect(),
            source: documentation.source.clone(),
            enabled: file.enabled,
        }
    }
}

/// `repo` or `admission`.
fn door_name(door: Door) -> &'static str {
    match door {
        Door::Repo => "repo",
        Door::Admission => "admission",
    }
}

/// The worst severity a rule can have.
fn worst(severity: &SeveritySpec) -> Severity {
    match severity {
        SeveritySpec::Always(level) => (*level).into(),
        SeveritySpec::Conditional(cases) => {
            cases.iter().map(|case| case.is.into()).max().unwrap_or(Severity::Error)
        }
    }
}

/// Stands for an embedded rule that cannot be read, which a test rules out; it judges nothing
/// and says why.
fn broken_embedding(id: &str, error: &serde_json::Error) -> RuleFile {
    RuleFile {
        id: id.to_owned(),
        title: format!("embedded rule cannot be read: {error}"),
        severity: SeveritySpec::Always(crate::rule_file::Level::Error),
        admission: crate::rule_file::Admission::default(),
        refused_by: crate::rule_file::RefusedBySpec::default(),
        enabled: true,
        guideline: None,
        judged_by: JudgedBy::Itself,
        kinds: Vec::new(),
        doors: Vec::new(),
        needs: Vec::new(),
        reads: Vec::new(),
        on: None,
        params: std::collections::BTreeMap::new(),
        applies: None,
        select: None,
        each: None,
        when_absent: WhenAbsent::Holds,
        assert: Some("(".to_owned()),
        message: String::new(),
        why: String::new(),
        help: String::new(),
        related: Vec::new(),
        fix: None,
        unless: Vec::new(),
        source: Vec::new(),
        examples: Vec::new(),
    }
}

fn unreadable(places: &RuleText<'_>, text: &str, error: &serde_saphyr::Error) -> RuleError {
    let error = error.without_snippet();
    let message = error.to_string();
    let start = error.location().map_or(0, |at| {
        let line = usize::try_from(at.line()).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(at.column()).unwrap_or(1).saturating_sub(1);
        let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let in_line = text.get(line_start..).unwrap_or_default();
        line_start + in_line.char_indices().nth(column).map_or(0, |(at, _)| at)
    });
    // The place is told by the caller; what is left is the sentence.
    let message = message.split(" at line ").next().unwrap_or(&message).trim_end_matches('.').to_owned();
    let wrong = message.split('`').nth(1).unwrap_or_default().to_owned();
    let (what, known) = message.split_once(", expected ").unwrap_or((&message, ""));
    let words =
        known.split([',', ' ', '`']).filter(|word| !word.is_empty() && *word != "one" && *word != "of");
    let near = schema::did_you_mean(&wrong, words).map(|near| format!("did you mean `{near}`?"));
    // All fields there are help nobody; the few values of one field do.
    let shown = if near.is_some() && what.starts_with("unknown field") { what } else { &message };
    places.error_at(start..start + wrong.len().max(1), shown, near)
}

/// All rules of a run.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    by_kind: HashMap<String, Vec<usize>>,
}

impl RuleSet {
    /// Rules in any order; they are kept sorted by category and id. Fails where two have the
    /// same id, or where `unless` names no rule or leads back to itself; the error is one sentence.
    pub fn new(mut rules: Vec<Rule>) -> Result<Self, String> {
        rules.sort_by(|one, two| (&one.category, &one.id).cmp(&(&two.category, &two.id)));
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        let mut ids = HashSet::new();
        for (index, rule) in rules.iter().enumerate() {
            if !ids.insert(Arc::clone(&rule.id)) {
                return Err(format!("two rules have the id `{}`", rule.id));
            }
            for kind in rule.kinds() {
                by_kind.entry(kind.clone()).or_default().push(index);
            }
        }
        Ok(Self { rules, by_kind })
    }

    /// Checks what a rule says of other rules; parses every rule, so it is for loading rules of
    /// the user's and for building, not for every start.
    pub fn check_references(&self) -> Result<(), String> {
        for rule in &self.rules {
            for other in &rule.file().unless {
                let Some(found) = self.get(other) else {
                    let near = schema::did_you_mean(other, self.rules.iter().map(|rule| rule.id.as_ref()));
                    let near = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
                    return Err(format!("{}: `unless` names no rule: `{other}`{near}", rule.id));
                };
                if found.file().unless.contains(&rule.file().id) {
                    return Err(format!("{} and {other} are each silent where the other speaks", rule.id));
                }
            }
        }
        Ok(())
    }

    /// What a configuration must know of the rules.
    pub fn table(&self) -> RuleTable {
        RuleTable::new(self.rules.iter().map(Rule::entry))
    }

    /// All rules, sorted by category and id.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id.as_ref() == id)
    }

    /// The rules that judge a kind.
    pub fn for_kind(&self, kind: &str) -> impl Iterator<Item = &Rule> {
        let indices = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        indices.iter().filter_map(|index| self.rules.get(*index))
    }
}
