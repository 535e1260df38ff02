//! Which files are read, what of them is kept, and what is said of the others.

use crate::support::{checkout, cluster, found, found_at, lines, scan_in};
use manifest::Limits;

fn unlinted(files: &[(&str, &str)]) -> Vec<(String, &'static str)> {
    let scan = scan_in(checkout(files).path(), &["."], Limits::default());
    scan.not_linted.into_iter().map(|one| (one.path, one.reason.id())).collect()
}

#[test]
fn a_checkout_without_databases_gives_nothing() {
    let dir = checkout(&[("a.yaml", "kind: Secret\nmetadata: {name: x}\n"), ("b.yaml", ": [broken")]);
    let scan = scan_in(dir.path(), &["."], Limits::default());
    assert_eq!((scan.files, scan.infos.len(), scan.inventory.objects().count()), (2, 0, 0));
    assert_eq!((scan.not_linted.len(), scan.unavailable.len()), (0, 0));
}

#[test]
fn other_kinds_are_kept_where_they_are_tied_to_a_database() {
    let policy = |name: &str, namespace: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        )
    };
    let db = cluster("db").replace("name: db", "name: db\n  namespace: data");
    let db = format!("{db}  superuserSecret: {{name: root-login}}\n");
    let files = [
        ("kustomization.yaml", "resources: [db.yaml, secrets.yaml, app.yaml, near.yaml, far.yaml]\n"),
        ("db.yaml", db.as_str()),
        (
            "secrets.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: root-login}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: unrelated}\n",
        ),
        (
            "app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {host: db-rw.data.svc}\n",
        ),
        ("near.yaml", &policy("near", "data")),
        ("far.yaml", &policy("far", "elsewhere")),
    ];
    assert_eq!(
        found(&files),
        [
            "Cluster/db in data by Kustomize .",
            "Deployment/app in Unset by Kustomize .",
            "NetworkPolicy/near in data by Kustomize .",
            "Secret/root-login in Unset by Kustomize .",
        ]
    );
}

#[test]
fn hidden_directories_are_read_and_ignored_files_are_not() {
    let files = [
        (".gitignore", "out/\n"),
        (".hidden/db.yaml", cluster("hidden")),
        ("out/db.yaml", cluster("ignored")),
        (".git/db.yaml", cluster("git")),
    ];
    assert_eq!(found(&files), ["Cluster/hidden is not deployed"]);
    assert_eq!(found_at(&files, &["out"])[1], "Cluster/ignored in Unset by Directory out");
}

#[test]
fn a_file_is_read_by_its_name_whatever_its_extension() {
    assert_eq!(found_at(&[("db.txt", cluster("db"))], &["db.txt"]), ["Cluster/db in Unset by Directory ."]);
}

#[test]
fn what_cannot_be_judged_is_listed_with_its_reason() {
    let template = format!("{{{{- if .Values.db }}}}\n{}", cluster("db"));
    let files = [
        ("chart/Chart.yaml", "name: chart\n"),
        ("chart/templates/db.yaml", template.as_str()),
        ("db.jsonnet", "{apiVersion: 'postgresql.cnpg.io/v1'}"),
        ("broken.yaml", "apiVersion: postgresql.cnpg.io/v1\nkind: [Cluster\n"),
        ("loose.yaml", &template),
    ];
    let expected = [
        ("broken.yaml", "unparsable"),
        ("chart/templates/db.yaml", "helm-template"),
        ("db.jsonnet", "jsonnet"),
        ("loose.yaml", "helm-template"),
    ];
    assert_eq!(unlinted(&files), expected.map(|(path, reason)| (path.to_owned(), reason)));
}

