//! A webhook server that answers what a test tells it to, well or badly, and records what it was asked.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::authority::{Authority, Identity, certificates};
use crate::webhook::HttpReply;

/// What the stub was asked.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path and query, as sent.
    pub target: String,
    /// Header names in lower case, with values, as sent.
    pub headers: Vec<(String, String)>,
    /// The body; null where it is no JSON.
    pub body: Value,
    /// Common names and other text of the client's certificate are not read: only whether there was one.
    pub client_certificate: bool,
}

/// What the stub does about it.
#[derive(Debug, Clone)]
pub enum Action {
    /// Answers, and keeps the connection.
    Reply(HttpReply),
    /// Answers, and closes the connection without having said so.
    Last(HttpReply),
    /// Closes the connection instead.
    Close,
    /// Says nothing until the stub is dropped or the caller gives up.
    Hang,
    /// Sends these bytes and closes.
    Raw(Vec<u8>),
}

/// A good review: `response` gets the uid of the request.
pub fn review(request: &Value, mut response: Value) -> Action {
    if let Value::Object(response) = &mut response {
        let uid = request.pointer("/request/uid").cloned().unwrap_or_default();
        response.insert("uid".to_owned(), uid);
    }
    let body = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    Action::Reply(HttpReply::json(body.to_string()))
}

/// A running stub; dropped, it answers nobody any more.
pub struct Stub {
    shared: Arc<Shared>,
    address: SocketAddr,
}

type Answer = Box<dyn Fn(&Received) -> Action + Send + Sync>;

struct Shared {
    tls: Arc<ServerConfig>,
    answer: Answer,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    connections: u32,
    open: u32,
    stopped: bool,
}

impl Shared {
    fn opened(&self) {
        let mut state = self.state();
        state.connections += 1;
        state.open += 1;
    }

    fn closed(&self) {
        self.state().open -= 1;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stub {
    /// Serves `identity` on a port of 127.0.0.1 that the system picks.
    pub fn start(
        identity: &Identity,
        answer: impl Fn(&Received) -> Action + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serve(identity, None, Box::new(answer))
    }

    /// The same, for clients with a certificate of `clients` only.
    pub fn start_for(
        clients: &Authority,
        identity: &Identity,
        answer: impl Fn(&Received) -> Action + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serve(identity, Some(clients), Box::new(answer))
    }

    fn serve(identity: &Identity, clients: Option<&Authority>, answer: Answer) -> io::Result<Self> {
        let tls = Arc::new(tls_config(identity, clients).map_err(io::Error::other)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { tls, answer, state: Mutex::default(), changed: Condvar::new() });
        let stub = Self { shared: Arc::clone(&shared), address };
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.state().stopped {
                    break;
                }
                let Ok(stream) = stream else { continue };
                shared.opened();
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // What goes wrong on one connection, its peer sees.
                    serve_connection(&shared, stream).ok();
                    shared.closed();
                });
            }
        });
        Ok(stub)
    }

    /// Where it listens.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that was asked so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// Connections that were accepted so far.
    pub fn connections(&self) -> u32 {
        self.shared.state().connections
    }

    /// Waits for a request that `wanted` holds for, past ones among them; none if the time is over.
    pub fn wait_for(&self, within: Duration, wanted: impl Fn(&Received) -> bool) -> Option<Received> {
        self.wait(within, |state| state.received.iter().find(|received| wanted(received)).cloned())
    }

    /// Waits until every connection is closed; whether that came in time.
    pub fn wait_until_idle(&self, within: Duration) -> bool {
        self.wait(within, |state| (state.open == 0).then_some(())).is_some()
    }

    fn wait<T>(&self, within: Duration, found: impl Fn(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + within;
        let mut state = self.shared.state();
        loop {
            if let Some(found) = found(&state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            (state, _) =
                self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.state().stopped = true;
        self.shared.changed.notify_all();
        // Wakes the thread that accepts; if it is gone already, there is nothing to wake.
        TcpStream::connect(self.address).ok();
    }
}

fn tls_config(identity: &Identity, clients: Option<&Authority>) -> Result<ServerConfig, rustls::Error> {
    let (chain, key) = identity.parsed()?;
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(&authority.certificate())?);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(
                verifier.map_err(|error| rustls::Error::General(error.to_string()))?,
            )
        }
    };
    builder.with_single_cert(chain, key)
}

type Tls = StreamOwned<ServerConnection, TcpStream>;

fn serve_connection(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let connection = ServerConnection::new(Arc::clone(&shared.tls)).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let mut buffer = Vec::new();
    while let Some(received) = read_request(&mut tls, &mut buffer)? {
        let action = (shared.answer)(&received);
        shared.state().received.push(received);
        shared.changed.notify_all();
        if shared.state().stopped {
            return Ok(());
        }
        match action {
            Action::Reply(reply) => write_reply(&mut tls, &reply)?,
            Action::Last(reply) => return write_reply(&mut tls, &reply),
            Action::Close => return Ok(()),
            Action::Raw(bytes) => return tls.write_all(&bytes).and_then(|()| tls.flush()),
            Action::Hang => {
                let mut state = shared.state();
                while !state.stopped {
                    state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next request of a connection; none at its end.
fn read_request(tls: &mut Tls, buffer: &mut Vec<u8>) -> io::Result<Option<Received>> {
    loop {
        if let Some((mut received, head, length)) = parse_head(tls, buffer)? {
            while buffer.len() < head + length {
                if !read_more(tls, buffer)? {
                    return Ok(None);
                }
            }
            let body: Vec<u8> = buffer.drain(..head + length).skip(head).collect();
            received.body = serde_json::from_slice(&body).unwrap_or_default();
            return Ok(Some(received));
        }
        if !read_more(tls, buffer)? {
            return Ok(None);
        }
    }
}

/// The head of a request, its length and that of the body; none until it is whole.
fn parse_head(tls: &Tls, buffer: &[u8]) -> io::Result<Option<(Received, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| (header.name.to_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let received = Received {
        target: request.path.unwrap_or_default().to_owned(),
        headers,
        body: Value::Null,
        client_certificate: tls.conn.peer_certificates().is_some(),
    };
    Ok(Some((received, head, length)))
}

fn read_more(tls: &mut Tls, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 16 << 10];
    let read = tls.read(&mut chunk)?;
    buffer.extend(chunk.iter().take(read));
    Ok(read > 0)
}

fn write_reply(tls: &mut Tls, reply: &HttpReply) -> io::Result<()> {
    let mut bytes = Vec::new();
    write!(bytes, "HTTP/1.1 {} Stub\r\nContent-Length: {}\r\n", reply.code, reply.body.len())?;
    for (name, value) in [("Content-Type", &reply.content_type), ("Retry-After", &reply.retry_after)] {
        if let Some(value) = value {
            write!(bytes, "{name}: {value}\r\n")?;
        }
    }
    bytes.extend(b"\r\n");
    bytes.extend(&reply.body);
    tls.write_all(&bytes)?;
    tls.flush()
}
