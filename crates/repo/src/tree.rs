//! The files of a checkout, sorted by path, and what a search of their bytes says of them.

use crate::hash::{FastMap, FastSet, hash_of};
use crate::paths;
use crate::unlinted::NotLintedReason;
use crate::walk::{is_kustomization, is_yaml_or_json};
use memchr::memchr;
use memchr::memmem::{self, Finder};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// What Git LFS leaves in the place of a file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Index of a file in its [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub usize);

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// Path in the checkout; `-` is standard input.
    pub(crate) path: String,
    /// What its bytes mention.
    pub(crate) marks: Marks,
    /// It has bytes that no text has.
    pub(crate) binary: bool,
    /// Why it is not parsed, whatever is in it.
    pub(crate) unread: Option<NotLintedReason>,
    /// The text, until somebody parses it or it cannot matter.
    pub(crate) bytes: Vec<u8>,
}

/// What the bytes of a file mention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own, none excludes another")]
pub(crate) struct Marks {
    /// An `apiVersion` of the judged groups.
    pub(crate) judged: bool,
    /// Flux's `Kustomization`.
    pub(crate) flux: bool,
    /// Argo CD's kinds.
    pub(crate) argo: bool,
    /// A release of the chart that makes Clusters.
    pub(crate) charted: bool,
}

impl Marks {
    /// Length of the longest text that is looked for.
    pub(crate) const LONGEST: usize = 32;

    /// Searches a text.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let has = |needle: &Finder<'_>| needle.find(bytes).is_some();
        let judged = || {
            ["postgresql.cnpg.io/", "barmancloud.cnpg.io/"]
                .into_iter()
                .any(|group| memmem::find(bytes, group.as_bytes()).is_some())
        };
        Self {
            judged: has(&FINDERS.cnpg) && judged(),
            flux: has(&FINDERS.flux),
            argo: has(&FINDERS.argo),
            charted: has(&FINDERS.chart) && is_charted(bytes),
        }
    }

    /// What either mentions.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            judged: self.judged || other.judged,
            flux: self.flux || other.flux,
            argo: self.argo || other.argo,
            charted: self.charted || other.charted,
        }
    }
}

/// Whether a text names the `cluster` chart: under `chart`, or as an artifact of its registry.
fn is_charted(bytes: &[u8]) -> bool {
    let names = ["chart: cluster", "chart: \"cluster\"", "cloudnative-pg/charts/cluster"];
    names.into_iter().any(|name| {
        let mut ends = memmem::find_iter(bytes, name).map(|at| bytes.get(at + name.len()));
        ends.any(|next| next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-'))
    })
}

/// Whether a text without objects is a JSON patch, replacements, or the values of a chart.
fn is_change_or_values(path: &str, bytes: &[u8]) -> bool {
    let words: [&[u8]; 3] = [b"op:", b"\"op\"", b"fieldPath"];
    paths::file_name(path).starts_with("values")
        || words.iter().any(|word| memmem::find(bytes, word).is_some())
}

/// What every file is searched for, prepared once.
struct Finders {
    cnpg: Finder<'static>,
    flux: Finder<'static>,
    argo: Finder<'static>,
    chart: Finder<'static>,
    kind: Finder<'static>,
}

static FINDERS: LazyLock<Finders> = LazyLock::new(|| Finders {
    cnpg: Finder::new("cnpg.io"),
    flux: Finder::new("kustomize.toolkit.fluxcd.io"),
    argo: Finder::new("argoproj.io"),
    chart: Finder::new("chart"),
    kind: Finder::new("kind"),
});

impl File {
    /// A file that was read. A text without `kind` holds no object, so it is not kept, unless it is
    /// told so, or what changes objects; a kustomization may leave it out.
    pub(crate) fn new(path: String, bytes: Vec<u8>) -> Self {
        let marks = Marks::of(&bytes);
        if bytes.starts_with(LFS_POINTER) {
            return Self::hidden(path, NotLintedReason::LfsPointer);
        }
        let keep = marks.judged
            || FINDERS.kind.find(&bytes).is_some()
            || is_kustomization(&path)
            || is_change_or_values(&path, &bytes);
        let binary = memchr(0, &bytes).is_some();
        Self { path, marks, binary, unread: None, bytes: if keep { bytes } else { Vec::new() } }
    }

    /// A file over the bound: only searched.
    pub(crate) fn too_large(path: String, marks: Marks) -> Self {
        Self { path, marks, binary: false, unread: Some(NotLintedReason::TooLarge), bytes: Vec::new() }
    }

    /// Something whose content lies elsewhere. It may hold anything, so it is told of.
    pub(crate) fn hidden(path: String, reason: NotLintedReason) -> Self {
        let marks = Marks { judged: true, ..Marks::default() };
        Self { path, marks, binary: false, unread: Some(reason), bytes: Vec::new() }
    }
}

/// The files of a checkout, sorted by path, each once.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
    /// Made when first asked for: a checkout without databases never asks.
    index: OnceLock<Index>,
}

