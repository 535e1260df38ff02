//! The two requests of a watch, list and watch, read without ever holding more than one object.

use super::Options;
use super::failure::Failure;
use super::items::Splitter;
use crate::trim::{Identity, trim};
use crate::{Store, WatchedKind};
use futures_util::AsyncBufRead;
use futures_util::io::AsyncBufReadExt as _;
use kube::Client;
use kube::api::{ListParams, WatchParams};
use kube::core::Request;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::{Instant, timeout, timeout_at};

const LIST: &str = "list";
const WATCH: &str = "watch";

/// How far we are: what happened after this is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    version: &'static str,
    resource_version: String,
}

impl Position {
    /// Without a resource version a watch would begin anywhere.
    fn new(version: &'static str, resource_version: &str) -> Result<Self, Failure> {
        if resource_version.is_empty() {
            return Err(Failure::Lost("the answer of the API server has no resource version".to_owned()));
        }
        Ok(Self { version, resource_version: resource_version.to_owned() })
    }
}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// Asks for one kind and tells the store what is there.
pub(super) struct Requests<S> {
    pub client: Client,
    pub kind: WatchedKind,
    pub store: Arc<S>,
    pub options: Options,
}

impl<S: Store> Requests<S> {
    /// Lists the kind in the first of its versions that is served, and hands over every object.
    pub(super) async fn list(&self) -> Result<Position, Failure> {
        for version in self.kind.versions {
            match self.list_version(version).await {
                Err(Failure::NotServed) => {}
                outcome => return outcome,
            }
        }
        Err(Failure::NotServed)
    }

    /// No resource version is asked for, so the first page shows the newest state, never one older
    /// than what was seen before, and the pages after it show the same moment.
    async fn list_version(&self, version: &'static str) -> Result<Position, Failure> {
        let mut params = ListParams::default().limit(self.options.page);
        let mut begun = false;
        loop {
            let request = Request::new(self.kind.path(version));
            let request =
                if self.kind.metadata_only { request.list_metadata(&params) } else { request.list(&params) };
            let reader = self.open(LIST, request).await?;
            if !begun {
                self.store.begin(&self.kind);
                begun = true;
            }
            let metadata = self.page(version, reader).await?;
            match metadata.next {
                Some(token) if !token.is_empty() => params = params.continue_token(&token),
                _ => return Position::new(version, &metadata.resource_version),
            }
        }
    }

    /// Hands over the objects of one page while they come in.
    async fn page(&self, version: &str, mut reader: Reader) -> Result<ListMetadata, Failure> {
        let mut splitter = Splitter::default();
        let mut buffer = Vec::new();
        loop {
            let chunk = timeout(self.options.answer_within, reader.fill_buf()).await;
            let chunk = chunk.map_err(|_| Failure::silent())?.map_err(|error| Failure::broken(&error))?;
            if chunk.is_empty() {
                break;
            }
            let read = chunk.len();
            splitter.feed(chunk, |item| {
                let item = str::from_utf8(item).map_err(|error| Failure::unreadable(&error))?;
                self.put(version, item, &mut buffer)
            })?;
            reader.consume_unpin(read);
        }
        let list: List =
            serde_json::from_slice(splitter.rest()).map_err(|error| Failure::unreadable(&error))?;
        Ok(list.metadata)
    }

    fn put(&self, version: &str, object: &str, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        buffer.clear();
        trim(&self.kind, &self.kind.api_version(version), object, buffer)
            .map_err(|error| Failure::unreadable(&error))?;
        self.store.put(&self.kind, buffer);
        Ok(())
    }

    /// Opens the stream of what changes after `position`.
    pub(super) async fn watch(&self, position: &Position) -> Result<Changes, Failure> {
        let seconds = u32::try_from(self.options.watch_for.as_secs()).unwrap_or(u32::MAX);
        let params = WatchParams::default().timeout(seconds);
        let request = Request::new(self.kind.path(position.version));
        let at = &position.resource_version;
        let request = if self.kind.metadata_only {
            request.watch_metadata(&params, at)
        } else {
            request.watch(&params, at)
        };
        let reader = self.open(WATCH, request).await?;
        // The API server ends a watch in time by itself; one that outlives this is dead.
        let ends = Instant::now() + self.options.watch_for + self.options.answer_within;
        Ok(Changes { reader, ends })
    }

    /// Tells the store of changes until the stream ends, and moves `position` along.
    pub(super) async fn follow(&self, mut changes: Changes, position: &mut Position) -> Result<(), Failure> {
        let (mut line, mut buffer) = (Vec::new(), Vec::new());
        while changes.next(&mut line).await? {
            let event = str::from_utf8(&line).map_err(|error| Failure::unreadable(&error))?;
            self.apply(event, position, &mut buffer)?;
        }
        Ok(())
    }

    fn apply(&self, event: &str, position: &mut Position, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        let unreadable = |error: serde_json::Error| Failure::unreadable(&error);
        let event: Event<'_> = serde_json::from_str(event).map_err(unreadable)?;
        if event.r#type == "ERROR" {
            let status: ErrorStatus<'_> = serde_json::from_str(event.object.get()).map_err(unreadable)?;
            return Err(Failure::of_code(WATCH, status.code, &status.reason));
        }
        let identity = Identity::of(event.object.get()).map_err(unreadable)?;
        match &*event.r#type {
            "ADDED" | "MODIFIED" => self.put(position.version, event.object.get(), buffer)?,
            "DELETED" => self.store.remove(&self.kind, identity.namespace.as_deref(), &identity.name),
            "BOOKMARK" => {}
            unknown => return Err(Failure::Lost(format!("the API server sent an event of type {unknown}"))),
        }
        *position = Position::new(position.version, &identity.resource_version)?;
        Ok(())
    }

    /// Sends a request; returns when the answer begins.
    async fn open(
        &self,
        verb: &'static str,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Reader, Failure> {
        let request = request.map_err(|error| Failure::Lost(error.to_string()))?;
        let answer = timeout(self.options.answer_within, self.client.request_stream(request));
        let reader = answer.await.map_err(|_| Failure::silent())?;
        Ok(Box::pin(reader.map_err(|error| Failure::of(verb, &error))?))
    }
}

/// The open stream of a watch.
pub(super) struct Changes {
    reader: Reader,
    ends: Instant,
}

impl Changes {
    /// Reads the next event into `line`; false where the stream has ended. An event that was cut off
    /// is none: the watch begins again before it.
    async fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Failure> {
        line.clear();
        let read = timeout_at(self.ends, self.reader.read_until(b'\n', line));
        match read.await {
            Err(_) => Err(Failure::silent()),
            Ok(Err(error)) => Err(Failure::broken(&error)),
            Ok(Ok(_)) => Ok(line.ends_with(b"\n")),
        }
    }
}

/// A list without its items.
#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
}

#[derive(Deserialize)]
struct ListMetadata {
    #[serde(rename = "resourceVersion")]
    resource_version: String,
    #[serde(rename = "continue", default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct ErrorStatus<'a> {
    #[serde(default)]
    code: u16,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
}
