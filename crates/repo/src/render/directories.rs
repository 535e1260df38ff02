//! Files that no root deploys: where there are no roots, their directories do.

use super::Run;
use crate::paths;
use crate::tree::{File, FileId};
use std::collections::BTreeMap;
use topology::EnvironmentKind;

impl Run<'_> {
    /// What no root reaches is deployed as it lies there where there are no roots, and judged
    /// where it was named for itself.
    pub(super) fn directories(&mut self, judged: &[FileId], all: &[FileId]) {
        let (tree, layout) = (self.at.tree, self.at.layout);
        let gitops = !self.at.roots.argo.is_empty() || tree.files().any(|(_, file)| is_flux(file));
        let plain = !gitops && !judged.iter().any(|file| self.rendering.is_read(*file));
        let bare: Vec<bool> = layout.named.iter().map(|named| self.is_bare(&named.path)).collect();
        let mut directories: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
        for file in all.iter().copied().filter(|file| !self.rendering.is_read(*file)) {
            let path = tree.path(file);
            let mut named = layout.named.iter().zip(&bare);
            let mut is_named = || named.any(|(one, bare)| *bare && paths::is_under(path, &one.path));
            if path == "-" || (plain && !paths::is_set_aside(path)) || is_named() {
                let dir = if path == "-" { path } else { paths::parent(path) };
                directories.entry(dir).or_default().push(file);
            }
        }
        for (dir, files) in directories {
            let environment = self.environment(EnvironmentKind::Directory, dir, None);
            for file in files {
                self.file(environment, file, None);
            }
        }
    }

    /// Whether a named path is a file, or a directory below which no root reaches anything: it
    /// is not the whole checkout.
    pub(super) fn is_bare(&self, path: &str) -> bool {
        let mut below = self.at.tree.under(path);
        !path.is_empty() && !below.any(|(file, _)| self.rendering.is_read(file))
    }
}

fn is_flux(file: &File) -> bool {
    file.marks.flux && !paths::is_set_aside(&file.path)
}
