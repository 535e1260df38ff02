//! What the names of an expression stand for while one object is judged.

use crate::config::{ParamValue, Settings};
use crate::expr::{Scope, Slot, Val};
use crate::rule::Rule;
use elsa::FrozenMap;
use manifest::{Node, Partial};
use std::cell::{Cell, OnceCell};
use topology::view::{Field, Items, View, ViewLookup};

/// The value of a variable of the topology; `None` if there is no such variable for the object's kind.
pub(super) type Ask<'o> = &'o dyn Fn(&str) -> Option<Field<'o>>;

/// What is the same for all rules of an object: the object, and what the topology says of it, each
/// thing asked once.
pub(super) struct ObjectScope<'o> {
    object: &'o Node,
    views: Ask<'o>,
    variables: Vec<OnceCell<Variable<'o>>>,
    /// The object as it was, where that is known.
    old: Option<Old<'o>>,
    /// Steps that the rule at hand took.
    steps: Cell<usize>,
}

/// Steps that one rule may take for one object, some milliseconds' worth: a thousand items compared with each
/// other.
const MOST_STEPS: usize = 1_000_000;

/// A variable of the topology, once it was asked for.
enum Variable<'o> {
    Value(Val<'o>),
    /// With what was looked up before.
    Lookup(&'o dyn ViewLookup, FrozenMap<String, Box<dyn View + 'o>>),
}

/// The object as it was, and what the topology made of it.
struct Old<'o> {
    object: &'o Node,
    views: Ask<'o>,
    own: Option<&'static str>,
    was: OnceCell<Val<'o>>,
}

impl<'o> ObjectScope<'o> {
    pub(super) fn new(
        object: &'o Node,
        kind: &str,
        views: Ask<'o>,
        old: Option<(&'o Node, Ask<'o>)>,
    ) -> Self {
        let variables = (0..Slot::count()).map(|_| OnceCell::new()).collect();
        let own = || topology::own_variable(kind).map(|own| own.name);
        let old = old.map(|(object, views)| Old { object, views, own: own(), was: OnceCell::new() });
        Self { object, views, variables, old, steps: Cell::new(0) }
    }

    /// The next rule begins; gives the steps that the last one took.
    pub(super) fn begin(&self) -> usize {
        self.steps.replace(0)
    }

    /// What the topology made of the object as it was.
    fn was(&self) -> Val<'o> {
        let Some(old) = &self.old else { return Val::Null };
        *old.was.get_or_init(|| old.own.and_then(|own| (old.views)(own)).map_or(Val::Null, Val::from))
    }

    fn variable(&self, slot: Slot) -> Option<&Variable<'o>> {
        let variable = self.variables.get(slot.index())?;
        Some(variable.get_or_init(|| match (self.views)(slot.name()) {
            Some(Field::Lookup(lookup)) => Variable::Lookup(lookup, FrozenMap::new()),
            Some(field) => Variable::Value(Val::from(field)),
            None => Variable::Value(Val::Null),
        }))
    }

    fn find(&self, slot: Slot, name: &str) -> Val<'_> {
        let Some(Variable::Lookup(lookup, found)) = self.variable(slot) else { return Val::Null };
        Val::View(match found.get(name) {
            Some(view) => view,
            None => found.insert(name.to_owned(), lookup.find(name)),
        })
    }

    fn find_partial(&self, slot: Slot, name: &Partial) -> Option<Val<'_>> {
        let Some(Variable::Lookup(lookup, found)) = self.variable(slot) else { return None };
        // Apart from whole names, which can be written like that where `${}` is literal.
        let key = ["\0", &name.raw].concat();
        match found.get(&key) {
            Some(view) => Some(Val::View(view)),
            None => Some(Val::View(found.insert(key, lookup.find_partial(name)?))),
        }
    }
}

/// The parameters of a rule, as configured for the object.
#[derive(Clone, Copy)]
pub(super) struct Params<'p> {
    pub(super) rule: &'p Rule,
    pub(super) settings: &'p Settings<'p>,
}

impl<'p> Params<'p> {
    fn get(self, name: &str) -> Val<'p> {
        let set = self.settings.param(&self.rule.id, name);
        match set.or_else(|| self.rule.file().params.get(name)) {
            None => Val::Null,
            Some(ParamValue::Bool(value)) => Val::Bool(*value),
            Some(ParamValue::Int(value)) => Val::Int(*value),
            Some(ParamValue::Float(value)) => Val::Double(*value),
            Some(ParamValue::String(text)) => Val::Text(text),
            Some(ParamValue::Strings(texts)) => Val::Fields(Items::new(texts)),
            Some(ParamValue::Ints(numbers)) => Val::Fields(Items::new(numbers)),
        }
    }
}

/// All names, with `self`.
pub(super) struct SelfScope<'s, 'o> {
    pub(super) object: &'s ObjectScope<'o>,
    pub(super) params: Params<'s>,
    pub(super) this: Option<Val<'s>>,
    /// Where `self` is in the object.
    pub(super) pointer: &'s str,
}

impl Scope for SelfScope<'_, '_> {
    fn this(&self) -> Val<'_> {
        self.this.unwrap_or(Val::Null)
    }

    fn object(&self) -> Val<'_> {
        Val::from(self.object.object)
    }

    fn old(&self) -> Val<'_> {
        self.object.old.as_ref().map_or(Val::Null, |old| Val::from(old.object))
    }

    fn was(&self) -> Val<'_> {
        self.object.was()
    }

    fn param(&self, name: &str) -> Val<'_> {
        self.params.get(name)
    }

    fn variable(&self, slot: Slot) -> Val<'_> {
        match self.object.variable(slot) {
            Some(Variable::Value(value)) => *value,
            Some(Variable::Lookup(..)) => Val::Lookup(slot),
            None => Val::Null,
        }
    }

    fn find(&self, slot: Slot, name: &str) -> Val<'_> {
        self.object.find(slot, name)
    }

    fn find_partial(&self, slot: Slot, name: &Partial) -> Option<Val<'_>> {
        self.object.find_partial(slot, name)
    }

    fn subject(&self) -> String {
        super::place::subject(self.pointer)
    }

    fn spend(&self, steps: usize) -> bool {
        let spent = self.object.steps.get().saturating_add(steps);
        self.object.steps.set(spent);
        spent <= MOST_STEPS
    }
}
