//! The Go program, built and asked.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A text or an object, and the variables.
pub(crate) struct Question {
    pub(crate) asked: Value,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) strict: bool,
    pub(crate) object: bool,
}

#[derive(Debug)]
pub(crate) enum Answer {
    Out(Value),
    Err(String),
}

pub(crate) struct Oracle {
    program: PathBuf,
    _directory: tempfile::TempDir,
}

impl Oracle {
    /// Builds it; `None`, loudly, if there is no `go` here. Continuous integration must have it.
    pub(crate) fn build() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/envsubst");
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("envsubst");
        let built =
            Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
        match built {
            Ok(status) => assert!(status.success(), "tests/envsubst does not build"),
            Err(error) => {
                skipped(&format!("go does not run: {error}"));
                return None;
            }
        }
        Some(Self { program, _directory: directory })
    }

    pub(crate) fn ask(&self, questions: &[Question]) -> Vec<Answer> {
        let mut child =
            Command::new(&self.program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = Vec::new();
        for Question { asked, vars, strict, object } in questions {
            let what = if *object { "object" } else { "text" };
            writeln!(lines, "{}", json!({what: asked, "vars": vars, "strict": strict})).unwrap();
        }
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(&lines));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success(), "tests/envsubst failed");
        let lines = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<_> = lines.lines().map(answer).collect();
        assert_eq!(answers.len(), questions.len());
        answers
    }
}

fn answer(line: &str) -> Answer {
    let mut line: Value = serde_json::from_str(line).unwrap();
    match line.get("err") {
        Some(error) => Answer::Err(error.as_str().unwrap().to_owned()),
        None => Answer::Out(line["out"].take()),
    }
}

/// Says so where it is seen: the test runner would keep the output of `eprintln!` to itself.
pub(crate) fn skipped(why: &str) {
    let required = std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!(required || std::env::var_os("CI").is_some() && why.starts_with("go")), "{why}");
    std::io::stderr()
        .write_all(format!("\nSKIPPED: NOT COMPARED WITH FLUX, because {why}\n").as_bytes())
        .unwrap();
}
