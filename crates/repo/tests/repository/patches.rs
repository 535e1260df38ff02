//! Patches are applied, and what they bring is where they are written.

use crate::support::{checkout, cluster, flux, found, only, place, scan_in, value};
use manifest::Limits;

fn scan(files: &[(&str, &str)]) -> repo::Scan {
    scan_in(checkout(files).path(), &["."], Limits::default())
}

#[test]
fn a_patch_file_is_no_object_but_what_it_says_is_there() {
    let patch = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec:\n  instances: 1\n  affinity: {}\n";
    let files = [
        ("db.yaml", cluster("db")),
        ("patch.yaml", patch),
        ("kustomization.yaml", "namespace: x\nresources: [db.yaml]\npatches: [{path: patch.yaml}]\n"),
    ];
    assert_eq!(found(&files), ["Cluster/db in x by Kustomize ."]);
    let scan = scan(&files);
    let base = only(&scan, "Cluster");
    assert_eq!(value(base, "/spec/instances"), "Number(Int(1))");
    assert_eq!(place(&scan, base, "/spec/instances"), "patch.yaml:5");
    assert_eq!(place(&scan, base, "/spec/affinity"), "patch.yaml:6");
    assert_eq!(place(&scan, base, "/spec/storage/size"), "db.yaml:8");
    assert_eq!(place(&scan, base, "/metadata/namespace"), "kustomization.yaml:1");
    assert_eq!(value(base, "/spec"), "map, open: false", "what no patch adds is absent");
}

#[test]
fn a_json_patch_changes_what_its_target_matches() {
    let kustomization = "resources: [db.yaml]\npatches:\n- target: {kind: Cluster, name: d.*}\n  patch: |-\n    - op: replace\n      path: /spec/storage/size\n      value: 2Gi\n- target: {kind: Cluster, name: other}\n  patch: |-\n    - {op: remove, path: /spec/instances}\n";
    let scan = scan(&[("db.yaml", cluster("db")), ("kustomization.yaml", kustomization)]);
    let object = only(&scan, "Cluster");
    assert_eq!(value(object, "/spec/storage/size"), "String(\"2Gi\")");
    assert_eq!(place(&scan, object, "/spec/storage/size"), "kustomization.yaml:7");
    assert_eq!(value(object, "/spec/instances"), "Number(Int(2))");
    let told: Vec<_> = scan.problems.iter().map(|one| one.rule).collect();
    assert_eq!(told, ["kustomize-no-effect"], "the second patch");
}

#[test]
fn a_component_patches_what_uses_it() {
    let component = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches:\n- target: {kind: Cluster}\n  patch: |-\n    kind: Cluster\n    metadata: {name: any}\n    spec: {instances: 3}\n";
    let scan = scan(&[
        ("app/db.yaml", cluster("db")),
        ("app/kustomization.yaml", "resources: [db.yaml]\ncomponents: [../pool]\n"),
        ("pool/kustomization.yaml", component),
    ]);
    let object = only(&scan, "Cluster");
    assert_eq!(value(object, "/spec/instances"), "Number(Int(3))");
    assert_eq!(place(&scan, object, "/spec/instances"), "pool/kustomization.yaml:8");
}

#[test]
fn a_flux_patch_that_patches_flux_objects_reaches_what_those_deploy() {
    let outer = "  patches:\n  - target: {kind: Kustomization, labelSelector: new=yes}\n    patch: |-\n      kind: Kustomization\n      metadata: {name: any}\n      spec:\n        patches:\n        - target: {kind: Cluster}\n          patch: |-\n            - {op: replace, path: /spec/instances, value: 1}\n";
    let labelled = flux("db", "./base/db", "").replace("name: db", "name: db\n  labels: {new: 'yes'}");
    let run = |inner: &str| {
        let scan = scan(&[
            ("base/db/db.yaml", cluster("db")),
            ("base/db/kustomization.yaml", "resources: [db.yaml]\n"),
            ("apps/ks.yaml", inner),
            ("apps/kustomization.yaml", "resources: [ks.yaml]\n"),
            ("flux/apps.yaml", flux("apps", "./apps", outer)),
        ]);
        value(only(&scan, "Cluster"), "/spec/instances")
    };
    assert_eq!(run(&labelled), "Number(Int(1))");
    assert_eq!(run(flux("db", "./base/db", "")), "Number(Int(2))");
}

#[test]
fn a_json_patch_in_a_file_of_its_own_is_read() {
    let scan = scan(&[
        ("db.yaml", cluster("db")),
        ("size.yaml", "- op: replace\n  path: /spec/storage/size\n  value: 5Gi\n"),
        ("kustomization.yaml", "resources: [db.yaml]\npatches:\n- path: size.yaml\n  target: {name: db}\n"),
    ]);
    let object = only(&scan, "Cluster");
    assert_eq!(value(object, "/spec/storage/size"), "String(\"5Gi\")");
    assert_eq!(place(&scan, object, "/spec/storage/size"), "size.yaml:3");
}
