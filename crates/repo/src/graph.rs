//! Which kustomizations and Flux objects can lead to a database, told from their text alone, so
//! that the others need not be parsed.
//!
//! Every word of such a file that is a path of something in the checkout counts as a link. That
//! finds more links than there are, never fewer.

use crate::flux::resolve;
use crate::hash::{FastMap, FastSet};
use crate::links::is_remote;
use crate::paths;
use crate::tree::{File, FileId, Tree};
use crate::walk::is_kustomization;
use memchr::memmem;
use rayon::prelude::*;

/// Who may lead where.
pub(crate) struct Graph {
    links: FastMap<FileId, Links>,
    /// The files of `links`, sorted.
    linking: Vec<FileId>,
    /// Files with roots of Argo CD: few, so they are all parsed.
    argo: Vec<FileId>,
}

impl Graph {
    /// Reads the text of every kustomization and of every file with Flux objects.
    pub(crate) fn new(tree: &Tree) -> Self {
        let linking: Vec<FileId> = tree
            .files()
            .filter(|(_, file)| is_kustomization(&file.path) || file.marks.flux)
            .map(|(id, _)| id)
            .collect();
        let ends = Ends::of(tree);
        let links: Vec<_> = linking.par_iter().map(|id| (*id, Links::of(tree, *id, &ends))).collect();
        let argo = tree.files().filter(|(_, file)| holds_argo_root(file)).map(|(id, _)| id).collect();
        Self { links: links.into_iter().collect(), linking, argo }
    }

    /// The files to parse so as to know what deploys `wanted`, sorted.
    pub(crate) fn leading_to(&self, tree: &Tree, wanted: impl Iterator<Item = FileId>) -> Vec<FileId> {
        let mut reached = Reached::default();
        for file in wanted {
            reached.add(tree, file);
        }
        loop {
            let before = reached.files.len();
            for file in &self.linking {
                let leads = self.links.get(file).is_some_and(|links| reached.leads_there(links));
                if leads && !reached.files.contains(file) {
                    reached.add(tree, *file);
                }
            }
            if reached.files.len() == before {
                break;
            }
        }
        let linking = self.linking.iter().filter(|file| reached.files.contains(file));
        let mut leading: Vec<FileId> = linking.chain(&self.argo).copied().collect();
        leading.sort_unstable();
        leading.dedup();
        leading
    }

    /// The files that something leads to for which `starts` holds.
    pub(crate) fn below(&self, tree: &Tree, starts: impl Fn(FileId) -> bool) -> FastSet<FileId> {
        self.follow(tree, self.linking.iter().copied().filter(|file| starts(*file)).collect(), true)
    }

    /// The kustomizations of these directories that make or change objects, or bring some in from
    /// elsewhere, without what Flux objects there deploy: those are environments of their own.
    pub(crate) fn hiding<'d>(&self, tree: &Tree, dirs: impl Iterator<Item = &'d str>) -> Vec<FileId> {
        let starts = dirs.flat_map(|dir| match tree.kustomization(dir) {
            Some(file) => vec![file],
            None => tree.under(dir).map(|(file, _)| file).collect(),
        });
        let hides = |file: &FileId| self.links.get(file).is_some_and(|links| links.hides_something);
        self.follow(tree, starts.collect(), false).into_iter().filter(hides).collect()
    }

    fn follow(&self, tree: &Tree, mut open: Vec<FileId>, into_flux: bool) -> FastSet<FileId> {
        let mut below = FastSet::default();
        while let Some(file) = open.pop() {
            if !below.insert(file) {
                continue;
            }
            let Some(links) = self.links.get(&file).filter(|links| into_flux || links.kustomization) else {
                continue;
            };
            open.extend(&links.files);
            open.extend(links.dirs.iter().flat_map(|dir| tree.under(dir)).map(|(file, _)| file));
        }
        below
    }
}

fn holds_argo_root(file: &File) -> bool {
    file.marks.argo && memmem::find(&file.bytes, b"Application").is_some()
}

/// The last parts of all paths that can be linked to: most words are none of them, and need no
/// second look.
struct Ends<'t> {
    names: FastSet<&'t str>,
}

impl<'t> Ends<'t> {
    fn of(tree: &'t Tree) -> Self {
        let mut names = FastSet::default();
        let mut last = "";
        for (_, file) in tree.files() {
            names.insert(paths::file_name(&file.path));
            let dir = paths::parent(&file.path);
            if dir != last {
                names.extend(dir.split('/'));
                last = dir;
            }
        }
        Self { names }
    }

    fn may_end(&self, word: &str) -> bool {
        let end = paths::file_name(word.trim_end_matches('/'));
        matches!(end, "." | "..") || self.names.contains(end)
    }
}

/// Keys of kustomizations that make objects, or change what others bring in.
const HIDING: [&str; 6] = [
    "configMapGenerator:",
    "helmCharts:",
    "patches:",
    "patchesJson6902:",
    "patchesStrategicMerge:",
    "secretGenerator:",
];

