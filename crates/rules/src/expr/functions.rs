//! The functions that expressions may call.

use super::strict::{KNOWN, MATCHES, SETTLED, SHOWN, TEXT};
use super::value::{PARTIAL_TYPE, PartialVal, UnknownVal, reason_of, unknown};
use cel::common::types::{CelBool, CelDouble, CelInt, CelNull, CelString, CelUInt, DYN_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use manifest::{Part, Partial};
use regex_lite::Regex;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Every function a rule may call, besides operators and macros.
pub(crate) const FUNCTIONS: [&str; 19] = [
    "bool",
    "charAt",
    "contains",
    "double",
    "endsWith",
    "indexOf",
    "int",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "matches",
    "replace",
    "size",
    "split",
    "startsWith",
    "string",
    "substring",
    "trim",
    "upperAscii",
];

type Result<'b, 'v> = std::result::Result<CowVal<'b, 'v>, ExecutionError>;

/// The standard library, its strings extension, and what reading unknowns takes.
pub(super) fn environment() -> Env {
    let mut env = Env::stdlib();
    // Declaring fails only for a name that is declared twice; a test calls every one of them.
    let guards = [(KNOWN, known as Overload), (SETTLED, settled), (TEXT, text), (SHOWN, shown)];
    let declared = guards
        .into_iter()
        .try_for_each(|(name, function)| env.add_overload(name, name, vec![DYN_TYPE, STRING_TYPE], function));
    debug_assert!(declared.is_ok());
    let partial = [("startsWith", starts_with as Overload), ("endsWith", ends_with), ("contains", contains)];
    let declared = partial.into_iter().try_for_each(|(name, function)| {
        let id = format!("partial_{name}");
        env.add_member_overload(name, &id, PARTIAL_TYPE.to_owned(), vec![STRING_TYPE], function)
    });
    debug_assert!(declared.is_ok());
    let declared =
        env.add_member_overload(MATCHES, MATCHES, STRING_TYPE.to_owned(), vec![STRING_TYPE], matches_cached);
    debug_assert!(declared.is_ok());
    let extended = env.add_extension(cel::extensions::strings);
    debug_assert!(extended.is_ok());
    env
}

/// By value, because `cel` hands the arguments over so.
type Overload = for<'b, 'v> fn(Vec<CowVal<'b, 'v>>) -> Result<'b, 'v>;

/// The value, the phrase for it.
fn guarded<'b, 'v>(args: Vec<CowVal<'b, 'v>>, deep: bool, partial: bool) -> Result<'b, 'v> {
    let mut args = args.into_iter();
    let (Some(value), Some(phrase)) = (args.next(), args.next()) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    if partial && value.downcast_ref::<PartialVal>().is_some() {
        return Ok(value);
    }
    match reason_of(value.as_ref(), deep) {
        None => Ok(value),
        Some(reason) => {
            let phrase = phrase.downcast_ref::<CelString>().map_or("a value", CelString::inner);
            Err(unknown(&format!("{phrase} is {reason}")))
        }
    }
}

fn known<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    guarded(args, false, false)
}

fn settled<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    guarded(args, true, false)
}

fn text<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    guarded(args, false, true)
}

fn shown<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    let value = args.into_iter().next().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    let raw = match (value.downcast_ref::<UnknownVal>(), value.downcast_ref::<PartialVal>()) {
        (Some(value), _) => value.raw.clone(),
        (None, Some(PartialVal(partial))) => partial.raw.clone(),
        (None, None) => return Ok(value),
    };
    Ok(CowVal::owned(CelString::from(raw)))
}

/// Asks partly known text; `decide` gives what is surely so.
fn of_partial<'b, 'v>(args: &[CowVal<'b, 'v>], decide: fn(&Partial, &str) -> Option<bool>) -> Result<'b, 'v> {
    let partial = args.first().and_then(|value| value.downcast_ref::<PartialVal>());
    let word = args.get(1).and_then(|value| value.downcast_ref::<CelString>());
    let (Some(PartialVal(partial)), Some(word)) = (partial, word) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    decide(partial, word.inner())
        .map(|answer| CowVal::owned(CelBool::from(answer)))
        .ok_or_else(|| unknown(&format!("the text is {}", partial.raw)))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of `Overload`")]
fn starts_with<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    of_partial(&args, |partial, word| match partial.parts.first() {
        Some(Part::Text(text)) if text.starts_with(word) => Some(true),
        Some(Part::Text(text)) if !word.starts_with(text.as_str()) => Some(false),
        _ => word.is_empty().then_some(true),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of `Overload`")]
fn ends_with<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    of_partial(&args, |partial, word| match partial.parts.last() {
        Some(Part::Text(text)) if text.ends_with(word) => Some(true),
        Some(Part::Text(text)) if !word.ends_with(text.as_str()) => Some(false),
        _ => word.is_empty().then_some(true),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of `Overload`")]
fn contains<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    of_partial(&args, |partial, word| {
        let found = partial.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(word)));
        found.then_some(true)
    })
}

/// `matches`, with each pattern compiled once a run instead of once an evaluation.
#[expect(clippy::needless_pass_by_value, reason = "the signature is that of `Overload`")]
fn matches_cached<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<'b, 'v> {
    let text = |index: usize| args.get(index).and_then(|value| value.downcast_ref::<CelString>());
    let (Some(text), Some(pattern)) = (text(0), text(1)) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    let pattern = compiled(pattern.inner())?;
    Ok(CowVal::owned(CelBool::from(pattern.is_match(text.inner()))))
}

/// A pattern, compiled once.
fn compiled(pattern: &str) -> std::result::Result<Arc<Regex>, ExecutionError> {
    static PATTERNS: RwLock<Option<HashMap<String, Arc<Regex>>>> = RwLock::new(None);
    let known = PATTERNS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.as_ref().and_then(|patterns| patterns.get(pattern)) {
        return Ok(Arc::clone(known));
    }
    drop(known);
    let made = Regex::new(pattern).map_err(|error| ExecutionError::FunctionError {
        function: "matches".to_owned(),
        message: format!("`{pattern}` is no pattern: {error}"),
    })?;
    let made = Arc::new(made);
    let mut patterns = PATTERNS.write().unwrap_or_else(PoisonError::into_inner);
    patterns.get_or_insert_default().insert(pattern.to_owned(), Arc::clone(&made));
    Ok(made)
}

/// A value as people read it.
pub(super) fn display(value: &dyn Val) -> String {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return text.inner().to_owned();
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return number.inner().to_string();
    }
    if let Some(number) = value.downcast_ref::<CelUInt>() {
        return number.inner().to_string();
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        return number.inner().to_string();
    }
    if let Some(answer) = value.downcast_ref::<CelBool>() {
        return answer.inner().to_string();
    }
    if let Some(value) = value.downcast_ref::<UnknownVal>() {
        return value.raw.clone();
    }
    if let Some(PartialVal(partial)) = value.downcast_ref::<PartialVal>() {
        return partial.raw.clone();
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return "nothing".to_owned();
    }
    let Some(items) = value.as_iterable() else { return format!("a {}", value.get_type().name()) };
    let mut items = items.iter();
    let mut texts = Vec::new();
    while let Some(item) = items.next() {
        texts.push(display(item));
    }
    texts.join(", ")
}
