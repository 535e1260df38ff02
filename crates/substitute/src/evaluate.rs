//! A text with its variables filled in, and where each piece of it comes from.

use crate::error::SubstituteError;
use crate::expression::{self, Operator, Part, Use};
use crate::functions;
use crate::variables::{Found, Variables};
use manifest::{Origin, UnknownReason};
use std::ops::Range;

/// A piece of the text that comes out.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'t> {
    pub(crate) text: String,
    /// Its byte in the text that went in; for a value, of the `${` that it stands for.
    pub(crate) at: usize,
    pub(crate) from: From<'t>,
}

#[derive(Debug, Clone)]
pub(crate) enum From<'t> {
    /// It stands there as written.
    Text,
    /// It stands in a default.
    Default,
    /// It is a variable's value, or made of it; where that is written, if it is.
    Value(Option<Origin>),
    /// It is not known; the piece's text is what is written in its place.
    Hole(Hole<'t>),
}

/// What is not known.
#[derive(Debug, Clone)]
pub(crate) struct Hole<'t> {
    /// The `${…}` as written.
    pub(crate) written: &'t str,
    pub(crate) reason: UnknownReason,
    /// Where the variable's unknown value is written, if it is.
    pub(crate) origin: Option<Origin>,
}

/// What went wrong, and at which byte of the text.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) at: usize,
    pub(crate) kind: FailureKind,
}

#[derive(Debug)]
pub(crate) enum FailureKind {
    Expression(crate::BadExpression),
    Unset(String),
    Cut(String),
}

impl Failure {
    /// The error, with the text around it and the place of what holds it.
    pub(crate) fn at(self, text: &str, origin: Origin) -> SubstituteError {
        let from = text.get(self.at..).unwrap_or_default();
        let line = from.lines().next().unwrap_or_default();
        match self.kind {
            FailureKind::Expression(problem) => {
                SubstituteError::Expression { text: line.chars().take(60).collect(), problem, origin }
            }
            FailureKind::Unset(name) => SubstituteError::Unset { name, origin },
            FailureKind::Cut(name) => SubstituteError::Cut { name, origin },
        }
    }
}

/// Fills in the variables of a bare text; what is not known stays as it is written.
///
/// # Errors
/// What Flux does not take. `origin`, the place of the text, is that of every error.
pub fn expand(text: &str, origin: Origin, variables: &Variables) -> Result<String, SubstituteError> {
    if variables.is_none() {
        return Ok(text.to_owned());
    }
    let pieces = evaluate(text, variables).map_err(|failure| failure.at(text, origin))?;
    Ok(pieces
        .iter()
        .map(|piece| match &piece.from {
            From::Hole(hole) => hole.written,
            _ => piece.text.as_str(),
        })
        .collect())
}

/// The pieces of a text with its variables filled in.
pub(crate) fn evaluate<'t>(text: &'t str, variables: &Variables) -> Result<Vec<Piece<'t>>, Failure> {
    let parts = expression::parse(text)
        .map_err(|(problem, at)| Failure { at, kind: FailureKind::Expression(problem) })?;
    let evaluation = Evaluation { text, variables };
    let mut pieces = Vec::new();
    evaluation.parts(&parts, false, &mut pieces)?;
    Ok(pieces)
}

struct Evaluation<'t, 'v> {
    text: &'t str,
    variables: &'v Variables,
}

impl<'t> Evaluation<'t, '_> {
    fn written(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn parts(&self, parts: &[Part], inside: bool, into: &mut Vec<Piece<'t>>) -> Result<(), Failure> {
        for part in parts {
            match part {
                Part::Text(range) => into.push(Piece {
                    text: self.written(range).to_owned(),
                    at: range.start,
                    from: if inside { From::Default } else { From::Text },
                }),
                Part::Escape(at) => into.extend(self.escape(*at)),
                Part::Use(used) => self.variable(used, into)?,
            }
        }
        Ok(())
    }

    /// Nothing, unless it is not known whether Flux looks at the text at all.
    fn escape(&self, at: usize) -> Option<Piece<'t>> {
        let reason = self.variables.may_be_none()?;
        Some(hole(at, self.written(&(at..at + 1)), reason, None))
    }

    fn variable(&self, used: &Use, into: &mut Vec<Piece<'t>>) -> Result<(), Failure> {
        let name = self.written(&used.name);
        let at = used.range.start;
        let (value, origin) = match self.variables.find(name) {
            Found::Known(value, origin) => (value, Some(origin)),
            Found::Unknown(reason, origin) => {
                into.push(hole(at, self.written(&used.range), reason, origin));
                return Ok(());
            }
            Found::Unset if self.variables.strict && used.operator != Operator::Default => {
                return Err(Failure { at, kind: FailureKind::Unset(name.to_owned()) });
            }
            Found::Unset => ("", None),
        };
        let default = used.operator == Operator::Default && value.is_empty();
        if default && !used.operands.is_empty() {
            return used.operands.iter().try_for_each(|operand| self.parts(operand, true, into));
        }
        let operands = match self.operands(used)? {
            Ok(operands) => operands,
            Err(Hole { reason, origin, .. }) => {
                into.push(hole(at, self.written(&used.range), &reason, origin));
                return Ok(());
            }
        };
        let Some(text) = functions::apply(used.operator, value, &operands) else {
            return Err(Failure { at, kind: FailureKind::Cut(name.to_owned()) });
        };
        into.push(Piece { text, at, from: From::Value(origin) });
        Ok(())
    }

    /// The operands as texts, or the first hole in them.
    fn operands(&self, used: &Use) -> Result<Result<Vec<String>, Hole<'t>>, Failure> {
        let mut operands = Vec::new();
        for operand in &used.operands {
            let mut pieces = Vec::new();
            self.parts(operand, true, &mut pieces)?;
            let mut text = String::new();
            for piece in pieces {
                match piece.from {
                    From::Hole(hole) => return Ok(Err(hole)),
                    _ => text.push_str(&piece.text),
                }
            }
            operands.push(text);
        }
        Ok(Ok(operands))
    }
}

fn hole<'t>(at: usize, written: &'t str, reason: &UnknownReason, origin: Option<Origin>) -> Piece<'t> {
    let hole = Hole { written, reason: reason.clone(), origin };
    Piece { text: String::new(), at, from: From::Hole(hole) }
}
