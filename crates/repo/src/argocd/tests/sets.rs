//! What sets make.

use super::Case;
use manifest::{Node, Part, Value};

const DIRECTORIES: &[(&str, &str)] = &[
    ("k8s/apps/ai/ollama/app.yaml", ""),
    ("k8s/apps/ai/litellm/app.yaml", ""),
    ("k8s/apps/media/immich/app.yaml", ""),
    ("k8s/apps/media/immich/deep/er/app.yaml", ""),
    ("k8s/apps/media/My_App/app.yaml", ""),
    ("k8s/apps/media/.hidden/app.yaml", ""),
    ("k8s/apps/readme.yaml", ""),
];

fn named(generators: &str, name: &str) -> String {
    format!("generators:\n{generators}\ntemplate:\n  metadata: {{name: \"{name}\"}}\n  spec: {{}}\n")
}

fn names(spec: &str, files: &[(&str, &str)]) -> Vec<String> {
    let names = Case::new(spec, files).values("/metadata/name");
    names.into_iter().map(|name| name.trim_matches('"').to_owned()).collect()
}

#[test]
fn directories_become_applications_in_order() {
    let git =
        "- git: {repoURL: x, directories: [{path: k8s/apps/*/*}, {path: k8s/apps/*/ollama, exclude: true}]}";
    let spec = named(git, "{{path.basename}}-{{path[2]}}-{{ path.basenameNormalized }}-{{path[9]}}");
    assert_eq!(
        names(&spec, DIRECTORIES),
        [
            "litellm-ai-litellm-{{path[9]}}",
            "My_App-media-my-app-{{path[9]}}",
            "immich-media-immich-{{path[9]}}"
        ]
    );
}

#[test]
fn two_stars_mean_no_more_than_one() {
    let git = |glob| format!("- git: {{repoURL: x, directories: [{{path: \"{glob}\"}}]}}");
    assert_eq!(
        names(&named(&git("k8s/apps/**"), "{{path}}"), DIRECTORIES),
        ["k8s/apps/ai", "k8s/apps/media"]
    );
    assert_eq!(names(&named(&git("k8s/apps/ai"), "{{path}}"), DIRECTORIES), ["k8s/apps/ai"]);
    assert_eq!(names(&named(&git("*"), "{{path}}"), DIRECTORIES), ["k8s"]);
    assert_eq!(
        names(&named(&git("k8s/apps/*/[il]*"), "{{path.basename}}"), DIRECTORIES),
        ["litellm", "immich"]
    );
}

#[test]
fn paths_in_both_languages() {
    let git = "- git: {repoURL: x, directories: [{path: k8s/apps/ai/o*}]}";
    let go = named(git, "{{ .path.basename }}-{{ index .path.segments 1 }}-{{ .path.path }}");
    assert_eq!(names(&format!("goTemplate: true\n{go}"), DIRECTORIES), ["ollama-apps-k8s/apps/ai/ollama"]);
    let prefix = "- git: {repoURL: x, pathParamPrefix: app, directories: [{path: k8s/apps/ai/o*}], values: {m: \"x-{{app.path.basename}}\"}}";
    assert_eq!(names(&named(prefix, "{{app.path[1]}}-{{values.m}}"), DIRECTORIES), ["apps-x-ollama"]);
    let prefix = prefix.replace("{{app.path", "{{.app.path");
    let go = named(&prefix, "{{ .app.path.basename }}-{{ .values.m }}");
    assert_eq!(names(&format!("goTemplate: true\n{go}"), DIRECTORIES), ["ollama-x-ollama"]);
}

#[test]
fn a_list_gives_its_elements() {
    let list = "- list: {elements: [{name: a, url: x, values: {ns: one}}, {name: b}]}";
    assert_eq!(names(&named(list, "{{name}}-{{values.ns}}"), &[]), ["a-one", "b-{{values.ns}}"]);
    let go = named(
        "- list: {elements: [{name: a, db: {size: 3}}, {name: b}]}",
        "{{ .name }}-{{ dig \\\"db\\\" \\\"size\\\" 1 . }}",
    );
    assert_eq!(names(&format!("goTemplate: true\n{go}"), &[]), ["a-3", "b-1"]);
    let yaml = "- list:\n    elementsYaml: |\n      - name: z\n";
    assert_eq!(names(&named(yaml, "{{name}}"), &[]), ["z"]);
    let odd = named("- list: {elements: [{name: a, replicas: 3}]}", "{{name}}");
    assert_eq!(
        Case::new(&odd, &[]).reasons(),
        ["Argo CD refuses it: the element's `replicas` is no text; without goTemplate all must be"]
    );
}

