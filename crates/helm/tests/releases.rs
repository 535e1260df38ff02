//! What Flux, Argo CD and kustomize ask of Helm.

mod common;

use common::{Text, nowhere};
use helm::ValueFile;
use manifest::{Node, manifests, to_json};

fn values(text: &Text) -> String {
    text.release().merged(&nowhere).map_or_else(|| "nothing".to_owned(), |node| to_json(&node))
}

#[test]
fn a_flux_release_finds_its_chart_through_its_source() {
    let text = Text::new(
        "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: db, namespace: shop},\
         spec: {chartRef: {kind: OCIRepository, name: cnpg-cluster, namespace: flux-system}, releaseName: pg}}",
    );
    let mut release = text.release();
    let source = release.source.clone().unwrap();
    assert_eq!((source.kind.as_str(), source.name.as_str()), ("OCIRepository", "cnpg-cluster"));
    assert_eq!(source.namespace.as_deref(), Some("flux-system"));
    let oci = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: cnpg-cluster}\n\
               spec: {url: oci://ghcr.io/cloudnative-pg/charts/cluster, ref: {tag: 0.3.1}}\n";
    let file = manifest::Source::new("oci.yaml", oci.as_bytes().to_vec());
    let reading = manifest::read(&file, manifest::SourceId(1), &manifest::Limits::default());
    let object = manifests(&reading.documents[0]).pop().unwrap();
    assert!(release.locate(&object));
    assert!(helm::is_cluster_chart(&release));
    assert_eq!(release.version.as_ref().and_then(Node::as_str), Some("0.3.1"));
    assert_eq!(release.name.as_str(), Some("pg"));
}

#[test]
fn argo_cd_gives_values_as_text_object_and_parameters() {
    let text = Text::new(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: db}
spec:
  destination: {namespace: shop}
  source:
    chart: cluster
    repoURL: https://cloudnative-pg.github.io/charts
    targetRevision: 0.3.1
    helm:
      values: |
        cluster:
          instances: 2
          logLevel: debug
      parameters:
        - {name: cluster.instances, value: \"3\"}
        - {name: cluster.storage.size, value: 5Gi}
        - {name: cluster.annotations.example\\.org/x, value: \"1\", forceString: true}
",
    );
    let release = text.release();
    assert!(helm::is_cluster_chart(&release));
    assert_eq!(release.namespace.as_ref().and_then(Node::as_str), Some("shop"));
    assert_eq!(
        values(&text),
        r#"{"cluster":{"instances":3,"logLevel":"debug","storage":{"size":"5Gi"},"annotations":{"example.org/x":"1"}}}"#
    );
    let merged = release.merged(&nowhere).unwrap();
    assert_eq!(text.written(&merged, "/cluster/storage/size"), "5Gi");
    assert_eq!(text.written(&merged, "/cluster/logLevel"), "debug");
}

#[test]
fn an_object_of_values_wins_over_the_text() {
    let text = Text::new(
        "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: db}, spec: {source: {chart: c,\
         helm: {values: \"a: 1\", valuesObject: {b: 2}}}}}",
    );
    assert_eq!(values(&text), r#"{"b":2}"#);
}

#[test]
fn each_chart_among_several_sources_is_a_release() {
    let text = Text::new(
        "{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: {name: dbs}, spec: {template: {\
         metadata: {name: 'db-{{ name }}'}, spec: {sources: [{chart: a, repoURL: x}, {repoURL: y, ref: values},\
         {path: charts/b, helm: {releaseName: b, valueFiles: [values.yaml]}}]}}}}",
    );
    let releases = text.releases();
    let charts: Vec<_> = releases.iter().filter_map(|one| one.chart.as_ref()?.raw_text()).collect();
    assert_eq!(charts, ["a", "charts/b"]);
    assert!(releases[0].name.unknown_reason().is_some());
    assert_eq!(releases[1].name.as_str(), Some("b"));
    assert!(matches!(&releases[1].values[0], ValueFile::Path(path) if path.as_str() == Some("values.yaml")));
}

#[test]
fn kustomize_lays_inline_values_over_its_file_unless_told_otherwise() {
    let chart = |merge: &str| {
        Text::new(&format!(
            "helmCharts:\n- name: cluster\n  releaseName: db\n  valuesFile: db.yaml\n  valuesInline: {{a: 1}}\n{merge}"
        ))
    };
    let file = |file: &ValueFile| matches!(file, ValueFile::Path(_)).then(|| Text::new("a: 2\nb: 2").node);
    for (merge, expected) in [
        ("", r#"{"a":1,"b":2}"#),
        ("  valuesMerge: merge", r#"{"a":2,"b":2}"#),
        ("  valuesMerge: replace", r#"{"a":1}"#),
    ] {
        let merged = chart(merge).release().merged(&file).unwrap();
        assert_eq!(to_json(&merged), expected, "{merge}");
    }
}

#[test]
fn a_parameter_for_an_item_of_a_list_leaves_the_list_undecided() {
    let text = Text::new(
        "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: db}, spec: {source: {chart: c,\
         helm: {valuesObject: {a: {b: [1]}}, parameters: [{name: 'a.b[0].c', value: x}]}}}}",
    );
    let merged = text.release().merged(&nowhere).unwrap();
    assert!(merged.pointer("/a/b").unwrap().unknown_reason().is_some());
}

#[test]
fn other_objects_ask_for_nothing() {
    assert!(Text::new("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").releases().is_empty());
}
