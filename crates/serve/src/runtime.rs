//! The runtime that suits the server.

use std::io;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

/// More workers than this help nobody: a review takes microseconds.
const WORKERS: usize = 4;

/// A runtime with a worker for each CPU that this process may use, up to four. With one CPU everything runs on
/// the calling thread: no other is started, and no request changes threads.
pub fn runtime() -> io::Result<Runtime> {
    match available_parallelism().map_or(1, usize::from) {
        1 => Builder::new_current_thread().enable_all().build(),
        cpus => Builder::new_multi_thread().worker_threads(cpus.min(WORKERS)).enable_all().build(),
    }
}
