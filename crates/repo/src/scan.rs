//! The stages of a scan: walk, find the databases, find what belongs to them and what deploys
//! them, and hand over objects.

use crate::assemble::{self, Context};
use crate::charts;
use crate::graph::Graph;
use crate::hash::FastMap;
use crate::input::{Layout, Options, ScanError};
use crate::library::{Library, Text};
use crate::mention::{self, Candidate};
use crate::names::Names;
use crate::neighbours::Neighbours;
use crate::paths;
use crate::problem::RenderProblem;
use crate::render::Render;
use crate::rendering::{Rendered, Rendering};
use crate::roots::Roots;
use crate::tree::{FileId, Tree};
use crate::unlinted::{NotLinted, NotLintedReason};
use crate::variables;
use crate::walk::{self, Unread};
use kustomize::Memory;
use manifest::{Comment, Limits, Problem, Source, SourceId, Sources};
use rayon::prelude::*;
use topology::{Inventory, Object};

/// What was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Every text that was parsed.
    pub sources: Sources,
    /// What is known of each source, in the same order.
    pub infos: Vec<SourceInfo>,
    /// The objects and where they are deployed.
    pub inventory: Inventory,
    /// How many YAML and JSON files were seen.
    pub files: usize,
    /// How many documents were parsed.
    pub documents: usize,
    /// What mentions CloudNativePG but is not judged, sorted by path.
    pub not_linted: Vec<NotLinted>,
    /// What could not be read, sorted by path.
    pub unavailable: Vec<Unavailable>,
    /// What is wrong with what is rendered.
    pub problems: Vec<RenderProblem>,
}

/// What is known of a source beside its text.
#[derive(Debug, Default)]
pub struct SourceInfo {
    /// Its comments, in order.
    pub comments: Vec<Comment>,
    /// What is wrong with it, in order of place.
    pub problems: Vec<Problem>,
    /// It is one of the named paths or stands below one: findings in it are wanted.
    pub named: bool,
    /// It mentions a judged group.
    pub judged: bool,
}

/// A path that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// As shown to the user.
    pub path: String,
    /// What the system says.
    pub message: String,
    /// It is one of the named paths or stands below one.
    pub named: bool,
}

impl Scan {
    /// What is known of a source.
    pub fn info(&self, source: SourceId) -> Option<&SourceInfo> {
        self.infos.get(self.sources.index(source)?)
    }

    /// Whether findings in that source are wanted.
    pub fn is_named(&self, source: SourceId) -> bool {
        self.info(source).is_some_and(|info| info.named)
    }
}

/// Scans a checkout. What cannot be read or parsed is listed; it never ends the scan.
pub fn scan(options: &Options) -> Result<Scan, ScanError> {
    scan_observed(options, &mut |_| {})
}

/// Scans a checkout; `observe` is told the name of each stage when it ends.
pub fn scan_observed(options: &Options, observe: &mut dyn FnMut(&'static str)) -> Result<Scan, ScanError> {
    let layout = Layout::new(options)?;
    let (tree, unread) = walk::walk(&layout, &options.files, options.limits.bytes)?;
    observe("walk and read");
    let mut scan = Scan {
        files: tree.manifests(),
        not_linted: not_parsed(&tree, &layout),
        unavailable: unavailable(unread, &layout),
        ..Scan::default()
    };
    let judged: Vec<FileId> = tree
        .files()
        .filter(|(_, file)| {
            let is_release = options.helm.is_some() && holds_release(&file.bytes);
            file.marks.judged
                || file.marks.charted
                || is_release
                || (options.everything && !file.bytes.is_empty())
        })
        .filter(|(_, file)| NotLintedReason::of(&tree, file).is_none())
        .map(|(id, _)| id)
        .collect();
    if judged.is_empty() {
        return Ok(scan);
    }
    let mut search = Search {
        layout: &layout,
        limits: &options.limits,
        tree,
        library: Library::starting_at(options.first_source),
        judged,
        roots: Roots::default(),
        memory: Memory::default(),
    };
    let (candidates, mut rendering) = search.run(observe);
    let (sources, texts) = search.library.into_parts();
    let context = Context::new(&search.tree, &layout, &rendering, &candidates, options.everything);
    let objects = finish(&mut scan, sources, texts, rendering.take_objects(), &context);
    scan.problems = problems(rendering.problems);
    scan.inventory = Inventory::new(rendering.environments, objects);
    observe("make objects");
    Ok(scan)
}

/// The search for what belongs to the databases and what deploys them.
struct Search<'a> {
    layout: &'a Layout,
    limits: &'a Limits,
    tree: Tree,
    library: Library,
    /// The files with judged objects.
    judged: Vec<FileId>,
    /// The roots that were read already.
    roots: Roots,
    /// What all builds share.
    memory: Memory,
}

