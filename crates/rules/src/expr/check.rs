//! Holds every name of an expression against the declared schema.

use super::ExprError;
use super::functions::Function;
use cel::common::ast::operators::{self, INDEX};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr};
use topology::view::{FieldSchema, FieldType, Schema};

/// What is known of a value before any object is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type<'n> {
    /// Anything: a part of a manifest.
    Any,
    /// A view.
    View(&'static Schema),
    /// A list of views.
    Views(&'static Schema),
    /// `name[text]`.
    Lookup(&'static Schema),
    /// `params`: these names.
    Params(&'n [&'n str]),
}

impl From<FieldType> for Type<'_> {
    fn from(kind: FieldType) -> Self {
        match kind {
            FieldType::View(schema) => Self::View(schema()),
            FieldType::Views(schema) => Self::Views(schema()),
            FieldType::Lookup(schema) => Self::Lookup(schema()),
            _ => Self::Any,
        }
    }
}

/// The names that an expression may use.
#[derive(Debug, Default)]
pub(crate) struct Names<'n> {
    all: Vec<(&'n str, Type<'n>)>,
    /// Those that are indexed by text.
    lookups: Vec<&'static str>,
}

impl<'n> Names<'n> {
    /// `self`, `object`, `params` with these names, and these variables of the topology.
    pub(crate) fn new(params: &'n [&'n str], variables: &[FieldSchema]) -> Self {
        let mut names = vec![("self", Type::Any), ("object", Type::Any), ("params", Type::Params(params))];
        names.extend(variables.iter().map(|variable| (variable.name, variable.kind.into())));
        let lookups = variables.iter().filter(|one| matches!(one.kind, FieldType::Lookup(_)));
        Self { all: names, lookups: lookups.map(|variable| variable.name).collect() }
    }

    /// The same names, with `old`, the object as it was, and `was`, what the topology made of that, for
    /// kinds of which it makes something.
    pub(crate) fn with_old(mut self, was: Option<&FieldSchema>) -> Self {
        self.all.push(("old", Type::Any));
        self.all.extend(was.map(|was| ("was", was.kind.into())));
        self
    }

    /// The same names, where `self` is a view.
    pub(crate) fn with_self(&self, schema: &'static Schema) -> Self {
        let names = self.all.iter();
        let names =
            names.map(|(name, kind)| (*name, if *name == "self" { Type::View(schema) } else { *kind }));
        Self { all: names.collect(), lookups: self.lookups.clone() }
    }

    /// The names that are indexed by text.
    pub(crate) fn lookups(&self) -> &[&'static str] {
        &self.lookups
    }
}

/// Checks all names in `expr`, whose text is `text`; gives what the expression is.
pub(super) fn check<'n>(expr: &IdedExpr, text: &'n str, names: &'n Names<'n>) -> Result<Type<'n>, ExprError> {
    Checker { text, names }.infer(expr, &mut Vec::new())
}

struct Checker<'c> {
    text: &'c str,
    names: &'c Names<'c>,
}

/// Variables of macros around the place, innermost last.
type Locals<'c> = Vec<(String, Type<'c>)>;

