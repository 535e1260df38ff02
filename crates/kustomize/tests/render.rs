//! What is rendered, and that every value keeps the place where it was written.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod common;

use common::Memory;
use kustomize::{Build, Edits, Limits, NotRenderedKind, ProblemKind, Root, UncertainKind, build};
use manifest::Node;

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: db
spec:
  instances: 3
  storage:
    size: 1Gi
";

fn one<'b>(build: &'b Build, kind: &str) -> &'b kustomize::Resource {
    let is_it =
        |resource: &&kustomize::Resource| resource.node.get("kind").and_then(Node::as_str) == Some(kind);
    build.resources.iter().find(is_it).unwrap_or_else(|| panic!("no {kind}: {:?}", build.problems))
}

fn text(node: &Node, pointer: &str) -> String {
    node.pointer(pointer).map_or_else(|| "nothing".to_owned(), manifest::to_json)
}

fn fatal(build: &Build) -> Vec<ProblemKind> {
    build.problems.iter().filter(|problem| problem.fatal).map(|problem| problem.kind).collect()
}

#[test]
fn a_patch_in_a_string_is_placed_to_the_byte() {
    let kustomization = "\
resources: [db.yaml]
patches:
  - target:
      kind: Cluster
    patch: |
      kind: Cluster
      metadata:
        name: any
      spec:
        instances: 1
        storage:
          storageClass: fast
  - target: {kind: Cluster}
    patch: |-
      - op: replace
        path: /spec/storage/size
        value: 9Gi
      - op: add
        path: /spec/logLevel
        value: debug
";
    let files = Memory::new(&[("a/kustomization.yaml", kustomization), ("a/db.yaml", CLUSTER)]);
    let build = files.build("a");
    assert_eq!(build.problems, []);
    let cluster = one(&build, "Cluster");
    let origin = |pointer| files.origin(&cluster.node, pointer);
    assert_eq!(origin("/spec/instances"), "a/kustomization.yaml:10: 1");
    assert_eq!(origin("/spec/storage/storageClass"), "a/kustomization.yaml:12: fast");
    assert_eq!(origin("/spec/storage/size"), "a/kustomization.yaml:17: 9Gi");
    assert_eq!(origin("/spec/logLevel"), "a/kustomization.yaml:20: debug");
    assert_eq!(origin("/metadata/name"), "a/db.yaml:4: db");
    let keys = cluster.node.at(&["spec", "storage"]).and_then(Node::as_map).map(|map| &map.entries);
    let keys = keys.into_iter().flatten().map(|entry| files.spot(entry.key_origin.span));
    assert_eq!(keys.collect::<Vec<_>>(), ["a/db.yaml:8: size", "a/kustomization.yaml:12: storageClass"]);
    let changed: Vec<String> = cluster.changed_by.iter().map(|span| files.spot(*span)).collect();
    assert_eq!(
        changed,
        ["a/kustomization.yaml:3: target:", "a/kustomization.yaml:13: target: {kind: Cluster}"]
    );
    assert_eq!((cluster.path.as_str(), cluster.document, cluster.base.as_str()), ("a/db.yaml", 0, ""));
    assert_eq!(build.read, ["a/db.yaml", "a/kustomization.yaml"]);
}

#[test]
fn a_patch_in_a_file_is_placed_there() {
    let files = Memory::new(&[
        ("a/kustomization.yaml", "resources: [../base]\npatches:\n- path: p.yaml\n"),
        (
            "a/p.yaml",
            "kind: Cluster\napiVersion: postgresql.cnpg.io/v1\nmetadata: {name: db}\nspec:\n  instances: 5\n",
        ),
        ("base/kustomization.yaml", "resources: [db.yaml]\n"),
        ("base/db.yaml", CLUSTER),
    ]);
    let build = files.build("a");
    assert_eq!(files.origin(&one(&build, "Cluster").node, "/spec/instances"), "a/p.yaml:5: 5");
    assert_eq!(files.origin(&one(&build, "Cluster").node, "/spec/storage/size"), "base/db.yaml:8: 1Gi");
}

