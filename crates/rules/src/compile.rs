//! A rule's expressions: checked when its file is loaded, compiled when they are first needed.

use crate::expr::{Expr, ExprError, Names};
use crate::finding::Severity;
use crate::rule_error::{RuleError, RuleText};
use crate::rule_file::{JudgedBy, Need, Operation, RuleFile, SeveritySpec, WhenAbsent};
use crate::select::Select;
use crate::template::Template;
use std::sync::OnceLock;
use topology::view::{FieldSchema, Schema};

/// The paths of a rule, by kind.
pub(crate) type Paths = Vec<(String, Vec<Select>)>;

/// What it takes to judge.
#[derive(Debug)]
pub(crate) struct Judging {
    pub(crate) applies: Option<Expr>,
    pub(crate) select: Paths,
    pub(crate) each: Option<Expr>,
    /// What `self` has, where it is a view.
    this: Option<&'static Schema>,
    /// Compiled when something is there that must hold it.
    assert: OnceLock<Result<Option<Expr>, String>>,
}

/// What it takes to tell that a rule is broken.
#[derive(Debug)]
pub(crate) struct Telling {
    pub(crate) severity: Vec<(Option<Expr>, Severity)>,
    pub(crate) message: Template,
    pub(crate) help: Template,
    pub(crate) related: Vec<(Expr, Template)>,
}

impl Judging {
    /// `paths` are those of the rule where they were parsed before.
    pub(crate) fn new(
        file: &RuleFile,
        places: &RuleText<'_>,
        paths: Option<Paths>,
    ) -> Result<Self, RuleError> {
        check_form(file, places)?;
        let params = params(file);
        let names = names(file, &params);
        let compiler = Compiler { places, names: &names };
        let select = paths.map_or_else(|| compiler.all_paths(file), Ok)?;
        let applies = compiler.optional("/applies", file.applies.as_deref())?;
        let (each, this) = compiler.each(file)?.unzip();
        Ok(Self { applies, select, each, this, assert: OnceLock::new() })
    }

    /// The paths for a kind.
    pub(crate) fn paths(&self, kind: &str) -> &[Select] {
        self.select.iter().find(|(of, _)| of == kind).map_or(&[], |(_, paths)| paths)
    }

    /// What must hold of `self`; the error is one sentence.
    pub(crate) fn assert(&self, file: &RuleFile) -> Result<Option<&Expr>, &str> {
        let compile = || self.compile_assert(file, &RuleText::new(&file.id, ""));
        self.assert
            .get_or_init(|| compile().map_err(|error| error.message))
            .as_ref()
            .map(Option::as_ref)
            .map_err(String::as_str)
    }

    /// Compiles what must hold of `self`.
    pub(crate) fn compile_assert(
        &self,
        file: &RuleFile,
        places: &RuleText<'_>,
    ) -> Result<Option<Expr>, RuleError> {
        self.of_self(file, places, |compiler| compiler.optional("/assert", file.assert.as_deref()))
    }

    /// Compiles any expression that knows `self`.
    #[cfg(test)]
    pub(crate) fn compile(&self, file: &RuleFile, text: &str) -> Result<Expr, RuleError> {
        self.of_self(file, &RuleText::new(&file.id, ""), |compiler| compiler.expr("", text))
    }

