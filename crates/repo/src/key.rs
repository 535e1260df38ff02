//! Which written object a rendered one began as.

use crate::tree::FileId;

/// Where an object is written: one key may be rendered many times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The file; for what a generator makes, its kustomization.
    pub(crate) file: FileId,
    /// Index of its document in the file, from 0.
    pub(crate) document: usize,
    /// RFC 6901 pointer from the document to the object; for what a generator makes, its kind and name.
    pub(crate) base: String,
}
