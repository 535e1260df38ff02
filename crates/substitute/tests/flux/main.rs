//! Holds our substitution against Flux's own library, text by text and object by object.
//!
//! `tests/envsubst` (Go) says what Flux would make of them. They come from a table, from
//! random pieces, and from the directory that `CNPG_LINT_CORPUS` names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod oracle;
mod pieces;

use manifest::{Limits, Node, Origin, Source, SourceId, Span, UnknownReason, read, to_json};
use oracle::{Answer, Oracle, Question};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use substitute::{Variable, Variables, expand, substitute};

const HERE: Origin = Origin { span: Span { source: SourceId(0), start: 0, end: 0 }, used_at: None };

#[test]
fn texts_of_a_table_are_filled_in_as_flux_does() {
    let Some(oracle) = Oracle::build() else { return };
    let questions = pieces::TEXTS.iter().flat_map(|text| {
        let strict = [false, true];
        strict.map(|strict| Question {
            asked: Value::from(*text),
            vars: pieces::vars(),
            strict,
            object: false,
        })
    });
    let figures = compare(&oracle, &questions.collect::<Vec<_>>());
    eprintln!("table of texts: {figures}");
    figures.check(0);
}

#[test]
fn random_texts_are_filled_in_as_flux_does() {
    let Some(oracle) = Oracle::build() else { return };
    let texts = random(proptest::collection::vec(pieces::piece(), 1..10), 20_000);
    let question = |pieces: Vec<String>| Question {
        asked: Value::from(pieces.concat()),
        vars: pieces::vars(),
        strict: false,
        object: false,
    };
    let figures = compare(&oracle, &texts.into_iter().map(question).collect::<Vec<_>>());
    eprintln!("random texts: {figures}");
    figures.check(0);
}

#[test]
fn objects_of_a_table_are_filled_in_as_flux_does() {
    let Some(oracle) = Oracle::build() else { return };
    let question = |(object, vars): (Value, Value)| Question {
        asked: object,
        vars: serde_json::from_value(vars).unwrap(),
        strict: false,
        object: true,
    };
    let figures = compare(&oracle, &pieces::objects().into_iter().map(question).collect::<Vec<_>>());
    eprintln!("table of objects: {figures}");
    figures.check(0);
}

#[test]
fn random_objects_are_filled_in_as_flux_does() {
    let Some(oracle) = Oracle::build() else { return };
    let text = || proptest::collection::vec(pieces::piece(), 0..5).prop_map(|pieces| pieces.concat());
    let value = prop_value(text());
    let object = proptest::collection::btree_map(text(), value, 1..4);
    let question = |(object, random): (BTreeMap<String, Value>, String)| {
        let mut vars = pieces::vars();
        vars.insert("RANDOM".to_owned(), random);
        Question { asked: json!(object), vars, strict: false, object: true }
    };
    let objects = random((object, text()), objects_asked());
    let figures = compare(&oracle, &objects.into_iter().map(question).collect::<Vec<_>>());
    eprintln!("random objects: {figures}");
    figures.check(0);
}

