//! Texts, pieces of texts and objects, and values of their variables.

use manifest::{Node, Part, Value as Known};
use proptest::strategy::Strategy;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `UNSET` and others are not among them.
pub(crate) fn vars() -> BTreeMap<String, String> {
    let vars = [
        ("ONE", "1"),
        ("EMPTY", ""),
        ("WORD", "postgres"),
        ("UPPER", "Main-DB.example"),
        ("PATH_LIKE", "a/b/c.tar.gz"),
        ("KEY", "a: b"),
        ("LIST", "[1, two]"),
        ("MAP", "{a: 1}"),
        ("QUOTE", "'"),
        ("DOUBLE", "\""),
        ("HASH", "x # y"),
        ("NULL", "null"),
        ("YES", "yes"),
        ("SIZE", "10Gi"),
        ("SPACED", " x "),
        ("ACCENT", "éa"),
        ("OTHER", "${ONE}"),
        ("_under", "low"),
    ];
    vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

pub(crate) const TEXTS: &[&str] = &[
    "",
    "plain",
    "$",
    "$$",
    "$$$",
    "$$$$",
    "$ONE",
    "$$ONE",
    "${ONE}",
    "$${ONE}",
    "$$${ONE}",
    "$$$${ONE}",
    "a$${b}c${ONE}",
    "${",
    "${}",
    "${ONE",
    "${ ONE}",
    "${ONE }",
    "${1}",
    "${1A}",
    "${.x}",
    "${a-b}",
    "${a.b}",
    "${été}",
    "${Ⅷ}",
    "${ONE}}",
    "{${ONE}}",
    "$(ONE)",
    "${{ github.ref }}",
    "{{ .x }}",
    "${UNSET}",
    "a${UNSET}b",
    "${EMPTY}",
    "${UNSET:-d}",
    "${UNSET:=d}",
    "${UNSET=d}",
    "${UNSET-d}",
    "${UNSET:+d}",
    "${UNSET+d}",
    "${UNSET:?d}",
    "${UNSET?d}",
    "${ONE:-d}",
    "${ONE:=d}",
    "${ONE=d}",
    "${ONE:+d}",
    "${ONE:?d}",
    "${EMPTY:-d}",
    "${EMPTY:=d}",
    "${EMPTY=d}",
    "${UNSET:-}",
    "${UNSET:=}",
    "${UNSET=}",
    "${UNSET:=${ONE}}",
    "${UNSET:=a${ONE}b}",
    "${UNSET:=${ONE}${WORD}}",
    "${UNSET:=${ALSO:=${WORD}}}",
    "${UNSET:=a$b}",
    "${UNSET:=a$$b}",
    "${UNSET:=$${ONE}}",
    "${UNSET:=a:b}",
    "${UNSET:=a b}",
    "${UNSET:='}",
    "${UNSET:=\"x\"}",
    "${UNSET:={}}",
    "${UNSET:=\\}}",
    "${#WORD}",
    "${#UNSET}",
    "${#ACCENT}",
    "${#WORD:-x}",
    "${#}",
    "${##}",
    "${UPPER,}",
    "${UPPER,,}",
    "${WORD^}",
    "${WORD^^}",
    "${WORD^,}",
    "${WORD^^^}",
    "${ACCENT^}",
    "${ACCENT^^}",
    "${EMPTY^}",
    "${WORD^x}",
    "${WORD:1}",
    "${WORD:1:2}",
    "${WORD:0:3}",
    "${WORD: -3}",
    "${WORD:-3}",
    "${WORD:0:-2}",
    "${WORD:9}",
    "${WORD:2:99}",
    "${WORD:x}",
    "${WORD:1:x}",
    "${WORD::2}",
    "${WORD:}",
    "${WORD:1:}",
    "${WORD:1::2}",
    "${WORD:${ONE}}",
    "${WORD:${ONE}:${ONE}}",
    "${WORD:${ONE}1}",
    "${ACCENT:1}",
    "${ACCENT:0:1}",
    "${WORD:+1:2}",
    "${WORD:99999999999999999999}",
    "${WORD:6:-5}",
    "${WORD:0:-9}",
    "${PATH_LIKE#*/}",
    "${PATH_LIKE##*/}",
    "${PATH_LIKE%.*}",
    "${PATH_LIKE%%.*}",
    "${PATH_LIKE#a}",
    "${PATH_LIKE#x}",
    "${PATH_LIKE##[a-c]/}",
    "${PATH_LIKE##[^a]}",
    "${PATH_LIKE%gz}",
    "${PATH_LIKE%?}",
    "${PATH_LIKE#}",
    "${PATH_LIKE##*}",
    "${PATH_LIKE#*}",
    "${PATH_LIKE%*}",
    "${PATH_LIKE#[}",
    "${PATH_LIKE#[]a]}",
    "${PATH_LIKE#\\a}",
    "${PATH_LIKE#${UNSET:=a}}",
    "${PATH_LIKE#${UNSET}}",
    "${ACCENT#?}",
    "${ACCENT%a}",
    "${PATH_LIKE#a*}",
    "${PATH_LIKE##a*c}",
    "${PATH_LIKE/a/x}",
    "${PATH_LIKE//\\//-}",
    "${PATH_LIKE//a/x}",
    "${PATH_LIKE/#a/x}",
    "${PATH_LIKE/%gz/x}",
    "${PATH_LIKE/%x/y}",
    "${PATH_LIKE/b/}",
    "${PATH_LIKE/b}",
    "${PATH_LIKE//.//}",
    "${PATH_LIKE/${UNSET:=a}/${ONE}}",
    "${PATH_LIKE/.//x}",
    "${PATH_LIKE/}",
    "${PATH_LIKE//${UNSET}/x}",
    "${WORD/o/$$}",
    "${WORD/o/\\\\}",
    "${WORD//s/${ONE}}",
    "${WORD/o/a}b}",
    "${WORD/\\o/x}",
    "${UPPER//./-}",
    "${UPPER/-DB/}",
    "${WORD/#x/y}",
    "${WORD/#/y}",
    "${WORD/%/y}",
    "${OTHER}",
    "${_under}",
    "a\n${ONE}\nb",
    "${UNSET:-a\nb}",
    "${KEY} ${LIST}",
    "cron 0 ${MINUTE:=5} 2 * * *",
    "${ONE\u{0}}",
    "a\u{0}b${ONE}",
    "${UNSET:-\u{0}}",
];

const MORE: &[&str] = &[
    "$",
    "{",
    "}",
    "${",
    "$$",
    "$${",
    "ONE",
    "WORD",
    ":",
    "-",
    ":-",
    ":=",
    "=",
    "#",
    "##",
    "%",
    "/",
    "//",
    "/#",
    "^",
    "^^",
    ",",
    ",,",
    "?",
    "+",
    "1",
    "2",
    "a",
    "b",
    "é",
    " ",
    "*",
    "[",
    "]",
    "\\",
    "'",
    "\"",
    "\n",
    "\n  ",
    "x",
    ".",
    "- ",
    ": ",
    " #",
    "&",
    "!",
    "|",
    ">",
    "@",
    "`",
    "~",
    "null",
    "${ONE}",
    "${WORD}",
    "${RANDOM}",
    "x ${RANDOM} y",
    "${UNSET}",
    "${EMPTY}",
    "${KEY}",
    "${LIST}",
    "${MAP}",
    "${QUOTE}",
    "${DOUBLE}",
    "${HASH}",
    "${NULL}",
    "${YES}",
    "${SIZE}",
    "${SPACED}",
    "${UNSET:=",
    "${UNSET:-",
    "${WORD/",
    "${WORD:",
    "${WORD%",
    "${WORD#",
    "${#WORD}",
    "word word word word word word ",
    "\t",
    "\u{7}",
    "\u{2028}",
    "0x",
    "1e",
    "ü",
];

pub(crate) fn piece() -> impl Strategy<Value = String> {
    proptest::sample::select(MORE).prop_map(str::to_owned)
}

/// Around a variable.
const AROUND: &[&str] = &[
    "a ${V} b",
    "${V}",
    "- ${V}",
    "\"${V}\"",
    "'${V}'",
    "${V}: x",
    "x\n${V}\n",
    "x\n${V}",
    "  x\n${V}\n\n",
    "${V}\n",
    "@${V}",
    "${V} ",
    "{${V}}",
    "#${V}",
    "a #${V}",
    "1${V}",
    "\t${V}",
    "é${V}",
];

/// What it may bring.
const BROUGHT: &[&str] = &[
    "",
    "1",
    "1.5",
    "1e3",
    "0x1f",
    "017",
    "true",
    "null",
    "~",
    "yes",
    "a",
    "a b",
    "a: b",
    "a:b",
    "- x",
    "[1]",
    "{a: 1}",
    "'",
    "\"",
    "#",
    "x # y",
    "&a",
    "*a",
    "!t",
    "!!str 1",
    "|",
    ">",
    "%",
    "@",
    "`",
    "2001-01-01",
    "1:30",
    ".inf",
    "\\n",
    "\\",
    "<<",
    "é",
    "\u{1F600}",
    "=",
    "---",
    "...",
];

/// Objects and their variables.
pub(crate) fn objects() -> Vec<(Value, Value)> {
    let long = "word ".repeat(30);
    let all = json!(vars());
    let texts =
        TEXTS.iter().map(|text| (json!({"spec": {"a": text, "list": [text, {"x": text}]}}), all.clone()));
    let keys = TEXTS.iter().map(|text| (json!({"a": {*text: 1}}), all.clone()));
    let pairs = AROUND.iter().flat_map(|around| {
        BROUGHT.iter().map(move |value| (json!({"key": around, "next": ["x", around]}), json!({"V": value})))
    });
    let long = ["${V}", "${UNSET:-a b}", "'${V}'", "#", "\n${V}", "é ${V} \t"].map(|tail| {
        (
            json!({"spec": {"key": format!("{long}{tail} {long}"), "list": [format!("{long}{tail}")]}}),
            json!({"V": "x y: z"}),
        )
    });
    texts.chain(keys).chain(pairs).chain(long).chain(others()).collect()
}

/// Objects that are of no pattern.
fn others() -> Vec<(Value, Value)> {
    vec![
        (json!({"a": "${X:-1", "b": "2}"}), json!({"V": ""})),
        (json!({"a": "${X:-1", "b": "${Y:=z}}"}), json!({"V": ""})),
        (json!({"a": "${X:-1"}), json!({"V": ""})),
        (
            json!({"a": "${X:-1", "b": ["10.0.0.1", "1:30", "0.0.0.0:80", "2001-01-01", "1e3", "on", "", "+1", "-x", "1_0", "0o7", "1:99", 5, null, true, 1.5], "c": "'}"}),
            json!({"V": ""}),
        ),
        (
            json!({"a2": "${A}", "a10": 1, "a1": null, "b": [], "c": {}, "A": [[1, ["${A}"]], {}], "_": 1.5}),
            json!({"A": "v"}),
        ),
        (json!({"${A}": 1, "v": 2}), json!({"A": "v"})),
        (json!({"${A}": 1}), json!({"A": "v: 1\nw"})),
        (
            json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}, "a": "${A}"}),
            json!({"A": "v"}),
        ),
        (
            json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}, "a": "${A"}),
            json!({"A": "v"}),
        ),
        (
            json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/substitute": "enabled"}}, "a": "${A}"}),
            json!({"A": "v"}),
        ),
        (
            json!({"x".repeat(130): "${A}", "y".repeat(120) + "${A}": 1, "z\nz${A}": 2}),
            json!({"A": "v".repeat(20)}),
        ),
        (json!({"a": "$${X}"}), json!({})),
        (json!({"a": "$${X}"}), json!({"B": "1"})),
        (json!({"a": "${${X}}"}), json!({"B": "1"})),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"s": "#!/bin/sh\nset -e\necho $${HOME} \"${A}\"\n", "n": "${N:=3}"}}),
            json!({"A": "v"}),
        ),
    ]
}

