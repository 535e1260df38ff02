//! What rules may ask: values with a declared schema, documented where they are declared.
//!
//! A [`View`] is a struct made with [`view!`](crate::view!): its fields are what a rule can
//! read, their doc comments are the documentation, and a name that is not among them is an
//! error when the rule is loaded.

use manifest::{Node, Partial, Span};
use std::fmt::Debug;

/// Something known, or the reason why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// This.
    Known(T),
    /// Not known; reads after "… is": `${PG_INSTANCES}`, `encrypted`, `not in the repository`.
    Unknown(String),
}

impl<T> Known<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// What `turn` makes of the value, where it is known.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Known(value) => Known::Known(turn(value)),
            Self::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// What `turn` makes of the value, where it is known; that need not be known in turn.
    pub fn and_then<U>(self, turn: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Self::Known(value) => turn(value),
            Self::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Known(value) => Known::Known(value),
            Self::Unknown(reason) => Known::Unknown(reason.clone()),
        }
    }
}

impl Known<bool> {
    /// One of the two: settled without the other where one is known to be true.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(true), _) | (_, Self::Known(true)) => Self::Known(true),
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            _ => Self::Known(false),
        }
    }

    /// Both: settled without the other where one is known to be false.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.not().or(other.not()).not()
    }

    /// The contrary.
    #[must_use]
    #[allow(clippy::should_implement_trait)] // reads better without an import
    pub fn not(self) -> Self {
        self.map(|value| !value)
    }
}

/// A place a view stands for: where it is written, and the pointer in its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it is written.
    pub span: Span,
    /// RFC 6901 pointer in its object.
    pub pointer: String,
}

/// The type of a field, for documentation and for checking rules when they are loaded.
#[derive(Debug, Clone, Copy)]
pub enum FieldType {
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// A string.
    String,
    /// A part of a manifest: any of its fields may be asked.
    Node,
    /// A view of that schema, or null.
    View(fn() -> &'static Schema),
    /// A list of strings.
    Strings,
    /// A list of views of that schema.
    Views(fn() -> &'static Schema),
    /// `field[name]`: for every name a view of that schema.
    Lookup(fn() -> &'static Schema),
}

/// One field of a view.
#[derive(Debug, Clone, Copy)]
pub struct FieldSchema {
    /// As a rule writes it.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it holds; every field may also be null or unknown.
    pub kind: FieldType,
}

/// What a view has.
#[derive(Debug)]
pub struct Schema {
    /// Its Rust name, for documentation.
    pub name: &'static str,
    /// What it stands for.
    pub doc: &'static str,
    /// Its fields, in order of declaration.
    pub fields: &'static [FieldSchema],
}

impl Schema {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'static FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub enum Field<'v> {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A string.
    String(&'v str),
    /// Not known, and why.
    Unknown(&'v str),
    /// A part of a manifest, with its pointer there.
    Node(&'v Node, &'v str),
    /// Another view.
    View(&'v dyn View),
    /// A list.
    List(Items<'v>),
    /// `field[name]`.
    Lookup(&'v dyn ViewLookup),
}

/// The items of a list, each made when it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Items<'v>(&'v dyn List);

/// What can be read as a list.
pub trait List: Debug + Send + Sync {
    /// How many items there are.
    fn count(&self) -> usize;
    /// The item at an index.
    fn item(&self, index: usize) -> Option<Field<'_>>;
}

impl<T: AsField + Debug + Send + Sync> List for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn item(&self, index: usize) -> Option<Field<'_>> {
        self.get(index).map(AsField::as_field)
    }
}

impl<'v> Items<'v> {
    /// The items of a list.
    pub fn new(list: &'v dyn List) -> Self {
        Self(list)
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    pub fn get(self, index: usize) -> Option<Field<'v>> {
        self.0.item(index)
    }

    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Field<'v>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// What a rule can read field by field.
pub trait View: Debug + Send + Sync {
    /// What it has.
    fn schema(&self) -> &'static Schema;
    /// The value of the field at an index of the schema; `None` if there is none.
    fn at(&self, index: usize) -> Option<Field<'_>>;
    /// The value of a field; `None` if the schema has no such field.
    fn get(&self, field: &str) -> Option<Field<'_>> {
        self.at(self.schema().fields.iter().position(|known| known.name == field)?)
    }
    /// The place it stands for, to point at in a finding.
    fn place(&self) -> Option<&Place>;
}

/// What a rule can read by any name, such as `secrets["b2-credentials"]`.
pub trait ViewLookup: Debug + Send + Sync {
    /// The view for that name; there is one for every name, that may say "nothing makes it".
    fn find(&self, name: &str) -> Box<dyn View + '_>;

    /// The view for a name of which only parts are known; `None` (the usual case): nothing can
    /// be said of it.
    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        let _ = name;
        None
    }
}

/// A Rust type that a field of a view can have.
pub trait AsField {
    /// Its declared type.
    const KIND: FieldType;
    /// Its value.
    fn as_field(&self) -> Field<'_>;
}

impl AsField for bool {
    const KIND: FieldType = FieldType::Bool;
    fn as_field(&self) -> Field<'_> {
        Field::Bool(*self)
    }
}

impl AsField for i64 {
    const KIND: FieldType = FieldType::Int;
    fn as_field(&self) -> Field<'_> {
        Field::Int(*self)
    }
}

impl AsField for String {
    const KIND: FieldType = FieldType::String;
    fn as_field(&self) -> Field<'_> {
        Field::String(self)
    }
}

/// A Rust type that a list field of a view can hold.
pub trait AsElement: AsField + Debug + Send + Sync {
    /// The declared type of a list of these.
    const LIST: FieldType;
}

impl AsElement for String {
    const LIST: FieldType = FieldType::Strings;
}

impl<T: AsElement> AsField for Vec<T> {
    const KIND: FieldType = T::LIST;
    fn as_field(&self) -> Field<'_> {
        Field::List(Items::new(self))
    }
}

impl<T: AsField> AsField for Option<T> {
    const KIND: FieldType = T::KIND;
    fn as_field(&self) -> Field<'_> {
        self.as_ref().map_or(Field::Null, AsField::as_field)
    }
}

impl<T: AsField> AsField for Known<T> {
    const KIND: FieldType = T::KIND;
    fn as_field(&self) -> Field<'_> {
        match self {
            Known::Known(value) => value.as_field(),
            Known::Unknown(reason) => Field::Unknown(reason),
        }
    }
}

