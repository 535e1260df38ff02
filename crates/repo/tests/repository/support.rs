//! Checkouts made of text, and what a scan finds there, as text.

use manifest::{Limits, SourceId, Value};
use repo::{Files, Input, Options, Scan, scan};
use std::path::Path;
use tempfile::TempDir;
use topology::{Namespace, Object, Wholeness};

/// A whole Cluster of that name. Test texts live as long as the test program.
pub(crate) fn cluster(name: &str) -> &'static str {
    let text = format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {name}\nspec:\n  instances: 2\n  storage:\n    size: 1Gi\n"
    );
    text.leak()
}

/// A Flux `Kustomization` with these further lines in its `spec`.
pub(crate) fn flux(name: &str, path: &str, spec: &str) -> &'static str {
    let text = format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {name}\nspec:\n  path: {path}\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n{spec}"
    );
    text.leak()
}

/// A checkout with these files.
pub(crate) fn checkout(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Scans paths of a checkout, which is also the working directory.
pub(crate) fn scan_in(dir: &Path, paths: &[&str], limits: Limits) -> Scan {
    scan(&Options {
        files: Files::WorkTree,
        first_source: SourceId(0),
        paths: paths.iter().map(|path| Input::Path(path.into())).collect(),
        root: Some(dir.to_owned()),
        limits,
        working_directory: dir.to_owned(),
        everything: false,
        helm: None,
    })
    .unwrap()
}

/// What a scan of a whole checkout finds, a line for each placement.
pub(crate) fn found(files: &[(&str, &str)]) -> Vec<String> {
    found_at(files, &["."])
}

/// What a scan of some paths of a checkout finds.
pub(crate) fn found_at(files: &[(&str, &str)], paths: &[&str]) -> Vec<String> {
    let dir = checkout(files);
    lines(&scan_in(dir.path(), paths, Limits::default()))
}

/// A scan as lines.
pub(crate) fn lines(scan: &Scan) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, object) in scan.inventory.objects() {
        let whole = if object.wholeness == Wholeness::Whole { "" } else { " (partial)" };
        let what =
            format!("{}/{}{whole}", object.manifest.kind().unwrap(), object.manifest.name().unwrap_or("?"));
        if object.placements.is_empty() {
            lines.push(format!("{what} is not deployed"));
        }
        for placement in &object.placements {
            let environment = scan.inventory.environment(placement.environment).unwrap();
            let namespace = match &placement.namespace {
                Namespace::Known(name, _) => name.clone(),
                other => format!("{other:?}"),
            };
            lines.push(format!("{what} in {namespace} by {:?} {}", environment.kind, environment.path));
        }
    }
    lines.sort();
    lines
}

/// The only object of a kind.
pub(crate) fn only<'s>(scan: &'s Scan, kind: &str) -> &'s Object {
    let mut all = scan.inventory.of_kind(kind);
    let (_, object) = all.next().unwrap();
    assert!(all.next().is_none(), "more than one {kind}");
    object
}

/// Why the value at a pointer is not known, or what it is.
pub(crate) fn value(object: &Object, pointer: &str) -> String {
    let node = object.manifest.node.pointer(pointer).unwrap();
    match (&node.value, node.unknown_reason()) {
        (_, Some(reason)) => format!("unknown: {reason}"),
        (Value::Map(map), _) => format!("map, open: {}", map.open.is_some()),
        (value, _) => format!("{value:?}"),
    }
}

/// The file and line in which the value at a pointer is written.
pub(crate) fn place(found: &Scan, object: &Object, pointer: &str) -> String {
    let span = object.manifest.node.pointer(pointer).unwrap().origin.span;
    let source = found.sources.get(span.source).unwrap();
    format!("{}:{}", source.path(), source.position(span.start).line)
}
