//! Generators of checked-in files.
//!
//! `cargo run -p xtask -- schema DIR…` writes what the CRDs of these directories say of every field;
//! a directory is named after what it holds: `cloudnative-pg-1.30.0`.
//! `cargo run -p xtask -- parameters FILE` writes PostgreSQL's parameters from a table of `pg_settings`.
//! With `--check` before them nothing is written; the exit code is 1 where something would change.

mod checks;
mod crds;
mod emit;
mod parameters;
mod types;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Vec<String>) -> Result<(), String> {
    let is_check = arguments.first().is_some_and(|first| first == "--check");
    if is_check {
        arguments.remove(0);
    }
    let inputs: Vec<PathBuf> = arguments.iter().skip(1).map(PathBuf::from).collect();
    let (file, text) = match (arguments.first().map(String::as_str), inputs.as_slice()) {
        (Some("schema"), [_, ..]) => ("crds.rs", emit::emit(&crds::read(&inputs)?)),
        (Some("parameters"), [table]) => ("parameters.rs", parameters::generate(table)?),
        _ => return Err("usage: xtask [--check] schema DIR… | parameters FILE".to_owned()),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/src/generated").join(file);
    if !is_check {
        return std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    if current == text { Ok(()) } else { Err(format!("{file} is not what these inputs give")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends so")]

    use super::run;
    use std::path::PathBuf;

    /// The folder that a variable names; without one the test says so and checks nothing.
    fn folder(variable: &str) -> Option<PathBuf> {
        let found = std::env::var_os(variable).map(PathBuf::from);
        if found.is_none() {
            eprintln!("SKIPPED: {variable} names no folder to generate from");
        }
        found
    }

    fn check(what: &str, inputs: Vec<PathBuf>) -> Result<(), String> {
        let inputs = inputs.into_iter().map(|input| input.to_string_lossy().into_owned());
        run(["--check".to_owned(), what.to_owned()].into_iter().chain(inputs).collect())
    }

    #[test]
    fn the_fields_are_those_of_the_crds() {
        let Some(folder) = folder("CNPG_LINT_CRDS") else { return };
        let entries = std::fs::read_dir(folder).unwrap();
        let mut directories: Vec<PathBuf> =
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        directories.sort();
        assert_eq!(check("schema", directories), Ok(()));
    }

    #[test]
    fn the_parameters_are_those_of_the_table() {
        let Some(folder) = folder("CNPG_LINT_FACTS") else { return };
        assert_eq!(check("parameters", vec![folder.join("pg-settings.tsv")]), Ok(()));
    }
}
