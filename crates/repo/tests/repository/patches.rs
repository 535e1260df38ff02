//! What a patch changes is not known until patches are applied.

use crate::support::{checkout, cluster, flux, found, only, scan_in, value};
use manifest::Limits;

fn scan(files: &[(&str, &str)]) -> repo::Scan {
    scan_in(checkout(files).path(), &["."], Limits::default())
}

#[test]
fn a_patch_file_is_partial_and_hides_what_it_changes() {
    let patch = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1, affinity: {}}\n";
    let files = [
        ("db.yaml", cluster("db")),
        ("patch.yaml", patch),
        ("kustomization.yaml", "namespace: x\nresources: [db.yaml]\npatches: [{path: patch.yaml}]\n"),
    ];
    assert_eq!(found(&files), ["Cluster/db (partial) in x by Kustomize .", "Cluster/db in x by Kustomize ."]);
    let scan = scan(&files);
    let (_, base) = scan.inventory.of_kind("Cluster").next().unwrap();
    assert_eq!(value(base, "/spec/instances"), "unknown: patched by patch.yaml");
    assert_eq!(value(base, "/spec/affinity"), "unknown: patched by patch.yaml", "added by the patch");
    assert_eq!(value(base, "/spec"), "map, open: false", "what no patch adds is absent");
    assert_eq!(value(base, "/spec/storage"), "map, open: false");
}

#[test]
fn a_json_patch_with_a_target_hides_what_it_changes() {
    let kustomization = "resources: [db.yaml]\npatches:\n- target: {kind: Cluster, name: d.*}\n  patch: |-\n    - {op: replace, path: /spec/storage/size, value: 2Gi}\n- target: {kind: Cluster, name: other}\n  patch: |-\n    - {op: remove, path: /spec/instances}\n";
    let scan = scan(&[("db.yaml", cluster("db")), ("kustomization.yaml", kustomization)]);
    let object = only(&scan, "Cluster");
    assert_eq!(value(object, "/spec/storage/size"), "unknown: patched by kustomization.yaml");
    assert_eq!(value(object, "/spec/instances"), "Number(Int(2))");
}

#[test]
fn a_component_patches_what_uses_it() {
    let component = "kind: Component\npatches:\n- target: {kind: Cluster}\n  patch: |-\n    kind: Cluster\n    metadata: {name: any}\n    spec: {instances: 3}\n";
    let scan = scan(&[
        ("app/db.yaml", cluster("db")),
        ("app/kustomization.yaml", "resources: [db.yaml]\ncomponents: [../pool]\n"),
        ("pool/kustomization.yaml", component),
    ]);
    assert_eq!(
        value(only(&scan, "Cluster"), "/spec/instances"),
        "unknown: patched by pool/kustomization.yaml"
    );
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
    assert_eq!(run(&labelled), "unknown: patched by flux/apps.yaml");
    assert_eq!(run(flux("db", "./base/db", "")), "Number(Int(2))");
}
