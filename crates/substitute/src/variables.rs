//! What variables are there.

use manifest::{Origin, UnknownReason};
use std::collections::BTreeMap;

/// The variables of one Kustomization. Those of `substitute` overwrite those of
/// `substituteFrom`, of which later sources overwrite earlier ones: set them in that order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variables {
    values: BTreeMap<String, Variable>,
    /// Why there may be variables of further names: a source that could not be read.
    pub open: Option<UnknownReason>,
    /// A variable without value and default is an error (a feature gate of the controller).
    pub strict: bool,
}

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Variable {
    /// Its value as written, and where.
    Known(String, Origin),
    /// It exists, but its value is not known; where that is written, if it is.
    Unknown(UnknownReason, Option<Origin>),
}

/// What is known of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'v> {
    Known(&'v str, Origin),
    Unknown(&'v UnknownReason, Option<Origin>),
    /// No variable has that name.
    Unset,
}

impl Variables {
    /// Sets a variable. Line feeds of its value are lost, as Flux drops them.
    pub fn set(&mut self, name: impl Into<String>, variable: Variable) {
        let variable = match variable {
            Variable::Known(value, origin) if value.contains('\n') => {
                Variable::Known(value.replace('\n', ""), origin)
            }
            other => other,
        };
        self.values.insert(name.into(), variable);
    }

    /// The variable of that name, if it is certain that there is one.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.values.get(name)
    }

    /// Every variable by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.values.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// It is certain that there is none: Flux then leaves every text as it is.
    pub fn is_none(&self) -> bool {
        self.values.is_empty() && self.open.is_none()
    }

    /// Whether there is any at all is not known, so neither is whether Flux looks at the text.
    pub(crate) fn may_be_none(&self) -> Option<&UnknownReason> {
        self.open.as_ref().filter(|_| self.values.is_empty())
    }

    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        match (self.values.get(name), &self.open) {
            (Some(Variable::Known(value, origin)), _) => Found::Known(value, *origin),
            (Some(Variable::Unknown(reason, origin)), _) => Found::Unknown(reason, *origin),
            (None, Some(reason)) if is_name(name) => Found::Unknown(reason, None),
            (None, _) => Found::Unset,
        }
    }
}

/// Whether Flux takes it for the name of a variable; any other fails the Kustomization.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|char: char| char == '_' || char.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}
