//! Types as they are collected: equal ones are one.

use std::collections::BTreeMap;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// A bound on a value: the name of the check, a number, a text.
pub(crate) type Check = (&'static str, i64, String);

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Type {
    pub(crate) shape: Shape,
    /// Null is a value of it.
    pub(crate) nullable: bool,
    /// Unknown fields are kept.
    pub(crate) open: bool,
    /// Name, type, default as JSON; by name.
    pub(crate) fields: Vec<(String, usize, Option<String>)>,
    /// Of the items of a list, the values of a map.
    pub(crate) of: Option<usize>,
    pub(crate) required: Vec<String>,
    pub(crate) checks: Vec<Check>,
}

/// Types by number; equal ones have the same.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) all: Vec<Type>,
    known: BTreeMap<Type, usize>,
}

impl Types {
    pub(crate) fn add(&mut self, of: Type) -> usize {
        if let Some(known) = self.known.get(&of) {
            return *known;
        }
        self.all.push(of.clone());
        self.known.insert(of, self.all.len() - 1);
        self.all.len() - 1
    }
}

/// A version of a kind.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) group: String,
    pub(crate) kind: String,
    /// `v1`.
    pub(crate) version: String,
    /// `1.30.0`, of the program that brings it.
    pub(crate) release: String,
    /// `None`: it is not served any more.
    pub(crate) of: Option<usize>,
}

/// All that was read.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) types: Types,
    pub(crate) roots: Vec<Root>,
}
