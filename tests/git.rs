//! `--base`, `--changed` and `--staged` over histories that the real `git` makes.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use insta::assert_snapshot;
use std::path::Path;
use std::process::Command;
use support::{Repository, Run, cluster, run_in};

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: orders
  namespace: shop
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.5
  storage:
    size: 10Gi
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: offsite
";

const STORE: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: offsite
  namespace: shop
spec:
  retentionPolicy: 30d
  configuration:
    destinationPath: s3://shop-backups/
    s3Credentials:
      inheritFromIAMRole: true
";

const SCHEDULE: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: orders-nightly
  namespace: shop
spec:
  cluster:
    name: orders
  schedule: 0 0 2 * * *
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
";

const DATABASE: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Database
metadata:
  name: orders-app
  namespace: shop
spec:
  name: app
  owner: app
  cluster:
    name: orders
";

/// Whether `git` is here; says so if it is not.
fn has_git() -> bool {
    let found = Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        assert!(std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "git is not on the path");
        eprintln!("SKIPPED: git is not on the path");
    }
    found
}

/// A program in a directory, with no setting of the machine and as nobody in particular.
fn program(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "somebody").env(format!("GIT_{who}_EMAIL"), "some@body");
    }
    for set in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(set);
    }
    command
}

fn git_in(directory: &Path, arguments: &str) {
    let output = program("git", directory)
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments.split(' '))
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with one commit on `main`: a Cluster with its store, schedule and database in `db/`.
struct History(Repository);

impl History {
    fn new() -> Self {
        Self::of(&[
            ("db/cluster.yaml", CLUSTER),
            ("db/store.yaml", STORE),
            ("db/schedule.yaml", SCHEDULE),
            ("db/database.yaml", DATABASE),
        ])
    }

    fn of(files: &[(&str, &str)]) -> Self {
        let history = Self(Repository::new(files));
        history.git("init -q -b main .");
        history.commit();
        history
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &str) -> &Self {
        git_in(self.path(), arguments);
        self
    }

    fn commit(&self) -> &Self {
        self.git("add --all").git("commit -q -m change")
    }

    /// Replaces a text in a file of the work tree.
    fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.0.read(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        self.0.write(path, text.replacen(from, to, 1).as_bytes());
        self
    }

    fn check(&self, arguments: &str) -> Run {
        let arguments = format!("check --today 2026-11-24 {arguments}");
        self.0.run(&arguments.split(' ').collect::<Vec<_>>())
    }

    /// What is told of the work tree since the last commit.
    fn changed(&self) -> String {
        let run = self.check("--changed --base HEAD");
        assert!(run.code < 2, "{}", run.err);
        run.out
    }

    /// The same as the rules and places alone.
    fn changed_rules(&self, arguments: &str) -> Vec<String> {
        let run = self.check(&format!("--changed --format compact {arguments}"));
        assert!(run.code < 2, "{}", run.err);
        told(&run)
    }
}

/// The lines of a compact report that are findings, without what they say.
fn told(run: &Run) -> Vec<String> {
    let findings = run.out.lines().filter_map(|line| line.split_once("] "));
    findings.filter(|(head, _)| head.contains('[')).map(|(head, _)| format!("{head}]")).collect()
}

#[test]
fn a_backup_is_removed() {
    if !has_git() {
        return;
    }
    let plugins = CLUSTER.split_once("  plugins:").expect("plugins").1;
    let history = History::new();
    history.edit("db/cluster.yaml", &format!("  plugins:{plugins}"), "");
    assert_snapshot!(history.changed());
}

#[test]
fn retention_is_reduced() {
    if !has_git() {
        return;
    }
    assert_snapshot!(History::new().edit("db/store.yaml", "30d", "7d").changed());
}

#[test]
fn an_archive_moves_in_place() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.edit(
        "db/cluster.yaml",
        "barmanObjectName: offsite",
        "barmanObjectName: offsite\n        serverName: orders-2",
    );
    assert_snapshot!(history.changed());
}

#[test]
fn a_store_moves_in_place() {
    if !has_git() {
        return;
    }
    assert_snapshot!(
        History::new().edit("db/store.yaml", "s3://shop-backups/", "s3://shop-elsewhere/").changed()
    );
}

