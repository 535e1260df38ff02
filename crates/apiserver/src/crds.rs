//! The custom resources that tests create.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Cluster, Error, doing};

impl Cluster {
    /// Installs the CRDs of CloudNativePG, its Barman plugin and External Secrets.
    ///
    /// Those of the newest releases in the folder that `CNPG_LINT_CRDS` names (`<project>-<version>/`
    /// each), else our own, which take any field.
    pub fn install_crds(&self) -> Result<(), Error> {
        let folders = match env::var_os("CNPG_LINT_CRDS") {
            Some(folder) => newest(Path::new(&folder))?,
            None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/crds")],
        };
        let paths: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let files = || paths.iter().flat_map(|path| ["-f", path]);
        // Applied by the server: the released ones are larger than an annotation may be.
        let apply: Vec<&str> = ["apply", "--server-side"].into_iter().chain(files()).collect();
        self.must(&apply, "")?;
        let wait: Vec<&str> = ["wait", "--for=condition=Established", "--timeout=60s", "--recursive=false"]
            .into_iter()
            .chain(files())
            .collect();
        self.must(&wait, "").map(|_| ())
    }
}

/// Of each project the folder with its highest version.
fn newest(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found: Vec<(String, Vec<u64>, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).map_err(doing("read CNPG_LINT_CRDS"))? {
        let path = entry.map_err(doing("read CNPG_LINT_CRDS"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((project, version)) = name.rsplit_once('-').filter(|_| path.is_dir()) else { continue };
        let version = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        found.push((project.to_owned(), version, path));
    }
    found.sort();
    found.reverse();
    found.dedup_by(|older, newer| older.0 == newer.0);
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_project_the_highest_version_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["cloudnative-pg-1.9.1", "cloudnative-pg-1.30.0", "external-secrets-2.9.0"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let names: Vec<String> = newest(folder.path())
            .expect("readable")
            .iter()
            .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["external-secrets-2.9.0", "cloudnative-pg-1.30.0"]);
    }
}
