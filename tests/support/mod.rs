//! A scratch repository and the program, as a person would use them.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test ends so"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A Cluster that no rule has anything to say about, but for its image tag.
pub fn cluster(name: &str, instances: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  \
         instances: {instances}\n  imageName: ghcr.io/cloudnative-pg/postgresql:17.5\n  storage:\n    size: 10Gi\n"
    )
}

/// A directory that is gone when the test ends.
pub struct Repository(tempfile::TempDir);

impl Repository {
    /// With these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self(tempfile::tempdir().expect("a scratch directory"));
        for (path, text) in files {
            repository.write(path, text.as_bytes());
        }
        repository
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("a file")
    }

    /// Runs the program here; gives its exit code and what it printed.
    pub fn run(&self, arguments: &[&str]) -> Run {
        run_in(self.path(), arguments, b"")
    }

    /// With text on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        run_in(self.path(), arguments, input)
    }

    /// `check --format json` here.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        let run = self.run(&all);
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err))
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// The last line: the summary.
    pub fn summary(&self) -> &str {
        self.out.trim_end().lines().last().unwrap_or_default()
    }
}

pub fn run_in(directory: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cnpg-lint"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .env_remove("CNPG_LINT_BASE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("standard input");
    // The program may end without having read all of it.
    let _ = stdin.write_all(input);
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the program ends");
    Run {
        code: status.code().expect("no signal"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// The rules and pointers of the findings of a JSON report, in order.
pub fn findings(report: &serde_json::Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    let text = |finding: &serde_json::Value| {
        format!(
            "{} {}",
            finding["rule"].as_str().expect("rule"),
            finding["location"]["pointer"].as_str().expect("pointer")
        )
    };
    findings.iter().map(text).collect()
}
