//! What a build is asked and what it gives.

use manifest::{Node, SourceId, Span};

/// What is built.
#[derive(Debug, Clone, Copy)]
pub enum Root<'a> {
    /// A directory with a kustomization file.
    Directory(&'a str),
    /// A directory without one, for which Flux makes a kustomization of what it finds.
    Generated {
        /// The directory.
        dir: &'a str,
        /// Files and directories, as paths of the checkout.
        resources: &'a [String],
    },
}

impl<'a> Root<'a> {
    /// The directory.
    pub fn dir(self) -> &'a str {
        match self {
            Self::Directory(dir) | Self::Generated { dir, .. } => dir,
        }
    }
}

/// What Flux's Kustomization or Argo CD's Application adds to the root's kustomization file before it is
/// built. The nodes have the shapes of that file's fields.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// Takes the place of `namespace`.
    pub namespace: Option<Node>,
    /// Takes the place of `namePrefix`.
    pub name_prefix: Option<Node>,
    /// Takes the place of `nameSuffix`.
    pub name_suffix: Option<Node>,
    /// More `patches`.
    pub patches: Vec<Node>,
    /// More `components`.
    pub components: Vec<Node>,
    /// More `images`; one of the same name takes the place of the file's.
    pub images: Vec<Node>,
    /// More `replicas`; one of the same name takes the place of the file's.
    pub replicas: Vec<Node>,
    /// More `labels`.
    pub labels: Vec<Node>,
    /// More `commonLabels`, a map; wins over the file's.
    pub common_labels: Option<Node>,
    /// More `commonAnnotations`, a map; wins over the file's.
    pub common_annotations: Option<Node>,
    /// Where the paths of these patches and components start, where not in the root's directory.
    pub base_dir: Option<String>,
}

/// Bounds of a build, and what it may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Directories visited, each time counted.
    pub directories: usize,
    /// Directories inside each other.
    pub depth: usize,
    /// Nodes copied, over all resources and patches.
    pub nodes: usize,
    /// Files outside of a kustomization's directory may be read, as Flux does. Else that is a problem:
    /// `kustomize build` and Argo CD refuse it.
    pub files_anywhere: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { directories: 5_000, depth: 50, nodes: 4_000_000, files_anywhere: false }
    }
}

/// What a build gives.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// The objects, in the order in which they were accumulated.
    pub resources: Vec<Resource>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What another program would add or change.
    pub not_rendered: Vec<NotRendered>,
    /// Every file that was asked for and exists, sorted: kustomization files, resources, patches, ….
    pub read: Vec<String>,
}

/// A rendered object.
#[derive(Debug, Clone)]
pub struct Resource {
    /// It, with its final name and namespace; the origins are mixed.
    pub node: Node,
    /// The file of the resource it began as; for a generated one the kustomization.
    pub path: String,
    /// The source of that file.
    pub source: SourceId,
    /// Its document in that file, as [`manifest::Manifest::document`], if the documents of
    /// [`crate::FileText::Text`] are all of the file's.
    pub document: usize,
    /// RFC 6901 pointer from the document to it, as [`manifest::Manifest::base`].
    pub base: String,
    /// Its name before it was changed, if it was.
    pub original_name: Option<String>,
    /// What in kustomizations changed it: entries of `patches`, the `namespace`, …; in order, each once.
    pub changed_by: Vec<Span>,
    /// Why it may be other than rendered.
    pub uncertain: Vec<Uncertain>,
}

/// Why a resource may be other than rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncertain {
    /// Which.
    pub kind: UncertainKind,
    /// What in a kustomization makes it so.
    pub span: Span,
}

/// The kinds of [`Uncertain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UncertainKind {
    /// A transformer that is not rendered ran over it.
    Transformer,
    /// A patch, replacement or field aimed at it could not be read or did not fit.
    NotApplied,
    /// It refers to a `vars` entry.
    Variable,
    /// It is made of a file that was not read: its name carries a hash that is not known.
    Unread,
}

/// What is wrong with a kustomization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub kind: ProblemKind,
    /// The place that causes it.
    pub span: Span,
    /// One sentence, without place.
    pub message: String,
    /// Other places that belong to it.
    pub related: Vec<Span>,
    /// kustomize itself fails: nothing at all would be deployed.
    pub fatal: bool,
}

/// The kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A directory includes itself, or one above it.
    Cycle,
    /// A file or directory that is not there, or a directory without a kustomization.
    Missing,
    /// A path that leaves the checkout, or a file outside of its kustomization's directory.
    Outside,
    /// A file, patch or resource that cannot be read as what it should be.
    Unreadable,
    /// A field that kustomize does not know, or of the wrong shape.
    WrongField,
    /// A Component where a Kustomization is meant, or the other way round.
    WrongKind,
    /// A patch that fits no resource.
    PatchWithoutTarget,
    /// A patch that does not fit the resource it is aimed at.
    PatchFailed,
    /// Two resources of the same identity.
    Duplicate,
    /// A generator that cannot make or merge its object.
    Generator,
    /// A replacement, image, label or replica count that fits nothing or does not fit.
    Transformation,
    /// More than the bounds of a build.
    TooLarge,
}

/// What is not rendered, because another program makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRendered {
    /// Which.
    pub kind: NotRenderedKind,
    /// Where it is named.
    pub span: Span,
    /// In words: `remote base https://…`, `chart immich`, `transformer x.yaml`.
    pub what: String,
    /// The chart, if it is one.
    pub chart: Option<Chart>,
}

/// The kinds of [`NotRendered`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotRenderedKind {
    /// A resource, component or file of another repository.
    Remote,
    /// A Helm chart.
    Chart,
    /// An entry of `generators`.
    Generator,
    /// An entry of `transformers`.
    Transformer,
    /// An entry of `validators`: it changes nothing.
    Validator,
    /// Entries of `vars`.
    Vars,
    /// A schema of `openapi` or `crds`: lists are merged without it.
    Schema,
}

/// A Helm chart of a kustomization, as far as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The namespace of what it makes.
    pub namespace: Option<String>,
}