#[test]
fn fields_of_a_kustomization_are_the_place_of_what_they_set() {
    let kustomization = "\
namespace: shop
namePrefix: eu-
labels:
  - pairs:
      team: data
commonAnnotations:
  note: why
resources: [db.yaml]
";
    let files = Memory::new(&[("kustomization.yaml", kustomization), ("db.yaml", CLUSTER)]);
    let build = files.build("");
    let cluster = one(&build, "Cluster");
    let origin = |pointer| files.origin(&cluster.node, pointer);
    assert_eq!(text(&cluster.node, "/metadata/name"), "\"eu-db\"");
    assert_eq!(origin("/metadata/name"), "db.yaml:4: db");
    let name = cluster.node.at(&["metadata", "name"]).and_then(|name| name.origin.used_at);
    assert_eq!(name.map(|span| files.spot(span)).as_deref(), Some("kustomization.yaml:2: eu-"));
    assert_eq!(origin("/metadata/namespace"), "kustomization.yaml:1: shop");
    assert_eq!(origin("/metadata/labels/team"), "kustomization.yaml:5: data");
    assert_eq!(origin("/metadata/annotations/note"), "kustomization.yaml:7: why");
    assert_eq!(cluster.original_name.as_deref(), Some("db"));
}

#[test]
fn generated_objects_point_at_what_they_are_made_of() {
    let files = Memory::new(&[
        (
            "kustomization.yaml",
            "configMapGenerator:\n- name: conf\n  literals:\n  - a=b\n  files: [x.conf]\n  envs: [y.env]\n",
        ),
        ("x.conf", "text"),
        ("y.env", "# none\nKEY=value\n"),
    ]);
    let build = files.build("");
    let config = one(&build, "ConfigMap");
    let origin = |pointer| files.origin(&config.node, pointer);
    assert_eq!(origin("/data/a"), "kustomization.yaml:4: a=b");
    assert_eq!(origin("/data/x.conf"), "x.conf:1: text");
    assert_eq!(origin("/data/KEY"), "y.env:2: KEY=value");
    assert_eq!(config.path, "kustomization.yaml");
    assert_eq!(config.original_name.as_deref(), Some("conf"));
    assert_eq!(build.read, ["kustomization.yaml", "x.conf", "y.env"]);
}

#[test]
fn a_replacement_keeps_the_place_of_its_source() {
    let kustomization = "\
resources: [db.yaml]
replacements:
  - source: {kind: Cluster, fieldPath: spec.storage.size}
    targets:
      - select: {kind: Cluster}
        fieldPaths: [metadata.name]
";
    let files = Memory::new(&[("kustomization.yaml", kustomization), ("db.yaml", CLUSTER)]);
    let build = files.build("");
    assert_eq!(text(&one(&build, "Cluster").node, "/metadata/name"), "\"1Gi\"");
    assert_eq!(files.origin(&one(&build, "Cluster").node, "/metadata/name"), "db.yaml:8: 1Gi");
}

#[test]
fn edits_stand_beside_the_file() {
    let files = Memory::new(&[
        ("app/kustomization.yaml", "namespace: written\nresources: [db.yaml]\n"),
        ("app/db.yaml", CLUSTER),
        (
            "part/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nlabels: [{pairs: {a: b}}]\n",
        ),
        (
            "flux.yaml",
            "targetNamespace: wins\npatches:\n- target: {kind: Cluster}\n  patch: |\n    - {op: replace, path: /spec/instances, value: 7}\ncomponents: [../part]\n",
        ),
    ]);
    let flux = files.node("flux.yaml").cloned();
    let list = |key| {
        flux.as_ref().and_then(|node| node.get(key)).and_then(Node::as_list).unwrap_or_default().to_vec()
    };
    let edits = Edits {
        namespace: flux.as_ref().and_then(|node| node.get("targetNamespace")).cloned(),
        patches: list("patches"),
        components: list("components"),
        ..Edits::default()
    };
    let build = files.build_with("app", &edits);
    assert_eq!(build.problems, []);
    let cluster = one(&build, "Cluster");
    assert_eq!(files.origin(&cluster.node, "/metadata/namespace"), "flux.yaml:1: wins");
    assert_eq!(files.origin(&cluster.node, "/spec/instances"), "flux.yaml:5: 7");
    assert_eq!(text(&cluster.node, "/metadata/labels/a"), "\"b\"");
}

