//! Anchored values and the copies that their aliases get.

use super::budget::{Budget, Cost};
use super::notes::{Failure, short};
use crate::node::{Map, Node, Unknown, Value};
use crate::read::ProblemKind;
use crate::source::Span;
use std::collections::HashMap;

/// A use of an anchor's name: a later one counts from where its value starts.
pub(super) struct Anchor {
    name: String,
    number: usize,
}

struct Anchored {
    number: usize,
    /// `None` while it is not complete: an alias to it would contain itself.
    value: Option<Complete>,
}

struct Complete {
    node: Node,
    cost: Cost,
    /// Levels of lists and maps.
    height: usize,
}

/// What an alias brings.
pub(super) struct Copy {
    pub(super) node: Node,
    pub(super) height: usize,
}

/// The anchors of a document so far.
#[derive(Default)]
pub(super) struct Anchors {
    named: HashMap<String, Anchored>,
    number: usize,
}

impl Anchors {
    /// Says that a value under an anchor starts here.
    pub(super) fn start(&mut self, name: Option<String>) -> Option<Anchor> {
        let name = name?;
        self.number += 1;
        let number = self.number;
        self.named.insert(name.clone(), Anchored { number, value: None });
        Some(Anchor { name, number })
    }

    /// Keeps the complete value, unless the name was used anew within it.
    pub(super) fn complete(
        &mut self,
        anchor: Option<Anchor>,
        node: &Node,
        height: usize,
        cost: Cost,
        budget: &mut Budget,
    ) -> Result<(), Failure> {
        let Some(Anchor { name, number }) = anchor else { return Ok(()) };
        let anchored = self.named.get_mut(&name).filter(|anchored| anchored.number == number);
        let Some(anchored) = anchored else { return Ok(()) };
        budget.keep(cost, node.origin.span)?;
        anchored.value = Some(Complete { node: node.clone(), cost, height });
        Ok(())
    }

    /// A copy for an alias at `span`, with `open` lists and maps around it.
    pub(super) fn alias(
        &self,
        name: &str,
        span: Span,
        open: usize,
        budget: &mut Budget,
    ) -> Result<Copy, Failure> {
        let refuse = |message: String| Failure::new(ProblemKind::Syntax, message, span);
        let Some(anchored) = self.named.get(name) else {
            return Err(refuse(format!("no anchor `&{}` stands before this alias", short(name))));
        };
        let Some(Complete { node, cost, height }) = &anchored.value else {
            return Err(refuse(format!("the value of anchor `&{}` contains itself", short(name))));
        };
        budget.depth(open.saturating_add(*height), span)?;
        budget.alias(*cost, span)?;
        let mut node = node.clone();
        mark_used(&mut node, span);
        Ok(Copy { node, height: *height })
    }
}

/// Says of a value and all in it that something at `at` brought it here.
pub(super) fn mark_used(node: &mut Node, at: Span) {
    node.origin.used_at = Some(at);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| mark_used(item, at)),
        Value::Map(Map { entries, .. }) => {
            for entry in entries {
                entry.key_origin.used_at = Some(at);
                mark_used(&mut entry.value, at);
            }
        }
        Value::Unknown(Unknown { value: Some(value), .. }) => mark_used(value, at),
        _ => {}
    }
}
