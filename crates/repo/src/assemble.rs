//! Parsed texts to objects: which of them matter, whether they are whole, where they go.

use crate::argocd;
use crate::environment::Deployment;
use crate::hash::FastMap;
use crate::input::Layout;
use crate::kinds;
use crate::library::Text;
use crate::mention::Candidate;
use crate::paths;
use crate::scan::SourceInfo;
use crate::tree::{FileId, Tree};
use crate::unlinted::{NotLinted, NotLintedReason};
use manifest::{Dialect, Manifest, Node, Problem, ProblemKind, Source, Span, UnknownReason, Value};
use topology::{Namespace, Object, Placement, Wholeness};

/// What is known of the checkout when objects are made.
pub(crate) struct Context<'a> {
    tree: &'a Tree,
    layout: &'a Layout,
    deployment: &'a Deployment,
    named_at: FastMap<FileId, &'a [u32]>,
    /// The namespaces that hold databases, each once.
    databases: Vec<Namespace>,
}

/// What a text gave.
#[derive(Default)]
pub(crate) struct Assembled {
    /// Its objects that matter.
    pub(crate) objects: Vec<Object>,
    /// What is known of it.
    pub(crate) info: SourceInfo,
    /// What of it is not judged.
    pub(crate) not_linted: Vec<NotLinted>,
}

impl<'a> Context<'a> {
    /// Brings together what objects depend on.
    pub(crate) fn new(
        tree: &'a Tree,
        layout: &'a Layout,
        deployment: &'a Deployment,
        candidates: &'a [Candidate],
        texts: &[Text],
    ) -> Self {
        let databases = deployment.databases(texts);
        let named_at = candidates.iter().map(|one| (one.file, one.named_at.as_slice())).collect();
        Self { tree, layout, deployment, named_at, databases }
    }

    /// Whether an object has to do with a database.
    fn matters(&self, file: FileId, judged: bool, manifest: &Manifest, document: Span) -> bool {
        if kinds::is_kustomize(manifest) {
            return false;
        }
        if kinds::is_judged(manifest) || kinds::is_flux_kustomization(manifest) || argocd::is_root(manifest) {
            return true;
        }
        let named = self.named_at.get(&file).copied().unwrap_or_default();
        let first = named.partition_point(|at| *at < document.start);
        if judged || named.get(first).is_some_and(|at| *at < document.end) {
            return true;
        }
        let Some(kind) = manifest.kind().filter(|kind| kinds::is_unnamed(kind)) else { return false };
        match kind {
            "Namespace" => self.databases.iter().any(|namespace| namespace.name() == manifest.name()),
            kind if kinds::is_cluster_scoped(kind) => true,
            _ => self.deployment.placements(file, manifest).iter().any(|placement| self.is_near(placement)),
        }
    }

    fn is_near(&self, placement: &Placement) -> bool {
        self.databases.iter().any(|namespace| namespace.may_be_same(&placement.namespace))
    }
}

/// Makes the objects of a text.
pub(crate) fn assemble(text: Text, source: Option<&Source>, context: &Context<'_>) -> Assembled {
    let Some(file) = context.tree.get(text.file) else { return Assembled::default() };
    let templated = source.is_some_and(|source| memchr::memmem::find(source.bytes(), b"{{").is_some());
    let mut assembled = Assembled::default();
    assembled.info.named = file.path == "-" || context.layout.is_named(&file.path);
    assembled.info.judged = file.marks.judged;
    assembled.info.comments = text.comments;
    assembled.info.problems = text.problems;
    for part in text.documents {
        let span = part.span;
        match part.objects {
            Ok(manifests) => {
                let kept = manifests
                    .into_iter()
                    .filter(|manifest| context.matters(text.file, file.marks.judged, manifest, span));
                assembled.objects.extend(kept.map(|manifest| object(text.file, manifest, span, context)));
            }
            Err(_) if file.marks.judged => {
                assembled.unreadable(span, templated, context.layout.shown(&file.path));
            }
            Err(_) => {}
        }
    }
    let objects = assembled.objects.iter().filter(|object| kinds::is_judged(&object.manifest));
    if objects.clone().next().is_some() && !context.deployment.is_deployed(text.file) {
        assembled.not_linted.push(NotLinted {
            path: context.layout.shown(&file.path),
            reason: NotLintedReason::NotDeployed,
            span: None,
        });
    }
    assembled
}

impl Assembled {
    /// Notes a document that could not be read. A template is no broken YAML: what the reader
    /// says of it helps nobody.
    fn unreadable(&mut self, span: Span, templated: bool, path: String) {
        let inside = |problem: &Problem| problem.span.start >= span.start && problem.span.start <= span.end;
        let is = |kind| self.info.problems.iter().any(|problem| inside(problem) && problem.kind == kind);
        let reason = match () {
            () if templated => NotLintedReason::HelmTemplate,
            () if is(ProblemKind::Encoding) => NotLintedReason::NotUtf8,
            () if is(ProblemKind::Limit) => NotLintedReason::LimitExceeded,
            () => NotLintedReason::Unparsable,
        };
        if templated {
            self.info.problems.retain(|problem| !inside(problem));
        }
        self.not_linted.push(NotLinted { path, reason, span: Some(span) });
    }
}

fn object(file: FileId, mut manifest: Manifest, document: Span, context: &Context<'_>) -> Object {
    let placements = context.deployment.placements(file, &manifest);
    let wholeness = wholeness(file, &manifest, context);
    topology::mark_unknowns(&mut manifest.node, Dialect::FILE);
    for applied in context.deployment.patches.iter().filter(|applied| applied.reaches(file)) {
        applied.mark(&mut manifest);
    }
    if wholeness != Wholeness::Whole {
        open(&mut manifest.node);
    }
    Object { manifest, source: document.source, wholeness, placements }
}

/// Whether a manifest is a whole object: not where it is used as a patch or a test's assertion,
/// nor where it lacks what every such object needs and nothing deploys it as it is.
fn wholeness(file: FileId, manifest: &Manifest, context: &Context<'_>) -> Wholeness {
    let path = context.tree.path(file);
    let placings = context.deployment.placings.get(&file).map(Vec::as_slice).unwrap_or_default();
    if !placings.is_empty() && placings.iter().all(|placing| placing.patch) {
        return Wholeness::Partial("a kustomization uses it as a patch".to_owned());
    }
    if is_assertion(context.tree, path) {
        return Wholeness::Partial("an assertion of a Chainsaw test".to_owned());
    }
    let lacks = |field| manifest.node.at(&["spec", field]).is_none();
    let cluster = kinds::is_judged(manifest) && manifest.kind() == Some("Cluster");
    if cluster && lacks("instances") && lacks("storage") && !context.deployment.is_resource(file) {
        return Wholeness::Partial("it has neither instances nor storage".to_owned());
    }
    Wholeness::Whole
}

/// Chainsaw tests compare what is in the cluster with parts of objects.
fn is_assertion(tree: &Tree, path: &str) -> bool {
    let name = paths::file_name(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let tested = |dir: &str| {
        ["chainsaw-test.yaml", "chainsaw-test.yml"]
            .iter()
            .any(|name| tree.find(&paths::join(dir, name)).is_some())
    };
    stem.ends_with("-assert") || stem == "assert" || paths::ancestors(path).take(2).any(tested)
}

/// Opens every map: what is not written in a part of an object stands elsewhere.
fn open(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.open.get_or_insert(UnknownReason::PartialManifest);
            map.entries.iter_mut().for_each(|entry| open(&mut entry.value));
        }
        Value::List(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}
