//! Where the values that come out were written, and what is said of those that are not known.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use manifest::{Limits, Node, Origin, Part, Source, Sources, Span, UnknownReason, Value, read, to_json};
use substitute::{Outcome, SubstituteError, Variable, Variables, substitute};

/// A file with an object, and one with values of variables, `NAME: value` a line.
struct Case {
    sources: Sources,
    node: Node,
    variables: Variables,
}

impl Case {
    fn new(object: &str, values: &str) -> Self {
        let mut sources = Sources::new();
        let node = Self::read(&mut sources, "object.yaml", object).unwrap();
        let mut variables = Variables::default();
        let values = Self::read(&mut sources, "values.yaml", values);
        let entries = values.as_ref().and_then(Node::as_map).map(|map| map.entries.clone());
        for entry in entries.unwrap_or_default() {
            let text = entry.value.as_str().unwrap().to_owned();
            variables.set(entry.key, Variable::Known(text, entry.value.origin));
        }
        Self { sources, node, variables }
    }

    fn read(sources: &mut Sources, path: &str, text: &str) -> Option<Node> {
        let id = sources.add(Source::new(path, text.as_bytes().to_vec()));
        let documents = read(sources.get(id).unwrap(), id, &Limits::default()).documents;
        documents.into_iter().next().map(|document| document.content.unwrap())
    }

    fn substituted(mut self) -> Self {
        assert_eq!(substitute(&mut self.node, &self.variables), Ok(Outcome::Substituted));
        self
    }

    fn text(&self, span: Span) -> String {
        let source = self.sources.get(span.source).unwrap();
        let text = &source.text().unwrap()[span.start as usize..span.end as usize];
        format!("{}: {text}", source.path())
    }

    /// Where a value was written, and where it is used.
    fn places(&self, pointer: &str) -> (String, Option<String>) {
        let origin = self.node.pointer(pointer).unwrap().origin;
        (self.text(origin.span), origin.used_at.map(|span| self.text(span)))
    }
}

