//! Runs a template over its parameters.

use super::functions;
use super::parser::{Branch, Item, Pipe, Root, Term};
use crate::argocd::filled::Filled;
use crate::argocd::parameters::{is_empty, printed, text};
use manifest::{Lookup, Map, Node, Number, Origin, UnknownReason, Value};

/// Why a value is not computed.
#[derive(Debug)]
pub(super) enum Stop {
    /// Argo CD refuses the set.
    Refused(String),
    /// It depends on what is not known, or on a function that is not read here.
    Unknown(UnknownReason),
}

/// Steps that ranges in ranges may take.
const STEPS: usize = 100_000;

/// Runs the items; `root` is what `.` and `$` are.
pub(super) fn run(items: &[Item], root: &Node, strict: bool, filled: &mut Filled) -> Result<(), Stop> {
    let here = root.origin;
    let mut run = Run { variables: vec![(String::new(), root.clone())], strict, here, steps: 0 };
    run.items(items, root, filled)
}

struct Run {
    /// The innermost last; `$` is the variable without a name.
    variables: Vec<(String, Node)>,
    strict: bool,
    /// Where the template is written.
    here: Origin,
    steps: usize,
}

impl Run {
    fn items(&mut self, items: &[Item], dot: &Node, filled: &mut Filled) -> Result<(), Stop> {
        for item in items {
            self.steps += 1;
            if self.steps > STEPS {
                return Err(Stop::Unknown(UnknownReason::Unread));
            }
            match item {
                Item::Text(text) => filled.text(text),
                Item::Print(pipe, written) => match self.pipe(pipe, dot) {
                    Ok(value) => self.print(&value, filled),
                    Err(Stop::Unknown(_)) => {
                        filled.hole(written, UnknownReason::Template(written.clone()));
                    }
                    Err(stop) => return Err(stop),
                },
                Item::Set(pipe) => {
                    self.pipe(pipe, dot)?;
                }
                Item::If(branch) => {
                    let scope = self.variables.len();
                    let value = self.pipe(&branch.pipe, dot)?;
                    let body = if is_true(&value)? { &branch.body } else { &branch.otherwise };
                    self.items(body, dot, filled)?;
                    self.variables.truncate(scope);
                }
                Item::With(branch) => {
                    let scope = self.variables.len();
                    let value = self.pipe(&branch.pipe, dot)?;
                    if is_true(&value)? {
                        self.items(&branch.body, &value, filled)?;
                    } else {
                        self.items(&branch.otherwise, dot, filled)?;
                    }
                    self.variables.truncate(scope);
                }
                Item::Range(names, branch) => self.range(names, branch, dot, filled)?,
            }
        }
        Ok(())
    }

    /// Lists in their order, maps in that of their keys.
    fn range(
        &mut self,
        names: &[String],
        branch: &Branch,
        dot: &Node,
        filled: &mut Filled,
    ) -> Result<(), Stop> {
        let over = self.pipe(&branch.pipe, dot)?;
        let elements: Vec<(Node, Node)> = match &over.value {
            Value::List(items) => {
                let number = |at: usize| Value::Number(Number::Int(i64::try_from(at).unwrap_or(i64::MAX)));
                let numbered = items.iter().enumerate();
                numbered
                    .map(|(at, item)| (Node { value: number(at), origin: self.here }, item.clone()))
                    .collect()
            }
            Value::Map(Map { open: Some(reason), .. }) => return Err(Stop::Unknown(reason.clone())),
            Value::Map(map) => {
                let mut entries: Vec<_> = map.entries.iter().collect();
                entries.sort_by(|one, two| one.key.cmp(&two.key));
                entries.iter().map(|one| (text(one.key.clone(), one.key_origin), one.value.clone())).collect()
            }
            Value::Null => Vec::new(),
            _ => return Err(Stop::Unknown(UnknownReason::Unread)),
        };
        if elements.is_empty() {
            return self.items(&branch.otherwise, dot, filled);
        }
        for (key, value) in elements {
            let scope = self.variables.len();
            match names {
                [one] => self.variables.push((one.clone(), value.clone())),
                [first, second] => {
                    self.variables.push((first.clone(), key));
                    self.variables.push((second.clone(), value.clone()));
                }
                _ => {}
            }
            self.items(&branch.body, &value, filled)?;
            self.variables.truncate(scope);
        }
        Ok(())
    }

