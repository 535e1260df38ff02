//! Evaluates compiled expressions on borrowed values, with three answers.
//!
//! What is not known flows as a value through names, fields and indices; where a value is needed, it
//! stops the evaluation. `||`, `&&`, `exists` and `all` can go on without it, and nothing else can.

use super::Scope;
use super::code::{Code, Fold, Guard, Has, Operator, Read, Step};
use super::functions::{Function, MOST, whole};
use super::ops::{below, contains, field, no_such_key, of_ints, of_uints, overflow, select, wrong};
use super::val::{Elements, Val, unsure_keys};
use elsa::FrozenVec;
use std::cmp::Ordering;
use std::sync::atomic::AtomicUsize;

/// Why an evaluation stopped; behind a pointer, for the results of every step are handed on by value.
#[derive(Debug)]
pub(super) struct Stop(pub(super) Box<Why>);

/// Why an evaluation stopped.
#[derive(Debug)]
pub(super) enum Why {
    /// It needs something that is not known: a whole phrase.
    Unknown(String),
    /// The object is not of the shape that the rule reads.
    Wrong(String),
    Failed(String),
}

impl Stop {
    pub(super) fn unknown(phrase: String) -> Self {
        Self(Box::new(Why::Unknown(phrase)))
    }

    pub(super) fn wrong(what: String) -> Self {
        Self(Box::new(Why::Wrong(what)))
    }

    pub(super) fn failed(message: String) -> Self {
        Self(Box::new(Why::Failed(message)))
    }
}

const TOO_MANY: &str = "the lists that this compares are too long to be judged";

type Result<T> = std::result::Result<T, Stop>;

/// Keeps what an evaluation makes, for as long as its values are read.
#[derive(Default)]
pub(crate) struct Heap<'v> {
    texts: FrozenVec<String>,
    lists: FrozenVec<Vec<Val<'v>>>,
    maps: FrozenVec<Vec<(Val<'v>, Val<'v>)>>,
}

impl<'v> Heap<'v> {
    pub(super) fn text(&'v self, text: String) -> Val<'v> {
        Val::Text(self.texts.push_get(text))
    }

    pub(super) fn list(&'v self, items: Vec<Val<'v>>) -> Val<'v> {
        Val::List(if items.is_empty() { &[] } else { self.lists.push_get(items) })
    }
}

/// A variable of a macro, with those around it.
struct Local<'l, 'v> {
    value: Val<'v>,
    outer: Locals<'l, 'v>,
}

type Locals<'l, 'v> = Option<&'l Local<'l, 'v>>;

/// Evaluates for one scope.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'v> {
    pub(super) scope: &'v dyn Scope,
    pub(super) heap: &'v Heap<'v>,
    /// Needing what is not known stops; else it is shown as it is written.
    pub(super) is_strict: bool,
}

impl<'v> Evaluation<'v> {
    pub(super) fn run(self, code: &'v Code) -> Result<Val<'v>> {
        self.value(code, None)
    }

    /// The few kinds of code that most expressions are made of; the others are kept out of the way.
    fn value(self, code: &'v Code, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        match code {
            Code::Read(read) => self.read(read, locals),
            Code::Literal(literal) => Ok(literal.val()),
            Code::Has(has) => self.has(has, locals),
            Code::And(sides) => self.either(false, sides, locals),
            Code::Or(sides) => self.either(true, sides, locals),
            Code::Not(of) => Ok(Val::Bool(!self.boolean(of, locals)?)),
            Code::Binary(operator, sides) => {
                let [left, right] = &**sides;
                self.binary(*operator, self.value(left, locals)?, self.value(right, locals)?)
            }
            _ => self.other(code, locals),
        }
    }

