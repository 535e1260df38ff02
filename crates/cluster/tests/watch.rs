//! The watches against an API server that fails on demand.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic, in its helpers too"
)]

mod fake;
mod recorder;

use cluster::{Options, WatchedKind, Watches, watch};
use fake::{Fake, Seen};
use recorder::{Call, Recorder};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

const CLUSTERS: WatchedKind = WatchedKind::new("postgresql.cnpg.io", &["v1"], "Cluster", "clusters");
const PATH: &str = "/apis/postgresql.cnpg.io/v1/clusters";

fn options() -> Options {
    Options {
        page: 2,
        ask_again: Duration::from_millis(20),
        pause: (Duration::from_millis(5), Duration::from_millis(20)),
        ..Options::default()
    }
}

fn cluster(name: &str, instances: u32) -> Value {
    json!({"metadata": {"namespace": "db", "name": name}, "spec": {"instances": instances}})
}

struct Bed {
    fake: Fake,
    seen: UnboundedReceiver<Seen>,
    recorder: Recorder,
    watches: Watches,
}

/// Starts a server, prepared by `prepare`, and watches `kinds` of it.
async fn watching(kinds: &[WatchedKind], options: &Options, prepare: impl FnOnce(&Fake)) -> Bed {
    let (fake, seen) = Fake::start().await;
    prepare(&fake);
    let (recorder, store) = Recorder::new();
    let watches = watch(&fake.client(), kinds, &store, options);
    Bed { fake, seen, recorder, watches }
}

impl Bed {
    async fn next_request(&mut self, matching: &str) -> Seen {
        loop {
            let seen = recorder::soon(self.seen.recv()).await.unwrap();
            if seen.uri.contains(matching) {
                return seen;
            }
        }
    }
}

async fn with_clusters(count: u32) -> Bed {
    watching(&[CLUSTERS], &options(), |fake| {
        fake.serve(PATH);
        for number in 0..count {
            fake.put(PATH, cluster(&format!("c{number}"), number));
        }
    })
    .await
}

#[tokio::test]
async fn a_list_comes_in_pages_and_changes_follow() {
    let mut bed = with_clusters(5).await;
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    for number in 0..5 {
        let Call::Put(object) = bed.recorder.next().await else { panic!("not a put") };
        assert_eq!(object["spec"]["instances"], number);
        assert_eq!(object["apiVersion"], "postgresql.cnpg.io/v1");
        assert_eq!(object["kind"], "Cluster");
    }
    assert_eq!(bed.recorder.next().await, Call::Synced("clusters"));
    let uris: Vec<_> =
        [bed.next_request(PATH).await, bed.next_request(PATH).await, bed.next_request(PATH).await]
            .map(|seen| seen.uri)
            .into();
    assert!(uris[0].ends_with("limit=2"), "{uris:?}");
    assert!(uris[1..].iter().all(|uri| uri.contains("limit=2&continue=6.")), "{uris:?}");

    bed.fake.put(PATH, cluster("c1", 9));
    let Call::Put(object) = bed.recorder.next().await else { panic!("not a put") };
    assert_eq!((&object["metadata"]["name"], &object["spec"]["instances"]), (&json!("c1"), &json!(9)));
    bed.fake.delete(PATH, "db", "c2");
    assert_eq!(bed.recorder.next().await, Call::Remove(Some("db".into()), "c2".into()));
}

#[tokio::test]
async fn a_watch_goes_on_from_the_last_bookmark() {
    let mut bed = with_clusters(1).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    bed.fake.put(PATH, cluster("c0", 2));
    bed.recorder.next_put().await;
    // The object's own version lies before this.
    let after = bed.fake.bookmark(PATH);
    bed.fake.end_watches(PATH);
    let again = bed.next_request("watch=true").await;
    assert!(again.uri.ends_with(&format!("resourceVersion={after}")), "{again:?}");
    assert!(again.uri.contains("allowWatchBookmarks=true"), "{again:?}");
}

