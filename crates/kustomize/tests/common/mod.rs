//! Checkouts for tests: a real directory, and files in memory.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use kustomize::{Build, Checkout, Edits, FileText, Limits, Root, build};
use manifest::{Document, Node, Source, SourceId, Span};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A file that was read.
pub struct Parsed {
    pub source: SourceId,
    pub bytes: Vec<u8>,
    documents: Vec<Document>,
    error: Option<String>,
}

impl Parsed {
    fn new(source: SourceId, path: &str, bytes: Vec<u8>) -> Self {
        let is_yaml = [".yaml", ".yml", ".json", "Kustomization"].iter().any(|end| path.ends_with(end));
        let text = if is_yaml { bytes.clone() } else { Vec::new() };
        let reading = manifest::read(&Source::new(path, text), source, &manifest::Limits::default());
        let error = reading.documents.iter().find_map(|document| document.content.as_ref().err());
        let error = error.map(ToString::to_string);
        Self { source, bytes, documents: reading.documents, error }
    }

    fn text(&self) -> FileText<'_> {
        FileText::Text {
            source: self.source,
            bytes: &self.bytes,
            documents: self.documents.iter().filter_map(|one| one.content.as_ref().ok()).collect(),
            error: self.error.clone(),
        }
    }
}

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Files in memory.
#[derive(Default)]
pub struct Memory {
    files: BTreeMap<String, Parsed>,
    paths: Vec<String>,
    /// Paths that exist and are not read.
    pub skipped: Vec<String>,
}

impl Memory {
    /// Reads `files`, pairs of path and text.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        for (at, (path, text)) in files.iter().enumerate() {
            let id = SourceId(u32::try_from(at).unwrap_or_default());
            memory.files.insert((*path).to_owned(), Parsed::new(id, path, text.as_bytes().to_vec()));
            memory.paths.push((*path).to_owned());
        }
        memory
    }

    /// Builds a directory.
    pub fn build(&self, dir: &str) -> Build {
        build(self, Root::Directory(dir), None, &Limits::default())
    }

    /// Builds a directory with edits.
    pub fn build_with(&self, dir: &str, edits: &Edits) -> Build {
        build(self, Root::Directory(dir), Some(edits), &Limits::default())
    }

    /// `path:line: text` of a span.
    pub fn spot(&self, span: Span) -> String {
        let path = self.paths.get(span.source.0 as usize).cloned().unwrap_or_default();
        let Some(file) = self.files.get(&path) else { return "nowhere".to_owned() };
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = text.get(..span.start as usize).unwrap_or_default().matches('\n').count() + 1;
        let spot = text.get(span.start as usize..span.end as usize).unwrap_or("?");
        format!("{path}:{line}: {}", spot.lines().next().unwrap_or_default())
    }

    /// Where the value at a pointer of a resource was written.
    pub fn origin(&self, node: &Node, pointer: &str) -> String {
        node.pointer(pointer).map_or_else(|| format!("no {pointer}"), |node| self.spot(node.origin.span))
    }

    /// The node of a document.
    pub fn node(&self, path: &str) -> Option<&Node> {
        self.files.get(path)?.documents.first()?.content.as_ref().ok()
    }
}

impl Checkout for Memory {
    fn file(&self, path: &str) -> FileText<'_> {
        if self.skipped.iter().any(|one| one == path) {
            return FileText::Skipped;
        }
        self.files.get(path).map_or(FileText::Absent, Parsed::text)
    }

    fn kustomization(&self, dir: &str) -> Option<String> {
        NAMES.iter().map(|name| join(dir, name)).find(|path| self.files.contains_key(path))
    }

    fn is_dir(&self, path: &str) -> bool {
        path.is_empty() || self.files.keys().any(|file| file.starts_with(&format!("{path}/")))
    }

    fn bytes(&self, source: SourceId) -> Option<&[u8]> {
        let path = self.paths.get(source.0 as usize)?;
        Some(&self.files.get(path)?.bytes)
    }
}

/// A directory on disk, read as it is asked for.
pub struct Disk {
    top: PathBuf,
    files: RefCell<HashMap<String, Option<&'static Parsed>>>,
    sources: RefCell<Vec<&'static Parsed>>,
}

impl Disk {
    pub fn new(top: &Path) -> Self {
        Self { top: top.to_owned(), files: RefCell::default(), sources: RefCell::default() }
    }

    /// A file is read once and kept to the end of the test.
    fn parsed(&self, path: &str) -> Option<&'static Parsed> {
        if let Some(known) = self.files.borrow().get(path) {
            return *known;
        }
        let parsed = std::fs::read(self.top.join(path)).ok().map(|bytes| {
            let id = SourceId(u32::try_from(self.sources.borrow().len()).unwrap_or_default());
            let parsed: &'static Parsed = Box::leak(Box::new(Parsed::new(id, path, bytes)));
            self.sources.borrow_mut().push(parsed);
            parsed
        });
        self.files.borrow_mut().insert(path.to_owned(), parsed);
        parsed
    }
}

impl Checkout for Disk {
    fn file(&self, path: &str) -> FileText<'_> {
        self.parsed(path).map_or(FileText::Absent, Parsed::text)
    }

    fn kustomization(&self, dir: &str) -> Option<String> {
        NAMES.iter().map(|name| join(dir, name)).find(|path| self.top.join(path).is_file())
    }

    fn is_dir(&self, path: &str) -> bool {
        self.top.join(path).is_dir()
    }

    fn bytes(&self, source: SourceId) -> Option<&[u8]> {
        Some(&self.sources.borrow().get(source.0 as usize)?.bytes)
    }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
