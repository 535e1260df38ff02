//! What is put into a cache is what a review finds there.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod support;

use admission::Cache;
use dispatcher::{accepts, denies, warns};
use serde_json::{Value, json};
use support::{Door, ENFORCE, cluster, put, put_all, store, with};

fn in_namespace(object: Value, namespace: &str) -> Value {
    with(object, &[("/metadata/namespace", json!(namespace))])
}

/// All that rules read is known, and there is nothing.
fn synced() -> Door {
    let door = Door { engine: support::engine(ENFORCE), cache: Cache::new() };
    for kind in schema::kinds() {
        door.cache.begin(kind.name);
        door.cache.synced(kind.name);
    }
    put_all(&door.cache, &support::siblings());
    door
}

#[test]
fn objects_come_and_go() {
    let door = synced();
    accepts(&door, cluster());
    put(&door.cache, &in_namespace(store(), "market"));
    put(&door.cache, &in_namespace(cluster(), "market"));
    assert_eq!((door.cache.len(), door.cache.count("Cluster"), door.cache.count("ObjectStore")), (5, 1, 2));
    denies(&door, cluster(), "archive-path-collision");
    door.cache.remove("Cluster", Some("market"), "orders");
    accepts(&door, cluster());
    put(&door.cache, &in_namespace(cluster(), "market"));
    denies(&door, cluster(), "archive-path-collision");
    let elsewhere = with(
        in_namespace(store(), "market"),
        &[("/spec/configuration/destinationPath", json!("s3://market"))],
    );
    put(&door.cache, &elsewhere);
    accepts(&door, cluster());
    door.cache.remove("Cluster", Some("nowhere"), "orders");
    door.cache.remove("Cluster", None, "orders");
    assert_eq!(door.cache.len(), 5);
}

#[test]
fn what_a_newer_list_no_longer_has_is_gone() {
    let door = synced();
    put(&door.cache, &in_namespace(store(), "market"));
    put(&door.cache, &in_namespace(cluster(), "market"));
    put(&door.cache, &in_namespace(cluster(), "garden"));
    door.cache.begin("Cluster");
    // A list that is being read takes nothing away.
    denies(&door, cluster(), "archive-path-collision");
    put(&door.cache, &in_namespace(cluster(), "garden"));
    door.cache.synced("Cluster");
    assert_eq!((door.cache.count("Cluster"), door.cache.count("ObjectStore")), (1, 2));
    accepts(&door, cluster());
}

/// Thousands of namespaces, of which one is tied: only that is looked at.
#[test]
fn only_what_shares_path_and_server_name_is_tied() {
    let door = synced();
    for index in 0..300 {
        let namespace = format!("team-{index}");
        put(&door.cache, &in_namespace(store(), &namespace));
        put(
            &door.cache,
            &with(in_namespace(cluster(), &namespace), &[("/metadata/name", json!(format!("db-{index}")))]),
        );
    }
    accepts(&door, cluster());
    put(&door.cache, &in_namespace(cluster(), "team-7"));
    let outcome = denies(&door, cluster(), "archive-path-collision");
    let message = &outcome.status().expect("refused").message;
    assert!(message.contains("orders in team-7"), "{message}");
}

/// What an object names is looked for elsewhere only where it is not beside it.
#[test]
fn what_stands_in_another_namespace_is_told_of() {
    let door = synced();
    put(&door.cache, &in_namespace(store(), "market"));
    accepts(&door, cluster());
    door.cache.remove("ObjectStore", Some("shop"), "offsite");
    let outcome = warns(&door, cluster(), "there is one in market");
    assert!(!outcome.audit_annotations.contains_key("validate.cnpg-lint.dev/denied"), "{outcome:#?}");
    let astray = in_namespace(support::siblings().remove(1), "garden");
    put(&door.cache, &in_namespace(cluster(), "shop"));
    warns(&door, astray, "there is one in shop");
}

#[test]
fn too_many_ties_are_said() {
    let door = synced();
    for index in 0..40 {
        let namespace = format!("team-{index:02}");
        put(&door.cache, &in_namespace(store(), &namespace));
        put(&door.cache, &in_namespace(cluster(), &namespace));
    }
    let outcome = denies(&door, cluster(), "archive-path-collision");
    let undecided = &outcome.audit_annotations["validate.cnpg-lint.dev/undecided"];
    assert!(undecided.contains("too many"), "{outcome:#?}");
}

/// The verdicts are those of a cache that keeps nothing read, however much is put in between.
#[test]
fn what_is_kept_read_is_never_old() {
    let door = synced();
    let padding = "x".repeat(40_000);
    for index in 0..60 {
        let namespace = format!("team-{}", index % 20);
        let large =
            with(in_namespace(cluster(), &namespace), &[("/metadata/annotations", json!({"pad": padding}))]);
        put(&door.cache, &in_namespace(store(), &namespace));
        put(&door.cache, &with(large, &[("/metadata/name", json!(format!("db-{}", index % 3)))]));
        denies(
            &door,
            with(in_namespace(cluster(), &namespace), &[("/spec/instances", json!(1))]),
            "instances-min-2",
        );
    }
    put(&door.cache, &in_namespace(cluster(), "team-3"));
    denies(&door, cluster(), "archive-path-collision");
    door.cache.remove("Cluster", Some("team-3"), "orders");
    accepts(&door, cluster());
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let cache = Cache::new();
    for text in ["", "{", "[]", "null", r#"{"metadata":{}}"#, r#"{"metadata":{"name":5}}"#] {
        cache.put("Cluster", text.as_bytes());
    }
    assert!(cache.is_empty(), "{} objects", cache.len());
}

#[test]
fn a_cache_is_filled_and_read_at_once() {
    let door = synced();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let door = &door;
            scope.spawn(move || {
                for index in 0..50 {
                    let object = in_namespace(cluster(), &format!("team-{}", (index + thread) % 5));
                    put(&door.cache, &object);
                    let other = with(
                        cluster(),
                        &[("/metadata/name", json!("single")), ("/spec/instances", json!(1))],
                    );
                    denies(door, other, "instances-min-2");
                    let namespace = object["metadata"]["namespace"].as_str();
                    door.cache.remove("Cluster", namespace, "orders");
                }
            });
        }
    });
    assert_eq!(door.cache.count("Cluster"), 0);
}
