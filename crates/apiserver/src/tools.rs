//! Where the programs are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::Error;

/// The folder with the programs.
#[derive(Debug, Clone)]
pub struct Tools {
    folder: PathBuf,
}

/// What an API server takes to run and to be asked.
const NEEDED: [&str; 4] = ["etcd", "kube-apiserver", "kubectl", "helm"];

impl Tools {
    /// The folder that `CNPG_LINT_TOOLS` names, else what the project's script builds.
    pub fn find() -> Result<Self, Error> {
        // Looked for once in a process: building takes minutes, and so does finding out that it fails.
        static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let found = FOUND.get_or_init(|| match env::var_os("CNPG_LINT_TOOLS") {
            Some(folder) => whole(PathBuf::from(folder)),
            None => build(),
        });
        found.clone().map(|folder| Self { folder }).map_err(Error::Absent)
    }

    /// The path of a program, by its name.
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// Whether a test without the programs fails.
pub(crate) fn required() -> bool {
    env::var("CNPG_LINT_REQUIRE_TOOLS").is_ok_and(|value| value == "1")
}

fn whole(folder: PathBuf) -> Result<PathBuf, String> {
    match NEEDED.iter().find(|program| !folder.join(program).is_file()) {
        Some(missing) => Err(format!("no {missing} in {}", folder.display())),
        None => Ok(folder),
    }
}

fn build() -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/build.sh");
    let output = Command::new(&script)
        .env("CNPG_LINT_BUILD", NEEDED.join(" "))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let folder = printed.lines().next_back().and_then(|path| Path::new(path).parent());
    if !output.status.success() {
        return Err(format!("{}: some tools could not be had", script.display()));
    }
    folder
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{}: printed no path", script.display()))
        .and_then(whole)
}