#[test]
fn a_major_upgrade_without_a_new_archive() {
    if !has_git() {
        return;
    }
    assert_snapshot!(History::new().edit("db/cluster.yaml", ":17.5", ":18.1").changed());
}

#[test]
fn storage_shrinks() {
    if !has_git() {
        return;
    }
    assert_snapshot!(History::new().edit("db/cluster.yaml", "10Gi", "5Gi").changed());
}

#[test]
fn a_field_changes_that_is_fixed() {
    if !has_git() {
        return;
    }
    assert_snapshot!(History::new().edit("db/database.yaml", "name: app\n", "name: shop\n").changed());
}

#[test]
fn a_cluster_is_removed() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.git("rm -q db/cluster.yaml db/database.yaml");
    assert_snapshot!(history.changed());
}

#[test]
fn a_patch_shrinks_what_the_base_asks_for() {
    if !has_git() {
        return;
    }
    let patch = "- op: replace\n  path: /spec/storage/size\n  value: 20Gi\n";
    let overlay = "resources: [../base]\npatches:\n- target: {kind: Cluster}\n  path: size.yaml\n";
    let history = History::of(&[
        ("base/cluster.yaml", CLUSTER),
        ("base/kustomization.yaml", "resources: [cluster.yaml]\n"),
        ("prod/kustomization.yaml", overlay),
        ("prod/size.yaml", patch),
    ]);
    history.edit("prod/size.yaml", "20Gi", "5Gi");
    let rules = history.changed_rules("--base HEAD");
    assert_eq!(rules, ["base/cluster.yaml:10:5: error[update-storage-shrunk]"]);
}

#[test]
fn a_cluster_that_a_chart_may_make_now_is_not_called_deleted() {
    if !has_git() {
        return;
    }
    let history = History::of(&[
        ("db/cluster.yaml", CLUSTER),
        ("db/store.yaml", STORE),
        ("db/kustomization.yaml", "resources: [cluster.yaml, store.yaml]\n"),
    ]);
    history.git("rm -q db/cluster.yaml");
    let removed = |line: &String| line.contains("@HEAD") && line.contains("error[");
    history.edit("db/kustomization.yaml", "cluster.yaml, ", "");
    assert!(history.changed_rules("--base HEAD").iter().any(removed), "nothing makes it");
    history.edit("db/kustomization.yaml", "]", "]\nhelmCharts: [{name: orders}]");
    assert!(!history.changed_rules("--base HEAD").iter().any(removed), "the chart may");
}

#[test]
fn the_only_schedule_is_removed_and_the_store_of_an_archive() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.git("rm -q db/schedule.yaml db/store.yaml");
    let rules = history.changed_rules("--base HEAD");
    let deletions = rules.iter().filter(|line| line.contains("@HEAD")).collect::<Vec<_>>();
    assert_eq!(deletions.len(), 2, "{rules:#?}");
    assert!(
        deletions[0].contains("db/schedule.yaml@HEAD:4:9: warning[scheduled-backup-delete-last]"),
        "{rules:#?}"
    );
    assert!(
        deletions[1].contains("db/store.yaml@HEAD:4:9: warning[objectstore-delete-in-use]"),
        "{rules:#?}"
    );
    // Where the Cluster goes too, nobody misses them.
    history.git("rm -q db/cluster.yaml db/database.yaml");
    let rules = history.changed_rules("--base HEAD");
    assert_eq!(rules.len(), 1, "{rules:#?}");
    assert!(rules[0].contains("cluster-delete-unconfirmed"));
}

#[test]
fn an_announced_deletion_is_none_to_tell() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.edit(
        "db/cluster.yaml",
        "namespace: shop\n",
        "namespace: shop\n  annotations:\n    cnpg-lint.dev/allow-delete: moved away\n",
    );
    history.commit().git("rm -q -r db");
    assert_eq!(history.changed_rules("--base HEAD"), Vec::<String>::new());
    let exempt = History::new();
    exempt.edit(
        "db/cluster.yaml",
        "namespace: shop\n",
        "namespace: shop\n  annotations:\n    cnpg-lint.dev/ignore: 'cluster-delete-unconfirmed: a test'\n",
    );
    exempt.commit().git("rm -q -r db");
    assert_eq!(exempt.changed_rules("--base HEAD"), Vec::<String>::new());
}

