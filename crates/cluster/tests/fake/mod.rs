//! A small API server on a port of 127.0.0.1: lists in pages, watches from a revision, forgets old
//! revisions, and fails in the ways that API servers and networks do.

use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use kube::{Client, Config};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) uri: String,
    pub(crate) accept: String,
}

#[derive(Default)]
struct State {
    revision: u64,
    /// Watches and lists from before this revision are too old.
    oldest: u64,
    /// By path of the kind, then `namespace/name`.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// Every change: revision, path, event.
    log: Vec<(u64, String, Value)>,
    forbidden: BTreeSet<String>,
    silent: watch::Sender<bool>,
    /// Forget the past when a second page is asked for.
    compact_between_pages: bool,
    watchers: Vec<(String, UnboundedSender<io::Result<Bytes>>)>,
    seen: Option<UnboundedSender<Seen>>,
}

pub(crate) struct Fake {
    state: Arc<Mutex<State>>,
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

impl Fake {
    /// Starts the server; what it is asked arrives at the receiver.
    pub(crate) async fn start() -> (Self, UnboundedReceiver<Seen>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        let state = Arc::new(Mutex::new(State { revision: 1, seen: Some(sender), ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        (Self { state, address, task }, seen)
    }

    pub(crate) fn client(&self) -> Client {
        Client::try_from(Config::new(self.url().parse().unwrap())).unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes the kind at `path` known, with no objects.
    pub(crate) fn serve(&self, path: &str) {
        self.state().objects.entry(path.to_owned()).or_default();
    }

    pub(crate) fn forbid(&self, path: &str) {
        self.state().forbidden.insert(path.to_owned());
    }

    pub(crate) fn permit(&self, path: &str) {
        self.state().forbidden.remove(path);
    }

    /// From now on requests are read, and not answered until it speaks again.
    pub(crate) fn fall_silent(&self) {
        self.state().silent.send_replace(true);
    }

    pub(crate) fn speak_again(&self) {
        self.state().silent.send_replace(false);
    }

    /// Creates or changes an object.
    pub(crate) fn put(&self, path: &str, mut object: Value) {
        let mut state = self.state();
        state.revision += 1;
        object["metadata"]["resourceVersion"] = state.revision.to_string().into();
        let objects = state.objects.entry(path.to_owned()).or_default();
        let kind = if objects.insert(key(&object), object.clone()).is_some() { "MODIFIED" } else { "ADDED" };
        state.happen(path, json!({"type": kind, "object": object}));
    }

    pub(crate) fn delete(&self, path: &str, namespace: &str, name: &str) {
        let mut state = self.state();
        state.revision += 1;
        let key = format!("{namespace}/{name}");
        let mut object = state.objects.get_mut(path).unwrap().remove(&key).unwrap();
        object["metadata"]["resourceVersion"] = state.revision.to_string().into();
        state.happen(path, json!({"type": "DELETED", "object": object}));
    }

    /// Says to every watch of `path` how far it is.
    pub(crate) fn bookmark(&self, path: &str) -> u64 {
        let mut state = self.state();
        state.revision += 1;
        let at = state.revision;
        let event = json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": at.to_string()}}});
        state.tell(path, &format!("{event}\n"));
        at
    }

    /// Deletes an object while no watch is open, and forgets it as etcd's compaction does.
    pub(crate) fn delete_unseen(&self, path: &str, namespace: &str, name: &str) {
        let mut state = self.state();
        state.watchers.retain(|(of, _)| of != path);
        state.objects.get_mut(path).unwrap().remove(&format!("{namespace}/{name}")).unwrap();
        state.compact();
    }

    /// Forgets the past, once, when a second page is asked for.
    pub(crate) fn compact_between_pages(&self) {
        self.state().compact_between_pages = true;
    }

    /// Sends `text` to the watches of `path` and breaks their connections.
    pub(crate) fn cut(&self, path: &str, text: &str) {
        let mut state = self.state();
        state.tell(path, text);
        for (_, sender) in state.watchers.extract_if(.., |(of, _)| of == path) {
            let _ = sender.send(Err(io::Error::other("cut")));
        }
    }

    /// Ends the watches of `path` in good order.
    pub(crate) fn end_watches(&self, path: &str) {
        self.state().watchers.retain(|(of, _)| of != path);
    }

    /// Whether all watches were closed by the other side.
    pub(crate) async fn abandoned(&self) {
        let watchers = std::mem::take(&mut self.state().watchers);
        for (_, sender) in watchers {
            sender.closed().await;
        }
    }
}

impl State {
    fn compact(&mut self) {
        self.revision += 1;
        self.oldest = self.revision;
        self.log.clear();
    }

    fn happen(&mut self, path: &str, event: Value) {
        self.tell(path, &format!("{event}\n"));
        self.log.push((self.revision, path.to_owned(), event));
    }

    fn tell(&self, path: &str, text: &str) {
        for (_, sender) in self.watchers.iter().filter(|(of, _)| of == path) {
            let _ = sender.send(Ok(text.to_owned().into()));
        }
    }

    fn list(&mut self, path: &str, query: &BTreeMap<String, String>) -> Response<Body> {
        if query.contains_key("continue") && std::mem::take(&mut self.compact_between_pages) {
            self.compact();
        }
        let Some(objects) = self.objects.get(path) else { return plain(404, "404 page not found") };
        let limit = query.get("limit").map_or(usize::MAX, |limit| limit.parse().unwrap());
        let (revision, after) = match query.get("continue") {
            None => (self.revision, None),
            Some(token) => {
                let (revision, after) = token.split_once('.').unwrap();
                (revision.parse().unwrap(), Some(after.to_owned()))
            }
        };
        if revision < self.oldest {
            return status(410, "Expired");
        }
        let rest: Vec<_> = objects.iter().filter(|(key, _)| Some(*key) > after.as_ref()).collect();
        let page = &rest[..limit.min(rest.len())];
        let token = match page.last() {
            Some((key, _)) if page.len() < rest.len() => format!("{revision}.{key}"),
            _ => String::new(),
        };
        let items: Vec<_> = page.iter().map(|(_, object)| object).collect();
        let metadata = json!({"resourceVersion": revision.to_string(), "continue": token});
        json_answer(200, &json!({"items": items, "metadata": metadata}))
    }

    fn watch(&mut self, path: &str, query: &BTreeMap<String, String>) -> Response<Body> {
        if !self.objects.contains_key(path) {
            return plain(404, "404 page not found");
        }
        let from: u64 = query["resourceVersion"].parse().unwrap();
        let (sender, receiver) = mpsc::unbounded_channel();
        if from < self.oldest {
            let event =
                json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}});
            let _ = sender.send(Ok(format!("{event}\n").into()));
        } else {
            for (_, _, event) in self.log.iter().filter(|(at, of, _)| *at > from && of == path) {
                let _ = sender.send(Ok(format!("{event}\n").into()));
            }
            self.watchers.push((path.to_owned(), sender));
        }
        Response::new(StreamBody::new(frames(receiver)).boxed_unsync())
    }
}

fn frames(receiver: UnboundedReceiver<io::Result<Bytes>>) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|part| (part, receiver)) })
        .map(|part| part.map(Frame::data))
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let query = query(request.uri().query().unwrap_or_default());
    let accept = request.headers().get("accept").map_or("", |value| value.to_str().unwrap()).to_owned();
    let (answer, mut silent) = {
        let mut state = state.lock().unwrap();
        if let Some(seen) = &state.seen {
            let _ = seen.send(Seen { uri: request.uri().to_string(), accept });
        }
        let answer = if state.forbidden.contains(&path) {
            status(403, "Forbidden")
        } else if query.contains_key("watch") {
            state.watch(&path, &query)
        } else {
            state.list(&path, &query)
        };
        (answer, state.silent.subscribe())
    };
    let _ = silent.wait_for(|silent| !silent).await;
    Ok(answer)
}

fn query(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.replace("%2F", "/"))).collect()
}

fn key(object: &Value) -> String {
    let metadata = &object["metadata"];
    format!("{}/{}", metadata["namespace"].as_str().unwrap_or(""), metadata["name"].as_str().unwrap())
}

fn status(code: u16, reason: &str) -> Response<Body> {
    json_answer(
        code,
        &json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": reason}),
    )
}

fn json_answer(code: u16, value: &Value) -> Response<Body> {
    plain(code, &value.to_string())
}

fn plain(code: u16, text: &str) -> Response<Body> {
    let body = Full::new(Bytes::from(text.to_owned())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}
