//! What fields, keys and operators do with values.

use super::code::Operator;
use super::eval::Stop;
use super::val::{Val, lookup};
use manifest::Lookup;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use topology::view::View;

type Result<T> = std::result::Result<T, Stop>;

/// A field that must be there.
pub(super) fn select<'v>(of: Val<'v>, name: &str, hint: &AtomicUsize) -> Result<Val<'v>> {
    field(of, name, hint)?.ok_or_else(|| no_such_key(name))
}

/// A field; `None` where it is absent. The hint is where it was among those of the last view.
pub(super) fn field<'v>(of: Val<'v>, name: &str, hint: &AtomicUsize) -> Result<Option<Val<'v>>> {
    match of {
        Val::Map(_, map) => match lookup(map, name) {
            Lookup::Present(entry) => Ok(Some(Val::from(&entry.value))),
            Lookup::Absent => Ok(None),
            Lookup::Unknown(reason) => Err(Stop::unknown(format!("{name} is {reason}"))),
        },
        Val::View(view) => Ok(view_field(view, name, hint)),
        Val::Pairs(pairs) => {
            let is_named = |(key, _): &&(Val<'v>, Val<'v>)| matches!(key, Val::Text(key) if *key == name);
            Ok(pairs.iter().find(is_named).map(|(_, value)| *value))
        }
        Val::Unknown(_) | Val::Unsaid(_) => Err(below(of, name)),
        _ => Err(Stop::wrong(format!("no `.{name}` of {}", of.type_name()))),
    }
}

fn view_field<'v>(view: &'v dyn View, name: &str, hint: &AtomicUsize) -> Option<Val<'v>> {
    let fields = view.schema().fields;
    let at = hint.load(Relaxed);
    if fields.get(at).is_some_and(|field| field.name == name) {
        return view.at(at).map(Val::from);
    }
    let at = fields.iter().position(|field| field.name == name)?;
    hint.store(at, Relaxed);
    view.at(at).map(Val::from)
}

pub(super) fn contains(container: Val<'_>, value: Val<'_>) -> Result<bool> {
    if let (Val::Map(_, map), Val::Text(key)) = (container, value) {
        return match lookup(map, key) {
            Lookup::Present(_) => Ok(true),
            Lookup::Absent => Ok(false),
            Lookup::Unknown(reason) => Err(Stop::unknown(format!("{key} is {reason}"))),
        };
    }
    let is_key = matches!(value, Val::Bool(_) | Val::Int(_) | Val::UInt(_) | Val::Double(_) | Val::Text(_));
    if matches!(container, Val::Map(..) | Val::Pairs(_)) && !is_key {
        return Err(wrong("in", &[value, container]));
    }
    let items = container.elements().ok_or_else(|| wrong("in", &[value, container]))?;
    if items.iter().any(|item| item.equals(value)) {
        return Ok(true);
    }
    match items.iter().find_map(Val::unknown_within) {
        Some(reason) => Err(Stop::unknown(format!("an item of the list is {reason}"))),
        None => Ok(false),
    }
}

pub(super) fn of_ints(operator: Operator, left: i64, right: i64) -> Result<i64> {
    let value = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide | Operator::Modulo if right == 0 => return Err(by_zero(operator)),
        Operator::Divide => left.checked_div(right),
        Operator::Modulo => left.checked_rem(right),
        _ => None,
    };
    value.ok_or_else(|| overflow(operator.sign()))
}

pub(super) fn of_uints(operator: Operator, left: u64, right: u64) -> Result<u64> {
    let value = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide | Operator::Modulo if right == 0 => return Err(by_zero(operator)),
        Operator::Divide => left.checked_div(right),
        Operator::Modulo => left.checked_rem(right),
        _ => None,
    };
    value.ok_or_else(|| overflow(operator.sign()))
}

/// What is below a value of which nothing is known is not known either.
pub(super) fn below(of: Val<'_>, key: &str) -> Stop {
    Stop::unknown(format!("what holds {key} is {}", of.unknown().unwrap_or_default()))
}

pub(super) fn no_such_key(key: &str) -> Stop {
    Stop::failed(format!("nothing is at `{key}`"))
}

fn by_zero(operator: Operator) -> Stop {
    Stop::failed(format!("`{}` by zero", operator.sign()))
}

pub(super) fn overflow(sign: &str) -> Stop {
    Stop::failed(format!("`{sign}` gives a number that is too large"))
}

/// An operation was not made for what it met.
pub(super) fn wrong(operation: &str, values: &[Val<'_>]) -> Stop {
    let types: Vec<_> = values.iter().map(|value| value.type_name()).collect();
    Stop::wrong(format!("no `{operation}` for {}", types.join(" and ")))
}
