//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use crate::build::{ProblemKind, UncertainKind};
use crate::builder::{Builder, Place};
use crate::checkout::FileText;
use crate::dialect::Text;
use crate::item::{Id, Item};
use crate::jsonpatch;
use crate::load::flatten;
use crate::memory::{Inline, Memory};
use crate::merge::{Left, Misfit, merge};
use crate::pool::Pool;
use crate::selector::Target;
use crate::tree;
use manifest::{Entry, Node, ReadError, Span};
use std::borrow::Cow;
use std::sync::Arc;

/// A patch that was read.
struct Patch<'c> {
    text: PatchText<'c>,
    /// The entry of the kustomization.
    span: Span,
    may_rename: bool,
    may_change_kind: bool,
}

/// The documents of a patch and where they stand.
struct PatchText<'c> {
    documents: Documents<'c>,
    text: Text<'c>,
}

/// The documents of a patch, wherever they are kept.
enum Documents<'c> {
    File(Vec<&'c Node>),
    Inline(Arc<Inline>),
}

impl Documents<'_> {
    fn iter(&self) -> impl Iterator<Item = &Node> {
        let (file, inline) = match self {
            Self::File(documents) => (documents.as_slice(), [].as_slice()),
            Self::Inline(inline) => ([].as_slice(), inline.documents.as_slice()),
        };
        file.iter().copied().chain(inline)
    }
}

impl<'c> Builder<'c> {
    /// Applies an entry of `patches` or `patchesJson6902`.
    pub(crate) fn patch(&mut self, pool: &mut Pool, place: Place<'_>, entry: &Node) {
        let target = entry.get("target").filter(|target| target.as_map().is_some());
        let read = target.map(Target::read);
        if let (Some(node), Some(None)) = (target, &read) {
            let message = "the target of the patch cannot be read".to_owned();
            return self.fatal(ProblemKind::Unreadable, node.origin.span, message);
        }
        let target = target.zip(read.flatten());
        let Some(text) = self.patch_text(place, entry) else {
            let doubted = pool.contents_mut().iter_mut();
            let doubted =
                doubted.filter(|item| target.as_ref().is_some_and(|(_, target)| target.matches(item)));
            return doubted.for_each(|item| item.doubt(UncertainKind::NotApplied, entry.origin.span));
        };
        let option = |key| entry.get("options").and_then(|options| options.get(key)).and_then(Node::as_bool);
        let patch = Patch {
            text,
            span: entry.origin.span,
            may_rename: option("allowNameChange") == Some(true),
            may_change_kind: option("allowKindChange") == Some(true),
        };
        self.apply(pool, &patch, target);
    }

    /// Applies an entry of `patchesStrategicMerge`: a path, or the patch itself.
    pub(crate) fn strategic_merge(&mut self, pool: &mut Pool, place: Place<'_>, entry: &Node) {
        let text = entry.raw_text().unwrap_or_default();
        let is_path = !text.contains(['\n', '{']) && !text.contains(": ");
        let text = if is_path { self.patch_file(place, entry) } else { self.inline(entry, false) };
        let Some(text) = text else { return };
        let span = entry.origin.span;
        self.apply(pool, &Patch { text, span, may_rename: false, may_change_kind: false }, None);
    }

