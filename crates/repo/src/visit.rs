//! A walk through what a root includes: kustomizations, components, directories, files.

use crate::environment::Deployment;
use crate::hash::{FastMap, FastSet};
use crate::kustomize::{Kustomization, PatchText};
use crate::paths;
use crate::placing::Placing;
use crate::tree::{FileId, Tree};
use crate::walk::{is_kustomization, is_yaml_or_json};
use globset::GlobMatcher;
use topology::{EnvironmentId, Namespace};

/// The kustomizations that were parsed, by their file.
pub(crate) type Kustomizations = FastMap<FileId, Kustomization>;

/// Brings what a root includes into its environment.
pub(crate) struct Visit<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) kustomizations: &'a Kustomizations,
    pub(crate) deployment: &'a mut Deployment,
    pub(crate) environment: EnvironmentId,
    /// The namespace of objects that name none.
    pub(crate) fallback: Option<Namespace>,
    /// What another root deploys is that root's, though this one includes it.
    pub(crate) stops_at_roots: bool,
    /// What was visited already, and with which namespace.
    seen: FastSet<(FileId, Option<String>)>,
}

impl<'a> Visit<'a> {
    /// A walk for one environment.
    pub(crate) fn new(
        tree: &'a Tree,
        kustomizations: &'a Kustomizations,
        deployment: &'a mut Deployment,
        environment: EnvironmentId,
    ) -> Self {
        Self {
            tree,
            kustomizations,
            deployment,
            environment,
            fallback: None,
            stops_at_roots: false,
            seen: FastSet::default(),
        }
    }

    /// A file or a directory with a kustomization; `over` is the namespace set from outside.
    pub(crate) fn path(&mut self, path: &str, over: Option<&Namespace>) {
        if let Some(file) = self.tree.kustomization(path) {
            self.kustomization(file, over);
        } else if let Some(file) = self.tree.find(path) {
            self.file(file, over, false);
        }
    }

    /// A kustomization, with all it includes. The outermost namespace wins; a component's
    /// counts for what includes it, too.
    pub(crate) fn kustomization(&mut self, file: FileId, over: Option<&Namespace>) {
        let Some(read) = self.kustomizations.get(&file) else { return };
        let of_components = || read.components.iter().rev().find_map(|dir| self.component_namespace(dir));
        let over = over.or(read.namespace.as_ref()).or_else(of_components).cloned();
        if !self.seen.insert((file, name(over.as_ref()))) {
            return;
        }
        self.deployment.included(file);
        if let Some(environment) = self.deployment.environments.get_mut(self.environment.0 as usize) {
            environment.made.extend(
                read.made.iter().filter(|one| !environment.made.contains(one)).cloned().collect::<Vec<_>>(),
            );
            environment.opaque.extend(
                read.opaque
                    .iter()
                    .filter(|one| !environment.opaque.contains(one))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        for path in read.resources.iter().chain(&read.components) {
            if self.stops_at_roots && self.deployment.roots.contains(path) {
                continue;
            }
            self.path(path, over.as_ref());
        }
        for patch in &read.patches {
            if let PatchText::File(path) = &patch.text
                && let Some(file) = self.tree.find(path)
            {
                self.file(file, over.as_ref(), true);
            }
        }
    }

    fn component_namespace(&self, dir: &str) -> Option<&'a Namespace> {
        self.kustomizations.get(&self.tree.kustomization(dir)?)?.namespace.as_ref()
    }

    /// What Flux makes of a directory without a kustomization: all YAML below it, and the
    /// kustomizations of directories that have one in place of what is below those.
    pub(crate) fn tree(&mut self, dir: &str, over: Option<&Namespace>) {
        for member in generated(self.tree, dir) {
            match member {
                Member::Kustomization(file) => self.kustomization(file, over),
                Member::File(file) => self.file(file, over, false),
            }
        }
    }

    /// What Argo CD makes of a directory without a kustomization: its files.
    pub(crate) fn plain(&mut self, dir: &str, recurse: bool, wanted: &dyn Fn(&str) -> bool) {
        for (file, found) in self.tree.under(dir) {
            let below = paths::parent(&found.path) != dir;
            let relative = found.path.get(dir.len()..).unwrap_or_default().trim_start_matches('/');
            if (recurse || !below) && is_yaml_or_json(&found.path) && wanted(relative) {
                self.file(file, None, false);
            }
        }
    }

    fn file(&mut self, file: FileId, over: Option<&Namespace>, patch: bool) {
        let (environment, fallback) = (self.environment, self.fallback.clone());
        self.deployment.place(file, Placing { environment, over: over.cloned(), fallback, patch });
    }
}

fn name(namespace: Option<&Namespace>) -> Option<String> {
    namespace.map(|namespace| namespace.name().unwrap_or("?").to_owned())
}

/// What a directory without a kustomization holds for Flux.
pub(crate) enum Member {
    /// The kustomization of a directory below.
    Kustomization(FileId),
    /// A file.
    File(FileId),
}

/// What Flux finds in a directory without a kustomization.
pub(crate) fn generated<'t>(tree: &'t Tree, dir: &'t str) -> impl Iterator<Item = Member> + use<'t> {
    let mut covered: Option<&str> = None;
    tree.under(dir).filter_map(move |(id, file)| {
        if covered.is_some_and(|covered| paths::is_under(&file.path, covered)) {
            return None;
        }
        // The topmost directory between with a kustomization stands for all below it.
        let mut between: Vec<&str> = paths::ancestors(&file.path).take_while(|above| *above != dir).collect();
        between.reverse();
        if let Some((found, above)) =
            between.into_iter().find_map(|above| Some((tree.kustomization(above)?, above)))
        {
            covered = Some(above);
            return Some(Member::Kustomization(found));
        }
        let yaml = matches!(file.path.rsplit_once('.'), Some((_, "yaml" | "yml")));
        (yaml && !is_kustomization(&file.path)).then_some(Member::File(id))
    })
}

/// Whether plain files are wanted by their globs.
pub(crate) fn wanted(include: Option<&GlobMatcher>, exclude: Option<&GlobMatcher>, path: &str) -> bool {
    include.is_none_or(|glob| glob.is_match(path)) && !exclude.is_some_and(|glob| glob.is_match(path))
}
