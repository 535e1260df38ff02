//! Holds our reader against kubectl's own libraries, document by document.
//!
//! `tests/kubectl-read` (Go) says what kubectl would read. Files come from the fixtures, from
//! the table of nasty cases, and from the directory that `CNPG_LINT_CORPUS` names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod nasty;
mod pieces;

use manifest::{Limits, ProblemKind, Reading, Source, Sources, read, to_json};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What kubectl makes of one document; the error if it refuses it.
type Outcome = Result<Value, String>;

/// What kubectl makes of a file.
#[derive(Debug, Default)]
struct Theirs {
    documents: Vec<Outcome>,
    /// It stops at a separator before the end of the file.
    stopped: bool,
}

#[test]
fn nasty_cases_are_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::build() else { return };
    let cases = nasty::cases();
    let directory = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let path = directory.path().join(format!("{at}.yaml"));
        std::fs::write(&path, &case.text).unwrap();
        paths.push(path);
    }
    let theirs = oracle.read(&paths);
    let mut failures = String::new();
    let mut documents = 0;
    let mut unused: Vec<&str> = nasty::FORCED.iter().map(|(name, _)| *name).collect();
    for (case, path) in cases.iter().zip(&paths) {
        let theirs = &theirs[path];
        documents += theirs.documents.len();
        match (compare(case.text.clone(), theirs), case.forced) {
            (Ok(()), None) => {}
            (Err(_), Some(name)) => unused.retain(|unused| *unused != name),
            (Ok(()), Some(name)) => {
                writeln!(failures, "{:?}: no difference, though named {name}", text(&case.text)).unwrap();
            }
            (Err(difference), None) => {
                writeln!(failures, "{:?}: {difference}", text(&case.text)).unwrap();
            }
        }
    }
    eprintln!(
        "{} nasty cases, {documents} documents, {} named differences",
        cases.len(),
        nasty::FORCED.len()
    );
    assert!(failures.is_empty(), "{failures}");
    assert!(unused.is_empty(), "named differences without a case: {unused:?}");
    assert!(nasty::FORCED.len() < 10, "too many named differences");
}

/// Random texts seldom show a named difference; a new one would show up more often.
#[test]
fn random_texts_are_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::build() else { return };
    let seed = std::env::var("CNPG_LINT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let directory = tempfile::tempdir().unwrap();
    let texts = random_texts(seed, 10_000);
    let paths: Vec<_> = (0..texts.len()).map(|at| directory.path().join(format!("{at}.yaml"))).collect();
    for (text, path) in texts.iter().zip(&paths) {
        std::fs::write(path, text).unwrap();
    }
    let theirs = oracle.read(&paths);
    let mut accepted = 0;
    let mut differences = Vec::new();
    for (text, path) in texts.iter().zip(&paths) {
        let theirs = &theirs[path];
        accepted += theirs.documents.iter().filter(|outcome| outcome.is_ok()).count();
        if let Err(difference) = compare(text.clone().into_bytes(), theirs) {
            differences.push(format!("{text:?}: {difference}"));
        }
    }
    eprintln!("{} random texts, {accepted} documents that kubectl accepts", texts.len());
    assert!(differences.len() * 1000 < accepted, "{differences:#?}");
}

/// Texts made of pieces, the same for the same seed.
fn random_texts(seed: u64, count: usize) -> Vec<String> {
    // A linear congruential generator (Knuth's constants), of which the high bits are used.
    let mut state = seed;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut text = || {
        let length = 1 + next(12);
        (0..length).map(|_| pieces::PIECES[next(pieces::PIECES.len())]).collect()
    };
    (0..count).map(|_| text()).collect()
}

#[test]
fn fixtures_are_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::build() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    compare_directory(&oracle, &root);
}

#[test]
fn the_corpus_is_read_as_kubectl_reads_it() {
    let Some(corpus) = std::env::var_os("CNPG_LINT_CORPUS") else {
        eprintln!("skipped: CNPG_LINT_CORPUS names no directory");
        return;
    };
    let Some(oracle) = Oracle::build() else { return };
    compare_directory(&oracle, Path::new(&corpus));
}