#[test]
fn a_value_is_where_its_variable_got_it() {
    let case =
        Case::new("a: {m: \"${NUM}\", s: 'x-${S}'}\nb: ['${NUM}']\n", "NUM: '3'\nS: abc\n").substituted();
    assert_eq!(to_json(&case.node), r#"{"a":{"m":3,"s":"x-abc"},"b":[3]}"#);
    let used = |text: &str| Some(text.to_owned());
    assert_eq!(case.places("/a/m"), ("values.yaml: '3'".into(), used("object.yaml: \"${NUM}\"")));
    assert_eq!(case.places("/a/s"), ("values.yaml: abc".into(), used("object.yaml: 'x-${S}'")));
    assert_eq!(case.places("/b/0"), ("values.yaml: '3'".into(), used("object.yaml: '${NUM}'")));
}

#[test]
fn a_default_is_where_it_stands() {
    let text = "z: ${NUM:=3}\na: \"${M:-${NUM:-five}}\"\nb: pre-${NUM:-x}\nc: ${NUM}\n";
    let case = Case::new(text, "OTHER: x\n").substituted();
    assert_eq!(to_json(&case.node), r#"{"z":3,"a":"five","b":"pre-x","c":null}"#);
    assert_eq!(case.places("/z"), ("object.yaml: 3".into(), None));
    assert_eq!(case.places("/a"), ("object.yaml: five".into(), None));
    assert_eq!(case.places("/b"), ("object.yaml: pre-${NUM:-x}".into(), None));
    assert_eq!(case.places("/c"), ("object.yaml: ${NUM}".into(), None));
}

#[test]
fn what_is_left_empty_is_where_it_stood() {
    let text = "a: [x, '${NONE}', z]\nb: ${EMPTY}\nc: ${NONE:-}\n";
    let case = Case::new(text, "EMPTY: ''\n").substituted();
    assert_eq!(to_json(&case.node), r#"{"a":["x",null,"z"],"b":null,"c":null}"#);
    assert_eq!(case.places("/a/1"), ("object.yaml: '${NONE}'".into(), None));
    assert_eq!(case.places("/a/2"), ("object.yaml: z".into(), None));
    assert_eq!(case.places("/b"), ("values.yaml: ''".into(), Some("object.yaml: ${EMPTY}".into())));
    assert_eq!(case.places("/c"), ("object.yaml: ${NONE:-}".into(), None));
}

#[test]
fn what_has_no_variable_stays_as_it_is() {
    let text = "z: &a {n: 1, s: \"2\"}\nb: [*a, '${NUM}']\na:\n  - |\n    text\n  - ${NUM}\n";
    let case = Case::new(text, "NUM: v\n");
    let before = case.node.clone();
    let case = case.substituted();
    for pointer in ["/z", "/z/n", "/z/s", "/b/0/s", "/b/0", "/a/0"] {
        assert_eq!(case.node.pointer(pointer), before.pointer(pointer), "{pointer}");
    }
    for pointer in ["", "/b", "/a"] {
        assert_eq!(case.node.pointer(pointer).unwrap().origin, before.pointer(pointer).unwrap().origin);
    }
    let keys = |node: &Node| -> Vec<(String, Origin)> {
        node.as_map().unwrap().entries.iter().map(|entry| (entry.key.clone(), entry.key_origin)).collect()
    };
    assert_eq!(keys(&case.node), keys(&before));
}

#[test]
fn a_value_may_bring_structure() {
    let case = Case::new("a: ${M}\nk-${S}: 1\n", "M: '{x: [1, two]}'\nS: abc\n").substituted();
    assert_eq!(to_json(&case.node), r#"{"a":{"x":[1,"two"]},"k-abc":1}"#);
    let brought = ("values.yaml: '{x: [1, two]}'".to_owned(), Some("object.yaml: ${M}".to_owned()));
    for pointer in ["/a", "/a/x", "/a/x/1"] {
        assert_eq!(case.places(pointer), brought, "{pointer}");
    }
    let key = case.node.as_map().unwrap().entry("k-abc").unwrap().key_origin;
    assert_eq!(case.text(key.span), "values.yaml: abc");
    assert_eq!(case.text(key.used_at.unwrap()), "object.yaml: k-${S}");
}

#[test]
fn what_is_not_known_of_a_variable_is_not_known_of_its_uses() {
    let text = "a: ${X}\nb: https://${X}.r2.example\nc: '${X}0'\nd: ${Y:=1}\n${X}-key: 1\ne: {\"${X}\": 1}\n";
    let mut case = Case::new(text, "SECRET: ENC[abc]\n");
    let Some(Variable::Known(_, origin)) = case.variables.get("SECRET").cloned() else { panic!() };
    case.variables.set("X", Variable::Unknown(UnknownReason::Encrypted, Some(origin)));
    let case = case.substituted();
    let value = |pointer| &case.node.pointer(pointer).unwrap().value;
    assert!(matches!(value("/a"), Value::Unknown(unknown) if unknown.raw == "${X}"));
    assert_eq!(case.places("/a").0, "values.yaml: ENC[abc]");
    let Value::Partial(partial) = value("/b") else { panic!() };
    assert_eq!(partial.raw, "https://${X}.r2.example");
    let text = |text: &str| Part::Text(text.into());
    assert_eq!(partial.parts, [text("https://"), Part::Hole, text(".r2.example")]);
    assert_eq!(partial.reason, UnknownReason::Encrypted);
    assert!(matches!(value("/c"), Value::Unknown(_)), "it may be a number");
    assert_eq!(case.node.get("d").unwrap().as_i64(), Some(1));
    assert_eq!(case.node.as_map().unwrap().open, Some(UnknownReason::Encrypted));
    assert!(case.node.get("${X}-key").is_some());
    assert_eq!(case.node.get("e").unwrap().as_map().unwrap().open, Some(UnknownReason::Encrypted));
}

#[test]
fn a_source_that_could_not_be_read_may_define_any_name() {
    let missing = || UnknownReason::Placeholder("Secret/vars".into());
    let mut case = Case::new("a: ${X:-d}\nb: ${NUM}\nc: $${X}\n", "NUM: '3'\n");
    case.variables.open = Some(missing());
    let case = case.substituted();
    assert_eq!(case.node.get("a").unwrap().unknown_reason(), Some(&missing()));
    assert_eq!(case.node.get("b").unwrap().as_i64(), Some(3));
    assert_eq!(case.node.get("c").unwrap().as_str(), Some("${X}"));
    // There may be no variable at all: then Flux leaves everything as it is.
    let mut case = Case::new("a: $${X}\nb: 1\n", "");
    case.variables.open = Some(missing());
    let case = case.substituted();
    assert_eq!(case.node.get("a").unwrap().unknown_reason(), Some(&missing()));
    let mut case = Case::new("a: ${not read\nb: 1\n", "");
    case.variables.open = Some(missing());
    assert_eq!(substitute(&mut case.node, &case.variables), Ok(Outcome::Undecided(missing())));
}

#[test]
fn an_error_has_its_place() {
    let refused = |object: &str, values: &str| {
        let mut case = Case::new(object, values);
        let before = case.node.clone();
        let error = substitute(&mut case.node, &case.variables).unwrap_err();
        assert_eq!(case.node, before);
        (case.text(error.origin().span), error)
    };
    let (place, error) = refused("z: 1\na: [x, \"sh -c ${X-1}\"]\n", "NUM: v\n");
    assert_eq!(place, "object.yaml: \"sh -c ${X-1}\"");
    assert!(matches!(error, SubstituteError::Expression { .. }));
    let (place, error) = refused("z: 1\na: ${NUM}\nb: 2\n", "NUM: '\"'\n");
    assert_eq!(place, "object.yaml: ${NUM}");
    assert!(matches!(error, SubstituteError::Yaml { .. }), "{error}");
    let (place, _) = refused("a: ${NUM}\n", "bad-name: v\n");
    assert_eq!(place, "values.yaml: v");
}

#[test]
fn an_object_may_forbid_it() {
    for of in ["labels", "annotations"] {
        let text = format!(
            "metadata: {{{of}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}}}\na: ${{NUM}}\n"
        );
        let mut case = Case::new(&text, "NUM: v\n");
        assert_eq!(substitute(&mut case.node, &case.variables), Ok(Outcome::Disabled));
        assert_eq!(case.node.get("a").unwrap().as_str(), Some("${NUM}"));
    }
}

#[test]
fn what_was_not_known_before_is_kept() {
    let text = "a: ENC[AES256_GCM,data:x]\nb: '{{ .x }}-${NUM}'\nc: !Find x\nd: ${NUM}\n";
    let mut case = Case::new(text, "NUM: v\n");
    manifest::mark_unknowns(
        &mut case.node,
        manifest::Dialect { variables: false, ..manifest::Dialect::FILE },
    );
    let case = case.substituted();
    let reason = |key| case.node.get(key).unwrap().unknown_reason().cloned();
    assert_eq!(reason("a"), Some(UnknownReason::Encrypted));
    assert_eq!(reason("b"), Some(UnknownReason::Template("{{ .x }}".into())));
    assert_eq!(case.node.get("b").unwrap().raw_text(), Some("{{ .x }}-v"));
    assert_eq!(reason("c"), Some(UnknownReason::Tag("!Find".into())));
    assert_eq!(case.node.get("d").unwrap().as_str(), Some("v"));
}

#[test]
fn deep_defaults_are_refused_not_followed() {
    let text = format!("a: '{}x{}'\n", "${A:-".repeat(100_000), "}".repeat(100_000));
    let mut case = Case::new(&text, "NUM: v\n");
    assert!(substitute(&mut case.node, &case.variables).is_err());
}

#[test]
fn a_kustomization_says_what_its_variables_are() {
    let mut sources = Sources::new();
    let mut read = |path: &str, text: &str| Case::read(&mut sources, path, text).unwrap();
    let kustomization = read(
        "ks.yaml",
        "spec:\n  postBuild:\n    substituteFrom:\n    - {kind: ConfigMap, name: a}\n    - {kind: Secret, name: b}\n    - {kind: Secret, name: gone, optional: true}\n    substitute: {OWN: o, SHARED: own}\n",
    );
    let config = read("a.yaml", "kind: ConfigMap\ndata: {SHARED: config, LATER: config, NEST: '${X}'}\n");
    let secret = read(
        "b.yaml",
        "kind: Secret\ndata: {LATER: c2VjcmV0, CRYPT: 'ENC[AES256_GCM,data:x]', BAD: '*'}\nstringData: {PLAIN: p}\n",
    );
    let find = |kind: &str, name: &str| match (kind, name) {
        ("ConfigMap", "a") => Some(&config),
        ("Secret", "b") => Some(&secret),
        _ => None,
    };
    let variables = Variables::of(&kustomization, &find);
    let value = |name| match variables.get(name) {
        Some(Variable::Known(value, _)) => value.clone(),
        Some(Variable::Unknown(reason, _)) => format!("not known: {reason}"),
        None => "none".to_owned(),
    };
    assert_eq!([value("OWN"), value("SHARED"), value("LATER"), value("PLAIN")], ["o", "own", "secret", "p"]);
    assert_eq!([value("CRYPT"), value("NEST")], ["not known: encrypted", "not known: ${X}"]);
    assert_eq!(value("BAD"), "not known: not read");
    let open = variables.open.clone().unwrap().to_string();
    assert_eq!(open, "a variable that Secret/gone, which is not in this repository, may set");
    assert!(Variables::of(&config, &find).is_none());
}
