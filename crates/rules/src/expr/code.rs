//! What an expression is compiled to: names are numbers, literals are ready made.

use super::functions::{Function, Pattern};
use super::slots::Slot;
use super::val::Val;
use std::sync::atomic::AtomicUsize;

/// A compiled expression.
#[derive(Debug)]
pub(super) enum Code {
    /// A literal.
    Literal(Literal),
    /// `self`.
    This,
    /// `object`.
    Object,
    /// `old`.
    Old,
    /// `was`.
    Was,
    /// `params.name`.
    Param(Box<str>),
    /// A variable of the topology.
    Variable(Slot),
    /// A variable of a macro, counted from the innermost.
    Local(usize),
    /// A field of something, which may turn out to be not known.
    Field(Box<Field>),
    /// `of[key]`, which may turn out to be not known.
    Index(Box<[Code; 2]>),
    /// Names, fields and indices in the place of a value: from here on it must be known.
    Read(Box<Read>),
    /// `has(of.a.b)`: false where anything on the way is absent.
    Has(Box<Has>),
    Not(Box<Code>),
    Negate(Box<Code>),
    And(Box<[Code; 2]>),
    Or(Box<[Code; 2]>),
    If(Box<[Code; 3]>),
    Binary(Operator, Box<[Code; 2]>),
    /// `x in [literals]`.
    Among(Box<(Code, Box<[Literal]>)>),
    Call(Function, Box<[Code]>),
    /// `x.matches('literal')`.
    Matches(Box<(Code, Pattern)>),
    Fold(Box<Fold>),
    List(Box<[Code]>),
    Map(Box<[(Code, Code)]>),
}

/// A scalar that is written in an expression.
#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(Box<str>),
}

impl Literal {
    pub(super) fn val(&self) -> Val<'_> {
        match self {
            Self::Null => Val::Null,
            Self::Bool(value) => Val::Bool(*value),
            Self::Int(value) => Val::Int(*value),
            Self::UInt(value) => Val::UInt(*value),
            Self::Double(value) => Val::Double(*value),
            Self::Text(text) => Val::Text(text),
        }
    }
}

/// `of.a.b`.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) of: Code,
    pub(super) names: Vec<Name>,
}

/// The name of a field.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: Box<str>,
    /// Where the field was last found among those of a view.
    pub(super) hint: AtomicUsize,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), hint: AtomicUsize::new(0) }
    }
}

/// A chain of names, fields and indices in the place of a value.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) chain: Code,
    pub(super) guard: Guard,
    /// What a person would call it.
    pub(super) phrase: Box<str>,
}

/// How much of a value must be known where it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// It itself.
    Known,
    /// It, and all below it: lists and maps are compared whole.
    Settled,
    /// Any part of it: what reads it can answer for partly known text.
    Text,
}

/// `has(of.fields…)`.
#[derive(Debug)]
pub(super) struct Has {
    pub(super) of: Code,
    pub(super) fields: Box<[Name]>,
}

/// Operators of two values that are both needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    Differs,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operator {
    /// As expressions write it.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equals => "==",
            Self::Differs => "!=",
            Self::Less => "<",
            Self::LessEquals => "<=",
            Self::Greater => ">",
            Self::GreaterEquals => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

/// A macro over the items of a list or the keys of a map.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) range: Code,
    pub(super) step: Step,
}

/// What is done with each item, which is the innermost local.
#[derive(Debug)]
pub(super) enum Step {
    All(Code),
    Exists(Code),
    ExistsOne(Code),
    /// `map` and `filter`: under a condition, this.
    Collect(Option<Code>, Code),
}