fn compare_directory(oracle: &Oracle, root: &Path) {
    let mut paths = Vec::new();
    collect(root, &mut paths);
    let theirs = oracle.read(&paths);
    let mut failures = String::new();
    let mut documents = 0;
    for path in &paths {
        let theirs = &theirs[path];
        documents += theirs.documents.len();
        if let Err(difference) = compare(std::fs::read(path).unwrap(), theirs) {
            writeln!(failures, "{}: {difference}", path.display()).unwrap();
        }
    }
    eprintln!("{}: {} files, {documents} documents", root.display(), paths.len());
    assert!(failures.is_empty(), "{failures}");
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            collect(&path, paths);
        } else if kind.is_file()
            && path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
        {
            paths.push(path);
        }
    }
    paths.sort();
}

/// Says how our reading of a text differs from kubectl's.
fn compare(bytes: Vec<u8>, theirs: &Theirs) -> Result<(), String> {
    let mut sources = Sources::new();
    let id = sources.add(Source::new("case.yaml", bytes));
    let reading = read(sources.get(id).unwrap(), id, &Limits::default());
    let ours = ours(&reading);
    // A document that is null is none.
    let theirs_kept: Vec<_> =
        theirs.documents.iter().filter(|outcome| !matches!(outcome, Ok(Value::Null))).collect();
    let unreached = reading.problems.iter().any(|problem| {
        problem.kind == ProblemKind::Unreached && problem.message.starts_with("kubectl stops here")
    });
    if unreached != theirs.stopped {
        return Err(format!("kubectl stops: {}, we say {unreached}", theirs.stopped));
    }
    if ours.len() != theirs_kept.len() {
        return Err(format!(
            "{} documents, kubectl {}\n  ours {ours:?}\n  kubectl {theirs_kept:?}",
            ours.len(),
            theirs_kept.len()
        ));
    }
    for (at, (ours, theirs)) in ours.iter().zip(theirs_kept).enumerate() {
        let same = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => equal(ours, theirs),
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if !same {
            return Err(format!("document {at}\n  ours    {ours:?}\n  kubectl {theirs:?}"));
        }
    }
    Ok(())
}

/// The documents that kubectl gets to, as we read them.
fn ours(reading: &Reading) -> Vec<Outcome> {
    let reached = reading.documents.iter().filter(|document| document.kubectl);
    let outcome = |document: &manifest::Document| match &document.content {
        Ok(node) => Ok(serde_json::from_str(&to_json(node)).unwrap()),
        Err(error) => Err(error.to_string()),
    };
    reached.map(outcome).collect()
}

/// Equal as JSON: `1` and `1.0` are the same number.
fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            ours == theirs || (!(ours.is_i64() && theirs.is_i64()) && ours.as_f64() == theirs.as_f64())
        }
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The Go program, built.
struct Oracle {
    program: PathBuf,
    _directory: tempfile::TempDir,
}

impl Oracle {
    /// Builds it; `None`, loudly, if there is no `go` here. Continuous integration must have it.
    fn build() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kubectl-read");
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("kubectl-read");
        let built =
            Command::new("go").arg("build").arg("-o").arg(&program).arg(".").current_dir(source).status();
        match built {
            Ok(status) => assert!(status.success(), "tests/kubectl-read does not build"),
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "go does not run: {error}");
                // Straight to stderr: the test runner would keep the output of `eprintln!` to itself.
                let skipped =
                    format!("\nSKIPPED: NOT COMPARED WITH KUBECTL, because go does not run: {error}\n");
                std::io::stderr().write_all(skipped.as_bytes()).unwrap();
                return None;
            }
        }
        Some(Self { program, _directory: directory })
    }

    fn read(&self, paths: &[PathBuf]) -> HashMap<PathBuf, Theirs> {
        let mut child =
            Command::new(&self.program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut list = String::new();
        for path in paths {
            writeln!(list, "{}", path.to_str().unwrap()).unwrap();
        }
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success(), "tests/kubectl-read failed");
        let mut found: HashMap<_, _> = paths.iter().map(|path| (path.clone(), Theirs::default())).collect();
        for line in text(&output.stdout).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let theirs = found.get_mut(Path::new(line["file"].as_str().unwrap())).unwrap();
            if line["stopped"] == Value::Bool(true) {
                theirs.stopped = true;
                continue;
            }
            theirs.documents.push(match line.get("error") {
                Some(error) => Err(error.to_string()),
                None => Ok(line["value"].clone()),
            });
        }
        found
    }
}
