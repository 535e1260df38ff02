//! Objects against the answers of a real API server.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends so")]

use manifest::{Limits, Source, SourceId};
use schema::{Fault, Violation};
use serde_json::Value;
use std::collections::BTreeSet;

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The fields that the server names; some checks name none, or with a dot in front.
fn causes(row: &Value) -> BTreeSet<String> {
    let fields = row["causes"].as_array().into_iter().flatten().filter_map(|cause| cause["field"].as_str());
    fields.filter(|field| *field != "<nil>").map(|field| field.trim_start_matches('.').to_owned()).collect()
}

fn violations(text: &str) -> Vec<Violation> {
    let source = Source::new("object.yaml", text.as_bytes().to_vec());
    let manifests = manifest::read(&source, SourceId(0), &Limits::default()).documents.into_iter();
    let manifest = manifests.flat_map(manifest::Document::into_manifests).next().unwrap();
    let (group, kind) = (manifest.group().unwrap(), manifest.kind().unwrap());
    let version = manifest.api_version().unwrap().rsplit('/').next().unwrap();
    let release = schema::release(group, kind, version, None).unwrap();
    schema::check(release, &manifest.node, true).violations
}

#[test]
fn every_recorded_object_is_taken_or_refused_the_same() {
    let Some(rows) = oracle::rows("schema-mutants") else { return };
    let mut wrong = Vec::new();
    for row in &rows {
        let found = violations(row["yaml"].as_str().unwrap());
        let of = |unknown: bool| -> BTreeSet<String> {
            let wanted = found.iter().filter(|one| (one.fault == Fault::Unknown) == unknown);
            wanted.map(|one| one.field.clone()).collect()
        };
        let (unknown, theirs) = (of(true), texts(&row["unknown"]));
        // Unknown fields are told alone.
        let same = unknown == theirs && (!unknown.is_empty() || of(false) == causes(row));
        if !same || found.is_empty() != row["accepted"].as_bool().unwrap() {
            let found: Vec<_> = found.iter().map(|one| format!("{:?} {}", one.fault, one.field)).collect();
            wrong.push(format!(
                "{} {} {}: {found:?}, not {}",
                row["id"], row["kind"], row["pointer"], row["message"]
            ));
        }
    }
    println!("{} of {} objects judged the same", rows.len() - wrong.len(), rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
