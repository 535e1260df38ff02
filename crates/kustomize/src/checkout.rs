//! What a build reads: the files and directories of a checkout.

use crate::memory::Memory;
use manifest::{Node, SourceId};

/// What a build reads. Paths are of the checkout: `/`-separated, normalized, `""` is its top.
pub trait Checkout {
    /// What a resource, a patch or another file that a kustomization names holds.
    fn file(&self, path: &str) -> FileText<'_>;

    /// The path of the kustomization file of a directory (`kustomization.yaml`, `.yml`, `Kustomization`).
    fn kustomization(&self, dir: &str) -> Option<String>;

    /// Whether there is such a directory.
    fn is_dir(&self, path: &str) -> bool;

    /// The text of a source: patches that stand in a string are placed in it to the byte. Without it
    /// they have the place of the string.
    fn bytes(&self, source: SourceId) -> Option<&[u8]>;

    /// What builds of this checkout share, where there are many.
    fn memory(&self) -> Option<&Memory> {
        None
    }
}

/// What is at a path.
#[derive(Debug, Clone)]
pub enum FileText<'a> {
    /// No such file.
    Absent,
    /// It exists, but nothing in it matters to the caller: it counts as a file without objects that is
    /// fine, and as content that is not known where a generator reads it.
    Skipped,
    /// A file that was read.
    Text {
        /// Its name.
        source: SourceId,
        /// All of it.
        bytes: &'a [u8],
        /// Its documents in order, a `List` not taken apart; empty where it is no YAML.
        documents: Vec<&'a Node>,
        /// Why it, or a document of it, could not be read as YAML.
        error: Option<String>,
    },
}
