//! What is counted. Labels are bounded: words of ours, known resources and rule ids; never users or namespaces.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::review::{Decision, Event, ExemptedBy, Mode, Operation};

/// Upper bounds in seconds: a small review takes about the first, the API server gives up after the last.
const BUCKETS: [f64; 14] =
    [50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.5, 1.0, 3.0];

/// The metrics of the process; clones count in the same place.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

/// Why a request was sent back with a request to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shed {
    /// As many reviews are waiting as may wait.
    Queue,
    /// Bodies fill the memory that they may fill.
    Memory,
    /// The deadline passed before a worker was free.
    Deadline,
}

/// Why a connection was not served, or cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cut {
    /// As many connections are open as may be, in total.
    Full,
    /// As many connections are open as may be from one address.
    Peer,
    /// There is no certificate to serve with yet.
    NoCertificate,
    /// Not TLS, or no TLS that both sides speak.
    Handshake,
    /// The client certificate is missing, not trusted, out of date or of a name that is not allowed.
    Certificate,
    /// The handshake took too long.
    HandshakeTime,
    /// The head of a request took too long.
    HeadTime,
    /// No request came for too long.
    Idle,
    /// The connection broke, or what came was not HTTP.
    Broken,
}

/// What is read again when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reloaded {
    Certificate,
    ClientCa,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    operation: Operation,
    resource: &'static str,
    decision: Decision,
    dry_run: bool,
}

/// Declares label sets with one or two labels.
macro_rules! labels {
    ($($name:ident { $($field:ident: $type:ty),+ })+) => {
        $(#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        struct $name { $($field: $type),+ })+
    };
}

labels! {
    Code { code: u16 }
    Rule { rule: String, mode: Mode }
    Failed { rule: String }
    Exempted { rule: String, by: ExemptedBy }
    Reason { reason: &'static str }
    Reload { what: &'static str, result: &'static str }
    Kind { kind: String }
    Condition { condition: String }
    Hash { hash: String }
}

macro_rules! label_values {
    ($($type:ty),+) => {
        $(impl EncodeLabelValue for $type {
            fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
                EncodeLabelValue::encode(&self.as_str(), encoder)
            }
        })+
    };
}

label_values!(Operation, Decision, Mode, ExemptedBy);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    resources: &'static [&'static str],
    requests: Family<Request, Counter>,
    duration: Histogram,
    responses: Family<Code, Counter>,
    findings: Family<Rule, Counter>,
    exemptions: Family<Exempted, Counter>,
    undecided: Counter,
    failures: Family<Failed, Counter>,
    unexpected: Counter,
    late: Counter,
    shed: Family<Reason, Counter>,
    panics: Counter,
    bodies: Gauge,
    connections: Gauge,
    cut: Family<Reason, Counter>,
    accept_errors: Counter,
    not_after: Gauge,
    reloads: Family<Reload, Counter>,
    cache_synced: Family<Kind, Gauge>,
    cache_objects: Family<Kind, Gauge>,
    config_ok: Gauge,
    config_time: Gauge,
    config_hash: Family<Hash, Gauge>,
    ready: Family<Condition, Gauge>,
    log_dropped: Gauge,
}

