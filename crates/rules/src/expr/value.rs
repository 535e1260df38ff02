//! Manifest nodes and views as CEL values.
//!
//! Nodes are borrowed, never copied. A value that is not known is a value of a type of its
//! own: reading it is an error ([`UNKNOWN`]), so that `||`, `&&`, `exists` and `all` can still
//! decide without it, and nothing else can.

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as ValIterator, Sizer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelNull, CelString, CelUInt, LIST_TYPE, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use manifest::{Entry, Lookup, Map, Node, Number, Partial, Span, UnknownReason, Value};
use std::any::Any;
use std::fmt;
use std::sync::OnceLock;
use topology::view::Place;

/// What a value is or can, one method each, where the answer is always the same.
macro_rules! capability {
    (type $type:expr) => {
        fn get_type(&self) -> &Type {
            $type
        }
        fn cel_type() -> &'static Type {
            $type
        }
    };
    (owned) => {
        fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
            Box::new(self.clone())
        }
        fn as_any(&self) -> Option<&dyn Any> {
            Some(self)
        }
    };
    (container) => {
        fn as_container(&self) -> Option<&dyn Container> {
            Some(self)
        }
    };
    (indexer) => {
        fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
        where
            Self: 'v,
        {
            Some(self)
        }
    };
    (iterable) => {
        fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
        where
            Self: 'v,
        {
            Some(self)
        }
    };
    (sizer) => {
        fn as_sizer(&self) -> Option<&dyn Sizer> {
            Some(self)
        }
    };
    (steal) => {
        fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
        where
            Self: 'v,
        {
            self.get(index).map(CowVal::into_owned)
        }
    };
}

pub(super) use capability;

/// Name of the "function" whose error says that something is not known.
pub(crate) const UNKNOWN: &str = "@unknown";

static LIST: Type = LIST_TYPE;
static MAP: Type = MAP_TYPE;
static UNKNOWN_TYPE: Type = Type::new_unspecified_type("unknown");
static HIDDEN_TYPE: Type = Type::new_unspecified_type("hidden");
pub(crate) static PARTIAL_TYPE: Type = Type::new_unspecified_type("partly known string");

/// The error of a read that needs what is not known; `what` is a whole phrase.
pub(crate) fn unknown(what: &str) -> ExecutionError {
    ExecutionError::function_error(UNKNOWN, what)
}

/// The CEL value of a node.
pub(crate) fn from_node<'n>(node: &'n Node) -> Box<dyn Val + 'n> {
    match &node.value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(Number::Int(value)) => Box::new(CelInt::from(*value)),
        Value::Number(Number::UInt(value)) => Box::new(CelUInt::from(*value)),
        Value::Number(Number::Float(value)) => Box::new(CelDouble::from(*value)),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Partial(partial) => Box::new(PartialVal(partial.clone())),
        Value::Unknown(value) => {
            Box::new(UnknownVal { raw: value.raw.clone(), reason: value.reason.to_string() })
        }
        Value::List(items) => {
            Box::new(NodeList { nodes: items, vals: items.iter().map(from_node).collect() })
        }
        Value::Map(map) => Box::new(NodeMap::new(map, node.origin.span)),
    }
}

/// Why a node, or something below it, is not known whole.
pub(crate) fn unknown_within(node: &Node) -> Option<String> {
    if let Some(reason) = node.unknown_reason() {
        return Some(reason.to_string());
    }
    match &node.value {
        Value::Map(map) => unknown_in_map(map),
        _ => node.children().find_map(unknown_within),
    }
}

fn unknown_in_map(map: &Map) -> Option<String> {
    let open = map.open.as_ref().map(ToString::to_string);
    open.or_else(|| map.entries.iter().find_map(|entry| unknown_within(&entry.value)))
}

/// A value of which nothing is known.
#[derive(Debug, Clone)]
pub(crate) struct UnknownVal {
    /// The text as written, for messages.
    pub(crate) raw: String,
    /// Reads after "… is".
    pub(crate) reason: String,
}

/// A string of which parts are known.
#[derive(Debug, Clone)]
pub(crate) struct PartialVal(pub(crate) Partial);

/// Implements [`Val`] for a `'static` type that supports no operator but what is given.
macro_rules! static_val {
    ($name:ident, $type:expr) => {
        impl Val for $name {
            capability!(type $type);
            capability!(owned);
        }
        impl StaticVal for $name {}
    };
}

impl Val for UnknownVal {
    capability!(type &UNKNOWN_TYPE);
    capability!(indexer);
    capability!(owned);
}

