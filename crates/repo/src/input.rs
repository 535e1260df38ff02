//! What is to be scanned, and where the checkout is that it belongs to.

use crate::git::{Commit, GitError};
use crate::paths;
use manifest::{Limits, SourceId};
use std::path::{Path, PathBuf};

/// A path as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file or a directory, absolute or relative to the working directory.
    Path(PathBuf),
}

/// Where the files of the checkout are read from.
#[derive(Debug, Clone, Default)]
pub enum Files {
    /// From the work tree, as `.gitignore` says.
    #[default]
    WorkTree,
    /// What is staged: the blobs of Git's index, as they are stored.
    Index,
    /// As they are in a commit.
    Commit(Commit),
}

/// What is to be scanned.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where files are read from.
    pub files: Files,
    /// The id of the first text.
    pub first_source: SourceId,
    /// The paths that findings are wanted for, in the user's order.
    pub paths: Vec<Input>,
    /// The checkout in which references are looked up; else the nearest directory with `.git`
    /// above the first path, else the first path itself.
    pub root: Option<PathBuf>,
    /// Bounds for one file.
    pub limits: Limits,
    /// The directory that relative paths start from, and that paths are shown relative to.
    pub working_directory: PathBuf,
    /// Every object is wanted, not only what has to do with a database.
    pub everything: bool,
    /// The `helm` that may be run on charts of the checkout; `None`: none is rendered.
    pub helm: Option<PathBuf>,
}

/// Why nothing could be scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The root that was asked for is no directory.
    #[error("the root {path} is not a directory")]
    Root {
        /// As the user named it.
        path: String,
    },
    /// Git cannot tell what is asked for.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The root, absolute.
    pub(crate) root: PathBuf,
    /// Whether the root is walked, or only what was named is read.
    pub(crate) walked: bool,
    /// The named files and directories as paths of the checkout, in the user's order.
    pub(crate) named: Vec<Named>,
    /// The `helm` that may be run.
    pub(crate) helm: Option<PathBuf>,
    /// Whether standard input was named.
    pub(crate) stdin: bool,
    working_directory: PathBuf,
    /// The root as the user is shown it.
    shown: String,
}

/// A named file or directory.
#[derive(Debug)]
pub(crate) struct Named {
    /// Path in the checkout (`../` leads out of it).
    pub(crate) path: String,
    /// The same, absolute.
    pub(crate) absolute: PathBuf,
    /// A directory.
    pub(crate) directory: bool,
}

impl Layout {
    /// Finds the root. Named paths that do not exist count as files; reading them will say so.
    pub(crate) fn new(options: &Options) -> Result<Self, ScanError> {
        let working_directory = options.working_directory.clone();
        let absolutes: Vec<PathBuf> = options
            .paths
            .iter()
            .filter_map(|input| match input {
                Input::Path(path) => Some(paths::absolute(&working_directory, path)),
                Input::Stdin => None,
            })
            .collect();
        let (root, walked) = match (&options.root, absolutes.first()) {
            (Some(root), _) => (existing_root(&working_directory, root)?, true),
            (None, Some(first)) => enclosing_root(first),
            (None, None) => (working_directory.clone(), false),
        };
        let named = absolutes
            .into_iter()
            .map(|absolute| Named {
                path: in_checkout(&root, &absolute),
                directory: absolute.is_dir(),
                absolute,
            })
            .collect();
        let shown = paths::relative(&working_directory, &root);
        let stdin = options.paths.contains(&Input::Stdin);
        Ok(Self { helm: options.helm.clone(), root, walked, named, stdin, working_directory, shown })
    }

    /// A path of the checkout as the user is shown it.
    pub(crate) fn shown(&self, path: &str) -> String {
        let inside = !path.is_empty() && !path.starts_with("..");
        match self.shown.as_str() {
            "." if inside => path.to_owned(),
            root if inside && !root.starts_with("..") => format!("{root}/{path}"),
            _ => self.shown_slowly(path),
        }
    }

    /// The same where the root is not below the working directory.
    fn shown_slowly(&self, path: &str) -> String {
        paths::relative(&self.working_directory, &paths::absolute(&self.root, Path::new(path)))
    }

    /// Whether there is such a file, though no manifest: kustomizations make objects of any file.
    pub(crate) fn holds_file(&self, path: &str) -> bool {
        !path.starts_with("..") && self.root.join(path).is_file()
    }

    /// Whether there is such a directory, though without manifests.
    pub(crate) fn holds_dir(&self, path: &str) -> bool {
        !path.starts_with("..") && self.root.join(path).is_dir()
    }

    /// Whether that very file was named.
    pub(crate) fn is_named_itself(&self, path: &str) -> bool {
        self.named.iter().any(|named| !named.directory && named.path == path)
    }

    /// Whether findings in that file are wanted.
    pub(crate) fn is_named(&self, path: &str) -> bool {
        self.named.iter().any(|named| paths::is_under(path, &named.path))
    }
}

/// A path of the file system as a path of the checkout.
pub(crate) fn in_checkout(root: &Path, absolute: &Path) -> String {
    if let Some(path) = paths::below(root, absolute) {
        return path.to_owned();
    }
    let path = paths::relative(root, absolute);
    if path == "." { String::new() } else { path }
}

fn existing_root(working_directory: &Path, root: &Path) -> Result<PathBuf, ScanError> {
    let absolute = paths::absolute(working_directory, root);
    if absolute.is_dir() { Ok(absolute) } else { Err(ScanError::Root { path: root.display().to_string() }) }
}

/// The nearest directory with `.git`, else the path itself. Beside a single file outside of a
/// checkout may stand anything (a home directory), so there only the file is read.
fn enclosing_root(first: &Path) -> (PathBuf, bool) {
    let directory = first.is_dir();
    let start = if directory { first } else { first.parent().unwrap_or(first) };
    match start.ancestors().find(|dir| dir.join(".git").exists()) {
        Some(root) => (root.to_owned(), true),
        None => (start.to_owned(), directory),
    }
}
