//! Three answers: what is decided without an unknown, and what is not.

use super::{Expr, Names, Scope, Silence, Slot, Val};
use crate::judge::differential::their_boolean;
use manifest::{
    Entry, Map, Node, Number, Origin, Part, Partial, SourceId, Span, Unknown, UnknownReason, Value,
};
use proptest::prelude::*;

const ORIGIN: Origin = Origin { span: Span { source: SourceId(0), start: 0, end: 0 }, used_at: None };

fn node(value: Value) -> Node {
    Node { value, origin: ORIGIN }
}

fn text(text: &str) -> Node {
    node(Value::String(text.to_owned()))
}

fn int(value: i64) -> Node {
    node(Value::Number(Number::Int(value)))
}

fn unknown() -> Node {
    let reason = UnknownReason::Variable("${X}".to_owned());
    node(Value::Unknown(Unknown { raw: "${X}".to_owned(), reason, value: None }))
}

fn partial(before: &str, after: &str) -> Node {
    let raw = format!("{before}${{X}}{after}");
    let mut parts = vec![Part::Text(before.to_owned()), Part::Hole, Part::Text(after.to_owned())];
    parts.retain(|part| *part != Part::Text(String::new()));
    node(Value::Partial(Partial { raw, parts, reason: UnknownReason::Variable("${X}".to_owned()) }))
}

fn list(items: Vec<Node>) -> Node {
    node(Value::List(items))
}

fn map(entries: Vec<(&str, Node)>) -> Node {
    let entries =
        entries.into_iter().map(|(key, value)| Entry { key: key.to_owned(), key_origin: ORIGIN, value });
    node(Value::Map(Map { entries: entries.collect(), open: None }))
}

/// An object, which is `self` too.
pub(crate) struct Object<'n>(pub(crate) &'n Node);

impl Scope for Object<'_> {
    fn this(&self) -> Val<'_> {
        Val::from(self.0)
    }
    fn object(&self) -> Val<'_> {
        Val::from(self.0)
    }
    fn old(&self) -> Val<'_> {
        Val::Null
    }
    fn was(&self) -> Val<'_> {
        Val::Null
    }
    fn param(&self, _: &str) -> Val<'_> {
        Val::Null
    }
    fn variable(&self, _: Slot) -> Val<'_> {
        Val::Null
    }
    fn find(&self, _: Slot, _: &str) -> Val<'_> {
        Val::Null
    }
    fn find_partial(&self, _: Slot, _: &Partial) -> Option<Val<'_>> {
        None
    }
    fn subject(&self) -> String {
        "spec".to_owned()
    }
    fn spend(&self, _: usize) -> bool {
        true
    }
}

fn holds(expression: &str, object: &Node) -> Result<bool, Silence> {
    let expr = Expr::new(expression, &Names::new(&[], &[])).expect(expression);
    expr.holds(&Object(object))
}

fn example() -> Node {
    map(vec![
        ("one", int(1)),
        ("name", text("a")),
        ("unknown", unknown()),
        ("image", partial("ghcr.io/", ":17")),
        ("mixed", list(vec![unknown(), text("a"), int(2)])),
        ("known", list(vec![text("a"), text("b")])),
        ("items", list(vec![map(vec![("name", unknown())]), map(vec![("name", text("b"))])])),
        ("deep", map(vec![("list", list(vec![unknown()]))])),
    ])
}

#[test]
fn what_is_settled_without_the_unknown_is_decided() {
    for (expression, expected) in [
        ("object.unknown == 1 || object.one == 1", true),
        ("object.one == 1 || object.unknown == 1", true),
        ("object.unknown == 1 && object.one == 2", false),
        ("object.mixed.exists(x, x == 'a')", true),
        ("'a' in object.mixed", true),
        ("object.items.all(i, i.name == 'c')", false),
        ("object.items.exists(i, i.name == 'b')", true),
        ("size(object.mixed) == 3", true),
        ("has(object.unknown)", true),
        ("has(object.absent)", false),
        ("has(object.absent.more.below)", false),
        ("object.image.startsWith('ghcr.io/')", true),
        ("object.image.startsWith('docker.io/')", false),
        ("object.image.endsWith(':17')", true),
        ("object.image.endsWith(':18')", false),
        ("object.image.contains('ghcr')", true),
        ("object.known == ['a', 'b']", true),
        ("object.known != ['a']", true),
        ("object.one == 1 ? true : object.unknown", true),
    ] {
        assert_eq!(holds(expression, &example()), Ok(expected), "{expression}");
    }
}

