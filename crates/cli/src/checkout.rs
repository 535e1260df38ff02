//! Where the checkout is that a path belongs to.

use std::path::{Path, PathBuf};

/// The root that is asked for; else the nearest directory with `.git` above the path, else the
/// directory the path names or is in.
pub(crate) fn root(asked: Option<&Path>, path: &Path, working_directory: &Path) -> PathBuf {
    if let Some(asked) = asked {
        return working_directory.join(asked);
    }
    let path = working_directory.join(path);
    let path = path.canonicalize().unwrap_or(path);
    let checkout = path.ancestors().find(|above| above.join(".git").exists());
    let own = || if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
    checkout.unwrap_or_else(own).to_path_buf()
}

/// The working directory as seen from the root, with `/`; empty if they are the same, or if it
/// is not below.
pub(crate) fn prefix(root: &Path, working_directory: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let working_directory = working_directory.canonicalize().unwrap_or_else(|_| working_directory.to_path_buf());
    let below = working_directory.strip_prefix(&root).ok();
    below.map_or_else(String::new, |below| below.to_string_lossy().replace('\\', "/"))
}