    fn patch_text(&mut self, place: Place<'_>, entry: &Node) -> Option<PatchText<'c>> {
        let written =
            |key| entry.get(key).filter(|node| node.raw_text().is_some_and(|text| !text.trim().is_empty()));
        match (written("path"), written("patch")) {
            (Some(path), None) => self.patch_file(place, path),
            (None, Some(patch)) => self.inline(patch, true),
            (Some(_), Some(patch)) => {
                let message = "`path` and `patch` exclude each other";
                self.fatal(ProblemKind::WrongField, patch.origin.span, message);
                None
            }
            (None, None) => {
                self.fatal(
                    ProblemKind::WrongField,
                    entry.origin.span,
                    "the entry has neither `path` nor `patch`",
                );
                None
            }
        }
    }

    fn patch_file(&mut self, place: Place<'_>, path: &Node) -> Option<PatchText<'c>> {
        let text = path.raw_text().unwrap_or_default();
        let (bytes, documents) = match self.file(place, path, text)? {
            (_, FileText::Text { bytes, documents, error: None, .. }) => (bytes, documents),
            (file, FileText::Text { error: Some(error), .. }) => {
                let message = format!("{file} cannot be read: {error}");
                self.fatal(ProblemKind::Unreadable, path.origin.span, message);
                return None;
            }
            _ => (&[][..], Vec::new()),
        };
        Some(PatchText { documents: Documents::File(documents), text: Text::file(bytes) })
    }

    /// A patch in a string, with places in the file that has it. It is read without white space at its
    /// end if it is `trimmed`.
    fn inline(&mut self, patch: &Node, trimmed: bool) -> Option<PatchText<'c>> {
        let bytes = self.checkout.bytes(patch.origin.span.source).unwrap_or_default();
        let limits = manifest::Limits { nodes: self.budget, ..manifest::Limits::default() };
        let written = patch.raw_text().unwrap_or_default();
        let text = if trimmed { written.trim_end() } else { written };
        let read = || {
            let reading = manifest::read_embedded(&tree::string(text, patch.origin), bytes, &limits);
            reading.documents.into_iter().map(|document| document.content).collect()
        };
        let read: Result<_, ReadError> = match self.checkout.memory() {
            Some(memory) => memory.inline(patch.origin.span, text, read),
            None => Memory::default().inline(patch.origin.span, text, read),
        };
        let inline = read
            .map_err(|error| {
                let message = format!("the patch cannot be read: {}", error.message);
                self.fatal(ProblemKind::Unreadable, error.span, message);
            })
            .ok()?;
        let cut = inline.documents.last().map(last_byte).filter(|_| !text.ends_with('\n'));
        let text = Text { bytes, cut, folds: true };
        Some(PatchText { documents: Documents::Inline(inline), text })
    }

    fn apply(&mut self, pool: &mut Pool, patch: &Patch<'c>, target: Option<(&Node, Target)>) {
        let Some(first) = patch.text.documents.iter().next() else { return };
        if let Some(operations) = first.as_list() {
            if !jsonpatch::is_patch(operations) {
                let message = "the patch is neither an object nor a list of operations";
                return self.fatal(ProblemKind::Unreadable, first.origin.span, message);
            }
            return match target {
                Some((node, target)) => self.apply_steps(pool, patch, operations, node, &target),
                None => self.fatal(ProblemKind::WrongField, patch.span, "a JSON patch needs a `target`"),
            };
        }
        let mut objects: Vec<Node> = Vec::new();
        for document in patch.text.documents.iter() {
            flatten(document, String::new(), &mut |node, base| {
                let mut object = node.into_owned();
                let text = patch.text.text;
                Text { folds: base.is_empty(), ..text }.convert(&mut object);
                objects.push(object);
            });
        }
        for object in &objects {
            let id = Id::of(object);
            if object.as_map().is_none() || id.kind.is_empty() || id.name.is_empty() {
                let message = "the patch is no object with `kind` and `metadata.name`";
                return self.fatal(ProblemKind::Unreadable, object.origin.span, message);
            }
        }
        match target {
            Some((node, target)) => {
                if let [object] = objects.as_slice() {
                    self.apply_to(pool, patch, object, node, &target);
                } else {
                    let message = "a patch of several objects has no `target`";
                    self.fatal(ProblemKind::WrongField, node.origin.span, message);
                }
            }
            None => objects.iter().for_each(|object| self.apply_by_name(pool, patch, object)),
        }
    }

    /// A patch aimed at the object that it names.
    fn apply_by_name(&mut self, pool: &mut Pool, patch: &Patch<'_>, object: &Node) {
        let id = Id::of(object);
        let found = pool.find_any(&id);
        match found.as_slice() {
            [at] => self.lay_over(pool, *at, patch, object),
            [] if pool.partial => {}
            [] => {
                let message = format!("no resource is the {} {} that the patch names", id.kind, id.name);
                let span = object.at(&["metadata", "name"]).unwrap_or(object).origin.span;
                self.problem(ProblemKind::PatchWithoutTarget, span, message, vec![patch.span], true);
            }
            several => {
                let message =
                    format!("several resources are the {} {} that the patch names", id.kind, id.name);
                let spans = several.iter().filter_map(|at| pool.items().get(*at)).map(Item::span).collect();
                self.problem(ProblemKind::PatchFailed, object.origin.span, message, spans, true);
            }
        }
        pool.items_mut().retain(|item| item.node.as_map().is_some());
    }

    fn apply_to(&mut self, pool: &mut Pool, patch: &Patch<'_>, object: &Node, node: &Node, target: &Target) {
        let selected = self.select(pool, patch, node, target);
        let object = with_texts(object);
        for at in &selected {
            self.lay_over(pool, *at, patch, &object);
        }
        if !selected.is_empty() {
            pool.items_mut().retain(|item| item.node.as_map().is_some());
            if patch.may_rename || patch.may_change_kind {
                self.twins(pool.twins());
            }
        }
    }

    fn select(&mut self, pool: &Pool, patch: &Patch<'_>, node: &Node, target: &Target) -> Vec<usize> {
        let items = pool.items().iter().enumerate();
        let selected: Vec<usize> = items.filter(|(_, item)| target.matches(item)).map(|(at, _)| at).collect();
        if selected.is_empty() && !pool.partial {
            let message = "no resource is what the patch is aimed at: it changes nothing".to_owned();
            self.problem(ProblemKind::PatchWithoutTarget, node.origin.span, message, vec![patch.span], false);
        }
        selected
    }

    /// Lays a patch over one resource. One that is deleted is left as a null.
    fn lay_over(&mut self, pool: &mut Pool, at: usize, patch: &Patch<'_>, object: &Node) {
        let weight = tree::weight(object);
        let Some(left) = self.budget.checked_sub(weight) else {
            return self.stop(patch.span, "the build is larger than is rendered");
        };
        self.budget = left;
        let Some(item) = pool.items_mut().get_mut(at) else { return };
        let renames = patch.may_rename || patch.may_change_kind;
        if renames {
            item.remember();
        }
        let kept = Kept::of(&item.node);
        item.changed(patch.span);
        match merge(&mut item.node, object) {
            Ok(Left::Kept) => kept.restore(&mut item.node, patch.may_rename, patch.may_change_kind),
            Ok(Left::Gone) => item.node.value = manifest::Value::Null,
            Err(misfit) => {
                kept.restore(&mut item.node, patch.may_rename, patch.may_change_kind);
                item.doubt(UncertainKind::NotApplied, patch.span);
                let related = vec![item.span(), patch.span];
                self.misfit(misfit, related);
            }
        }
    }

    fn apply_steps(
        &mut self,
        pool: &mut Pool,
        patch: &Patch<'_>,
        steps: &[Node],
        node: &Node,
        target: &Target,
    ) {
        let selected = self.select(pool, patch, node, target);
        let weight: usize = steps.iter().map(tree::weight).sum();
        for at in selected {
            let Some(left) = self.budget.checked_sub(weight) else {
                return self.stop(patch.span, "the build is larger than is rendered");
            };
            self.budget = left;
            let Some(item) = pool.items_mut().get_mut(at) else { continue };
            item.remember();
            item.changed(patch.span);
            if let Err(misfit) = jsonpatch::apply(&mut item.node, steps, &mut self.budget) {
                item.doubt(UncertainKind::NotApplied, patch.span);
                let related = vec![item.span(), patch.span];
                self.misfit(misfit, related);
            }
        }
    }

    fn misfit(&mut self, misfit: Misfit, related: Vec<Span>) {
        self.problem(ProblemKind::PatchFailed, misfit.span, misfit.message, related, true);
    }

    /// Tells resources of the same identity.
    pub(crate) fn twins(&mut self, twins: Vec<(Span, Span)>) {
        for (first, second) in twins {
            let message = "another resource of the build has the same kind, namespace and name".to_owned();
            self.problem(ProblemKind::Duplicate, second, message, vec![first], true);
        }
    }
}

/// What a patch does not change in an object: what it is.
struct Kept {
    api_version: Option<Entry>,
    kind: Option<Entry>,
    name: Option<Entry>,
    namespace: Option<Entry>,
}

impl Kept {
    fn of(object: &Node) -> Self {
        let top = |key| object.as_map().and_then(|map| map.entry(key)).cloned();
        let meta =
            |key| object.get("metadata").and_then(Node::as_map).and_then(|map| map.entry(key)).cloned();
        Self {
            api_version: top("apiVersion"),
            kind: top("kind"),
            name: meta("name"),
            namespace: meta("namespace"),
        }
    }