impl Metrics {
    /// Metrics with nothing counted. `resources` are the values that the label `resource` may have, such as
    /// `clusters/scale`; any other is counted as `other`.
    pub fn new(resources: &'static [&'static str]) -> Self {
        let mut registry = Registry::with_prefix("cnpg_lint");
        let inner = Inner::register(&mut registry, resources);
        // True of the one that the process starts with, should it never be read again.
        inner.config_ok.set(1);
        Self(Arc::new(Inner { registry, ..inner }))
    }

    /// Says whether the cache of a kind holds everything that the API server has.
    pub fn cache_synced(&self, kind: &str, synced: bool) {
        self.0.cache_synced.get_or_create(&Kind { kind: kind.to_owned() }).set(i64::from(synced));
    }

    /// Says how many objects the cache of a kind holds.
    pub fn cache_objects(&self, kind: &str, objects: usize) {
        self.0.cache_objects.get_or_create(&Kind { kind: kind.to_owned() }).set(whole(objects));
    }

    /// Says how the last reading of the configuration went, and by which one reviews are judged now.
    pub fn config_reloaded(&self, ok: bool, hash: &str) {
        self.0.config_ok.set(i64::from(ok));
        if ok {
            self.0.config_time.set(unix_seconds(SystemTime::now()));
        }
        self.0.config_hash.clear();
        self.0.config_hash.get_or_create(&Hash { hash: hash.to_owned() }).set(1);
    }

    /// All metrics in the text format of Prometheus.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.0.registry);
        text
    }

    pub(crate) fn reviewed(&self, event: &Event, took: Duration) {
        let inner = &self.0;
        let resource = inner.resources.iter().find(|known| **known == event.resource).unwrap_or(&"other");
        let Event { operation, decision, dry_run, .. } = *event;
        inner.requests.get_or_create(&Request { operation, resource, decision, dry_run }).inc();
        inner.duration.observe(took.as_secs_f64());
        if event.unexpected {
            inner.unexpected.inc();
        }
        if dry_run {
            return;
        }
        inner.undecided.inc_by(u64::try_from(event.undecided).unwrap_or(u64::MAX));
        for rule in &event.failures {
            inner.failures.get_or_create(&Failed { rule: rule.clone() }).inc();
        }
        for finding in &event.findings {
            let rule = Rule { rule: finding.rule.clone(), mode: finding.mode };
            inner.findings.get_or_create(&rule).inc();
        }
        for exemption in &event.exemptions {
            let exempted = Exempted { rule: exemption.rule.clone(), by: exemption.by };
            inner.exemptions.get_or_create(&exempted).inc();
        }
    }

    pub(crate) fn responded(&self, code: u16) {
        self.0.responses.get_or_create(&Code { code }).inc();
    }

    pub(crate) fn late(&self) {
        self.0.late.inc();
    }

    pub(crate) fn shed(&self, reason: Shed) {
        self.0.shed.get_or_create(&Reason { reason: reason.as_str() }).inc();
    }

    pub(crate) fn panicked(&self) {
        self.0.panics.inc();
    }

    pub(crate) fn bodies(&self, bytes: usize) {
        self.0.bodies.set(whole(bytes));
    }

    pub(crate) fn connected(&self, open: usize) {
        self.0.connections.set(whole(open));
    }

    pub(crate) fn cut(&self, reason: Cut) {
        self.0.cut.get_or_create(&Reason { reason: reason.as_str() }).inc();
    }

    pub(crate) fn accept_failed(&self) {
        self.0.accept_errors.inc();
    }

    pub(crate) fn certificate(&self, not_after: SystemTime) {
        self.0.not_after.set(unix_seconds(not_after));
    }

    pub(crate) fn reloaded(&self, what: Reloaded, ok: bool) {
        let what = match what {
            Reloaded::Certificate => "certificate",
            Reloaded::ClientCa => "client_ca",
        };
        let result = if ok { "ok" } else { "error" };
        self.0.reloads.get_or_create(&Reload { what, result }).inc();
    }

    pub(crate) fn ready(&self, condition: &str, met: bool) {
        self.0.ready.get_or_create(&Condition { condition: condition.to_owned() }).set(i64::from(met));
    }

    pub(crate) fn log_dropped(&self, lines: u64) {
        self.0.log_dropped.set(i64::try_from(lines).unwrap_or(i64::MAX));
    }
}

impl Inner {
    #[rustfmt::skip] // one row a metric
    fn register(registry: &mut Registry, resources: &'static [&'static str]) -> Self {
        macro_rules! metric {
            ($name:literal, $help:literal) => { metric!($name, $help, Default::default()) };
            ($name:literal, $help:literal, $metric:expr) => {{
                let metric = $metric;
                registry.register($name, $help, Clone::clone(&metric));
                metric
            }};
        }
        let duration = Histogram::new(BUCKETS);
        registry.register_with_unit("request_duration", "From the head of a request to its reply", Unit::Seconds, duration.clone());
        Self {
            registry: Registry::default(),
            resources,
            duration,
            requests: metric!("requests", "Reviews answered"),
            responses: metric!("http_responses", "Replies by HTTP status"),
            findings: metric!("rule_findings", "Rules broken, without dry runs"),
            exemptions: metric!("exemptions", "Exemptions used, without dry runs"),
            undecided: metric!("undecided", "Rules that could not be decided, without dry runs"),
            failures: metric!("rule_failures", "Rules that could not be evaluated, without dry runs"),
            unexpected: metric!("unexpected_requests", "Reviews of what is not judged: the webhook's rules are too wide"),
            late: metric!("late", "Replies after their deadline"),
            shed: metric!("shed", "Requests asked to come again"),
            panics: metric!("panics", "Reviews that panicked"),
            bodies: metric!("body_bytes", "Bytes of bodies that are being read or reviewed"),
            connections: metric!("connections", "Open connections"),
            cut: metric!("connections_cut", "Connections refused or cut"),
            accept_errors: metric!("accept_errors", "Connections that the system could not give us"),
            not_after: metric!("cert_not_after_seconds", "When the served certificate ends, in Unix time"),
            reloads: metric!("tls_reloads", "Changed certificates, taken or not"),
            cache_synced: metric!("cache_synced", "Whether a cache holds all there is"),
            cache_objects: metric!("cache_objects", "Objects in a cache"),
            config_ok: metric!("config_last_reload_successful", "Whether the last configuration read is the one in use"),
            config_time: metric!("config_last_reload_success_timestamp_seconds", "When the configuration in use was read, in Unix time"),
            config_hash: metric!("config_info", "The configuration in use"),
            ready: metric!("ready", "What readiness waits for"),
            log_dropped: metric!("log_lines_dropped", "Log lines that nobody read in time"),
        }
    }
}

impl Shed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Memory => "memory",
            Self::Deadline => "deadline",
        }
    }
}

impl Cut {
    /// The word in metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Peer => "peer",
            Self::NoCertificate => "no_certificate",
            Self::Handshake => "handshake",
            Self::Certificate => "client_certificate",
            Self::HandshakeTime => "handshake_time",
            Self::HeadTime => "head_time",
            Self::Idle => "idle",
            Self::Broken => "broken",
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unix_seconds(time: SystemTime) -> i64 {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
