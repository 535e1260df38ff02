//! For tests: answers recorded from the real programs, where a folder of them is at hand.
//!
//! `CNPG_LINT_ORACLE` names the folder. Without it a test that needs one says so and checks nothing.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The rows of `<name>.jsonl`, plain or compressed with xz; `None`, said loudly, where no folder is
/// named.
///
/// # Panics
///
/// Where the folder is named but the file cannot be read: a check that cannot run must not pass.
#[must_use]
#[allow(clippy::panic, reason = "fails the test that asks")]
pub fn rows(name: &str) -> Option<Vec<Value>> {
    let Ok(folder) = std::env::var("CNPG_LINT_ORACLE") else {
        eprintln!("SKIPPED: {name}: CNPG_LINT_ORACLE names no folder of recorded answers");
        return None;
    };
    let text = text(Path::new(&folder), name).unwrap_or_else(|error| panic!("{folder}/{name}: {error}"));
    let row =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    Some(text.lines().map(row).collect())
}

fn text(folder: &Path, name: &str) -> Result<String, String> {
    let plain = folder.join(format!("{name}.jsonl"));
    if plain.exists() {
        return std::fs::read_to_string(plain).map_err(|error| error.to_string());
    }
    let packed = folder.join(format!("{name}.jsonl.xz"));
    let output =
        Command::new("xz").arg("-dc").arg(packed).output().map_err(|error| format!("xz: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