/// Files and directories by path.
#[derive(Debug, Default)]
struct Index {
    /// Files by the hash of their path: no path is kept twice.
    files: FastMap<u64, FileId>,
    /// Every directory that holds a file, itself or below.
    dirs: FastSet<Box<str>>,
    /// The kustomization of a directory.
    kustomizations: FastMap<Box<str>, FileId>,
}

impl Tree {
    /// Sorts the files.
    pub(crate) fn new(mut files: Vec<File>) -> Self {
        files.sort_unstable_by(|one, two| one.path.cmp(&two.path));
        files.dedup_by(|one, two| one.path == two.path);
        Self { files, index: OnceLock::new() }
    }

    /// With some more files.
    pub(crate) fn with(mut self, mut more: Vec<File>) -> Self {
        if more.is_empty() {
            return self;
        }
        self.files.append(&mut more);
        Self::new(self.files)
    }

    /// Every file with its id, sorted by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index), file))
    }

    /// How many YAML and JSON files there are.
    pub(crate) fn manifests(&self) -> usize {
        self.files.iter().filter(|file| file.path == "-" || is_yaml_or_json(&file.path)).count()
    }

    /// One file.
    pub(crate) fn get(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0)
    }

    /// The path of a file.
    pub(crate) fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| &file.path)
    }

    /// Takes the bytes of a file out of the tree.
    pub(crate) fn take_bytes(&mut self, id: FileId) -> Vec<u8> {
        self.files.get_mut(id.0).map(|file| std::mem::take(&mut file.bytes)).unwrap_or_default()
    }

    /// The file of that path.
    pub(crate) fn find(&self, path: &str) -> Option<FileId> {
        let id = *self.index().files.get(&hash_of(path))?;
        if self.path(id) == path {
            return Some(id);
        }
        // Another path has the same hash.
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(FileId)
    }

    /// The files below a directory, sorted by path.
    pub(crate) fn under(&self, dir: &str) -> impl Iterator<Item = (FileId, &File)> {
        let range = self.range(dir);
        let start = range.start;
        let files = self.files.get(range).unwrap_or_default();
        let inside = move |(_, file): &(FileId, &File)| file.path != "-" && paths::is_under(&file.path, dir);
        files.iter().enumerate().map(move |(index, file)| (FileId(start + index), file)).filter(inside)
    }

    /// Whether a directory holds a file, itself or below.
    pub(crate) fn has_dir(&self, dir: &str) -> bool {
        self.index().dirs.contains(dir)
    }

    /// The kustomization of a directory.
    pub(crate) fn kustomization(&self, dir: &str) -> Option<FileId> {
        self.index().kustomizations.get(dir).copied()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (id, file) in self.files() {
                index.files.insert(hash_of(&file.path), id);
                for dir in paths::ancestors(&file.path) {
                    if index.dirs.contains(dir) {
                        break;
                    }
                    index.dirs.insert(dir.into());
                }
                // Where a directory has two, kustomize refuses; the last by name is taken here.
                if is_kustomization(&file.path) {
                    index.kustomizations.insert(paths::parent(&file.path).into(), id);
                }
            }
            index
        })
    }

    /// The files whose path starts with the directory: sorted by bytes, they stand together.
    fn range(&self, dir: &str) -> Range<usize> {
        if dir.is_empty() {
            return 0..self.files.len();
        }
        let start = self.files.partition_point(|file| before(&file.path, dir));
        let end = self.files.partition_point(|file| before(&file.path, dir) || inside(&file.path, dir));
        start..end
    }
}

/// Whether a path stands before all that is in the directory.
fn before(path: &str, dir: &str) -> bool {
    !inside(path, dir) && path.as_bytes().iter().lt(dir.as_bytes().iter().chain(b"/"))
}

fn inside(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        Tree::new(paths.iter().map(|path| File::new((*path).to_owned(), Vec::new())).collect())
    }

    #[test]
    fn a_directory_holds_what_is_below_it_and_no_neighbour() {
        let tree = tree(&["a.yaml", "a/b.yaml", "a/c/d.yaml", "a-b/x.yaml", "ab/y.yaml", "../z.yaml", "-"]);
        let under = |dir| tree.under(dir).map(|(_, file)| file.path.as_str()).collect::<Vec<_>>();
        assert_eq!(under("a"), ["a/b.yaml", "a/c/d.yaml"]);
        assert_eq!(under("a/c"), ["a/c/d.yaml"]);
        assert_eq!(under(""), ["a-b/x.yaml", "a.yaml", "a/b.yaml", "a/c/d.yaml", "ab/y.yaml"]);
        assert!(!tree.has_dir("b"));
    }

    #[test]
    fn a_label_is_no_judged_group() {
        assert!(!Marks::of(b"cnpg.io/cluster: x").judged);
        assert!(Marks::of(b"apiVersion: barmancloud.cnpg.io/v1").judged);
    }
}