#[test]
fn what_needs_the_unknown_is_undecided_and_says_what() {
    for (expression, reason) in [
        ("object.unknown == 1", "unknown is ${X}"),
        ("1 == object.unknown", "unknown is ${X}"),
        ("object.unknown in [1, 2]", "unknown is ${X}"),
        ("!(object.unknown == 1)", "unknown is ${X}"),
        ("object.image == 'ghcr.io/postgresql:17'", "image is ghcr.io/${X}:17"),
        ("'ghcr.io/postgresql:17' == object.image", "image is ghcr.io/${X}:17"),
        ("object.image in ['ghcr.io/postgresql:17']", "image is ghcr.io/${X}:17"),
        ("object.image.contains('postgresql')", "the text is ghcr.io/${X}:17"),
        ("size(object.image) == 3", "image is ghcr.io/${X}:17"),
        ("'c' in object.mixed", "an item of the list is ${X}"),
        ("object.mixed.exists(x, x == 'c')", "x is ${X}"),
        ("object.mixed.all(x, x != 'c')", "x is ${X}"),
        ("object.mixed.filter(x, x == 'a').size() == 1", "x is ${X}"),
        ("object.mixed.exists_one(x, x == 'a')", "x is ${X}"),
        ("object.mixed.map(x, x) == ['a']", "x is ${X}"),
        ("['a'] == object.mixed", "mixed is ${X}"),
        ("object.deep == object.deep", "deep is ${X}"),
        ("object.items.all(i, i.name == 'b')", "i.name is ${X}"),
        ("object.unknown.below == 1", "what holds below is ${X}"),
        ("has(object.unknown.below)", "what holds below is ${X}"),
        ("object.unknown == 1 ? true : true", "unknown is ${X}"),
        ("object.unknown.exists(x, x == 1)", "unknown is ${X}"),
        ("object[object.unknown] == 1", "unknown is ${X}"),
        ("object.mixed[0] == 'a'", "mixed[0] is ${X}"),
    ] {
        assert_eq!(holds(expression, &example()), Err(Silence::Undecided(reason.to_owned())), "{expression}");
    }
}

