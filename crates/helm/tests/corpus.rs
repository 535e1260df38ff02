//! Every release of real repositories is read, and its values, whatever chart they are for, are taken by
//! the `cluster` chart without a failure. The repositories are those below `CNPG_LINT_CORPUS`; without them
//! this says that it is skipped.

#![allow(clippy::unwrap_used)] // a test that cannot be set up fails

use manifest::{Limits, Node, Source, SourceId, Sources, manifests};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_release_of_real_repositories_is_read() {
    let Some(corpus) = env::var_os("CNPG_LINT_CORPUS").map(PathBuf::from).filter(|path| path.is_dir()) else {
        eprintln!("SKIPPED: CNPG_LINT_CORPUS names no directory");
        return;
    };
    let (mut found, mut asked) = (0, 0);
    for file in yaml_below(&corpus) {
        let Ok(bytes) = fs::read(&file) else { continue };
        let mut sources = Sources::new();
        let id = sources.add(Source::new("", bytes));
        for object in objects(&sources, id) {
            let kind = object.get("kind").and_then(Node::as_str);
            let is_release = kind == Some("HelmRelease") && object.at(&["spec", "values"]).is_some();
            let releases = helm::releases(&object, &sources);
            asked += usize::from(is_release);
            found += usize::from(is_release && !releases.is_empty());
            for mut release in releases {
                release.chart.get_or_insert_with(|| release.name.clone());
                take_values(release);
            }
        }
    }
    assert_eq!(found, asked, "HelmReleases with values that are not read");
    println!("{found} HelmReleases with values");
}

/// Their values, as if they were for the chart that we know.
fn take_values(mut release: helm::Release) {
    if let Some(chart) = &mut release.chart {
        chart.value = manifest::Value::String("cluster".to_owned());
    }
    release.repository = Some("https://cloudnative-pg.github.io/charts".to_owned());
    let values = release.merged(&|_| None);
    let objects = helm::cluster_chart(&release, values.as_ref()).unwrap();
    assert!(objects.iter().all(|object| object.at(&["metadata", "name"]).is_some()));
}

fn objects(sources: &Sources, id: SourceId) -> Vec<Node> {
    let reading = manifest::read(sources.get(id).unwrap(), id, &Limits::default());
    let mut nodes: Vec<Node> = reading.documents.iter().flat_map(manifests).map(|one| one.node).collect();
    for node in &mut nodes {
        manifest::mark_unknowns(node, manifest::Dialect::FILE);
    }
    nodes
}

fn yaml_below(directory: &Path) -> Vec<PathBuf> {
    let mut waiting = vec![directory.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
    found
}
