//! What charts make, and what sets of Argo CD cannot be known to make.

use super::Run;
use crate::argocd::Deploys;
use crate::key::Key;
use crate::paths;
use crate::rendering::{namespace, namespace_of};
use manifest::Manifest;
use topology::{EnvironmentId, EnvironmentKind, NamespaceFrom, Opaque};

impl Run<'_> {
    /// Notes the `Application`s of a set that cannot be known.
    pub(super) fn undecided(&mut self, key: &Key, set: &Manifest, deploys: &Deploys) {
        if deploys.undecided.is_empty() {
            return;
        }
        let dir = paths::parent(self.at.tree.path(key.file));
        let name = set.node.at(&["metadata", "name"]).unwrap_or(&set.node);
        let environment = self.environment(EnvironmentKind::ArgoCd, dir, Some(name.origin.span));
        for (why, span) in &deploys.undecided {
            let what = format!("ApplicationSet {}", set.name().unwrap_or("without a name"));
            let opaque = Opaque { what, why: why.clone(), version: None, namespace: None, span: *span };
            self.opaque(environment, opaque);
        }
    }

    /// Takes over what the charts of a release make. Without an environment of its own (and there the
    /// directory of the chart, where it is a source of Argo CD) a chart from elsewhere makes one.
    pub(super) fn charts_of(&mut self, place: Option<(EnvironmentId, &str)>, key: &Key, manifest: &Manifest) {
        let made = self.charts.made(key, &manifest.node, &mut self.rendering.missing);
        let own = namespace_of(manifest, None);
        for (index, one) in made.into_iter().enumerate() {
            let is_meant = match (place, &one.dir) {
                (None, dir) => dir.is_none(),
                (Some((_, "")), _) => true,
                (Some((_, meant)), dir) => dir.as_deref() == Some(meant),
            };
            if !is_meant {
                continue;
            }
            let environment = place.map_or_else(
                || {
                    let dir = paths::parent(self.at.tree.path(key.file));
                    let name = manifest.node.at(&["metadata", "name"]).unwrap_or(&manifest.node);
                    self.environment(EnvironmentKind::ArgoCd, dir, Some(name.origin.span))
                },
                |(environment, _)| environment,
            );
            self.rendering.reads(environment, key.file);
            let namespace = one.namespace.as_ref().and_then(|node| namespace(node, NamespaceFrom::Object));
            let fallback = namespace.unwrap_or_else(|| own.clone());
            let objects = match one.objects {
                Ok(objects) => objects,
                Err(opaque) => {
                    self.opaque(environment, opaque);
                    continue;
                }
            };
            for (number, (node, made_by)) in objects.into_iter().enumerate() {
                let base = format!("{}#{index}.{number}", key.base);
                let key = Key { base: base.clone(), ..key.clone() };
                let made = Manifest { node, document: key.document, base, kubectl: true };
                if let Some(rendered) = self.rendering.add(environment, key, made, false, Some(&fallback)) {
                    rendered.made_by = Some((made_by, one.reference));
                }
            }
        }
    }
}
