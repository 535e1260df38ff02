//! A caller for benchmarks: one thread, blocking sockets, a request that is made once and sent again and again.
//!
//!     load ADDRESS CA BODY REQUESTS CONNECTIONS RATE [EXPECTED]
//!     load certificates DIRECTORY
//!
//! `RATE` is requests a second, one at a time; 0 is as fast as replies come, one under way on each connection. Every reply must be a 200 that holds `EXPECTED`.
//! Prints one JSON object: requests, seconds, and microseconds at p50 and p99, counted from when a request was
//! due, so that a server that stalls is not measured less often. The second form writes `ca.crt`, `tls.crt` and
//! `tls.key` for 127.0.0.1.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Connection = StreamOwned<ClientConnection, TcpStream>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [command, directory] = arguments.as_slice()
        && command == "certificates"
    {
        return certificates(Path::new(directory));
    }
    let [address, ca, body, requests, connections, rate, expected @ ..] = arguments.as_slice() else {
        return Err("load ADDRESS CA BODY REQUESTS CONNECTIONS RATE [EXPECTED]".into());
    };
    let address: SocketAddr = address.parse()?;
    let (requests, connections, rate): (u32, usize, u32) =
        (requests.parse()?, connections.parse()?, rate.parse()?);
    let expected = expected.first().map_or("", String::as_str);
    let config = config(&fs::read(ca)?)?;
    let request = request(&fs::read(body)?);
    let mut open: Vec<_> = (0..connections).map(|_| connect(address, &config)).collect::<Result<_>>()?;
    let mut took = Vec::new();
    let start = Instant::now();
    if rate > 0 {
        for number in 0..requests {
            let due = start + Duration::from_secs(1) * number / rate;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let index = usize::try_from(number)? % connections;
            let connection = open.get_mut(index).ok_or("no connection")?;
            connection.write_all(&request)?;
            check(&reply(connection)?, expected)?;
            took.push(due.elapsed());
        }
    } else {
        let mut sent = Vec::new();
        for connection in &mut open {
            connection.write_all(&request)?;
            sent.push(Instant::now());
        }
        for number in 0..requests {
            let index = usize::try_from(number)? % connections;
            let (Some(connection), Some(sent)) = (open.get_mut(index), sent.get_mut(index)) else { break };
            check(&reply(connection)?, expected)?;
            took.push(sent.elapsed());
            connection.write_all(&request)?;
            *sent = Instant::now();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 1000).map_or(0, Duration::as_micros);
    println!(
        r#"{{"requests": {requests}, "seconds": {seconds:.3}, "p50": {}, "p99": {}, "p999": {}}}"#,
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}

fn certificates(directory: &Path) -> Result<()> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    fs::write(directory.join("ca.crt"), authority.pem())?;
    fs::write(directory.join("tls.crt"), certificate.pem())?;
    fs::write(directory.join("tls.key"), key.serialize_pem())?;
    Ok(())
}

fn config(ca: &[u8]) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(ca) {
        roots.add(authority?)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(Arc::new(
        builder.with_protocol_versions(&[&TLS13])?.with_root_certificates(roots).with_no_client_auth(),
    ))
}

fn connect(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<Connection> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let name = ServerName::IpAddress(address.ip().into());
    let mut connection = ClientConnection::new(Arc::clone(config), name)?;
    connection.set_buffer_limit(None);
    Ok(StreamOwned::new(connection, stream))
}

fn request(body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST /validate?timeout=10s HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Reads one reply, head and body.
fn reply(connection: &mut Connection) -> Result<String> {
    let mut bytes = vec![0; 16 << 10];
    let mut filled = 0;
    loop {
        let free = bytes.get_mut(filled..).filter(|free| !free.is_empty()).ok_or("the reply is too large")?;
        let read = connection.read(free)?;
        if read == 0 {
            return Err("the connection was closed before the reply".into());
        }
        filled += read;
        let text = std::str::from_utf8(bytes.get(..filled).unwrap_or_default())?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.ok_or("the reply has no length")?.parse::<usize>()? {
            bytes.truncate(filled);
            return Ok(String::from_utf8(bytes)?);
        }
    }
}

fn check(reply: &str, expected: &str) -> Result<()> {
    if reply.starts_with("HTTP/1.1 200 ") && reply.contains(expected) {
        return Ok(());
    }
    Err(format!("an unexpected reply: {reply}").into())
}
