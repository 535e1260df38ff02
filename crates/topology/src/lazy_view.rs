//! Views whose fields are made when they are first asked for: most rules ask for a few of many.

/// Declares a view as [`view!`](crate::view!) does, made of `parts`. Each field says how it is made of the
/// view itself, whose other fields are methods; no two may need each other.
macro_rules! lazy_view {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident of $parts:ident {
            $( $(#[doc = $field_doc:literal])+ pub $field:ident: $type:ty = $make:expr, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name<'t> {
            parts: $parts<'t>,
            place: Option<$crate::view::Place>,
            $( $field: std::sync::OnceLock<$type>, )*
        }

        impl<'t> $name<'t> {
            /// Of these parts, standing for that place.
            fn new(parts: $parts<'t>, place: Option<$crate::view::Place>) -> Self {
                Self { parts, place, $( $field: std::sync::OnceLock::new(), )* }
            }

            const SCHEMA: &'static $crate::view::Schema = &$crate::view::Schema {
                name: stringify!($name),
                doc: concat!($($doc, "\n"),+),
                fields: &[ $( $crate::view::FieldSchema {
                    name: stringify!($field),
                    doc: concat!($($field_doc, "\n"),+),
                    kind: <$type as $crate::view::AsField>::KIND,
                }, )* ],
            };

            /// What rules can read of it.
            pub fn schema_of() -> &'static $crate::view::Schema {
                Self::SCHEMA
            }

            $(
                $(#[doc = $field_doc])+
                pub fn $field(&self) -> &$type {
                    let make: fn(&Self) -> $type = $make;
                    self.$field.get_or_init(|| make(self))
                }
            )*
        }

        impl $crate::view::View for $name<'_> {
            fn schema(&self) -> &'static $crate::view::Schema {
                Self::schema_of()
            }
            fn at(&self, index: usize) -> Option<$crate::view::Field<'_>> {
                type Get = for<'v, 't> fn(&'v $name<'t>) -> $crate::view::Field<'v>;
                const FIELDS: &[Get] = &[ $( |view| $crate::view::AsField::as_field(view.$field()), )* ];
                FIELDS.get(index).map(|get| get(self))
            }
            fn place(&self) -> Option<&$crate::view::Place> {
                self.place.as_ref()
            }
        }

        impl $crate::view::AsField for $name<'_> {
            const KIND: $crate::view::FieldType = $crate::view::FieldType::View(Self::schema_of);
            fn as_field(&self) -> $crate::view::Field<'_> {
                $crate::view::Field::View(self)
            }
        }

        impl $crate::view::AsElement for $name<'_> {
            const LIST: $crate::view::FieldType = $crate::view::FieldType::Views(Self::schema_of);
        }
    };
}

pub(crate) use lazy_view;
