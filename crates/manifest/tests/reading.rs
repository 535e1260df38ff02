//! What reading says beside the values: places, comments, problems, and where it stops.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use manifest::{
    Limits, Node, ProblemKind, Reading, Source, SourceId, Span, UnknownReason, Value, read, to_json,
};
use std::fmt::Write as _;

/// A text with what was read from it.
struct Read {
    source: Source,
    reading: Reading,
}

fn reading(text: impl AsRef<[u8]>) -> Read {
    limited(text, &Limits::default())
}

fn limited(text: impl AsRef<[u8]>, limits: &Limits) -> Read {
    let source = Source::new("text.yaml", text.as_ref().to_vec());
    let reading = read(&source, SourceId(0), limits);
    Read { source, reading }
}

impl Read {
    fn node(&self) -> &Node {
        self.reading.documents[0].content.as_ref().unwrap()
    }

    fn text(&self, span: Span) -> String {
        String::from_utf8_lossy(&self.source.bytes()[span.start as usize..span.end as usize]).into_owned()
    }

    /// `line:column` from 1.
    fn place(&self, span: Span) -> String {
        let start = self.source.position(span.start);
        format!("{}:{}", start.line, start.column)
    }

    /// The text at the place of the value at `pointer`.
    fn at(&self, pointer: &str) -> String {
        self.text(self.node().pointer(pointer).unwrap().origin.span)
    }

    /// Problems as `kind place message`, with the related place.
    fn problems(&self) -> String {
        let mut out = String::new();
        for problem in &self.reading.problems {
            write!(out, "{} {} {}", problem.kind.rule(), self.place(problem.span), problem.message).unwrap();
            if let Some((message, span)) = &problem.related {
                write!(out, " ({message}: {})", self.place(*span)).unwrap();
            }
            out.push('\n');
        }
        out
    }

    /// Documents as `kubectl?: value or error`.
    fn documents(&self) -> Vec<String> {
        let shown = |document: &manifest::Document| {
            let value = match &document.content {
                Ok(node) => to_json(node),
                Err(error) => format!("error at {}", self.place(error.span)),
            };
            format!("{}{value}", if document.kubectl { "" } else { "unreached " })
        };
        self.reading.documents.iter().map(shown).collect()
    }

    fn comments(&self) -> Vec<String> {
        let shown = |comment: &manifest::Comment| {
            let alone = if comment.alone { " alone" } else { "" };
            format!("{}{alone}: {}", comment.line, self.text(comment.span))
        };
        self.reading.comments.iter().map(shown).collect()
    }
}

#[test]
fn a_value_stands_where_its_text_does() {
    let read = reading(
        "é: plain text # c\nq: \"a\\nb\"\ns: 'x'\ni: 12\nl: [1, {a: b}]\nm:\n  k: v\n  w: [\n    x ]\nb: |\n  one\n  two\n\nempty:\nlast: ~\n",
    );
    for (pointer, text) in [
        ("/é", "plain text"),
        ("/q", "\"a\\nb\""),
        ("/s", "'x'"),
        ("/i", "12"),
        ("/l", "[1, {a: b}]"),
        ("/l/1", "{a: b}"),
        ("/l/1/a", "b"),
        ("/m", "k: v\n  w: [\n    x ]"),
        ("/b", "|\n  one\n  two"),
        ("/empty", ""),
        ("/last", "~"),
    ] {
        assert_eq!(read.at(pointer), text, "{pointer}");
    }
    let place = |pointer| read.place(read.node().pointer(pointer).unwrap().origin.span);
    assert_eq!(place("/é"), "1:4");
    assert_eq!(place("/empty"), "14:7");
    let key = read.node().as_map().unwrap().entry("é").unwrap().key_origin;
    assert_eq!((read.text(key.span), key.used_at), ("é".to_owned(), None));
}

#[test]
fn lists_and_maps_end_with_their_last_value() {
    let read =
        reading("a:\n- b: 1\n  c: |\n    x\n\n# comment\n- d # comment\n\n\ne:\n  f:\n    g:\n\nh: 1\n");
    assert_eq!(read.at("/a"), "- b: 1\n  c: |\n    x\n\n# comment\n- d");
    assert_eq!(read.at("/a/0"), "b: 1\n  c: |\n    x");
    assert_eq!(read.at("/e"), "f:\n    g:");
    assert_eq!(read.at(""), String::from_utf8_lossy(read.source.bytes()).trim_end());
}

