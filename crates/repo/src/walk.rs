//! The files of a checkout: found and read once, in parallel, and searched while they are warm.

use crate::git::{self, GitError};
use crate::input::{Files, Layout, in_checkout};
use crate::paths;
use crate::programs;
use crate::tree::{File, Marks, Tree};
use crate::unlinted::NotLintedReason;
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Most manifests fit: one short read gives the bytes and tells that there are no more.
const BUFFER: usize = 64 << 10;

/// A path that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Path in the checkout.
    pub(crate) path: String,
    /// What the system says.
    pub(crate) message: String,
}

/// Every file of the checkout that could matter, and what could not be read. No file of more
/// than `limit` bytes is kept.
pub(crate) fn walk(layout: &Layout, files: &Files, limit: usize) -> Result<(Tree, Vec<Unread>), GitError> {
    let found = Found::default();
    let tree = match files {
        Files::WorkTree => work_tree(layout, limit, &found),
        Files::Index | Files::Commit(_) => stored(layout, files, limit, &found)?,
    };
    if layout.stdin {
        let mut buffer = vec![0; BUFFER];
        found.add("-".to_owned(), read(io::stdin().lock(), limit, &mut buffer));
    }
    let mut tree = tree.with(take(&found.files));
    let projects = programs::roots(&tree);
    if !projects.is_empty() {
        tree = tree.with(programs(layout, files, limit, projects, &found)?);
    }
    let mut unread = take(&found.unread);
    unread.sort_by(|one, two| one.path.cmp(&two.path));
    unread.dedup_by(|one, two| one.path == two.path);
    Ok((tree, unread))
}

/// The files that Git holds, instead of those of the work tree.
fn stored(layout: &Layout, files: &Files, limit: usize, found: &Found) -> Result<Tree, GitError> {
    let is_wanted = |path: &str| matters(paths::file_name(path));
    let stored = git::files(&layout.root, files, limit, &is_wanted)?;
    let tree = Tree::new(stored.files);
    for (path, message) in stored.unread {
        found.unread(path, message);
    }
    if matches!(files, Files::Index) {
        // What came to be after a commit is not missing in it.
        let named = layout.named.iter().filter(|named| !named.directory);
        for named in named.filter(|named| tree.find(&named.path).is_none()) {
            found.unread(named.path.clone(), "it is not in the index: `git add` it".to_owned());
        }
    }
    Ok(tree)
}

/// The programs of projects that make manifests.
fn programs(
    layout: &Layout,
    files: &Files,
    limit: usize,
    projects: Vec<String>,
    found: &Found,
) -> Result<Vec<File>, GitError> {
    if !matches!(files, Files::WorkTree) {
        let is_wanted = |path: &str| programs::is_of(&projects, path);
        let stored = git::files(&layout.root, files, limit, &is_wanted)?;
        return Ok(stored.files.into_iter().filter(|file| is_wanted(&file.path)).collect());
    }
    if layout.walked {
        directory(&layout.root, layout, limit, &Which::Programs(projects.into()), found);
    }
    Ok(take(&found.files))
}

/// Which files of a directory are read.
#[derive(Debug)]
enum Which {
    /// What may hold manifests or what makes them, by its name.
    Manifests,
    /// The programs of the projects in these directories.
    Programs(Arc<[String]>),
}

impl Which {
    fn reads(&self, root: &Path, entry: &DirEntry) -> bool {
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        is_file
            && match self {
                Self::Manifests => entry.file_name().to_str().is_some_and(matters),
                Self::Programs(projects) => programs::is_of(projects, &in_checkout(root, entry.path())),
            }
    }
}

/// The files of the work tree, and what is named beside it.
fn work_tree(layout: &Layout, limit: usize, found: &Found) -> Tree {
    if layout.walked {
        directory(&layout.root, layout, limit, &Which::Manifests, found);
    }
    let tree = Tree::new(take(&found.files));
    // What is named is read even where it is ignored or stands outside of the root.
    for named in &layout.named {
        if named.directory && tree.under(&named.path).next().is_some() || tree.find(&named.path).is_some() {
            continue;
        }
        if named.directory {
            directory(&named.absolute, layout, limit, &Which::Manifests, found);
        } else {
            let mut buffer = vec![0; BUFFER];
            let content = fs::File::open(&named.absolute).and_then(|file| read(file, limit, &mut buffer));
            found.add(named.path.clone(), content);
        }
    }
    tree
}

/// What a read gave: the bytes, or what a file over the bound mentions.
type Content = Result<Vec<u8>, Marks>;

#[derive(Default)]
struct Found {
    files: Mutex<Vec<File>>,
    unread: Mutex<Vec<Unread>>,
}

impl Found {
    fn add(&self, path: String, content: io::Result<Content>) {
        let file = match content {
            Ok(Ok(bytes)) => File::new(path, bytes),
            Ok(Err(marks)) => File::too_large(path, marks),
            Err(error) => return self.unread(path, error.to_string()),
        };
        if let Ok(mut files) = self.files.lock() {
            files.push(file);
        }
    }

