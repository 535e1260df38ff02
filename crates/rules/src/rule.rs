//! Rules ready to judge: read from a file or embedded, compiled when first needed.

use crate::config::{Param, RuleEntry, RuleTable};
use crate::expr::{Expr, ExprError, Names};
use crate::finding::{RuleDoc, Severity};
use crate::rule_error::{RuleError, RuleText};
use crate::rule_file::{Door, JudgedBy, RuleFile, SeveritySpec, WhenAbsent};
use crate::select::Select;
use crate::template::Template;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use topology::view::FieldSchema;

/// A rule that was checked when the program was built.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its id.
    pub id: &'static str,
    /// Its category.
    pub category: &'static str,
    /// The kinds it judges.
    pub kinds: &'static [&'static str],
    /// Its [`RuleFile`] as JSON.
    pub json: &'static str,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: Arc<str>,
    /// Its category: the folder it is in.
    pub category: Arc<str>,
    kinds: Vec<String>,
    json: &'static str,
    file: OnceLock<RuleFile>,
    compiled: OnceLock<Result<Compiled, String>>,
}

/// A rule's expressions.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) severity: Vec<(Option<Expr>, Severity)>,
    pub(crate) applies: Option<Expr>,
    pub(crate) select: HashMap<String, Vec<Select>>,
    pub(crate) each: Option<Expr>,
    pub(crate) assert: Option<Expr>,
    pub(crate) message: Template,
    pub(crate) help: Template,
    pub(crate) related: Vec<(Expr, Template)>,
}

impl Rule {
    /// Reads, checks and compiles a rule file. `category` is the folder it is in.
    pub fn load(path: &str, category: &str, text: &str) -> Result<Self, RuleError> {
        let places = RuleText::new(path, text);
        let file: RuleFile =
            serde_saphyr::from_str(text).map_err(|error| unreadable(&places, text, &error))?;
        let compiled = compile(&file, &places)?;
        Ok(Self {
            id: file.id.as_str().into(),
            category: category.into(),
            kinds: file.kinds.clone(),
            json: "",
            file: OnceLock::from(file),
            compiled: OnceLock::from(Ok(compiled)),
        })
    }

