//! One object: written as Flux writes it, filled in, read again.

use crate::alone::{filled_alone, has_none};
use crate::document::document;
use crate::emit::emit;
use crate::error::SubstituteError;
use crate::evaluate::evaluate;
use crate::holes::Marks;
use crate::rebuild::{Output, Rebuild};
use crate::sites::Sites;
use crate::variables::{Variable, Variables, is_name};
use manifest::{Dialect, Node, ReadError, UnknownReason, Value, mark_unknowns};

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing in it stands for something else, or there are no variables.
    Unchanged,
    /// It says `kustomize.toolkit.fluxcd.io/substitute: disabled`.
    Disabled,
    /// Its variables are filled in, as far as they are known.
    Substituted,
    /// What comes out depends on what is not known: every text with a variable is marked so.
    Undecided(UnknownReason),
}

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Fills in the variables of a rendered object, in place. In what comes out `${` is literal.
///
/// A value that a variable brought has as `span` the place where it is written, and as
/// `used_at` the key or value with the `${…}`; one from a default has the default's place.
///
/// # Errors
/// What Flux would refuse; `node` is then as it was.
pub fn substitute(node: &mut Node, variables: &Variables) -> Result<Outcome, SubstituteError> {
    if variables.is_none() {
        return Ok(Outcome::Unchanged);
    }
    match switch(node) {
        Some(Switch::Off) => return Ok(Outcome::Disabled),
        Some(Switch::Unknown(reason)) => return Ok(undecided(node, reason)),
        None => {}
    }
    names(node, variables)?;
    if !any_text(node, &|text| !has_none(text)) {
        return Ok(Outcome::Unchanged);
    }
    if filled_alone(node, variables).is_some() {
        return Ok(Outcome::Substituted);
    }
    match filled(node, variables) {
        Ok(filled) => {
            *node = filled;
            Ok(Outcome::Substituted)
        }
        Err(Stop::Undecided(reason)) => Ok(undecided(node, reason)),
        // Without variables Flux would not even look.
        Err(Stop::Refused(error)) => match variables.may_be_none() {
            Some(reason) => Ok(undecided(node, reason.clone())),
            None => Err(error),
        },
    }
}

enum Switch {
    Off,
    Unknown(UnknownReason),
}

/// What the object itself says of substitution.
fn switch(node: &Node) -> Option<Switch> {
    let at = |of| node.at(&["metadata", of, SWITCH]);
    let said = [at("labels"), at("annotations")];
    let mut said = said.into_iter().flatten();
    if said.clone().any(|value| value.as_str() == Some("disabled")) {
        return Some(Switch::Off);
    }
    said.find_map(Node::unknown_reason).cloned().map(Switch::Unknown)
}

fn names(node: &Node, variables: &Variables) -> Result<(), SubstituteError> {
    let Some((name, variable)) = variables.iter().find(|(name, _)| !is_name(name)) else { return Ok(()) };
    let origin = match variable {
        Variable::Known(_, origin) => *origin,
        Variable::Unknown(_, origin) => origin.unwrap_or(node.origin),
    };
    Err(SubstituteError::Name { name: name.to_owned(), origin })
}

fn undecided(node: &mut Node, reason: UnknownReason) -> Outcome {
    mark_unknowns(node, Dialect::FILE);
    Outcome::Undecided(reason)
}

/// Why an object is not filled in.
#[derive(Debug)]
pub(crate) enum Stop {
    Undecided(UnknownReason),
    Refused(SubstituteError),
}

pub(crate) fn filled(node: &Node, variables: &Variables) -> Result<Node, Stop> {
    let unread = || Stop::Undecided(UnknownReason::Unread);
    let used = |char| {
        let in_value = |(_, variable): (_, &Variable)| match variable {
            Variable::Known(value, _) => value.contains(char),
            Variable::Unknown(..) => false,
        };
        any_text(node, &|text| text.contains(char)) || variables.iter().any(in_value)
    };
    let marks = Marks::new(used).ok_or_else(unread)?;
    let text = emit(node, &marks).ok_or_else(unread)?;
    let before = document(&text).ok().flatten().ok_or_else(unread)?;
    let sites = Sites::new(node, &before).ok_or_else(unread)?;
    let near = |at| sites.near(at).map_or(node.origin, |site| site.origin);
    let pieces = evaluate(&text, variables).map_err(|failure| {
        let origin = near(failure.at);
        Stop::Refused(failure.at(&text, origin))
    })?;
    let output = Output::new(pieces, &marks);
    // With something else in a hole the text might be one that can be read.
    let refused = |error| match output.unknown() {
        Some(reason) => Stop::Undecided(reason.clone()),
        None => Stop::Refused(error),
    };
    let after = match document(&output.text) {
        Ok(Some(after)) => after,
        Ok(None) => return Err(refused(SubstituteError::NotAnObject { origin: node.origin })),
        Err(ReadError { message, span }) => {
            let at = span.start as usize;
            let origin = near(output.source(&(at..at + 1)));
            return Err(refused(SubstituteError::Yaml { message, origin }));
        }
    };
    let rebuild = Rebuild { output: &output, sites: &sites, marks: &marks, origin: node.origin };
    let after = rebuild.node(after);
    match after.value {
        Value::Map(_) => Ok(after),
        _ => Err(refused(SubstituteError::NotAnObject { origin: node.origin })),
    }
}

/// Whether a text or key of an object is one of those.
fn any_text(node: &Node, is: &dyn Fn(&str) -> bool) -> bool {
    let key = |node: &Node| node.as_map().is_some_and(|map| map.entries.iter().any(|entry| is(&entry.key)));
    node.raw_text().is_some_and(is) || key(node) || node.children().any(|child| any_text(child, is))
}
