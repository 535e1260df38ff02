//! What the tests of reviews share: the built-in rules under a configuration, in front of the simulated API
//! server, and objects to ask it about.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::expect_used, reason = "a test may panic, in its helpers too")]

use admission::{Cache, Engine, Reply};
use dispatcher::{CallError, HttpReply, Webhook};
use jiff::civil::{DateTime, date};
use rules::config::Config;
use rules::{Rule, RuleSet};
use serde_json::{Value, json};
use std::time::Duration;
use topology::Settings;

/// The day of every test.
pub(crate) fn now() -> DateTime {
    date(2026, 3, 1).at(12, 0, 0, 0)
}

/// The built-in rules under a configuration, but for one that wants a second store.
pub(crate) fn engine(config: &str) -> Engine {
    engine_with(config, Vec::new())
}

/// The same with more rules.
pub(crate) fn engine_with(config: &str, more: Vec<Rule>) -> Engine {
    let rules = RuleSet::new(rulebook::rules().into_iter().chain(more).collect()).expect("sound rules");
    let config = &["rules: {local-copy-missing: off}\n", config].concat();
    let config_read = Config::load(config, &rules.table()).expect("a sound configuration");
    Engine::new(rules, config_read, Settings { now: now(), ..Settings::default() }, config)
}

/// A webhook that may refuse.
pub(crate) const ENFORCE: &str = "admission: {mode: enforce}\n";

/// An engine and what it knows of the cluster.
pub(crate) struct Door {
    pub(crate) engine: Engine,
    pub(crate) cache: Cache,
}

impl Door {
    /// Under a configuration, in a cluster that holds what belongs to [`cluster`], these objects and no others.
    pub(crate) fn new(config: &str, objects: &[Value]) -> Self {
        let objects: Vec<_> = siblings().into_iter().chain(objects.iter().cloned()).collect();
        Self { engine: engine(config), cache: whole(&objects) }
    }

    /// One that enforces.
    pub(crate) fn enforcing(objects: &[Value]) -> Self {
        Self::new(ENFORCE, objects)
    }

    /// The reply to a body.
    pub(crate) fn reply(&self, body: &[u8]) -> Reply {
        self.engine.review(&self.cache, body, now())
    }
}

impl Webhook for Door {
    fn call(&self, review: &[u8], _: Duration, _: Duration) -> Result<HttpReply, CallError> {
        let reply = self.reply(review);
        Ok(if reply.status == 200 {
            HttpReply::json(reply.body)
        } else {
            HttpReply::text(reply.status, reply.body)
        })
    }
}

/// A cluster that holds these objects and no others.
pub(crate) fn whole(objects: &[Value]) -> Cache {
    let texts: Vec<(String, String)> = objects
        .iter()
        .map(|object| (object["kind"].as_str().unwrap_or_default().to_owned(), object.to_string()))
        .collect();
    Cache::whole(texts.iter().map(|(kind, text)| (kind.as_str(), text.as_bytes())))
}

/// Puts an object where the watch of its kind would.
pub(crate) fn put(cache: &Cache, object: &Value) {
    cache.put(object["kind"].as_str().unwrap_or_default(), object.to_string().as_bytes());
}

/// What belongs to [`cluster`]: the store that it archives to, a schedule, a policy.
pub(crate) fn siblings() -> Vec<Value> {
    let schedule = json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "ScheduledBackup",
        "metadata": {"name": "orders-nightly", "namespace": "shop"},
        "spec": {"schedule": "0 0 2 * * *", "cluster": {"name": "orders"}, "method": "plugin",
            "pluginConfiguration": {"name": "barman-cloud.cloudnative-pg.io"}},
    });
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"cnpg.io/cluster": "orders"}}, "policyTypes": ["Ingress"], "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"cnpg.io/cluster": "orders"}}}]},
            {"from": [{"podSelector": {"matchLabels": {"app": "orders"}}}], "ports": [{"port": 5432}]},
            {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}}],
                "ports": [{"port": 8000}, {"port": 5432}]},
        ]},
    });
    vec![store(), schedule, policy]
}

/// Puts several.
pub(crate) fn put_all(cache: &Cache, objects: &[Value]) {
    for object in objects {
        put(cache, object);
    }
}

/// A Cluster of which, among its [`siblings`], no rule says anything.
pub(crate) fn cluster() -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {
            "instances": 3,
            "affinity": {"podAntiAffinityType": "required"},
            "resources": {"requests": {"memory": "2Gi", "cpu": "1"}, "limits": {"memory": "2Gi", "cpu": "1"}},
            "imageName": "ghcr.io/cloudnative-pg/postgresql:17.5-standard-bookworm",
            "storage": {"size": "10Gi"},
            "walStorage": {"size": "5Gi"},
            "postgresql": {"parameters": {"shared_buffers": "512MB"}},
            "plugins": [{
                "name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true,
                "parameters": {"barmanObjectName": "offsite"},
            }],
        },
    })
}

/// The store that it archives to.
pub(crate) fn store() -> Value {
    json!({
        "apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
        "metadata": {"name": "offsite", "namespace": "shop"},
        "spec": {"configuration": {
            "destinationPath": "s3://shop-backups", "s3Credentials": {"inheritFromIAMRole": true},
            "wal": {"compression": "gzip"},
        }, "retentionPolicy": "30d"},
    })
}

/// An object with other values at some pointers; `null` takes the field away.
pub(crate) fn with(mut object: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let key = key.replace("~1", "/");
        let parent = make(&mut object, parent);
        if value.is_null() {
            parent.remove(&key);
        } else {
            parent.insert(key, value.clone());
        }
    }
    object
}

/// The map at a pointer, made where it is not there.
fn make<'v>(object: &'v mut Value, pointer: &str) -> &'v mut serde_json::Map<String, Value> {
    let mut here = object;
    for key in pointer.split('/').skip(1) {
        here = here.as_object_mut().expect("a map").entry(key).or_insert_with(|| json!({}));
    }
    here.as_object_mut().expect("a map")
}

/// The uid of [`envelope`].
pub(crate) const UID: &str = "705ab4f5-6393-11e8-b7cc-42010a800002";

/// A review of the creation of a Cluster, to be spoilt.
pub(crate) fn envelope() -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": UID,
            "kind": {"group": "postgresql.cnpg.io", "version": "v1", "kind": "Cluster"},
            "resource": {"group": "postgresql.cnpg.io", "version": "v1", "resource": "clusters"},
            "name": "orders", "namespace": "shop", "operation": "CREATE",
            "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
            "object": cluster(), "oldObject": null, "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    })
}