/// Whether what is said of a value, with holes, is true of it.
pub(crate) fn agrees(said: &Node, truth: &Node) -> bool {
    match (&said.value, &truth.value) {
        // A value is not taken to bring a list or map into a text.
        (Known::Unknown(_), _) | (Known::Partial(_), Known::List(_) | Known::Map(_)) => true,
        (Known::Partial(partial), Known::String(text)) => matches(&partial.parts, text),
        (Known::List(said), Known::List(truth)) => {
            said.len() == truth.len() && said.iter().zip(truth).all(|(said, truth)| agrees(said, truth))
        }
        (Known::Map(said), Known::Map(truth)) => {
            let known = said.entries.iter().filter(|entry| !entry.key.contains("${"));
            let found = |key: &str| truth.entry(key).map(|entry| &entry.value);
            let all =
                known.clone().all(|entry| found(&entry.key).is_some_and(|truth| agrees(&entry.value, truth)));
            all && (said.open.is_some() || said.entries.len() == truth.entries.len())
        }
        (said, truth) => said == truth,
    }
}

fn matches(parts: &[Part], text: &str) -> bool {
    match parts.split_first() {
        None => text.is_empty(),
        Some((Part::Text(known), rest)) => {
            text.strip_prefix(known.as_str()).is_some_and(|text| matches(rest, text))
        }
        Some((Part::Hole, rest)) => {
            text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
        }
    }
}