impl StaticVal for UnknownVal {}

/// Whatever is asked of it is not known either.
impl Indexer for UnknownVal {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(hidden) = key.downcast_ref::<Hidden>() {
            return hidden.answer(Some(self.reason.clone()), None);
        }
        let field = key.downcast_ref::<CelString>().map_or("it", CelString::inner);
        Err(unknown(&format!("what holds {field} is {}", self.reason)))
    }
    capability!(steal);
}

static_val!(PartialVal, &PARTIAL_TYPE);

/// A list of a manifest.
pub(crate) struct NodeList<'n> {
    nodes: &'n [Node],
    vals: Vec<Box<dyn Val + 'n>>,
}

impl fmt::Debug for NodeList<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(&self.vals).finish()
    }
}

impl Val for NodeList<'_> {
    capability!(type &LIST);
    capability!(container);
    capability!(indexer);
    capability!(iterable);
    capability!(sizer);
    fn equals(&self, other: &dyn Val) -> bool {
        // Nothing unknown gets here: operands of `==` are checked to their depth before.
        let Some(other) = other.as_iterable() else { return false };
        let mut theirs = other.iter();
        self.vals.iter().all(|mine| theirs.next().is_some_and(|their| mine.equals(their)))
            && theirs.next().is_none()
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(NodeList { nodes: self.nodes, vals: self.nodes.iter().map(from_node).collect() })
    }
}

impl Sizer for NodeList<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.vals.len()).unwrap_or(i64::MAX))
    }
}

impl Container for NodeList<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        if self.vals.iter().any(|item| item.equals(value)) {
            return Ok(true);
        }
        match self.nodes.iter().find_map(unknown_within) {
            Some(reason) => Err(unknown(&format!("an item of the list is {reason}"))),
            None => Ok(false),
        }
    }
}

impl Indexer for NodeList<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(hidden) = index.downcast_ref::<Hidden>() {
            return hidden.answer(self.nodes.iter().find_map(unknown_within), None);
        }
        let Some(at) = index.downcast_ref::<CelInt>().map(|index| *index.inner()) else {
            let got = index.get_type().name().to_owned();
            return Err(ExecutionError::UnexpectedType { got, want: "int".to_owned() });
        };
        match usize::try_from(at).ok().and_then(|at| self.vals.get(at)) {
            Some(item) => Ok(CowVal::Borrowed(item.as_ref())),
            None => Err(ExecutionError::no_such_key(&at.to_string())),
        }
    }
    capability!(steal);
}

impl Iterable for NodeList<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn ValIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.vals.iter()))
    }
}

/// Lends the values of a list.
pub(crate) struct Items<'b, 'n>(pub(crate) std::slice::Iter<'b, Box<dyn Val + 'n>>);

impl<'b, 'v, 'n: 'v> ValIterator<'b, 'v> for Items<'b, 'n> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| item.as_ref() as &'b (dyn Val + 'v))
    }
}

/// A map of a manifest.
#[derive(Debug, Clone)]
pub(crate) struct NodeMap<'n> {
    map: &'n Map,
    span: Span,
    /// Made when the map is iterated.
    keys: OnceLock<Vec<CelString<'n>>>,
}

impl<'n> NodeMap<'n> {
    fn new(map: &'n Map, span: Span) -> Self {
        Self { map, span, keys: OnceLock::new() }
    }
}

/// What is known of a key. One that a patch touches may be there or not; null, which the API
/// server drops, is as nothing.
fn lookup<'n>(map: &'n Map, key: &str) -> Lookup<'n> {
    match map.lookup(key) {
        Lookup::Present(entry) if entry.value.value == Value::Null => Lookup::Absent,
        Lookup::Present(entry) => patched(&entry.value).map_or(Lookup::Present(entry), Lookup::Unknown),
        other => other,
    }
}

/// The entries that are not null.
fn entries(map: &Map) -> impl Iterator<Item = &Entry> {
    map.entries.iter().filter(|entry| entry.value.value != Value::Null)
}

/// Who patches a value that is not known for that reason.
fn patched(node: &Node) -> Option<&UnknownReason> {
    node.unknown_reason().filter(|reason| matches!(reason, UnknownReason::Patched(_)))
}

/// Whether it is known which keys a map has.
fn has_sure_keys(map: &Map) -> bool {
    map.open.is_none() && map.entries.iter().all(|entry| patched(&entry.value).is_none())
}