#[test]
fn files_and_directories_are_renamed_without_a_finding() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.git("mv db/cluster.yaml db/postgres.yaml");
    assert_eq!(history.changed_rules("--base HEAD"), Vec::<String>::new());
    history.git("mv db database");
    assert_eq!(history.changed_rules("--base HEAD"), Vec::<String>::new());
    // What changes beside is still told.
    history.edit("database/postgres.yaml", "10Gi", "5Gi");
    let rules = history.changed_rules("--base HEAD");
    assert_eq!(rules, ["database/postgres.yaml:10:5: error[update-storage-shrunk]"]);
}

#[test]
fn another_namespace_is_another_database() {
    if !has_git() {
        return;
    }
    let history = History::of(&[("cluster.yaml", CLUSTER)]);
    history.edit("cluster.yaml", "namespace: shop", "namespace: billing");
    let rules = history.changed_rules("--base HEAD");
    assert!(
        rules.iter().any(|line| line.contains("cluster.yaml@HEAD:3:1: error[cluster-delete")),
        "{rules:#?}"
    );
}

#[test]
fn what_no_kustomization_names_any_more_is_removed() {
    if !has_git() {
        return;
    }
    let history = History::of(&[
        ("db/cluster.yaml", CLUSTER),
        ("db/kustomization.yaml", "resources:\n  - cluster.yaml\n  - store.yaml\n"),
        ("db/store.yaml", STORE),
    ]);
    history.edit("db/kustomization.yaml", "  - cluster.yaml\n", "");
    let rules = history.changed_rules("--base HEAD");
    assert_eq!(rules, ["db/cluster.yaml@HEAD:3:1: error[cluster-delete-unconfirmed]"]);
}

#[test]
fn overlays_are_told_apart() {
    if !has_git() {
        return;
    }
    let overlay = "resources: [cluster.yaml]\n";
    let history = History::of(&[
        ("prod/cluster.yaml", CLUSTER),
        ("prod/kustomization.yaml", overlay),
        ("test/cluster.yaml", &CLUSTER.replace("10Gi", "5Gi")),
        ("test/kustomization.yaml", overlay),
    ]);
    // The same names in both: each is compared with itself.
    assert_eq!(history.changed_rules("--base HEAD"), Vec::<String>::new());
    history.edit("test/cluster.yaml", "5Gi", "4Gi");
    let rules = history.changed_rules("--base HEAD");
    assert_eq!(rules, ["test/cluster.yaml:10:5: error[update-storage-shrunk]"]);
}

#[test]
fn a_file_that_cannot_be_read_deletes_nothing() {
    if !has_git() {
        return;
    }
    let history = History::of(&[("cluster.yaml", CLUSTER)]);
    history.edit("cluster.yaml", "  name: orders", "  name: \"orders");
    let run = history.check("--changed --base HEAD --format compact --undecided");
    assert!(run.out.contains("1 error, 0 warnings") && run.out.contains("error[yaml-syntax]"), "{}", run.out);
    assert!(run.out.contains("cluster.yaml cannot be read, and may still deploy it"), "{}", run.out);
}

