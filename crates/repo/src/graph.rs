//! Which kustomizations and Flux objects can lead to a database, told from their text alone, so
//! that the others need not be parsed.
//!
//! Every word of such a file that is a path of something in the checkout counts as a link. That
//! finds more links than there are, never fewer.

use crate::flux::resolve;
use crate::kustomize::is_remote;
use crate::parallel;
use crate::paths;
use crate::tree::{File, FileId, Tree};
use crate::walk::is_kustomization;
use memchr::memmem;
use std::collections::{HashMap, HashSet};

/// Who may lead where.
pub(crate) struct Graph {
    links: Vec<Links>,
    /// Files with roots of Argo CD: few, so they are all parsed.
    argo: Vec<FileId>,
}

impl Graph {
    /// Reads the text of every kustomization and of every file with Flux objects.
    pub fn new(tree: &Tree) -> Self {
        let linking: Vec<FileId> = tree
            .files()
            .filter(|(_, file)| is_kustomization(&file.path) || file.marks.flux)
            .map(|(id, _)| id)
            .collect();
        let links = parallel::map(&linking, |id| Links::of(tree, *id));
        let argo = tree.files().filter(|(_, file)| holds_argo_root(file)).map(|(id, _)| id).collect();
        Self { links, argo }
    }

    /// The files to parse so as to know what deploys `wanted`, sorted.
    pub fn leading_to(&self, tree: &Tree, wanted: impl Iterator<Item = FileId>) -> Vec<FileId> {
        let mut reached = Reached::default();
        for file in wanted {
            reached.add(tree, file);
        }
        for links in self.links.iter().filter(|links| links.hides_something) {
            reached.add(tree, links.file);
        }
        loop {
            let before = reached.files.len();
            for links in &self.links {
                if !reached.files.contains(&links.file) && reached.leads_there(links) {
                    reached.add(tree, links.file);
                }
            }
            if reached.files.len() == before {
                break;
            }
        }
        let linking = self.links.iter().map(|links| links.file).filter(|id| reached.files.contains(id));
        let mut leading: Vec<FileId> = linking.chain(self.argo.iter().copied()).collect();
        leading.sort_unstable();
        leading.dedup();
        leading
    }

    /// The files that something leads to which names one of these namespaces.
    pub fn below(&self, tree: &Tree, names_one: impl Fn(FileId) -> bool) -> HashSet<FileId> {
        let links: HashMap<FileId, &Links> = self.links.iter().map(|links| (links.file, links)).collect();
        let mut open: Vec<FileId> =
            self.links.iter().map(|links| links.file).filter(|file| names_one(*file)).collect();
        let mut below = HashSet::new();
        while let Some(file) = open.pop() {
            if !below.insert(file) {
                continue;
            }
            let Some(links) = links.get(&file) else { continue };
            open.extend(&links.files);
            for dir in &links.dirs {
                open.extend(tree.under(dir).map(|(file, _)| file));
            }
        }
        below
    }
}

fn holds_argo_root(file: &File) -> bool {
    file.marks.argo && memmem::find(&file.bytes, b"Application").is_some()
}

/// What the text of a kustomization or of a file with Flux objects may lead to.
struct Links {
    file: FileId,
    files: Vec<FileId>,
    /// Directories that may be deployed as they are, without a kustomization.
    dirs: Vec<String>,
    /// It makes objects, or brings some in from elsewhere.
    hides_something: bool,
}

impl Links {
    fn of(tree: &Tree, id: FileId) -> Self {
        let mut links = Self { file: id, files: Vec::new(), dirs: Vec::new(), hides_something: false };
        let Some(file) = tree.get(id) else { return links };
        let kustomization = is_kustomization(&file.path);
        for word in words(&file.bytes) {
            if kustomization {
                links.hides_something |=
                    matches!(word, "secretGenerator:" | "configMapGenerator:" | "helmCharts:")
                        || is_remote(word);
                links.from_directory(tree, paths::parent(&file.path), word);
            }
            if file.marks.flux && word.contains('/') {
                links.from_top(tree, &file.path, word);
            }
        }
        links
    }

    fn from_directory(&mut self, tree: &Tree, dir: &str, word: &str) {
        let path = paths::join(dir, word);
        self.files
            .extend(tree.find(&path).or_else(|| tree.kustomization(&path)).filter(|id| *id != self.file));
    }

    fn from_top(&mut self, tree: &Tree, file: &str, word: &str) {
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
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| {
            let line = line.split_once(" #").map_or(line, |(before, _)| before);
            line.split(|char: char| {
                char.is_whitespace() || matches!(char, '"' | '\'' | ',' | '[' | ']' | '{' | '}')
            })
        })
        .filter(|word| word.len() > 1)
}

/// The files that are known to matter, and the directories that hold one.
#[derive(Default)]
struct Reached<'t> {
    files: HashSet<FileId>,
    dirs: HashSet<&'t str>,
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
