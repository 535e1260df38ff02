//! What deploys an object, and into which namespace.

use crate::support::{checkout, cluster, flux, found, found_at, only, scan_in};

#[test]
fn an_outer_namespace_overrides_an_inner_and_a_written_one() {
    let db = cluster("db").replace("name: db", "name: db\n  namespace: written");
    let files = [
        ("base/db.yaml", db.as_str()),
        ("base/kustomization.yaml", "namespace: inner\nresources: [db.yaml]\n"),
        ("prod/kustomization.yaml", "namespace: outer\nresources: [../base]\n"),
        ("test/kustomization.yaml", "resources:\n- ../base\n"),
    ];
    assert_eq!(
        found(&files),
        ["Cluster/db in inner by Kustomize test", "Cluster/db in outer by Kustomize prod"]
    );
}

#[test]
fn flux_overrides_what_the_object_says() {
    let db = cluster("db").replace("name: db", "name: db\n  namespace: storage");
    let ks = flux("db", "./apps/db", "  targetNamespace: database\n");
    let files = [
        ("apps/db/db.yaml", db.as_str()),
        ("apps/db/old.yaml", cluster("old")),
        ("apps/db/kustomization.yaml", "resources:\n- db.yaml\n# - old.yaml\n"),
        ("flux/ks.yaml", ks),
    ];
    assert_eq!(
        found(&files),
        [
            "Cluster/db in database by Flux apps/db",
            "Cluster/old is not deployed",
            "Kustomization/db is not deployed"
        ]
    );
}

#[test]
fn flux_makes_a_kustomization_of_a_directory_without_one() {
    let ks = flux("db", "./apps", "  targetNamespace: apps\n");
    let files = [
        ("apps/a/db.yaml", cluster("a")),
        ("apps/b/db.yaml", cluster("b")),
        ("apps/b/left-out.yaml", cluster("left-out")),
        ("apps/b/kustomization.yaml", "resources: [db.yaml]"),
        ("ks.yaml", ks),
    ];
    let found = found(&files);
    assert_eq!(
        found[..3],
        [
            "Cluster/a in apps by Flux apps",
            "Cluster/b in apps by Flux apps",
            "Cluster/left-out is not deployed"
        ]
    );
}

#[test]
fn a_component_of_two_flux_objects_is_one_object_with_two_placements() {
    let both = [
        flux("one", "./apps/one", "  targetNamespace: one\n  components: [../../components/postgres]\n"),
        flux("two", "./apps/two", "  targetNamespace: two\n  components: [../../components/postgres]\n"),
    ];
    let files = [
        ("components/postgres/db.yaml", cluster("${APP}")),
        ("components/postgres/kustomization.yaml", "kind: Component\nresources: [./db.yaml]\n"),
        ("apps/one/kustomization.yaml", "resources: []\n"),
        ("apps/two/kustomization.yaml", "resources: []\n"),
        ("flux/all.yaml", &both.join("---\n")),
    ];
    assert_eq!(
        found(&files)[..2],
        ["Cluster/${APP} in one by Flux apps/one", "Cluster/${APP} in two by Flux apps/two"]
    );
}

#[test]
fn a_replacement_gives_flux_objects_the_namespace_of_their_kustomization() {
    let replacement = "- source: {kind: Namespace, fieldPath: metadata.name}\n  targets:\n  - select: {kind: Kustomization}\n    fieldPaths: [spec.targetNamespace]\n    options: {create: true}\n";
    let files = [
        ("base/db.yaml", cluster("db")),
        ("base/kustomization.yaml", "resources: [db.yaml]\n"),
        ("apps/media/ks.yaml", flux("db", "./base", "")),
        (
            "apps/media/kustomization.yaml",
            "namespace: media\nresources: [ns.yaml, ks.yaml]\nreplacements: [{path: ../../replace.yaml}]\n",
        ),
        ("apps/media/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: media}\n"),
        ("replace.yaml", replacement),
    ];
    assert_eq!(found(&files)[0], "Cluster/db in media by Flux base");
}

