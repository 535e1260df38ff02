//! What a rule reads of a Cluster's PostgreSQL: its version, its parameters, the room it has.

mod common;

use common::Repository;

/// A Cluster `web` with these lines below `spec`, and more objects.
fn ask_beside(spec: &str, more: &str, questions: &[&str]) -> Vec<String> {
    let indented = spec.replace('\n', "\n  ");
    let cluster = format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: web, namespace: web}}\nspec:\n  instances: 2\n  {indented}\n{more}"
    );
    Repository::of(&cluster).ask_all("Cluster", "web", questions)
}

fn ask(spec: &str, questions: &[&str]) -> Vec<String> {
    ask_beside(spec, "", questions)
}

const CATALOG: &str = "---
apiVersion: postgresql.cnpg.io/v1
kind: ClusterImageCatalog
metadata: {name: postgresql}
spec:
  images:
  - {major: 16, image: 'ghcr.io/cloudnative-pg/postgresql:16.9-system-bookworm'}
  - {major: 17, image: 'ghcr.io/cloudnative-pg/postgresql:17.5-standard-bookworm'}
";

fn from_catalog(major: &str) -> String {
    format!(
        "imageCatalogRef: {{apiGroup: postgresql.cnpg.io, kind: ClusterImageCatalog, name: postgresql, major: {major}}}"
    )
}

#[test]
fn the_version_is_in_the_tag_or_the_catalog() {
    let questions = ["postgres.source", "postgres.major", "postgres.minor", "postgres.flavor"];
    let image = "imageName: ghcr.io/cloudnative-pg/postgresql:17.5-minimal-bookworm@sha256:a0";
    assert_eq!(ask(image, &questions), ["imageName", "17", "5", "minimal"]);
    assert_eq!(
        ask_beside(&from_catalog("17"), CATALOG, &questions),
        ["imageCatalogRef", "17", "5", "standard"]
    );
    let image = "imageName: ghcr.io/cloudnative-pg/postgresql:17";
    assert_eq!(ask(image, &questions), ["imageName", "17", "null", "null"]);
    assert_eq!(ask("storage: {size: 1Gi}", &questions[..2]), ["default", "unknown: the operator's choice"]);
}

#[test]
fn a_catalog_may_have_no_image_for_the_version() {
    let has_image = ["postgres.has_image"];
    assert_eq!(ask_beside(&from_catalog("17"), CATALOG, &has_image), ["true"]);
    assert_eq!(ask_beside(&from_catalog("18"), CATALOG, &has_image), ["false"]);
    let two = [&CATALOG.replace("major: 17", "major: 18"), CATALOG].concat();
    assert_eq!(ask_beside(&from_catalog("18"), &two, &has_image), ["true"]);
    assert_eq!(ask_beside(&from_catalog("17"), &two, &has_image), ["true"]);
    assert_eq!(
        ask(&from_catalog("17"), &has_image),
        ["unknown: not known: ClusterImageCatalog postgresql is not in the repository"]
    );
}

#[test]
fn settings_come_from_the_cluster_the_operator_and_postgresql() {
    let spec = "imageName: p/postgresql:17.5\npostgresql: {parameters: {work_mem: 16MB, jit: 'off', random_page_cost: '1.1'}}";
    let questions = [
        "settings[work_mem].number",
        "settings[wal_keep_size].text",
        "settings[max_wal_size].number",
        "settings[shared_buffers].text",
        "settings[jit].is_on",
        "settings[random_page_cost].thousandths",
        "settings[max_connections].is_set",
    ];
    assert_eq!(ask(spec, &questions), ["16777216", "512MB", "1073741824", "128MB", "false", "1100", "false"]);
}

#[test]
fn what_versions_have_in_common_needs_no_version() {
    let spec = "postgresql: {parameters: {work_mem: 16MB, io_method: worker, wal_compression: zstd}}";
    let questions = [
        "postgres.parameters.0.exists",
        "postgres.parameters.1.exists",
        "postgres.parameters.1.versions",
        "postgres.parameters.2.problem",
    ];
    let unknown = "unknown: not known: the version of PostgreSQL is the operator's choice";
    assert_eq!(ask(spec, &questions), ["true", unknown, "18", "null"]);
}

#[test]
fn the_operators_own_parameters() {
    let replica = "bootstrap: {recovery: {source: main}}\nreplica: {enabled: true, source: main}\n";
    let always = "postgresql: {parameters: {archive_mode: always}}";
    let fixed = ["postgres.parameters.0.is_fixed"];
    assert_eq!(ask(always, &fixed), ["true"]);
    assert_eq!(ask(&[replica, always].concat(), &fixed), ["false"]);
    assert_eq!(ask("postgresql: {parameters: {archive_mode: 'on'}}", &fixed), ["false"]);
}

#[test]
fn volumes_and_what_they_hold() {
    let questions = ["volumes.0.size", "volumes.0.holds_wal", "volumes.0.storage_class"];
    assert_eq!(ask("storage: {size: 1Gi, storageClass: fast}", &questions), ["1073741824", "true", "fast"]);
    let template = "storage:\n  pvcTemplate: {storageClassName: slow, resources: {requests: {storage: 1k}}}\nwalStorage: {size: 1Gi}";
    assert_eq!(ask(template, &questions), ["1000", "false", "slow"]);
    assert_eq!(ask("storage: {size: 10GB}", &["volumes.0.size", "volumes.0.size_text"]), ["null", "10GB"]);
}

#[test]
fn memory_and_processors() {
    let questions = ["resources.memory_request", "resources.memory_limit", "resources.is_guaranteed"];
    assert_eq!(ask("resources: {limits: {memory: 1Ki, cpu: 1}}", &questions), ["1024", "1024", "true"]);
    assert_eq!(ask("resources: {requests: {memory: 1Ki, cpu: 1}}", &questions), ["1024", "null", "false"]);
    assert_eq!(ask("storage: {size: 1Gi}", &questions), ["null", "null", "false"]);
}
