//! Git, read through a library: which commit a revision names, and the files that Git holds.
//!
//! Nothing is written, no program is called, and no setting but the repository's own counts.

mod error;
mod files;
mod revision;
mod withheld;

pub use error::GitError;
pub(crate) use files::files;
use gix::ObjectId;
use std::path::{Path, PathBuf};
pub use withheld::withheld;

/// A commit that the user named.
#[derive(Debug, Clone)]
pub struct Commit {
    id: ObjectId,
    name: String,
}

impl Commit {
    /// Its name as the user wrote it, without the dots that say how it is meant.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its hash, hexadecimal.
    pub fn hash(&self) -> String {
        self.id.to_string()
    }
}

/// A repository.
#[derive(Debug)]
pub struct Git {
    repository: gix::Repository,
    /// The top of its work tree, canonical.
    top: PathBuf,
}

impl Git {
    /// The repository that a directory belongs to: one with `.git` itself or above, be that a directory, or
    /// the file of a worktree or submodule.
    pub fn open(directory: &Path) -> Result<Self, GitError> {
        let none = || GitError::NoRepository { directory: directory.display().to_string() };
        let directory = directory.canonicalize().map_err(|_| none())?;
        let options = gix::open::Options::isolated();
        let trusted = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
        let opened = gix::ThreadSafeRepository::discover_opts(
            &directory,
            gix::discover::upwards::Options::default(),
            trusted,
        );
        let repository = opened.map_err(|error| GitError::of_opening(&error, none()))?.to_thread_local();
        let top = repository.workdir().and_then(|top| top.canonicalize().ok()).ok_or_else(none)?;
        Ok(Self { repository, top })
    }
}
