//! The files of a commit or of the index, as they are stored: no filter of Git's changes them.

use super::{Git, GitError};
use crate::input::Files;
use crate::tree::{File, Marks};
use crate::unlinted::NotLintedReason;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode, Stage};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// So many files are read in one go: a handle on the repository costs more than a file.
const TOGETHER: usize = 64;

/// What Git holds of a directory.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// The files; paths are relative to the directory.
    pub(crate) files: Vec<File>,
    /// Path and reason of what could not be read.
    pub(crate) unread: Vec<(String, String)>,
}

/// One entry of a tree or of the index.
#[derive(Debug)]
struct Entry {
    path: String,
    id: ObjectId,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Submodule,
    /// The index holds several versions of it.
    Unmerged,
}

/// The files below `root` that are wanted by their path. No file of more than `limit` bytes is kept.
pub(crate) fn files(
    root: &Path,
    files: &Files,
    limit: usize,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Stored, GitError> {
    let git = Git::open(root)?;
    let prefix = git.prefix(root)?;
    let all = match files {
        Files::Commit(commit) => git.of_commit(commit.id)?,
        Files::Index | Files::WorkTree => git.of_index()?,
    };
    let below = |entry: Entry| {
        let path = entry.path.strip_prefix(&prefix)?.to_owned();
        (entry.kind == Kind::Submodule || is_wanted(&path)).then_some(Entry { path, ..entry })
    };
    let entries: Vec<Entry> = all.into_iter().filter_map(below).collect();
    let shared = git.repository.into_sync();
    let read = |entries: &[Entry]| {
        let repository = shared.to_thread_local();
        let read = |entry: &Entry| read(&repository, entry, limit).map_err(|why| (entry.path.clone(), why));
        entries.iter().map(read).collect::<Vec<_>>()
    };
    let mut stored = Stored::default();
    for one in entries.par_chunks(TOGETHER).flat_map_iter(read).collect::<Vec<_>>() {
        match one {
            Ok(file) => stored.files.push(file),
            Err(unread) => stored.unread.push(unread),
        }
    }
    Ok(stored)
}

fn read(repository: &gix::Repository, entry: &Entry, limit: usize) -> Result<File, String> {
    let path = entry.path.clone();
    match entry.kind {
        Kind::Submodule => return Ok(File::hidden(path, NotLintedReason::Submodule)),
        Kind::Unmerged => return Err("it is not merged: the index holds several versions of it".to_owned()),
        Kind::Text => {}
    }
    let mut object =
        repository.find_object(entry.id).map_err(|_| "Git has not got its content".to_owned())?;
    let bytes = std::mem::take(&mut object.data);
    Ok(if bytes.len() > limit { File::too_large(path, Marks::of(&bytes)) } else { File::new(path, bytes) })
}

impl Git {
    /// What paths of the directory start with in the repository: empty, or with `/` at its end.
    pub(super) fn prefix(&self, directory: &Path) -> Result<String, GitError> {
        let outside = || GitError::NoRepository { directory: directory.display().to_string() };
        let directory = directory.canonicalize().map_err(|_| outside())?;
        let below = directory.strip_prefix(&self.top).map_err(|_| outside())?;
        let mut prefix = below.to_string_lossy().replace('\\', "/");
        if !prefix.is_empty() {
            prefix.push('/');
        }
        Ok(prefix)
    }

    fn of_commit(&self, id: ObjectId) -> Result<Vec<Entry>, GitError> {
        let commit = self.repository.find_commit(id).map_err(GitError::unreadable)?;
        self.of_tree(commit.tree_id().map_err(GitError::unreadable)?.detach(), "")
    }

    /// The files of a tree; `prefix` is put before their paths.
    fn of_tree(&self, id: ObjectId, prefix: &str) -> Result<Vec<Entry>, GitError> {
        let tree = self.repository.find_tree(id).map_err(GitError::unreadable)?;
        let entries = tree.traverse().breadthfirst.files().map_err(GitError::unreadable)?;
        let entry = |entry: gix::traverse::tree::recorder::Entry| {
            let kind = match entry.mode {
                mode if mode.is_blob() => Kind::Text,
                mode if mode.is_commit() => Kind::Submodule,
                _ => return None,
            };
            // A path that is no UTF-8 names no file of ours.
            Some(Entry {
                path: format!("{prefix}{}", std::str::from_utf8(&entry.filepath).ok()?),
                id: entry.oid,
                kind,
            })
        };
        Ok(entries.into_iter().filter_map(entry).collect())
    }

    fn of_index(&self) -> Result<Vec<Entry>, GitError> {
        let Some(index) = self.index()? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for entry in index.entries() {
            let Ok(path) = std::str::from_utf8(entry.path(&index)) else { continue };
            // Only meant to be added: nothing of it is staged.
            if entry.flags.contains(Flags::INTENT_TO_ADD) {
                continue;
            }
            let kind = match entry.mode {
                _ if entry.stage() != Stage::Unconflicted => Kind::Unmerged,
                mode if mode == Mode::COMMIT => Kind::Submodule,
                // A sparse index holds whole directories as their trees.
                mode if mode == Mode::DIR => {
                    entries.extend(self.of_tree(entry.id, path)?);
                    continue;
                }
                mode if mode == Mode::SYMLINK => continue,
                _ => Kind::Text,
            };
            entries.push(Entry { path: path.to_owned(), id: entry.id, kind });
        }
        Ok(entries)
    }

    /// The index; none before anything was staged.
    pub(super) fn index(&self) -> Result<Option<gix::index::File>, GitError> {
        let path = self.index_path();
        if !path.exists() {
            return Ok(None);
        }
        let hash = self.repository.object_hash();
        let index = gix::index::File::at(path, hash, true, gix::index::decode::Options::default());
        index.map(Some).map_err(GitError::unreadable)
    }

    /// The index's file. While a hook runs, Git can say that the one to be committed stands elsewhere.
    fn index_path(&self) -> PathBuf {
        match std::env::var_os("GIT_INDEX_FILE").filter(|path| !path.is_empty()) {
            Some(path) => self.top.join(path),
            None => self.repository.index_path(),
        }
    }
}
