//! Objects from text, and where their values were written.

#![allow(dead_code)] // each test file uses a part of it
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test that cannot be set up fails

use helm::{Release, ValueFile};
use manifest::{Limits, Node, Source, Sources};

/// One text with one object.
pub(crate) struct Text {
    sources: Sources,
    pub(crate) node: Node,
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let mut sources = Sources::new();
        let id = sources.add(Source::new("release.yaml", text.as_bytes().to_vec()));
        let reading = manifest::read(sources.get(id).unwrap(), id, &Limits::default());
        let mut node = reading.documents.into_iter().next().unwrap().content.unwrap();
        manifest::mark_unknowns(&mut node, manifest::Dialect::FILE);
        Self { sources, node }
    }

    pub(crate) fn releases(&self) -> Vec<Release> {
        helm::releases(&self.node, &self.sources)
    }

    pub(crate) fn release(&self) -> Release {
        let mut releases = self.releases();
        assert_eq!(releases.len(), 1);
        releases.pop().unwrap()
    }

    /// The text at which a value of an object was written.
    pub(crate) fn written(&self, object: &Node, pointer: &str) -> &str {
        let span = object.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")).origin.span;
        &self.sources.get(span.source).unwrap().text().unwrap()[span.start as usize..span.end as usize]
    }
}

/// Nothing but what is inline is at hand.
pub(crate) fn nowhere(_: &ValueFile) -> Option<Node> {
    None
}

/// A Flux release of the `cluster` chart with these values, which are indented by four.
pub(crate) fn flux(version: &str, values: &str) -> Text {
    Text::new(&format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: orders
  namespace: shop
spec:
  chart:
    spec:
      chart: cluster
      version: {version}
      sourceRef:
        kind: HelmRepository
        name: cnpg
  values:
    unused: true
{values}"
    ))
}

/// What the `cluster` chart makes of a Flux release.
pub(crate) fn objects(text: &Text) -> Vec<Node> {
    let mut release = text.release();
    release.repository = Some("https://cloudnative-pg.github.io/charts".to_owned());
    let values = release.merged(&nowhere);
    helm::cluster_chart(&release, values.as_ref()).unwrap()
}

/// The objects of a kind.
pub(crate) fn of_kind<'n>(objects: &'n [Node], kind: &str) -> Vec<&'n Node> {
    objects.iter().filter(|object| object.get("kind").and_then(Node::as_str) == Some(kind)).collect()
}
