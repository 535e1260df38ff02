//! `cnpg-lint inspect`: each document as the linter reads it.

use crate::args::{InspectArgs, TextFormat};
use crate::exit::{Error, Exit};
use crate::output;
use manifest::{Document, Limits, Reading, Source, SourceId};
use std::io::{self, Read as _, Write};

/// Prints what was read of one file.
pub(crate) fn run(arguments: &InspectArgs) -> Result<Exit, Error> {
    let file = arguments.file.clone().unwrap_or_default();
    let shown = file.to_string_lossy().replace('\\', "/");
    let named = |error| Error::File { path: shown.clone(), error };
    let bytes = if shown == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(named)?;
        bytes
    } else {
        std::fs::read(&file).map_err(named)?
    };
    let source = Source::new(shown, bytes);
    let reading = manifest::read(&source, SourceId(0), &Limits::default());
    output::to_stdout(|out| match arguments.format {
        TextFormat::Human => human(out, &source, &reading),
        TextFormat::Json => json(out, &source, &reading),
    })?;
    let is_whole = reading.documents.iter().all(|document| document.content.is_ok());
    Ok(if is_whole { Exit::Clean } else { Exit::Incomplete })
}

/// One line per document: `{"document": 0, "line": 1, "value": …}`.
fn json(out: &mut dyn Write, source: &Source, reading: &Reading) -> io::Result<()> {
    for document in &reading.documents {
        let line = source.position(document.span.start).line;
        write!(out, "{{\"document\": {}, \"line\": {line}, ", document.index)?;
        if !document.kubectl {
            write!(out, "\"kubectl\": false, ")?;
        }
        match &document.content {
            Ok(node) => writeln!(out, "\"value\": {}}}", manifest::to_json(node))?,
            Err(error) => {
                let place = source.position(error.span.start);
                let message = serde_json::Value::from(error.message.as_str());
                let (line, column) = (place.line, place.column);
                writeln!(
                    out,
                    "\"error\": {{\"message\": {message}, \"line\": {line}, \"column\": {column}}}}}"
                )?;
            }
        }
    }
    Ok(())
}

fn human(out: &mut dyn Write, source: &Source, reading: &Reading) -> io::Result<()> {
    for document in &reading.documents {
        let line = source.position(document.span.start).line;
        writeln!(out, "document {} at {}:{line}", document.index, source.path())?;
        if !document.kubectl {
            writeln!(out, "  kubectl never reaches it")?;
        }
        match &document.content {
            Ok(_) => objects(out, source, document)?,
            Err(error) => {
                let place = source.position(error.span.start);
                writeln!(out, "  cannot be read: {} ({}:{})", error.message, place.line, place.column)?;
            }
        }
    }
    for problem in &reading.problems {
        let place = source.position(problem.span.start);
        let (rule, message) = (problem.kind.rule(), &problem.message);
        writeln!(out, "{}:{}:{}: [{rule}] {message}", source.path(), place.line, place.column)?;
    }
    let (documents, problems) = (reading.documents.len(), reading.problems.len());
    writeln!(out, "{documents} documents, {problems} problems, {} comments", reading.comments.len())
}

fn objects(out: &mut dyn Write, source: &Source, document: &Document) -> io::Result<()> {
    let manifests = manifest::manifests(document);
    if manifests.is_empty() {
        writeln!(out, "  no object")?;
    }
    for mut object in manifests {
        topology::mark_unknowns(&mut object.node, manifest::Dialect::FILE);
        let kind = object.kind().unwrap_or("(no kind)");
        let api_version = object.api_version().unwrap_or("(no apiVersion)");
        let namespace = object.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        writeln!(out, "  {kind} {namespace}{} ({api_version})", object.name().unwrap_or("(no name)"))?;
        let mut unknown = Vec::new();
        collect_unknown(&object.node, String::new(), &mut unknown);
        for (pointer, reason, span) in unknown {
            let place = source.position(span);
            writeln!(out, "    not known: {pointer} is {reason} ({}:{})", place.line, place.column)?;
        }
    }
    Ok(())
}

/// Every value that is not known whole, with its pointer.
fn collect_unknown(node: &manifest::Node, pointer: String, found: &mut Vec<(String, String, u32)>) {
    if let Some(reason) = node.unknown_reason() {
        found.push((pointer, reason.to_string(), node.origin.span.start));
        return;
    }
    match &node.value {
        manifest::Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_unknown(item, format!("{pointer}/{index}"), found);
            }
        }
        manifest::Value::Map(map) => {
            for entry in &map.entries {
                let key = manifest::pointer_token(&entry.key);
                collect_unknown(&entry.value, format!("{pointer}/{key}"), found);
            }
        }
        _ => {}
    }
}
