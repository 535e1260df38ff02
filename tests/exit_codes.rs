//! The fixed exit codes, and what bad input gets.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use std::fmt::Write as _;
use support::{Repository, cluster, findings};

/// Instances and image are all that these tests look at.
const ONLY: &str = "rules:\n  backup-missing: off\n  wal-storage-missing: off\n";

const HEAD: &str = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\n";

fn repository(files: &[(&str, &str)]) -> Repository {
    let repository = Repository::new(files);
    repository.write(".cnpg-lint.yaml", ONLY.as_bytes());
    repository
}

#[test]
fn clean_is_0_and_findings_are_1() {
    let good = repository(&[("db.yaml", &cluster("orders", "3"))]).run(&["check"]);
    assert_eq!((good.code, good.err.as_str()), (0, ""), "{}", good.out);
    let bad = repository(&[("db.yaml", &cluster("orders", "1"))]).run(&["check"]);
    assert_eq!(bad.code, 1);
    assert!(bad.out.contains("error[instances-min-2]"), "{}", bad.out);
}

#[test]
fn the_severity_that_fails_can_be_chosen() {
    let repository = repository(&[("db.yaml", &cluster("orders", "1"))]);
    assert_eq!(repository.run(&["check", "--fail-on", "never"]).code, 0);
    repository.write(".cnpg-lint.yaml", format!("{ONLY}  instances-min-2: warning\n").as_bytes());
    assert_eq!(repository.run(&["check"]).code, 0);
    assert_eq!(repository.run(&["check", "--fail-on", "warning"]).code, 1);
}

#[test]
fn wrong_usage_is_2() {
    let repository = repository(&[("db.yaml", &cluster("orders", "3"))]);
    assert_eq!(repository.run(&["chek"]).code, 2);
    assert_eq!(repository.run(&["check", "--format", "xml"]).code, 2);
    assert_eq!(repository.run(&["check", "--output", "sarif"]).code, 2);
    assert_eq!(repository.run(&["--help"]).code, 0);
}

