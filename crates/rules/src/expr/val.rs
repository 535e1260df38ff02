//! Values of expressions: parts of a manifest and views, borrowed, and what is computed from them.

use manifest::{Entry, Lookup, Map, Node, Number, Partial, Unknown, UnknownReason, Value};
use std::cmp::Ordering;
use topology::view::{Field, Items, Place, View};

/// A value. What is not known is a value too, until something needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Val<'v> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(&'v str),
    /// A string of which parts are known.
    Partial(&'v Partial),
    /// A part of a manifest of which nothing is known.
    Unknown(&'v Unknown),
    /// A field of a view that is not known; the reason reads after "… is".
    Unsaid(&'v str),
    /// A list of a manifest.
    Nodes(&'v [Node]),
    /// A list of a view.
    Fields(Items<'v>),
    /// A list that was computed.
    List(&'v [Val<'v>]),
    /// A map of a manifest; the whole node, for its place.
    Map(&'v Node, &'v Map),
    /// A map that was computed.
    Pairs(&'v [(Val<'v>, Val<'v>)]),
    View(&'v dyn View),
    /// A variable that is indexed by text.
    Lookup(super::slots::Slot),
}

impl<'v> From<&'v Node> for Val<'v> {
    fn from(node: &'v Node) -> Self {
        match &node.value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(Number::Int(value)) => Self::Int(*value),
            Value::Number(Number::UInt(value)) => Self::UInt(*value),
            Value::Number(Number::Float(value)) => Self::Double(*value),
            Value::String(text) => Self::Text(text),
            Value::Partial(partial) => Self::Partial(partial),
            Value::Unknown(unknown) => Self::Unknown(unknown),
            Value::List(items) => Self::Nodes(items),
            Value::Map(map) => Self::Map(node, map),
        }
    }
}

impl<'v> From<Field<'v>> for Val<'v> {
    fn from(field: Field<'v>) -> Self {
        match field {
            // Only a variable is looked up by name, and a scope knows those.
            Field::Null | Field::Lookup(_) => Self::Null,
            Field::Bool(value) => Self::Bool(value),
            Field::Int(value) => Self::Int(value),
            Field::String(text) => Self::Text(text),
            Field::Unknown(reason) => Self::Unsaid(reason),
            Field::Node(node, _) => Self::from(node),
            Field::View(view) => Self::View(view),
            Field::List(items) => Self::Fields(items),
        }
    }
}

impl<'v> Val<'v> {
    /// What a person calls its type.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::UInt(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Partial(_) => "partly known string",
            Self::Unknown(_) | Self::Unsaid(_) => "unknown",
            Self::Nodes(_) | Self::Fields(_) | Self::List(_) => "list",
            Self::Map(..) | Self::Pairs(_) => "map",
            Self::View(_) => "view",
            Self::Lookup(_) => "lookup",
        }
    }

    /// The items of a list, or the keys of a map.
    pub(super) fn elements(self) -> Option<Elements<'v>> {
        Some(match self {
            Self::Nodes(nodes) => Elements::Nodes(nodes),
            Self::Fields(items) => Elements::Fields(items),
            Self::List(items) => Elements::List(items),
            Self::Map(_, map) => Elements::Keys(&map.entries),
            Self::Pairs(pairs) => Elements::Pairs(pairs),
            _ => return None,
        })
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Elements<'v>> {
        self.elements().filter(|elements| !elements.are_keys())
    }

    /// The items of a list.
    #[cfg(test)]
    pub(crate) fn to_list(self) -> Vec<Self> {
        self.items().into_iter().flat_map(Elements::iter).collect()
    }

    /// Equality of CEL; a view equals nothing.
    pub(super) fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Map(..) | Self::Pairs(_), Self::Map(..) | Self::Pairs(_)) => self.equals_map(other),
            _ => match (self.items(), other.items()) {
                (Some(mine), Some(theirs)) => {
                    mine.len() == theirs.len() && mine.iter().zip(theirs.iter()).all(|(a, b)| a.equals(b))
                }
                (None, None) => self.compare(other) == Some(Ordering::Equal),
                _ => false,
            },
        }
    }

    fn equals_map(self, other: Self) -> bool {
        let (Some(mine), Some(theirs)) = (self.elements(), other.elements()) else { return false };
        let same = |key: Val<'v>| match (self.entry(key), other.entry(key)) {
            (Some(mine), Some(theirs)) => mine.equals(theirs),
            _ => false,
        };
        mine.iter().count() == theirs.iter().count() && mine.iter().all(same)
    }

    /// The value of a key that is there, in a map.
    fn entry(self, key: Self) -> Option<Self> {
        match (self, key) {
            (Self::Map(_, map), Self::Text(key)) => map.entry(key).map(|entry| Self::from(&entry.value)),
            (Self::Pairs(pairs), key) => {
                pairs.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| *value)
            }
            _ => None,
        }
    }

    /// Their order, where CEL has one: of numbers of any type, of texts, of booleans.
    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => Some(one.cmp(&two)),
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Int(one), Self::Int(two)) => Some(one.cmp(&two)),
            (Self::UInt(one), Self::UInt(two)) => Some(one.cmp(&two)),
            (Self::Int(one), Self::UInt(two)) => Some(i128::from(one).cmp(&i128::from(two))),
            (Self::UInt(one), Self::Int(two)) => Some(i128::from(one).cmp(&i128::from(two))),
            (one, two) => one.as_double()?.partial_cmp(&two.as_double()?),
        }
    }

    /// A number as a double, as CEL compares them.
    #[expect(clippy::cast_precision_loss, reason = "CEL compares a double with the nearest double")]
    pub(super) fn as_double(self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(value as f64),
            Self::UInt(value) => Some(value as f64),
            Self::Double(value) => Some(value),
            _ => None,
        }
    }

    /// Why it is not known, or not whole; reads after "… is".
    pub(super) fn unknown(self) -> Option<String> {
        match self {
            Self::Unknown(unknown) => Some(unknown.reason.to_string()),
            Self::Unsaid(reason) => Some(reason.to_owned()),
            Self::Partial(partial) => Some(partial.raw.clone()),
            _ => None,
        }
    }

    /// Why it, or something below it, is not known.
    pub(super) fn unknown_within(self) -> Option<String> {
        match self {
            Self::Nodes(nodes) => nodes.iter().find_map(unknown_within),
            Self::Map(_, map) => unknown_in_map(map),
            Self::Fields(items) => items.iter().find_map(|item| Val::from(item).unknown_within()),
            Self::List(items) => items.iter().find_map(|item| item.unknown_within()),
            Self::Pairs(pairs) => pairs.iter().find_map(|(_, value)| value.unknown_within()),
            other => other.unknown(),
        }
    }

    /// As it is written, where that is all that is known of it.
    pub(super) fn shown(self) -> Self {
        match self {
            Self::Unknown(unknown) => Self::Text(&unknown.raw),
            Self::Unsaid(reason) => Self::Text(reason),
            Self::Partial(partial) => Self::Text(&partial.raw),
            other => other,
        }
    }

    /// The place it stands for: that of a map of a manifest, or of a view.
    pub(crate) fn place(self) -> Option<Place> {
        match self {
            Self::Map(node, _) => Some(Place { span: node.origin.span, pointer: String::new() }),
            Self::View(view) => view.place().cloned(),
            _ => None,
        }
    }
}

