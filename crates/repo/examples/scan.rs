//! Scans paths and says what was found, how long it took and how much memory it needed.
//!
//! `cargo run --release -p repo --example scan -- [--objects] [--runs N] PATH…`

use repo::{Files, Input, Options, Scan, scan_observed};
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let (mut runs, mut list, mut paths) = (1, false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--objects" => list = true,
            "--runs" => runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(1),
            "-" => paths.push(Input::Stdin),
            path => paths.push(Input::Path(PathBuf::from(path))),
        }
    }
    let options = Options {
        files: Files::WorkTree,
        first_source: manifest::SourceId(0),
        paths,
        root: None,
        limits: manifest::Limits::default(),
        working_directory: std::env::current_dir().unwrap_or_default(),
        everything: false,
        helm: None,
    };
    for _ in 0..runs {
        let start = Instant::now();
        let (mut previous, mut stages) = (start, Vec::new());
        let mut observe = |stage| {
            let now = Instant::now();
            stages.push((stage, now - previous));
            previous = now;
        };
        match scan_observed(&options, &mut observe) {
            Ok(found) => {
                for (stage, took) in stages {
                    println!("    {took:>12?} {stage}");
                }
                println!("{:?} {}", start.elapsed(), summary(&found));
                if list {
                    objects(&found);
                }
            }
            Err(error) => println!("{error}"),
        }
    }
    println!("peak {}", peak());
}

fn summary(scan: &Scan) -> String {
    format!(
        "files {} parsed {} bytes {} documents {} objects {} environments {} not linted {} unavailable {}",
        scan.files,
        scan.infos.len(),
        scan.sources.iter().map(|(_, source)| source.bytes().len()).sum::<usize>(),
        scan.documents,
        scan.inventory.objects().count(),
        scan.inventory.environments().len(),
        scan.not_linted.len(),
        scan.unavailable.len(),
    )
}

fn objects(scan: &Scan) {
    for (_, object) in scan.inventory.objects() {
        let path = scan.sources.get(object.source).map_or("", manifest::Source::path);
        let manifest = &object.manifest;
        println!("{} {} {path}", manifest.kind().unwrap_or("?"), manifest.name().unwrap_or("?"));
        for placement in &object.placements {
            let environment = scan.inventory.environment(placement.environment);
            let environment =
                environment.map(|one| format!("{:?} {}", one.kind, one.path)).unwrap_or_default();
            println!("    {environment}: {:?}", placement.namespace);
        }
        if object.wholeness != topology::Wholeness::Whole {
            println!("    {:?}", object.wholeness);
        }
    }
    let used: std::collections::BTreeSet<_> =
        scan.inventory.objects().map(|(_, object)| object.source).collect();
    for (_, source) in scan.sources.iter().filter(|(id, _)| !used.contains(id)) {
        println!("parsed without objects: {} ({} bytes)", source.path(), source.bytes().len());
    }
    for one in &scan.not_linted {
        println!("not linted: {} {}", one.path, one.reason.id());
    }
    for one in &scan.unavailable {
        println!("unavailable: {} {}", one.path, one.message);
    }
}

/// Peak resident memory, where the system says it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("unknown").split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}
