//! Runs `helm template`, bounded in time and output.

use super::{ChartDir, HelmError};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Bounds of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Time that a run may take.
    pub time: Duration,
    /// Bytes that it may print.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time: Duration::from_secs(20), bytes: 16 << 20 }
    }
}

/// How often it is looked whether the program has ended.
const TICK: Duration = Duration::from_millis(2);

/// What `helm template` prints.
pub(super) fn template(
    helm: &Path,
    chart: &ChartDir,
    name: &str,
    namespace: &str,
    values: &str,
    bounds: &Bounds,
) -> Result<Vec<u8>, HelmError> {
    let failed = |source: io::Error| HelmError::Run { program: helm.to_owned(), source };
    let scratch = tempfile::tempdir().map_err(failed)?;
    let file = scratch.path().join("values.json");
    fs::write(&file, values).map_err(failed)?;
    let directory = std::path::absolute(&chart.path).map_err(failed)?;
    let mut command = Command::new(helm);
    command
        .arg("template")
        .arg("--skip-tests")
        .arg(format!("--namespace={namespace}"))
        .arg("--values")
        .arg(&file);
    // What follows is never taken for an option.
    command.arg("--").arg(name).arg(directory);
    command.current_dir(scratch.path()).env_clear().env("HOME", scratch.path());
    for home in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(home, scratch.path().join(home));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(failed)?;
    let (status, output, errors) = watch(child, bounds, &failed)?;
    if status.success() { Ok(output) } else { Err(HelmError::Refused(complaint(&errors))) }
}

/// Waits for the end, or makes one.
fn watch(
    mut child: Child,
    bounds: &Bounds,
    failed: &dyn Fn(io::Error) -> HelmError,
) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), HelmError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let output = scope.spawn(|| read(stdout, bounds.bytes));
        let errors = scope.spawn(|| read(stderr, bounds.bytes));
        let end = Instant::now() + bounds.time;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if Instant::now() < end => thread::sleep(TICK),
                Ok(None) => break Err(HelmError::Slow(bounds.time.as_secs())),
                Err(error) => break Err(failed(error)),
            }
        };
        if status.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let (output, errors) = (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
        let most = usize::try_from(bounds.bytes).unwrap_or(usize::MAX);
        let status = status?;
        if output.len() > most { Err(HelmError::Long(bounds.bytes)) } else { Ok((status, output, errors)) }
    })
}

/// Reads up to one byte over the bound. The pipe is closed then, and who writes into it ends.
fn read(pipe: Option<impl Read>, bytes: u64) -> Vec<u8> {
    let mut read = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(bytes.saturating_add(1)).read_to_end(&mut read);
    }
    read
}

/// The last line in which Helm complains.
fn complaint(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let last = lines.clone().next().unwrap_or("nothing");
    let complaint = lines.find_map(|line| line.strip_prefix("Error: ")).unwrap_or(last);
    complaint.trim().to_owned()
}
