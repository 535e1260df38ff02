//! Files of resources.

use crate::build::{NotRenderedKind, ProblemKind};
use crate::builder::{Builder, Place};
use crate::checkout::FileText;
use crate::dialect::{Text, annotations_as_texts};
use crate::item::{From, Id, Item};
use crate::pool::Pool;
use manifest::{Map, Node, SourceId, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// A file of resources that was read.
pub(crate) struct ResourceFile<'c> {
    pub(crate) path: String,
    pub(crate) source: SourceId,
    pub(crate) bytes: &'c [u8],
    pub(crate) documents: Vec<&'c Node>,
}

impl Builder<'_> {
    /// Adds the objects of a file; `named` is what names it.
    pub(crate) fn resource_file(&mut self, pool: &mut Pool, place: Place<'_>, named: &Node, path: &str) {
        let file = match self.open(path) {
            FileText::Absent => return,
            FileText::Skipped => {
                pool.partial = true;
                return;
            }
            FileText::Text { source, bytes, documents, error } => {
                if let Some(error) = error {
                    pool.partial = true;
                    let message = format!("{path} cannot be read: {error}");
                    self.fatal(ProblemKind::Unreadable, named.origin.span, message);
                }
                ResourceFile { path: path.to_owned(), source, bytes, documents }
            }
        };
        self.check_place(place, named, path);
        let shared: Rc<str> = Rc::from(file.path.as_str());
        for (document, node) in file.documents.iter().enumerate() {
            let mut found = Vec::new();
            flatten(node, String::new(), &mut |node, base| found.push((node, base)));
            for (node, base) in found {
                let base_is_top = base.is_empty();
                let from = From { path: Rc::clone(&shared), source: file.source, document, base };
                let text = Text { folds: base_is_top, ..Text::file(file.bytes) };
                self.resource(pool, &node, from, named, text);
            }
        }
    }

    fn resource(&mut self, pool: &mut Pool, node: &Node, from: From, named: &Node, text: Text<'_>) {
        let id = Id::of(node);
        if id.kind.is_empty() || (id.name.is_empty() && !id.kind.ends_with("List")) {
            let what = if id.kind.is_empty() { "`kind`" } else { "`metadata.name`" };
            let message = format!("an object of {} has no {what}", from.path);
            self.problem(ProblemKind::Unreadable, node.origin.span, message, vec![named.origin.span], true);
            return;
        }
        let Some(mut node) = self.copy(node, named.origin.span) else { return };
        text.convert(&mut node);
        annotations_as_texts(&mut node);
        self.push(pool, Item::new(node, from), named);
    }

    /// Adds a resource; one that is there already is told.
    pub(crate) fn push(&mut self, pool: &mut Pool, item: Item, named: &Node) {
        let id = item.id();
        let message = format!("{} {} is there already", id.kind, id.name);
        let span = item.span();
        if let Err(first) = pool.push(item) {
            self.problem(ProblemKind::Duplicate, span, message, vec![first, named.origin.span], true);
        }
    }

    /// Tells a resource, component or file of another repository.
    pub(crate) fn remote(&mut self, pool: &mut Pool, named: &Node, text: &str) {
        pool.partial = true;
        self.skip(NotRenderedKind::Remote, named.origin.span, format!("remote base {text}"));
    }
}

/// The objects of a document: itself, or the items of a list.
pub(crate) fn flatten<'n>(node: &'n Node, base: String, found: &mut dyn FnMut(Cow<'n, Node>, String)) {
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
    let items = node.as_map().and_then(|map| map.entry("items")).filter(|_| kind.ends_with("List"));
    match items.map(|entry| &entry.value.value) {
        Some(Value::List(items)) => {
            for (at, item) in items.iter().enumerate() {
                flatten(item, format!("{base}/items/{at}"), found);
            }
        }
        Some(Value::Null) => {}
        _ if matches!(&node.value, Value::Null) || is_empty(node) => {}
        _ => found(Cow::Borrowed(node), base),
    }
}

fn is_empty(node: &Node) -> bool {
    node.as_map().is_some_and(|Map { entries, .. }| entries.is_empty())
}