fn prop_value(text: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Value> {
    use proptest::prelude::any;
    let leaf = proptest::prop_oneof![
        6 => text.prop_map(Value::from),
        1 => any::<i16>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => proptest::strategy::Just(Value::Null),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        proptest::prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

/// How many random objects are compared (`CNPG_LINT_RANDOM`).
fn objects_asked() -> usize {
    std::env::var("CNPG_LINT_RANDOM").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

/// The same values on every run.
fn random<S: Strategy>(strategy: S, count: usize) -> Vec<S::Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Each object with every variable that it names unset, then set to something of each kind.
#[test]
fn objects_of_the_corpus_are_filled_in_as_flux_does() {
    let Some(corpus) = std::env::var_os("CNPG_LINT_CORPUS") else {
        oracle::skipped("CNPG_LINT_CORPUS names no directory");
        return;
    };
    let Some(oracle) = Oracle::build() else { return };
    let mut paths = Vec::new();
    collect(Path::new(&corpus), &mut paths);
    let mut questions = Vec::new();
    for path in paths {
        let source = Source::new("case.yaml", std::fs::read(path).unwrap());
        if !source.text().is_some_and(|text| text.contains('$')) {
            continue;
        }
        for document in read(&source, SourceId(0), &Limits::default()).documents {
            let Ok(node) = document.content else { continue };
            let asked: Value = serde_json::from_str(&to_json(&node)).unwrap();
            if asked.is_object() && asked.to_string().contains('$') {
                questions.extend(fillings(&asked));
            }
        }
    }
    let figures = compare(&oracle, &questions);
    eprintln!("corpus: {figures}");
    assert!(figures.asked > 0, "no object of the corpus has a variable");
    figures.check(0);
}

fn fillings(asked: &Value) -> Vec<Question> {
    let text = asked.to_string();
    let names = text.split("${").skip(1).filter_map(|rest| {
        let name: String =
            rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
        name.starts_with(|char: char| !char.is_ascii_digit()).then_some(name)
    });
    let names: Vec<String> = names.collect();
    let question = |vars, object, asked| Question { asked, vars, strict: false, object };
    let mut questions = Vec::new();
    for value in ["", "value", "3", "a: b", "[x, y]", "'"] {
        let vars = names.iter().map(|name| (name.clone(), value.to_owned()));
        let vars: BTreeMap<_, _> = vars.chain([("SOMETHING".to_owned(), "set".to_owned())]).collect();
        questions.push(question(vars.clone(), true, asked.clone()));
        for text in texts(asked) {
            questions.push(question(vars.clone(), false, Value::from(text)));
        }
    }
    questions
}

/// The strings of a value that have a `$`.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if text.contains('$') => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            collect(&path, paths);
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            paths.push(path);
        }
    }
    paths.sort();
}

/// What came of a comparison.
#[derive(Default)]
struct Figures {
    asked: usize,
    filled: usize,
    refused: usize,
    /// Flux says now this and now that, goes on with half a character or ends in a panic, or a named difference of writing
    /// or reading YAML: U+2028 in a key, a tag with a comma.
    beyond: usize,
    differences: Vec<String>,
}

impl Figures {
    fn check(&self, most: usize) {
        let first: Vec<_> = self.differences.iter().take(10).collect();
        assert!(self.differences.len() <= most, "{} differences: {first:#?}", self.differences.len());
        assert!(self.beyond * 50 <= self.asked, "too much is beyond words");
        assert!(self.filled > 0 && self.asked > 0, "nothing was compared");
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { asked, filled, refused, beyond, differences } = self;
        let different = differences.len();
        write!(
            out,
            "{asked} compared, {filled} filled in, {refused} refused by both, {beyond} beyond words, {different} different"
        )
    }
}

fn compare(oracle: &Oracle, questions: &[Question]) -> Figures {
    let answers = oracle.ask(questions);
    let mut figures = Figures { asked: questions.len(), ..Figures::default() };
    for (question, answer) in questions.iter().zip(answers) {
        let ours = if question.object { ours_object(question) } else { ours_text(question) };
        match (&ours, &answer) {
            (Ok(ours), Answer::Out(theirs)) if equal(ours, theirs) => figures.filled += 1,
            (Err(_), Answer::Err(_)) => figures.refused += 1,
            (Err(error), Answer::Out(out))
                if error.contains("cut within") && out.to_string().contains('\u{FFFD}') =>
            {
                figures.beyond += 1;
            }
            (_, Answer::Err(error)) if error.starts_with("panic") => figures.beyond += 1,
            _ if named(&question.asked) => figures.beyond += 1,
            (Ok(ours), _) if is_unsteady(oracle, question, ours) => figures.beyond += 1,
            (Ok(ours), Answer::Out(theirs)) => figures.differences.push(difference("", ours, theirs)),
            _ => figures.differences.push(format!("{}\n  ours {ours:?}\n  flux {answer:?}", question.asked)),
        }
    }
    figures
}

/// Whether Flux says the same as we on another run: where keys become equal, which of them is left depends on the
/// order in which Go happens to walk a map.
fn is_unsteady(oracle: &Oracle, question: &Question, ours: &Value) -> bool {
    (0..16).any(|_| {
        let mut answers = oracle.ask(std::slice::from_ref(question));
        matches!(answers.pop(), Some(Answer::Out(theirs)) if equal(ours, &theirs))
    })
}

/// The first place at which two values differ.
fn difference(at: &str, ours: &Value, theirs: &Value) -> String {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            let mut pairs = ours.iter().zip(theirs.values());
            let found = pairs.find(|((_, ours), theirs)| !equal(ours, theirs));
            let ((key, ours), theirs) = found.unwrap();
            difference(&format!("{at}/{key}"), ours, theirs)
        }
        (Value::String(ours), Value::String(theirs)) => {
            let same = ours.chars().zip(theirs.chars()).take_while(|(ours, theirs)| ours == theirs).count();
            let rest = |text: &str| text.chars().skip(same.saturating_sub(30)).take(80).collect::<String>();
            format!("{at}\n  ours {:?}\n  flux {:?}", rest(ours), rest(theirs))
        }
        _ => format!("{at}\n  ours {ours}\n  flux {theirs}"),
    }
}

