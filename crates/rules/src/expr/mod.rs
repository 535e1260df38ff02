//! CEL expressions over manifests and views, with three answers.
//!
//! The `cel` crate parses and evaluates. Before that, [`check`] holds every name against the
//! declared schema, and [`strict`] makes each read of a value that is not known an error, which
//! only `||`, `&&`, `exists` and `all` can absorb: so an expression that is settled without the
//! unknown is decided, and every other one is not.

mod check;
mod functions;
mod strict;
#[cfg(test)]
mod tests;
mod value;
mod view;

pub(crate) use check::Names;
pub(crate) use functions::FUNCTIONS;
pub(crate) use value::from_node;

use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::{Expression, PrattParser};
use cel::{Context, Env, ExecutionError, Value};
use manifest::Node;
use std::sync::{Arc, OnceLock};
use topology::view::{Field, Place, Schema};

/// Something wrong in an expression, found when its rule is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExprError {
    /// One sentence.
    pub(crate) message: String,
    /// The byte of the expression's text that is meant, and how many.
    pub(crate) at: Option<(usize, usize)>,
    /// What to write instead.
    pub(crate) help: Option<String>,
}

/// Why an expression gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It needs something that is not known: a whole phrase, `spec.instances is ${N}`.
    Undecided(String),
    /// It failed.
    Failed(String),
}

/// A checked expression. Most are used in one of the two forms only.
#[derive(Debug)]
pub(crate) struct Expr {
    parsed: Expression,
    lookups: Vec<&'static str>,
    /// For reading text and places.
    plain: OnceLock<Expression>,
    /// Every read of an unknown is an error.
    strict: OnceLock<Expression>,
}

/// A view, and its place.
pub(crate) type Item = (Option<Place>, Box<dyn Val>);

/// The values that an expression's names stand for.
pub(crate) trait Scope: Send + Sync {
    /// The value of a name; `None` if there is none of that name.
    fn value<'s>(&'s self, name: &str) -> Option<CowVal<'s, 's>>;
    /// What a person would call `self`: `spec.instances`.
    fn subject(&self) -> String;
}

struct Resolver<'s>(&'s dyn Scope);

impl VariableResolver for Resolver<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        self.0.value(name)
    }
}

fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    Arc::clone(ENVIRONMENT.get_or_init(|| Arc::new(functions::environment())))
}

impl Expr {
    /// Parses and checks an expression.
    pub(crate) fn new(text: &str, names: &Names<'_>) -> Result<Self, ExprError> {
        Self::typed(text, names, |_| Some(())).map(|(expr, ())| expr)
    }

    /// Parses and checks an expression that gives a list of views; also gives what they have.
    pub(crate) fn views(text: &str, names: &Names<'_>) -> Result<(Self, &'static Schema), ExprError> {
        Self::typed(text, names, |kind| match kind {
            check::Type::Views(schema) => Some(schema),
            _ => None,
        })
    }

