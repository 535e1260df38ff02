//! Templates in both languages, held against the libraries that Argo CD runs (`tests/argocd-templates`).

use crate::argocd::{fast, go};
use manifest::{Limits, Map, Node, Origin, SourceId, Span, Value as Known, read_json};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const HERE: Origin = Origin { span: Span { source: SourceId(0), start: 0, end: 0 }, used_at: None };

fn parameters() -> Value {
    json!({
        "name": "Media_DB.x", "empty": "", "port": 5432, "big": 12_345_678, "half": 0.5, "on": true, "off": false, "none": null,
        "path": {"path": "k8s/apps/media", "basename": "media", "segments": ["k8s", "apps", "media"]},
        "values": {"ns": "media", "nested": {"deep": "x"}}, "list": ["b", "a"], "numbers": [1, 2], "odd-key": "odd",
        "path.basename": "flat", "path[0]": "k8s", "spaced name": "yes"
    })
}

const PLAIN: &[&str] = &[
    "",
    "x",
    "{{name}}",
    "{{ name }}",
    "a-{{name}}-{{ path.basename }}",
    "{{path[0]}}",
    "{{missing}}",
    "{{ missing }}x",
    "{{port}}",
    "{{}}",
    "{{ }}",
    "{name}",
    "{{{name}}}",
    "{{name}",
    "{{spaced name}}",
    "{{name}}{{empty}}{{name}}",
    "{{on}}",
    "{{list}}",
    "{{path}}",
    "}}{{name}}",
    "{{\nname\n}}",
    "{{name}} {{x",
    "{{x",
    "}} {{",
];

const GO: &[&str] = &[
    "",
    "x",
    "{{ .name }}",
    "{{.name}}",
    "a {{- .name -}} b",
    "a\n{{- .name }}\n b {{ .empty -}}\n\n c",
    "{{ .path.basename }}-{{ index .path.segments 1 }}",
    "{{ index .path \"basename\" }}",
    "{{ index .path.segments 7 }}",
    "{{ index . \"odd-key\" }}",
    "{{ .missing }}",
    "{{ .missing.deep }}",
    "{{ .name.deep }}",
    "{{ .none.deep }}",
    "{{ .missing.deep.er }}",
    "{{- /* c */ -}}",
    "{{-/* c */}}",
    "{{-  /* c */ -}}",
    "{{ .port.deep }}",
    "{{ .list.deep }}",
    "{{ .values.nested.deep }}",
    "{{ .values.missing }}",
    "{{ .port }}",
    "{{ .big }}",
    "{{ .half }}",
    "{{ .on }}",
    "{{ .none }}",
    "{{ .list }}",
    "{{ .values }}",
    "{{ .numbers }}",
    "{{ .name | lower }}",
    "{{ upper .name }}",
    "{{ .name | normalize }}",
    "{{ .name | replace \"_\" \"-\" | lower }}",
    "{{ .name | trunc 3 }}",
    "{{ trunc -3 .name }}",
    "{{ .missing | default \"d\" }}",
    "{{ default \"d\" .empty }}",
    "{{ default \"d\" .name }}",
    "{{ coalesce .empty .missing .name }}",
    "{{ ternary \"a\" \"b\" .on }}",
    "{{ .off | ternary \"a\" \"b\" }}",
    "{{ printf \"%s-%s\" .name .path.basename }}",
    "{{ printf \"%v-%d\" .port 3 }}",
    "{{ printf \"%%\" }}",
    "{{ .name | quote }}",
    "{{ .name | squote }}",
    "{{ if .on }}a{{ end }}",
    "{{ if .off }}a{{ else }}b{{ end }}",
    "{{ if eq .name \"x\" }}a{{ else if hasPrefix \"Media\" .name }}b{{ else }}c{{ end }}",
    "{{ if and .on (not .off) }}a{{ end }}",
    "{{ if or .off .empty }}a{{ end }}",
    "{{ or .off .name }}",
    "{{ and .on .empty }}",
    "{{ if ne .name \"x\" }}a{{ end }}",
    "{{ with .values }}{{ .ns }}{{ $.name }}{{ end }}",
    "{{ with .missing }}a{{ else }}b{{ end }}",
    "{{ range .list }}[{{ . }}]{{ end }}",
    "{{ range $i, $v := .list }}{{ $i }}{{ $v }}{{ end }}",
    "{{ range .missing }}a{{ else }}b{{ end }}",
    "{{ range $k, $v := .values }}{{ $k }}{{ end }}",
    "{{ $x := .name }}{{ $x }}{{ $x | lower }}",
    "{{ $p := .path }}{{ $p.basename }}",
    "{{ (index .path.segments 0) }}",
    "{{ (.values).ns }}",
    "{{ $missing }}",
    "{{ .path.segments | last }}",
    "{{ first .path.segments }}",
    "{{ join \"-\" .path.segments }}",
    "{{ .path.path | splitList \"/\" | last }}",
    "{{ (split \"/\" .path.path)._1 }}",
    "{{ len .list }}",
    "{{ len .name }}",
    "{{ dig \"values\" \"ns\" \"d\" . }}",
    "{{ dig \"values\" \"no\" \"d\" . }}",
    "{{ get .values \"ns\" }}",
    "{{ get .values \"no\" }}",
    "{{ hasKey .values \"ns\" }}",
    "{{ empty .empty }}",
    "{{ contains \"DB\" .name }}",
    "{{ hasSuffix \".x\" .name }}",
    "{{ .name | trimSuffix \".x\" | trimPrefix \"Media_\" }}",
    "{{ trim \" a \" }}",
    "{{ add 1 2 }}",
    "{{ int .port }}",
    "{{ base .path.path }}",
    "{{ dir .path.path }}",
    "{{ toString .port }}",
    "{{ has \"a\" .list }}",
    "{{ list \"a\" \"b\" | join \",\" }}",
    "{{ \"lit\" }}",
    "{{ `raw \\n` }}",
    "{{ \"}}\" }}",
    "{{ 3 }}",
    "{{ true }}",
    "{{ /* c */ }}",
    "{{/* a }} b */}}x",
    "{{- /* c */ -}} x",
    "{{ \"a\\\"b\" }}",
    "{{",
    "{{ .name",
    "{{ end }}",
    "{{ if .on }}a",
    "{{ else }}",
    "{{ nofunction .name }}",
    "{{ .name .path }}",
    "{{ ( .name }}",
    "{{ .name ) }}",
    "{{ | lower }}",
    "{{ }}",
    "{{ eq .port 5432 }}",
    "{{ eq .name }}",
    "{{ .name | }}",
    "{{ 'a' }}",
    "{{ sha256sum .name }}",
    "{{ define \"x\" }}{{ end }}",
    "{{ toJson .values.nested }}",
    "{{ if eq .path.basename \"media\" }}{{ .name }}{{ end }}",
];