#[test]
fn a_program_that_makes_databases_is_listed_where_its_project_says_what_it_is() {
    let program = "const db = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster' };\n";
    let files = [
        (".gitignore", "/infra/bin/\n"),
        ("apps/index.ts", program),
        ("charts/cdk8s.yaml", "language: python\n"),
        ("charts/main.py", program),
        ("infra/Pulumi.yaml", "name: infra\nruntime: nodejs\n"),
        ("infra/Pulumi.prod.yaml", "config:\n  db: {type: 'kubernetes:postgresql.cnpg.io/v1:Cluster'}\n"),
        ("infra/bin/index.js", program),
        ("infra/index.ts", program),
        ("infra/node_modules/db/index.js", program),
        ("infra/other.ts", "const none = 1;\n"),
        ("infra/src/db.ts", program),
        ("infra/src/db.yaml", cluster("db")),
        ("main.tf", "apiVersion = \"postgresql.cnpg.io/v1\"\n"),
    ];
    let expected = [
        ("charts/main.py", "cdk8s"),
        ("infra/Pulumi.prod.yaml", "pulumi"),
        ("infra/index.ts", "pulumi"),
        ("infra/src/db.ts", "pulumi"),
        ("main.tf", "terraform"),
    ];
    assert_eq!(unlinted(&files), expected.map(|(path, reason)| (path.to_owned(), reason)));
    assert_eq!(found(&files), ["Cluster/db in Unset by Directory infra/src"]);
}

#[test]
fn a_file_over_the_bound_is_listed_where_it_mentions_a_database() {
    let big = format!("{}# {}\n", cluster("db"), "x".repeat(2000));
    let dir = checkout(&[("big.yaml", &big), ("other.yaml", &"x".repeat(2000)), ("db.yaml", cluster("db"))]);
    let scan = scan_in(dir.path(), &["."], Limits { bytes: 1000, ..Limits::default() });
    let listed: Vec<_> = scan.not_linted.iter().map(|one| (one.path.as_str(), one.reason.id())).collect();
    assert_eq!(listed, [("big.yaml", "too-large")]);
    assert_eq!(lines(&scan), ["Cluster/db in Unset by Directory ."]);
}

#[test]
fn what_is_not_there_is_said() {
    let dir = checkout(&[("db.yaml", cluster("db"))]);
    let scan = scan_in(dir.path(), &["missing.yaml", "db.yaml"], Limits::default());
    assert_eq!(scan.unavailable.len(), 1);
    assert!(scan.unavailable[0].named && scan.unavailable[0].path == "missing.yaml");
    assert_eq!(lines(&scan), ["Cluster/db in Unset by Directory ."]);
}

#[cfg(unix)]
#[test]
fn a_link_back_to_its_directory_is_not_followed() {
    let dir = checkout(&[("a/db.yaml", cluster("db"))]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).unwrap();
    let scan = scan_in(dir.path(), &["."], Limits::default());
    assert_eq!(lines(&scan), ["Cluster/db in Unset by Directory a"]);
}

#[test]
fn bytes_that_are_no_text_end_nothing() {
    let dir = checkout(&[("db.yaml", cluster("db"))]);
    let mut binary = b"kind: x\napiVersion: postgresql.cnpg.io/v1\n".to_vec();
    binary.extend([0xff, 0xfe, 0x00]);
    std::fs::write(dir.path().join("binary.yaml"), binary).unwrap();
    let scan = scan_in(dir.path(), &["."], Limits::default());
    assert_eq!(lines(&scan), ["Cluster/db in Unset by Directory ."]);
    assert_eq!(scan.not_linted[0].path, "binary.yaml");
    assert_eq!(scan.not_linted[0].reason.id(), "not-utf8");
}

#[test]
fn an_assertion_of_a_test_is_partial() {
    let files = [("tests/01-assert.yaml", cluster("db"))];
    assert_eq!(found(&files), ["Cluster/db (partial) in Unset by Directory tests"]);
}

#[test]
fn findings_are_wanted_for_what_was_named() {
    let dir = checkout(&[("a/db.yaml", cluster("one")), ("b/db.yaml", cluster("two"))]);
    let scan = scan_in(dir.path(), &["a"], Limits::default());
    let named: Vec<_> =
        scan.sources.iter().map(|(id, source)| (source.path().to_owned(), scan.is_named(id))).collect();
    assert_eq!(named, [("a/db.yaml".to_owned(), true), ("b/db.yaml".to_owned(), false)]);
}