#[test]
fn a_generated_root_takes_what_is_found() {
    let files = Memory::new(&[
        ("app/db.yaml", CLUSTER),
        ("app/sub/kustomization.yaml", "resources: [c.yaml]\n"),
        ("app/sub/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"),
    ]);
    let resources = ["app/db.yaml".to_owned(), "app/sub".to_owned()];
    let build =
        build(&files, Root::Generated { dir: "app", resources: &resources }, None, &Limits::default());
    assert_eq!(build.problems, []);
    assert_eq!(build.resources.len(), 2);
}

#[test]
fn what_others_make_is_named() {
    let kustomization = "\
resources: [db.yaml, 'https://example.org/base?ref=v1']
helmCharts:
  - {name: redis, version: '1', namespace: cache}
transformers: [plugin.yaml]
generators: [ksops.yaml]
patches:
  - target: {kind: Deployment}
    patch: '[]'
";
    let files = Memory::new(&[("kustomization.yaml", kustomization), ("db.yaml", CLUSTER)]);
    let build = files.build("");
    let kinds: Vec<NotRenderedKind> = build.not_rendered.iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [
            NotRenderedKind::Remote,
            NotRenderedKind::Chart,
            NotRenderedKind::Generator,
            NotRenderedKind::Transformer
        ]
    );
    let chart = build.not_rendered.iter().find_map(|one| one.chart.clone()).unwrap_or_default();
    assert_eq!((chart.name.as_deref(), chart.namespace.as_deref()), (Some("redis"), Some("cache")));
    // What the patch is aimed at may be in the remote base.
    assert_eq!(build.problems, []);
    let doubts: Vec<UncertainKind> =
        one(&build, "Cluster").uncertain.iter().map(|doubt| doubt.kind).collect();
    assert_eq!(doubts, [UncertainKind::Transformer]);
}

#[test]
fn a_skipped_file_makes_nothing_certain() {
    let kustomization = "\
resources: [db.yaml, other.yaml]
configMapGenerator: [{name: c, files: [x.txt]}]
patches:
  - {target: {kind: Deployment}, patch: '[]'}
  - path: p.yaml
replacements:
  - {source: {kind: Deployment}, targets: [{select: {kind: Cluster}, fieldPaths: [spec.x]}]}
";
    let mut files = Memory::new(&[("kustomization.yaml", kustomization), ("db.yaml", CLUSTER)]);
    files.skipped = ["other.yaml", "x.txt", "p.yaml"].map(str::to_owned).to_vec();
    let build = files.build("");
    assert_eq!(build.problems, []);
    let config = one(&build, "ConfigMap");
    assert_eq!(config.uncertain.iter().map(|doubt| doubt.kind).collect::<Vec<_>>(), [UncertainKind::Unread]);
    assert!(config.node.at(&["metadata", "name"]).is_some_and(|name| name.unknown_reason().is_some()));
}

#[test]
fn the_rest_is_rendered_beside_a_problem() {
    let kustomization = "\
resources:
  - gone.yaml
  - db.yaml
patches:
  - target: {kind: Cluster}
    patch: |
      - {op: replace, path: /spec/instances, value: 2}
      - {op: remove, path: /spec/gone}
  - target: {kind: Pooler}
    patch: '[]'
";
    let files = Memory::new(&[("kustomization.yaml", kustomization), ("db.yaml", CLUSTER)]);
    let build = files.build("");
    assert_eq!(fatal(&build), [ProblemKind::Missing, ProblemKind::PatchFailed]);
    let spots: Vec<String> = build.problems.iter().map(|problem| files.spot(problem.span)).collect();
    assert_eq!(spots, ["kustomization.yaml:2: gone.yaml", "kustomization.yaml:8: /spec/gone"]);
    let cluster = one(&build, "Cluster");
    assert_eq!(cluster.uncertain.len(), 1);
}

#[test]
fn a_patch_that_changes_nothing_is_told() {
    let files = Memory::new(&[
        ("kustomization.yaml", "resources: [db.yaml]\npatches:\n- target: {kind: Pooler}\n  patch: '[]'\n"),
        ("db.yaml", CLUSTER),
    ]);
    let build = files.build("");
    let told: Vec<_> = build.problems.iter().map(|problem| (problem.kind, problem.fatal)).collect();
    assert_eq!(told, [(ProblemKind::PatchWithoutTarget, false)]);
}
