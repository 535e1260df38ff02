//! Our evaluator gives what that of the `cel` crate gives, wherever all is known: every expression of
//! every rule file, on every example.

use super::scope::{ObjectScope, Params, SelfScope};
use crate::config::{Config, Selector};
use crate::examples::inventory_of;
use crate::expr::{Expr, Names, Scope, Slot, Val};
use crate::rule::Rule;
use crate::rule_file::{JudgedBy, Need, SeveritySpec};
use crate::select::Found;
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::{CowVal, Val as CelVal};
use cel::context::VariableResolver;
use cel::{Context, Env, Value};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use topology::{Object, Settings, Topology};

/// One of our values as one of the crate's; `None` where it is not known whole.
pub(crate) fn theirs(value: Val<'_>) -> Option<Box<dyn CelVal>> {
    Some(match value {
        Val::Null => Box::new(CelNull),
        Val::Bool(value) => Box::new(CelBool::from(value)),
        Val::Int(value) => Box::new(CelInt::from(value)),
        Val::UInt(value) => Box::new(CelUInt::from(value)),
        Val::Double(value) => Box::new(CelDouble::from(value)),
        Val::Text(text) => Box::new(CelString::from(text.to_owned())),
        Val::Partial(_) | Val::Unknown(_) | Val::Unsaid(_) | Val::Lookup(_) | Val::Pairs(_) => return None,
        Val::Map(_, map) if map.open.is_some() => return None,
        Val::Map(_, map) => {
            let mut fields = HashMap::new();
            // Null is as nothing.
            for entry in map.entries.iter().filter(|entry| entry.value.value != manifest::Value::Null) {
                fields.insert(CelMapKey::from(entry.key.clone()), theirs(Val::from(&entry.value))?);
            }
            Box::new(CelMap::from(fields))
        }
        Val::View(view) => {
            // A field that is not known is left out: reading it is an error then, as it is with us.
            let fields = view.schema().fields.iter().enumerate();
            let fields = fields.filter_map(|(at, field)| {
                Some((CelMapKey::from(field.name.to_owned()), theirs(Val::from(view.at(at)?))?))
            });
            Box::new(CelMap::from(fields.collect::<HashMap<_, _>>()))
        }
        list => Box::new(CelList::from(list.to_list().into_iter().map(theirs).collect::<Option<Vec<_>>>()?)),
    })
}

/// The names of an expression for the crate.
struct Known(HashMap<String, Box<dyn CelVal>>);

impl VariableResolver for Known {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        self.0.get(name).map(|value| CowVal::Borrowed(value.as_ref()))
    }
}

/// What `read` makes of what the crate makes of an expression; `None`: an error.
fn evaluated<T>(
    text: &str,
    known: HashMap<String, Box<dyn CelVal>>,
    read: impl FnOnce(&dyn CelVal) -> T,
) -> Option<T> {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).expect("once");
    let known = Known(known);
    let mut context = Context::with_env(Arc::new(env));
    context.set_variable_resolver(&known);
    let parsed = cel::parser::PrattParser::default().parse(text).expect(text);
    Value::resolve_val(&parsed, &context).ok().map(|value| read(value.as_ref()))
}

/// Every text in a part of a manifest.
fn texts(node: &manifest::Node) -> Vec<String> {
    let below = node.children().flat_map(texts);
    node.as_str().map(str::to_owned).into_iter().chain(below).collect()
}

