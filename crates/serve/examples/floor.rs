//! The server with a reply that is always the same: what HTTPS alone costs, and the other half of benchmarks.
//!
//!     floor LISTEN HEALTH_LISTEN CERTIFICATE KEY [GRACE_MILLISECONDS]

use std::env;
use std::error::Error;
use std::time::Duration;

use serve::{
    Answer, Certificate, Event, Level, Log, Options, RequestInfo, Review, Server, Shutdown, runtime,
};

struct Fixed;

impl Review for Fixed {
    fn review(&self, _body: &[u8], _request: &RequestInfo<'_>) -> Answer {
        let body = br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"","allowed":true}}"#;
        Answer { status: 200, body: body.to_vec(), event: Event::default() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [listen, health, certificate, key, rest @ ..] = arguments.as_slice() else {
        return Err("floor LISTEN HEALTH_LISTEN CERTIFICATE KEY [GRACE_MILLISECONDS]".into());
    };
    let certificate = Certificate::Files { certificate: certificate.into(), key: key.into() };
    let log = Log::stderr(Level::Info)?;
    let mut options = Options::new(listen.parse()?, health.parse()?, certificate, log);
    if let Some(grace) = rest.first() {
        options.grace = Duration::from_millis(grace.parse()?);
    }
    runtime()?.block_on(async {
        let server = Server::bind(options, Fixed).await?;
        server.run(Shutdown::on_signals()?).await;
        Ok(())
    })
}