#[test]
fn files_give_what_they_hold() {
    let files = [
        ("sites/a/config.yaml", "name: a\ndb: {size: 3, tags: [x, z]}\n"),
        ("sites/b/deep/config.yaml", "[{name: b1}, {name: b2}]\n"),
        ("sites/c/config.yaml", "name: c\n"),
    ];
    let git = "- git: {repoURL: x, files: [{path: sites/*/config.yaml}, {path: sites/c/*, exclude: true}]}";
    let plain = named(git, "{{name}}-{{db.size}}-{{db.tags.1}}-{{path.basename}}-{{path.filename}}");
    assert_eq!(
        names(&plain, &files),
        [
            "a-3-z-a-config.yaml",
            "b1-{{db.size}}-{{db.tags.1}}-deep-config.yaml",
            "b2-{{db.size}}-{{db.tags.1}}-deep-config.yaml"
        ]
    );
    let go = named(git, "{{ .name }}-{{ .path.filenameNormalized }}-{{ with .db }}{{ .size }}{{ end }}");
    assert_eq!(
        names(&format!("goTemplate: true\n{go}"), &files),
        ["a-config.yaml-3", "b1-config.yaml-", "b2-config.yaml-"]
    );
}

#[test]
fn a_file_that_was_not_read_leaves_holes() {
    let git = "- git: {repoURL: x, files: [{path: sites/*/config.json}]}";
    let case = Case::new(&named(git, "{{name}}-{{path.basename}}"), &[("sites/a/config.json", "")]);
    let case = Case {
        repository: super::Repository {
            files: [("sites/a/config.json".to_owned(), None)].into(),
            ..case.repository
        },
        ..case
    };
    let (nodes, undecided) = case.made();
    assert_eq!(undecided, []);
    let Value::Partial(name) = &nodes[0].pointer("/metadata/name").unwrap().value else { panic!() };
    assert_eq!(name.parts, [Part::Hole, Part::Text("-a".to_owned())]);
}

#[test]
fn a_matrix_multiplies_and_passes_values_on() {
    let matrix = "- matrix:\n    generators:\n    - list: {elements: [{group: ai}, {group: media}]}\n    - git: {repoURL: x, directories: [{path: \"k8s/apps/{{group}}/*\"}]}";
    assert_eq!(
        names(&named(matrix, "{{group}}-{{path.basename}}"), DIRECTORIES),
        ["ai-litellm", "ai-ollama", "media-My_App", "media-immich"]
    );
    let go = named(&matrix.replace("{{group}}", "{{ .group }}"), "{{ .group }}-{{ .path.basename }}");
    assert_eq!(names(&format!("goTemplate: true\n{go}"), DIRECTORIES).len(), 4);
    let clash =
        "- matrix:\n    generators:\n    - list: {elements: [{a: x}]}\n    - list: {elements: [{a: z}]}";
    assert_eq!(
        Case::new(&named(clash, "{{a}}"), &[]).reasons(),
        ["Argo CD refuses it: both generators give `a`, with different values"]
    );
    assert_eq!(names(&format!("goTemplate: true\n{}", named(clash, "{{ .a }}")), &[]), ["x"]);
}

#[test]
fn a_merge_overrides_by_keys() {
    let merge = "- merge:\n    mergeKeys: [name]\n    generators:\n    - list: {elements: [{name: a, ns: one}, {name: b, ns: one}]}\n    - list: {elements: [{name: b, ns: two}, {name: c, ns: three}]}";
    assert_eq!(names(&named(merge, "{{name}}-{{ns}}"), &[]), ["a-one", "b-two"]);
    let go = named(merge, "{{ .name }}-{{ .ns }}");
    assert_eq!(names(&format!("goTemplate: true\n{go}"), &[]), ["a-one", "b-two"]);
    let twice = merge.replace("name: b, ns: one", "name: a, ns: one");
    assert_eq!(
        Case::new(&named(&twice, "{{name}}"), &[]).reasons(),
        ["Argo CD refuses it: two sets of parameters have the same name"]
    );
}

#[test]
fn a_selector_chooses() {
    let list = "- list: {elements: [{name: a, env: prod}, {name: b, env: test}, {name: c}]}\n  selector: ";
    let chosen = |selector: &str| names(&named(&format!("{list}{selector}"), "{{name}}"), &[]);
    assert_eq!(chosen("{matchLabels: {env: prod}}"), ["a"]);
    assert_eq!(chosen("{matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}"), ["b", "c"]);
    assert_eq!(chosen("{matchExpressions: [{key: env, operator: Exists}]}"), ["a", "b"]);
    assert_eq!(chosen("{matchExpressions: [{key: env, operator: DoesNotExist}]}"), ["c"]);
}