/// What the names in an expression stand for; `None` where that is not known whole; of lookups, for the texts of the object and the expression.
fn known(
    text: &str,
    scope: &SelfScope<'_, '_>,
    rule: &Rule,
    object: &Object,
) -> Option<HashMap<String, Box<dyn CelVal>>> {
    let mut known = HashMap::new();
    for (name, value) in [("self", scope.this()), ("object", scope.object())] {
        if text.contains(name) {
            known.insert(name.to_owned(), theirs(value)?);
        }
    }
    let params = rule.file().params.keys();
    let params = params.filter_map(|name| Some((CelMapKey::from(name.clone()), theirs(scope.param(name))?)));
    known.insert("params".to_owned(), Box::new(CelMap::from(params.collect::<HashMap<_, _>>())));
    let variables = topology::variables(object.manifest.kind().unwrap_or_default());
    for variable in variables.into_iter().filter(|variable| text.contains(variable.name)) {
        let value = match scope.variable(Slot::of(variable.name).expect("a variable")) {
            Val::Lookup(slot) => {
                let mut names = texts(&object.manifest.node);
                names.extend(text.split(['\'', '"']).map(str::to_owned));
                let found = names.into_iter().filter_map(|name| {
                    let view = theirs(scope.find(slot, &name))?;
                    Some((CelMapKey::from(name), view))
                });
                Box::new(CelMap::from(found.collect::<HashMap<_, _>>())) as Box<dyn CelVal>
            }
            value => theirs(value)?,
        };
        known.insert(variable.name.to_owned(), value);
    }
    Some(known)
}

/// The expressions of a rule that know `self`, and those that do not.
fn expressions(rule: &Rule) -> (Vec<String>, Vec<String>) {
    let file = rule.file();
    let mut with_self: Vec<String> =
        file.assert.iter().chain(file.related.iter().map(|one| &one.at)).cloned().collect();
    if let SeveritySpec::Conditional(cases) = &file.severity {
        with_self.extend(cases.iter().filter_map(|case| case.when.clone()));
    }
    let texts = [&file.message, &file.help].into_iter().chain(file.related.iter().map(|one| &one.message));
    for text in texts {
        let pieces = text.split("{{").skip(1).filter_map(|piece| piece.split_once("}}"));
        with_self.extend(pieces.map(|(inner, _)| inner.trim().to_owned()));
    }
    (with_self, file.applies.iter().chain(&file.each).cloned().collect())
}

/// Compares the two evaluators; how many expressions both could evaluate.
fn compare(rule: &Rule, text: &str, expr: &Expr, scope: &SelfScope<'_, '_>, object: &Object) -> usize {
    let ours = expr.value(scope, theirs);
    // What needs an unknown, and what is not known whole, has nothing to be compared with.
    let Some(Some(ours)) = ours else { return 0 };
    let Some(known) = known(text, scope, rule, object) else { return 0 };
    let is_same =
        evaluated(text, known, |theirs| (ours.equals(theirs), format!("{}: {text}: {theirs:?}", rule.id)));
    if let Some((is_same, what)) = is_same {
        assert!(is_same, "{what} for the crate, {ours:?} for us");
        return 1;
    }
    // Only with us a field of something absent is absent, and any name can be looked up.
    assert!(text.contains("has(") || text.contains('['), "{}: {text}: only we give {ours:?}", rule.id);
    0
}

/// Compares expressions that know `self`.
fn compare_all(rule: &Rule, exprs: &[(String, Expr)], scope: &SelfScope<'_, '_>, object: &Object) -> usize {
    exprs.iter().map(|(text, expr)| compare(rule, text, expr, scope, object)).sum()
}

fn self_scope<'s, 'o>(
    object: &'s ObjectScope<'o>,
    params: Params<'s>,
    this: Option<Val<'s>>,
) -> SelfScope<'s, 'o> {
    SelfScope { object, params, this, pointer: "" }
}

