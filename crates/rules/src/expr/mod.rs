//! CEL expressions over manifests and views, with three answers.
//!
//! The `cel` crate parses. [`check`] then holds every name against the declared schema, [`lower`]
//! compiles the syntax tree, and [`eval`] evaluates what that gives, on borrowed values: an
//! expression that is settled without what is not known is decided, and every other one is not.

mod check;
mod code;
mod eval;
mod functions;
mod lower;
mod ops;
mod slots;
#[cfg(test)]
pub(crate) mod tests;
mod val;

pub(crate) use check::Names;
pub(crate) use eval::Heap;
pub(crate) use slots::Slot;
pub(crate) use val::Val;

use cel::parser::PrattParser;
use code::Code;
use eval::{Evaluation, Stop, Why};
use manifest::Partial;
use topology::view::{Place, Schema};

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

/// A checked and compiled expression.
#[derive(Debug)]
pub(crate) struct Expr(Code);

/// The values that an expression's names stand for.
pub(crate) trait Scope {
    /// `self`.
    fn this(&self) -> Val<'_>;
    /// `object`.
    fn object(&self) -> Val<'_>;
    /// `old`: the object as it was.
    fn old(&self) -> Val<'_>;
    /// `was`: what the topology made of that.
    fn was(&self) -> Val<'_>;
    /// A parameter of the rule.
    fn param(&self, name: &str) -> Val<'_>;
    /// A variable of the topology.
    fn variable(&self, slot: Slot) -> Val<'_>;
    /// The view that a variable of the topology has for a name.
    fn find(&self, slot: Slot, name: &str) -> Val<'_>;
    /// The same for a name of which only parts are known; `None` where nothing can be said of it.
    fn find_partial(&self, slot: Slot, name: &Partial) -> Option<Val<'_>>;
    /// What a person would call `self`: `spec.instances`.
    fn subject(&self) -> String;
    /// Takes so many steps from what there may be; whether that many are left.
    fn spend(&self, steps: usize) -> bool;
}

impl Expr {
    /// Parses, checks and compiles an expression.
    pub(crate) fn new(text: &str, names: &Names<'_>) -> Result<Self, ExprError> {
        Self::typed(text, names, |_| Some(())).map(|(expr, ())| expr)
    }

    /// An expression that gives a list of views; also what they have.
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
        Ok((Self(lower::lower(&parsed, names)?), found))
    }

    /// Each item of its value, a list of views; `heap` keeps them.
    pub(crate) fn items<'v>(
        &'v self,
        scope: &'v dyn Scope,
        heap: &'v Heap<'v>,
    ) -> Result<Vec<Val<'v>>, Silence> {
        let value = self.evaluate(scope, heap, true)?;
        let items = value.items().into_iter().flat_map(val::Elements::iter);
        Ok(items.filter(|item| matches!(item, Val::View(_))).collect())
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scope: &dyn Scope) -> Result<bool, Silence> {
        match self.evaluate(scope, &Heap::default(), true)? {
            Val::Bool(holds) => Ok(holds),
            _ => Err(Silence::Failed("the expression gives no boolean".to_owned())),
        }
    }

    /// Its value as people read it; what is not known is shown as it is written.
    pub(crate) fn text(&self, scope: &dyn Scope) -> Result<String, Silence> {
        self.evaluate(scope, &Heap::default(), false).map(val::display)
    }

    /// The places of its value: of a view or map, or of each item of a list of those.
    pub(crate) fn places(&self, scope: &dyn Scope) -> Result<Vec<Place>, Silence> {
        let heap = Heap::default();
        let value = self.evaluate(scope, &heap, false)?;
        if let Some(place) = value.place() {
            return Ok(vec![place]);
        }
        let items = value.items().into_iter().flat_map(val::Elements::iter);
        Ok(items.filter_map(Val::place).collect())
    }

    /// What `read` makes of its value; `None` where there is none.
    #[cfg(test)]
    pub(crate) fn value<T>(&self, scope: &dyn Scope, read: impl FnOnce(Val<'_>) -> T) -> Option<T> {
        self.evaluate(scope, &Heap::default(), true).ok().map(read)
    }

    fn evaluate<'v>(
        &'v self,
        scope: &'v dyn Scope,
        heap: &'v Heap<'v>,
        is_strict: bool,
    ) -> Result<Val<'v>, Silence> {
        let evaluation = Evaluation { scope, heap, is_strict };
        evaluation.run(&self.0).map_err(|stop| silence(stop, scope))
    }
}

/// Why there is no answer, in words.
fn silence(stop: Stop, scope: &dyn Scope) -> Silence {
    match *stop.0 {
        Why::Unknown(phrase) => Silence::Undecided(lower::with_subject(phrase, scope)),
        // The object is not of the shape that the rule reads; the API server would refuse it.
        Why::Wrong(what) => {
            Silence::Undecided(format!("{} is not of the type that the rule reads ({what})", scope.subject()))
        }
        Why::Failed(message) => Silence::Failed(message),
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