/// What is not read here, and so not known: nothing is made up of it.
const BEYOND: usize = 8;

#[test]
fn templates_are_filled_in_as_argo_cd_does() {
    let asked = |go: bool, strict: bool, texts: &'static [&str]| {
        texts.iter().map(
            move |text| json!({"template": text, "parameters": parameters(), "go": go, "strict": strict}),
        )
    };
    let questions: Vec<Value> =
        asked(false, false, PLAIN).chain(asked(true, false, GO)).chain(asked(true, true, GO)).collect();
    let Some(answers) = answers(&questions) else { return };
    let (mut same, mut beyond, mut different) = (0, Vec::new(), Vec::new());
    for (question, answer) in questions.iter().zip(&answers) {
        match (ours(question), answer) {
            (Ok(Some(ours)), Answer::Out(theirs)) if ours == *theirs => same += 1,
            (Err(_), Answer::Err(_)) => same += 1,
            (Ok(None), _) => beyond.push(question["template"].to_string()),
            (ours, Answer::Out(theirs)) => {
                different.push(format!("{}: {ours:?}, Argo CD {theirs:?}", question["template"]));
            }
            (ours, Answer::Err(error)) => {
                different.push(format!("{}: {ours:?}, Argo CD refuses: {error}", question["template"]));
            }
        }
    }
    let (count, unread) = (questions.len(), beyond.len());
    eprintln!("not read here: {beyond:?}");
    eprintln!("{count} templates: {same} the same, {unread} not read here, {} different", different.len());
    assert!(different.is_empty(), "{different:#?}");
    assert!(beyond.len() <= 2 * BEYOND, "{beyond:#?}");
}

/// The text; nothing where it is not known; an error where it is refused.
fn ours(question: &Value) -> Result<Option<String>, String> {
    let template = question["template"].as_str().unwrap();
    let parameters = parameters_of(&question["parameters"]);
    let filled = if question["go"] == Value::Bool(true) {
        go::fill(template, HERE, &parameters, question["strict"] == Value::Bool(true))?
    } else {
        fast::fill(template, &parameters)?
    };
    Ok(filled.known().ok().map(str::to_owned))
}

fn parameters_of(value: &Value) -> Map {
    let node = read_json(value.to_string().as_bytes(), SourceId(1), &Limits::default(), &[]).unwrap();
    match node.value {
        Known::Map(map) => map,
        _ => Map::default(),
    }
}

#[derive(Debug)]
enum Answer {
    Out(String),
    Err(String),
}

/// What Argo CD's libraries say; `None`, loudly, if there is no `go` here.
fn answers(questions: &[Value]) -> Option<Vec<Answer>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/argocd-templates");
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("argocd-templates");
    let built = Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
    match built {
        Ok(status) => assert!(status.success(), "tests/argocd-templates does not build"),
        Err(error) => {
            let required = std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
            assert!(!required && std::env::var_os("CI").is_none(), "go does not run: {error}");
            let skipped = format!("\nSKIPPED: NOT COMPARED WITH ARGO CD, because go does not run: {error}\n");
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return None;
        }
    }
    let mut child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines: String =
        questions.iter().flat_map(|question| [question.to_string(), "\n".to_owned()]).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "tests/argocd-templates failed");
    let lines = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Answer> = lines.lines().map(answer).collect();
    assert_eq!(answers.len(), questions.len());
    Some(answers)
}

fn answer(line: &str) -> Answer {
    let line: Value = serde_json::from_str(line).unwrap();
    match line["out"].as_str() {
        Some(out) => Answer::Out(out.to_owned()),
        None => Answer::Err(line["err"].to_string()),
    }
}

/// A value of which a part is not known is filled in all the same.
#[test]
fn what_is_not_known_leaves_a_hole() {
    let mut open = parameters_of(&json!({"known": "k"}));
    open.open = Some(manifest::UnknownReason::Unread);
    let filled = |filled: super::super::filled::Filled| -> Node { filled.node(HERE) };
    let plain = filled(fast::fill("a-{{known}}-{{other}}", &open).unwrap());
    let go = filled(go::fill("a-{{ .known }}-{{ .other | lower }}", HERE, &open, true).unwrap());
    for node in [plain, go] {
        let Known::Partial(partial) = node.value else { panic!() };
        assert_eq!(partial.parts, [manifest::Part::Text("a-k-".to_owned()), manifest::Part::Hole]);
    }
}
