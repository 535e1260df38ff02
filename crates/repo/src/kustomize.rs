//! A kustomization file: what it includes, the namespace it sets, what it patches and makes.

use crate::paths;
use crate::placing::namespace;
use crate::selector::Target;
use crate::tree::FileId;
use manifest::{Node, Span};
use topology::{Made, Namespace, NamespaceFrom, Opaque};

/// What is read of a kustomization.
#[derive(Debug)]
pub(crate) struct Kustomization {
    /// Its file.
    pub(crate) file: FileId,
    /// The whole of it.
    pub(crate) span: Span,
    /// A `Component`: nothing by itself, a part of what includes it.
    pub(crate) component: bool,
    /// The namespace that it sets on all it includes.
    pub(crate) namespace: Option<Namespace>,
    /// Files and directories, as paths of the checkout.
    pub(crate) resources: Vec<String>,
    /// Components, as paths of the checkout.
    pub(crate) components: Vec<String>,
    /// Its patches.
    pub(crate) patches: Vec<PatchSource>,
    /// Files with replacements, as paths of the checkout.
    pub(crate) replacements: Vec<String>,
    /// A replacement of its own sets Flux's `targetNamespace`.
    pub(crate) sets_target_namespace: bool,
    /// What its generators make.
    pub(crate) made: Vec<Made>,
    /// Charts and remote bases.
    pub(crate) opaque: Vec<Opaque>,
}

/// Where a patch is written, and what it is aimed at.
#[derive(Debug, Clone)]
pub(crate) struct PatchSource {
    /// A path of the checkout, or the patch itself.
    pub(crate) text: PatchText,
    /// Its target, if one is given.
    pub(crate) target: Option<Target>,
}

impl PatchSource {
    /// Whether it could change an object that matters: some kinds, often patched, never do.
    pub(crate) fn can_matter(&self) -> bool {
        let never = |kind: &str| {
            matches!(kind, "CustomResourceDefinition" | "HelmRelease" | "HelmRepository" | "OCIRepository")
        };
        !self.target.as_ref().and_then(|target| target.kind.as_deref()).is_some_and(never)
    }
}

/// Where a patch is written.
#[derive(Debug, Clone)]
pub(crate) enum PatchText {
    /// In a file, as a path of the checkout.
    File(String),
    /// In a string.
    Inline(String),
}

impl Kustomization {
    /// Reads the kustomization of directory `dir`.
    pub(crate) fn read(file: FileId, dir: &str, node: &Node) -> Self {
        let mut read = Self {
            file,
            span: node.origin.span,
            component: node.get("kind").and_then(Node::as_str) == Some("Component"),
            namespace: node.get("namespace").and_then(|node| namespace(node, NamespaceFrom::Kustomization)),
            resources: Vec::new(),
            components: Vec::new(),
            patches: patches(dir, node),
            replacements: Vec::new(),
            sets_target_namespace: false,
            made: made(node),
            opaque: charts(node),
        };
        for key in ["resources", "bases"] {
            read.include(dir, items(node, key), |read| &mut read.resources);
        }
        read.include(dir, items(node, "components"), |read| &mut read.components);
        read.replacements(dir, node);
        read
    }

    fn include<'n>(
        &mut self,
        dir: &str,
        links: impl Iterator<Item = &'n Node>,
        list: fn(&mut Self) -> &mut Vec<String>,
    ) {
        for link in links {
            let Some(path) = link.raw_text() else { continue };
            if is_remote(path) {
                self.opaque.push(Opaque {
                    what: format!("remote base {path}"),
                    version: None,
                    namespace: None,
                    span: link.origin.span,
                });
            } else {
                list(self).push(paths::join(dir, path));
            }
        }
    }

    fn replacements(&mut self, dir: &str, node: &Node) {
        for replacement in items(node, "replacements") {
            match replacement.get("path").and_then(Node::raw_text) {
                Some(path) => self.replacements.push(paths::join(dir, path)),
                None => self.sets_target_namespace |= sets_target_namespace(replacement),
            }
        }
    }
}

/// Whether a replacement sets `spec.targetNamespace` of Flux's `Kustomization`s.
fn sets_target_namespace(replacement: &Node) -> bool {
    let fields = items(replacement, "targets").flat_map(|target| items(target, "fieldPaths"));
    fields.filter_map(Node::raw_text).any(|field| field == "spec.targetNamespace")
}

/// The patches of a kustomization, or of Flux's `spec`, whose paths start from `dir`.
pub(crate) fn patches(dir: &str, node: &Node) -> Vec<PatchSource> {
    let named = ["patches", "patchesJson6902"].into_iter().flat_map(|key| items(node, key));
    let named = named.filter_map(|patch| {
        let text =
            match (patch.get("path").and_then(Node::raw_text), patch.get("patch").and_then(Node::raw_text)) {
                (Some(path), _) => PatchText::File(paths::join(dir, path)),
                (None, Some(text)) => PatchText::Inline(text.to_owned()),
                (None, None) => return None,
            };
        Some(PatchSource { text, target: patch.get("target").map(Target::read) })
    });
    // An item is a path, or the patch itself.
    let plain = items(node, "patchesStrategicMerge").filter_map(|patch| {
        let text = patch.raw_text()?;
        let inline = text.contains('\n');
        let text =
            if inline { PatchText::Inline(text.to_owned()) } else { PatchText::File(paths::join(dir, text)) };
        Some(PatchSource { text, target: None })
    });
    named.chain(plain).collect()
}

fn made(node: &Node) -> Vec<Made> {
    [("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")]
        .into_iter()
        .flat_map(|(key, kind)| items(node, key).map(move |generator| (kind, generator)))
        .filter_map(|(kind, generator)| {
            let name = generator.get("name")?;
            Some(Made { kind: kind.to_owned(), name: name.raw_text()?.to_owned(), span: name.origin.span })
        })
        .collect()
}

fn charts(node: &Node) -> Vec<Opaque> {
    items(node, "helmCharts")
        .chain(items(node, "helmChartInflationGenerator"))
        .map(|chart| {
            let name = ["name", "chartName"].iter().find_map(|key| chart.get(key).and_then(Node::raw_text));
            let version = chart.get("version").and_then(Node::as_str).map(str::to_owned);
            // The kustomization's own is set last, on everything.
            let namespace = [node, chart].iter().find_map(|one| one.get("namespace")?.as_str());
            Opaque {
                what: format!("chart {}", name.unwrap_or("without a name")),
                version,
                namespace: namespace.map(str::to_owned),
                span: chart.origin.span,
            }
        })
        .collect()
}

fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
    node.get(key).and_then(Node::as_list).unwrap_or_default().iter()
}

/// Whether a resource stands elsewhere: a URL, or what Git takes for one.
pub(crate) fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || ["git@", "git::", "github.com/"].iter().any(|prefix| path.starts_with(prefix))
}
