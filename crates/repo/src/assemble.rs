//! Parsed texts to objects: which of them matter, whether they are whole, where they go.

use crate::argocd;
use crate::hash::{FastMap, FastSet};
use crate::input::Layout;
use crate::kinds;
use crate::library::Text;
use crate::mention::Candidate;
use crate::paths;
use crate::rendering::{Rendered, Rendering};
use crate::scan::SourceInfo;
use crate::tree::{FileId, Tree};
use crate::unlinted::{NotLinted, NotLintedReason};
use manifest::{Dialect, Manifest, Node, Problem, ProblemKind, Source, SourceId, Span, UnknownReason, Value};
use topology::{EnvironmentId, EnvironmentKind, Namespace, Object, Placement, Wholeness};

/// What is known of the checkout when objects are made.
pub(crate) struct Context<'a> {
    tree: &'a Tree,
    layout: &'a Layout,
    named_at: FastMap<FileId, &'a [u32]>,
    /// The namespaces that hold databases, each once.
    databases: Vec<Namespace>,
    /// The environments that deploy files as they lie there.
    directories: FastSet<EnvironmentId>,
    /// The files that some environment reads.
    read: FastSet<FileId>,
    /// Every object is wanted.
    everything: bool,
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
        rendering: &Rendering,
        candidates: &'a [Candidate],
        everything: bool,
    ) -> Self {
        let ids = (0..).map(EnvironmentId).zip(&rendering.environments);
        let directories = ids.filter(|(_, one)| one.kind == EnvironmentKind::Directory);
        Self {
            tree,
            layout,
            named_at: candidates.iter().map(|one| (one.file, one.named_at.as_slice())).collect(),
            databases: rendering.databases(),
            directories: directories.map(|(id, _)| id).collect(),
            read: rendering.read().collect(),
            everything,
        }
    }

    /// Whether an object has to do with a database.
    fn matters(
        &self,
        file: FileId,
        judged: bool,
        manifest: &Manifest,
        placements: &[Placement],
        document: Span,
    ) -> bool {
        if kinds::is_kustomize(manifest) {
            return false;
        }
        if self.everything {
            return true;
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
            _ => placements.iter().any(|placement| self.is_near(placement)),
        }
    }

    fn is_near(&self, placement: &Placement) -> bool {
        self.databases.iter().any(|namespace| namespace.may_be_same(&placement.namespace))
    }

    /// Whether a manifest is a whole object: not a test's assertion, nor where it lacks what every
    /// such object needs and nothing deploys it but the directory it lies in.
    fn wholeness(&self, file: FileId, manifest: &Manifest, placements: &[Placement]) -> Wholeness {
        if is_assertion(self.tree, self.tree.path(file)) {
            return Wholeness::Partial("an assertion of a Chainsaw test".to_owned());
        }
        let lacks = |field| manifest.node.at(&["spec", field]).is_none();
        let is_cluster = kinds::is_judged(manifest) && manifest.kind() == Some("Cluster");
        let is_as_it_lies = placements.iter().all(|one| self.directories.contains(&one.environment));
        if is_cluster && lacks("instances") && lacks("storage") && is_as_it_lies {
            return Wholeness::Partial("it has neither instances nor storage".to_owned());
        }
        Wholeness::Whole
    }
}

/// Makes the objects of a text; `rendered` is what environments made of them.
pub(crate) fn assemble(
    text: Text,
    mut rendered: Vec<Rendered>,
    source: Option<&Source>,
    context: &Context<'_>,
) -> Assembled {
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
                for manifest in manifests {
                    let is_it = |one: &mut Rendered| {
                        one.key.document == manifest.document && one.key.base == manifest.base
                    };
                    let renderings: Vec<Rendered> = rendered.extract_if(.., is_it).collect();
                    let kept =
                        kept(text.file, text.source, file.marks.judged, manifest, renderings, span, context);
                    assembled.objects.extend(kept);
                }
            }
            Err(_) if file.marks.judged => {
                assembled.unreadable(span, templated, context.layout.shown(&file.path));
            }
            Err(_) => {}
        }
    }
    // What is left is written nowhere: generators made it.
    assembled.objects.extend(rendered.into_iter().map(|one| of_rendered(one, text.source, Wholeness::Whole)));
    let mut judged = assembled.objects.iter().filter(|object| kinds::is_judged(&object.manifest));
    if judged.next().is_some() && !context.read.contains(&text.file) {
        assembled.not_linted.push(NotLinted {
            path: context.layout.shown(&file.path),
            reason: NotLintedReason::NotDeployed,
            span: None,
        });
    }
    assembled
}

/// What of a written object is kept: what environments made of it, else itself.
fn kept(
    file: FileId,
    source: SourceId,
    judged: bool,
    manifest: Manifest,
    renderings: Vec<Rendered>,
    document: Span,
    context: &Context<'_>,
) -> Vec<Object> {
    let matters = |manifest: &Manifest, placements: &[Placement]| {
        context.matters(file, judged, manifest, placements, document)
    };
    let written = renderings.is_empty();
    // A patch, or a file by which a kustomization changes others, is no object.
    if written && (context.read.contains(&file) || !matters(&manifest, &[])) {
        return Vec::new();
    }
    if written {
        let wholeness = context.wholeness(file, &manifest, &[]);
        return vec![object(manifest, source, wholeness, Dialect::FILE, Vec::new())];
    }
    let kept = renderings.into_iter().filter(|one| matters(&one.manifest, &one.placements));
    let kept = kept.map(|one| {
        let wholeness = context.wholeness(file, &one.manifest, &one.placements);
        of_rendered(one, source, wholeness)
    });
    kept.collect()
}

fn of_rendered(rendered: Rendered, source: SourceId, wholeness: Wholeness) -> Object {
    let dialect = Dialect { variables: !rendered.substituted, ..Dialect::FILE };
    let object = object(rendered.manifest, source, wholeness, dialect, rendered.placements);
    Object { made_by: rendered.made_by, ..object }
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

/// Makes an object of a manifest; `dialect` says what its texts mean.
fn object(
    mut manifest: Manifest,
    source: SourceId,
    wholeness: Wholeness,
    dialect: Dialect,
    placements: Vec<Placement>,
) -> Object {
    decrypt(&mut manifest.node);
    topology::mark_unknowns(&mut manifest.node, dialect);
    if wholeness != Wholeness::Whole {
        open(&mut manifest.node);
    }
    Object { manifest, source, wholeness, placements, made_by: None }
}

/// SOPS leaves what it needs to decrypt a file beside the object; it is taken out before the object
/// is applied.
fn decrypt(object: &mut Node) {
    let is_sops = object.at(&["sops", "mac"]).is_some();
    if let (true, Value::Map(map)) = (is_sops, &mut object.value) {
        map.entries.retain(|entry| entry.key != "sops");
    }
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
