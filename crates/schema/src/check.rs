//! What the API server would say of an object, by the CRD of its kind.
//!
//! It refuses unknown fields first (strict decoding); only an object without them reaches types, bounds
//! and required fields; only where those hold it asks the validations that look at several fields.

mod bounds;
mod rules;

use crate::tables::{Check, Shape};
use crate::tree::{Field, Release, Type};
use manifest::{Map, Node, Number, Span, Value, pointer_token};

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is no such field.
    Unknown,
    /// It must be set.
    Missing,
    /// It holds something of another type.
    Type,
    /// It holds something else than it may.
    Value,
    /// It does not go together with other fields.
    Rule,
}

/// A field that the API server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub fault: Fault,
    /// The field as the API server writes it: `spec.data[0].remoteRef`.
    pub field: String,
    /// RFC 6901 pointer in the object; of a missing field, where it would stand.
    pub pointer: String,
    /// Where it is written; of a missing field, what it is missing in.
    pub span: Span,
    /// What is there, in a few words: `the number 5`, `a list`.
    pub found: String,
    /// What may be there, in a few words behind "must be".
    pub wanted: String,
}

/// A field of which it could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// RFC 6901 pointer in the object.
    pub pointer: String,
    /// Where it is written.
    pub span: Span,
    /// Why; reads after "… is".
    pub reason: String,
}

/// What a check gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Fields that are refused, in order of the text as far as they are written.
    pub violations: Vec<Violation>,
    /// Fields that hold something that is not known.
    pub unchecked: Vec<Unchecked>,
}

/// Checks an object; where it is not `whole` (a patch), nothing is missing in it.
pub fn check(release: Release, node: &Node, whole: bool) -> Report {
    let mut checker = Checker { report: Report::default(), rules: Vec::new(), whole };
    if let Some(root) = release.root() {
        checker.value(node, Some(root), &At::Root);
    }
    let Checker { mut report, rules, .. } = checker;
    if report.violations.is_empty() && whole {
        report.violations = rules;
    }
    report
}

/// Where in the object; written out only for what is told.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// As the API server writes it.
    fn field(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(Self::Root, key) => (*key).to_owned(),
            Self::Key(outer, key) => format!("{}.{key}", outer.field()),
            Self::Index(outer, index) => format!("{}[{index}]", outer.field()),
        }
    }

    /// RFC 6901 pointer.
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(outer, key) => format!("{}/{}", outer.pointer(), pointer_token(key)),
            Self::Index(outer, index) => format!("{}/{index}", outer.pointer()),
        }
    }
}

struct Checker {
    report: Report,
    /// What the validations over several fields say.
    rules: Vec<Violation>,
    whole: bool,
}

impl Checker {
    /// A value of a type; without one every field of it is unknown.
    fn value(&mut self, node: &Node, of: Option<Type>, at: &At<'_>) {
        if of.is_some_and(Type::is_open) {
            return;
        }
        if let Some(reason) = node.unknown_reason() {
            if of.is_some_and(|of| of.shape() != Shape::String || of.bounds().next().is_some()) {
                self.unchecked(node, at, reason.to_string());
            }
            return;
        }
        match &node.value {
            Value::Map(map) => self.map(node, map, of, at),
            Value::List(items) => {
                let inner = of.filter(|of| of.shape() == Shape::List).and_then(Type::inner);
                for (index, item) in items.iter().enumerate() {
                    self.value(item, inner, &at.index(index));
                }
            }
            _ => {}
        }
        let Some(of) = of else { return };
        if let Some(wanted) = wrong_type(node, of) {
            self.refuse(Fault::Type, node, at, wanted);
        } else {
            self.bounds(node, of, at);
        }
    }

    fn map(&mut self, node: &Node, map: &Map, of: Option<Type>, at: &At<'_>) {
        for entry in &map.entries {
            let below = at.key(&entry.key);
            let inner = match of {
                Some(of) if of.shape() == Shape::Map => of.inner(),
                Some(of) => of.field(&entry.key).map(|field| field.of),
                None => None,
            };
            match inner {
                // Null is dropped, or gives way to the default.
                Some(inner) if entry.value.value == Value::Null && !inner.is_nullable() => {}
                Some(inner) => self.value(&entry.value, Some(inner), &below),
                None => self.report.violations.push(Violation {
                    fault: Fault::Unknown,
                    field: below.field(),
                    pointer: below.pointer(),
                    span: entry.key_origin.place(),
                    found: bounds::found(&entry.value),
                    wanted: String::new(),
                }),
            }
        }
        if let Some(of) = of.filter(|of| of.shape() == Shape::Object && self.whole) {
            self.missing(node, map, of, at);
        }
    }