#[test]
fn texts_show_what_is_not_known_as_it_is_written() {
    let text = |expression: &str| {
        let expr = Expr::new(expression, &Names::new(&[], &[])).expect(expression);
        expr.text(&Object(&example()))
    };
    for (expression, expected) in [
        ("object.unknown", "${X}"),
        ("object.image", "ghcr.io/${X}:17"),
        ("object.known", "a, b"),
        ("has(object.absent.below) ? 'there' : 'not there'", "not there"),
        ("object.one", "1"),
        ("object.image + ' of ' + object.unknown", "ghcr.io/${X}:17 of ${X}"),
        ("object.mixed", "${X}, a, 2"),
    ] {
        assert_eq!(text(expression).as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn an_open_map_does_not_tell_absence() {
    let mut object = example();
    let Value::Map(map) = &mut object.value else { unreachable!() };
    map.open = Some(UnknownReason::Patched("overlay/kustomization.yaml".to_owned()));
    let undecided = Err(Silence::Undecided("absent is patched by overlay/kustomization.yaml".to_owned()));
    assert_eq!(holds("has(object.absent)", &object), undecided);
    assert_eq!(holds("'absent' in object", &object), undecided);
    assert_eq!(holds("has(object.one)", &object), Ok(true));
    assert!(matches!(holds("object.exists(key, key == 'z')", &object), Err(Silence::Undecided(_))));
    assert!(matches!(holds("size(object) == 8", &object), Err(Silence::Undecided(_))));
}

#[test]
fn what_a_patch_touches_may_be_there_or_not() {
    let reason = UnknownReason::Patched("overlay/kustomization.yaml".to_owned());
    let touched = node(Value::Unknown(Unknown { raw: String::new(), reason, value: None }));
    let object = map(vec![("one", int(1)), ("touched", touched)]);
    for expression in
        ["has(object.touched)", "'touched' in object", "object.touched == 1", "size(object) == 2"]
    {
        assert!(matches!(holds(expression, &object), Err(Silence::Undecided(_))), "{expression}");
    }
    assert_eq!(holds("has(object.absent) || object.one == 1", &object), Ok(true));
}

#[test]
fn a_field_that_is_not_there_is_a_failure_not_a_pass() {
    assert!(matches!(holds("object.absent == 1", &example()), Err(Silence::Failed(_))));
    assert!(matches!(
        holds("object.one == 1 && object.name", &example()),
        Err(Silence::Undecided(_) | Silence::Failed(_))
    ));
}

#[test]
fn every_declared_function_can_be_called() {
    for expression in [
        "bool('true')",
        "'ab'.charAt(0) == 'a'",
        "'ab'.contains('b')",
        "double('1.5') > 1.0",
        "'ab'.endsWith('b')",
        "'ab'.indexOf('b') == 1",
        "int('1') == 1",
        "['a', 'b'].join('-') == 'a-b'",
        "'abb'.lastIndexOf('b') == 2",
        "'AB'.lowerAscii() == 'ab'",
        "'ab'.matches('^a')",
        "'ab'.replace('a', 'c') == 'cb'",
        "'ab'.size() == 2",
        "'a-b'.split('-') == ['a', 'b']",
        "'ab'.startsWith('a')",
        "string(1) == '1'",
        "'ab'.substring(1) == 'b'",
        "' a '.trim() == 'a'",
        "'ab'.upperAscii() == 'AB'",
    ] {
        assert_eq!(holds(expression, &example()), Ok(true), "{expression}");
    }
}

#[test]
fn names_are_checked_when_the_rule_is_loaded() {
    let error = |text: &str| Expr::new(text, &Names::new(&["minimum"], &[])).expect_err(text);
    let unknown_name = error("object.spec.instances >= parms.minimum");
    assert_eq!(unknown_name.message, "`parms`: no variable of that name");
    assert_eq!(unknown_name.help.as_deref(), Some("did you mean `params`?"));
    assert_eq!(unknown_name.at, Some((25, 5)));
    assert_eq!(error("self >= params.minimun").help.as_deref(), Some("did you mean `minimum`?"));
    assert_eq!(error("self.startWith('a')").help.as_deref(), Some("did you mean `startsWith`?"));
    assert!(error("self >=").message.starts_with("not a CEL expression"));
}

/// A scalar that is known, or an unknown with a value that it may turn out to have.
#[derive(Debug, Clone)]
enum Leaf {
    Known(Small),
    Unknown(Small),
    Partial(&'static str),
}

#[derive(Debug, Clone, Copy)]
enum Small {
    Int(i64),
    Text(&'static str),
    Bool(bool),
}

impl Small {
    fn node(self) -> Node {
        match self {
            Self::Int(value) => int(value),
            Self::Text(value) => text(value),
            Self::Bool(value) => node(Value::Bool(value)),
        }
    }
}

impl Leaf {
    fn seen(&self) -> Node {
        match self {
            Self::Known(value) => value.node(),
            Self::Unknown(_) => unknown(),
            Self::Partial(_) => partial("a", ""),
        }
    }
    fn real(&self) -> Node {
        match self {
            Self::Known(value) | Self::Unknown(value) => value.node(),
            Self::Partial(hole) => text(&format!("a{hole}")),
        }
    }
}

fn small() -> impl Strategy<Value = Small> {
    prop_oneof![
        (0..3i64).prop_map(Small::Int),
        prop_oneof![Just("a"), Just("ab"), Just("b"), Just("")].prop_map(Small::Text),
        any::<bool>().prop_map(Small::Bool),
    ]
}

fn leaf() -> impl Strategy<Value = Leaf> {
    prop_oneof![
        3 => small().prop_map(Leaf::Known),
        2 => small().prop_map(Leaf::Unknown),
        1 => prop_oneof![Just(""), Just("b"), Just("a")].prop_map(Leaf::Partial),
    ]
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("object.x".to_owned()),
        Just("object.y".to_owned()),
        Just("object.l[0]".to_owned()),
        Just("object.l[1]".to_owned()),
        Just("1".to_owned()),
        Just("'a'".to_owned()),
        Just("'ab'".to_owned()),
        Just("true".to_owned()),
        Just("object.l".to_owned()),
        Just("['a', 'b']".to_owned()),
        Just("object.m".to_owned()),
        Just("size(object.l)".to_owned()),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let compare =
        (operand(), prop_oneof![Just("=="), Just("!="), Just("<"), Just(">="), Just("in")], operand())
            .prop_map(|(left, operator, right)| format!("{left} {operator} {right}"));
    let text = (
        prop_oneof![Just("object.x"), Just("object.y"), Just("object.l[0]")],
        prop_oneof![Just("startsWith"), Just("endsWith"), Just("contains"), Just("matches")],
        prop_oneof![Just("'a'"), Just("'ab'"), Just("'b'"), Just("''")],
    )
        .prop_map(|(of, function, word)| format!("{of}.{function}({word})"));
    let listed = (
        prop_oneof![Just("all"), Just("exists"), Just("exists_one")],
        prop_oneof![Just("=="), Just("!=")],
        prop_oneof![Just("'a'"), Just("1"), Just("object.x")],
    )
        .prop_map(|(name, operator, value)| format!("object.l.{name}(i, i {operator} {value})"));
    let filtered = prop_oneof![Just("'a'"), Just("1")]
        .prop_map(|value| format!("object.l.filter(i, i == {value}).size() == 1"));
    let present = prop_oneof![
        Just("has(object.m.k)".to_owned()),
        Just("has(object.z)".to_owned()),
        Just("'k' in object.m".to_owned())
    ];
    let leaf = prop_oneof![4 => compare, 2 => text, 2 => listed, 1 => filtered, 1 => present];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_value_of_an_unknown_contradicts_a_decided_verdict(
        text in expression(), x in leaf(), y in leaf(), l in prop::collection::vec(leaf(), 2..4), k in leaf()
    ) {
        let build = |of: fn(&Leaf) -> Node| map(vec![
            ("x", of(&x)), ("y", of(&y)), ("l", list(l.iter().map(of).collect())), ("m", map(vec![("k", of(&k))])),
        ]);
        let (seen, real) = (build(Leaf::seen), build(Leaf::real));
        if let Ok(decided) = holds(&text, &seen)
            && let Ok(truth) = holds(&text, &real) {
            prop_assert_eq!(decided, truth, "{}", text);
        }
        prop_assert_eq!(holds(&text, &real).ok(), their_boolean(&text, &real), "{}", text);
    }
}

#[test]
fn null_is_as_nothing() {
    let object = map(vec![("nothing", node(Value::Null)), ("one", int(1)), ("list", list(vec![int(1)]))]);
    for (expression, expected) in [
        ("has(object.nothing)", false),
        ("has(object.nothing.below)", false),
        ("'nothing' in object", false),
        ("size(object) == 2", true),
        ("object.all(key, has(object[key].x) || key != 'nothing')", true),
    ] {
        assert_eq!(holds(expression, &object), Ok(expected), "{expression}");
    }
    assert!(matches!(holds("object.list['x'] == 1", &object), Err(Silence::Undecided(_))));
}
