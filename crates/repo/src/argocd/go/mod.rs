//! Go's template language, as far as people use it in sets. What is beyond that is not known,
//! and named as it is written.

mod functions;
mod lexer;
mod parser;
mod run;

use super::filled::Filled;
use super::template::Refusal;
use manifest::{Map, Node, Origin, UnknownReason, Value};

/// Fills in a template at a place; `strict` refuses values that are not there.
pub(crate) fn fill(template: &str, here: Origin, parameters: &Map, strict: bool) -> Result<Filled, Refusal> {
    let mut filled = Filled::default();
    let root = Node { value: Value::Map(parameters.clone()), origin: here };
    let ran = parser::parse(template)
        .map_err(|stop| match stop {
            parser::Stop::Refused(reason) => run::Stop::Refused(reason),
            parser::Stop::Beyond => run::Stop::Unknown(UnknownReason::Template(template.to_owned())),
        })
        .and_then(|items| run::run(&items, &root, strict, &mut filled));
    match ran {
        Ok(()) => Ok(filled),
        Err(run::Stop::Refused(reason)) => Err(reason),
        Err(run::Stop::Unknown(reason)) => {
            let mut whole = Filled::default();
            whole.hole(template, reason);
            Ok(whole)
        }
    }
}
