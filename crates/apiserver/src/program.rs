//! A program that runs as long as its handle, and no longer than this process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::{Error, doing};

/// Runs `"$@"` and ends it once standard input ends: when this process drops the other end of the pipe,
/// or is itself gone, however that came. The program's own exit ends the shell. Nothing that it writes is
/// kept, so it is killed: asked to end, an API server waits a minute for the last watch.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ cat <&3 >/dev/null; kill -KILL "$program"; } 2>/dev/null &
guard=$!
wait "$program"; status=$?
kill "$guard" 2>/dev/null
exit "$status"
"#;

/// A running program.
pub(crate) struct Program {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it prints goes to a file in `folder`.
    pub(crate) fn start(path: &Path, arguments: &[String], folder: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).map_err(doing("create a log"))?;
        let errors = output.try_clone().map_err(doing("create a log"))?;
        let child = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(path)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(doing("start sh"))?;
        Ok(Self { child, name, log })
    }

    /// An error if it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Error> {
        match self.child.try_wait().map_err(doing("look after a program"))? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    fn ended(&self, status: ExitStatus) -> Error {
        Error::Failed(format!("{} ended with {status}:\n{}", self.name, self.log_tail()))
    }

    /// The last lines that it printed.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(20)).copied().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It was asked to end; how it does no longer matters.
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wait_until;

    const WITHIN: Duration = Duration::from_secs(30);

    fn shell(script: &str, folder: &Path) -> Program {
        let arguments = ["-c".to_owned(), script.to_owned()];
        Program::start(Path::new("/bin/sh"), &arguments, folder).expect("sh runs")
    }

    #[test]
    fn a_program_ends_with_its_handle() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = shell("echo $$; exec sleep 1000", folder.path());
        let pid = wait_until(WITHIN, || program.log_tail().trim().parse::<u32>().ok()).expect("its number");
        let process = PathBuf::from(format!("/proc/{pid}"));
        assert!(process.exists());
        drop(program);
        assert!(!process.exists());
    }

    #[test]
    fn the_end_of_a_program_is_an_error_with_what_it_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut program = shell("echo no room; exit 3", folder.path());
        let error = wait_until(WITHIN, || program.still_runs().err()).expect("it ends").to_string();
        assert!(error.contains('3') && error.contains("no room"), "{error}");
    }
}