/// The items of a list, or the keys of a map.
#[derive(Debug, Clone, Copy)]
pub(super) enum Elements<'v> {
    Nodes(&'v [Node]),
    Fields(Items<'v>),
    List(&'v [Val<'v>]),
    Keys(&'v [Entry]),
    Pairs(&'v [(Val<'v>, Val<'v>)]),
}

impl<'v> Elements<'v> {
    fn are_keys(&self) -> bool {
        matches!(self, Self::Keys(_) | Self::Pairs(_))
    }

    /// How many there are at most: a key whose value is null is as not there.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Nodes(nodes) => nodes.len(),
            Self::Fields(items) => items.len(),
            Self::List(items) => items.len(),
            Self::Keys(entries) => entries.len(),
            Self::Pairs(pairs) => pairs.len(),
        }
    }

    pub(super) fn get(self, index: usize) -> Option<Val<'v>> {
        match self {
            Self::Nodes(nodes) => nodes.get(index).map(Val::from),
            Self::Fields(items) => items.get(index).map(Val::from),
            Self::List(items) => items.get(index).copied(),
            Self::Keys(entries) => {
                let entry = entries.get(index).filter(|entry| entry.value.value != Value::Null);
                entry.map(|entry| Val::Text(&entry.key))
            }
            Self::Pairs(pairs) => pairs.get(index).map(|(key, _)| *key),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Val<'v>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// What is known of a key. One that a patch touches may be there or not; null, which the API
/// server drops, is as nothing.
pub(super) fn lookup<'n>(map: &'n Map, key: &str) -> Lookup<'n> {
    match map.lookup(key) {
        Lookup::Present(entry) => match &entry.value.value {
            Value::Null => Lookup::Absent,
            Value::Unknown(_) => patched(&entry.value).map_or(Lookup::Present(entry), Lookup::Unknown),
            _ => Lookup::Present(entry),
        },
        other => other,
    }
}

/// Who patches a value that is not known for that reason.
fn patched(node: &Node) -> Option<&UnknownReason> {
    node.unknown_reason().filter(|reason| matches!(reason, UnknownReason::Patched(_)))
}

/// Why it is not known which keys a map has.
pub(super) fn unsure_keys(map: &Map) -> Option<&UnknownReason> {
    map.open.as_ref().or_else(|| map.entries.iter().find_map(|entry| patched(&entry.value)))
}

/// Why a node, or something below it, is not known whole.
fn unknown_within(node: &Node) -> Option<String> {
    if let Some(reason) = node.unknown_reason() {
        return Some(reason.to_string());
    }
    match &node.value {
        Value::Map(map) => unknown_in_map(map),
        Value::List(items) => items.iter().find_map(unknown_within),
        _ => None,
    }
}

fn unknown_in_map(map: &Map) -> Option<String> {
    let open = map.open.as_ref().map(ToString::to_string);
    open.or_else(|| map.entries.iter().find_map(|entry| unknown_within(&entry.value)))
}

/// A value as people read it.
pub(super) fn display(value: Val<'_>) -> String {
    match value {
        Val::Null => "nothing".to_owned(),
        Val::Bool(value) => value.to_string(),
        Val::Int(value) => value.to_string(),
        Val::UInt(value) => value.to_string(),
        Val::Double(value) => value.to_string(),
        Val::Text(text) => text.to_owned(),
        Val::Partial(partial) => partial.raw.clone(),
        Val::Unknown(unknown) => unknown.raw.clone(),
        Val::Unsaid(reason) => reason.to_owned(),
        // Which keys an open map has is not known.
        Val::Map(_, map) if unsure_keys(map).is_some() => "a map".to_owned(),
        value => match value.elements() {
            Some(elements) => elements.iter().map(display).collect::<Vec<_>>().join(", "),
            None => format!("a {}", value.type_name()),
        },
    }
}
