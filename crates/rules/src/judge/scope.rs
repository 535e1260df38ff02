//! What the names of an expression stand for while one object is judged.

use crate::config::{ParamValue, Settings};
use crate::expr::{Scope, field_value, node_value};
use crate::rule::Rule;
use cel::common::types::{CelBool, CelDouble, CelInt, CelMap, CelMapKey, CelNull, CelString};
use cel::common::value::{CowVal, Val};
use manifest::Node;
use std::collections::HashMap;
use std::sync::OnceLock;
use topology::Views;
use topology::view::FieldSchema;

/// A variable of the topology, once it was asked for; `None`: it is not there.
type Variable<'o> = OnceLock<Option<Box<dyn Val + 'o>>>;

/// What is the same for all rules of an object: the object, and what the topology says of it.
pub(super) struct ObjectScope<'o> {
    object: Box<dyn Val + 'o>,
    views: &'o Views<'o>,
    variables: Vec<(FieldSchema, Variable<'o>)>,
    /// The object as it was, where that is known.
    old: Option<Old<'o>>,
}

/// The object as it was, and what the topology made of it.
struct Old<'o> {
    object: Box<dyn Val + 'o>,
    views: &'o Views<'o>,
    own: Option<FieldSchema>,
    was: Variable<'o>,
}

impl<'o> ObjectScope<'o> {
    pub(super) fn new(
        node: &'o Node,
        kind: &str,
        views: &'o Views<'o>,
        old: Option<(&'o Node, &'o Views<'o>)>,
    ) -> Self {
        let variables = topology::variables(kind).into_iter().map(|variable| (variable, OnceLock::new()));
        let old = old.map(|(node, views)| Old {
            object: node_value(node),
            views,
            own: topology::own_variable(kind),
            was: OnceLock::new(),
        });
        Self { object: node_value(node), views, variables: variables.collect(), old }
    }

    /// What the topology made of the object as it was.
    fn was(&self) -> Option<&(dyn Val + 'o)> {
        let old = self.old.as_ref()?;
        let was = old.was.get_or_init(|| {
            let own = old.own.as_ref()?;
            old.views.get(own.name).map(|field| field_value(field, "was"))
        });
        was.as_deref()
    }

    /// A variable of the topology; looked up when first asked for.
    fn variable(&self, name: &str) -> Option<&(dyn Val + 'o)> {
        let (_, value) = self.variables.iter().find(|(variable, _)| variable.name == name)?;
        let value = value.get_or_init(|| self.views.get(name).map(|field| field_value(field, name)));
        value.as_deref()
    }
}

/// The value of `params`; a rule without parameters has none.
pub(super) struct Params(Option<Box<dyn Val>>);

impl Params {
    /// The parameters of a rule, as configured for the object.
    pub(super) fn new(rule: &Rule, settings: &Settings<'_>) -> Self {
        if rule.file().params.is_empty() {
            return Self(None);
        }
        let params = rule.file().params.iter().map(|(name, default)| {
            let value = from_param(settings.param(&rule.id, name).unwrap_or(default));
            (CelMapKey::from(name.clone()), value)
        });
        let map: HashMap<_, _> = params.collect();
        Self(Some(Box::new(CelMap::from(map))))
    }
}

fn from_param(value: &ParamValue) -> Box<dyn Val> {
    match value {
        ParamValue::Bool(value) => Box::new(CelBool::from(*value)),
        ParamValue::Int(value) => Box::new(CelInt::from(*value)),
        ParamValue::Float(value) => Box::new(CelDouble::from(*value)),
        ParamValue::String(text) => Box::new(CelString::from(text.clone())),
        ParamValue::Strings(texts) => list(texts, |text| Box::new(CelString::from(text.clone()))),
        ParamValue::Ints(numbers) => list(numbers, |number| Box::new(CelInt::from(*number))),
    }
}

fn list<T>(items: &[T], value: impl Fn(&T) -> Box<dyn Val>) -> Box<dyn Val> {
    crate::expr::list_value(items.iter().map(value).collect())
}

/// All names, with `self`.
pub(super) struct SelfScope<'s, 'o> {
    pub(super) object: &'s ObjectScope<'o>,
    pub(super) params: &'s Params,
    pub(super) this: Option<Box<dyn Val + 's>>,
    /// Where `self` is in the object.
    pub(super) pointer: &'s str,
}

impl Scope for SelfScope<'_, '_> {
    fn value<'v>(&'v self, name: &str) -> Option<CowVal<'v, 'v>> {
        let value: &(dyn Val + 'v) = match name {
            "self" => match &self.this {
                Some(this) => this.as_ref(),
                None => &CelNull,
            },
            "object" => self.object.object.as_ref(),
            "old" => self.object.old.as_ref()?.object.as_ref(),
            "was" => self.object.was()?,
            "params" => self.params.0.as_deref()?,
            name => self.object.variable(name)?,
        };
        Some(CowVal::Borrowed(value))
    }

    fn subject(&self) -> String {
        super::place::subject(self.pointer)
    }
}
