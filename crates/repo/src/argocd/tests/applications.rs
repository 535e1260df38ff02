//! What is read of an `Application`.

use crate::argocd::application::Application;
use manifest::{Limits, Node, Source, SourceId, read};

fn application(spec: &str) -> Application {
    let text = format!("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n{spec}");
    let source = Source::new("app.yaml", text.into_bytes());
    let document = read(&source, SourceId(0), &Limits::default()).documents.remove(0);
    Application::read(&document.content.unwrap())
}

fn text(node: Option<&Node>) -> Option<&str> {
    node.and_then(Node::as_str)
}

#[test]
fn several_sources_win_over_the_single_one() {
    let read = application(
        "  source: {path: old}\n  sources:\n  - {repoURL: https://charts.example, chart: db, targetRevision: 1.0.0, helm: {valueFiles: [$values/db.yaml]}}\n  - {repoURL: https://git.example/x, ref: values}\n  destination: {namespace: media}\n",
    );
    assert_eq!(read.sources.len(), 2);
    assert_eq!(text(read.sources[0].repo_url.as_ref()), Some("https://charts.example"));
    assert_eq!(read.sources[1].path, None);
    assert_eq!(text(read.destination.as_ref()), Some("media"));
}

#[test]
fn options_of_each_kind_are_read() {
    let read = application(
        "  source:\n    path: apps/x\n    directory: {recurse: true, include: '*.yaml', exclude: 'test/*', jsonnet: {}}\n    kustomize: {namePrefix: a-, nameSuffix: -b, namespace: ns, commonLabels: {x: y}, labelWithoutSelector: true, images: ['a=b:1'], replicas: [{name: d, count: 2}], patches: [{patch: p}], components: [../c]}\n    helm: {releaseName: r, values: 'a: 1', valuesObject: {a: 2}, parameters: [{name: a.b, value: '3', forceString: true}, {value: x}], ignoreMissingValueFiles: true}\n",
    );
    let source = &read.sources[0];
    assert!(source.directory.recurse);
    assert_eq!(text(source.directory.include.as_ref()), Some("*.yaml"));
    let kustomize = source.kustomize.as_ref().unwrap();
    assert_eq!(text(kustomize.name_prefix.as_ref()), Some("a-"));
    assert!(kustomize.label_without_selector && !kustomize.label_include_templates);
    assert_eq!((kustomize.replicas.len(), kustomize.components.len()), (1, 1));
    assert_eq!(text(source.kustomize.as_ref().and_then(|one| one.namespace.as_ref())), Some("ns"));
}
