//! Scalars by themselves, where the rest of an object cannot matter to them: to write a whole object and read it
//! again takes fifty times as long.
//!
//! A value has no line feeds, so what it makes of a scalar ends with the line of that scalar, unless it opens a quote,
//! a bracket or a block. Where what comes out is far from that, the scalar stands for itself.

use crate::document::document;
use crate::emit::is_string;
use crate::evaluate::evaluate;
use crate::holes::Marks;
use crate::rebuild::{Output, Rebuild};
use crate::sites::Sites;
use crate::variables::Variables;
use manifest::{Node, Value};

/// Fills in each scalar by itself, where that is enough; `None`, and nothing is changed, where it is not.
pub(crate) fn filled_alone(node: &mut Node, variables: &Variables) -> Option<()> {
    let mut filled = Vec::new();
    collect(node, variables, &mut filled)?;
    put_back(node, &mut filled.into_iter());
    Some(())
}

/// What becomes of each text with a variable, in order.
fn collect(node: &Node, variables: &Variables, filled: &mut Vec<Node>) -> Option<()> {
    match &node.value {
        Value::String(text) if has_none(text) => Some(()),
        Value::String(text) => {
            filled.push(scalar(node, text, variables)?);
            Some(())
        }
        Value::Partial(_) | Value::Unknown(_) => None,
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(()),
        Value::List(items) => items.iter().try_for_each(|item| collect(item, variables, filled)),
        Value::Map(map) => {
            if map.open.is_some() || !map.entries.iter().all(|entry| has_none(&entry.key)) {
                return None;
            }
            map.entries.iter().try_for_each(|entry| collect(&entry.value, variables, filled))
        }
    }
}

/// Puts the texts in, in the same order.
fn put_back(node: &mut Node, filled: &mut impl Iterator<Item = Node>) {
    match &mut node.value {
        Value::String(text) if !has_none(text) => {
            if let Some(filled) = filled.next() {
                *node = filled;
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| put_back(item, filled)),
        Value::Map(map) => map.entries.iter_mut().for_each(|entry| put_back(&mut entry.value, filled)),
        _ => {}
    }
}

/// Whether Flux leaves a text as it is: a `$` by itself is none of its signs.
pub(crate) fn has_none(text: &str) -> bool {
    !text.contains('$') || !(text.contains("${") || text.contains("$$"))
}

/// What becomes of one text; `None` where that may depend on what stands around it, or reach into that.
fn scalar(node: &Node, text: &str, variables: &Variables) -> Option<Node> {
    if !is_simple(text) {
        return None;
    }
    let marks = Marks::new(|char| text.contains(char))?;
    let output = Output::new(evaluate(text, variables).ok()?, &marks);
    let filled = output.text.as_str();
    if !is_plain(filled, |char| marks.is_bound(char)) {
        return None;
    }
    let value = match filled {
        "" => Value::Null,
        _ if is_string(filled) => Value::String(filled.to_owned()),
        _ => document(filled).ok()??.value,
    };
    if matches!(value, Value::List(_) | Value::Map(_)) {
        return None;
    }
    let sites = Sites::alone(node, text);
    let rebuild = Rebuild { output: &output, sites: &sites, marks: &marks, origin: node.origin };
    Some(rebuild.scalar(value, 0..filled.len()))
}

/// Whether a text can neither open nor end anything, wherever it is put. `or` are characters that are as harmless.
fn is_plain(text: &str, or: impl Fn(char) -> bool) -> bool {
    let starts = |char: char| char.is_ascii_alphanumeric() || "_/".contains(char) || or(char);
    let inside = |char: char| starts(char) || ".@+-:*, ".contains(char);
    let ends = |char: char| starts(char) || ".*".contains(char);
    text.chars().all(inside)
        && text.chars().next().is_none_or(starts)
        && text.chars().last().is_none_or(ends)
        && !text.contains(": ")
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
        if !is_name || !is_plain(default, |_| false) || !is_around(before) {
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
    use crate::substitute::filled;
    use crate::variables::Variable;
    use manifest::UnknownReason;

    fn object(text: &str) -> Node {
        document(text).unwrap().unwrap()
    }

    fn variables() -> Variables {
        let mut variables = Variables::default();
        let known = |value: &str| Variable::Known(value.to_owned(), object("a: b").origin);
        for (name, value) in [
            ("COUNT", "3"),
            ("NAME", "shop"),
            ("EMPTY", ""),
            ("CRON", "0 0 2 * * *"),
            ("NET", "10.0.0.0/16"),
            ("DAY", "2026-01-02"),
            ("TIME", "1:30"),
            ("YES", "yes"),
            ("QUOTE", "\""),
            ("LIST", "[a]"),
            ("DASH", "- a"),
            ("COLON", "a:"),
        ] {
            variables.set(name, known(value));
        }
        variables.set("SECRET", Variable::Unknown(UnknownReason::Encrypted, Some(object("a: b").origin)));
        variables
    }

    #[test]
    fn by_itself_a_scalar_becomes_what_it_becomes_in_the_whole() {
        for text in [
            "kind: Cluster\nmetadata:\n  name: ${NAME}-db\n  labels: {a: b}\nspec:\n  instances: ${COUNT}\n  size: ${SIZE:=10}Gi\n",
            "spec:\n  list:\n  - one\n  - ${COUNT}\n  - {a: 1, b: \"${NAME}\", c: [x, '${EMPTY}']}\n",
            "schedule: ${CRON}\nnone: ${EMPTY}\nunset: ${OTHER}\ndefault: ${OTHER:-true}\n",
            "a: ${NET}\nb: ${DAY}\nc: ${TIME}\nd: ${YES}\ne: ${NAME}:${COUNT}\nf: ${COUNT}.${COUNT}\n",
            "a: ${SECRET}\nb: ${NAME}-${SECRET}\nc: ${SECRET}${COUNT}\nd: ${SECRET}.example.org\n",
            "a: ^x$\nb: '$HOME/${NAME}'\nc: ${NAME}\nd: $(date)\n",
            "a: ${NONE:=0 0 2 * * *}\nb: ${NONE:=${NAME}}\nc: \"${NONE:-x}\"\n",
        ] {
            let whole = object(text);
            let mut alone = whole.clone();
            let is_alone = filled_alone(&mut alone, &variables()).is_some();
            assert_eq!(is_alone, !text.contains("HOME") && !text.contains(":=${"), "{text}");
            if is_alone {
                assert_eq!(alone, filled(&whole, &variables()).ok().unwrap(), "{text}");
            }
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
            "a: ${QUOTE}",
            "a: ${LIST}",
            "a: ${DASH}",
            "a: ${COLON}",
            "a: '${NAME}:'",
            "a: '-${NAME}'",
            "a: |\n  x\n  ${NAME}\n",
        ] {
            let whole = object(text);
            let mut node = whole.clone();
            assert!(filled_alone(&mut node, &variables()).is_none(), "{text}");
            assert_eq!(node, whole, "{text}");
        }
    }
}
