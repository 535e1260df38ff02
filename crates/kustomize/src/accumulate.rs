//! A kustomization: what it includes is accumulated, then transformed in kustomize's fixed order.

use crate::build::{Edits, NotRenderedKind, ProblemKind};
use crate::builder::{Builder, Place};
use crate::checkout::FileText;
use crate::fields;
use crate::paths;
use crate::pool::Pool;
use crate::tree;
use manifest::{Node, SourceId, Span, Value};
use std::rc::Rc;

/// A kustomization that is being built.
pub(crate) struct Target<'t> {
    pub(crate) dir: &'t str,
    /// Its file, shared by what it generates.
    pub(crate) file: Rc<str>,
    pub(crate) source: SourceId,
    /// What the file says.
    pub(crate) node: &'t Node,
    /// Only for the root.
    pub(crate) edits: Option<&'t Edits>,
}

impl<'t> Target<'t> {
    pub(crate) fn place(&self) -> Place<'t> {
        Place { root: self.dir, base: self.dir }
    }

    /// Where paths in the edits start.
    fn edits_place(&self) -> Place<'t> {
        let base = self.edits.and_then(|edits| edits.base_dir.as_deref()).unwrap_or(self.dir);
        Place { root: self.dir, base }
    }

    pub(crate) fn items(&self, key: &str) -> &'t [Node] {
        tree::items(self.node, key)
    }

    pub(crate) fn span(&self) -> Span {
        self.node.origin.span
    }

    /// The entries of a list, with where their paths start: those of the file, then those of the edits.
    fn with_edits(&self, key: &str, more: fn(&Edits) -> &Vec<Node>) -> Vec<(Place<'t>, &'t Node)> {
        let own = self.items(key).iter().map(|node| (self.place(), node));
        let edits = self.edits.map(more).into_iter().flatten();
        own.chain(edits.map(|node| (self.edits_place(), node))).collect()
    }

    /// The same for entries with a name: one of the edits takes the place of the file's.
    fn by_name(&self, key: &str, more: fn(&Edits) -> &Vec<Node>) -> Vec<&'t Node> {
        let edits = self.edits.map(more).into_iter().flatten();
        let name = |node: &'t Node| node.get("name").and_then(tree::text);
        let mut all: Vec<&Node> = self.items(key).iter().collect();
        for edit in edits {
            match all.iter_mut().find(|one| name(one) == name(edit)) {
                Some(found) => *found = edit,
                None => all.push(edit),
            }
        }
        all
    }

    /// A field that the edits may take the place of.
    fn field(&self, key: &str, edit: fn(&Edits) -> &Option<Node>) -> Option<&'t Node> {
        self.edits.and_then(|edits| edit(edits).as_ref()).or_else(|| self.node.get(key))
    }

    /// A map to which the edits may add.
    fn map(&self, key: &str, edit: fn(&Edits) -> &Option<Node>) -> Option<Node> {
        let (own, more) = (self.node.get(key), self.edits.and_then(|edits| edit(edits).as_ref()));
        let mut all = own.or(more)?.clone();
        if let Some(map) = tree::map_mut(&mut all) {
            more.map(tree::entries)
                .unwrap_or_default()
                .iter()
                .for_each(|entry| tree::put(map, entry.clone()));
        }
        Some(all)
    }
}

impl<'c> Builder<'c> {
    /// Builds a kustomization into `pool`: an empty one, for a component that of what includes it. `chain`
    /// are the directories from the root to this one.
    pub(crate) fn target(&mut self, target: &Target<'_>, pool: &mut Pool, chain: &mut Vec<String>) {
        self.check(target);
        for entry in target.items("resources").iter().chain(target.items("bases")) {
            self.include(pool, target.place(), entry, chain);
        }
        self.configurations(target, pool);
        self.generators(target, pool);
        for (place, entry) in target.with_edits("components", |edits| &edits.components) {
            self.component(pool, place, entry, chain);
        }
        self.transformers(target, pool);
        self.foreign(target, pool);
    }

    fn check(&mut self, target: &Target<'_>) {
        for (message, node) in fields::check(target.node) {
            self.fatal(ProblemKind::WrongField, node.origin.span, message);
        }
        let text = |key| target.node.get(key).and_then(Node::raw_text).filter(|text| !text.is_empty());
        let component = text("kind") == Some("Component");
        let version = if component { "v1alpha1" } else { "v1beta1" };
        let expected = format!("kustomize.config.k8s.io/{version}");
        let wrong_kind = text("kind").is_some_and(|kind| !matches!(kind, "Kustomization" | "Component"));
        let wrong_version = text("apiVersion").is_some_and(|version| version != expected);
        if wrong_kind {
            self.fatal(ProblemKind::WrongKind, target.span(), "`kind` is Kustomization or Component");
        } else if wrong_version {
            self.fatal(ProblemKind::WrongKind, target.span(), format!("`apiVersion` is {expected}"));
        }
        let says = |entry: &manifest::Entry| {
            !matches!(entry.key.as_str(), "apiVersion" | "kind")
                && match &entry.value.value {
                    Value::Null => false,
                    Value::String(text) => !text.is_empty(),
                    _ => true,
                }
        };
        if target.edits.is_none() && !tree::entries(target.node).iter().any(says) {
            self.fatal(ProblemKind::Unreadable, target.span(), "the kustomization is empty");
        }
    }