#[test]
fn a_broken_configuration_is_2_and_shows_the_place() {
    let repository = repository(&[("db.yaml", &cluster("orders", "3"))]);
    repository.write(".cnpg-lint.yaml", b"rules:\n  instances-min-3: off\n");
    let run = repository.run(&["check"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains(".cnpg-lint.yaml:2:3"), "{}", run.err);
    assert!(run.err.contains("instances-min-2"), "{}", run.err);
}

#[test]
fn a_path_that_is_not_there_is_3_and_the_rest_is_judged() {
    let repository = repository(&[("db.yaml", &cluster("orders", "3"))]);
    let run = repository.run(&["check", "db.yaml", "gone.yaml"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("gone.yaml"), "{}", run.err);
    assert!(run.summary().contains("1 object judged"), "{}", run.out);
    repository.write("bad.yaml", cluster("billing", "1").as_bytes());
    assert_eq!(repository.run(&["check", "bad.yaml", "gone.yaml"]).code, 1, "findings come first");
}

#[test]
fn nothing_judged_is_4_where_objects_are_required() {
    let repository =
        Repository::new(&[("app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")]);
    assert_eq!(repository.run(&["check"]).code, 0);
    assert_eq!(repository.run(&["check", "--require-objects"]).code, 4);
}

#[test]
fn strict_makes_undecided_an_incomplete_run() {
    let repository = repository(&[("db.yaml", &cluster("orders", "${INSTANCES}"))]);
    assert_eq!(repository.run(&["check"]).code, 0);
    let strict = repository.run(&["check", "--strict"]);
    assert_eq!(strict.code, 3);
    assert!(strict.out.contains("spec.instances is ${INSTANCES}"), "{}", strict.out);
}

#[test]
fn what_cannot_be_read_is_told_at_its_place_and_the_rest_is_judged() {
    let deep = format!("{HEAD}a: {}1{}\n", "[".repeat(2000), "]".repeat(2000));
    let mut bomb = format!("{HEAD}a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{items}]");
    }
    let repository = repository(&[
        ("db.yaml", &cluster("orders", "1")),
        ("deep.yaml", &deep),
        ("bomb.yaml", &bomb),
        (
            "broken.yaml",
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec: [a\n---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: after, namespace: shop}\nspec: {instances: 1, imageName: 'x:17.5', storage: {size: 1Gi}}\n",
        ),
    ]);
    repository.write("latin.yaml", b"apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nname: caf\xe9\n");
    repository.write("binary.yaml", b"\x00\x01\x02\napiVersion: postgresql.cnpg.io/v1\n\xff\xfe");
    let report = repository.json(&[]);
    let found = findings(&report);
    for rule in ["yaml-syntax", "limit-exceeded", "not-utf8"] {
        assert!(found.iter().any(|finding| finding.starts_with(rule)), "{rule}: {found:?}");
    }
    assert_eq!(
        found.iter().filter(|finding| *finding == "instances-min-2 /spec/instances").count(),
        2,
        "{found:?}"
    );
    let not_linted = report["summary"]["not_linted"].as_array().expect("list");
    for path in ["deep.yaml", "bomb.yaml", "broken.yaml", "latin.yaml", "binary.yaml"] {
        assert!(not_linted.iter().any(|file| file["path"] == path), "{path}: {not_linted:?}");
    }
    assert_eq!(repository.run(&["check"]).code, 1);
}

#[test]
fn a_file_over_the_bound_is_told_and_not_read() {
    let repository = repository(&[("db.yaml", &cluster("orders", "3"))]);
    let mut large = HEAD.as_bytes().to_vec();
    large.resize(100 << 20, b'#');
    repository.write("large.yaml", &large);
    let run = repository.run(&["check"]);
    assert!(run.summary().contains("1 too large"), "{}", run.out);
    assert_eq!(repository.run(&["check", "--max-file-size", "1KiB", "large.yaml"]).code, 0);
}

#[test]
fn ten_thousand_documents_in_one_file_are_all_judged() {
    let documents: Vec<_> = (0..10_000).map(|number| cluster(&format!("db-{number}"), "3")).collect();
    let text = documents.join("---\n");
    let run = repository(&[("all.yaml", &text)]).run(&["check"]);
    assert_eq!(run.code, 0, "{}", run.summary());
    assert!(run.summary().contains("10000 documents, 10000 objects judged"), "{}", run.summary());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_so_a_loop_ends() {
    let repository = repository(&[("a/db.yaml", &cluster("orders", "1"))]);
    std::os::unix::fs::symlink("..", repository.path().join("a/loop")).expect("a link");
    let found = findings(&repository.json(&[]));
    assert_eq!(found.iter().filter(|finding| finding.starts_with("instances-min-2")).count(), 1, "{found:?}");
}

#[test]
fn standard_input_is_judged_whatever_stands_in_it() {
    let repository = Repository::new(&[]);
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: postgresql.cnpg.io/v1\n  kind: Cluster\n  metadata: {name: orders, namespace: shop}\n  spec:\n    instances: 1\n    storage: {size: 1Gi}\n- apiVersion: postgresql.cnpg.io/v1\n  kind: ScheduledBackup\n  metadata: {name: nightly, namespace: shop}\n  spec: {schedule: '0 0 2 * * *', cluster: {name: nowhere}}\n";
    let run = repository.run_with(&["check", "--format", "json", "-"], list.as_bytes());
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let found = findings(&report);
    assert!(found.contains(&"instances-min-2 /spec/instances".to_owned()), "{found:?}");
    assert!(found.contains(&"scheduled-backup-orphan /spec/cluster/name".to_owned()), "{found:?}");
    assert_eq!(report["findings"][0]["location"]["path"], "-");
    assert_eq!(run.code, 1);
}