    /// A rule that was checked before.
    pub fn embedded(rule: &Embedded) -> Self {
        Self {
            id: rule.id.into(),
            category: rule.category.into(),
            kinds: rule.kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            json: rule.json,
            file: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    /// The kinds it judges.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// As its file has it.
    pub fn file(&self) -> &RuleFile {
        self.file.get_or_init(|| {
            // Embedded rules were written by `RuleFile` itself when the program was built.
            serde_json::from_str(self.json).unwrap_or_else(|error| broken_embedding(&self.id, &error))
        })
    }

    /// Its expressions; the error is one sentence.
    pub(crate) fn compiled(&self) -> Result<&Compiled, &str> {
        let compiled = self.compiled.get_or_init(|| {
            let places = RuleText::new(&self.id, "");
            compile(self.file(), &places).map_err(|error| error.message)
        });
        compiled.as_ref().map_err(String::as_str)
    }

    /// What a configuration must know of it.
    pub fn entry(&self) -> RuleEntry {
        let params = self.file().params.iter();
        let params = params.map(|(name, default)| Param { name: name.clone(), default: default.clone() });
        RuleEntry { doc: self.doc(), params: params.collect() }
    }

    /// Its documentation.
    pub fn doc(&self) -> RuleDoc {
        let file = self.file();
        RuleDoc {
            id: Arc::clone(&self.id),
            category: Arc::clone(&self.category),
            title: file.title.clone(),
            severity: worst(&file.severity),
            refused_by: file.refused_by.program(),
            why: file.why.trim().to_owned(),
            help: file.help.trim().to_owned(),
            kinds: file.kinds.clone(),
            doors: file.doors.iter().map(|door| door_name(*door).to_owned()).collect(),
            source: file.source.clone(),
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
        judged_by: JudgedBy::Itself,
        kinds: Vec::new(),
        doors: Vec::new(),
        needs: Vec::new(),
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

fn compile(file: &RuleFile, places: &RuleText<'_>) -> Result<Compiled, RuleError> {
    let at = |pointer: &str, message: String| Err(places.error(pointer, None, message, None));
    if file.id.is_empty()
        || !file.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return at("/id", "an id is kebab-case: lower case letters, digits and hyphens".to_owned());
    }
    let kinds = known_kinds(file, places)?;
    let params: Vec<&str> = file.params.keys().map(String::as_str).collect();
    let variables = common_variables(&file.kinds);
    let names = Names::new(&params, &variables);
    let compiler = Compiler { places, names: &names };
    if file.judged_by == JudgedBy::Itself && file.select.is_some() == file.each.is_some() {
        return at("/id", "a rule needs either `select` or `each`: where it looks".to_owned());
    }
    if file.each.is_some() && file.assert.is_none() {
        return at("/each", "with `each`, `assert` must say what holds".to_owned());
    }
    let mut select = HashMap::new();
    for kind in kinds {
        let paths = file.select.as_ref().map_or(&[][..], |select| select.paths(kind));
        if paths.is_empty() && file.select.is_some() {
            return at("/select", format!("no path for {kind}"));
        }
        select.insert(kind.clone(), compiler.paths(kind, paths, file.when_absent)?);
    }
    let applies = compiler.optional("/applies", file.applies.as_deref())?;
    let each = file.each.as_ref().map(|each| compiler.at("/each", Expr::views(each, &names))).transpose()?;
    let names = each.as_ref().map(|(_, schema)| names.with_self(schema));
    let compiler = names.as_ref().map_or(compiler, |names| Compiler { places, names });
    Ok(Compiled {
        severity: compiler.severity(&file.severity)?,
        applies,
        select,
        each: each.map(|(each, _)| each),
        assert: compiler.optional("/assert", file.assert.as_deref())?,
        message: compiler.template("/message", &file.message)?,
        help: compiler.template("/help", &file.help)?,
        related: compiler.related(file)?,
    })
}

/// The kinds of a rule, all of them known.
fn known_kinds<'f>(file: &'f RuleFile, places: &RuleText<'_>) -> Result<&'f [String], RuleError> {
    for (index, kind) in file.kinds.iter().enumerate() {
        if schema::kind(kind).is_none() {
            let near = schema::did_you_mean(kind, schema::kinds().iter().map(|kind| kind.name));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            return Err(places.error(
                &format!("/kinds/{index}"),
                None,
                format!("no kind `{kind}` is known"),
                help,
            ));
        }
    }
    Ok(&file.kinds)
}

/// The variables that are there for every one of these kinds.
fn common_variables(kinds: &[String]) -> Vec<FieldSchema> {
    let mut all = kinds.iter().map(|kind| topology::variables(kind));
    let Some(mut common) = all.next() else { return Vec::new() };
    for variables in all {
        common.retain(|variable| variables.iter().any(|other| other.name == variable.name));
    }
    common
}

/// Compiles the parts of one rule, each error at the part's place.
#[derive(Clone, Copy)]
struct Compiler<'c> {
    places: &'c RuleText<'c>,
    names: &'c Names<'c>,
}

impl Compiler<'_> {
    fn at<T>(&self, pointer: &str, result: Result<T, ExprError>) -> Result<T, RuleError> {
        result.map_err(|error| self.places.error(pointer, error.at, error.message, error.help))
    }

    fn expr(&self, pointer: &str, text: &str) -> Result<Expr, RuleError> {
        self.at(pointer, Expr::new(text, self.names))
    }

    fn optional(&self, pointer: &str, text: Option<&str>) -> Result<Option<Expr>, RuleError> {
        text.map(|text| self.expr(pointer, text)).transpose()
    }

    fn template(&self, pointer: &str, text: &str) -> Result<Template, RuleError> {
        self.at(pointer, Template::new(text, self.names))
    }

    fn related(&self, file: &RuleFile) -> Result<Vec<(Expr, Template)>, RuleError> {
        let related = file.related.iter().enumerate().map(|(index, related)| {
            let at = self.expr(&format!("/related/{index}/at"), &related.at)?;
            Ok((at, self.template(&format!("/related/{index}/message"), &related.message)?))
        });
        related.collect()
    }

    fn severity(&self, severity: &SeveritySpec) -> Result<Vec<(Option<Expr>, Severity)>, RuleError> {
        match severity {
            SeveritySpec::Always(level) => Ok(vec![(None, (*level).into())]),
            SeveritySpec::Conditional(cases) => {
                let last = cases.len().saturating_sub(1);
                let cases = cases.iter().enumerate().map(|(index, case)| {
                    let pointer = format!("/severity/{index}/when");
                    if case.when.is_none() != (index == last) {
                        let message = "every case but the last has a `when`, the last has none".to_owned();
                        return Err(self.places.error(&format!("/severity/{index}"), None, message, None));
                    }
                    Ok((self.optional(&pointer, case.when.as_deref())?, case.is.into()))
                });
                cases.collect()
            }
        }
    }

    fn paths(&self, kind: &str, paths: &[String], when_absent: WhenAbsent) -> Result<Vec<Select>, RuleError> {
        let paths = paths.iter().map(|path| {
            let pointer = ["/select".to_owned(), format!("/select/{kind}")]
                .into_iter()
                .find(|pointer| self.places.is_text(pointer, path))
                .unwrap_or_else(|| "/select".to_owned());
            let select =
                Select::new(path).map_err(|message| self.places.error(&pointer, None, message, None))?;
            if when_absent == WhenAbsent::Default && schema::default(kind, &select.pattern()).is_none() {
                let message =
                    format!("`when-absent: default`: the API server fills in nothing for {kind} {path}");
                return Err(self.places.error(&pointer, None, message, None));
            }
            Ok(select)
        });
        paths.collect()
    }
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
        for (index, rule) in rules.iter().enumerate() {
            if rules.iter().filter(|other| other.id == rule.id).count() > 1 {
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
