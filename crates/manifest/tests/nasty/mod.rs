//! Texts on which readers of YAML disagree.
//!
//! Written by hand by subject, and every form of scalar in every place where one can stand.

mod documents;
mod scalars;
mod structure;
mod text;

/// One text.
pub(crate) struct Case {
    pub(crate) text: Vec<u8>,
    /// The name of the difference that is wanted here, or that the parser forces.
    pub(crate) forced: Option<&'static str>,
}

/// Where we differ from kubectl, and why.
pub(crate) const FORCED: &[(&str, &str)] = &[
    (
        "colon",
        "in brackets, our parser refuses a text with `:` before a bracket, brace, comma or `?`; Go's takes it",
    ),
    (
        "tag-comma",
        "Go's parser takes `,`, `[` and `]` as part of a tag; ours refuses the first and panics at it",
    ),
    ("quote-escape", "Go's parser takes the escape `\\'`; ours does not know it"),
    ("mark", "our parser skips a byte order mark at the start of any line; Go's takes it for a letter"),
    (
        "empty-key",
        "Go's parser forgets that `[` or `{` may start a key where `]`, `}` or `?` follows, and ends the document",
    ),
    (
        "behind-end",
        "what cannot belong to a document is ignored, but each parser looks at some of it for errors",
    ),
    ("long-key", "a key has 1,024 characters at most for Go's parser, 1,024 bytes for ours"),
    ("json-encoding", "Go's JSON reader puts U+FFFD for what is not UTF-8; we refuse it as we do in YAML"),
    (
        "merged-infinity",
        "an infinity that a merge brings and a later key overwrites does not matter to kubectl",
    ),
];

/// Which of them a text shows, if any.
fn forced(text: &[u8]) -> Option<&'static str> {
    FORCED_CASES.iter().find(|(_, cases)| cases.contains(&text)).map(|(name, _)| *name)
}

/// Texts that show a named difference.
const FORCED_CASES: &[(&str, &[&[u8]])] = &[
    ("colon", &[b"[a:]\n", b"{a:}\n", b"[a::]\n", b"[a:, b]\n", b"{a: a:}\n"]),
    ("tag-comma", &[b"a: !foo,bar 1\n", b"[!a, b]\n", b"[!!str, b]\n", b"a: !a[b] c\n"]),
    ("quote-escape", &[b"a: \"\\'\""]),
    ("mark", &[b"a: 1\n\xef\xbb\xbfb: 2\n", b"a: 1\n\xef\xbb\xbfa: 2\n", b"# c\n\xef\xbb\xbfa\n# c\n"]),
    ("empty-key", &[b"[]: a\n", b"[]: a]\n", b"- a\n---\n{? a}b: c\n"]),
    ("behind-end", &[b"|-\n{a? @\n", b"|+2\n[}%!<a> "]),
    ("json-encoding", &[b"{\"a\": \"\xff\"}\n"]),
    ("merged-infinity", &[b"<<: {a: .inf}\na: 1\n"]),
];

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    let written = [documents::CASES, structure::CASES, text::CASES].concat();
    let mut texts: Vec<Vec<u8>> = written.iter().map(|text| text.to_vec()).collect();
    texts.extend(scalars::everywhere().into_iter().map(String::into_bytes));
    texts.extend(FORCED_CASES.iter().flat_map(|(_, cases)| cases.iter().map(|text| text.to_vec())));
    let mut cases: Vec<Case> = texts.into_iter().map(|text| Case { forced: forced(&text), text }).collect();
    for letter in ["k", "é", "日"] {
        for length in [300, 341, 342, 512, 513, 1022, 1023, 1024, 1025, 1026] {
            let key = letter.repeat(length);
            for key in [&key, &format!("\"{key}\"")] {
                let forced = (key.len() > 1024 && key.chars().count() <= 1024).then_some("long-key");
                cases.push(Case { text: format!("{key}: a\n").into_bytes(), forced });
                cases.push(Case { text: format!("a: {key}\n").into_bytes(), forced: None });
            }
        }
    }
    cases
}
