//! A whole build: the root, and what is done once at the end.

use crate::accumulate::Target;
use crate::build::{Build, Edits, Limits, ProblemKind, Root, UncertainKind};
use crate::builder::{Builder, nowhere};
use crate::checkout::{Checkout, FileText};
use crate::dialect::annotations_as_texts;
use crate::hash;
use crate::item::{Item, meta_text};
use crate::paths;
use crate::pool::Pool;
use crate::references;
use crate::tree;
use manifest::{Node, Origin, Part, Partial, SourceId, Span, UnknownReason, Value};
use std::rc::Rc;

/// An object with this annotation is for kustomize alone, unless its value is `false`.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Renders a kustomization as `kustomize build` would, `edits` made to its file before.
pub fn build(checkout: &dyn Checkout, root: Root<'_>, edits: Option<&Edits>, limits: &Limits) -> Build {
    let mut builder = Builder::new(checkout, *limits);
    let mut pool = Pool::default();
    match root {
        Root::Directory(dir) => builder.root_directory(&mut pool, dir, edits),
        Root::Generated { dir, resources } => builder.root_generated(&mut pool, dir, resources, edits),
    }
    builder.finish(pool)
}

impl Builder<'_> {
    fn root_directory(&mut self, pool: &mut Pool, dir: &str, edits: Option<&Edits>) {
        let Some(file) = self.checkout.kustomization(dir) else {
            let message = format!("{dir} has no kustomization");
            return self.fatal(ProblemKind::Missing, NO_PLACE, message);
        };
        let span = match self.checkout.file(&file) {
            FileText::Text { source, .. } => Span { source, start: 0, end: 0 },
            _ => NO_PLACE,
        };
        let Some((source, node)) = self.kustomization_file(pool, &file, span) else { return };
        let target = Target { dir, file: Rc::from(file.as_str()), source, node, edits };
        self.target(&target, pool, &mut vec![dir.to_owned()]);
    }

    fn root_generated(&mut self, pool: &mut Pool, dir: &str, resources: &[String], edits: Option<&Edits>) {
        let mut chain = vec![dir.to_owned()];
        let top = crate::builder::Place { root: dir, base: "" };
        for path in resources {
            let file = self.checkout.kustomization(path).unwrap_or_else(|| path.clone());
            let source = match self.checkout.file(&file) {
                FileText::Text { source, .. } => source,
                _ => NO_PLACE.source,
            };
            let mut named = nowhere(Span { source, start: 0, end: 0 });
            named.value = Value::String(path.clone());
            self.include(pool, top, &named, &mut chain);
        }
        let empty = tree::empty_map(Origin { span: NO_PLACE, used_at: None });
        let unedited = Edits::default();
        let file = Rc::from(paths::join(dir, "kustomization.yaml").unwrap_or_default());
        let edits = Some(edits.unwrap_or(&unedited));
        let target = Target { dir, file, source: NO_PLACE.source, node: &empty, edits };
        self.target(&target, pool, &mut chain);
    }

    /// Hashes and references, which kustomize does last.
    fn finish(mut self, mut pool: Pool) -> Build {
        for item in pool.items_mut().iter_mut().filter(|item| item.hashed) {
            add_hash(item);
        }
        for ambiguous in references::follow(&mut pool) {
            let message = format!("`{}` could be the name of several resources", ambiguous.name);
            self.problem(ProblemKind::Duplicate, ambiguous.span, message, ambiguous.candidates, true);
        }
        for item in pool.items_mut().iter_mut() {
            annotations_as_texts(&mut item.node);
        }
        for item in pool.items() {
            let id = item.id();
            if id.kind.is_empty()
                || (id.name.is_empty() && item.node.at(&NAME).is_none_or(|name| name.raw_text().is_none()))
            {
                let message = "a patch or replacement left the resource without `kind` or `metadata.name`";
                let related = item.changed_by.clone();
                self.problem(
                    ProblemKind::PatchFailed,
                    item.node.origin.span,
                    message.to_owned(),
                    related,
                    true,
                );
            }
        }
        let is_deployed =
            |item: &Item| meta_text(&item.node, "annotations", LOCAL).is_none_or(|value| value == "false");
        let resources = pool.into_items().into_iter().filter(is_deployed).map(Item::finish).collect();
        Build {
            resources,
            problems: self.problems,
            not_rendered: self.not_rendered,
            read: self.read.into_iter().collect(),
        }
    }
}

/// Where an object's name stands.
const NAME: [&str; 2] = ["metadata", "name"];

/// What has no place: there is no file.
const NO_PLACE: Span = Span { source: SourceId(0), start: 0, end: 0 };

/// Adds the hash of its content to an object's name; if not all content is known, neither is the name.
fn add_hash(item: &mut Item) {
    let unread = item.uncertain.iter().any(|doubt| doubt.kind == UncertainKind::Unread);
    let hash = (!unread).then(|| hash::of(&item.node));
    item.remember();
    let name = tree::get_mut(&mut item.node, "metadata").and_then(|meta| tree::get_mut(meta, "name"));
    let Some(name) = name else { return };
    let text = tree::text(name).unwrap_or_default();
    let value = match hash {
        Some(hash) => Value::String(format!("{text}-{hash}")),
        None => Value::Partial(Partial {
            raw: format!("{text}-"),
            parts: vec![Part::Text(format!("{text}-")), Part::Hole],
            reason: UnknownReason::Unread,
        }),
    };
    *name = Node { value, origin: name.origin };
}
