//! Where the checkout is that a path belongs to, and where files are in it.

use manifest::{SourceId, Sources};
use std::path::{Component, Path, PathBuf};

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
    below(&canonical(root), &canonical(working_directory)).unwrap_or_default()
}

/// The paths of texts from the root, where the configuration stands; `None` for one outside.
#[derive(Debug)]
pub(crate) struct RootPaths {
    paths: Vec<Option<String>>,
    /// The id of the first text.
    first: SourceId,
}

impl RootPaths {
    pub(crate) fn new(sources: &Sources, root: &Path, working_directory: &Path) -> Self {
        let (root, working_directory) = (canonical(root), canonical(working_directory));
        let path = |source: &manifest::Source| below(&root, &normal(&working_directory.join(source.path())));
        let first = sources.iter().next().map_or(SourceId(0), |(first, _)| first);
        Self { paths: sources.iter().map(|(_, source)| path(source)).collect(), first }
    }

    pub(crate) fn get(&self, source: SourceId) -> Option<&str> {
        self.paths.get(source.0.checked_sub(self.first.0)? as usize)?.as_deref()
    }

    /// Takes the paths of texts whose ids go on after its own.
    pub(crate) fn append(&mut self, others: Self) {
        self.paths.extend(others.paths);
    }
}

/// Whether a path as shown is one of those given, or stands below one.
pub(crate) fn is_given(shown: &str, given: &[PathBuf], working_directory: &Path) -> bool {
    let path = normal(&working_directory.join(shown));
    given.iter().any(|given| shown == "-" || path.starts_with(normal(&working_directory.join(given))))
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Without `.` and `..`, by the text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            component => normal.push(component),
        }
    }
    normal
}

fn below(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?;
    Some(below.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_root() {
        assert_eq!(
            below(Path::new("/r"), &normal(Path::new("/r/a/../b/./c.yaml"))).as_deref(),
            Some("b/c.yaml")
        );
        assert_eq!(below(Path::new("/r"), Path::new("/other/c.yaml")), None);
    }
}