impl Search<'_> {
    fn run(&mut self, observe: &mut dyn FnMut(&'static str)) -> (Vec<Candidate>, Rendering) {
        let judged = self.judged.clone();
        self.load(&judged);
        observe("parse databases");
        let graph = Graph::new(&self.tree);
        observe("read links");
        self.load_roots(&graph, &judged);
        let mut rendering = self.render(&judged, true);
        // Variables have their values in objects that mention no database.
        let settings = variables::files(&self.tree, &rendering.missing);
        if !settings.is_empty() {
            self.load(&settings);
            rendering = self.render(&judged, true);
        }
        observe("render databases");
        let written = self.library.texts().iter().flat_map(Text::objects);
        let rendered = rendering.objects.iter().map(|object| &object.manifest);
        let names = Names::of(written.chain(rendered));
        let candidates = mention::search(&self.tree, &names);
        observe("search for names and kinds");
        let mut wanted = judged.clone();
        wanted.extend(candidates.iter().filter(|one| one.is_sure()).map(|one| one.file));
        wanted.extend(self.near(&graph, &candidates, &rendering));
        wanted.extend(graph.hiding(&self.tree, rendering.directories_of(&judged)));
        self.load_roots(&graph, &wanted);
        let reached = self.roots.reached(&self.tree);
        // What is not deployed can satisfy no reference. Without roots, directories deploy what they hold.
        let as_it_lies = !judged.iter().any(|file| reached.contains(file));
        let is_asked_for = |file: FileId| {
            let mut below = self.layout.named.iter().filter(|named| !named.path.is_empty());
            below.any(|named| paths::is_under(self.tree.path(file), &named.path))
        };
        wanted.retain(|file| {
            as_it_lies || reached.contains(file) || is_asked_for(*file) || judged.contains(file)
        });
        wanted.extend(self.roots.beside(&self.tree));
        self.load(&wanted);
        observe("parse the rest");
        let rendering = self.render(&wanted, false);
        observe("render");
        (candidates, rendering)
    }

    fn load(&mut self, files: &[FileId]) {
        self.library.load(&mut self.tree, files, &|path| self.layout.shown(path), self.limits);
    }

    /// Parses what may deploy the wanted files, and what changes them on the way.
    fn load_roots(&mut self, graph: &Graph, wanted: &[FileId]) {
        self.load(&graph.leading_to(&self.tree, wanted.iter().copied()));
        if self.layout.helm.is_some() {
            self.load(&charts::values(&self.tree));
        }
        self.roots.read(&self.tree, &self.library);
        self.load(&self.roots.changes(&self.tree));
        self.roots.read(&self.tree, &self.library);
    }

    fn render(&self, all: &[FileId], only_databases: bool) -> Rendering {
        let Self { layout, tree, library, roots, memory, judged, .. } = self;
        Render { tree, library, layout, roots, memory, only_databases }.run(judged, all)
    }

    /// The candidates that matter to their own namespace only, where that may be one with a
    /// database: their text names it, or something that leads to them does.
    fn near(&self, graph: &Graph, candidates: &[Candidate], rendering: &Rendering) -> Vec<FileId> {
        let unsure = candidates.iter().filter(|one| !one.is_sure()).map(|one| one.file);
        let databases = rendering.databases();
        let Some(neighbours) = Neighbours::new(&databases) else { return unsure.collect() };
        let below = graph.below(&self.tree, |file| neighbours.may_be_set_by(self.bytes(file)));
        let destined = |path: &str| {
            let here = rendering.destinations.iter().filter(|(dir, _)| paths::is_under(path, dir));
            here.into_iter().any(|(_, to)| databases.iter().any(|database| database.may_be_same(to)))
        };
        let may_be = |file: FileId| {
            let path = self.tree.path(file);
            below.contains(&file) || destined(path) || neighbours.may_be_of(path, self.bytes(file))
        };
        unsure.filter(|file| may_be(*file)).collect()
    }

    fn bytes(&self, file: FileId) -> &[u8] {
        let parsed = self.library.text(file).and_then(|text| self.library.sources.get(text.source));
        parsed.map_or_else(
            || self.tree.get(file).map(|file| file.bytes.as_slice()).unwrap_or_default(),
            Source::bytes,
        )
    }
}