#[test]
fn what_git_has_but_the_work_tree_does_not_show_is_not_deleted() {
    if !has_git() {
        return;
    }
    let open = |history: &History| {
        let run = history.check("--changed --base HEAD --format compact --undecided");
        assert!(run.out.contains("0 errors, 0 warnings"), "{}", run.out);
        let lines = run.out.lines().filter(|line| line.contains("undecided[cluster-delete-unconfirmed]"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let files = [("a/db.yaml", CLUSTER), ("b/db.yaml", &CLUSTER.replace("orders", "billing"))];
    let sparse = History::of(&files);
    sparse.git("sparse-checkout set --cone a");
    let [line] = &open(&sparse)[..] else { panic!("one line") };
    assert!(line.contains("b/db.yaml is not checked out here"), "{line}");
    sparse.git("sparse-checkout set --cone --sparse-index a");
    assert_eq!(&open(&sparse)[..], [line.as_str()]);
    // Ignored after it was added.
    let ignored = History::of(&files);
    ignored.0.write(".gitignore", b"b/\n");
    let [line] = &open(&ignored)[..] else { panic!("one line") };
    assert!(line.contains("b/db.yaml is ignored here, though Git has it"), "{line}");
    ignored.git("rm -q -r --cached b");
    assert_eq!(ignored.changed_rules("--base HEAD").len(), 1);
    // Not merged: nothing is known of it.
    let merging = History::of(&files);
    merging.git("switch -q -c other").edit("a/db.yaml", "10Gi", "20Gi").commit().git("switch -q main");
    merging.edit("a/db.yaml", "10Gi", "30Gi").commit();
    let merge = program("git", merging.path()).args(["merge", "-q", "other"]).output().expect("git runs");
    assert!(!merge.status.success());
    let run = merging.check("--staged --changed --undecided --format compact");
    assert_eq!(run.code, 3, "{}", run.out);
    assert!(run.err.contains("a/db.yaml: it is not merged"), "{}", run.err);
    assert!(run.out.contains("a/db.yaml cannot be read, and may still deploy it"), "{}", run.out);
}

#[test]
fn every_form_of_a_repository_is_read() {
    if !has_git() {
        return;
    }
    let shrunk = |directory: &Path, arguments: &[&str]| {
        let all = [&["check", "--changed", "--format", "compact"], arguments].concat();
        let run = run_in(directory, &all, b"");
        assert!(run.code == 1 && run.out.contains("update-storage-shrunk"), "{}{}", run.out, run.err);
        run
    };
    let history = History::new();
    history.edit("db/cluster.yaml", "10Gi", "5Gi").git("add db");
    for form in ["gc -q", "update-index --split-index", "update-index --no-split-index --index-version 4"] {
        history.git(form);
        shrunk(history.path(), &["--staged"]);
        shrunk(history.path(), &["--base", "HEAD"]);
    }
    // From a directory below, and with a root below.
    let below = history.path().join("db");
    assert!(shrunk(&below, &["--staged"]).out.starts_with("cluster.yaml:10:5"));
    shrunk(&below, &["--base", "HEAD", "--root", "."]);
    let hashed = Repository::new(&[("db.yaml", CLUSTER)]);
    git_in(hashed.path(), "init -q --object-format=sha256 -b main .");
    git_in(hashed.path(), "add .");
    git_in(hashed.path(), "commit -q -m one");
    hashed.write("db.yaml", CLUSTER.replace("10Gi", "5Gi").as_bytes());
    shrunk(hashed.path(), &["--base", "HEAD"]);
}

#[test]
fn what_cannot_be_decided_about_a_change_is_open_where_something_changed() {
    if !has_git() {
        return;
    }
    let history =
        History::of(&[("db/cluster.yaml", CLUSTER), ("db/store.yaml", &STORE.replace("30d", "${KEPT}"))]);
    let open = |history: &History| {
        let report = history.0.json(&["--changed", "--base", "HEAD"]);
        report["undecided"].as_array().expect("a list").len()
    };
    assert_eq!(open(&history), 0);
    history.edit("db/store.yaml", "${KEPT}", "${KEPT_LONG}");
    assert_eq!(open(&history), 1);
}

#[test]
fn the_name_of_a_branch_of_the_remote_is_proposed() {
    if !has_git() {
        return;
    }
    let origin = History::new();
    origin.git("branch release");
    let clones = Repository::new(&[]);
    git_in(clones.path(), &format!("clone -q {} clone", origin.path().display()));
    let run = run_in(&clones.path().join("clone"), &["check", "--base", "release"], b"");
    assert_eq!(
        (run.code, run.err.as_str()),
        (2, "error: Git knows no commit `release`: do you mean `origin/release`?\n")
    );
}

#[test]
fn what_is_staged_is_judged_whatever_is_in_the_work_tree() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.edit("db/cluster.yaml", "10Gi", "5Gi").git("add db");
    history.edit("db/cluster.yaml", "5Gi", "20Gi");
    history.0.write("db/other.yaml", cluster("other", "1").as_bytes());
    assert_snapshot!(history.check("--staged --changed").out);
    let here = history.changed_rules("--base HEAD");
    assert!(!here.is_empty() && here.iter().all(|line| line.starts_with("db/other.yaml")), "{here:#?}");
}

#[test]
fn what_is_not_staged_is_told_where_it_is_named() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.0.write("db/new.yaml", cluster("new", "3").as_bytes());
    let run = history.check("--staged --changed db/new.yaml");
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(run.err.contains("db/new.yaml: it is not in the index"), "{}", run.err);
    // Deleted here, but not in the index: still judged.
    std::fs::remove_file(history.path().join("db/cluster.yaml")).expect("it is there");
    assert_eq!(history.changed_rules("--staged"), Vec::<String>::new());
}

#[test]
fn ignored_files_count_once_they_are_staged() {
    if !has_git() {
        return;
    }
    let history = History::of(&[(".gitignore", "local/\n"), ("local/db.yaml", &cluster("local", "1"))]);
    assert_eq!(history.0.json(&["--staged"])["summary"]["objects"], 0);
    history.git("add --force local");
    assert_eq!(history.0.json(&[])["summary"]["objects"], 0);
    assert_eq!(history.0.json(&["--staged"])["summary"]["objects"], 1);
}

#[test]
fn only_new_findings_are_told() {
    if !has_git() {
        return;
    }
    let history = History::new();
    let all = history.check("--format compact");
    assert!(told(&all).len() > 3, "{}", all.out);
    history.edit("db/cluster.yaml", "  instances: 3\n", "  # one is enough\n  instances: 1\n");
    let run = history.check("--changed --base HEAD");
    assert_snapshot!(run.out);
    assert!(run.err.contains("there at HEAD already"), "{}", run.err);
}

#[test]
fn a_finding_whose_reason_is_taken_away_is_new() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history
        .edit("db/cluster.yaml", "instances: 3", "instances: 1 # cnpg-lint: ignore[instances-min-2] small")
        .commit();
    assert_eq!(history.changed_rules("--base HEAD"), Vec::<String>::new());
    history.edit("db/cluster.yaml", " # cnpg-lint: ignore[instances-min-2] small", "");
    assert_eq!(history.changed_rules("--base HEAD"), ["db/cluster.yaml:7:14: error[instances-min-2]"]);
}

