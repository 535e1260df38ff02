//! What a person sees of repositories that deploy in different ways.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

mod support;

use std::path::Path;
use support::run_in;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is told of one folder, on a day of our choice.
fn check(folder: &str) -> String {
    let folder = format!("fixtures/deployed/{folder}");
    let run = run_in(root(), &["check", "--root", &folder, &folder, "--today", "2026-11-24"], b"");
    assert!(run.code <= 1, "{}", run.err);
    run.out
}

/// What is rendered of one folder.
fn rendered(folder: &str) -> Vec<serde_json::Value> {
    let folder = format!("fixtures/deployed/{folder}");
    let run = run_in(root(), &["inspect", "--rendered", &folder, "--root", &folder, "--format", "json"], b"");
    assert_eq!(run.code, 0, "{}", run.err);
    run.out.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

#[test]
fn a_base_with_two_overlays() {
    insta::assert_snapshot!(check("overlays"));
}

#[test]
fn a_component_of_three_applications() {
    insta::assert_snapshot!(check("component"));
}

#[test]
fn variables_of_flux() {
    insta::assert_snapshot!(check("flux"));
}

#[test]
fn directories_of_an_application_set() {
    insta::assert_snapshot!(check("application-set"));
}

#[test]
fn a_chart_of_the_repository() {
    insta::assert_snapshot!(check("chart"));
}

#[test]
fn values_of_the_cluster_chart() {
    insta::assert_snapshot!(check("cluster-chart"));
}

#[test]
fn a_chart_of_the_repository_rendered_by_helm() {
    let Some(helm) = helm() else { return };
    let folder = "fixtures/deployed/chart";
    let helm = format!("--helm={}", helm.display());
    let run = run_in(root(), &["check", "--root", folder, folder, &helm, "--format", "compact"], b"");
    assert_eq!(run.code, 1, "{}", run.err);
    let told =
        |rule: &str, place: &str| run.out.lines().any(|line| line.contains(rule) && line.contains(place));
    assert!(told("instances-min-2", "chart/argocd/app.yaml:14:22"), "at the value: {}", run.out);
    assert!(told("backup-missing", "chart/argocd/app.yaml:10:11"), "at the name of the chart: {}", run.out);
}

/// The real helm, where it is.
fn helm() -> Option<std::path::PathBuf> {
    let program = std::env::var_os("CNPG_LINT_TOOLS").map(|tools| Path::new(&tools).join("helm"));
    let program = program.filter(|program| program.is_file());
    if program.is_none() {
        assert!(std::env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "no helm in CNPG_LINT_TOOLS");
        eprintln!("SKIPPED: no chart is rendered: CNPG_LINT_TOOLS names no folder with helm");
    }
    program
}

#[test]
fn what_sops_encrypts() {
    insta::assert_snapshot!(check("sops"));
}

#[test]
fn a_rendered_object_says_where_each_of_its_values_is_written() {
    let rendered = rendered("overlays");
    let production =
        |line: &&serde_json::Value| line["environment"]["path"] == "fixtures/deployed/overlays/production";
    let line = rendered.iter().find(production).expect("the overlay");
    assert_eq!(line["environment"]["kind"], "kustomize");
    assert_eq!(line["object"]["namespace"], "shop");
    assert_eq!(line["object"]["name"], "prod-orders");
    assert_eq!(line["value"]["spec"]["instances"], 1);
    let place = |pointer: &str| {
        let place = &line["origins"][pointer];
        let path = place["path"].as_str().expect("a path").trim_start_matches("fixtures/deployed/overlays/");
        format!("{path}:{}:{}", place["line"], place["column"])
    };
    assert_eq!(place("/spec/instances"), "production/smaller.yaml:6:14");
    assert_eq!(place("/spec/storage/size"), "production/kustomization.yaml:14:16");
    assert_eq!(place("/spec/walStorage/size"), "base/database.yaml:11:11");
    assert_eq!(place("/metadata/namespace"), "production/kustomization.yaml:3:12");
    assert_eq!(place("/metadata/name"), "base/database.yaml:4:9");
}

#[test]
fn a_value_of_a_variable_is_where_the_variable_has_it() {
    let rendered = rendered("flux");
    let cluster = |line: &&serde_json::Value| line["object"]["kind"] == "Cluster";
    let line = rendered.iter().find(cluster).expect("the Cluster");
    assert_eq!(line["environment"]["kind"], "flux");
    assert_eq!(line["value"]["spec"]["instances"], 1);
    assert_eq!(line["origins"]["/spec/instances"]["path"], "fixtures/deployed/flux/clusters/home/apps.yaml");
    assert_eq!(line["value"]["spec"]["storage"]["size"], "10Gi");
    assert_eq!(
        line["origins"]["/spec/imageName"]["path"],
        "fixtures/deployed/flux/clusters/home/settings.yaml"
    );
}

#[test]
fn what_kustomize_would_refuse_is_listed_at_its_line() {
    let folder = "fixtures/bad";
    let run = run_in(root(), &["inspect", "--rendered", folder, "--root", folder, "--format", "json"], b"");
    let lines = run.out.lines().map(|line| serde_json::from_str(line).expect("a JSON object"));
    let refused: Vec<serde_json::Value> =
        lines.filter(|line: &serde_json::Value| line["reason"] == "kustomize-build-fails").collect();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert_eq!(refused[0]["location"]["path"], "fixtures/bad/apps/photos/kustomization.yaml");
    assert_eq!(refused[0]["location"]["line"], 8);
}

#[test]
fn what_could_not_be_rendered_is_listed_with_its_reason() {
    let rendered = rendered("chart");
    let line = rendered.iter().find(|line| line["not_rendered"].is_string()).expect("the chart");
    assert_eq!(line["environment"]["kind"], "argocd");
    assert_eq!(line["reason"], "a chart is rendered by Helm, which runs only with --helm");
    assert_eq!(line["location"]["path"], "fixtures/deployed/chart/argocd/app.yaml");
}
