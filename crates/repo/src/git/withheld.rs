//! Files that Git has, but that a walk of the work tree does not show.

use super::{Git, GitError};
use crate::walk;
use gix::index::entry::{Flags, Mode};
use std::path::Path;

/// Why a file of the index is not seen in the work tree below `root`: reads after its path. `None` where it is
/// seen, was deleted, or is none of the index. `path` is relative to `root`.
pub fn withheld(root: &Path, path: &str) -> Result<Option<&'static str>, GitError> {
    let git = Git::open(root)?;
    let tracked = format!("{}{path}", git.prefix(root)?);
    let Some(index) = git.index()? else { return Ok(None) };
    let is_it = |entry: &gix::index::Entry| {
        let named = entry.path(&index);
        // A sparse index holds whole directories.
        **named == *tracked.as_bytes() || entry.mode == Mode::DIR && tracked.as_bytes().starts_with(named)
    };
    let Some(entry) = index.entries().iter().find(|entry| is_it(entry)) else { return Ok(None) };
    let file = root.join(path);
    Ok(if entry.mode == Mode::DIR || entry.flags.contains(Flags::SKIP_WORKTREE) {
        Some("is not checked out here")
    } else if file.exists() && !walk::reaches(root, &file) {
        Some("is ignored here, though Git has it")
    } else {
        None
    })
}