impl Val for NodeMap<'_> {
    capability!(type &MAP);
    capability!(container);
    capability!(indexer);
    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        // Keys of an open map are not known, and iterating cannot fail: so it is not iterable.
        has_sure_keys(self.map).then_some(self as &(dyn Iterable + 'v))
    }
    fn as_sizer(&self) -> Option<&dyn Sizer> {
        has_sure_keys(self.map).then_some(self as &dyn Sizer)
    }
    fn equals(&self, other: &dyn Val) -> bool {
        let (Some(sizer), Some(indexer)) = (other.as_sizer(), other.as_indexer()) else { return false };
        let same = |entry: &Entry| {
            let their = indexer.get(&CelString::from(entry.key.as_str()));
            their.is_ok_and(|their| from_node(&entry.value).equals(their.as_ref()))
        };
        *sizer.size().inner() == *self.size().inner() && entries(self.map).all(same)
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Sizer for NodeMap<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(entries(self.map).count()).unwrap_or(i64::MAX))
    }
}

impl Container for NodeMap<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        let Some(key) = key.downcast_ref::<CelString>() else { return Ok(false) };
        match lookup(self.map, key.inner()) {
            Lookup::Present(_) => Ok(true),
            Lookup::Absent => Ok(false),
            Lookup::Unknown(reason) => Err(unknown(&format!("{} is {reason}", key.inner()))),
        }
    }
}

impl Indexer for NodeMap<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(hidden) = key.downcast_ref::<Hidden>() {
            return hidden
                .answer(unknown_in_map(self.map), Some(Place { span: self.span, pointer: String::new() }));
        }
        let Some(key) = key.downcast_ref::<CelString>() else {
            let got = key.get_type().name().to_owned();
            return Err(ExecutionError::UnexpectedType { got, want: "string".to_owned() });
        };
        match lookup(self.map, key.inner()) {
            Lookup::Present(entry) => Ok(CowVal::Owned(from_node(&entry.value))),
            Lookup::Absent => Err(ExecutionError::no_such_key(key.inner())),
            Lookup::Unknown(reason) => Err(unknown(&format!("{} is {reason}", key.inner()))),
        }
    }
    capability!(steal);
}

impl Iterable for NodeMap<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn ValIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        let keys = self
            .keys
            .get_or_init(|| entries(self.map).map(|entry| CelString::from(entry.key.as_str())).collect());
        Box::new(Keys(keys.iter()))
    }
}

struct Keys<'b, 'n>(std::slice::Iter<'b, CelString<'n>>);

impl<'b, 'v, 'n: 'v> ValIterator<'b, 'v> for Keys<'b, 'n> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|key| key as &'b (dyn Val + 'v))
    }
}

/// Why a value is not known: it itself, or with `deep` anything below it.
pub(crate) fn reason_of(value: &dyn Val, deep: bool) -> Option<String> {
    if let Some(value) = value.downcast_ref::<UnknownVal>() {
        return Some(value.reason.clone());
    }
    if let Some(PartialVal(partial)) = value.downcast_ref::<PartialVal>() {
        return Some(partial.raw.clone());
    }
    if !deep {
        return None;
    }
    let hidden = value.as_indexer()?.get(&Hidden::Unknown).ok()?;
    hidden.downcast_ref::<CelString>().map(|reason| reason.inner().to_owned())
}

/// Keys that no expression can write, to ask our own values for more than CEL does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// Why something at or below the value is not known.
    Unknown,
    /// The place the value stands for.
    Place,
}

static_val!(Hidden, &HIDDEN_TYPE);

impl Hidden {
    /// What a value says of itself.
    pub(crate) fn answer<'b, 'v>(
        self,
        reason: Option<String>,
        place: Option<Place>,
    ) -> Result<CowVal<'b, 'v>, ExecutionError> {
        let reason =
            reason.filter(|_| self == Self::Unknown).map(|text| CowVal::owned(CelString::from(text)));
        let place = place.filter(|_| self == Self::Place).map(|place| CowVal::owned(PlaceVal(place)));
        reason.or(place).ok_or_else(|| ExecutionError::no_such_key("hidden"))
    }
}

/// A place, as a value that only the engine sees.
#[derive(Debug, Clone)]
pub(crate) struct PlaceVal(pub(crate) Place);

static_val!(PlaceVal, &HIDDEN_TYPE);

/// The place a value stands for: a map of a manifest or a view.
pub(crate) fn place_of(value: &dyn Val) -> Option<Place> {
    let place = value.as_indexer()?.get(&Hidden::Place).ok()?;
    place.downcast_ref::<PlaceVal>().map(|place| place.0.clone())
}
