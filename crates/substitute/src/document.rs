//! A text read as Flux reads it.

use manifest::{Limits, Node, ReadError, Source, SourceId, read};

/// The first document of a text, places counted in the text.
pub(crate) fn document(text: &str) -> Result<Option<Node>, ReadError> {
    let source = Source::new("", text.as_bytes().to_vec());
    let first = read(&source, SourceId(0), &Limits::default()).documents.into_iter().next();
    first.map(|document| document.content).transpose()
}
