//! Helm releases: what the `cluster` chart of CloudNativePG makes of its values, and, where Helm may
//! be run, what it makes of the charts of the checkout.

use crate::flux::resolve;
use crate::hash::FastMap;
use crate::input::Layout;
use crate::key::Key;
use crate::library::{Library, Text};
use crate::paths;
use crate::tree::{FileId, Tree};
use crate::walk::is_yaml_or_json;
use helm::{Bounds, ChartDir, Release, ValueFile};
use manifest::{Manifest, Node, Span};
use std::collections::BTreeSet;
use topology::Opaque;

/// Where charts are looked for.
pub(crate) struct Charts<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) library: &'a Library,
    pub(crate) layout: &'a Layout,
    /// Where Flux finds charts, by kind and name.
    sources: FastMap<(&'a str, &'a str), &'a Manifest>,
}

/// What a release gives.
pub(crate) struct Made {
    /// The namespace that it is installed into, if the release says one.
    pub(crate) namespace: Option<Node>,
    /// Where the chart is named.
    pub(crate) reference: Span,
    /// The chart's directory, where the checkout holds it.
    pub(crate) dir: Option<String>,
    /// The objects and what made each, or the chart that was not rendered.
    pub(crate) objects: Result<Vec<(Node, String)>, Opaque>,
}

impl<'a> Charts<'a> {
    /// Of what was parsed.
    pub(crate) fn new(tree: &'a Tree, library: &'a Library, layout: &'a Layout) -> Self {
        let mut sources = FastMap::default();
        for object in library.texts().iter().flat_map(Text::objects) {
            if let (Some(kind @ ("HelmRepository" | "OCIRepository")), Some(name)) =
                (object.kind(), object.name())
            {
                sources.insert((kind, name), object);
            }
        }
        Self { tree, library, layout, sources }
    }

    /// What the releases of an object give. `missing` is told the names of chart repositories that
    /// were not found, where they could hold the `cluster` chart.
    pub(crate) fn made(&self, key: &Key, object: &Node, missing: &mut BTreeSet<String>) -> Vec<Made> {
        let mut made = Vec::new();
        for mut release in helm::releases(object, &self.library.sources) {
            if let Some(source) = release.source.clone() {
                match self.sources.get(&(source.kind.as_str(), source.name.as_str())) {
                    Some(found) => _ = release.locate(found),
                    None if may_hold_clusters(&release, &source.kind) => _ = missing.insert(source.name),
                    None => {}
                }
            }
            made.extend(self.of_release(key, release));
        }
        made
    }

    fn of_release(&self, key: &Key, release: Release) -> Option<Made> {
        if helm::is_cluster_chart(&release) {
            let objects = helm::cluster_chart(&release, release.merged(&|_| None).as_ref())?;
            let by = "derived from the values of chart cluster";
            let objects = objects.into_iter().map(|node| (node, by.to_owned())).collect();
            let (namespace, reference) = (release.namespace, release.reference.span);
            return Some(Made { namespace, reference, dir: None, objects: Ok(objects) });
        }
        let path = release.chart.as_ref()?.as_str()?;
        let (_, dir) = resolve(self.tree, self.tree.path(key.file), path)?;
        self.tree.find(&paths::join(&dir, "Chart.yaml"))?;
        let objects = self.rendered(&release, &dir).map_err(|why| Opaque {
            what: format!("chart in {}", self.layout.shown(&dir)),
            why,
            version: None,
            namespace: None,
            span: release.reference.span,
        });
        let (namespace, reference) = (release.namespace, release.reference.span);
        Some(Made { namespace, reference, dir: Some(dir), objects })
    }

    /// What Helm makes of a chart of the checkout, or why it was not asked.
    fn rendered(&self, release: &Release, dir: &str) -> Result<Vec<(Node, String)>, String> {
        let program = self.layout.helm.as_deref();
        let program = program.ok_or("a chart is rendered by Helm, which runs only with --helm")?;
        let value = |path: &str| {
            let file = self.tree.find(&paths::join(dir, path))?;
            self.library.text(file)?.first_value().cloned()
        };
        let values = release.merged(&|file| match file {
            ValueFile::Path(path) => value(path.as_str()?),
            _ => None,
        });
        let root = &self.layout.root;
        let chart = ChartDir::open(&root.join(dir), root, value("values.yaml"));
        let objects = chart
            .and_then(|chart| helm::render(&chart, release, values.as_ref(), program, &Bounds::default()));
        let objects = objects.map_err(|error| error.to_string())?;
        let with_template = objects.into_iter().map(|object| {
            let by = object.rendered_from();
            (object.node, by)
        });
        Ok(with_template.collect())
    }
}

/// The files that Helm reads of the charts of a checkout, beside their templates.
pub(crate) fn values(tree: &Tree) -> Vec<FileId> {
    let charts = tree.files().filter(|(_, file)| paths::file_name(&file.path) == "Chart.yaml");
    charts
        .flat_map(|(_, chart)| tree.under(paths::parent(&chart.path)))
        .filter(|(_, file)| is_yaml_or_json(&file.path) && !file.path.contains("/templates/"))
        .map(|(id, _)| id)
        .collect()
}

/// Whether a release may be one of the `cluster` chart, though its source was not found.
fn may_hold_clusters(release: &Release, kind: &str) -> bool {
    kind == "OCIRepository" || release.chart.as_ref().and_then(Node::as_str) == Some("cluster")
}
