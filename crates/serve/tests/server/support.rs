//! A server on ports that the system picks, certificates of its own, and a client that retries nothing.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serve::{
    Answer, CertStore, Certificate, Conditions, Decision, Event, Level, Log, Metrics, Operation, Options,
    RequestInfo, Review, Server, Shutdown,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// An authority that signs certificates for 127.0.0.1 and for clients.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// PEM of a certificate and its key.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "tests");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate that the server can serve.
    pub(crate) fn server(&self) -> Signed {
        self.sign(&CertificateParams::new(["127.0.0.1".to_owned()]).unwrap())
    }

    /// A certificate of a client, with nothing but a common name.
    pub(crate) fn client(&self, name: &str) -> Signed {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        self.sign(&params)
    }

    pub(crate) fn sign(&self, params: &CertificateParams) -> Signed {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Signed { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// Allows everything, repeats what it was told in the reply, and can be made slow or to panic by the body.
pub(crate) struct Echo;

impl Review for Echo {
    fn review(&self, body: &[u8], request: &RequestInfo<'_>) -> Answer {
        assert!(body != b"panic", "as the body says");
        if let Some(millis) = body.strip_prefix(b"work ") {
            let millis = std::str::from_utf8(millis).unwrap().trim().parse().unwrap();
            std::thread::sleep(Duration::from_millis(millis));
        }
        let left = request.deadline.saturating_duration_since(std::time::Instant::now());
        let text = format!("{} {} {} {:?}", body.len(), request.path, left.as_millis(), request.peer);
        let event = Event {
            uid: "u-1".into(),
            user: "anna".into(),
            operation: Operation::Create,
            resource: "clusters".into(),
            decision: Decision::Allow,
            ..Event::default()
        };
        Answer { status: 200, body: text.into_bytes(), event }
    }

    fn uid(&self, _body: &[u8]) -> Option<String> {
        Some("of-the-panic".into())
    }
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) health: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) metrics: Metrics,
    pub(crate) conditions: Conditions,
    task: JoinHandle<usize>,
}

impl Running {
    /// Asks the server to end and waits; returns how many connections it had to cut.
    pub(crate) async fn end(self) -> usize {
        self.shutdown.start();
        self.task.await.unwrap()
    }

    /// Status and text of a page of the health port.
    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.health).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let reply = read_reply(&mut stream).await.unwrap();
        (reply.status, reply.text)
    }

    /// Waits until a page of the health port says what is expected.
    pub(crate) async fn until(&self, path: &str, expected: impl Fn(u16, &str) -> bool) {
        let asked = async {
            loop {
                let (status, text) = self.page(path).await;
                if expected(status, &text) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(20), asked).await;
        assert!(asked.is_ok(), "{path} still says {:?}", self.page(path).await);
    }
}

/// Options with a certificate of `authority`, ports that the system picks, and a short end.
pub(crate) fn options(authority: &Authority) -> Options {
    let store = CertStore::new();
    let Signed { certificate, key } = authority.server();
    store.swap(certificate.as_bytes(), key.as_bytes()).unwrap();
    with(Certificate::Store(store))
}

pub(crate) fn with(certificate: Certificate) -> Options {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut options = Options::new(any, any, certificate, Log::to(Level::Debug, io::sink()).unwrap());
    options.metrics = Metrics::new(&["clusters"]);
    options.grace = Duration::from_millis(10);
    options.drain = Duration::from_secs(10);
    options
}

pub(crate) async fn start(options: Options, review: impl Review) -> Running {
    let (metrics, conditions) = (options.metrics.clone(), options.conditions.clone());
    let server = Server::bind(options, review).await.unwrap();
    let (addr, health) = (server.addr(), server.health_addr());
    let shutdown = Shutdown::new();
    let task = tokio::spawn(server.run(shutdown.clone()));
    let running = Running { addr, health, shutdown, metrics, conditions, task };
    running.until("/livez", |status, _| status == 200).await;
    running
}

/// How a client speaks.
#[derive(Default)]
pub(crate) struct Speaks {
    pub(crate) identity: Option<Signed>,
    pub(crate) tls12: bool,
    pub(crate) http2: bool,
}

pub(crate) fn connector(authority: &Authority, speaks: Speaks) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let versions: &[_] = if speaks.tls12 { &[&TLS12] } else { &[&TLS13] };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match speaks.identity {
        None => builder.with_no_client_auth(),
        Some(Signed { certificate, key }) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    if speaks.http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    TlsConnector::from(Arc::new(config))
}

/// A reply as it came over HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
    pub(crate) closes: bool,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A connection that sends what it is told and retries nothing.
pub(crate) struct Client(pub(crate) TlsStream<TcpStream>);

impl Client {
    /// Calls by address, so that no name is sent.
    pub(crate) async fn connect(addr: SocketAddr, connector: &TlsConnector) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self(connector.connect(ServerName::IpAddress(addr.ip().into()), stream).await?))
    }

    pub(crate) async fn post(&mut self, body: &[u8]) -> io::Result<Got> {
        self.send("POST /validate?timeout=3s", &[("Content-Type", "application/json")], body).await
    }

    /// Sends a request with its body and reads the reply.
    pub(crate) async fn send(
        &mut self,
        line: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Got> {
        let mut head = format!("{line} HTTP/1.1\r\nHost: x\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.0.write_all(&bytes).await?;
        self.read().await
    }

    pub(crate) async fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes()).await?;
        self.0.flush().await
    }

    pub(crate) async fn read(&mut self) -> io::Result<Got> {
        read_reply(&mut self.0).await
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        let read = self.0.read_to_end(&mut rest);
        let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("the connection is closed");
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}

async fn read_reply(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Got> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut got = Got { status, head, text: String::new(), closes: false };
    let length: usize = got.header("content-length").unwrap().parse().unwrap();
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    got.closes = got.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    got.text = String::from_utf8(bytes[end..].to_vec()).unwrap();
    Ok(got)
}

/// What a kubelet does to a volume: a new folder, and one rename of the link that all files go through.
pub(crate) fn publish(volume: &Path, version: &str, files: &[(&str, &str)]) {
    let folder = volume.join(format!("..{version}"));
    std::fs::create_dir(&folder).unwrap();
    for (name, content) in files {
        std::fs::write(folder.join(name), content).unwrap();
        let link = volume.join(name);
        if !link.is_symlink() {
            std::os::unix::fs::symlink(Path::new("..data").join(name), link).unwrap();
        }
    }
    std::os::unix::fs::symlink(format!("..{version}"), volume.join("..data_tmp")).unwrap();
    std::fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
}