/// Compares all expressions of a rule on the objects of an example.
fn compare_example(rule: &Rule, manifest: &str) -> usize {
    let (_, inventory) = inventory_of(manifest).expect("an example");
    let topology = Topology::new(&inventory, Settings::default());
    let config = Config::default();
    let judging = rule.judging().expect("a rule");
    let (with_self, without) = expressions(rule);
    let compile = |text: &String| (text.clone(), judging.compile(rule.file(), text).expect(text));
    let with_self: Vec<_> = with_self.iter().map(compile).collect();
    let mut compared = 0;
    for (id, placed) in inventory.objects() {
        let (Some(kind), Some(placement)) = (placed.manifest.kind(), placed.placements.first()) else {
            continue;
        };
        if !rule.kinds().iter().any(|of| of == kind) {
            continue;
        }
        let selector = Selector { path: None, namespace: None, kind, name: None, labels: &[] };
        let settings = config.settings(&selector);
        let views = topology.views(id, placement);
        let node = &placed.manifest.node;
        let ask = |name: &str| views.get(name);
        let object = ObjectScope::new(node, kind, &ask, None);
        let params = Params { rule, settings: &settings };
        for select in judging.paths(kind) {
            select.visit(node, &mut |selection| {
                if let Found::Node(node) = selection.found {
                    compared += compare_all(
                        rule,
                        &with_self,
                        &self_scope(&object, params, Some(Val::from(node))),
                        placed,
                    );
                }
            });
        }
        let (outer, heap) = (self_scope(&object, params, None), crate::expr::Heap::default());
        let items = judging.each.as_ref().map(|each| each.items(&outer, &heap).unwrap_or_default());
        for item in items.into_iter().flatten() {
            compared += compare_all(rule, &with_self, &self_scope(&object, params, Some(item)), placed);
        }
        for (text, expr) in without.iter().zip(judging.applies.iter().chain(&judging.each)) {
            compared += compare(rule, text, expr, &outer, placed);
        }
    }
    compared
}

#[test]
fn both_evaluators_agree_on_every_expression_of_every_rule() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let (mut expressions, mut silent) = (0, Vec::new());
    for folder in std::fs::read_dir(rules).expect("rules").flatten().filter(|folder| folder.path().is_dir()) {
        for file in std::fs::read_dir(folder.path()).expect("a folder").flatten() {
            let text = std::fs::read_to_string(file.path()).expect("a rule");
            let rule = Rule::load("rule.yaml", "any", &text).expect("a rule");
            // What is asked of the object as it was has nothing here to be asked of.
            if rule.file().judged_by != JudgedBy::Itself || rule.file().needs.contains(&Need::Old) {
                continue;
            }
            let examples = rule.documentation().examples.iter();
            let compared: usize = examples.map(|example| compare_example(&rule, &example.manifest)).sum();
            expressions += compared;
            if compared == 0 {
                silent.push(rule.id.to_string());
            }
        }
    }
    assert!(silent.is_empty(), "nothing to compare: {silent:?}");
    assert!(expressions > 1000, "{expressions}");
}

/// What the crate says of a boolean expression over one known object; `None`: an error.
pub(crate) fn their_boolean(text: &str, object: &manifest::Node) -> Option<bool> {
    let object = theirs(Val::from(object)).expect("a known object");
    let known = HashMap::from([("self".to_owned(), object.clone_as_boxed()), ("object".to_owned(), object)]);
    evaluated(text, known, |value| value.downcast_ref::<CelBool>().map(|value| *value.inner()))?
}

#[test]
fn operators_and_functions_give_what_the_crate_gives() {
    let names = Names::new(&[], &[]);
    for text in EXPRESSIONS {
        let expr = Expr::new(text, &names).expect(text);
        let node = manifest::Node {
            value: manifest::Value::Map(manifest::Map::default()),
            origin: manifest::Origin {
                span: manifest::Span { source: manifest::SourceId(0), start: 0, end: 0 },
                used_at: None,
            },
        };
        let ours = expr.holds(&crate::expr::tests::Object(&node)).ok();
        assert_eq!(ours, their_boolean(text, &node), "{text}");
    }
}

