//! The texts that were parsed, and the objects in them.

use crate::hash::FastMap;
use crate::tree::{FileId, Tree};
use manifest::{
    Comment, Limits, Manifest, Node, Problem, ReadError, Reading, Source, SourceId, Sources, Span, Value,
};
use rayon::prelude::*;

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Text {
    /// Its place in the tree.
    pub(crate) file: FileId,
    /// Its text.
    pub(crate) source: SourceId,
    /// Its documents; those that could not be read hold nothing.
    pub(crate) documents: Vec<Part>,
    /// Its comments.
    pub(crate) comments: Vec<Comment>,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
}

/// A document of a parsed file.
#[derive(Debug)]
pub(crate) struct Part {
    /// Where it stands.
    pub(crate) span: Span,
    /// Its objects, or why it could not be read.
    pub(crate) objects: Result<Vec<Manifest>, ReadError>,
    /// The whole value of a document that is not one object: one without `kind`, or a `List`.
    pub(crate) value: Option<Node>,
}

/// Every text parsed so far.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// The sources; ids are given in the order of parsing, by path within one call.
    pub(crate) sources: Sources,
    texts: Vec<Text>,
    of_file: FastMap<FileId, usize>,
}

impl Library {
    /// None yet; the first source gets that id.
    pub(crate) fn starting_at(first: SourceId) -> Self {
        Self { sources: Sources::starting_at(first), ..Self::default() }
    }

    /// Parses those of the files that are not parsed yet, in parallel, and takes their bytes
    /// out of the tree.
    pub(crate) fn load(
        &mut self,
        tree: &mut Tree,
        files: &[FileId],
        shown: &dyn Fn(&str) -> String,
        limits: &Limits,
    ) {
        let mut wanted: Vec<FileId> =
            files.iter().copied().filter(|file| !self.of_file.contains_key(file)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let jobs: Vec<(FileId, SourceId)> = wanted
            .into_iter()
            .map(|file| {
                let bytes = tree.take_bytes(file);
                (file, self.sources.add(Source::new(shown(tree.path(file)), bytes)))
            })
            .collect();
        let sources = &self.sources;
        let texts = jobs.par_iter().map(|(file, id)| {
            sources.get(*id).map(|source| text(*file, *id, manifest::read(source, *id, limits)))
        });
        for text in texts.collect::<Vec<_>>().into_iter().flatten() {
            self.of_file.insert(text.file, self.texts.len());
            self.texts.push(text);
        }
    }

    /// Every parsed file, in the order of its source.
    pub(crate) fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// What a file holds, if it was parsed.
    pub(crate) fn text(&self, file: FileId) -> Option<&Text> {
        self.texts.get(*self.of_file.get(&file)?)
    }

    /// Everything, taken apart.
    pub(crate) fn into_parts(self) -> (Sources, Vec<Text>) {
        (self.sources, self.texts)
    }
}

impl Text {
    /// Its objects, in order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Manifest> {
        self.documents.iter().filter_map(|part| part.objects.as_deref().ok()).flatten()
    }

    /// The value of each document that could be read, with the document's index.
    pub(crate) fn values(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.documents.iter().enumerate().filter_map(|(index, part)| {
            let object = part.objects.as_ref().ok().and_then(|objects| objects.first());
            Some((index, part.value.as_ref().or_else(|| object.map(|object| &object.node))?))
        })
    }

    /// Its first document's value: how kustomize reads a kustomization.
    pub(crate) fn first_value(&self) -> Option<&Node> {
        self.values().next().map(|(_, value)| value)
    }

    /// Why a document of it could not be read, if one could not.
    pub(crate) fn error(&self) -> Option<&ReadError> {
        self.documents.iter().find_map(|part| part.objects.as_ref().err())
    }
}

fn text(file: FileId, source: SourceId, reading: Reading) -> Text {
    let documents = reading.documents.into_iter().map(part).collect();
    Text { file, source, documents, comments: reading.comments, problems: reading.problems }
}

fn part(document: manifest::Document) -> Part {
    let span = document.span;
    match &document.content {
        Err(error) => Part { span, objects: Err(error.clone()), value: None },
        // Without `kind` it is no object, and the value would be lost.
        Ok(node) if node.get("kind").is_none_or(|kind| kind.value == Value::Null) => {
            Part { span, objects: Ok(Vec::new()), value: document.content.ok() }
        }
        Ok(node) => {
            let list = node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
            let value = list.then(|| node.clone());
            Part { span, objects: Ok(document.into_manifests()), value }
        }
    }
}