#[test]
fn a_branch_is_compared_with_where_it_began() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.git("switch -q -c feature");
    history.edit("db/store.yaml", "30d", "20d").commit().git("switch -q main");
    // Meanwhile somebody else adds a database, and takes less time to keep backups.
    history.0.write("db/other.yaml", cluster("other", "3").as_bytes());
    history.edit("db/store.yaml", "30d", "10d").commit().git("switch -q feature");
    let reduced = "db/store.yaml:7:20: warning[retention-reduced]";
    assert_eq!(history.changed_rules("--base main"), [reduced]);
    assert_eq!(history.changed_rules("--base main..."), [reduced]);
    let exact = history.changed_rules("--base main..");
    assert_eq!(exact, ["db/other.yaml@main:3:1: error[cluster-delete-unconfirmed]"]);
}

#[test]
fn the_default_branch_of_the_remote_is_the_default_base() {
    if !has_git() {
        return;
    }
    let origin = History::new();
    let clones = Repository::new(&[]);
    let url = origin.path().display();
    git_in(clones.path(), &format!("clone -q {url} clone"));
    let clone = clones.path().join("clone");
    clones.write("clone/db/store.yaml", STORE.replace("30d", "7d").as_bytes());
    git_in(&clone, "commit -q -a -m less");
    let run = run_in(&clone, &["check", "--changed", "--format", "compact"], b"");
    assert_eq!(told(&run), ["db/store.yaml:7:20: warning[retention-reduced]"], "{}", run.err);
    // A second worktree has a file `.git` only.
    git_in(&clone, "worktree add -q ../second -b second origin/main");
    let second = run_in(&clones.path().join("second"), &["check", "--changed", "--format", "compact"], b"");
    assert_eq!((told(&second).len(), second.code), (0, 0), "{}{}", second.out, second.err);
    // Of a clone without history only the last commit is known.
    git_in(clones.path(), &format!("clone -q --depth 1 file://{} shallow", clone.display()));
    let shallow = run_in(&clones.path().join("shallow"), &["check", "--base", "HEAD~1"], b"");
    assert_eq!((shallow.code, shallow.out.as_str()), (2, ""));
    assert!(shallow.err.contains("`HEAD~1`") && shallow.err.contains("fetch-depth: 0"), "{}", shallow.err);
}