    /// An entry of `resources`: a file, or a directory with a kustomization.
    pub(crate) fn include(
        &mut self,
        pool: &mut Pool,
        place: Place<'_>,
        entry: &Node,
        chain: &mut Vec<String>,
    ) {
        let Some(text) = entry.raw_text() else { return };
        if paths::is_remote(text) {
            return self.remote(pool, entry, text);
        }
        let Some(path) = self.path(place, entry, text) else { return };
        if !matches!(self.checkout.file(&path), FileText::Absent) {
            self.resource_file(pool, place, entry, &path);
        } else if self.checkout.is_dir(&path) {
            self.directory(pool, entry, &path, chain, false);
        } else {
            pool.partial = true;
            self.fatal(
                ProblemKind::Missing,
                entry.origin.span,
                format!("there is no file or directory {path}"),
            );
        }
    }

    fn component(&mut self, pool: &mut Pool, place: Place<'_>, entry: &Node, chain: &mut Vec<String>) {
        let Some(text) = entry.raw_text() else { return };
        if paths::is_remote(text) {
            return self.remote(pool, entry, text);
        }
        let Some(path) = self.path(place, entry, text) else { return };
        if self.checkout.is_dir(&path) {
            self.directory(pool, entry, &path, chain, true);
        } else {
            self.fatal(ProblemKind::Missing, entry.origin.span, format!("there is no directory {path}"));
        }
    }

    fn directory(
        &mut self,
        pool: &mut Pool,
        named: &Node,
        dir: &str,
        chain: &mut Vec<String>,
        component: bool,
    ) {
        let span = named.origin.span;
        if let Some(inside) = chain.iter().find(|above| paths::is_under(above, dir)) {
            let message = format!("{} includes itself: {} is in it", shown(dir), shown(inside));
            return self.fatal(ProblemKind::Cycle, span, message);
        }
        self.visited += 1;
        if self.visited > self.limits.directories || chain.len() >= self.limits.depth {
            return self.stop(span, "the build includes more directories than are rendered");
        }
        let Some(file) = self.checkout.kustomization(dir) else {
            pool.partial = true;
            return self.fatal(ProblemKind::Missing, span, format!("{} has no kustomization", shown(dir)));
        };
        let Some((source, node)) = self.kustomization_file(pool, &file, span) else { return };
        let is_component = node.get("kind").and_then(Node::as_str) == Some("Component");
        if is_component != component {
            let (is, meant) =
                if component { ("no Component", "components") } else { ("a Component", "resources") };
            self.fatal(
                ProblemKind::WrongKind,
                span,
                format!("{} is {is}, but stands in `{meant}`", shown(dir)),
            );
        }
        let target = Target { dir, file: Rc::from(file.as_str()), source, node, edits: None };
        chain.push(dir.to_owned());
        if component {
            self.target(&target, pool, chain);
        } else {
            let mut own = Pool::default();
            self.target(&target, &mut own, chain);
            self.absorb(pool, own, named);
        }
        chain.pop();
    }

    /// The kustomization in a file; `None` where there is nothing to build, which is told if it is wrong.
    pub(crate) fn kustomization_file(
        &mut self,
        pool: &mut Pool,
        file: &str,
        span: Span,
    ) -> Option<(SourceId, &'c Node)> {
        let (source, documents, error) = match self.open(file) {
            FileText::Text { source, documents, error, .. } => (source, documents, error),
            FileText::Skipped => {
                pool.partial = true;
                return None;
            }
            FileText::Absent => {
                self.fatal(ProblemKind::Missing, span, format!("there is no file {file}"));
                return None;
            }
        };
        if let Some(error) = error {
            pool.partial = true;
            self.fatal(ProblemKind::Unreadable, span, format!("{file} cannot be read: {error}"));
        }
        let node = documents.into_iter().find(|node| node.as_map().is_some());
        if node.is_none() {
            self.fatal(ProblemKind::Unreadable, span, format!("{file} is no kustomization"));
        }
        Some((source, node?))
    }

    /// Adds what a kustomization made to what includes it.
    fn absorb(&mut self, pool: &mut Pool, mut own: Pool, named: &Node) {
        pool.partial |= own.partial;
        pool.config.merge(std::mem::take(&mut own.config));
        for item in own.into_items() {
            self.push(pool, item, named);
        }
    }

    fn configurations(&mut self, target: &Target<'_>, pool: &mut Pool) {
        for entry in target.items("configurations") {
            let text = entry.raw_text().unwrap_or_default();
            for document in self.documents(target.place(), entry, text).unwrap_or_default() {
                pool.config.read(document);
            }
        }
    }

