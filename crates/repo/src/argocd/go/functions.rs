//! The functions that sets use: Go's own, and those of the libraries that Argo CD adds.

use super::run::Stop;
use crate::argocd::git::normalized;
use crate::argocd::parameters::{is_empty, printed};
use manifest::{Entry, Lookup, Map, Node, Number, Origin, UnknownReason, Value, to_json};

type Called = Result<Node, Stop>;

/// A number as it is written: whole where it is whole.
pub(super) fn number(value: f64) -> Number {
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
    if value.fract() == 0.0 && value.abs() < 9e15 { Number::Int(value as i64) } else { Number::Float(value) }
}

/// What a function makes of its arguments. One that is not known here, or is given what it
/// does not take here, makes a value that is not known.
pub(super) fn call(name: &str, arguments: &[Node], here: Origin) -> Called {
    if let Some(reason) = arguments.iter().find_map(Node::unknown_reason) {
        return Err(Stop::Unknown(reason.clone()));
    }
    let beyond = || Stop::Unknown(UnknownReason::Placeholder(format!("the function `{name}`")));
    let call = Call { arguments, here };
    if let Some(value) = call.texts(name) {
        return Ok(value);
    }
    if let Some(value) = call.logic(name) {
        return Ok(value);
    }
    call.collections(name).unwrap_or_else(|| Err(beyond()))
}

struct Call<'a> {
    arguments: &'a [Node],
    here: Origin,
}

impl Call<'_> {
    /// The value is written where the argument of that index is.
    fn made(&self, value: Value, from: usize) -> Node {
        Node { value, origin: self.arguments.get(from).map_or(self.here, |node| node.origin) }
    }

    fn text(&self, text: impl Into<String>) -> Node {
        let from = self.arguments.iter().position(|node| node.origin != self.here).unwrap_or(usize::MAX);
        self.made(Value::String(text.into()), from)
    }

    fn bool(&self, value: bool) -> Node {
        Node { value: Value::Bool(value), origin: self.here }
    }

    /// Functions of texts.
    fn texts(&self, name: &str) -> Option<Node> {
        let strings: Vec<Option<&str>> = self.arguments.iter().map(Node::as_str).collect();
        let made = match (name, strings.as_slice()) {
            ("lower", [Some(text)]) => text.to_lowercase(),
            ("upper", [Some(text)]) => text.to_uppercase(),
            ("trim", [Some(text)]) => text.trim().to_owned(),
            ("trimPrefix", [Some(prefix), Some(text)]) => {
                text.strip_prefix(prefix).unwrap_or(text).to_owned()
            }
            ("trimSuffix", [Some(suffix), Some(text)]) => {
                text.strip_suffix(suffix).unwrap_or(text).to_owned()
            }
            ("trimAll", [Some(chars), Some(text)]) => {
                text.trim_matches(|char| chars.contains(char)).to_owned()
            }
            ("replace", [Some(old), Some(new), Some(text)]) => text.replace(old, new),
            ("normalize", [Some(text)]) => normalized(text),
            ("quote", [Some(text)]) if !text.contains(['"', '\\']) && !text.contains(char::is_control) => {
                format!("\"{text}\"")
            }
            ("squote", [Some(text)]) => format!("'{text}'"),
            ("base", [Some(path)]) if !path.is_empty() && !path.ends_with('/') => {
                path.rsplit('/').next().unwrap_or_default().to_owned()
            }
            ("dir", [Some(path)]) if is_clean(path) => {
                path.rsplit_once('/').map_or(".", |(dir, _)| dir).to_owned()
            }
            ("trunc", [None, Some(text)]) => {
                let length = usize::try_from(self.arguments.first()?.as_i64()?).ok()?;
                text.get(..length.min(text.len()))?.to_owned()
            }
            ("toString", [_]) => printed(self.arguments.first()?),
            ("printf", [Some(format), ..]) => printf(format, self.arguments.get(1..)?)?,
            ("join", [Some(between), None]) => {
                let items = self.arguments.get(1)?.as_list()?;
                items.iter().map(printed).collect::<Vec<_>>().join(between)
            }
            ("toJson", [_]) => to_json(self.arguments.first()?),
            _ => return None,
        };
        Some(self.text(made))
    }

    /// Comparisons, defaults and choices.
    fn logic(&self, name: &str) -> Option<Node> {
        let strings: Vec<Option<&str>> = self.arguments.iter().map(Node::as_str).collect();
        Some(match (name, self.arguments) {
            ("not" | "empty", [value]) => self.bool(is_empty(value)),
            ("eq", [value, others @ ..]) if !others.is_empty() => {
                let alike = others.iter().all(|other| is_basic(value) && same_kind(value, other));
                if !alike {
                    return None;
                }
                self.bool(others.iter().any(|other| other.value == value.value))
            }
            ("ne", [one, two]) if is_basic(one) && same_kind(one, two) => self.bool(one.value != two.value),
            ("default", [default, value]) => if is_empty(value) { default } else { value }.clone(),
            ("default", [default]) => default.clone(),
            ("coalesce", values) => values.iter().find(|value| !is_empty(value))?.clone(),
            ("ternary", [one, two, choice]) => if choice.as_bool()? { one } else { two }.clone(),
            _ => match (name, strings.as_slice()) {
                ("contains", [Some(part), Some(text)]) => self.bool(text.contains(part)),
                ("hasPrefix", [Some(prefix), Some(text)]) => self.bool(text.starts_with(prefix)),
                ("hasSuffix", [Some(suffix), Some(text)]) => self.bool(text.ends_with(suffix)),
                _ => return None,
            },
        })
    }

    /// Functions of lists and maps, and of numbers.
    fn collections(&self, name: &str) -> Option<Called> {
        Some(match (name, self.arguments) {
            ("index", [value, keys @ ..]) => {
                keys.iter().try_fold(value.clone(), |value, key| self.index(&value, key))
            }
            ("first", [list]) => Ok(list.as_list()?.first()?.clone()),
            ("last", [list]) => Ok(list.as_list()?.last()?.clone()),
            ("len", [value]) => {
                let length = match &value.value {
                    Value::String(text) => text.len(),
                    Value::List(items) => items.len(),
                    Value::Map(Map { entries, open: None }) => entries.len(),
                    _ => return None,
                };
                Ok(self.made(Value::Number(Number::Int(i64::try_from(length).ok()?)), usize::MAX))
            }
            ("list", items) => Ok(self.made(Value::List(items.to_vec()), usize::MAX)),
            ("splitList", [between, text]) => {
                let pieces = text.as_str()?.split(between.as_str()?);
                Ok(self.made(
                    Value::List(pieces.map(|piece| self.made(Value::String(piece.to_owned()), 1)).collect()),
                    1,
                ))
            }
            ("split", [between, text]) => {
                let pieces = text.as_str()?.split(between.as_str()?).enumerate();
                let entries = pieces.map(|(at, piece)| Entry {
                    key: format!("_{at}"),
                    key_origin: text.origin,
                    value: self.made(Value::String(piece.to_owned()), 1),
                });
                Ok(self.made(Value::Map(Map { entries: entries.collect(), open: None }), 1))
            }
            ("get", [map, key]) => match map.as_map()?.lookup(key.as_str()?) {
                Lookup::Present(entry) => Ok(entry.value.clone()),
                Lookup::Absent => Ok(self.made(Value::String(String::new()), usize::MAX)),
                Lookup::Unknown(reason) => Err(Stop::Unknown(reason.clone())),
            },
            ("hasKey", [map, key]) => match map.as_map()?.lookup(key.as_str()?) {
                Lookup::Unknown(reason) => Err(Stop::Unknown(reason.clone())),
                found => Ok(self.bool(matches!(found, Lookup::Present(_)))),
            },
            ("dig", [keys @ .., default, map]) => dig(map, keys, default)?,
            ("has", [item, list]) => Ok(self.bool(list.as_list()?.iter().any(|one| one.value == item.value))),
            ("int" | "int64", [value]) => {
                let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
                Ok(self.made(Value::Number(Number::Int(number)), 0))
            }
            ("add", values) => {
                let sum = values.iter().try_fold(0i64, |sum, value| sum.checked_add(value.as_i64()?))?;
                Ok(self.made(Value::Number(Number::Int(sum)), 0))
            }
            _ => return None,
        })
    }

    fn index(&self, value: &Node, key: &Node) -> Called {
        let refused = |reason: &str| Err(Stop::Refused(format!("a template's `index` {reason}")));
        match (&value.value, &key.value) {
            (Value::List(items), Value::Number(Number::Int(at))) => {
                let item = usize::try_from(*at).ok().and_then(|at| items.get(at));
                item.map_or_else(|| refused("is out of range"), |item| Ok(item.clone()))
            }
            (Value::Map(map), Value::String(key)) => match map.lookup(key) {
                Lookup::Present(entry) => Ok(entry.value.clone()),
                Lookup::Unknown(reason) => Err(Stop::Unknown(reason.clone())),
                Lookup::Absent => Ok(Node { value: Value::Null, origin: self.here }),
            },
            (Value::Unknown(unknown), _) => Err(Stop::Unknown(unknown.reason.clone())),
            _ => refused("looks into what is neither a list nor a map"),
        }
    }
}

