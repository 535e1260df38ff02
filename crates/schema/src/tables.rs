//! The form of the generated tables: numbers that point into each other and into one text, so that
//! nothing is done with them before a type is asked for.

/// Where a part of the text starts, and how long it is.
pub(crate) type Span = (u32, u16);

/// Where rows of another table start, and how many there are.
type Rows = (u32, u16);

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    Object,
    Map,
    List,
    String,
    Int,
    Bool,
    IntOrString,
}

/// Shape, nullable, open, inner type, fields, required, checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type(
    pub(crate) Shape,
    pub(crate) u8,
    pub(crate) u8,
    pub(crate) u16,
    pub(crate) Rows,
    pub(crate) Rows,
    pub(crate) Rows,
);

/// Name, type, default as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field(pub(crate) Span, pub(crate) u16, pub(crate) Span);

/// A check, a number, a text.
pub(crate) type Checks = (Check, i64, Span);

/// What is checked of a value, beside its type. Texts hold one item a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Exactly one of these fields is set.
    ExactlyOne,
    /// At most one of them.
    AtMostOne,
    /// At least one of them.
    AtLeastOne,
    /// A text in base 64.
    Base64,
    /// A client certificate is for a role that can log in.
    CertificateNeedsLogin,
    /// A time as RFC 3339 has it.
    DateTime,
    /// One of these texts.
    Enum,
    /// A field (the first line) has one of these values.
    FieldIs,
    /// A field (the first line) does not have this value.
    FieldIsNot,
    /// A field (the first line) does not start so.
    FieldStartsNot,
    /// Does not change once it is set.
    Immutable,
    /// Fits into 32 bits.
    Int32,
    /// Items differ in these fields.
    ListMap,
    Max,
    MaxFields,
    MaxItems,
    MaxLength,
    Min,
    MinFields,
    MinItems,
    MinLength,
    /// A field (the first line) is set only where another (the second) has a value (the third).
    NeedsValue,
    /// No list of columns beside whole schemas.
    NoColumnsWithSchemas,
    /// No item starts so.
    NoItemStarts,
    /// None of the tags that External Secrets sets itself.
    NoReservedTags,
    /// Not this text.
    Not,
    /// A secret, or no password at all.
    PasswordOrNone,
    Pattern,
    /// `dataDurability: preferred` goes without names of standbys.
    PreferredWithoutNames,
    /// Keys are rewritten only where no single key is written.
    RewriteWithoutKey,
    /// Items differ.
    Set,
    /// A store is named, or chosen by labels.
    StoreRefNamed,
    /// A token, or a user and a password.
    TokenOrPassword,
    /// Items differ in this field.
    Unique,
    /// This field is not set.
    Without,
}

/// A version of a kind.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    /// The release of the program that brings it.
    pub(crate) release: &'static str,
    /// `None`: it is not served any more.
    pub(crate) of: Option<u16>,
}
