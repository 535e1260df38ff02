//! Against the real kustomize: every kustomization of the corpus and of our fixtures.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use common::Disk;
use kustomize::{Limits, Root, build};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one directory came to.
enum Outcome {
    Equal(usize),
    Different(Vec<String>),
    /// kustomize cannot build it: its reason, and ours.
    Unbuildable(String, Vec<String>),
}

#[test]
fn corpus() {
    let Some(corpus) = directory("CNPG_LINT_CORPUS") else { return };
    let Some(program) = program() else { return };
    let archives = std::fs::read_dir(&corpus).expect("the corpus can be listed");
    let mut archives: Vec<PathBuf> = archives.filter_map(|entry| Some(entry.ok()?.path())).collect();
    archives.sort();
    let mut wrong = Vec::new();
    for archive in archives.iter().filter(|path| path.is_dir()) {
        for anywhere in [false, true] {
            wrong.extend(compare(&program, archive, anywhere));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn fixtures() {
    let Some(program) = program() else { return };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let wrong = compare(&program, &fixtures, false);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Compares every kustomization below a directory; returns what differs.
fn compare(program: &Path, top: &Path, anywhere: bool) -> Vec<String> {
    let mut dirs = Vec::new();
    kustomizations(top, "", &mut dirs);
    let outcomes = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let disk = Disk::new(top);
                while let Some(dir) = dirs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = one(program, top, &disk, dir, anywhere);
                    outcomes.lock().expect("no test panics here").insert(dir.clone(), outcome);
                }
            });
        }
    });
    report(top, anywhere, &outcomes.into_inner().expect("no test panics here"))
}

fn report(top: &Path, anywhere: bool, outcomes: &BTreeMap<String, Outcome>) -> Vec<String> {
    let name = top.file_name().unwrap_or_default().to_string_lossy();
    let (mut equal, mut objects, mut unbuildable, mut wrong) = (0, 0, 0, Vec::new());
    for (dir, outcome) in outcomes {
        match outcome {
            Outcome::Equal(found) => {
                equal += 1;
                objects += found;
            }
            Outcome::Different(differences) => {
                wrong.push(format!("{name}/{dir}:\n  {}", differences.join("\n  ")));
            }
            Outcome::Unbuildable(theirs, ours) => {
                unbuildable += 1;
                println!("  {dir}: kustomize: {theirs}\n      ours: {}", ours.join("; "));
                if ours.is_empty() {
                    wrong.push(format!("{name}/{dir}: kustomize fails, we say nothing: {theirs}"));
                }
            }
        }
    }
    println!(
        "{name}{}: {} kustomizations, {equal} equal ({objects} objects), {} different, {unbuildable} not buildable",
        if anywhere { " (files anywhere)" } else { "" },
        outcomes.len(),
        outcomes.len() - equal - unbuildable,
    );
    wrong
}

