//! Reading bodies within bounds of size, time and memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout, timeout_at};

use crate::pulse::UnderWay;

/// How much is read of a body that nobody wants, so that a caller who is still sending sees the reply.
const DISCARD: usize = 16 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(5);

/// How much is reserved because a caller says that it will come; the rest when so much has come.
const BELIEVED: usize = 64 << 10;

/// The memory that all bodies share.
#[derive(Debug)]
pub(crate) struct Memory {
    used: AtomicUsize,
    limit: usize,
}

/// A body, and the memory that it takes until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// What came in one piece is kept as it came.
    piece: Bytes,
    taken: usize,
    memory: Arc<Memory>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Larger than a body may be.
    Large,
    /// Not there by the deadline.
    Late,
    /// The caller broke off, or what came was not HTTP.
    Broken,
    /// There is no memory for it now.
    Memory,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// Bytes that are held now.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    fn take(&self, bytes: usize) -> bool {
        let room = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).is_ok()
    }
}

impl Held {
    pub(crate) fn as_slice(&self) -> &[u8] {
        if self.bytes.is_empty() { &self.piece } else { &self.bytes }
    }

    /// Adds a piece, whose memory has been taken, of a body that is said to be `announced` bytes long.
    fn push(&mut self, piece: Bytes, announced: usize) {
        if self.as_slice().is_empty() {
            self.piece = piece;
            return;
        }
        if self.bytes.is_empty() {
            self.bytes.reserve(announced.min(BELIEVED));
            self.bytes.extend_from_slice(&self.piece);
            self.piece = Bytes::new();
        }
        if self.bytes.capacity() - self.bytes.len() < piece.len() {
            self.bytes.reserve(piece.len().max(announced.saturating_sub(self.bytes.len())));
        }
        self.bytes.extend_from_slice(&piece);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.taken, Ordering::AcqRel);
    }
}

/// Reads a body of at most `limit` bytes until `deadline`.
pub(crate) async fn read(
    body: &mut Incoming,
    limit: usize,
    deadline: Instant,
    memory: &Arc<Memory>,
) -> Result<Held, Unread> {
    let announced =
        body.size_hint().exact().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut held = Held { bytes: Vec::new(), piece: Bytes::new(), taken: 0, memory: Arc::clone(memory) };
    let pieces = async {
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            let length = held.taken.saturating_add(piece.len());
            if length > limit {
                return Err(Unread::Large);
            }
            if !memory.take(piece.len()) {
                return Err(Unread::Memory);
            }
            held.taken = length;
            held.push(piece, announced);
        }
        Ok(())
    };
    timeout_at(deadline, pieces).await.unwrap_or(Err(Unread::Late))?;
    Ok(held)
}

/// Lets a caller finish sending what nobody will read, within bounds: a connection that is closed on unread
/// bytes is reset, and a caller who was reset does not see the reply. Until then the request is under way.
pub(crate) fn discard(mut body: Incoming, under_way: UnderWay) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(timeout(DISCARD_TIME, async move {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DISCARD {
                break;
            }
        }
        drop(under_way);
    }));
}
