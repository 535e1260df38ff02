//! What a kustomization file leads to, read lightly: enough to know who reaches whom before
//! anything is rendered.

use crate::paths;
use crate::tree::FileId;
use manifest::{Node, Span};

/// What a kustomization names.
#[derive(Debug)]
pub(crate) struct Links {
    /// Its file.
    pub(crate) file: FileId,
    /// The whole of it.
    pub(crate) span: Span,
    /// A `Component`: nothing by itself, a part of what includes it.
    pub(crate) component: bool,
    /// Files and directories that it includes, as paths of the checkout.
    pub(crate) includes: Vec<String>,
    /// Files that change what it includes (patches, replacements, settings), as paths of the checkout.
    pub(crate) changes: Vec<String>,
    /// It copies values from one object into another: every object that it includes may matter.
    pub(crate) copies_values: bool,
}

/// Lists of paths of resources.
const INCLUDES: [&str; 3] = ["resources", "bases", "components"];

/// Lists of items that may name a file under `path`.
const CHANGES: [&str; 3] = ["patches", "patchesJson6902", "replacements"];

/// Lists of paths of files that change or make objects.
const FILES: [&str; 5] =
    ["configurations", "generators", "patchesStrategicMerge", "transformers", "validators"];

impl Links {
    /// Reads the kustomization of directory `dir`.
    pub(crate) fn read(file: FileId, dir: &str, node: &Node) -> Self {
        let join = |path: &str| paths::join(dir, path);
        let texts = |keys: &'static [&'static str]| {
            keys.iter().flat_map(|key| items(node, key)).filter_map(Node::raw_text)
        };
        let named = CHANGES.iter().flat_map(|key| items(node, key));
        let named = named.filter_map(|one| one.get("path")?.raw_text());
        let files = texts(&FILES).filter(|text| !text.contains('\n'));
        Self {
            file,
            span: node.origin.span,
            component: node.get("kind").and_then(Node::as_str) == Some("Component"),
            includes: texts(&INCLUDES).filter(|path| !is_remote(path)).map(join).collect(),
            changes: named.chain(files).map(join).collect(),
            copies_values: ["replacements", "vars"].iter().any(|key| items(node, key).next().is_some()),
        }
    }
}

/// The items of a list under a key.
fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
    node.get(key).and_then(Node::as_list).unwrap_or_default().iter()
}

/// Whether a resource stands elsewhere: a URL, or what Git takes for one.
pub(crate) fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || ["git@", "git::", "github.com/"].iter().any(|prefix| path.starts_with(prefix))
}
