//! Starts the programs, waits until they are ready, and asks them.

use std::fmt;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use dispatcher::Identity;
use tempfile::TempDir;

use crate::files::Files;
use crate::program::Program;
use crate::tools::{Tools, required};
use crate::wait::wait_until;
use crate::{Error, doing};

/// On a busy machine the API server takes long to be ready; 3 seconds on an idle one.
const START: Duration = Duration::from_mins(3);
/// A port is free when it is picked, and may be taken when it is used.
const TRIES: u32 = 3;

/// How an API server is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The certificate that the API server shows to every webhook.
    pub webhook_client: Option<Identity>,
}

/// A running API server with its etcd; dropped, both end and what they wrote is gone.
pub struct Cluster {
    // In this order they end.
    _server: Program,
    _etcd: Program,
    pub(crate) files: Files,
    tools: Tools,
    port: u16,
    _folder: TempDir,
}

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; none if a signal ended it.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// Its errors; kubectl shows warnings here.
    pub stderr: String,
}

impl Output {
    /// Whether it says that it succeeded.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// The warnings of the API server, as kubectl shows them.
    pub fn warnings(&self) -> Vec<&str> {
        self.stderr.lines().filter_map(|line| line.strip_prefix("Warning: ")).collect()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "exit {:?}\n{}{}", self.status, self.stdout, self.stderr)
    }
}

impl Cluster {
    /// Starts with nothing special.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&Options::default())
    }

    /// For tests: starts, or says loudly that the test is skipped because the programs are not here.
    ///
    /// # Panics
    /// If they are here and do not start, or are not here and are required.
    pub fn start_or_skip(options: &Options) -> Option<Self> {
        match Self::start_with(options) {
            Ok(cluster) => Some(cluster),
            Err(Error::Absent(why)) if !required() => {
                eprintln!("\n########\n######## skipped: no real API server here: {why}\n########\n");
                None
            }
            Err(error) => {
                #[expect(clippy::panic, reason = "it is a test that asks")]
                {
                    panic!("no API server: {error}")
                }
            }
        }
    }

    /// Starts.
    pub fn start_with(options: &Options) -> Result<Self, Error> {
        let tools = Tools::find()?;
        let mut tried = Self::try_start(&tools, options);
        for _ in 1..TRIES {
            if tried.is_ok() {
                break;
            }
            tried = Self::try_start(&tools, options);
        }
        tried
    }

    fn try_start(tools: &Tools, options: &Options) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(doing("make a folder"))?;
        let (port, etcd_port) = (free_port()?, free_port()?);
        let files = Files::write(folder.path(), port, options.webhook_client.as_ref())?;
        let mut etcd = Program::start(&tools.path("etcd"), &files.etcd_arguments(etcd_port), folder.path())?;
        ready("etcd", &mut [&mut etcd], || TcpStream::connect((Ipv4Addr::LOCALHOST, etcd_port)).is_ok())?;
        let arguments = files.server_arguments(port, etcd_port);
        let mut server = Program::start(&tools.path("kube-apiserver"), &arguments, folder.path())?;
        let kubectl = |arguments: &[&str]| {
            let kubectl = tools.path("kubectl");
            run(&kubectl, &files.kubeconfig, arguments, "").is_ok_and(|output| output.success())
        };
        ready("kube-apiserver", &mut [&mut etcd, &mut server], || {
            // Namespaces are made after it says that it is ready.
            kubectl(&["get", "--raw", "/readyz"]) && kubectl(&["get", "namespace", "default", "kube-system"])
        })?;
        Ok(Self { _server: server, _etcd: etcd, files, tools: tools.clone(), port, _folder: folder })
    }

    /// The kubeconfig of an administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.files.kubeconfig
    }

    /// A kubeconfig of a service account, with a token that the API server gives out for it.
    pub fn account(&self, namespace: &str, name: &str) -> Result<PathBuf, Error> {
        let token = self.must(&["create", "token", name, "-n", namespace], "")?.stdout;
        let path = self.files.put_kubeconfig(&format!("{namespace}-{name}"), self.port, token.trim())?;
        Ok(path)
    }

    /// Where the API server listens.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The path of another tool, by its name.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.tools.path(name)
    }

    /// Runs kubectl as an administrator.
    pub fn kubectl(&self, arguments: &[&str], stdin: &str) -> Result<Output, Error> {
        run(&self.tool("kubectl"), &self.files.kubeconfig, arguments, stdin)
    }

    /// Runs helm as an administrator.
    pub fn helm(&self, arguments: &[&str]) -> Result<Output, Error> {
        run(&self.tool("helm"), &self.files.kubeconfig, arguments, "")
    }

    /// Runs kubectl for something that must go well.
    pub(crate) fn must(&self, arguments: &[&str], stdin: &str) -> Result<Output, Error> {
        let output = self.kubectl(arguments, stdin)?;
        let failed = || Error::Failed(format!("kubectl {}: {output}", arguments.join(" ")));
        if output.success() { Ok(output) } else { Err(failed()) }
    }
}

fn ready(name: &str, programs: &mut [&mut Program], is: impl Fn() -> bool) -> Result<(), Error> {
    let came = wait_until(START, || {
        let ended = programs.iter_mut().find_map(|program| program.still_runs().err());
        ended.map(Err).or_else(|| is().then_some(Ok(())))
    });
    came.unwrap_or_else(|| {
        let log = programs.last().map(|program| program.log_tail()).unwrap_or_default();
        Err(Error::Failed(format!("{name} is not ready after {} s:\n{log}", START.as_secs())))
    })
}

fn run(program: &Path, kubeconfig: &Path, arguments: &[&str], stdin: &str) -> Result<Output, Error> {
    let home = kubeconfig.with_file_name("home");
    let mut child = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        // Their caches are of this API server only, and none of a user's settings count.
        .env("HOME", home)
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(doing("start a tool"))?;
    let mut pipe = child.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // A tool that does not read what it is given closes the pipe.
            pipe.as_mut().and_then(|pipe| pipe.write_all(stdin.as_bytes()).ok());
        });
        child.wait_with_output()
    });
    let output = output.map_err(doing("run a tool"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(doing("find a port"))?;
    Ok(listener.local_addr().map_err(doing("find a port"))?.port())
}