fn one(program: &Path, top: &Path, disk: &Disk, dir: &str, anywhere: bool) -> Outcome {
    let restrictor = if anywhere { "LoadRestrictionsNone" } else { "LoadRestrictionsRootOnly" };
    // Nothing is fetched: a remote base is not buildable.
    let output = Command::new(program)
        .args(["build", "--load-restrictor", restrictor])
        .arg(top.join(dir))
        .env("PATH", "")
        .env("https_proxy", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .output()
        .expect("kustomize runs");
    let limits = Limits { files_anywhere: anywhere, ..Limits::default() };
    let ours = build(disk, Root::Directory(dir), None, &limits);
    let fatal = ours.problems.iter().filter(|problem| problem.fatal).map(|problem| problem.message.clone());
    let mut fatal: Vec<String> = fatal.collect();
    if !output.status.success() {
        fatal.extend(ours.not_rendered.iter().map(|one| format!("not rendered: {}", one.what)));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = text.replace(&*top.to_string_lossy(), "");
        let lines = text.lines().filter(|line| !line.starts_with("# Warning") && !line.trim().is_empty());
        let reason: Vec<&str> = lines.collect();
        let reason = reason.join(" ");
        let from = reason.len().saturating_sub(160);
        let from = (from..reason.len()).find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
        return Outcome::Unbuildable(reason[from..].to_owned(), fatal);
    }
    let theirs = objects(&String::from_utf8_lossy(&output.stdout));
    let resources = ours.resources.iter().map(|one| manifest::to_json(&one.node));
    let resources: Vec<Value> = resources.map(|json| serde_json::from_str(&json).expect("JSON")).collect();
    let mine = by_id(resources);
    let mut differences: Vec<String> =
        fatal.iter().map(|message| format!("a false problem: {message}")).collect();
    for (id, object) in &theirs {
        match mine.get(id) {
            None => differences.push(format!("{id} is missing")),
            Some(own) => different(own, object, &format!("{id}: "), &mut differences),
        }
    }
    differences
        .extend(mine.keys().filter(|id| !theirs.contains_key(*id)).map(|id| format!("{id} is too much")));
    if differences.is_empty() { Outcome::Equal(theirs.len()) } else { Outcome::Different(differences) }
}

/// Where two values differ, ours first.
fn different(mine: &Value, theirs: &Value, at: &str, found: &mut Vec<String>) {
    match (mine, theirs) {
        (Value::Object(mine), Value::Object(theirs)) => {
            for key in mine.keys().chain(theirs.keys().filter(|key| !mine.contains_key(*key))) {
                let (one, other) = (mine.get(key), theirs.get(key));
                match (one, other) {
                    (Some(one), Some(other)) => different(one, other, &format!("{at}/{key}"), found),
                    _ => found.push(format!("{at}/{key}: {one:?} is not {other:?}")),
                }
            }
        }
        (Value::Array(mine), Value::Array(theirs)) if mine.len() == theirs.len() => {
            for (index, (mine, theirs)) in mine.iter().zip(theirs).enumerate() {
                different(mine, theirs, &format!("{at}/{index}"), found);
            }
        }
        (Value::Number(mine), Value::Number(theirs)) if mine.as_f64() == theirs.as_f64() => {}
        _ if mine != theirs => found.push(format!("{at}: {mine} is not {theirs}")),
        _ => {}
    }
}

fn objects(text: &str) -> BTreeMap<String, Value> {
    let source = manifest::Source::new("output", text.as_bytes().to_vec());
    let reading = manifest::read(&source, manifest::SourceId(0), &manifest::Limits::default());
    let nodes =
        reading.documents.into_iter().map(|document| document.content.expect("kustomize prints YAML"));
    by_id(nodes.map(|node| serde_json::from_str(&manifest::to_json(&node)).expect("JSON")).collect())
}

fn by_id(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = |object: &Value| {
        let meta = object.get("metadata");
        let parts = [object.get("apiVersion"), object.get("kind")];
        let parts =
            parts.into_iter().chain(["namespace", "name"].map(|key| meta.and_then(|meta| meta.get(key))));
        parts.map(text).collect::<Vec<_>>().join(" ")
    };
    objects.into_iter().map(|object| (id(&object), object)).collect()
}

fn kustomizations(top: &Path, dir: &str, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(top.join(dir)) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<String> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names
        .iter()
        .any(|name| matches!(name.as_str(), "kustomization.yaml" | "kustomization.yml" | "Kustomization"))
    {
        found.push(dir.to_owned());
    }
    for (entry, name) in entries.iter().zip(&names) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            kustomizations(top, &path, found);
        }
    }
}

fn program() -> Option<PathBuf> {
    let path = directory("CNPG_LINT_TOOLS")?.join("kustomize");
    if path.is_file() {
        return Some(path);
    }
    missing("there is no kustomize in CNPG_LINT_TOOLS");
    None
}

fn directory(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_dir());
    if path.is_none() {
        missing(&format!("{variable} is no directory"));
    }
    path
}

fn missing(what: &str) {
    assert!(std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "{what}");
    eprintln!("SKIPPED: {what}: nothing is compared with the real kustomize");
}
