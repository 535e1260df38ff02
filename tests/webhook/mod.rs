//! `cnpg-lint serve` as a process, with its certificates, as a kubelet would mount them.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test ends so")]
#![allow(dead_code, unreachable_pub, reason = "a part of a test")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use dispatcher::{Authority, Identity};
use serde_json::Value;
use tempfile::TempDir;

const SOON: Duration = Duration::from_mins(1);

/// A mounted Secret: files are links into `..data`, and that is a link which is replaced.
pub struct Mount {
    folder: TempDir,
    version: u32,
}

impl Mount {
    pub fn new(identity: &Identity) -> Self {
        let mut mount = Self { folder: tempfile::tempdir().expect("a folder"), version: 0 };
        mount.replace(identity);
        for name in ["tls.crt", "tls.key"] {
            symlink(Path::new("..data").join(name), mount.path(name)).expect("a link");
        }
        mount
    }

    /// As the kubelet does: a new folder, and one rename that makes it current.
    pub fn replace(&mut self, identity: &Identity) {
        self.version += 1;
        let name = format!("..version-{}", self.version);
        fs::create_dir(self.path(&name)).expect("a folder");
        fs::write(self.path(&name).join("tls.crt"), &identity.certificate).expect("written");
        fs::write(self.path(&name).join("tls.key"), &identity.key).expect("written");
        symlink(&name, self.path("..next")).expect("a link");
        fs::rename(self.path("..next"), self.path("..data")).expect("renamed");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The lines of its log so far.
#[derive(Default)]
struct Lines {
    lines: Mutex<Vec<Value>>,
    more: Condvar,
}

/// A running webhook; dropped, it is killed.
pub struct Webhook {
    child: Child,
    log: Arc<Lines>,
    /// Where it serves reviews.
    pub address: String,
    /// Where it serves probes and metrics.
    pub health: String,
}

impl Webhook {
    /// Starts `serve` on ports of its own, or on `listen`, and waits until it says where.
    pub fn start(mount: &Mount, listen: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cnpg-lint"))
            .args(["serve", "--listen", listen, "--health-listen", "127.0.0.1:0"])
            .arg("--tls-cert")
            .arg(mount.path("tls.crt"))
            .arg("--tls-key")
            .arg(mount.path("tls.key"))
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cnpg-lint runs");
        let log = Arc::<Lines>::default();
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                lines.lines.lock().expect("no panic").push(line);
                lines.more.notify_all();
            }
        });
        let mut webhook = Self { child, log, address: String::new(), health: String::new() };
        let serving = webhook.wait_for_line("it serves", |line| line["message"] == "serving");
        let text = |name: &str| serving[name].as_str().expect("an address").to_owned();
        (webhook.address, webhook.health) = (text("listen"), text("health_listen"));
        webhook
    }

    pub fn url(&self) -> String {
        format!("https://{}/validate", self.address)
    }

    /// The lines of the log that `wanted` holds for.
    pub fn lines(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.log.lines.lock().expect("no panic").iter().filter(|line| wanted(line)).cloned().collect()
    }

    /// Waits for a line of the log that `wanted` holds for.
    #[track_caller]
    pub fn wait_for_line(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + SOON;
        let mut lines = self.log.lines.lock().expect("no panic");
        loop {
            if let Some(found) = lines.iter().find(|line| wanted(line)) {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited for {what}: {lines:#?}");
            lines = self.log.more.wait_timeout(lines, left).expect("no panic").0;
        }
    }

    /// What its port for probes and metrics answers: the status code and the body.
    pub fn probe(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.health).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n").expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("an answer");
        let code = reply.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status code");
        (code, reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Waits until it says that it is ready.
    pub fn wait_until_ready(&self) {
        let ready = apiserver::wait_until(SOON, || (self.probe("/readyz").0 == 200).then_some(()));
        assert!(ready.is_some(), "not ready: {}", self.probe("/readyz").1);
    }

    /// Asks it to end, as a kubelet does, and waits.
    pub fn terminate(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An authority for webhooks, and a mounted certificate of it.
pub fn certificates() -> (Authority, Mount) {
    let authority = Authority::new("webhooks").expect("a certificate");
    let identity = authority.server(&["localhost"]).expect("a certificate");
    let mount = Mount::new(&identity);
    (authority, mount)
}

/// A file of the repository that has no finding, as it would be applied.
pub fn good(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/good/apps/shop").join(name);
    fs::read_to_string(path).expect("a fixture")
}
