//! JSON logs on standard error: one object a line, gathered for a moment and written by a thread of their own,
//! so that neither a system call nor a stuck reader of the log costs a review its time.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(10);
/// More waiting bytes than this and lines are dropped, and counted.
const WAITING: usize = 1 << 20;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What went wrong on our side.
    Error,
    /// What someone should look at.
    Warn,
    /// The life of the process, and one line a review.
    #[default]
    Info,
    /// Connections too.
    Debug,
}

/// Writes log lines; clones write to the same place.
#[derive(Debug, Clone)]
pub struct Log {
    level: Level,
    shared: Arc<Owner>,
}

/// Ends the writing thread when the last clone of a log is gone.
#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    changed: Condvar,
    written: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Lines {
    waiting: Vec<u8>,
    /// Lines have been taken and are not written yet.
    writing: bool,
    closed: bool,
}

impl Log {
    /// A log on standard error. It ends when the last clone is dropped.
    pub fn stderr(level: Level) -> std::io::Result<Self> {
        Self::to(level, std::io::stderr())
    }

    /// A log that is written to `output`.
    pub fn to(level: Level, output: impl Write + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        thread::Builder::new().name("log".into()).stack_size(64 << 10).spawn(move || writer.write(output))?;
        Ok(Self { level, shared: Arc::new(Owner(shared)) })
    }

    /// Whether lines of this level are written.
    pub fn enabled(&self, level: Level) -> bool {
        level <= self.level
    }

    /// Writes one line: time, level and message, then what `fields` serializes to (a map or a struct).
    pub fn line(&self, level: Level, message: &str, fields: &impl Serialize) {
        if !self.enabled(level) {
            return;
        }
        let line = Line { time: Timestamp::now(), level, message, fields };
        let mut lines = self.shared.0.lock();
        let start = lines.waiting.len();
        if start > WAITING || !write(&mut lines.waiting, &line) {
            self.shared.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        lines.waiting.push(b'\n');
        if start == 0 {
            self.shared.0.changed.notify_one();
        }
    }

    /// Lines that were dropped because nobody read the log.
    pub fn dropped(&self) -> u64 {
        self.shared.0.dropped.load(Ordering::Relaxed)
    }

    /// Waits until what was logged so far is written, or a second has passed.
    pub fn flush(&self) {
        let lines = self.shared.0.lock();
        let pending = |lines: &mut Lines| lines.writing || !lines.waiting.is_empty();
        drop(self.shared.0.written.wait_timeout_while(lines, Duration::from_secs(1), pending));
    }

    /// From now on a panic is one log line with its place. Its message may quote what was read, so it is left out.
    pub fn take_panics(&self) {
        let log = self.clone();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string);
            log.line(Level::Error, "panic", &Panic { place });
        }));
    }
}

/// Fields of a line that has none.
#[derive(Serialize)]
pub(crate) struct Nothing {}

/// A line's only field: what went wrong.
#[derive(Serialize)]
pub(crate) struct Error {
    pub(crate) error: String,
}

#[derive(Serialize)]
struct Panic {
    place: Option<String>,
}

#[derive(Serialize)]
struct Line<'a, F: Serialize> {
    time: Timestamp,
    level: Level,
    message: &'a str,
    #[serde(flatten)]
    fields: &'a F,
}

/// Writes a line; without its fields where they are neither a map nor a struct, and saying so.
fn write(waiting: &mut Vec<u8>, line: &Line<'_, impl Serialize>) -> bool {
    let start = waiting.len();
    let Err(error) = serde_json::to_writer(&mut *waiting, line) else { return true };
    waiting.truncate(start);
    let fields = &Error { error: format!("the fields of this line cannot be written: {error}") };
    let bare = Line { time: line.time, level: line.level, message: line.message, fields };
    let is_written = serde_json::to_writer(&mut *waiting, &bare).is_ok();
    if !is_written {
        waiting.truncate(start);
    }
    is_written
}

impl Shared {
    /// The lines, whatever happened to who held them last: they are bytes, and whole or not they can be written.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        loop {
            let idle = |lines: &mut Lines| lines.waiting.is_empty() && !lines.closed;
            let lines = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            if lines.waiting.is_empty() {
                return;
            }
            let closed = lines.closed;
            drop(lines);
            if !closed {
                thread::sleep(GATHER);
            }
            let mut lines = self.lock();
            std::mem::swap(&mut lines.waiting, &mut batch);
            lines.writing = true;
            drop(lines);
            // There is nowhere to say that the log cannot be written.
            let _ = output.write_all(&batch).and_then(|()| output.flush());
            batch.clear();
            self.lock().writing = false;
            self.written.notify_all();
        }
    }
}
