//! Which scalars are not known, and what of them is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use manifest::{
    Dialect, Limits, Node, Part, Source, SourceId, UnknownReason, Value, mark_unknowns, mark_unknowns_but,
    read, to_json,
};

fn node(text: &str) -> Node {
    let source = Source::new("text.yaml", text.as_bytes().to_vec());
    read(&source, SourceId(0), &Limits::default()).documents.remove(0).content.unwrap()
}

fn marked(text: &str) -> Node {
    let mut node = node(text);
    mark_unknowns(&mut node, Dialect::FILE);
    node
}

/// `known`, `unknown (reason)` or `text_text (reason)` with `_` for each hole.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Unknown(unknown) => format!("unknown ({})", unknown.reason),
        Value::Partial(partial) => {
            let part = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Hole => "_".to_owned(),
            };
            format!("{} ({})", partial.parts.iter().map(part).collect::<String>(), partial.reason)
        }
        _ => "known".to_owned(),
    }
}

fn scalar(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    shown(marked(&format!("a: {quoted}\n")).get("a").unwrap())
}

#[test]
fn variables_of_flux() {
    for (text, expected) in [
        ("${A}", "unknown (${A})"),
        ("${A:=x}", "unknown (${A:=x})"),
        ("${A:-x}", "unknown (${A:-x})"),
        ("${A:=${B}}", "unknown (${A:=${B}})"),
        ("${A:=${B:-${C}}}x", "_x (${A:=${B:-${C}}})"),
        ("${q:='}", "unknown (${q:='})"),
        ("${A/x/y}", "unknown (${A/x/y})"),
        ("${A,,}", "unknown (${A,,})"),
        ("${#A}", "unknown (${#A})"),
        ("${A}${B}", "unknown (${A})"),
        ("https://${A}.r2.example.com", "https://_.r2.example.com (${A})"),
        ("${A}-${B}", "_-_ (${A})"),
        ("x${A", "known"),
        ("${A${B}", "${A_ (${B})"),
        ("${A:=${B}", "${A:=_ (${B})"),
        ("$A", "known"),
        ("$(A)", "known"),
        ("${}", "known"),
        ("${1}", "known"),
        ("${a.b}", "known"),
        ("${ A }", "known"),
        ("$${A}", "known"),
        ("$${A}${B}", "$${A}_ (${B})"),
        ("$${A:=${B}}", "known"),
        ("é${A}é", "é_é (${A})"),
        ("", "known"),
    ] {
        assert_eq!(scalar(text), expected, "{text}");
    }
}

#[test]
fn templates_and_placeholders() {
    for (text, expected) in [
        ("{{ .x }}", "unknown ({{ .x }})"),
        ("a-{{ .x }}-b", "a-_-b ({{ .x }})"),
        ("{{ .x", "known"),
        ("{ .x }", "known"),
        ("ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", "unknown (encrypted)"),
        ("ENC[AES256_GCM,data:x", "known"),
        ("ENC", "known"),
        ("<path:secret/data/x#y>", "unknown (<path:secret/data/x#y>)"),
        ("postgres://u:<path:x#y>@h/d", "postgres://u:_@h/d (<path:x#y>)"),
        ("<secret:x>", "unknown (<secret:x>)"),
        ("<path:x", "known"),
        ("<a>", "known"),
        ("op://vault/item/field", "unknown (op://vault/item/field)"),
        ("x op://a", "known"),
        ("ref+vault://a/b#/c", "unknown (ref+vault://a/b#/c)"),
        ("ref+://a", "known"),
        ("{{ .x }}${A}<path:y>", "unknown ({{ .x }})"),
    ] {
        assert_eq!(scalar(text), expected, "{text}");
    }
}

#[test]
fn a_dialect_says_what_counts() {
    let text = "a: ${A}\nb: '{{ .b }}'\nc: op://c\nd: ENC[AES256_GCM,x]\n";
    let with = |dialect: Dialect| {
        let mut node = node(text);
        mark_unknowns(&mut node, dialect);
        node.children().map(|child| u8::from(child.unknown_reason().is_some())).collect::<Vec<_>>()
    };
    assert_eq!(with(Dialect::FILE), [1, 1, 1, 1]);
    assert_eq!(with(Dialect::LITERAL), [0, 0, 0, 0]);
    assert_eq!(with(Dialect { variables: true, ..Dialect::LITERAL }), [1, 0, 0, 0]);
    assert_eq!(with(Dialect { templates: true, ..Dialect::LITERAL }), [0, 1, 0, 0]);
    assert_eq!(with(Dialect { placeholders: true, ..Dialect::LITERAL }), [0, 0, 1, 1]);
}

#[test]
fn what_is_literal_is_left_alone() {
    let marked = |path: &[&str]| {
        let mut node = node("a:\n  b: {e: '${A}', f: ['${B}']}\n  e: ${D}\ne: ${E}\n");
        mark_unknowns_but(&mut node, Dialect::FILE, Some(path));
        ["/a/b/e", "/a/b/f/0", "/a/e", "/e"].map(|at| shown(node.pointer(at).unwrap()) == "known")
    };
    assert_eq!(marked(&["a", "b"]), [true, true, false, false]);
    assert_eq!(marked(&["a", "e"]), [false, false, true, false]);
    assert_eq!(marked(&["e"]), [false, false, false, true]);
    assert_eq!(marked(&["b"]), [false; 4]);
    assert_eq!(marked(&[]), [true; 4]);
}

#[test]
fn a_key_that_is_not_known_opens_its_map() {
    let node = marked("a:\n  x-${A}: 1\n  b: {c: 1}\n'{{ .d }}': 2\n");
    let open = |pointer: &str| node.pointer(pointer).unwrap().as_map().unwrap().open.clone();
    assert_eq!(open(""), Some(UnknownReason::Template("{{ .d }}".to_owned())));
    assert_eq!(open("/a"), Some(UnknownReason::Variable("${A}".to_owned())));
    assert_eq!(open("/a/b"), None);
    assert_eq!(node.pointer("/a/x-${A}").map(to_json), Some("1".to_owned()));
}

#[test]
fn places_and_text_survive() {
    let node = marked("name: &n ${APP}-secret\nref: *n\nn: ${N}\n");
    let both = |key: &str| {
        let node = node.get(key).unwrap();
        (shown(node), node.raw_text().unwrap().to_owned(), node.origin.span.start)
    };
    assert_eq!(both("name"), ("_-secret (${APP})".to_owned(), "${APP}-secret".to_owned(), 9));
    assert_eq!(both("ref"), ("_-secret (${APP})".to_owned(), "${APP}-secret".to_owned(), 9));
    assert_eq!(to_json(&node), r#"{"name":"${APP}-secret","ref":"${APP}-secret","false":"${N}"}"#);
}