#[test]
fn what_asks_a_cluster_is_named_and_leaves_holes() {
    let spec = "generators:\n- clusters: {}\ntemplate:\n  metadata: {name: 'x-{{name}}'}\n  spec: {source: {path: k8s/apps/ai}, destination: {server: '{{server}}'}}\n";
    let case = Case::new(spec, DIRECTORIES);
    let (nodes, undecided) = case.made();
    assert_eq!(undecided[0].reason, "the generator `clusters` asks a cluster or a forge");
    assert_eq!(case.text(undecided[0].origin.span), "set.yaml: {}");
    assert_eq!(nodes[0].pointer("/spec/source/path").and_then(Node::as_str), Some("k8s/apps/ai"));
    assert!(nodes[0].pointer("/spec/destination/server").unwrap().unknown_reason().is_some());
    assert!(matches!(nodes[0].pointer("/metadata/name").unwrap().value, Value::Partial(_)));
    let matrix = "- matrix:\n    generators:\n    - clusters: {}\n    - git: {repoURL: x, directories: [{path: k8s/apps/ai/*}]}";
    let case = Case::new(&named(matrix, "{{name}}-{{path.basename}}"), DIRECTORIES);
    assert_eq!(case.made().0.len(), 2);
    let elsewhere = named("- git: {repoURL: x, directories: [{path: other/*}]}", "x");
    assert_eq!(
        Case::new(&elsewhere, DIRECTORIES).reasons(),
        ["nothing in this checkout is what the git generator looks for"]
    );
}

#[test]
fn values_know_where_they_come_from() {
    let git = "generators:\n- git: {repoURL: x, directories: [{path: k8s/apps/ai/o*}]}\n- git: {repoURL: x, files: [{path: c.yaml}]}\ntemplate:\n  metadata: {name: fixed}\n  spec: {source: {path: '{{path}}'}, project: '{{project}}', destination: {namespace: ns}}\n";
    let case = Case::new(git, &[("k8s/apps/ai/ollama/a.yaml", ""), ("c.yaml", "project: infra\n")]);
    let (nodes, _) = case.made();
    let places = |node: &Node, pointer: &str| {
        let origin = node.pointer(pointer).unwrap().origin;
        (case.text(origin.span), origin.used_at.map(|span| case.text(span)))
    };
    let used = |text: &str| Some(format!("set.yaml: {text}"));
    assert_eq!(
        places(&nodes[0], "/spec/source/path"),
        ("set.yaml: k8s/apps/ai/o*".into(), used("'{{path}}'"))
    );
    assert_eq!(places(&nodes[1], "/spec/project"), ("c.yaml: infra".into(), used("'{{project}}'")));
    assert_eq!(places(&nodes[1], "/spec/destination/namespace"), ("set.yaml: ns".into(), None));
    assert_eq!(places(&nodes[1], "/metadata/namespace"), ("set.yaml: argocd".into(), None));
    assert_eq!(nodes[0].get("kind").and_then(Node::as_str), Some("Application"));
}

#[test]
fn a_generator_may_have_its_own_template() {
    let spec = "generators:\n- list:\n    elements: [{name: a}]\n    template: {metadata: {}, spec: {project: own, source: {path: p}}}\n- list: {elements: [{name: b}]}\ntemplate:\n  metadata: {name: '{{name}}'}\n  spec: {project: default, source: {repoURL: x}}\n";
    let case = Case::new(spec, &[]);
    assert_eq!(case.values("/spec/project"), ["\"own\"", "\"default\""]);
    assert_eq!(case.values("/spec/source")[0], r#"{"path":"p","repoURL":"x"}"#);
}

#[test]
fn a_template_patch_is_laid_over() {
    let spec = |patch: &str| {
        format!(
            "goTemplate: true\ngenerators:\n- list: {{elements: [{{name: a, files: [x.yaml, y.yaml]}}, {{name: b}}]}}\ntemplate:\n  metadata: {{name: '{{{{ .name }}}}'}}\n  spec: {{project: default, source: {{repoURL: x, targetRevision: HEAD}}}}\ntemplatePatch: |\n{patch}"
        )
    };
    let patch = "  spec:\n    source:\n      targetRevision: null\n      helm:\n        valueFiles:\n        {{- range .files }}\n        - {{ . }}\n        {{- end }}\n";
    let case = Case::new(&spec(patch), &[]);
    assert_eq!(
        case.values("/spec/source")[0],
        r#"{"repoURL":"x","helm":{"valueFiles":["x.yaml","y.yaml"]}}"#
    );
    let case = Case::new(&spec("  spec: {{ .name | sha256sum }}\n"), &[]);
    assert_eq!(case.made().0, []);
    assert_eq!(case.reasons().len(), 2);
    assert!(case.reasons()[0].starts_with("templatePatch depends on "));
}

#[test]
fn an_error_of_a_template_refuses_the_set() {
    let spec = "goTemplate: true\ngoTemplateOptions: [missingkey=error]\ngenerators:\n- list: {elements: [{name: a}]}\ntemplate:\n  metadata: {name: '{{ .nmae }}'}\n  spec: {}\n";
    let case = Case::new(spec, &[]);
    assert_eq!(case.reasons(), ["Argo CD refuses it: a template uses `nmae`, which no generator gives"]);
    assert_eq!(case.made().0, []);
}