/// Numbers of three types, texts, lists and maps where they are odd.
const EXPRESSIONS: [&str; 60] = [
    "1 == 1u && 1 == 1.0 && 1u == 1.0",
    "1 < 2u && 2u > 1.5 && -1 < 0u",
    "18446744073709551615u > 9223372036854775807",
    "9223372036854775807 + 1 == 0",
    "-9223372036854775808 / -1 == 0",
    "1 / 0 == 0",
    "1 % 0 == 0",
    "7 % -3 == 1 && -7 / 2 == -3",
    "1.0 / 0.0 > 0.0",
    "0.0 / 0.0 == 0.0 / 0.0",
    "0.0 / 0.0 < 1.0",
    "1u - 2u == 0u",
    "1 + 1u == 2",
    "1.5 % 1.0 == 0.5",
    "-(1) == -1 && -(1.5) == -1.5",
    "-(1u) == -1",
    "'a' < 'b' && 'a' + 'b' == 'ab'",
    "'a' < 1",
    "false < true",
    "null == null && null != 1 && 'a' != 1",
    "null < null",
    "[1, 2u, 3.0] == [1u, 2.0, 3]",
    "[1] + [2] == [1, 2]",
    "[[1]] == [[1.0]]",
    "{'a': 1} == {'a': 1.0} && {'a': 1} != {'b': 1}",
    "{'a': 1}.a == 1 && {'a': 1}['a'] == 1",
    "{'a': 1}.b == 1",
    "has({'a': 1}.a) && !has({'a': 1}.b)",
    "'a' in {'a': 1} && !('b' in {'a': 1})",
    "1 in [1.0] && 1u in [2, 1] && !(3 in [1])",
    "[1, 2][1] == 2 && [1, 2][1u] == 2 && [1, 2][1.0] == 2",
    "[1][1] == 1",
    "[1][-1] == 1",
    "[1][0.5] == 1",
    "[1]['a'] == 1",
    "size('äö') == 2 && 'äö'.size() == 2 && size([1, 2]) == 2 && size({'a': 1}) == 1",
    "size(1) == 1",
    "'äbc'.substring(1) == 'bc' && 'äbc'.substring(1, 2) == 'b' && 'äbc'.substring(3) == ''",
    "'abc'.substring(4) == ''",
    "'abc'.substring(2, 1) == ''",
    "'äbc'.charAt(1) == 'b' && 'äbc'.charAt(3) == ''",
    "'abc'.charAt(4) == ''",
    "'äbäb'.indexOf('b') == 1 && 'äbäb'.indexOf('b', 2) == 3 && 'ab'.indexOf('') == 0 && 'ab'.indexOf('c') == -1",
    "'ab'.indexOf('a', 2) == 0",
    "'ab'.indexOf('a', -1) == 0",
    "'ab'.indexOf('', 5) == 2",
    "'äbäb'.lastIndexOf('b') == 3 && 'äbäb'.lastIndexOf('b', 2) == 1 && 'ab'.lastIndexOf('') == 2",
    "'ab'.lastIndexOf('abc') == -1",
    "'a-b-c'.split('-') == ['a', 'b', 'c'] && 'a-b-c'.split('-', 2) == ['a', 'b-c'] && 'a'.split('-', 0) == []",
    "'äb'.split('') == ['ä', 'b'] && 'abc'.split('', 2) == ['a', 'bc'] && 'a-b'.split('-', -1) == ['a', 'b']",
    "['a', 'b'].join() == 'ab' && ['a', 'b'].join(', ') == 'a, b' && [].join(',') == ''",
    "['a', 1].join() == 'a1'",
    "'aaa'.replace('a', 'b') == 'bbb' && 'aaa'.replace('a', 'b', 2) == 'bba' && 'aaa'.replace('a', 'b', -1) == 'bbb'",
    "' a '.trim() == 'a' && 'Ä'.lowerAscii() == 'Ä' && 'aÄ'.upperAscii() == 'AÄ'",
    "int('12') == 12 && int(1.9) == 1 && int(-1.9) == -1 && int(3u) == 3 && double(1) == 1.0 && double('1e3') == 1000.0",
    "int('a') == 1 || int(1e30) == 1",
    "string(1) == '1' && string(1.0) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(2u) == '2'",
    "bool('true') && bool('t') && !bool('0')",
    "bool('yes')",
    "[1, 2, 3].exists_one(x, x == 2) && [1, 2].map(x, x * 2) == [2, 4] && [1, 2, 3].map(x, x > 1, x + 1) == [3, 4] && {'a': 1}.all(k, k == 'a')",
];
