//! Charts rendered by the real Helm. It is found in the folder that `CNPG_LINT_TOOLS` names, else on the
//! path; without it these tests say that they are skipped, unless `CNPG_LINT_REQUIRE_TOOLS` is set.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test that cannot be set up fails

use helm::{Bounds, ChartDir, HelmError, Release, RenderedObject, render};
use manifest::{Limits, Node, Source, Sources, to_json};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program, or why there is none.
fn program(test: &str) -> Option<PathBuf> {
    let folders = env::var_os("CNPG_LINT_TOOLS").or_else(|| env::var_os("PATH")).unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join("helm")).find(|path| path.is_file());
    if found.is_none() {
        assert!(env::var_os("CNPG_LINT_REQUIRE_TOOLS").is_none(), "{test}: there is no helm");
        eprintln!("SKIPPED {test}: there is no helm in CNPG_LINT_TOOLS or on the path");
    }
    found
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/helm").join(path)
}

/// Texts that objects may come from.
#[derive(Default)]
struct Texts(Sources);

impl Texts {
    fn read(&mut self, path: &Path) -> Node {
        self.text(&path.file_name().unwrap().to_string_lossy(), fs::read(path).unwrap())
    }

    fn text(&mut self, name: &str, bytes: Vec<u8>) -> Node {
        let id = self.0.add(Source::new(name, bytes));
        let reading = manifest::read(self.0.get(id).unwrap(), id, &Limits::default());
        reading.documents.into_iter().next().unwrap().content.unwrap()
    }

    /// File and line of a value.
    fn place(&self, object: &RenderedObject, pointer: &str) -> String {
        let node = object.node.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        let span = node.origin.span;
        let line = self.0.positions(span).unwrap().0.line;
        format!("{}:{line}", self.0.get(span.source).unwrap().path())
    }
}

fn orders(texts: &mut Texts) -> (ChartDir, Release) {
    let directory = fixture("charts/orders-db");
    let defaults = texts.read(&directory.join("values.yaml"));
    let release = texts.read(&fixture("apps/orders/release.yaml"));
    let chart = ChartDir::open(&directory, &fixture(""), Some(defaults)).unwrap();
    (chart, helm::releases(&release, &texts.0).pop().unwrap())
}

#[test]
fn a_local_chart_is_rendered_and_its_values_are_traced() {
    let Some(helm) = program("a_local_chart_is_rendered_and_its_values_are_traced") else { return };
    let mut texts = Texts::default();
    let (chart, release) = orders(&mut texts);
    let values = release.merged(&|_| None);
    let objects = render(&chart, &release, values.as_ref(), &helm, &Bounds::default()).unwrap();
    let kinds: Vec<_> = objects.iter().map(|one| one.node.get("kind").unwrap().as_str().unwrap()).collect();
    assert_eq!(kinds, ["Cluster", "ScheduledBackup"]);
    let cluster = &objects[0];
    assert_eq!(
        cluster.rendered_from(),
        "rendered from chart orders-db, template orders-db/templates/cluster.yaml"
    );
    assert_eq!(
        to_json(cluster.node.get("metadata").unwrap()),
        r#"{"name":"orders-postgres","namespace":"shop"}"#
    );
    let reference = "release.yaml:10";
    for (pointer, place) in [
        ("/spec/instances", "values.yaml:4"),
        ("/spec/storage/size", "release.yaml:18"),
        ("/spec/walStorage/size", "values.yaml:8"),
        ("/spec/backup/retentionPolicy", "values.yaml:11"),
        // What the templates say themselves, make of several values, or print under another key.
        ("/spec/imageName", reference),
        ("/spec/enableSuperuserAccess", reference),
        ("/spec/backup/barmanObjectStore/destinationPath", reference),
        ("/metadata/name", reference),
        ("/spec", reference),
    ] {
        assert_eq!(texts.place(cluster, pointer), place, "{pointer}");
    }
    assert_eq!(texts.place(&objects[1], "/spec/schedule"), "release.yaml:20");
}

/// A chart in a scratch directory, with one template.
fn scratch(template: &str, more: &str) -> (tempfile::TempDir, ChartDir, Release) {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir_all(scratch.path().join("templates")).unwrap();
    let chart = format!("apiVersion: v2\nname: scratch\nversion: 1.0.0\n{more}");
    fs::write(scratch.path().join("Chart.yaml"), chart).unwrap();
    fs::write(scratch.path().join("templates/one.yaml"), template).unwrap();
    let chart = ChartDir::open(scratch.path(), scratch.path(), None).unwrap();
    let release =
        Texts::default().text("r.yaml", b"helmCharts: [{name: scratch, releaseName: one}]".to_vec());
    (scratch, chart, helm::releases(&release, &Sources::new()).pop().unwrap())
}