    fn unread(&self, path: String, message: String) {
        if let Ok(mut unread) = self.unread.lock() {
            unread.push(Unread { path, message });
        }
    }
}

fn take<T: Default>(shared: &Mutex<T>) -> T {
    shared.lock().map(|mut guarded| std::mem::take(&mut *guarded)).unwrap_or_default()
}

/// A walk as `.gitignore` says. Nothing that only this machine is set to (a global ignore file, what stands
/// above the root) changes what is seen.
fn walker(root: &Path) -> WalkBuilder {
    let mut walker = WalkBuilder::new(root);
    walker
        .hidden(false)
        .ignore(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git");
    walker
}

/// Whether a walk of a directory comes to that file below it.
pub(crate) fn reaches(root: &Path, file: &Path) -> bool {
    let wanted = file.to_owned();
    let mut walker = walker(root);
    walker.filter_entry(move |entry| wanted.starts_with(entry.path()));
    walker.build().filter_map(Result::ok).any(|entry| entry.path() == file)
}

/// Walks a directory.
fn directory(root: &Path, layout: &Layout, limit: usize, which: &Which, found: &Found) {
    let mut walker = walker(root);
    if let Which::Programs(projects) = which {
        let (projects, root) = (Arc::clone(projects), layout.root.clone());
        walker.filter_entry(move |entry| {
            let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            let leads = || programs::leads_to(&projects, &in_checkout(&root, entry.path()));
            entry.file_name() != ".git" && (!is_directory || leads())
        });
    }
    let walker = walker.threads(rayon::current_num_threads()).build_parallel();
    walker.run(|| {
        let mut buffer = vec![0; BUFFER];
        Box::new(move |entry| {
            match entry {
                Ok(entry) if which.reads(&layout.root, &entry) => {
                    let path = in_checkout(&layout.root, entry.path());
                    let content =
                        fs::File::open(entry.path()).and_then(|file| read(file, limit, &mut buffer));
                    found.add(path, content);
                }
                Ok(_) => {}
                Err(error) => found.unread(place_of(&error, root, layout), plain(&error)),
            }
            WalkState::Continue
        })
    });
}

/// Whether a file may hold manifests or what makes them, by its name.
fn matters(name: &str) -> bool {
    is_yaml_or_json(name) || name == "Kustomization" || NotLintedReason::of_generator(name).is_some()
}

/// Whether a file is YAML or JSON by its name.
pub(crate) fn is_yaml_or_json(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml" | "json")))
}

/// Reads all of a text, or searches it where it is over the bound.
fn read(mut input: impl Read, limit: usize, buffer: &mut [u8]) -> io::Result<Content> {
    let first = fill(&mut input, buffer)?;
    let mut bytes = buffer.get(..first).unwrap_or_default().to_vec();
    if first == buffer.len() {
        let rest = limit.saturating_add(1).saturating_sub(first);
        input.by_ref().take(u64::try_from(rest).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    }
    if bytes.len() <= limit {
        return Ok(Ok(bytes));
    }
    let mut marks = Marks::of(&bytes);
    // A name can stand across two pieces.
    let mut window = bytes.split_off(bytes.len().saturating_sub(Marks::LONGEST));
    drop(bytes);
    loop {
        let read = fill(&mut input, buffer)?;
        window.extend_from_slice(buffer.get(..read).unwrap_or_default());
        marks = marks.or(Marks::of(&window));
        if read < buffer.len() {
            return Ok(Err(marks));
        }
        window.drain(..window.len().saturating_sub(Marks::LONGEST));
    }
}

/// Reads until the buffer is full or nothing is left. A regular file gives all it has at once,
/// so a short read of one needs no second to know that it ended; a pipe is asked again.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn place_of(error: &ignore::Error, root: &Path, layout: &Layout) -> String {
    match error {
        ignore::Error::WithPath { path, .. } => in_checkout(&layout.root, path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place_of(err, root, layout)
        }
        _ => in_checkout(&layout.root, root),
    }
}

/// The message without the path, which is shown beside it.
fn plain(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => plain(err),
        ignore::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Whether a path names a kustomization file.
pub(crate) fn is_kustomization(path: &str) -> bool {
    matches!(paths::file_name(path), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &[u8], limit: usize) -> Content {
        read(text, limit, &mut [0; 16]).unwrap()
    }

    #[test]
    fn a_text_is_read_whole_up_to_its_bound() {
        let text = b"kind: Cluster # longer than the buffer";
        assert_eq!(content(text, text.len()).unwrap(), text);
        assert!(content(text, text.len() - 1).is_err());
    }

    #[test]
    fn what_is_over_the_bound_is_searched_to_its_end() {
        let text = [b"x".repeat(1000).as_slice(), b" apiVersion: postgresql.cnpg.io/v1 "].concat();
        assert!(content(&text, 20).unwrap_err().judged);
        assert!(!content(&b"x".repeat(1000), 20).unwrap_err().judged);
    }
}