#[test]
fn anchors_and_tags_are_not_part_of_the_value() {
    let read = reading(
        "a: &x !!str 1\nb: !!map &y\n  c: 2\nd: &z\n- 1\ne: &e # c\n  f\ng: !!str &w {h: 1}\ni: &i\n",
    );
    assert_eq!(read.at("/a"), "1");
    assert_eq!(read.at("/b"), "c: 2");
    assert_eq!(read.at("/d"), "- 1");
    assert_eq!(read.at("/e"), "f");
    assert_eq!(read.at("/g"), "{h: 1}");
    assert_eq!(read.at("/i"), "");
    assert_eq!(read.comments(), ["6: # c"]);
}

#[test]
fn an_alias_knows_both_places() {
    let read = reading("a: &x {k: [1]}\nb: *x\nc:\n  <<: *x\n  own: 2\nd:\n  <<: {m: 3}\n");
    let both = |pointer: &str| {
        let origin = read.node().pointer(pointer).unwrap().origin;
        (read.place(origin.span), origin.used_at.map(|at| read.place(at)))
    };
    let at = |place: &str| Some(place.to_owned());
    assert_eq!(both("/a/k/0"), ("1:12".to_owned(), None));
    assert_eq!(both("/b"), ("1:7".to_owned(), at("2:4")));
    assert_eq!(both("/b/k/0"), ("1:12".to_owned(), at("2:4")));
    assert_eq!(both("/c"), ("4:3".to_owned(), None));
    assert_eq!(both("/c/k"), ("1:11".to_owned(), at("4:7")));
    assert_eq!(both("/c/own"), ("5:8".to_owned(), None));
    assert_eq!(both("/d/m"), ("7:11".to_owned(), at("7:3")));
    let merged = read.node().pointer("/c").unwrap().as_map().unwrap().entry("k").unwrap().key_origin;
    assert_eq!(
        (read.place(merged.span), merged.used_at.map(|at| read.place(at))),
        ("1:8".to_owned(), at("4:7"))
    );
}

#[test]
fn comments_are_found_outside_of_texts_only() {
    let read = reading(
        "# one\n--- # two\na: b # three\nc: \"# no\"\nd: '# no' # four\ne: x#no\nf: |  # five\n  # no\n  text\n# six\ng: >-\n  # no\n\n # seven\nh: [ # eight\n  1, # nine\n  # ten\n  2 ]# eleven\n? # twelve\n  k\n: # thirteen\n  v\n--- # fourteen\n# fifteen\nx\n...\n# sixteen",
    );
    assert_eq!(
        read.comments(),
        [
            "1 alone: # one",
            "2: # two",
            "3: # three",
            "5: # four",
            "7: # five",
            "10 alone: # six",
            "14 alone: # seven",
            "15: # eight",
            "16: # nine",
            "17 alone: # ten",
            "18: # eleven",
            "19: # twelve",
            "21: # thirteen",
            "23: # fourteen",
            "24 alone: # fifteen",
            "27 alone: # sixteen",
        ]
    );
}

#[test]
fn comments_end_with_their_line_whatever_ends_it() {
    assert_eq!(reading("a: 1 # x\r\n# y\rb: 2\n").comments(), ["1: # x", "2 alone: # y"]);
    assert_eq!(reading("\u{FEFF}# x\na: 1\n").comments(), ["1 alone: # x"]);
    assert_eq!(reading("a: 1 \t# x\n").comments(), ["1: # x"]);
}

