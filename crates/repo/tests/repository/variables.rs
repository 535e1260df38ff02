//! Flux's variables, from where they have their values.

use crate::support::{checkout, cluster, flux, only, place, scan_in, value};
use manifest::Limits;

fn scan(files: &[(&str, &str)]) -> repo::Scan {
    scan_in(checkout(files).path(), &["."], Limits::default())
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  SIZE: 20Gi\n";

#[test]
fn a_variable_has_its_value_where_that_is_written() {
    let db = cluster("db").replace("instances: 2", "instances: ${COUNT}").replace("1Gi", "${SIZE}");
    let vars = "  postBuild:\n    substitute:\n      COUNT: \"1\"\n    substituteFrom:\n    - kind: ConfigMap\n      name: settings\n";
    let scan = scan(&[
        ("apps/db/db.yaml", db.as_str()),
        ("flux/ks.yaml", flux("db", "./apps/db", vars)),
        ("flux/settings.yaml", SETTINGS),
    ]);
    let object = only(&scan, "Cluster");
    assert_eq!(value(object, "/spec/instances"), "Number(Int(1))");
    assert_eq!(place(&scan, object, "/spec/instances"), "flux/ks.yaml:10");
    assert_eq!(value(object, "/spec/storage/size"), "String(\"20Gi\")");
    assert_eq!(place(&scan, object, "/spec/storage/size"), "flux/settings.yaml:6");
}

#[test]
fn a_default_counts_where_no_source_is_missing() {
    let db = cluster("db").replace("instances: 2", "instances: ${COUNT:=1}");
    let run = |vars: &str| {
        let files = [("apps/db/db.yaml", db.as_str()), ("ks.yaml", flux("db", "./apps/db", vars))];
        value(only(&scan(&files), "Cluster"), "/spec/instances")
    };
    assert_eq!(run("  postBuild:\n    substitute: {OTHER: x}\n"), "Number(Int(1))");
    let from = "  postBuild:\n    substituteFrom: [{kind: Secret, name: vars}]\n";
    assert!(run(from).starts_with("unknown: "), "{}", run(from));
    assert!(run("").starts_with("unknown: "), "nothing here fills it in");
}

#[test]
fn what_a_parent_adds_reaches_the_children() {
    let db = cluster("${APP}").replace("instances: 2", "instances: ${COUNT}");
    let patch = "  patches:\n  - target: {kind: Kustomization}\n    patch: |-\n      kind: Kustomization\n      metadata: {name: any}\n      spec:\n        postBuild:\n          substituteFrom:\n          - kind: ConfigMap\n            name: settings\n";
    let own = "  postBuild:\n    substitute: {APP: shop}\n";
    let settings = SETTINGS.replace("SIZE: 20Gi", "COUNT: \"3\"");
    let scan = scan(&[
        ("base/db.yaml", db.as_str()),
        ("base/kustomization.yaml", "resources: [db.yaml]\n"),
        ("apps/ks.yaml", flux("db", "./base", own)),
        ("flux/apps.yaml", flux("apps", "./apps", patch)),
        ("vars/settings.yaml", settings.as_str()),
    ]);
    let object = only(&scan, "Cluster");
    assert_eq!(object.manifest.name(), Some("shop"));
    assert_eq!(value(object, "/spec/instances"), "Number(Int(3))");
    assert_eq!(place(&scan, object, "/spec/instances"), "vars/settings.yaml:6");
}
