//! `cnpg-lint review`: a recorded review, answered as the webhook would.

use crate::args::ReviewArgs;
use crate::exit::{Error, Exit};
use crate::{output, setup};
use admission::{Cache, Decision};
use manifest::{Limits, Source, SourceId};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Runs it: exit code 0 where the request is allowed, 1 where it is refused, 2 where the file is no review.
pub(super) fn run(arguments: &ReviewArgs) -> Result<Exit, Error> {
    let engine = setup::engine(&arguments.config, Path::new("."))?;
    let cache = match &arguments.objects {
        Some(directory) => cache(directory)?,
        None => Cache::new(),
    };
    let body = body(&arguments.file)?;
    let now = arguments.today.unwrap_or_else(crate::clock::now);
    let reply = engine.review(&cache, &body, now);
    if reply.status != 200 {
        return Err(Error::Usage(String::from_utf8_lossy(&reply.body).into_owned()));
    }
    output::to_stdout(|out| {
        out.write_all(&reply.body)?;
        out.write_all(b"\n")
    })?;
    Ok(if reply.record.decision == Decision::Deny { Exit::Findings } else { Exit::Clean })
}

fn body(path: &Path) -> Result<Vec<u8>, Error> {
    let named = |error| Error::File { path: path.to_string_lossy().into_owned(), error };
    if path == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).map_err(named)?;
        return Ok(body);
    }
    fs::read(path).map_err(named)
}

/// The objects of a directory, as they would be in a cluster: those that name no namespace are in `default`.
fn cache(directory: &Path) -> Result<Cache, Error> {
    let mut objects = Vec::new();
    for path in files(directory)? {
        let bytes = fs::read(&path).map_err(|error| Error::File { path: shown(&path), error })?;
        let source = Source::new(shown(&path), bytes);
        let reading = manifest::read(&source, SourceId(0), &Limits::default());
        for document in reading.documents {
            if let Err(error) = &document.content {
                return Err(Error::Usage(format!("{}: {error}", source.path())));
            }
            for object in document.into_manifests() {
                let text = manifest::to_json(&object.node);
                let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
                let kind = object.kind().unwrap_or_default().to_owned();
                let is_namespaced = schema::kind(&kind).is_none_or(|kind| kind.namespaced);
                if is_namespaced && object.namespace().is_none() && kind != "Namespace" {
                    let metadata = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut);
                    metadata.map(|metadata| metadata.insert("namespace".to_owned(), "default".into()));
                }
                objects.push((kind, value.to_string()));
            }
        }
    }
    Ok(Cache::whole(objects.iter().map(|(kind, text)| (kind.as_str(), text.as_bytes()))))
}

/// Files that hold YAML or JSON, below a directory, sorted.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let named = |error| Error::File { path: shown(directory), error };
    if directory.is_file() {
        return Ok(vec![directory.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(named)? {
        let path = entry.map_err(named)?.path();
        let is_text =
            path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known));
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if is_text {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
