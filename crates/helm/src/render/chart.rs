//! A chart in a directory, and whether it can be rendered offline.

use super::HelmError;
use manifest::{Limits, Node, Source, SourceId};
use std::fs;
use std::path::{Path, PathBuf};

/// A chart in a directory of a checkout.
#[derive(Debug, Clone)]
pub struct ChartDir {
    /// The directory that holds `Chart.yaml`.
    pub(super) path: PathBuf,
    /// The directory that no link may lead out of.
    root: PathBuf,
    /// The chart's own `values.yaml`, read by the caller, so that its places are those of the run.
    pub(super) defaults: Option<Node>,
    pub(super) name: String,
    /// Names of the charts it needs.
    needs: Vec<String>,
}

impl ChartDir {
    /// Reads `Chart.yaml`. `root` is the checkout; `defaults` is the chart's own `values.yaml`.
    ///
    /// # Errors
    /// [`HelmError::NoChart`].
    pub fn open(path: &Path, root: &Path, defaults: Option<Node>) -> Result<Self, HelmError> {
        let no_chart = || HelmError::NoChart(path.to_owned());
        let bytes = fs::read(path.join("Chart.yaml")).map_err(|_| no_chart())?;
        let source = Source::new("Chart.yaml", bytes);
        let mut documents = manifest::read(&source, SourceId(0), &Limits::default()).documents;
        let node = documents.pop().and_then(|document| document.content.ok()).ok_or_else(no_chart)?;
        let name = node.get("name").and_then(Node::as_str).ok_or_else(no_chart)?.to_owned();
        let dependencies = node.get("dependencies").and_then(Node::as_list).unwrap_or_default();
        let needs = dependencies.iter().filter_map(|one| one.get("name")?.as_str()).map(str::to_owned);
        let needs = needs.collect();
        Ok(Self { path: path.to_owned(), root: root.to_owned(), defaults, name, needs })
    }

    /// The name of the chart.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether everything it needs is there, and nothing else is.
    pub(super) fn check(&self) -> Result<(), HelmError> {
        let vendored = fs::read_dir(self.path.join("charts"));
        let vendored: Vec<String> = vendored
            .map(|entries| {
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            })
            .unwrap_or_default();
        let missing = self.needs.iter().find(|need| !vendored.iter().any(|file| is_vendored(file, need)));
        if let Some(missing) = missing {
            return Err(HelmError::NotVendored(missing.clone()));
        }
        let root = self.root.canonicalize().map_err(|_| HelmError::NoChart(self.path.clone()))?;
        stays_inside(&self.path, &root)
    }
}

/// A directory of that name, or an archive of some version of it.
fn is_vendored(file: &str, need: &str) -> bool {
    let Some(rest) = file.strip_prefix(need) else { return false };
    let archive = rest.strip_suffix(".tgz").and_then(|rest| rest.strip_prefix('-'));
    rest.is_empty()
        || archive
            .is_some_and(|version| version.starts_with(|char: char| char.is_ascii_digit() || char == 'v'))
}

/// Helm follows links wherever they lead; we do not let it.
fn stays_inside(path: &Path, root: &Path) -> Result<(), HelmError> {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let kind = fs::symlink_metadata(&path).map(|metadata| metadata.file_type());
        let Ok(kind) = kind else { continue };
        if kind.is_symlink() {
            // What a link inside leads to is looked at where it stands.
            let inside = path.canonicalize().is_ok_and(|target| target.starts_with(root));
            if !inside {
                return Err(HelmError::Leaves(path));
            }
        } else if kind.is_dir()
            && let Ok(entries) = fs::read_dir(&path)
        {
            waiting.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_vendored;

    #[test]
    fn a_dependency_is_vendored_as_a_directory_or_an_archive() {
        assert!(is_vendored("common", "common"));
        assert!(is_vendored("common-1.2.3.tgz", "common"));
        assert!(!is_vendored("common-extra-1.2.3.tgz", "common"));
        assert!(!is_vendored("common.txt", "common"));
        assert!(!is_vendored("comm", "common"));
    }
}
