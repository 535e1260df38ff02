//! What Argo CD makes of a directory without a kustomization: its files.

use crate::argocd::ArgoRoot;
use crate::paths;
use crate::tree::{File, FileId, Tree};
use crate::walk::is_yaml_or_json;

/// The files that an `Application` deploys as they lie there.
pub(crate) fn files<'t>(tree: &'t Tree, root: &'t ArgoRoot) -> impl Iterator<Item = (FileId, &'t File)> {
    tree.under(&root.dir).filter(|(_, found)| {
        let below = paths::parent(&found.path) != root.dir;
        let relative = found.path.get(root.dir.len()..).unwrap_or_default().trim_start_matches('/');
        let included = root.include.as_ref().is_none_or(|glob| glob.is_match(relative));
        let excluded = root.exclude.as_ref().is_some_and(|glob| glob.is_match(relative));
        (root.recurse || !below) && is_yaml_or_json(&found.path) && included && !excluded
    })
}