#[test]
fn what_cannot_be_compared_is_wrong_usage() {
    if !has_git() {
        return;
    }
    let history = History::new();
    let said = |arguments: &str| {
        let run = history.check(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        run.err
    };
    let outside = Repository::new(&[("db.yaml", CLUSTER)]);
    let staged = outside.run(&["check", "--staged"]);
    assert_eq!(staged.code, 2);
    let unborn = Repository::new(&[("db.yaml", CLUSTER)]);
    git_in(unborn.path(), "init -q -b main .");
    let first = unborn.run(&["check", "--staged", "--changed"]);
    assert_eq!(first.code, 2);
    let errors = [
        said("--base mian"),
        said("--base main:db/cluster.yaml"),
        said("--base main..main"),
        said("--changed"),
        staged
            .err
            .replace(&outside.path().canonicalize().expect("a path").display().to_string(), "DIR")
            .replace(&outside.path().display().to_string(), "DIR"),
        first.err,
    ];
    assert_snapshot!(errors.concat());
}

#[test]
fn submodules_and_lfs_pointers_are_named() {
    if !has_git() {
        return;
    }
    let other = History::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let history = History::of(&[("db/cluster.yaml", CLUSTER), ("big.yaml", pointer)]);
    history.git(&format!("submodule add -q {} vendored", other.path().display()));
    let report = history.0.json(&["--staged"]);
    let not_linted = serde_json::to_string(&report["summary"]["not_linted"]).expect("JSON");
    assert_eq!(
        not_linted,
        r#"[{"path":"big.yaml","reason":"lfs-pointer"},{"path":"vendored","reason":"submodule"}]"#
    );
}

#[test]
fn a_hook_judges_what_is_committed() {
    if !has_git() {
        return;
    }
    let history = History::new();
    let hook = format!(
        "#!/bin/sh\nexec '{}' check --staged --changed --format compact\n",
        env!("CARGO_BIN_EXE_cnpg-lint")
    );
    let hook = history.0.write(".git/hooks/pre-commit", hook.as_bytes());
    let mode = Command::new("chmod").arg("+x").arg(&hook).status().expect("chmod");
    assert!(mode.success());
    let commit = |arguments: &[&str]| {
        let output = program("git", history.path()).arg("commit").args(arguments).output().expect("git runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
        )
    };
    history.edit("db/cluster.yaml", "10Gi", "5Gi");
    // Nothing is staged yet: the hook is shown an index of its own.
    let (is_done, said) = commit(&["-q", "-a", "-m", "smaller"]);
    assert!(!is_done && said.contains("update-storage-shrunk"), "{said}");
    history.edit("db/cluster.yaml", "5Gi", "20Gi");
    let (is_done, said) = commit(&["-q", "-a", "-m", "larger"]);
    assert!(is_done, "{said}");
}

#[test]
fn both_doors_say_the_same_of_a_change() {
    if !has_git() {
        return;
    }
    let history = History::new();
    history.edit("db/store.yaml", "30d", "7d");
    let report = history.0.json(&["--changed", "--base", "HEAD"]);
    let message = report["findings"][0]["message"].as_str().expect("a finding").to_owned();
    let object = |retention: &str| {
        serde_json::json!({
            "apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
            "metadata": {"name": "offsite", "namespace": "shop"},
            "spec": {"retentionPolicy": retention, "configuration": {
                "destinationPath": "s3://shop-backups/", "s3Credentials": {"inheritFromIAMRole": true}}},
        })
    };
    let review = serde_json::json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "1", "operation": "UPDATE", "name": "offsite", "namespace": "shop",
            "kind": {"group": "barmancloud.cnpg.io", "version": "v1", "kind": "ObjectStore"},
            "resource": {"group": "barmancloud.cnpg.io", "version": "v1", "resource": "objectstores"},
            "userInfo": {"username": "somebody"}, "object": object("7d"), "oldObject": object("30d"),
        },
    });
    let answer = history.0.run_with(&["review", "-"], review.to_string().as_bytes());
    assert!(answer.out.contains(&message), "{message}\n{}", answer.out);
}