/// What the text of a kustomization or of a file with Flux objects may lead to.
struct Links {
    kustomization: bool,
    files: Vec<FileId>,
    /// Directories that may be deployed as they are, without a kustomization.
    dirs: Vec<String>,
    /// It makes or changes objects, or brings some in from elsewhere.
    hides_something: bool,
}

impl Links {
    fn of(tree: &Tree, id: FileId, ends: &Ends<'_>) -> Self {
        let mut links =
            Self { kustomization: false, files: Vec::new(), dirs: Vec::new(), hides_something: false };
        let Some(file) = tree.get(id) else { return links };
        links.kustomization = is_kustomization(&file.path);
        for word in words(&file.bytes) {
            // A key ends in a colon, a URL has one or a version.
            let may_hide =
                links.kustomization && !links.hides_something && word.contains([':', '=', '/', '@']);
            links.hides_something |= may_hide && (HIDING.contains(&word) || is_remote(word));
            if !ends.may_end(word) {
                continue;
            }
            if links.kustomization {
                links.beside(tree, paths::parent(&file.path), word);
            }
            if file.marks.flux && word.contains('/') {
                links.below_top(tree, &file.path, word);
            }
        }
        links.files.retain(|other| *other != id);
        links
    }

    fn beside(&mut self, tree: &Tree, dir: &str, word: &str) {
        let path = paths::join(dir, word);
        self.files.extend(tree.kustomization(&path).or_else(|| tree.find(&path)));
    }

    fn below_top(&mut self, tree: &Tree, file: &str, word: &str) {
        // A component's path starts from a directory that is named elsewhere.
        let path = word.trim_start_matches("../");
        let Some((_, dir)) = resolve(tree, file, path) else { return };
        match tree.kustomization(&dir) {
            Some(file) => self.files.push(file),
            None => self.dirs.push(dir),
        }
    }
}

/// The words of a text that are not in comments.
fn words(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let mut lines = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    let mut start = 0;
    let lines = std::iter::from_fn(move || {
        let end = lines.next()?;
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        Some(line)
    });
    lines.flat_map(|line| {
        let words = line.split(|byte| separates(*byte)).take_while(|word| !word.starts_with(b"#"));
        words.filter(|word| word.len() > 1).filter_map(|word| std::str::from_utf8(word).ok())
    })
}

/// Whether a byte stands between words.
fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\x0c' | b'"' | b'\'' | b',' | b'[' | b']' | b'{' | b'}')
}

/// The files that are known to matter, and the directories that hold one.
#[derive(Default)]
struct Reached<'t> {
    files: FastSet<FileId>,
    dirs: FastSet<&'t str>,
}

impl<'t> Reached<'t> {
    /// A file matters; so do the kustomizations above it, which may have left it out.
    fn add(&mut self, tree: &'t Tree, file: FileId) {
        if !self.files.insert(file) {
            return;
        }
        for dir in paths::ancestors(tree.path(file)) {
            if !self.dirs.insert(dir) {
                break;
            }
            self.files.extend(tree.kustomization(dir));
        }
    }

    fn leads_there(&self, links: &Links) -> bool {
        links.files.iter().any(|file| self.files.contains(file))
            || links.dirs.iter().any(|dir| self.dirs.contains(dir.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let file = |(path, text): &(&str, &str)| File::new((*path).to_owned(), text.as_bytes().to_vec());
        Tree::new(files.iter().map(file).collect())
    }

    fn leading(tree: &Tree, wanted: &str) -> Vec<String> {
        let leading = Graph::new(tree).leading_to(tree, tree.find(wanted).into_iter());
        leading.into_iter().map(|file| tree.path(file).to_owned()).collect()
    }

    #[test]
    fn only_what_leads_to_a_file_is_parsed() {
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  path: ./apps/db # here\n";
        let tree = tree(&[
            ("apps/db/kustomization.yaml", "resources:\n- cluster.yaml\n"),
            ("apps/db/cluster.yaml", ""),
            ("apps/web/kustomization.yaml", "resources: [web.yaml]"),
            ("apps/web/web.yaml", ""),
            ("flux/ks.yaml", flux),
            ("flux/kustomization.yaml", "resources: [\"./ks.yaml\"]"),
            ("overlays/kustomization.yaml", "# resources: [../apps/db]\n"),
        ]);
        assert_eq!(
            leading(&tree, "apps/db/cluster.yaml"),
            ["apps/db/kustomization.yaml", "flux/ks.yaml", "flux/kustomization.yaml"]
        );
    }

    #[test]
    fn a_directory_without_a_kustomization_is_reached_as_it_is() {
        let flux = "# kustomize.toolkit.fluxcd.io\nkind: Kustomization\nspec: {path: apps/db}\n";
        let tree = tree(&[("apps/db/x/cluster.yaml", ""), ("ks.yaml", flux)]);
        assert_eq!(leading(&tree, "apps/db/x/cluster.yaml"), ["ks.yaml"]);
    }

    #[test]
    fn words_in_comments_are_no_links() {
        let text = b"a: b/c # d/e\n  # f/g\n- {path: \"h\"}\n- ij";
        assert_eq!(words(text).collect::<Vec<_>>(), ["a:", "b/c", "path:", "ij"]);
    }
}
