//! Views of the topology, and parameters, as CEL values.
//!
//! A view is copied when it is bound: it is small, and what an expression takes out of it may
//! outlive the evaluation.

use super::value::{Hidden, Items, PartialVal, UnknownVal, capability, from_node, unknown};
use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as ValIterator, Sizer};
use cel::common::types::{CelBool, CelInt, CelNull, CelString, LIST_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use std::any::Any;
use std::sync::Arc;
use topology::view::{Field, Place, View, ViewLookup};

static VIEW_TYPE: Type = Type::new_unspecified_type("view");
static LOOKUP_TYPE: Type = Type::new_unspecified_type("lookup");
static LIST: Type = LIST_TYPE;

/// The CEL value of a field. `path` is what a person would call it: `cluster.archiver`.
pub(crate) fn from_field<'v>(field: Field<'v>, path: &str) -> Box<dyn Val + 'v> {
    match field {
        Field::Lookup(lookup) => Box::new(LookupVal { lookup, path: path.to_owned() }),
        Field::Node(node, _) => from_node(node),
        field => owned(field),
    }
}

/// The CEL value of a field that does not borrow; nodes and lookups below a view are null.
fn owned(field: Field<'_>) -> Box<dyn Val> {
    match field {
        Field::Null | Field::Node(..) | Field::Lookup(_) => Box::new(CelNull),
        Field::Bool(value) => Box::new(CelBool::from(value)),
        Field::Int(value) => Box::new(CelInt::from(value)),
        Field::String(text) => Box::new(CelString::from(text.into_owned())),
        Field::Unknown(reason) => {
            Box::new(UnknownVal { raw: reason.clone().into_owned(), reason: reason.into_owned() })
        }
        Field::View(view) => Box::new(ViewVal::new(view)),
        Field::List(items) => Box::new(ViewList(items.into_iter().map(owned).collect::<Vec<_>>().into())),
    }
}

/// A view.
#[derive(Debug, Clone)]
pub(crate) struct ViewVal {
    fields: Arc<[(&'static str, Box<dyn Val>)]>,
    place: Option<Place>,
}

impl ViewVal {
    fn new(view: &dyn View) -> Self {
        let names = view.schema().fields.iter().map(|field| field.name);
        let fields = names.map(|name| (name, owned(view.get(name).unwrap_or(Field::Null)))).collect();
        Self { fields, place: view.place().cloned() }
    }
}

impl Val for ViewVal {
    capability!(type &VIEW_TYPE);
    capability!(indexer);
    capability!(owned);
}

impl StaticVal for ViewVal {}

impl Indexer for ViewVal {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(hidden) = key.downcast_ref::<Hidden>() {
            return hidden.answer(None, self.place.clone());
        }
        let name = key.downcast_ref::<CelString>().map_or("", CelString::inner);
        let field = self.fields.iter().find(|(field, _)| *field == name);
        field
            .map(|(_, value)| CowVal::Borrowed(value.as_ref()))
            .ok_or_else(|| ExecutionError::no_such_key(name))
    }
    capability!(steal);
}

/// A list of a view, or of a parameter.
#[derive(Debug, Clone)]
pub(crate) struct ViewList(pub(crate) Arc<[Box<dyn Val>]>);

impl Val for ViewList {
    capability!(type &LIST);
    capability!(container);
    capability!(indexer);
    capability!(iterable);
    capability!(sizer);
    capability!(owned);
}

impl StaticVal for ViewList {}

impl Sizer for ViewList {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.0.len()).unwrap_or(i64::MAX))
    }
}

impl Container for ViewList {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        if self.0.iter().any(|item| item.equals(value)) {
            return Ok(true);
        }
        match self.0.iter().find_map(|item| super::value::reason_of(item.as_ref(), true)) {
            Some(reason) => Err(unknown(&format!("an item of the list is {reason}"))),
            None => Ok(false),
        }
    }
}

impl Indexer for ViewList {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(hidden) = index.downcast_ref::<Hidden>() {
            let reason = self.0.iter().find_map(|item| super::value::reason_of(item.as_ref(), true));
            return hidden.answer(reason, None);
        }
        let at = index.downcast_ref::<CelInt>().and_then(|at| usize::try_from(*at.inner()).ok());
        let item = at.and_then(|at| self.0.get(at));
        item.map(|item| CowVal::Borrowed(item.as_ref())).ok_or_else(|| ExecutionError::no_such_key("index"))
    }
    capability!(steal);
}

impl Iterable for ViewList {
    fn iter<'b, 'v>(&'b self) -> Box<dyn ValIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.0.iter()))
    }
}

/// `secrets` in `secrets["name"]`.
#[derive(Debug, Clone)]
pub(crate) struct LookupVal<'v> {
    lookup: &'v dyn ViewLookup,
    path: String,
}

impl Val for LookupVal<'_> {
    capability!(type &LOOKUP_TYPE);
    capability!(indexer);
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for LookupVal<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(name) = key.downcast_ref::<CelString>() {
            return Ok(CowVal::owned(ViewVal::new(self.lookup.find(name.inner()).as_ref())));
        }
        if let Some(PartialVal(partial)) = key.downcast_ref::<PartialVal>() {
            let found = self.lookup.find_partial(partial);
            return found
                .map(|view| CowVal::owned(ViewVal::new(view.as_ref())))
                .ok_or_else(|| unknown(&format!("{} of {}", self.path, partial.raw)));
        }
        if key.downcast_ref::<Hidden>().is_some() {
            return Err(ExecutionError::no_such_key("hidden"));
        }
        let got = key.get_type().name().to_owned();
        Err(ExecutionError::UnexpectedType { got, want: "string".to_owned() })
    }
    capability!(steal);
}

/// A view, to outlive the evaluation that gave it.
pub(super) fn cloned(value: &dyn Val) -> Option<Box<dyn Val>> {
    value.downcast_ref::<ViewVal>().map(|view| Box::new(view.clone()) as Box<dyn Val>)
}