#[test]
fn an_application_set_deploys_the_directories_that_its_globs_mean() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps}\nspec:\n  generators:\n  - git:\n      directories:\n      - path: k8s/*\n      - path: k8s/off\n        exclude: true\n  template:\n    spec:\n      source: {path: '{{path}}'}\n      destination: {namespace: '{{path.basename}}'}\n";
    let written = cluster("written").replace("name: written", "name: written\n  namespace: mine");
    let files = [
        ("k8s/media/db.yaml", cluster("db")),
        ("k8s/media/written.yaml", &written),
        ("k8s/media/deep/db.yaml", cluster("deep")),
        ("k8s/off/db.yaml", cluster("excluded")),
        ("k8s/web/kustomization.yaml", "namespace: site\nresources: [db.yaml]\n"),
        ("k8s/web/db.yaml", cluster("web")),
        ("argo/set.yaml", set),
    ];
    assert_eq!(
        found(&files),
        [
            "ApplicationSet/apps is not deployed",
            "Cluster/db in media by ArgoCd k8s/media",
            "Cluster/deep is not deployed",
            "Cluster/excluded is not deployed",
            "Cluster/web in site by ArgoCd k8s/web",
            "Cluster/written in mine by ArgoCd k8s/media",
        ]
    );
}

#[test]
fn what_no_root_reaches_is_judged_only_where_it_is_named() {
    let files = [
        ("app/kustomization.yaml", "namespace: media\nresources: [db.yaml]\n"),
        ("app/db.yaml", cluster("db")),
        ("app/recover/db.yaml", cluster("db")),
    ];
    assert_eq!(found(&files), ["Cluster/db in media by Kustomize app", "Cluster/db is not deployed"]);
    let named = found_at(&files, &["app/recover"]);
    assert_eq!(
        named,
        ["Cluster/db in Unset by Directory app/recover", "Cluster/db in media by Kustomize app"]
    );
    let dir = checkout(&files);
    let scan = scan_in(dir.path(), &["."], manifest::Limits::default());
    let listed: Vec<_> = scan.not_linted.iter().map(|one| (one.path.as_str(), one.reason.id())).collect();
    assert_eq!(listed, [("app/recover/db.yaml", "not-deployed")]);
}

#[test]
fn plain_files_are_deployed_by_their_directory() {
    let files = [("a/db.yaml", cluster("one")), ("b/db.yml", cluster("two"))];
    assert_eq!(found(&files), ["Cluster/one in Unset by Directory a", "Cluster/two in Unset by Directory b"]);
}

#[test]
fn an_archive_deploys_nothing() {
    let files = [
        (".archive/apps/db/db.yaml", cluster("old")),
        (".archive/apps/db/kustomization.yaml", "resources: [db.yaml]\n"),
        (".archive/ks.yaml", flux("db", "./apps/db", "")),
        ("apps/web/kustomization.yaml", "resources: [db.yaml]\n"),
        ("apps/web/db.yaml", cluster("new")),
    ];
    let found = found(&files);
    assert_eq!(found[..2], ["Cluster/new in Unset by Kustomize apps/web", "Cluster/old is not deployed"]);
}

#[test]
fn kustomizations_that_include_each_other_end() {
    let files = [
        ("a/kustomization.yaml", "resources: [../b, db.yaml]\n"),
        ("a/db.yaml", cluster("db")),
        ("b/kustomization.yaml", "resources: [../a]\n"),
        ("ks.yaml", flux("db", "./a", "")),
    ];
    assert_eq!(found(&files)[0], "Cluster/db in Unset by Flux a");
}

#[test]
fn generators_and_charts_of_an_environment_are_noted() {
    let files = [
        ("app/kustomization.yaml", "resources: [db, web, https://example.com/base]\n"),
        ("app/db/kustomization.yaml", "resources: [db.yaml]\n"),
        ("app/db/db.yaml", cluster("db")),
        ("app/web/kustomization.yaml", "helmCharts: [{name: web}]\nsecretGenerator: [{name: keys}]\n"),
    ];
    let dir = checkout(&files);
    let scan = scan_in(dir.path(), &["."], manifest::Limits::default());
    let environment = &scan.inventory.environments()[0];
    let made = only(&scan, "Secret").manifest.name().unwrap();
    assert!(made.starts_with("keys-") && made.len() == "keys-".len() + 10, "a name with a hash: {made}");
    let opaque: Vec<_> = environment.opaque.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(opaque, ["chart web", "remote base https://example.com/base"]);
}