impl<'c> Checker<'c> {
    fn infer(&self, expr: &IdedExpr, locals: &mut Locals<'c>) -> Result<Type<'c>, ExprError> {
        match &expr.expr {
            Expr::Ident(name) => self.name(name, locals),
            Expr::Select(select) => {
                let of = self.infer(&select.operand, locals)?;
                self.field(of, &select.field)
            }
            Expr::Call(call) => self.call(call, locals),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, locals),
            Expr::List(list) => {
                list.elements.iter().try_for_each(|item| self.infer(item, locals).map(|_| ()))?;
                Ok(Type::Any)
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.infer(&entry.key, locals)?;
                        self.infer(&entry.value, locals)?;
                    }
                }
                Ok(Type::Any)
            }
            Expr::Struct(made) => Err(self.error(&made.type_name, "no type of that name", &[])),
            Expr::Literal(_) | Expr::Unspecified => Ok(Type::Any),
        }
    }

    fn name(&self, name: &str, locals: &Locals<'c>) -> Result<Type<'c>, ExprError> {
        if name.starts_with('@') {
            return Ok(Type::Any);
        }
        let local = locals.iter().rev().find(|(local, _)| local == name).map(|(_, kind)| *kind);
        let known = || self.names.all.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        local.or_else(known).ok_or_else(|| {
            let names: Vec<&str> = self.names.all.iter().map(|(name, _)| *name).collect();
            self.error(name, "no variable of that name", &names)
        })
    }

    fn field(&self, of: Type<'c>, field: &str) -> Result<Type<'c>, ExprError> {
        match of {
            Type::Any => Ok(Type::Any),
            Type::View(schema) => schema.field(field).map(|field| field.kind.into()).ok_or_else(|| {
                let names: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
                self.error(field, &format!("{} has no such field", schema.name), &names)
            }),
            Type::Params(params) if params.contains(&field) => Ok(Type::Any),
            Type::Params(params) => Err(self.error(field, "the rule has no such parameter", params)),
            Type::Views(_) => {
                Err(self.error(field, "a list has no fields; use exists, all, filter or map", &[]))
            }
            Type::Lookup(_) => Err(self.error(field, "this is looked up by name: […]", &[])),
        }
    }

    fn call(&self, call: &CallExpr, locals: &mut Locals<'c>) -> Result<Type<'c>, ExprError> {
        if let Some(target) = &call.target {
            self.infer(target, locals)?;
        }
        let args = call.args.iter().map(|arg| self.infer(arg, locals));
        let args = args.collect::<Result<Vec<_>, _>>()?;
        let is_operator = call.func_name.starts_with(['_', '!', '-', '@']);
        if !is_operator && !Function::names().any(|name| name == call.func_name) {
            let mut known: Vec<_> = Function::names().collect();
            known.extend(["has", "all", "exists", "exists_one", "map", "filter"]);
            return Err(self.error(&call.func_name, "no function of that name", &known));
        }
        match (call.func_name.as_str(), args.first()) {
            (INDEX, Some(Type::Lookup(schema) | Type::Views(schema))) => Ok(Type::View(schema)),
            // Either branch may be the one that says more: `x ? [] : views`.
            (operators::CONDITIONAL, _) => {
                let branches = args.iter().skip(1).copied();
                Ok(branches
                    .reduce(|one, two| if matches!(one, Type::Any) { two } else { one })
                    .unwrap_or(Type::Any))
            }
            (operators::ADD, _) => Ok(args.get(1).copied().unwrap_or(Type::Any)),
            _ => Ok(Type::Any),
        }
    }

    fn comprehension(&self, it: &ComprehensionExpr, locals: &mut Locals<'c>) -> Result<Type<'c>, ExprError> {
        let range = self.infer(&it.iter_range, locals)?;
        let item = if let Type::Views(schema) = range { Type::View(schema) } else { Type::Any };
        let depth = locals.len();
        locals.push((it.iter_var.clone(), item));
        locals.extend(it.iter_var2.clone().map(|name| (name, Type::Any)));
        for part in [&it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
            self.infer(part, locals)?;
        }
        locals.truncate(depth);
        // `filter` keeps the items; what `map` and the others give is not followed.
        Ok(if keeps_items(it) { range } else { Type::Any })
    }

    fn error(&self, name: &str, what: &str, known: &[&str]) -> ExprError {
        let help =
            schema::did_you_mean(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        ExprError { message: format!("`{name}`: {what}"), at: find_word(self.text, name), help }
    }
}

/// Whether a comprehension is a `filter`: its step adds `[item]` under a condition.
fn keeps_items(it: &ComprehensionExpr) -> bool {
    let Expr::Call(step) = &it.loop_step.expr else { return false };
    if step.func_name != operators::CONDITIONAL {
        return false;
    }
    let Some(Expr::Call(add)) = step.args.get(1).map(|arg| &arg.expr) else { return false };
    let added = add.args.get(1).map(|arg| &arg.expr);
    matches!(added, Some(Expr::List(list)) if list.elements.iter().all(|item| {
        matches!(&item.expr, Expr::Ident(name) if *name == it.iter_var)
    }))
}

/// Where a word first stands in a text, whole.
fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let is_part = |ch: char| ch.is_alphanumeric() || ch == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
        .map(|at| (at, word.len()))
}
