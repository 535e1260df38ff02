//! What a review costs without HTTPS: one review answered again and again by one thread, beside a full cache.
//! `cargo run --release -p admission --example review_one -- FILE [ROUNDS]` prints microseconds a review, and
//! the resident memory before and after 500 Clusters and 2,000 related objects are cached.

use admission::{Cache, Engine};
use jiff::civil::date;
use rules::RuleSet;
use rules::config::{Config, RuleTable};
use std::time::Instant;
use topology::Settings;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("review_one FILE [ROUNDS]")?;
    let rounds: u32 = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(2000);
    let body = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let rules = RuleSet::new(rulebook::rules())?;
    let table: RuleTable = rules.table();
    let config = Config::load("admission: {mode: enforce}", &table).map_err(|error| error.to_string())?;
    let engine = Engine::new(rules, config, Settings::default(), "");
    let now = date(2026, 11, 24).at(12, 0, 0, 0);
    let start = Instant::now();
    engine.warm_up(now);
    println!("compiled in {:?}, {} KiB resident", start.elapsed(), resident());
    let cache = Cache::new();
    measure("nothing cached", &engine, &cache, &body, now, rounds);
    fill(&cache);
    println!("{} objects cached, {} KiB resident", cache.len(), resident());
    measure("full cache", &engine, &cache, &body, now, rounds);
    println!("{} KiB resident", resident());
    Ok(())
}

fn measure(what: &str, engine: &Engine, cache: &Cache, body: &[u8], now: jiff::civil::DateTime, rounds: u32) {
    let reply = engine.review(cache, body, now);
    let start = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(engine.review(cache, body, now));
    }
    let each = start.elapsed() / rounds;
    println!(
        "{what}: HTTP {}, {:?}, {} findings, {each:?} a review",
        reply.status,
        reply.record.decision,
        reply.record.findings.len()
    );
}

/// 500 namespaces with a Cluster of some 4 KB and four related objects each.
fn fill(cache: &Cache) {
    for kind in [
        "Cluster",
        "ObjectStore",
        "ScheduledBackup",
        "ExternalSecret",
        "NetworkPolicy",
        "PodMonitor",
        "Secret",
        "Service",
        "Backup",
        "ImageCatalog",
        "ClusterImageCatalog",
        "Pooler",
        "Database",
        "SecretStore",
        "ClusterSecretStore",
        "CiliumNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "ClusterExternalSecret",
    ] {
        cache.begin(kind);
        for number in 0..500 {
            if let Some(object) = object(kind, number) {
                cache.put(kind, object.to_string().as_bytes());
            }
        }
        cache.synced(kind);
    }
}

fn object(kind: &str, number: usize) -> Option<serde_json::Value> {
    let namespace = format!("team-{number}");
    let metadata = serde_json::json!({"name": format!("db-{number}"), "namespace": namespace, "uid": format!("0b5f8a3e-{number:012}"),
        "resourceVersion": number.to_string(), "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": "db", "team": namespace}});
    let (version, spec) = match kind {
        "Cluster" => (
            "postgresql.cnpg.io/v1",
            serde_json::json!({
                "instances": 3, "imageName": "ghcr.io/cloudnative-pg/postgresql:17.6", "storage": {"size": "50Gi", "storageClass": "fast"},
                "walStorage": {"size": "10Gi"}, "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
                "plugins": [{"name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true, "parameters": {"barmanObjectName": "offsite"}}],
                "postgresql": {"parameters": (0..60).map(|at| (format!("parameter_{at}"), format!("value {at}").into())).collect::<serde_json::Map<_, _>>()},
                "affinity": {"enablePodAntiAffinity": true, "topologyKey": "kubernetes.io/hostname"},
            }),
        ),
        "ObjectStore" => (
            "barmancloud.cnpg.io/v1",
            serde_json::json!({"retentionPolicy": "30d", "configuration": {"destinationPath": format!("s3://backups/{namespace}"),
            "endpointURL": "https://s3.example.com", "s3Credentials": {"accessKeyId": {"name": "s3", "key": "id"}, "secretAccessKey": {"name": "s3", "key": "secret"}}}}),
        ),
        "ScheduledBackup" => (
            "postgresql.cnpg.io/v1",
            serde_json::json!({"schedule": "0 0 2 * * *", "cluster": {"name": format!("db-{number}")}, "method": "plugin",
            "pluginConfiguration": {"name": "barman-cloud.cloudnative-pg.io"}}),
        ),
        "ExternalSecret" => (
            "external-secrets.io/v1",
            serde_json::json!({"secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"}, "target": {"name": "s3"},
            "data": [{"secretKey": "id", "remoteRef": {"key": format!("{namespace}/id")}}, {"secretKey": "secret", "remoteRef": {"key": format!("{namespace}/secret")}}]}),
        ),
        "NetworkPolicy" => (
            "networking.k8s.io/v1",
            serde_json::json!({"podSelector": {"matchLabels": {"cnpg.io/cluster": format!("db-{number}")}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}}], "ports": [{"port": 8000}, {"port": 5432}]}]}),
        ),
        _ => return None,
    };
    Some(serde_json::json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}))
}

/// KiB that are resident, as Linux counts.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
