//! Argo CD's `Application` and `ApplicationSet`: which directories they deploy, and where to.

use crate::flux::resolve;
use crate::generators::{Parameters, parameters};
use crate::tree::{FileId, Tree};
use globset::{Glob, GlobMatcher};
use manifest::{Manifest, Node, Span, UnknownReason};
use topology::{Namespace, NamespaceFrom};

/// One source of one `Application`, written or made by a set.
#[derive(Debug)]
pub(crate) struct ArgoRoot {
    /// The name, where it is written.
    pub(crate) span: Span,
    /// The directory that is deployed, as a path of the checkout.
    pub(crate) dir: String,
    /// The namespace of objects that name none.
    pub(crate) destination: Option<Namespace>,
    /// The namespace that is set on all objects (`kustomize.namespace`).
    pub(crate) over: Option<Namespace>,
    /// Directories below are deployed too, where the directory holds plain files.
    pub(crate) recurse: bool,
    /// Which plain files are deployed.
    pub(crate) include: Option<GlobMatcher>,
    /// Which are not.
    pub(crate) exclude: Option<GlobMatcher>,
}

/// Whether an object is one of Argo CD's roots.
pub(crate) fn is_root(manifest: &Manifest) -> bool {
    manifest.group() == Some("argoproj.io")
        && matches!(manifest.kind(), Some("Application" | "ApplicationSet"))
}

/// What an `Application` or `ApplicationSet` deploys of this checkout.
pub(crate) fn read(tree: &Tree, file: FileId, manifest: &Manifest) -> Vec<ArgoRoot> {
    let at = |keys: &[&str]| manifest.node.at(keys);
    let Some(spec) = at(&["spec"]) else { return Vec::new() };
    let name = at(&["metadata", "name"]).unwrap_or(&manifest.node);
    let from = From { tree, file: tree.path(file), span: name.origin.span };
    if manifest.kind() == Some("Application") {
        return from.application(spec, &Parameters::new());
    }
    let Some(template) = spec.at(&["template", "spec"]) else { return Vec::new() };
    let generators = spec.get("generators").and_then(Node::as_list).unwrap_or_default();
    let sets = parameters(tree, from.file, generators);
    sets.iter().flat_map(|parameters| from.application(template, parameters)).collect()
}

struct From<'a> {
    tree: &'a Tree,
    file: &'a str,
    span: Span,
}

impl From<'_> {
    fn application(&self, spec: &Node, parameters: &Parameters) -> Vec<ArgoRoot> {
        let destination = spec.at(&["destination", "namespace"]);
        let destination = destination.and_then(|node| namespace(node, parameters));
        let sources = spec.get("sources").and_then(Node::as_list).unwrap_or_default();
        let sources = spec.get("source").into_iter().chain(sources);
        sources.filter_map(|source| self.source(source, destination.clone(), parameters)).collect()
    }

    fn source(
        &self,
        source: &Node,
        destination: Option<Namespace>,
        parameters: &Parameters,
    ) -> Option<ArgoRoot> {
        let path = render(source.get("path")?.raw_text()?, parameters)?;
        let (_, dir) = resolve(self.tree, self.file, &path)?;
        let glob = |key| {
            let glob = source.at(&["directory", key])?.raw_text()?;
            Some(Glob::new(glob).ok()?.compile_matcher())
        };
        Some(ArgoRoot {
            span: self.span,
            dir,
            destination,
            over: source.at(&["kustomize", "namespace"]).and_then(|node| namespace(node, parameters)),
            recurse: source.at(&["directory", "recurse"]).and_then(Node::as_bool) == Some(true),
            include: glob("include"),
            exclude: glob("exclude"),
        })
    }
}

fn namespace(node: &Node, parameters: &Parameters) -> Option<Namespace> {
    let written = node.raw_text().filter(|text| !text.is_empty())?;
    Some(match render(written, parameters) {
        Some(name) => Namespace::Known(name, NamespaceFrom::ArgoCd(node.origin.span)),
        None => Namespace::Unknown(UnknownReason::Template(written.to_owned())),
    })
}

/// Fills a template; `None` where a value is not known. Both of Argo CD's languages are read as
/// far as they only name a value: `{{path.basename}}`, `{{ .path.path }}`,
/// `{{ index .path.segments 1 }}`.
fn render(template: &str, parameters: &Parameters) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = after.split_once("}}")?;
        let name = inside.trim().trim_matches('-').trim();
        let name = name.strip_prefix("index ").unwrap_or(name);
        text.push_str(before);
        text.push_str(parameters.get(name.strip_prefix('.').unwrap_or(name))?);
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_names_a_value_is_filled() {
        let parameters = Parameters::from([
            ("path".to_owned(), "k8s/apps/media".to_owned()),
            ("path.basename".to_owned(), "media".to_owned()),
            ("path.segments 2".to_owned(), "media".to_owned()),
        ]);
        let fill = |template| render(template, &parameters);
        assert_eq!(fill("{{path}}/x").as_deref(), Some("k8s/apps/media/x"));
        assert_eq!(fill("{{ .path.basename }}").as_deref(), Some("media"));
        assert_eq!(fill("{{index .path.segments 2}}-db").as_deref(), Some("media-db"));
        assert_eq!(fill("{{ .name }}"), None);
        assert_eq!(fill("{{ unclosed"), None);
    }
}
