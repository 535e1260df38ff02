//! No checkout makes a build panic or go on without end.

mod common;

use common::Memory;
use kustomize::{Limits, ProblemKind, Root, build};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A line of a kustomization in one of a few directories.
fn line() -> impl Strategy<Value = String> {
    let dir = prop::sample::select(vec![
        "../a",
        "../b",
        "../c",
        ".",
        "..",
        "../../x",
        "obj.yaml",
        "gone",
        "../b/obj.yaml",
        "",
    ]);
    let patch = prop::sample::select(vec![
        "- {op: copy, from: /spec, path: /spec/more}",
        "- {op: add, path: /metadata/name, value: {a: b}}",
        "- {op: replace, path: '', value: 1}",
        "- {op: remove, path: /metadata}",
        "- {op: remove, path: /kind}",
        "- {op: move, from: /spec, path: /spec/spec}",
        "- {op: add, path: /spec/list/-9, value: 1}",
        "{kind: ConfigMap, metadata: {name: one}, $patch: delete}",
        "{kind: ConfigMap, metadata: {name: one}, metadata: null}",
        "{kind: ConfigMap, apiVersion: v1, metadata: [name]}",
        "[",
        "text",
    ]);
    let field = prop::sample::select(vec![
        "metadata",
        "spec.list.0",
        "spec.list.*.name",
        "spec.[a=(].x",
        "spec.x.y",
        "0",
        "",
        "*",
        "[=x]",
    ]);
    prop_oneof![
        (prop::sample::select(vec!["resources", "components", "bases"]), dir).prop_map(|(key, dir)| format!("{key}: [obj.yaml, '{dir}']")),
        patch.prop_map(|patch| format!("patches: [{{target: {{kind: '.*'}}, patch: \"{patch}\"}}]")),
        (field.clone(), field, any::<bool>()).prop_map(|(from, to, create)| format!(
            "replacements: [{{source: {{kind: ConfigMap, fieldPath: '{from}'}}, targets: [{{select: {{kind: ConfigMap}}, \
             fieldPaths: ['{to}'], options: {{create: {create}, delimiter: x, index: -1}}}}]}}]"
        )),
        Just("namePrefix: p-".to_owned()),
        Just("namespace: n".to_owned()),
        Just("commonLabels: {a: b}".to_owned()),
        Just("kind: Component".to_owned()),
        Just("replicas: [{name: one, count: x}]".to_owned()),
        Just("images: [{name: '(', newTag: 1}]".to_owned()),
        Just("configMapGenerator: [{name: one, behavior: merge, literals: [a=b, a=c, =], files: [obj.yaml, '=']}]".to_owned()),
        Just("labels: 7".to_owned()),
        Just("patches: [1, {}, {path: obj.yaml}]".to_owned()),
        Just("&a [*a".to_owned()),
    ]
}

const OBJECT: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, spec: {list: [{name: a}, b, 1, null]}}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_ends(lines in prop::collection::vec(prop::collection::vec(line(), 0..5), 3), anywhere: bool) {
        let texts: Vec<String> = lines.iter().map(|lines| lines.join("\n")).collect();
        let mut files = vec![("a/obj.yaml", OBJECT), ("b/obj.yaml", OBJECT), ("c/obj.yaml", OBJECT)];
        let names = ["a/kustomization.yaml", "b/kustomization.yaml", "c/kustomization.yaml"];
        files.extend(names.iter().zip(&texts).map(|(name, text)| (*name, text.as_str())));
        let memory = Memory::new(&files);
        let limits = Limits { files_anywhere: anywhere, directories: 50, nodes: 100_000, ..Limits::default() };
        let built = build(&memory, Root::Directory("a"), None, &limits);
        // The same every time.
        let again = build(&memory, Root::Directory("a"), None, &limits);
        prop_assert_eq!(built.problems, again.problems);
        prop_assert_eq!(built.resources.len(), again.resources.len());
    }
}

/// Builds, and fails if that takes too long for what is asked.
fn quickly(files: &[(String, String)], dir: &str) -> kustomize::Build {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let memory = Memory::new(&files);
    let started = Instant::now();
    let limits = Limits { nodes: 300_000, ..Limits::default() };
    let built = build(&memory, Root::Directory(dir), None, &limits);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    built
}

#[test]
fn doubling_overlays_are_bounded() {
    let mut files = vec![
        ("d0/kustomization.yaml".to_owned(), "resources: [o.yaml]".to_owned()),
        ("d0/o.yaml".to_owned(), OBJECT.to_owned()),
    ];
    for level in 1..40 {
        for side in ["l", "r"] {
            let below = level - 1;
            let inner = if below == 0 { "../d0".to_owned() } else { format!("../d{below}l, ../d{below}r") };
            files.push((
                format!("d{level}{side}/kustomization.yaml"),
                format!("namePrefix: {side}\nresources: [{inner}]"),
            ));
        }
    }
    let built = quickly(&files, "d39l");
    assert!(built.problems.iter().any(|problem| problem.kind == ProblemKind::TooLarge));
}

#[test]
fn copies_that_double_are_bounded() {
    let steps = (0..60).map(|at| format!("      - {{op: copy, from: /spec, path: /spec/more{at}}}\n"));
    let steps: String = steps.collect();
    let kustomization =
        format!("resources: [o.yaml]\npatches:\n  - target: {{kind: ConfigMap}}\n    patch: |\n{steps}");
    let files = [("kustomization.yaml".to_owned(), kustomization), ("o.yaml".to_owned(), OBJECT.to_owned())];
    let built = quickly(&files, "");
    assert!(built.problems.iter().any(|problem| problem.kind == ProblemKind::PatchFailed));
}

#[test]
fn many_objects_and_patches_take_a_moment() {
    let objects: Vec<String> = (0..1500)
        .map(|at| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{a: b}}\n"))
        .collect();
    let patches: Vec<String> = (0..1500)
        .map(|at| format!("  - {{target: {{kind: ConfigMap, name: c{at}}}, patch: '[{{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"{at}\"}}]'}}\n"))
        .collect();
    let kustomization =
        format!("resources: [o.yaml]\nnamePrefix: x-\nnamespace: shop\npatches:\n{}", patches.concat());
    let files =
        [("kustomization.yaml".to_owned(), kustomization), ("o.yaml".to_owned(), objects.join("---\n"))];
    let built = quickly(&files, "");
    assert_eq!(built.problems, []);
    assert_eq!(built.resources.len(), 1500);
}
