//! What the watches cost in memory and time: 500 Clusters and 2,000 related objects, held as trimmed bytes.
//!
//! `memory [PAGE]`, where PAGE is the number of objects in one page. Prints the resident size before and after the lists, the peak, and what the store itself holds.
//! The API server is a process of its own, so that what it costs is not counted.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that fails ends"
)]

#[path = "../tests/fake/mod.rs"]
#[allow(dead_code)]
mod fake;

use cluster::{Options, Store, WATCHED, WatchedKind, watch};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, UnboundedSender};

#[derive(Clone, Copy)]
struct Load {
    plural: &'static str,
    count: usize,
}

const LOAD: &[Load] = &[
    Load { plural: "clusters", count: 500 },
    Load { plural: "scheduledbackups", count: 500 },
    Load { plural: "objectstores", count: 500 },
    Load { plural: "externalsecrets", count: 500 },
    Load { plural: "services", count: 500 },
];

/// The kind, and a number.
type Key = (&'static str, u64);

struct Held {
    objects: Mutex<HashMap<Key, Box<[u8]>>>,
    synced: UnboundedSender<&'static str>,
}

impl Store for Held {
    fn begin(&self, _: &WatchedKind) {}

    fn put(&self, kind: &WatchedKind, object: &[u8]) {
        let mut objects = self.objects.lock().unwrap();
        let number = objects.len() as u64;
        objects.insert((kind.plural, number), object.into());
    }

    fn remove(&self, _: &WatchedKind, _: Option<&str>, _: &str) {}

    fn synced(&self, kind: &WatchedKind) {
        let _ = self.synced.send(kind.plural);
    }

    fn absent(&self, _: &WatchedKind, _: &str) {}
    fn unavailable(&self, _: &WatchedKind, _: &str) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        serve().await;
    } else {
        measure().await;
    }
}

async fn serve() {
    let (fake, mut seen) = fake::Fake::start().await;
    for load in LOAD {
        let kind = WATCHED.iter().find(|kind| kind.plural == load.plural).unwrap();
        let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
        let path = format!("{root}/{}/{}", kind.versions[0], kind.plural);
        for number in 0..load.count {
            fake.put(&path, object(number));
        }
    }
    println!("{}", fake.url());
    // Until the parent closes our standard input.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    seen.close();
}

/// About 4 KB that are kept, and as much again that is not, as the API server sends it.
fn object(number: usize) -> Value {
    let parameters: serde_json::Map<String, Value> =
        (0..100).map(|at| (format!("parameter_{at}"), json!(format!("value {number} of {at}")))).collect();
    json!({
        "metadata": {
            "name": format!("object-{number}"), "namespace": format!("team-{}", number % 50),
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x".repeat(2000)},
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": "y".repeat(3000)}}],
        },
        "spec": {"instances": 3, "postgresql": {"parameters": parameters}},
        "status": {"conditions": "z".repeat(2000)},
    })
}

async fn measure() {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let client = Client::try_from(Config::new(address.trim().parse().unwrap())).unwrap();

    let (sender, mut synced) = mpsc::unbounded_channel();
    let store = Arc::new(Held { objects: Mutex::default(), synced: sender });
    let before = resident("VmRSS");
    let page = std::env::args().nth(1).map_or(Options::default().page, |page| page.parse().unwrap());
    let options = Options { page, ..Options::default() };
    let start = Instant::now();
    let watches = watch(&client, WATCHED, &store, &options);
    for _ in LOAD {
        synced.recv().await.unwrap();
    }
    let took = start.elapsed();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let held: usize = store.objects.lock().unwrap().values().map(|object| object.len()).sum();
    let count = store.objects.lock().unwrap().len();
    println!("objects  {count} of {} KiB in {} ms", held / 1024, took.as_millis());
    println!("         {} ms of processor time since the start", processor());
    println!(
        "resident {before} KiB before, {} KiB after, {} KiB at most",
        resident("VmRSS"),
        resident("VmHWM")
    );
    println!("         {} KiB of it are the program", resident("RssFile"));
    drop(watches);
    drop(server.stdin.take());
    server.wait().unwrap();
}

/// The processor time of this process in milliseconds, user and system.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    // The 14th and the 15th of all, in ticks of ten milliseconds.
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

/// A size of this process in KiB.
fn resident(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
