//! Flux's `postBuild` substitution: variables of an object, filled in as Flux fills them in.
//!
//! Flux writes each rendered object as YAML, replaces `${…}` in that text and reads the result
//! again. So a value may turn a string into a number, a list or two keys, and quotes of the
//! repository's file do not matter. [`substitute`] does the same, and every value that comes
//! out knows where it was written: in the file, or where the variable got its value. What is
//! not known of a variable is not known of the values that use it, and nothing else. Of a text
//! around such a variable one thing is taken for granted: that its value brings no list or map.
//!
//! Two differences are known, and both are of no use to anybody: texts with U+0085, which
//! kustomize's own way from JSON to YAML changes, and keys with U+2028.

mod alone;
mod document;
mod emit;
mod error;
mod evaluate;
mod expression;
mod functions;
mod glob;
mod holes;
mod read;
mod rebuild;
mod scanner;
mod sites;
mod substitute;
mod variables;

pub use error::{BadExpression, SubstituteError};
pub use evaluate::expand;
pub use substitute::{Outcome, substitute};
pub use variables::{Variable, Variables};
