//! The server as a process: signals, and a system that is short of files.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Authority, Client, Signed, Speaks, connector};

/// The example `floor`, ended when it is dropped.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    addr: SocketAddr,
    _folder: TempDir,
}

impl Process {
    /// Starts the server by a shell, after `before`.
    fn start(authority: &Authority, before: &str, grace: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
        let signed: Signed = authority.server();
        std::fs::write(&certificate, signed.certificate).unwrap();
        std::fs::write(&key, signed.key).unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("{before} exec \"$0\" \"$@\"")])
            .arg(floor())
            .args(["127.0.0.1:0", "127.0.0.1:0"])
            .args([certificate, key])
            .arg(grace)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let serving = line(&mut lines, "serving");
        let addr = serving["listen"].as_str().unwrap().parse().unwrap();
        Self { child, lines, addr, _folder: folder }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line with a message, and those before it skipped.
fn line(lines: &mut Lines<BufReader<ChildStderr>>, message: &str) -> Value {
    lines
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .find(|line| line["message"] == message)
        .unwrap()
}

/// Cargo builds examples before it runs tests, beside them.
fn floor() -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("floor");
    assert!(path.exists(), "{} is missing: build the examples", path.display());
    path
}

#[tokio::test]
async fn sigterm_ends_it_after_its_grace() {
    let authority = Authority::new();
    let mut process = Process::start(&authority, "", "500");
    let mut client = Client::connect(process.addr, &connector(&authority, Speaks::default())).await.unwrap();
    assert!(!client.post(b"{}").await.unwrap().closes);
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(line(&mut process.lines, "closing")["connections"], 1);
    let got = client.post(b"{}").await.unwrap();
    assert_eq!((got.status, got.closes), (200, true));
    assert_eq!(line(&mut process.lines, "stopped")["connections"], 0);
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_shortage_of_files_passes() {
    let authority = Authority::new();
    let mut process = Process::start(&authority, "ulimit -n 40;", "0");
    let connector = connector(&authority, Speaks::default());
    let mut kept = Client::connect(process.addr, &connector).await.unwrap();
    // More than it may open: the system takes them, and it cannot.
    let mut many = Vec::new();
    for _ in 0..60 {
        many.push(TcpStream::connect(process.addr).await.unwrap());
    }
    line(&mut process.lines, "no connection could be taken");
    assert_eq!(kept.post(b"{}").await.unwrap().status, 200, "who is there is served");
    drop(many);
    let again = timeout(Duration::from_secs(20), Client::connect(process.addr, &connector)).await.unwrap();
    assert_eq!(again.unwrap().post(b"{}").await.unwrap().status, 200);
}
