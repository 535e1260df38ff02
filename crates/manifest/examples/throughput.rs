//! Reads every YAML file below a directory and prints how fast: `throughput DIR [ROUNDS [NAME]]`.
//!
//! `parser` is the parser alone, on whole files: what `read` can approach. `objects` marks
//! unknowns and takes the objects out of the documents, too.

use libyaml_safer::{EventData, Parser};
use manifest::{Dialect, Limits, Source, Sources, mark_unknowns, read};
use std::path::Path;
use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| ".".to_owned());
    let rounds: u32 = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let only = arguments.next();
    let mut texts = Vec::new();
    collect(Path::new(&directory), &mut texts);
    let bytes: usize = texts.iter().map(Vec::len).sum();
    println!("{} files, {bytes} bytes", texts.len());
    let report = |name: &str, run: &dyn Fn() -> usize| {
        if only.as_ref().is_none_or(|only| only == name) {
            report(name, bytes, rounds, run);
        }
    };
    report("parser", &|| texts.iter().map(|text| events(text)).sum());
    report("read", &|| texts.iter().map(|text| documents(text, false)).sum());
    report("objects", &|| texts.iter().map(|text| documents(text, true)).sum());
}

fn report(name: &str, bytes: usize, rounds: u32, run: &dyn Fn() -> usize) {
    let mut best = Duration::MAX;
    let mut count = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        count = run();
        best = best.min(start.elapsed());
    }
    let rate = bytes as u128 * 1000 / best.as_nanos().max(1);
    println!("{name}: {rate} MB/s ({count})");
}

fn events(text: &[u8]) -> usize {
    let mut text = text;
    let mut parser = Parser::new();
    parser.set_input_string(&mut text);
    let mut count = 0;
    while let Ok(event) = parser.parse() {
        if event.data == EventData::StreamEnd {
            break;
        }
        count += 1;
    }
    count
}

fn documents(text: &[u8], objects: bool) -> usize {
    let mut sources = Sources::new();
    let id = sources.add(Source::new("text", text.to_vec()));
    let Some(source) = sources.get(id) else { return 0 };
    let reading = read(source, id, &Limits::default());
    if !objects {
        return reading.documents.len();
    }
    let mut count = 0;
    for document in reading.documents {
        for mut manifest in document.into_manifests() {
            mark_unknowns(&mut manifest.node, Dialect::FILE);
            count += 1;
        }
    }
    count
}

fn collect(directory: &Path, texts: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            // The parser alone panics where the last line has no end.
            texts.extend(std::fs::read(path).map(|mut text| {
                text.push(b'\n');
                text
            }));
        }
    }
}
