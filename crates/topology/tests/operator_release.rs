//! Which CloudNativePG a repository installs.

mod common;

use common::Repository;

const CLUSTER: &str = "
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: web, namespace: web}
spec: {instances: 2, storage: {size: 1Gi}}
";

fn helm_release(name: &str, chart: &str) -> String {
    format!(
        "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n\
         metadata: {{name: {name}, namespace: cnpg-system}}\nspec: {{chart: {{spec: {{{chart}}}}}}}\n"
    )
}

/// The minor of the operator, the release whose fields are known, and what tells it.
fn told(more: &str) -> Vec<String> {
    let questions = ["cluster.operator_minor", "schema.release", "schema.told_by"];
    Repository::of(&format!("{CLUSTER}{more}")).ask_all("Cluster", "web", &questions)
}

#[test]
fn a_chart_tells_the_release() {
    let flux = helm_release("cnpg", "chart: cloudnative-pg, version: 0.28.2");
    assert_eq!(told(&flux), ["29", "1.29.2", "HelmRelease cnpg"]);
    let argo = "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cnpg}\n\
                spec: {sources: [{chart: other, targetRevision: 0.29.0}, {chart: cloudnative-pg, targetRevision: 0.27.0}]}\n";
    assert_eq!(told(argo), ["28", "1.28.4", "Application cnpg"]);
    let oci = "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: cnpg}\n\
               spec: {url: 'oci://ghcr.io/cloudnative-pg/charts/cloudnative-pg', ref: {tag: 0.29.0}}\n";
    assert_eq!(told(oci), ["30", "1.30.0", "OCIRepository cnpg"]);
}

#[test]
fn an_image_tells_the_release() {
    let image = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cnpg-controller-manager}\n\
                 spec: {template: {spec: {containers: [{name: manager, image: 'ghcr.io/cloudnative-pg/cloudnative-pg:1.29.0'}]}}}\n";
    assert_eq!(told(image), ["29", "1.29.2", "Deployment cnpg-controller-manager"]);
}

#[test]
fn without_one_answer_the_newest_counts() {
    let nothing = ["null", "1.30.0", "null"];
    assert_eq!(told(""), nothing);
    assert_eq!(told(&helm_release("cnpg", "chart: cloudnative-pg, version: '>=0.27.0'")), nothing);
    assert_eq!(told(&helm_release("cnpg", "chart: cloudnative-pg, version: '${CHART}'")), nothing);
    assert_eq!(told(&helm_release("cnpg", "chart: other, version: 0.28.2")), nothing);
    let two = helm_release("one", "chart: cloudnative-pg, version: 0.28.2")
        + &helm_release("two", "chart: cloudnative-pg, version: 0.29.0");
    assert_eq!(told(&two), nothing);
}

#[test]
fn patches_of_one_minor_agree() {
    let two = helm_release("one", "chart: cloudnative-pg, version: 0.28.2")
        + &helm_release("two", "chart: cloudnative-pg, version: 0.28.0");
    assert_eq!(told(&two), ["29", "1.29.2", "HelmRelease one"]);
}
