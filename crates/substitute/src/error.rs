//! Why Flux would refuse an object, and with it the whole Kustomization.

use manifest::Origin;

/// What Flux does not take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SubstituteError {
    /// A `${…}` that is none of the language.
    #[error("Flux cannot read the variable in `{text}`: {problem}")]
    Expression {
        /// The text from `${` on, shortened.
        text: String,
        /// What is wrong with it.
        problem: BadExpression,
        /// The key or value that holds it.
        origin: Origin,
    },
    /// A variable that no text could name.
    #[error("`{name}` cannot be the name of a variable: letters, digits and `_` make one, no digit first")]
    Name {
        /// As given.
        name: String,
        /// Where its value is written; the object, if nowhere.
        origin: Origin,
    },
    /// Only where Flux is told to be strict.
    #[error("`{name}` has no value and no default, and Flux is told to be strict")]
    Unset {
        /// Of the variable.
        name: String,
        /// The key or value that uses it.
        origin: Origin,
    },
    /// A substring or pattern cut a character in two.
    #[error("`{name}` is cut within a character")]
    Cut {
        /// Of the variable.
        name: String,
        /// The key or value that uses it.
        origin: Origin,
    },
    /// What comes out is no YAML.
    #[error("with its variables filled in, this is no longer YAML: {message}")]
    Yaml {
        /// What is wrong with it.
        message: String,
        /// The key or value next to it.
        origin: Origin,
    },
    /// What comes out is no object.
    #[error("with its variables filled in, this is no longer an object")]
    NotAnObject {
        /// The object.
        origin: Origin,
    },
}

impl SubstituteError {
    /// The place.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Expression { origin, .. }
            | Self::Name { origin, .. }
            | Self::Unset { origin, .. }
            | Self::Cut { origin, .. }
            | Self::Yaml { origin, .. }
            | Self::NotAnObject { origin } => *origin,
        }
    }
}

/// What is wrong with a `${…}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadExpression {
    /// `${}`, `${.x}`, …
    #[error("no name follows `${{`; a literal one is written `$${{`")]
    Name,
    /// `${x`, `${x-y}`, …
    #[error("neither `}}` nor an operator follows the name")]
    Brace,
    /// An operator lacks what belongs to it.
    #[error("what follows the operator is incomplete")]
    Operand,
    /// More than Flux would be given by anybody.
    #[error("variables are nested too deep")]
    Depth,
}