    /// What is not there is printed as such.
    fn print(&self, value: &Node, filled: &mut Filled) {
        match &value.value {
            Value::Null => filled.text("<no value>"),
            _ if value.origin == self.here => filled.text(&printed(value)),
            _ => filled.append(value, &printed(value)),
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Node) -> Result<Node, Stop> {
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(command, value, dot)?);
        }
        let value = value.unwrap_or(Node { value: Value::Null, origin: self.here });
        if let Some(name) = &pipe.variable {
            self.variables.push((name.clone(), value.clone()));
        }
        Ok(value)
    }

    /// A value, or a function of values; what came through the pipe is the last of them.
    fn command(&mut self, command: &[Term], piped: Option<Node>, dot: &Node) -> Result<Node, Stop> {
        let (first, rest) = command.split_first().ok_or(Stop::Unknown(UnknownReason::Unread))?;
        let Term::Function(name) = first else {
            if rest.is_empty() && piped.is_none() {
                return self.term(first, dot);
            }
            return Err(Stop::Refused("a template gives arguments to what is no function".to_owned()));
        };
        if matches!(name.as_str(), "and" | "or") {
            return self.logical(name == "or", rest, piped, dot);
        }
        let mut arguments = Vec::new();
        for term in rest {
            arguments.push(self.term(term, dot)?);
        }
        arguments.extend(piped);
        functions::call(name, &arguments, self.here)
    }

    /// The first argument that settles it, else the last one.
    fn logical(&mut self, or: bool, terms: &[Term], piped: Option<Node>, dot: &Node) -> Result<Node, Stop> {
        let mut last = None;
        for term in terms {
            let value = self.term(term, dot)?;
            if is_true(&value)? == or {
                return Ok(value);
            }
            last = Some(value);
        }
        piped.or(last).ok_or_else(|| Stop::Refused("a function lacks arguments".to_owned()))
    }

    fn term(&mut self, term: &Term, dot: &Node) -> Result<Node, Stop> {
        let literal = |value| Ok(Node { value, origin: self.here });
        match term {
            Term::Text(text) => literal(Value::String(text.clone())),
            Term::Number(number) => literal(Value::Number(functions::number(*number))),
            Term::Bool(value) => literal(Value::Bool(*value)),
            Term::Nil => literal(Value::Null),
            Term::Function(name) => functions::call(name, &[], self.here),
            Term::Path(root, keys) => {
                let start = match root {
                    Root::Dot => dot.clone(),
                    Root::Variable(name) => {
                        let found = self.variables.iter().rev().find(|(known, _)| known == name);
                        let refused = || Stop::Refused(format!("a template uses `${name}` before it is set"));
                        found.map(|(_, value)| value.clone()).ok_or_else(refused)?
                    }
                    Root::Inner(pipe) => self.pipe(pipe, dot)?,
                };
                keys.iter().try_fold(start, |value, key| self.field(&value, key))
            }
        }
    }

    fn field(&self, value: &Node, key: &str) -> Result<Node, Stop> {
        if let Some(reason) = value.unknown_reason() {
            return Err(Stop::Unknown(reason.clone()));
        }
        // In what is not there, nothing is; a null that is there is an error.
        if value.value == Value::Null && value.origin == self.here && !self.strict {
            return Ok(value.clone());
        }
        let Value::Map(map) = &value.value else {
            return Err(Stop::Refused(format!("a template looks up `{key}` in what is no map")));
        };
        match map.lookup(key) {
            Lookup::Present(entry) => Ok(entry.value.clone()),
            Lookup::Unknown(reason) => Err(Stop::Unknown(reason.clone())),
            Lookup::Absent if self.strict => {
                Err(Stop::Refused(format!("a template uses `{key}`, which no generator gives")))
            }
            Lookup::Absent => Ok(Node { value: Value::Null, origin: self.here }),
        }
    }
}

fn is_true(value: &Node) -> Result<bool, Stop> {
    match value.unknown_reason() {
        Some(reason) => Err(Stop::Unknown(reason.clone())),
        None => Ok(!is_empty(value)),
    }
}
