//! Only what has variables, where the rest of an object cannot matter to it: to write a whole object and read it
//! again takes ten times as long.
//!
//! A value has no line feeds, so what it makes of a scalar ends with the line of that scalar, unless it opens a quote,
//! a bracket or a block. Where every text and every value is far from that, each scalar stands for itself.

use crate::variables::{Variable, Variables};
use manifest::{Entry, Map, Node, Value};

/// The object with what has variables, and nothing else: items of lists that have none are null. `None`: the whole
/// object is needed.
pub(crate) fn slim(node: &Node, variables: &Variables) -> Option<Node> {
    let is_harmless = |(_, variable): (&str, &Variable)| match variable {
        Variable::Known(value, _) => is_plain(value),
        Variable::Unknown(..) => true,
    };
    if !variables.iter().all(is_harmless) {
        return None;
    }
    pruned(node).ok().flatten().filter(|slim| matches!(slim.value, Value::Map(_)))
}

/// Lays what became of the slim object over the whole one; `None` where they do not fit.
pub(crate) fn laid_over(node: &mut Node, slim: &Node, filled: Node) -> Option<()> {
    match (&mut node.value, &slim.value, filled.value) {
        (Value::Map(whole), Value::Map(slim), Value::Map(filled))
            if slim.entries.len() == filled.entries.len() =>
        {
            for entry in filled.entries {
                let slim = &slim.entry(&entry.key)?.value;
                let whole = whole.entries.iter_mut().find(|one| one.key == entry.key)?;
                laid_over(&mut whole.value, slim, entry.value)?;
            }
            Some(())
        }
        (Value::List(whole), Value::List(slim), Value::List(filled)) if slim.len() == filled.len() => {
            for ((whole, slim), filled) in whole.iter_mut().zip(slim).zip(filled) {
                if slim.value != Value::Null {
                    laid_over(whole, slim, filled)?;
                }
            }
            Some(())
        }
        (Value::String(_), Value::String(_), value) => {
            *node = Node { value, origin: filled.origin };
            Some(())
        }
        _ => None,
    }
}

/// The whole object is needed.
struct Whole;

/// What of a value has variables, if anything has.
fn pruned(node: &Node) -> Result<Option<Node>, Whole> {
    let origin = node.origin;
    let value = match &node.value {
        Value::String(text) if !text.contains('$') => return Ok(None),
        Value::String(text) if is_simple(text) => Value::String(text.clone()),
        Value::String(_) | Value::Partial(_) | Value::Unknown(_) => return Err(Whole),
        Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(None),
        Value::List(items) => {
            let items: Vec<Option<Node>> = items.iter().map(pruned).collect::<Result<_, _>>()?;
            if items.iter().all(Option::is_none) {
                return Ok(None);
            }
            let null = || Node { value: Value::Null, origin };
            Value::List(items.into_iter().map(|item| item.unwrap_or_else(null)).collect())
        }
        Value::Map(map) => {
            let mut entries = Vec::new();
            for entry in &map.entries {
                if entry.key.contains('$') || map.open.is_some() {
                    return Err(Whole);
                }
                if let Some(value) = pruned(&entry.value)? {
                    entries.push(Entry { key: entry.key.clone(), key_origin: entry.key_origin, value });
                }
            }
            if entries.is_empty() {
                return Ok(None);
            }
            Value::Map(Map { entries, open: None })
        }
    };
    Ok(Some(Node { value, origin }))
}

/// Whether a value can neither open nor end anything, wherever it is put.
fn is_plain(value: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_./@+-:*, ".contains(&byte);
    let starts = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.".contains(&byte);
    let ends = |byte: u8| starts(byte) || byte == b'*';
    let bytes = value.as_bytes();
    let (first, last) = (bytes.first().copied(), bytes.last().copied());
    bytes.iter().all(|byte| inside(*byte))
        && first.is_none_or(starts)
        && last.is_none_or(ends)
        && !value.contains(": ")
}

/// Whether what a text becomes cannot depend on what stands behind it: each variable ends where it began, and what is
/// around them is plain.
fn is_simple(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let Some((inside, behind)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) else {
            return false;
        };
        let (name, default) =
            inside.split_at(inside.find(|char| ":=-".contains(char)).unwrap_or(inside.len()));
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        let default = default.strip_prefix(":=").or_else(|| default.strip_prefix(":-")).unwrap_or(default);
        if !is_name || !is_plain(default) || !is_around(before) {
            return false;
        }
        rest = behind;
    }
    is_around(rest)
}

/// Whether a text beside a variable is plain: it may end or start with what joins it to the variable.
fn is_around(text: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_./@+-:".contains(&byte);
    text.bytes().all(is_inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::document;
    use crate::substitute::{filled, filled_slim};

    fn object(text: &str) -> Node {
        document(text).unwrap().unwrap()
    }

    fn variables() -> Variables {
        let mut variables = Variables::default();
        let known = |value: &str| Variable::Known(value.to_owned(), object("a: b").origin);
        variables.set("COUNT", known("3"));
        variables.set("NAME", known("shop"));
        variables.set("EMPTY", known(""));
        variables.set("CRON", known("0 0 2 * * *"));
        variables
    }

    #[test]
    fn by_itself_a_scalar_becomes_what_it_becomes_in_the_whole() {
        for text in [
            "kind: Cluster\nmetadata:\n  name: ${NAME}-db\n  labels: {a: b}\nspec:\n  instances: ${COUNT}\n  size: ${SIZE:=10}Gi\n",
            "spec:\n  list:\n  - one\n  - ${COUNT}\n  - {a: 1, b: \"${NAME}\", c: [x, '${EMPTY}']}\n",
            "schedule: ${CRON}\nnone: ${EMPTY}\nunset: ${OTHER}\ndefault: ${OTHER:-true}\n",
        ] {
            let whole = object(text);
            let mut by_slim = whole.clone();
            assert!(filled_slim(&mut by_slim, &variables()).is_some(), "{text}");
            let by_whole = filled(&whole, &variables()).ok().unwrap();
            assert_eq!(by_slim, by_whole, "{text}");
        }
    }

    #[test]
    fn what_may_reach_further_needs_the_whole() {
        for text in [
            "a: ${NAME",
            "a: ${X:=\"}\nb: y",
            "${NAME}: x",
            "a: '${EMPTY}|'",
            "a: $${NAME}",
            "a: ${NAME/x/y}",
        ] {
            assert!(slim(&object(text), &variables()).is_none(), "{text}");
        }
        let mut quoting = variables();
        quoting.set("QUOTE", Variable::Known("\"".to_owned(), object("a: b").origin));
        assert!(slim(&object("a: ${NAME}"), &quoting).is_none());
    }
}