    fn transformers(&mut self, target: &Target<'_>, pool: &mut Pool) {
        for entry in target.items("patchesStrategicMerge") {
            self.strategic_merge(pool, target.place(), entry);
        }
        for (place, entry) in target.with_edits("patches", |edits| &edits.patches) {
            self.patch(pool, place, entry);
        }
        self.set_fields(target, pool);
        for entry in target.items("patchesJson6902") {
            self.patch(pool, target.place(), entry);
        }
        for entry in target.by_name("replicas", |edits| &edits.replicas) {
            if !crate::transform::replicas(pool, entry) && !pool.partial {
                let message = "no resource has that name and replicas";
                self.fatal(ProblemKind::Transformation, entry.origin.span, message);
            }
        }
        let images = target.by_name("images", |edits| &edits.images);
        for entry in images.into_iter().chain(target.items("imageTags")) {
            if !crate::images::images(pool, entry) {
                let message = "the name of the image is no pattern that can be read";
                self.fatal(ProblemKind::Transformation, entry.origin.span, message);
            }
        }
        for entry in target.items("replacements") {
            self.replacement(target.place(), pool, entry);
        }
    }

    fn set_fields(&mut self, target: &Target<'_>, pool: &mut Pool) {
        use crate::transform::{End, common_annotations, common_labels, labels, namespace, rename};
        if let Some(node) = target.field("namespace", |edits| &edits.namespace) {
            let twins = namespace(pool, node);
            self.twins(twins);
        }
        if let Some(node) = target.field("namePrefix", |edits| &edits.name_prefix) {
            rename(pool, node, End::Prefix);
        }
        if let Some(node) = target.field("nameSuffix", |edits| &edits.name_suffix) {
            rename(pool, node, End::Suffix);
        }
        for (_, entry) in target.with_edits("labels", |edits| &edits.labels) {
            labels(pool, entry);
        }
        if let Some(pairs) = target.map("commonLabels", |edits| &edits.common_labels) {
            common_labels(pool, &pairs);
        }
        if let Some(pairs) = target.map("commonAnnotations", |edits| &edits.common_annotations) {
            common_annotations(pool, &pairs);
        }
    }

    /// An entry of `replacements`: one, or a file with one or a list of them.
    fn replacement(&mut self, place: Place<'_>, pool: &mut Pool, entry: &Node) {
        let Some(path) = entry.get("path").filter(|path| path.raw_text().is_some()) else {
            return self.replace_one(pool, entry, entry.origin.span);
        };
        let text = path.raw_text().unwrap_or_default();
        for document in self.documents(place, path, text).unwrap_or_default() {
            match document.as_list() {
                Some(all) => all.iter().for_each(|one| self.replace_one(pool, one, entry.origin.span)),
                None => self.replace_one(pool, document, entry.origin.span),
            }
        }
    }

    fn replace_one(&mut self, pool: &mut Pool, replacement: &Node, entry: Span) {
        let Err(refused) = crate::replace::replace(pool, replacement, &mut self.budget) else { return };
        if refused.not_found && pool.partial {
            return;
        }
        for item in crate::replace::aimed_at(pool, replacement) {
            item.doubt(crate::build::UncertainKind::NotApplied, replacement.origin.span);
        }
        self.problem(ProblemKind::Transformation, refused.span, refused.message, vec![entry], true);
    }

    /// What other programs do.
    fn foreign(&mut self, target: &Target<'_>, pool: &mut Pool) {
        use crate::build::UncertainKind;
        for entry in target.items("transformers") {
            let what = format!("transformer {}", first_line(entry));
            self.skip(NotRenderedKind::Transformer, entry.origin.span, what);
            let doubt =
                |item: &mut crate::item::Item| item.doubt(UncertainKind::Transformer, entry.origin.span);
            pool.contents_mut().iter_mut().for_each(doubt);
        }
        for entry in target.items("validators") {
            let what = format!("validator {}", first_line(entry));
            self.skip(NotRenderedKind::Validator, entry.origin.span, what);
        }
        for entry in
            target.items("crds").iter().chain(target.node.get("openapi").and_then(|node| node.get("path")))
        {
            self.skip(NotRenderedKind::Schema, entry.origin.span, format!("schema {}", first_line(entry)));
        }
        for entry in target.items("vars") {
            let name = entry.get("name").and_then(Node::raw_text).unwrap_or_default();
            self.skip(NotRenderedKind::Vars, entry.origin.span, format!("variable {name}"));
            let used = format!("$({name})");
            let items = pool.contents_mut().iter_mut().filter(|item| mentions(&item.node, &used));
            for item in items {
                item.doubt(UncertainKind::Variable, entry.origin.span);
            }
        }
    }
}

fn mentions(node: &Node, text: &str) -> bool {
    node.raw_text().is_some_and(|found| found.contains(text))
        || node.children().any(|child| mentions(child, text))
}

/// The first line of a scalar: an entry may be a whole object in a string.
pub(crate) fn first_line(node: &Node) -> &str {
    node.raw_text().unwrap_or_default().lines().next().unwrap_or_default()
}

/// A directory as shown to the user.
fn shown(dir: &str) -> &str {
    if dir.is_empty() { "the top of the checkout" } else { dir }
}