    /// An expression of a type that is asked for.
    fn typed<T>(
        text: &str,
        names: &Names<'_>,
        wanted: impl Fn(check::Type<'_>) -> Option<T>,
    ) -> Result<(Self, T), ExprError> {
        let parsed = PrattParser::default().parse(text);
        let parsed = parsed.map_err(|errors| syntax_error(text, &errors))?;
        let Some(found) = wanted(check::check(&parsed, text, names)?) else {
            return Err(ExprError { message: "this is no list of views".to_owned(), at: None, help: None });
        };
        let (plain, strict) = (OnceLock::new(), OnceLock::new());
        Ok((Self { parsed, lookups: names.lookups().to_vec(), plain, strict }, found))
    }

    fn plain(&self) -> &Expression {
        self.plain.get_or_init(|| strict::plain(self.parsed.clone(), &self.lookups))
    }

    fn strict(&self) -> &Expression {
        self.strict.get_or_init(|| strict::strict(self.parsed.clone(), &self.lookups))
    }

    /// Each item of its value, a list of views, with its place.
    pub(crate) fn items(&self, scope: &dyn Scope) -> Result<Vec<Item>, Silence> {
        evaluate(self.strict(), scope, |value| {
            let mut found = Vec::new();
            if let Some(list) = value.as_iterable() {
                let mut items = list.iter();
                while let Some(item) = items.next() {
                    found.extend(view::cloned(item).map(|view| (value::place_of(item), view)));
                }
            }
            found
        })
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scope: &dyn Scope) -> Result<bool, Silence> {
        evaluate(self.strict(), scope, |value| {
            value.downcast_ref::<cel::common::types::CelBool>().map(|b| *b.inner())
        })?
        .ok_or_else(|| Silence::Failed("the expression gives no boolean".to_owned()))
    }

    /// Its value as people read it; what is not known is shown as it is written.
    pub(crate) fn text(&self, scope: &dyn Scope) -> Result<String, Silence> {
        evaluate(self.plain(), scope, functions::display)
    }

    /// The places of its value: of a view or map, or of each item of a list of those.
    pub(crate) fn places(&self, scope: &dyn Scope) -> Result<Vec<Place>, Silence> {
        evaluate(self.plain(), scope, |value| {
            if let Some(place) = value::place_of(value) {
                return vec![place];
            }
            let mut places = Vec::new();
            if let Some(list) = value.as_iterable() {
                let mut items = list.iter();
                while let Some(item) = items.next() {
                    places.extend(value::place_of(item));
                }
            }
            places
        })
    }
}

fn evaluate<T>(
    expression: &Expression,
    scope: &dyn Scope,
    read: impl Fn(&dyn Val) -> T,
) -> Result<T, Silence> {
    let resolver = Resolver(scope);
    let mut context = Context::with_env(environment());
    context.set_variable_resolver(&resolver);
    match Value::resolve_val(expression, &context) {
        Ok(value) => Ok(read(value.as_ref())),
        Err(error) => Err(silence(&error, &scope.subject())),
    }
}

/// Tells what is not known from what went wrong.
fn silence(error: &ExecutionError, subject: &str) -> Silence {
    match error {
        ExecutionError::FunctionError { function, message } if function == value::UNKNOWN => {
            Silence::Undecided(strict::with_subject(message, subject))
        }
        // The object is not of the shape that the rule reads; the API server would refuse it.
        error if is_wrong_shape(error) => {
            Silence::Undecided(format!("{subject} is not of the type that the rule reads ({error})"))
        }
        error => Silence::Failed(error.to_string()),
    }
}

/// Whether an operation was not made for the type it met: an item of a list is asked for by name, too,
/// and then the key has no text.
fn is_wrong_shape(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::UnsupportedBinaryOperator(..) => true,
        ExecutionError::NoSuchKey(key) => key.is_empty(),
        _ => false,
    }
}

fn syntax_error(text: &str, errors: &cel::ParseErrors) -> ExprError {
    let first = errors.errors.first();
    let message = first.map_or_else(|| "not a CEL expression".to_owned(), |error| error.msg.clone());
    let message = message.trim_start_matches("Syntax error: ").to_owned();
    let at = first.and_then(|error| {
        let (line, column) = (usize::try_from(error.pos.0).ok()?, usize::try_from(error.pos.1).ok()?);
        let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        Some(((start + column.saturating_sub(1)).min(text.len()), 1))
    });
    ExprError { message: format!("not a CEL expression: {message}"), at, help: None }
}

/// The value of a node, for a [`Scope`].
pub(crate) fn node_value(node: &Node) -> Box<dyn Val + '_> {
    from_node(node)
}

/// The value of a variable of the topology, for a [`Scope`].
pub(crate) fn field_value<'v>(field: Field<'v>, path: &str) -> Box<dyn Val + 'v> {
    view::from_field(field, path)
}

/// A list of values, for a [`Scope`].
pub(crate) fn list_value(items: Vec<Box<dyn Val>>) -> Box<dyn Val> {
    Box::new(view::ViewList(items.into()))
}