#[test]
fn a_value_that_several_values_could_be_has_the_place_of_the_chart() {
    let Some(helm) = program("a_value_that_several_values_could_be_has_the_place_of_the_chart") else {
        return;
    };
    let template =
        "kind: A\napiVersion: v1\nspec: {size: {{ .Values.a.size }}, only: {{ .Values.only }}, other: 7}\n";
    let (_scratch, chart, release) = scratch(template, "");
    let mut texts = Texts::default();
    let values = texts.text("v.yaml", b"a: {size: 1}\nb: {size: 1}\nonly: x\nseven: 7\n".to_vec());
    let objects = render(&chart, &release, Some(&values), &helm, &Bounds::default()).unwrap();
    let origin = |key| objects[0].node.at(&["spec", key]).unwrap().origin;
    assert_eq!(origin("size"), release.reference);
    assert_eq!(origin("other"), release.reference);
    assert_eq!(texts.place(&objects[0], "/spec/only"), "v.yaml:3");
}

#[test]
fn what_cannot_be_rendered_says_why() {
    let Some(helm) = program("what_cannot_be_rendered_says_why") else { return };
    let bounds = Bounds::default();
    let (_scratch, chart, release) = scratch("{{ fail \"give a name\" }}", "");
    let refused = render(&chart, &release, None, &helm, &bounds).unwrap_err();
    assert!(matches!(&refused, HelmError::Refused(message) if message.contains("give a name")), "{refused}");

    let (_scratch, chart, release) =
        scratch("", "dependencies: [{name: common, version: 1, repository: https://x}]\n");
    let missing = render(&chart, &release, None, &helm, &bounds).unwrap_err();
    assert_eq!(missing.to_string(), "dependency common is not vendored");

    let (_scratch, chart, release) = scratch("{{ range until 100000 }}# {{ . }}\n{{ end }}", "");
    let long = render(&chart, &release, None, &helm, &Bounds { bytes: 1000, ..bounds }).unwrap_err();
    assert!(matches!(long, HelmError::Long(1000)), "{long}");

    let endless = "{{ range until 100000000 }}{{ end }}";
    let (_scratch, chart, release) = scratch(endless, "");
    let time = Duration::from_millis(300);
    let slow = render(&chart, &release, None, &helm, &Bounds { time, ..bounds }).unwrap_err();
    assert!(matches!(slow, HelmError::Slow(_)), "{slow}");

    let absent = render(&chart, &release, None, Path::new("/nowhere/helm"), &bounds).unwrap_err();
    assert!(matches!(absent, HelmError::Run { .. }), "{absent}");
}

#[test]
fn a_name_is_never_an_option() {
    let Some(helm) = program("a_name_is_never_an_option") else { return };
    let (_scratch, chart, mut release) = scratch("kind: A\napiVersion: v1\n", "");
    release.name = Texts::default().text("n.yaml", b"--post-renderer=/bin/false".to_vec());
    let refused = render(&chart, &release, None, &helm, &Bounds::default()).unwrap_err();
    assert!(matches!(&refused, HelmError::Refused(message) if message.contains("name")), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_checkout_is_not_followed() {
    let (scratch, chart, release) = scratch("kind: A\napiVersion: v1\n", "");
    std::os::unix::fs::symlink("/etc", scratch.path().join("templates/etc")).unwrap();
    let error = render(&chart, &release, None, Path::new("helm"), &Bounds::default()).unwrap_err();
    assert!(matches!(error, HelmError::Leaves(_)), "{error}");
}

#[test]
fn values_that_are_not_at_hand_stop_it() {
    let (_scratch, chart, _) = scratch("", "");
    let text = b"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n\
        spec: {chart: {spec: {chart: x}}, valuesFrom: [{kind: ConfigMap, name: more}]}\n";
    let release =
        helm::releases(&Texts::default().text("r.yaml", text.to_vec()), &Sources::new()).pop().unwrap();
    let values = release.merged(&|_| None);
    let error = render(&chart, &release, values.as_ref(), Path::new("helm"), &Bounds::default()).unwrap_err();
    assert_eq!(error.to_string(), "values are perhaps in key values.yaml of ConfigMap more");
}

#[test]
fn a_directory_without_a_chart_is_none() {
    let scratch = tempfile::tempdir().unwrap();
    assert!(matches!(ChartDir::open(scratch.path(), scratch.path(), None), Err(HelmError::NoChart(_))));
    fs::write(scratch.path().join("Chart.yaml"), "version: 1\n").unwrap();
    assert!(matches!(ChartDir::open(scratch.path(), scratch.path(), None), Err(HelmError::NoChart(_))));
}
