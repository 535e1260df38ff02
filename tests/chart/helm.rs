//! Helm, run over the chart.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses a part of it")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub struct Helm(PathBuf);

/// The default values, and each file under the chart's `ci/`.
pub fn every_value_set() -> Vec<Vec<String>> {
    let files = std::fs::read_dir(chart().join("ci")).expect("the chart's ci folder");
    let mut names: Vec<_> =
        files.map(|file| format!("ci/{}", file.expect("a file").file_name().to_string_lossy())).collect();
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    std::iter::once(Vec::new()).chain(names.into_iter().map(|name| vec![name])).collect()
}

pub fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/cnpg-lint")
}

/// The objects of a rendering.
pub fn parse(rendered: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(rendered).expect("YAML")
}

impl Helm {
    /// Of the directory `CNPG_LINT_TOOLS`, else of the path. Without one a test says that it is skipped,
    /// and fails where `CNPG_LINT_REQUIRE_TOOLS` is set.
    pub fn find() -> Option<Self> {
        let directory = std::env::var_os("CNPG_LINT_TOOLS").map(PathBuf::from);
        let helm = directory.map_or_else(|| PathBuf::from("helm"), |directory| directory.join("helm"));
        if Command::new(&helm).arg("version").output().is_ok_and(|output| output.status.success()) {
            return Some(Self(helm));
        }
        assert!(std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "no helm at {}", helm.display());
        eprintln!("\n######## skipped: what the chart renders (no helm at {})\n", helm.display());
        None
    }

    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.0).args(arguments).current_dir(chart()).output().expect("helm runs")
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn lint(&self, values: &[String]) {
        self.printed(&with(&["lint", "--strict", "."], values));
    }

    pub fn template(&self, values: &[String]) -> String {
        self.template_as("cnpg-lint", values)
    }

    pub fn template_as(&self, release: &str, values: &[String]) -> String {
        self.printed(&with(&["template", release, ".", "--namespace", "databases"], values))
    }

    pub fn objects(&self, values: &[String]) -> Vec<Value> {
        parse(&self.template(values))
    }

    /// What is said of values that are wrong.
    pub fn refusal(&self, values: &str) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), values).expect("written");
        let path = file.path().to_str().expect("UTF-8");
        let output = self.run(&["template", "cnpg-lint", ".", "--values", path]);
        assert!(!output.status.success(), "{values} was taken");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn with<'a>(arguments: &[&'a str], values: &'a [String]) -> Vec<&'a str> {
    let files = values.iter().flat_map(|file| ["--values", file.as_str()]);
    arguments.iter().copied().chain(files).collect()
}