    fn restore(self, object: &mut Node, may_rename: bool, may_change_kind: bool) {
        let Some(map) = tree::map_mut(object) else { return };
        put_back(map, "apiVersion", self.api_version);
        if !may_change_kind {
            put_back(map, "kind", self.kind);
        }
        if let Some(meta) = tree::entry_mut(map, "metadata").and_then(|entry| tree::map_mut(&mut entry.value))
        {
            if !may_rename {
                put_back(meta, "name", self.name);
            }
            put_back(meta, "namespace", self.namespace);
        }
    }
}

/// The byte after the last one of a value.
fn last_byte(node: &Node) -> u32 {
    node.children().map(last_byte).fold(node.origin.span.end, u32::max)
}

/// As kustomize: labels and annotations of a patch with a target are texts, a null among them too.
fn with_texts(object: &Node) -> Cow<'_, Node> {
    const MAPS: [&str; 2] = ["labels", "annotations"];
    let maps = MAPS.into_iter().filter_map(|key| object.at(&["metadata", key]));
    if maps.flat_map(Node::children).all(|value| value.raw_text().is_some()) {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    for key in MAPS {
        let map = tree::get_mut(&mut object, "metadata").and_then(|meta| tree::get_mut(meta, key));
        for entry in map.and_then(tree::map_mut).map(|map| map.entries.iter_mut()).into_iter().flatten() {
            let span = entry.value.origin.span;
            let null = if span.start == span.end { "" } else { "null" };
            let text = tree::text(&entry.value).map_or_else(|| null.to_owned(), Cow::into_owned);
            entry.value = tree::string(text, entry.value.origin);
        }
    }
    Cow::Owned(object)
}

fn put_back(map: &mut manifest::Map, key: &str, entry: Option<Entry>) {
    match entry {
        Some(entry) => tree::put(map, entry),
        None => _ = tree::remove(map, key),
    }
}