    /// Compiles with the names that stand for something where `self` does.
    fn of_self<T>(
        &self,
        file: &RuleFile,
        places: &RuleText<'_>,
        compile: impl FnOnce(&Compiler<'_>) -> Result<T, RuleError>,
    ) -> Result<T, RuleError> {
        let params = params(file);
        let names = names(file, &params);
        match self.this {
            Some(schema) => compile(&Compiler { places, names: &names.with_self(schema) }),
            None => compile(&Compiler { places, names: &names }),
        }
    }
}

impl Telling {
    /// `judging` is what it takes to judge the same rule.
    pub(crate) fn new(file: &RuleFile, places: &RuleText<'_>, judging: &Judging) -> Result<Self, RuleError> {
        judging.of_self(file, places, |compiler| {
            Ok(Self {
                severity: compiler.severity(&file.severity)?,
                message: compiler.template("/message", &file.message)?,
                help: compiler.template("/help", &file.help)?,
                related: compiler.related(file)?,
            })
        })
    }
}

/// The names that stand for something in every expression of a rule.
fn names<'n>(file: &RuleFile, params: &'n [&'n str]) -> Names<'n> {
    let variables = common_variables(&file.kinds);
    let names = Names::new(params, &variables);
    if !file.needs.contains(&Need::Old) {
        return names;
    }
    let own = file.kinds.first().and_then(|kind| topology::own_variable(kind));
    names.with_old(own.filter(|own| variables.iter().any(|one| one.name == own.name)).as_ref())
}

fn params(file: &RuleFile) -> Vec<&str> {
    file.params.keys().map(String::as_str).collect()
}

/// What can be said of a rule without its expressions.
fn check_form(file: &RuleFile, places: &RuleText<'_>) -> Result<(), RuleError> {
    let at = |pointer: &str, message: &str| Err(places.error(pointer, None, message, None));
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if file.id.is_empty() || !file.id.bytes().all(is_word) {
        return at("/id", "an id is kebab-case: lower case letters, digits and hyphens");
    }
    known_kinds(file, places)?;
    known_params(file, places)?;
    if file.judged_by == JudgedBy::Itself && file.select.is_some() == file.each.is_some() {
        return at("/id", "a rule needs either `select` or `each`: where it looks");
    }
    if file.needs.contains(&Need::Old)
        && [Operation::Create, Operation::Delete].into_iter().any(|operation| file.is_on(operation))
    {
        return at("/needs", "only on an update is there an object as it was");
    }
    if file.each.is_some() && file.assert.is_none() {
        return at("/each", "with `each`, `assert` must say what holds");
    }
    Ok(())
}

/// What the guideline sets are parameters of the rule, of their types.
fn known_params(file: &RuleFile, places: &RuleText<'_>) -> Result<(), RuleError> {
    for (name, value) in file.guideline.iter().flat_map(|guideline| &guideline.params) {
        let pointer = format!("/guideline/params/{name}");
        let Some(default) = file.params.get(name) else {
            let near = schema::did_you_mean(name, file.params.keys().map(String::as_str));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            return Err(places.error(&pointer, None, format!("there is no parameter `{name}`"), help));
        };
        if default.kind() != value.kind() {
            let message = format!("`{name}` is {}", default.kind().phrase());
            return Err(places.error(&pointer, None, message, None));
        }
    }
    Ok(())
}

/// The kinds of a rule, all of them known.
fn known_kinds(file: &RuleFile, places: &RuleText<'_>) -> Result<(), RuleError> {
    if file.reads.is_empty() == file.needs.contains(&Need::Related) {
        let message = "a rule that needs related objects says of which kinds with `reads`, and no other does";
        return Err(places.error("/needs", None, message, None));
    }
    let kinds = file.kinds.iter().enumerate().map(|(index, kind)| (format!("/kinds/{index}"), kind));
    let reads = file.reads.iter().enumerate().map(|(index, kind)| (format!("/reads/{index}"), kind));
    for (pointer, kind) in kinds.chain(reads) {
        if schema::kind(kind).is_none() {
            let near = schema::did_you_mean(kind, schema::kinds().iter().map(|kind| kind.name));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            return Err(places.error(&pointer, None, format!("no kind `{kind}` is known"), help));
        }
    }
    Ok(())
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

    /// `each`, and what its views have.
    fn each(&self, file: &RuleFile) -> Result<Option<(Expr, &'static Schema)>, RuleError> {
        file.each.as_ref().map(|each| self.at("/each", Expr::views(each, self.names))).transpose()
    }

    /// The paths for every kind of the rule.
    fn all_paths(&self, file: &RuleFile) -> Result<Paths, RuleError> {
        let paths = file.kinds.iter().map(|kind| {
            let paths = file.select.as_ref().map_or(&[][..], |select| select.paths(kind));
            if paths.is_empty() && file.select.is_some() {
                return Err(self.places.error("/select", None, format!("no path for {kind}"), None));
            }
            Ok((kind.clone(), self.paths(kind, paths, file.when_absent)?))
        });
        paths.collect()
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
            if when_absent == WhenAbsent::Default && schema::default(kind, select.pattern()).is_none() {
                let message =
                    format!("`when-absent: default`: the API server fills in nothing for {kind} {path}");
                return Err(self.places.error(&pointer, None, message, None));
            }
            Ok(select)
        });
        paths.collect()
    }
}