/// Turns the parsed texts, and what environments made of them, into objects.
fn finish(
    scan: &mut Scan,
    sources: Sources,
    texts: Vec<Text>,
    mut rendered: FastMap<FileId, Vec<Rendered>>,
    context: &Context<'_>,
) -> Vec<Object> {
    scan.documents = texts.iter().map(|text| text.documents.len()).sum();
    let pairs: Vec<_> = texts
        .into_iter()
        .map(|text| {
            let rendered = rendered.remove(&text.file).unwrap_or_default();
            (text, rendered)
        })
        .collect();
    let assembled = pairs.into_par_iter().map(|(text, rendered)| {
        let source = sources.get(text.source);
        assemble::assemble(text, rendered, source, context)
    });
    let mut objects = Vec::new();
    for assembled in assembled.collect::<Vec<_>>() {
        objects.extend(assembled.objects);
        scan.not_linted.extend(assembled.not_linted);
        scan.infos.push(assembled.info);
    }
    scan.sources = sources;
    scan.not_linted.sort();
    objects
}

/// Whether a text installs a chart that may be one of the checkout.
fn holds_release(bytes: &[u8]) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    holds(b"kind: HelmRelease") || holds(b"argoproj.io")
}

/// Each problem once: a base has its problems in every overlay.
fn problems(mut problems: Vec<RenderProblem>) -> Vec<RenderProblem> {
    problems.sort_by(|one, two| (one.span, one.rule, &one.message).cmp(&(two.span, two.rule, &two.message)));
    problems.dedup_by(|one, two| (one.span, one.rule, &one.message) == (two.span, two.rule, &two.message));
    problems
}

fn not_parsed(tree: &Tree, layout: &Layout) -> Vec<NotLinted> {
    tree.files()
        .filter_map(|(_, file)| {
            let reason = match NotLintedReason::of(tree, file) {
                _ if !file.marks.judged && !layout.is_named_itself(&file.path) => return None,
                None if !file.marks.judged && file.binary => NotLintedReason::NotUtf8,
                Some(NotLintedReason::TooLarge) => NotLintedReason::TooLarge,
                Some(reason) if file.marks.judged => reason,
                _ => return None,
            };
            Some(NotLinted { path: layout.shown(&file.path), reason, span: None })
        })
        .collect()
}

fn unavailable(unread: Vec<Unread>, layout: &Layout) -> Vec<Unavailable> {
    let unavailable = |unread: Unread| Unavailable {
        path: layout.shown(&unread.path),
        message: unread.message,
        named: layout.is_named(&unread.path),
    };
    unread.into_iter().map(unavailable).collect()
}