#[test]
fn a_key_that_stands_twice_is_a_problem_at_the_second() {
    let read = reading("a: 1\nb: {c: 1, c: 2}\na: 3\n1: x\n\"1\": z\n");
    assert_eq!(
        read.problems(),
        "duplicate-key 2:11 the key `c` stands twice in this map; kubectl keeps the later one (the first is here: 2:5)\n\
         duplicate-key 3:1 the key `a` stands twice in this map; kubectl keeps the later one (the first is here: 1:1)\n\
         duplicate-key 5:1 the key `1` stands twice in this map; kubectl keeps the later one (the first is here: 4:1)\n"
    );
    assert_eq!(read.documents(), [r#"{"b":{"c":2},"a":3,"1":"z"}"#]);
}

#[test]
fn the_last_of_many_equal_keys_counts_in_large_maps_too() {
    let mut text = String::new();
    for round in 0..3 {
        for key in 0..100 {
            writeln!(text, "k{key}: {round}").unwrap();
        }
    }
    let read = reading(text);
    let map = read.node().as_map().unwrap();
    assert_eq!(map.entries.len(), 100);
    assert!(map.entries.iter().all(|entry| to_json(&entry.value) == "2"));
    assert_eq!(map.entries[7].key, "k7");
    assert_eq!(read.reading.problems.len(), 100, "no more of a kind are noted");
}

#[test]
fn a_merge_overwrites_what_stands_before_it_and_says_so() {
    let read = reading("b: &x {k: 1}\nc:\n  k: 2\n  <<: *x\nd:\n  <<: *x\n  k: 3\n");
    assert_eq!(read.documents(), [r#"{"b":{"k":1},"c":{"k":1},"d":{"k":3}}"#]);
    assert_eq!(
        read.problems(),
        "duplicate-key 4:3 this merge overwrites the key `k` that stands before it (the key is here: 3:3)\n"
    );
}

#[test]
fn a_custom_tag_hides_what_is_meant_but_not_the_value() {
    let read = reading("a: !Find [b, c]\nd: !Ref e\n!t f: 1\n");
    let unknown = |pointer: &str| match &read.node().pointer(pointer).unwrap().value {
        Value::Unknown(unknown) => (unknown.raw.clone(), unknown.reason.clone()),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(unknown("/a"), (String::new(), UnknownReason::Tag("!Find".to_owned())));
    assert_eq!(unknown("/d"), ("e".to_owned(), UnknownReason::Tag("!Ref".to_owned())));
    assert_eq!(read.documents(), [r#"{"a":["b","c"],"d":"e","f":1}"#]);
    assert_eq!(
        read.problems(),
        "custom-tag 1:4 kubectl ignores the tag !Find; what is meant is not known\n\
         custom-tag 2:4 kubectl ignores the tag !Ref; what is meant is not known\n\
         custom-tag 3:1 kubectl ignores the tag !t; what is meant is not known\n"
    );
}

#[test]
fn what_kubectl_does_not_reach_is_read_all_the_same() {
    let read = reading("a: 1\n...\nb: 2\n---\nc: 3\n--- d: 4\n---\ne: 5\n");
    assert_eq!(
        read.documents(),
        [
            r#"{"a":1}"#,
            r#"unreached {"b":2}"#,
            r#"unreached {"c":3}"#,
            "unreached error at 6:6",
            r#"unreached {"e":5}"#
        ]
    );
    assert_eq!(
        read.problems(),
        "document-unreached 3:1 kubectl does not read what stands behind `...`\n\
         document-unreached 6:1 kubectl stops here: only a comment may follow `---` on its line\n\
         yaml-syntax 6:6 a `:` is not allowed here; a text that contains `: ` must be quoted\n"
    );
    let read = reading("--- {a: 1}\n---\nb: 2\n");
    assert_eq!(read.documents(), [r#"unreached {"a":1}"#, r#"unreached {"b":2}"#]);
    let read = reading("a: |\n x\n-----BEGIN\n");
    assert_eq!(read.documents(), ["unreached error at 3:1"]);
}

#[test]
fn what_does_not_belong_to_a_document_is_said() {
    let read = reading("\"a\" b\n---\nc: 1\n");
    assert_eq!(read.documents(), ["\"a\"", r#"{"c":1}"#]);
    assert_eq!(
        read.problems(),
        "document-unreached 1:5 this does not belong to the document above; kubectl ignores it\n"
    );
}

#[test]
fn an_error_hides_no_other_document() {
    let read =
        reading("a: 1\n---\nb: [\n---\nc: *x\n---\n? [d]\n: e\n---\nf: .inf\n---\ng: \u{7}\n---\nh: 2\n");
    assert_eq!(
        read.documents(),
        [
            r#"{"a":1}"#,
            "error at 4:1",
            "error at 5:4",
            "error at 7:3",
            "error at 10:4",
            "error at 12:4",
            r#"{"h":2}"#
        ]
    );
    let indices: Vec<_> = read.reading.documents.iter().map(|document| document.index).collect();
    assert_eq!(indices, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(read.reading.problems.len(), 5);
}

#[test]
fn an_error_hides_nothing_behind_the_end_of_its_document() {
    let read = reading("a: [\n  ...\n...\nb: 2\n...\nc: ]\n... \nd: 4\n");
    assert_eq!(
        read.documents(),
        ["error at 3:1", r#"unreached {"b":2}"#, "unreached error at 6:4", r#"unreached {"d":4}"#]
    );
}

#[test]
fn empty_documents_are_left_out() {
    for text in
        ["", "\n", "# c\n", "---\n", "---\n---\n", "null\n", "--- # c\n~\n", "...\n---\n", "{}\n---\n"]
    {
        let count =
            reading(text).reading.documents.iter().filter(|document| document.content.is_ok()).count();
        assert_eq!(count, usize::from(text.starts_with('{')), "{text:?}");
    }
}

#[test]
fn a_document_ends_before_the_next_separator() {
    let read = reading("# c\na: 1\n--- # d\nb: 2\n...\nc: 3\n");
    let texts: Vec<_> = read.reading.documents.iter().map(|document| read.text(document.span)).collect();
    assert_eq!(texts, ["# c\na: 1\n", "b: 2\n...", "\nc: 3\n"]);
}

#[test]
fn errors_say_what_is_wrong_where() {
    for (text, expected) in [
        (
            "a: 1\n b: 2\n",
            "yaml-syntax 2:3 a `:` is not allowed here; a text that contains `: ` must be quoted\n",
        ),
        ("a: \"x\n", "yaml-syntax 1:4 this quoted text is never closed\n"),
        (
            "a: [1, 2\nb: 3\n",
            "yaml-syntax 2:2 expected `,` or `]` in this list in brackets (the flow sequence starts here: 1:4)\n",
        ),
        ("a: *x\n", "yaml-syntax 1:4 no anchor `&x` stands before this alias\n"),
        ("a: &x [*x]\n", "yaml-syntax 1:8 the value of anchor `&x` contains itself\n"),
        ("<<: 1\n", "yaml-syntax 1:5 `<<` merges a map or a list of maps only\n"),
        ("a: {{ .x }}\n", "yaml-syntax 1:5 a map cannot be a key; a template `{{ … }}` must be quoted\n"),
        ("{{ .x }}: 1\n", "yaml-syntax 1:1 a map cannot be a key; a template `{{ … }}` must be quoted\n"),
        ("a: !!int x\n", "yaml-syntax 1:10 `x` is a string and cannot be read as !!int\n"),
        ("~: 1\n", "yaml-syntax 1:1 null cannot be a key\n"),
        ("a: [!b,c]\n", "yaml-syntax 1:5 this cannot be read; a space must stand between a tag and a `,`\n"),
        ("a: b\u{1}\n", "yaml-syntax 1:5 control characters are not allowed\n"),
        ("a: \"\\/\"\n", "yaml-syntax 1:5 kubectl refuses the escape `\\/`; write `/`\n"),
        (
            "[http://a?b]\n",
            "yaml-syntax 1:2 a text with `?` in brackets or braces must be quoted; kubectl refuses it\n",
        ),
        ("{\"a\": 1}{\"b\": 2}{\"c\" 3}", "yaml-syntax 1:22 expected `:` behind this key\n"),
        (
            "\ta: 1\n",
            "yaml-syntax 1:1 a value cannot start with this character; a text that does must be quoted, and a tab cannot indent\n",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "yaml-syntax 3:2 this is neither a key of the map above nor the end of it; is the indentation right, and is a text with special characters quoted? (the block mapping starts here: 1:1)\n",
        ),
        (
            "%YAML 1.1\na: 1\n",
            "yaml-syntax 2:1 expected `---` here; directives stand right before the `---` of their document\n",
        ),
    ] {
        assert_eq!(reading(text).problems(), expected, "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_a_problem_of_their_document() {
    let read = reading(b"a: 1\n---\nb: x\xFFy\n---\nc: 3\n");
    assert_eq!(read.documents(), [r#"{"a":1}"#, "error at 3:5", r#"{"c":3}"#]);
    assert_eq!(read.problems(), "not-utf8 3:5 this byte is not UTF-8\n");
    assert_eq!(reading(b"\xFF\xFEa\0:\0 \x001\0").reading.problems[0].kind, ProblemKind::Encoding);
}

#[test]
fn marks_and_line_ends_do_not_move_places() {
    let read = reading("\u{FEFF}a: 1\r\nb: x\r\nc:\r\n  - d\r\n");
    assert_eq!(read.at("/b"), "x");
    assert_eq!(read.at("/c/0"), "d");
    let read = reading("a: 1\r\r\nb: |\r\r\n  x\r\r\n  y\r\r\nc: z\r\r\n");
    assert_eq!(read.at("/c"), "z");
    assert_eq!(read.at("/b"), "|\r\r\n  x\r\r\n  y");
}

#[test]
fn json_is_read_with_places() {
    let read = reading("{\"a\": [1, \"x\\u00e9\"], \"b\": {\"c\": null}}\n{\"d\": -1.5e3}");
    assert_eq!(read.documents(), [r#"{"a":[1,"xé"],"b":{"c":null}}"#, r#"{"d":-1500}"#]);
    assert_eq!(read.at("/a/1"), "\"x\\u00e9\"");
    assert_eq!(read.at("/b"), "{\"c\": null}");
    let second = &read.reading.documents[1];
    assert_eq!((second.index, read.place(second.span)), (1, "2:1".to_owned()));
    let read = reading("{\"a\": 1, \"a\": 2}");
    assert_eq!(read.reading.problems[0].kind, ProblemKind::DuplicateKey);
}

#[test]
fn numbers_are_written_as_go_writes_them() {
    let read = reading(
        "[1.0, 1e21, 1e-7, 0.000001, -0.0, 18446744073709551615, 123456789.125, 100000000000000000000]\n",
    );
    assert_eq!(
        to_json(read.node()),
        "[1,1e+21,1e-7,0.000001,-0,18446744073709551615,123456789.125,100000000000000000000]"
    );
}

#[test]
fn what_is_not_to_be_read_is_there_and_not_known() {
    let text = br#"{"metadata": {"name": "orders", "managedFields": [{"a": "}]\"", "b": {}}, 1]},
        "status": {"phase": {"x": [[]]}}, "spec": {"status": 1, "n": 1e2}}"#;
    let unread: &[&[&str]] = &[&["metadata", "managedFields"], &["status"]];
    let node = manifest::read_json(text, SourceId(0), &Limits::default(), unread).unwrap();
    assert_eq!(node.at(&["metadata", "name"]).and_then(Node::as_str), Some("orders"));
    assert!(node.at(&["metadata", "managedFields"]).unwrap().unknown_reason().is_some());
    let status = node.get("status").unwrap();
    assert_eq!(status.as_map().map(|map| map.entries.len()), Some(0));
    assert!(matches!(status.as_map().unwrap().lookup("phase"), manifest::Lookup::Unknown(_)));
    // Only at that path.
    assert!(node.at(&["spec", "status"]).unwrap().unknown_reason().is_none());
    let spec = node.get("spec").unwrap().origin.span;
    assert_eq!(&text[spec.start as usize..spec.end as usize], br#"{"status": 1, "n": 1e2}"#);
}

#[test]
fn one_json_value_and_nothing_behind_it() {
    let read = |text: &[u8]| manifest::read_json(text, SourceId(0), &Limits::default(), &[&["a"]]);
    assert!(read(b" {\"a\": 1} ").is_ok());
    for bad in [&b"{} x"[..], b"{\"a\": ", b"{\"a\": \"", b"{\"a\": [", b"", b"{\"b\": 1e999}", b"a: b"] {
        assert!(read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
    }
    let deep = format!("{{\"b\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read(deep.as_bytes()).unwrap_err().0, manifest::ProblemKind::Limit);
    let unread = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(unread.as_bytes()).is_ok());
}
