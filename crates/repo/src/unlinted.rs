//! What mentions CloudNativePG but is not judged, and why.

use crate::paths;
use crate::programs;
use crate::tree::{File, Tree};
use manifest::Span;

/// A file, or a place in one, that is not judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotLinted {
    /// As shown to the user.
    pub path: String,
    /// Why.
    pub reason: NotLintedReason,
    /// The document that could not be read, where it is not the whole file.
    pub span: Option<Span>,
}

/// Why a file is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotLintedReason {
    /// A template of a Helm chart.
    HelmTemplate,
    /// Another text template (Jinja, Go templates).
    Template,
    /// Jsonnet.
    Jsonnet,
    /// KCL.
    Kcl,
    /// CUE.
    Cue,
    /// Terraform, or its fork `OpenTofu`.
    Terraform,
    /// A program of Pulumi.
    Pulumi,
    /// A program of CDK8s.
    Cdk8s,
    /// Not YAML.
    Unparsable,
    /// More bytes than the bound.
    TooLarge,
    /// More nesting or aliases than the bounds.
    LimitExceeded,
    /// Not UTF-8.
    NotUtf8,
    /// No kustomization, Flux or Argo CD root of the repository deploys it.
    NotDeployed,
    /// A Git submodule, of which a commit names no more than the commit.
    Submodule,
    /// What Git LFS leaves in the place of a file.
    LfsPointer,
}

impl NotLintedReason {
    /// The id, kebab-case.
    pub fn id(self) -> &'static str {
        match self {
            Self::HelmTemplate => "helm-template",
            Self::Template => "template",
            Self::Jsonnet => "jsonnet",
            Self::Kcl => "kcl",
            Self::Cue => "cue",
            Self::Terraform => "terraform",
            Self::Pulumi => "pulumi",
            Self::Cdk8s => "cdk8s",
            Self::Unparsable => "unparsable",
            Self::TooLarge => "too-large",
            Self::LimitExceeded => "limit-exceeded",
            Self::NotUtf8 => "not-utf8",
            Self::NotDeployed => "not-deployed",
            Self::Submodule => "submodule",
            Self::LfsPointer => "lfs-pointer",
        }
    }

    /// Why a file is not even parsed, if it is not.
    pub(crate) fn of(tree: &Tree, file: &File) -> Option<Self> {
        if file.unread.is_some() {
            return file.unread;
        }
        if is_chart_template(tree, &file.path) {
            return Some(Self::HelmTemplate);
        }
        Self::of_generator(paths::file_name(&file.path)).or_else(|| programs::of(tree, &file.path))
    }

    /// The language of a file that makes manifests instead of holding them, by its name.
    pub(crate) fn of_generator(file_name: &str) -> Option<Self> {
        match file_name.rsplit_once('.')?.1 {
            "jsonnet" | "libsonnet" => Some(Self::Jsonnet),
            "k" => Some(Self::Kcl),
            "cue" => Some(Self::Cue),
            "tf" | "tofu" => Some(Self::Terraform),
            "j2" | "jinja" | "gotmpl" | "tmpl" | "tpl" => Some(Self::Template),
            _ => None,
        }
    }
}

/// Whether a file stands in the `templates` of a Helm chart.
fn is_chart_template(tree: &Tree, path: &str) -> bool {
    // Most paths need no look at their directories.
    let may_be = memchr::memmem::find(path.as_bytes(), b"templates/").is_some();
    paths::ancestors(path)
        .filter(|_| may_be)
        .filter(|dir| paths::file_name(dir) == "templates")
        .any(|dir| tree.find(&paths::join(paths::parent(dir), "Chart.yaml")).is_some())
}
