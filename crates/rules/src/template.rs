//! Messages and help: text with CEL between `{{ }}`.

use crate::expr::{Expr, ExprError, Names, Scope};

/// A checked template.
#[derive(Debug)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Box<Expr>),
}

impl Template {
    /// Parses and checks it; places in errors are bytes of `text`.
    pub(crate) fn new(text: &str, names: &Names<'_>) -> Result<Self, ExprError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let at = text.len() - after.len();
            let Some((inner, tail)) = after.split_once("}}") else {
                let message = "`{{` without `}}`".to_owned();
                return Err(ExprError { message, at: Some((at.saturating_sub(2), 2)), help: None });
            };
            let skipped = inner.len() - inner.trim_start().len();
            let expr = Expr::new(inner.trim(), names).map_err(|error| ExprError {
                at: error.at.map(|(start, len)| (at + skipped + start, len)),
                ..error
            })?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Value(Box::new(expr)));
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text for one object. A value that is not known is shown as it is written; one that is
    /// not there (an object without a name) as `…`, for a text must not fail what was judged.
    pub(crate) fn render(&self, scope: &dyn Scope) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(expr) => text.push_str(&expr.text(scope).unwrap_or_else(|_| "…".to_owned())),
            }
        }
        text.trim().to_owned()
    }
}
