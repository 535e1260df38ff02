//! A webhook that is a server: HTTP/1.1 over TLS, connections kept, as the API server calls a Service.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Error};

use crate::authority::Identity;
use crate::webhook::{CallError, HttpReply, Webhook};

/// Idle connections that the API server keeps to one webhook.
const IDLE_CONNECTIONS: usize = 25;
/// For how long it keeps them.
const IDLE_AGE: Duration = Duration::from_secs(90);
/// More than any reply should have.
const BODY_BYTES: u64 = 16 << 20;

/// A client of one webhook, which may be used from many threads.
///
/// As with the API server's client, a connection that the server has closed while it was idle is not
/// used again; one that breaks under a request fails that request, and nothing is sent twice.
pub struct Https {
    agent: Agent,
    url: String,
}

impl Https {
    /// A webhook at `url`, whose certificate one of `ca_bundle` (PEM) has signed; the API server shows
    /// `client`, if it has been given one.
    pub fn new(url: &str, ca_bundle: &str, client: Option<&Identity>) -> Result<Self, Error> {
        let roots = ureq::tls::parse_pem(ca_bundle.as_bytes()).filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        });
        let roots: Vec<Certificate<'static>> = roots.collect::<Result<_, _>>()?;
        let client = client.map(client_certificate).transpose()?;
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .client_cert(client)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .max_idle_age(IDLE_AGE)
            .user_agent("kube-apiserver-admission")
            .accept("application/json, */*")
            .build();
        Ok(Self { agent: config.new_agent(), url: url.to_owned() })
    }

    fn post(&self, review: &[u8], timeout: Duration, remaining: Duration) -> Result<HttpReply, Error> {
        let mut reply = self
            .agent
            .post(format!("{}?timeout={}s", self.url, timeout.as_secs()))
            .header("Content-Type", "application/json")
            .config()
            .timeout_global(Some(remaining))
            .build()
            .send(review)?;
        let header = |name: &str| {
            reply.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(HttpReply {
            code: reply.status().as_u16(),
            content_type: header("content-type"),
            retry_after: header("retry-after"),
            body: reply.body_mut().with_config().limit(BODY_BYTES).read_to_vec()?,
        })
    }
}

impl Webhook for Https {
    fn call(&self, review: &[u8], timeout: Duration, remaining: Duration) -> Result<HttpReply, CallError> {
        self.post(review, timeout, remaining).map_err(|error| failure_of(&error))
    }
}

fn client_certificate(client: &Identity) -> Result<ClientCert, Error> {
    let certificate = Certificate::from_pem(client.certificate.as_bytes())?;
    Ok(ClientCert::new_with_certs(&[certificate], PrivateKey::from_pem(client.key.as_bytes())?))
}

fn failure_of(error: &Error) -> CallError {
    match error {
        Error::Timeout(_) => CallError::Timeout,
        Error::HostNotFound | Error::ConnectionFailed => CallError::Connect(error.to_string()),
        Error::Rustls(error) => CallError::Tls(error.to_string()),
        Error::Tls(_) => CallError::Tls(error.to_string()),
        Error::Io(io) => match io.kind() {
            ErrorKind::ConnectionRefused => CallError::Connect(io.to_string()),
            // What rustls finds wrong travels inside an error of reading or writing.
            _ if io.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) => {
                CallError::Tls(io.to_string())
            }
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => CallError::Closed,
            _ => CallError::Protocol(io.to_string()),
        },
        error => CallError::Protocol(error.to_string()),
    }
}