    #[inline(never)]
    fn other(self, code: &'v Code, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        match code {
            Code::If(parts) => {
                let [condition, yes, no] = &**parts;
                if self.boolean(condition, locals)? {
                    self.value(yes, locals)
                } else {
                    self.value(no, locals)
                }
            }
            Code::Among(among) => {
                let item = self.value(&among.0, locals)?;
                Ok(Val::Bool(among.1.iter().any(|literal| literal.val().equals(item))))
            }
            Code::Call(function, args) => self.call(*function, args, locals),
            Code::Matches(of) => match self.value(&of.0, locals)? {
                Val::Text(text) => of.1.is_match(text).map(Val::Bool),
                other => Err(wrong("matches", &[other])),
            },
            Code::Fold(fold) => self.fold(fold, locals),
            Code::Negate(of) => self.negate(of, locals),
            Code::List(items) => {
                let items = items.iter().map(|item| self.value(item, locals));
                Ok(self.heap.list(items.collect::<Result<_>>()?))
            }
            Code::Map(pairs) => {
                let pair = |(key, value): &'v (Code, Code)| {
                    Ok((self.value(key, locals)?, self.value(value, locals)?))
                };
                let pairs: Vec<_> = pairs.iter().map(pair).collect::<Result<_>>()?;
                Ok(Val::Pairs(self.heap.maps.push_get(pairs)))
            }
            _ => self.chain(code, locals),
        }
    }

    fn call(self, function: Function, args: &'v [Code], locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        let mut values = [Val::Null; MOST];
        let count = args.len().min(MOST);
        // What a method is called on comes last, as in the reference implementation: of two unknowns,
        // the argument is told.
        for (value, arg) in values.iter_mut().zip(args.iter()).skip(1) {
            *value = self.value(arg, locals)?;
        }
        if let (Some(value), Some(arg)) = (values.first_mut(), args.first()) {
            *value = self.value(arg, locals)?;
        }
        function.call(values.get(..count).unwrap_or_default(), self.heap)
    }

    /// Names, fields and indices; what they lead to may not be known.
    fn chain(self, code: &'v Code, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        match code {
            Code::This => Ok(self.scope.this()),
            Code::Object => Ok(self.scope.object()),
            Code::Old => Ok(self.scope.old()),
            Code::Was => Ok(self.scope.was()),
            Code::Param(name) => Ok(self.scope.param(name)),
            Code::Variable(slot) => Ok(self.scope.variable(*slot)),
            Code::Local(depth) => {
                let mut locals = locals;
                for _ in 0..*depth {
                    locals = locals.and_then(|local| local.outer);
                }
                Ok(locals.map_or(Val::Null, |local| local.value))
            }
            Code::Field(field) => {
                let mut value = self.chain(&field.of, locals)?;
                for name in &field.names {
                    value = select(value, &name.text, &name.hint)?;
                }
                Ok(value)
            }
            Code::Index(parts) => {
                let [of, key] = &**parts;
                self.index(self.chain(of, locals)?, self.value(key, locals)?)
            }
            other => self.value(other, locals),
        }
    }

    /// The value of a chain where it is needed.
    fn read(self, read: &'v Read, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        let value = self.chain(&read.chain, locals)?;
        let reason = match (value, read.guard) {
            (Val::Partial(_), Guard::Text) => return Ok(value),
            (Val::Unknown(_) | Val::Unsaid(_) | Val::Partial(_), guard) => {
                if !self.is_strict {
                    return Ok(if guard == Guard::Text { value } else { value.shown() });
                }
                value.unknown()
            }
            (
                Val::Nodes(_) | Val::Map(..) | Val::Fields(_) | Val::List(_) | Val::Pairs(_),
                Guard::Settled,
            ) if self.is_strict => value.unknown_within(),
            _ => return Ok(value),
        };
        match reason {
            None => Ok(value),
            Some(reason) => Err(Stop::unknown(format!("{} is {reason}", read.phrase))),
        }
    }

    fn boolean(self, code: &'v Code, locals: Locals<'_, 'v>) -> Result<bool> {
        match self.value(code, locals)? {
            Val::Bool(value) => Ok(value),
            other => Err(wrong("a condition", &[other])),
        }
    }

    /// `||` and `&&`: one side that settles it needs no other. Of two that stop, the right one is told.
    fn either(self, settles: bool, sides: &'v [Code; 2], locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        let [left, right] = sides;
        let left = self.boolean(left, locals);
        if matches!(left, Ok(left) if left == settles) {
            return Ok(Val::Bool(settles));
        }
        let right = self.value(right, locals)?;
        match (left, right) {
            (_, Val::Bool(right)) if right == settles => Ok(Val::Bool(settles)),
            (Err(stop), _) => Err(stop),
            (Ok(_), Val::Bool(right)) => Ok(Val::Bool(right)),
            (Ok(_), other) => Err(wrong(if settles { "||" } else { "&&" }, &[other])),
        }
    }

    fn has(self, has: &'v Has, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        let mut value = self.chain(&has.of, locals)?;
        for name in &has.fields {
            match field(value, &name.text, &name.hint)? {
                Some(found) => value = found,
                None => return Ok(Val::Bool(false)),
            }
        }
        Ok(Val::Bool(true))
    }

    fn index(self, of: Val<'v>, key: Val<'v>) -> Result<Val<'v>> {
        match (of, key) {
            (Val::Unknown(_) | Val::Unsaid(_), key) => {
                Err(below(of, if let Val::Text(key) = key { key } else { "it" }))
            }
            (Val::Lookup(slot), Val::Text(name)) => Ok(self.scope.find(slot, name)),
            (Val::Lookup(slot), Val::Partial(partial)) => {
                let found = self.scope.find_partial(slot, partial);
                found.ok_or_else(|| Stop::unknown(format!("{} of {}", slot.name(), partial.raw)))
            }
            (Val::Map(..) | Val::View(_), Val::Text(key)) => select(of, key, &AtomicUsize::new(0)),
            (Val::Pairs(pairs), key) => {
                let found = pairs.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| *value);
                found.ok_or_else(|| no_such_key(&super::val::display(key)))
            }
            _ => {
                let at = match key {
                    Val::Int(at) => Some(at),
                    Val::UInt(at) => i64::try_from(at).ok(),
                    Val::Double(at) if at.fract() == 0.0 => whole(at),
                    _ => None,
                };
                let (Some(items), Some(at)) = (of.items(), at) else { return Err(wrong("[]", &[of, key])) };
                let item = usize::try_from(at).ok().and_then(|at| items.get(at));
                item.ok_or_else(|| no_such_key(&at.to_string()))
            }
        }
    }

    /// An item that is looked at is a step: what looks at each item of a list for each of another takes many.
    fn spend(self, steps: usize) -> Result<()> {
        if self.scope.spend(steps) { Ok(()) } else { Err(Stop::failed(TOO_MANY.to_owned())) }
    }

    fn negate(self, of: &'v Code, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        match self.value(of, locals)? {
            Val::Int(value) => value.checked_neg().map(Val::Int).ok_or_else(|| overflow("-")),
            Val::Double(value) => Ok(Val::Double(-value)),
            other => Err(wrong("-", &[other])),
        }
    }

    fn binary(self, operator: Operator, left: Val<'v>, right: Val<'v>) -> Result<Val<'v>> {
        let compared = |is: fn(Ordering) -> bool| {
            let order = left.compare(right).ok_or_else(|| wrong(operator.sign(), &[left, right]))?;
            Ok(Val::Bool(is(order)))
        };
        match operator {
            Operator::Equals => Ok(Val::Bool(left.equals(right))),
            Operator::Differs => Ok(Val::Bool(!left.equals(right))),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessEquals => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterEquals => compared(Ordering::is_ge),
            Operator::In => {
                self.spend(right.items().map_or(0, Elements::len))?;
                contains(right, left).map(Val::Bool)
            }
            _ => self.calculated(operator, left, right),
        }
    }

    fn calculated(self, operator: Operator, left: Val<'v>, right: Val<'v>) -> Result<Val<'v>> {
        match (operator, left, right) {
            (_, Val::Int(left), Val::Int(right)) => of_ints(operator, left, right).map(Val::Int),
            (_, Val::UInt(left), Val::UInt(right)) => of_uints(operator, left, right).map(Val::UInt),
            (Operator::Add, Val::Double(left), Val::Double(right)) => Ok(Val::Double(left + right)),
            (Operator::Subtract, Val::Double(left), Val::Double(right)) => Ok(Val::Double(left - right)),
            (Operator::Multiply, Val::Double(left), Val::Double(right)) => Ok(Val::Double(left * right)),
            (Operator::Divide, Val::Double(left), Val::Double(right)) => Ok(Val::Double(left / right)),
            (Operator::Add, Val::Text(left), Val::Text(right)) => Ok(self.heap.text([left, right].concat())),
            (Operator::Add, ..) => match (left.items(), right.items()) {
                (Some(left), Some(right)) => {
                    self.spend(left.len() + right.len())?;
                    Ok(self.heap.list(left.iter().chain(right.iter()).collect()))
                }
                _ => Err(wrong(operator.sign(), &[left, right])),
            },
            _ => Err(wrong(operator.sign(), &[left, right])),
        }
    }

    fn fold(self, fold: &'v Fold, locals: Locals<'_, 'v>) -> Result<Val<'v>> {
        let range = self.value(&fold.range, locals)?;
        if let Val::Map(_, map) = range
            && let Some(reason) = unsure_keys(map)
        {
            return Err(Stop::unknown(format!("the rest of the map is {reason}")));
        }
        let items = range.elements().ok_or_else(|| wrong("a macro", &[range]))?;
        match &fold.step {
            Step::All(of) => self.any(false, items, of, locals),
            Step::Exists(of) => self.any(true, items, of, locals),
            Step::ExistsOne(of) => {
                let mut count = 0;
                for value in items.iter() {
                    self.spend(1)?;
                    count += i64::from(self.boolean(of, Some(&Local { value, outer: locals }))?);
                }
                Ok(Val::Bool(count == 1))
            }
            Step::Collect(condition, of) => {
                let mut kept = Vec::new();
                for value in items.iter() {
                    self.spend(1)?;
                    let locals = Some(&Local { value, outer: locals });
                    if condition.as_ref().map_or(Ok(true), |condition| self.boolean(condition, locals))? {
                        kept.push(self.value(of, locals)?);
                    }
                }
                Ok(self.heap.list(kept))
            }
        }
    }

    /// `exists` and `all`: one item that settles it needs no other. Of several that stop, the last is told.
    fn any(
        self,
        settles: bool,
        items: Elements<'v>,
        of: &'v Code,
        locals: Locals<'_, 'v>,
    ) -> Result<Val<'v>> {
        let mut stopped = None;
        for value in items.iter() {
            self.spend(1)?;
            match self.boolean(of, Some(&Local { value, outer: locals })) {
                Ok(answer) if answer == settles => return Ok(Val::Bool(settles)),
                Ok(_) => {}
                Err(stop) => stopped = Some(stop),
            }
        }
        stopped.map_or(Ok(Val::Bool(!settles)), Err)
    }
}