fn named(asked: &Value) -> bool {
    let text = asked.to_string();
    text.contains("!,") || (asked.is_object() && text.contains('\u{2028}'))
}

fn variables(question: &Question) -> Variables {
    let mut variables = Variables::default();
    variables.strict = question.strict;
    for (name, value) in &question.vars {
        variables.set(name.clone(), Variable::Known(value.clone(), HERE));
    }
    variables
}

fn ours_text(question: &Question) -> Result<Value, String> {
    let text = expand(question.asked.as_str().unwrap(), HERE, &variables(question));
    text.map(Value::from).map_err(|error| error.to_string())
}

fn ours_object(question: &Question) -> Result<Value, String> {
    let mut node = node_of(&question.asked);
    substitute(&mut node, &variables(question)).map_err(|error| error.to_string())?;
    Ok(serde_json::from_str(&to_json(&node)).unwrap())
}

fn node_of(value: &Value) -> Node {
    manifest::read_json(value.to_string().as_bytes(), SourceId(0), &Limits::default(), &[]).unwrap()
}

/// Equal as JSON: `1` and `1.0` are the same number.
fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => ours == theirs || ours.as_f64() == theirs.as_f64(),
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| equal(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| theirs.get(key).is_some_and(|theirs| equal(ours, theirs)))
        }
        _ => ours == theirs,
    }
}

/// Whatever an unknown variable turns out to be, nothing that was said without it changes.
#[test]
fn what_is_said_with_an_unknown_variable_is_true_of_every_value() {
    let text = || proptest::collection::vec(pieces::piece(), 0..5).prop_map(|pieces| pieces.concat());
    let value = prop_value(text());
    let (mut decided, mut undecided) = (0, 0);
    for object in random(proptest::collection::btree_map("[a-z]{1,3}", value, 1..4), 4000) {
        let vars = pieces::vars();
        let known = Question { asked: json!(object), vars, strict: false, object: true };
        let mut unknown = variables(&known);
        unknown.set("ONE", Variable::Unknown(UnknownReason::Encrypted, None));
        let mut said = node_of(&known.asked);
        let Ok(substitute::Outcome::Substituted) = substitute(&mut said, &unknown) else {
            undecided += 1;
            continue;
        };
        decided += 1;
        for value in ["", "1", "true", "word", "é"] {
            let mut filled = unknown.clone();
            filled.set("ONE", Variable::Known(value.to_owned(), HERE));
            let mut truth = node_of(&known.asked);
            if substitute(&mut truth, &filled).is_ok() {
                assert!(pieces::agrees(&said, &truth), "{} with {value:?}\n{said:?}\n{truth:?}", known.asked);
            }
        }
    }
    eprintln!("{decided} objects said, {undecided} not");
    assert!(decided > 500);
}