    fn missing(&mut self, node: &Node, map: &Map, of: Type, at: &At<'_>) {
        let absent: Vec<&str> = of
            .required()
            .filter(|name| of.field(name).is_none_or(|field| field.default.is_empty()))
            .filter(|name| !is_set(map, of, name))
            .collect();
        for name in absent {
            let below = at.key(name);
            if let Some(reason) = &map.open {
                self.unchecked(node, &below, reason.to_string());
                continue;
            }
            self.report.violations.push(Violation {
                fault: Fault::Missing,
                field: below.field(),
                pointer: below.pointer(),
                span: node.origin.span,
                found: "nothing".to_owned(),
                wanted: String::new(),
            });
        }
    }

    fn bounds(&mut self, node: &Node, of: Type, at: &At<'_>) {
        for bound in of.bounds() {
            match bound.check {
                Check::Immutable => {}
                Check::ListMap | Check::Set => self.duplicates(node, of, bound, at),
                _ => match bounds::broken(node, bound) {
                    Some(wanted) => self.refuse(Fault::Value, node, at, wanted),
                    None => {
                        if let Some(wanted) = rules::broken(node, of, bound) {
                            self.rules.push(violation(Fault::Rule, node, at, wanted));
                        }
                    }
                },
            }
        }
    }

    /// Items that are the same, or have the same keys, as one before.
    fn duplicates(&mut self, node: &Node, of: Type, bound: crate::tree::Bound, at: &At<'_>) {
        let inner = of.inner();
        let keys = |item: &Node| -> Option<Vec<String>> {
            if bound.check == Check::Set {
                return Some(vec![manifest::to_json(item)]);
            }
            let map = item.as_map()?;
            let default =
                |key: &str| inner.and_then(|of| of.field(key)).map_or("", |field: Field| field.default);
            let key = |key: &str| match map.entry(key) {
                Some(entry) => {
                    entry.value.unknown_reason().is_none().then(|| manifest::to_json(&entry.value))
                }
                None => map.open.is_none().then(|| default(key).to_owned()),
            };
            bound.lines().map(key).collect()
        };
        let mut seen: Vec<Vec<String>> = Vec::new();
        for (index, item) in node.as_list().unwrap_or_default().iter().enumerate() {
            let Some(keys) = keys(item) else { continue };
            if seen.contains(&keys) {
                let by = bound.lines().collect::<Vec<_>>().join(" and ");
                let wanted = if by.is_empty() {
                    "unlike all others".to_owned()
                } else {
                    format!("unlike all others in {by}")
                };
                self.refuse(Fault::Value, item, &at.index(index), wanted);
            }
            seen.push(keys);
        }
    }

    fn refuse(&mut self, fault: Fault, node: &Node, at: &At<'_>, wanted: String) {
        self.report.violations.push(violation(fault, node, at, wanted));
    }

    fn unchecked(&mut self, node: &Node, at: &At<'_>, reason: String) {
        self.report.unchecked.push(Unchecked { pointer: at.pointer(), span: node.origin.span, reason });
    }
}

fn violation(fault: Fault, node: &Node, at: &At<'_>, wanted: String) -> Violation {
    Violation {
        fault,
        field: at.field(),
        pointer: at.pointer(),
        span: node.origin.span,
        found: bounds::found(node),
        wanted,
    }
}

/// Whether a field is set: null is dropped, unless the field may be null.
fn is_set(map: &Map, of: Type, name: &str) -> bool {
    let is_nullable = || of.field(name).is_some_and(|field| field.of.is_nullable());
    map.entry(name).is_some_and(|entry| entry.value.value != Value::Null || is_nullable())
}

/// What a value of another type must be.
fn wrong_type(node: &Node, of: Type) -> Option<String> {
    let shape = match (&node.value, of.shape()) {
        (Value::Null, shape) if !of.is_nullable() => shape,
        (Value::Null, _)
        | (_, Shape::Any)
        | (Value::Map(_), Shape::Object | Shape::Map)
        | (Value::List(_), Shape::List)
        | (Value::Bool(_), Shape::Bool)
        | (Value::String(_), Shape::String | Shape::IntOrString) => return None,
        (Value::Number(number), Shape::Int | Shape::IntOrString) if is_whole(*number) => return None,
        (_, shape) => shape,
    };
    let wanted = match shape {
        Shape::Object | Shape::Map => "a map",
        Shape::List => "a list",
        Shape::String => "a string",
        Shape::Int => "a whole number",
        Shape::Bool => "`true` or `false`",
        Shape::IntOrString => "a whole number or a string",
        Shape::Any => return None,
    };
    Some(wanted.to_owned())
}

/// Whether a number is one without fraction once it is written as JSON.
fn is_whole(number: Number) -> bool {
    match number {
        Number::Int(_) | Number::UInt(_) => true,
        Number::Float(value) => value.fract() == 0.0 && value.abs() < 1e18,
    }
}