#[tokio::test]
async fn a_cut_connection_loses_and_repeats_nothing() {
    let mut bed = with_clusters(1).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    for round in 10..20 {
        bed.fake.cut(PATH, r#"{"type":"DELETED","object":{"metadata":{"name":"c0""#);
        bed.fake.put(PATH, cluster("c0", round));
        assert_eq!(bed.recorder.next_put().await["spec"]["instances"], round);
        bed.fake.put(PATH, cluster("c0", round + 100));
        assert_eq!(bed.recorder.next_put().await["spec"]["instances"], round + 100);
    }
}

#[tokio::test]
async fn a_list_follows_where_changes_were_forgotten() {
    let mut bed = with_clusters(3).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    bed.fake.delete_unseen(PATH, "db", "c1");
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    bed.recorder.until_synced().await;
    assert_eq!(bed.recorder.names(), ["c0", "c2"]);
}

#[tokio::test]
async fn a_list_that_expires_between_pages_begins_again() {
    let mut bed = watching(&[CLUSTERS], &options(), |fake| {
        for number in 0..4 {
            fake.put(PATH, cluster(&format!("c{number}"), number));
        }
        fake.compact_between_pages();
    })
    .await;
    let mut begun = 0;
    loop {
        match bed.recorder.next().await {
            Call::Begin(_) => begun += 1,
            Call::Put(_) => {}
            Call::Synced(_) => break,
            call => panic!("{call:?}"),
        }
    }
    assert_eq!(begun, 2);
    assert_eq!(bed.recorder.names(), ["c0", "c1", "c2", "c3"]);
}

#[tokio::test]
async fn what_is_not_permitted_is_unavailable_until_it_is() {
    let mut bed = watching(&[CLUSTERS], &options(), |fake| {
        fake.put(PATH, cluster("c0", 1));
        fake.forbid(PATH);
    })
    .await;
    let reason = "not permitted to list clusters.postgresql.cnpg.io";
    assert_eq!(bed.recorder.next().await, Call::Unavailable("clusters", reason.into()));
    // Said once, however often it is asked.
    bed.next_request(PATH).await;
    bed.next_request(PATH).await;
    bed.fake.permit(PATH);
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    bed.recorder.until_synced().await;

    bed.fake.forbid(PATH);
    bed.fake.end_watches(PATH);
    let reason = "not permitted to watch clusters.postgresql.cnpg.io";
    assert_eq!(bed.recorder.next().await, Call::Unavailable("clusters", reason.into()));
    bed.fake.permit(PATH);
    assert_eq!(bed.recorder.next_but(&[reason.replace("watch", "list")]).await, Call::Begin("clusters"));
}

#[tokio::test]
async fn what_is_not_served_is_absent_until_its_crd_is_there() {
    let kind = WatchedKind::new("external-secrets.io", &["v1", "v1beta1"], "SecretStore", "secretstores");
    let mut bed = watching(&[kind], &options(), |_| {}).await;
    let reason = "the API server does not serve external-secrets.io/v1 or v1beta1 SecretStore";
    assert_eq!(bed.recorder.next().await, Call::Absent("secretstores", reason.into()));
    bed.fake.put("/apis/external-secrets.io/v1beta1/secretstores", cluster("s", 1));
    assert_eq!(bed.recorder.next().await, Call::Begin("secretstores"));
    assert_eq!(bed.recorder.next_put().await["apiVersion"], "external-secrets.io/v1beta1");
    bed.recorder.until_synced().await;
}

#[tokio::test]
async fn a_server_that_falls_silent_makes_a_kind_unavailable() {
    let options = Options {
        watch_for: Duration::from_secs(1),
        answer_within: Duration::from_millis(100),
        lost_after: Duration::from_millis(300),
        ..options()
    };
    let mut bed = watching(&[CLUSTERS], &options, |fake| fake.put(PATH, cluster("c0", 1))).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    // The open watch is not ended either: it dies by its age.
    bed.fake.fall_silent();
    let reason = "the API server does not answer";
    assert_eq!(bed.recorder.next().await, Call::Unavailable("clusters", reason.into()));
    bed.fake.speak_again();
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    bed.recorder.until_synced().await;
}

#[tokio::test]
async fn after_unavailable_only_a_list_counts() {
    let options = Options { lost_after: Duration::from_millis(200), ..options() };
    let mut bed = watching(&[CLUSTERS], &options, |fake| fake.put(PATH, cluster("c0", 1))).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    bed.fake.fall_silent();
    bed.fake.cut(PATH, "");
    assert!(matches!(bed.recorder.next().await, Call::Unavailable(..)));
    // The watch that was asked for is answered, late, and would go on from where it was.
    bed.fake.put(PATH, cluster("c0", 2));
    bed.fake.speak_again();
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    assert_eq!(bed.recorder.next_put().await["spec"]["instances"], 2);
}

#[tokio::test]
async fn a_short_outage_changes_nothing() {
    let options = Options { answer_within: Duration::from_millis(50), ..options() };
    let mut bed = watching(&[CLUSTERS], &options, |fake| fake.put(PATH, cluster("c0", 1))).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    bed.fake.fall_silent();
    bed.fake.cut(PATH, "");
    bed.next_request("watch=true").await;
    bed.next_request("watch=true").await;
    bed.fake.put(PATH, cluster("c0", 7));
    bed.fake.speak_again();
    assert_eq!(bed.recorder.next_put().await["spec"]["instances"], 7);
}

#[tokio::test]
async fn of_metadata_only_no_more_is_asked_for() {
    let mut kind = CLUSTERS;
    kind.metadata_only = true;
    let mut bed = watching(&[kind], &options(), |fake| fake.put(PATH, cluster("c0", 1))).await;
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    assert_eq!(bed.recorder.next_put().await.get("spec"), None);
    assert!(bed.next_request("limit=").await.accept.contains("as=PartialObjectMetadataList"));
    assert!(bed.next_request("watch=true").await.accept.contains("as=PartialObjectMetadata;"));
}

#[tokio::test]
async fn a_panic_over_an_object_is_no_silent_gap() {
    let mut bed = with_clusters(1).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    bed.recorder.panic_once_at("c0");
    bed.fake.put(PATH, cluster("c0", 5));
    let Call::Unavailable(_, reason) = bed.recorder.next().await else { panic!("not told") };
    assert!(reason.contains("error inside"), "{reason}");
    assert_eq!(bed.recorder.next().await, Call::Begin("clusters"));
    assert_eq!(bed.recorder.next_put().await["spec"]["instances"], 5);
}

#[tokio::test]
async fn kinds_fail_each_for_itself() {
    let services = WatchedKind::new("", &["v1"], "Service", "services");
    let mut bed = watching(&[services, CLUSTERS], &options(), |fake| {
        fake.put(PATH, cluster("c0", 1));
        fake.put("/api/v1/services", cluster("s0", 1));
        fake.forbid("/api/v1/services");
    })
    .await;
    let reason = "not permitted to list services".to_owned();
    let mut calls = vec![];
    for _ in 0..4 {
        calls.push(bed.recorder.next().await);
    }
    assert!(calls.contains(&Call::Unavailable("services", reason)), "{calls:?}");
    assert!(calls.contains(&Call::Synced("clusters")), "{calls:?}");
}

#[tokio::test]
async fn watches_end_when_they_are_dropped() {
    let mut bed = with_clusters(1).await;
    bed.recorder.until_synced().await;
    bed.next_request("watch=true").await;
    let Bed { fake, watches, .. } = bed;
    drop(watches);
    recorder::soon(fake.abandoned()).await;
}
