//! What a directory without a kustomization holds for Flux, which makes one for it.

use crate::paths;
use crate::tree::{FileId, Tree};
use crate::walk::is_kustomization;

/// The resources of the kustomization that Flux makes: the kustomization of each directory below
/// that has one, in place of what is below that, and every other YAML file.
pub(crate) fn generated<'t>(tree: &'t Tree, dir: &'t str) -> impl Iterator<Item = FileId> + use<'t> {
    let mut covered: Option<&str> = None;
    tree.under(dir).filter_map(move |(id, file)| {
        if covered.is_some_and(|covered| paths::is_under(&file.path, covered)) {
            return None;
        }
        // The topmost directory between with a kustomization stands for all below it.
        let mut between: Vec<&str> = paths::ancestors(&file.path).take_while(|above| *above != dir).collect();
        between.reverse();
        let found = between.into_iter().find_map(|above| Some((tree.kustomization(above)?, above)));
        if let Some((found, above)) = found {
            covered = Some(above);
            return Some(found);
        }
        let yaml = matches!(file.path.rsplit_once('.'), Some((_, "yaml" | "yml")));
        (yaml && !is_kustomization(&file.path)).then_some(id)
    })
}