/// Declares a view: a struct whose documented fields are what rules can read. Every view has a
/// further field `place: Option<Place>`, that rules do not read but findings point at.
///
/// ```
/// topology::view! {
///     /// An image reference.
///     pub struct ImageView {
///         /// The tag, null without one.
///         pub tag: topology::view::Known<Option<String>>,
///     }
/// }
/// assert_eq!(ImageView::schema_of().fields[0].name, "tag");
/// ```
#[macro_export]
macro_rules! view {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])+ pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )*
            /// The place it stands for.
            pub place: Option<$crate::view::Place>,
        }

        impl $name {
            /// What rules can read of it.
            pub fn schema_of() -> &'static $crate::view::Schema {
                static SCHEMA: $crate::view::Schema = $crate::view::Schema {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    fields: &[ $( $crate::view::FieldSchema {
                        name: stringify!($field),
                        doc: concat!($($field_doc, "\n"),+),
                        kind: <$type as $crate::view::AsField>::KIND,
                    }, )* ],
                };
                &SCHEMA
            }
        }

        impl $crate::view::View for $name {
            fn schema(&self) -> &'static $crate::view::Schema {
                Self::schema_of()
            }
            fn at(&self, index: usize) -> Option<$crate::view::Field<'_>> {
                type Get = for<'v> fn(&'v $name) -> $crate::view::Field<'v>;
                const FIELDS: &[Get] = &[ $( |view| $crate::view::AsField::as_field(&view.$field), )* ];
                FIELDS.get(index).map(|get| get(self))
            }
            fn place(&self) -> Option<&$crate::view::Place> {
                self.place.as_ref()
            }
        }

        impl $crate::view::AsField for $name {
            const KIND: $crate::view::FieldType = $crate::view::FieldType::View(Self::schema_of);
            fn as_field(&self) -> $crate::view::Field<'_> {
                $crate::view::Field::View(self)
            }
        }

        impl $crate::view::AsElement for $name {
            const LIST: $crate::view::FieldType = $crate::view::FieldType::Views(Self::schema_of);
        }
    };
}
