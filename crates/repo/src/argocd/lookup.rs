//! What generators ask of the repository.

use crate::flux::resolve;
use crate::paths;
use crate::tree::Tree;
use manifest::{Limits, Node, Origin, Source, SourceId, Value, read};
use std::collections::BTreeSet;

/// The directories and files of the repository that a set asks. Paths are those of the
/// repository, sorted, `/` between parts.
pub(crate) trait Lookup {
    /// The directories at and below one.
    fn directories(&self, below: &str) -> Vec<String>;
    /// The files below a directory.
    fn files(&self, below: &str) -> Vec<String>;
    /// What a YAML or JSON file holds; `None` where that is not known. Values of a file that is
    /// no source of the run have the place where it is `named`.
    fn content(&self, path: &str, named: Origin) -> Option<Node>;
}

/// A checkout, seen from a file in it: where several lie in one directory, the nearest one that
/// has the directory that is asked for.
pub(crate) struct Checkout<'a> {
    pub(crate) tree: &'a Tree,
    /// Of the set.
    pub(crate) file: &'a str,
}

impl Lookup for Checkout<'_> {
    fn directories(&self, below: &str) -> Vec<String> {
        let Some((top, dir)) = resolve(self.tree, self.file, below) else { return Vec::new() };
        let mut found = BTreeSet::new();
        for (_, file) in self.tree.under(&dir) {
            let inside = paths::ancestors(&file.path).take_while(|above| paths::is_under(above, &dir));
            found.extend(inside.map(|above| in_repository(top, above)).filter(|path| !path.is_empty()));
        }
        found.into_iter().map(str::to_owned).collect()
    }

    fn files(&self, below: &str) -> Vec<String> {
        let Some((top, dir)) = resolve(self.tree, self.file, below) else { return Vec::new() };
        self.tree.under(&dir).map(|(_, file)| in_repository(top, &file.path).to_owned()).collect()
    }

    fn content(&self, path: &str, named: Origin) -> Option<Node> {
        let (top, _) = resolve(self.tree, self.file, paths::parent(path))?;
        let file = self.tree.get(self.tree.find(&paths::join(top, path))?)?;
        // Bytes that were not kept are not known.
        if file.bytes.is_empty() {
            return None;
        }
        let source = Source::new("", file.bytes.clone());
        let first = read(&source, SourceId(0), &Limits::default()).documents.into_iter().next()?;
        let mut node = first.content.ok()?;
        put_at(&mut node, named);
        Some(node)
    }
}

/// A path of the checkout as one of the repository that starts at `top`.
fn in_repository<'p>(top: &str, path: &'p str) -> &'p str {
    path.get(top.len()..).unwrap_or_default().trim_start_matches('/')
}

/// Gives a value and all in it one place.
pub(crate) fn put_at(node: &mut Node, origin: Origin) {
    node.origin = origin;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| put_at(item, origin)),
        Value::Map(map) => {
            for entry in &mut map.entries {
                entry.key_origin = origin;
                put_at(&mut entry.value, origin);
            }
        }
        _ => {}
    }
}