/// Down a map by keys; the default where one is not there.
fn dig(map: &Node, keys: &[Node], default: &Node) -> Option<Called> {
    let mut value = map;
    for key in keys {
        match value.as_map()?.lookup(key.as_str()?) {
            Lookup::Present(entry) => value = &entry.value,
            Lookup::Absent => return Some(Ok(default.clone())),
            Lookup::Unknown(reason) => return Some(Err(Stop::Unknown(reason.clone()))),
        }
    }
    Some(match value.unknown_reason() {
        Some(reason) => Err(Stop::Unknown(reason.clone())),
        None => Ok(value.clone()),
    })
}

/// Only the marks that mean the same for every value.
fn printf(format: &str, arguments: &[Node]) -> Option<String> {
    let mut made = String::new();
    let mut arguments = arguments.iter();
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            made.push(char);
            continue;
        }
        match chars.next()? {
            '%' => made.push('%'),
            's' => made.push_str(arguments.next()?.as_str()?),
            'v' => made.push_str(&printed(arguments.next()?)),
            'd' => made.push_str(&arguments.next()?.as_i64()?.to_string()),
            _ => return None,
        }
    }
    arguments.next().is_none().then_some(made)
}

/// Numbers are left out: Go compares none from JSON with one in a template.
fn is_basic(node: &Node) -> bool {
    matches!(node.value, Value::String(_) | Value::Bool(_))
}

fn same_kind(one: &Node, two: &Node) -> bool {
    std::mem::discriminant(&one.value) == std::mem::discriminant(&two.value)
}

/// A path that Go would not write otherwise.
fn is_clean(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
