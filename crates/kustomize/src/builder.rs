//! What a build carries along: the checkout, bounds, and what was found on the way.

use crate::build::{Limits, NotRendered, NotRenderedKind, Problem, ProblemKind};
use crate::checkout::{Checkout, FileText};
use crate::paths;
use crate::tree;
use manifest::{Node, Origin, Span};
use std::collections::BTreeSet;

/// What a build carries along.
pub(crate) struct Builder<'c> {
    pub(crate) checkout: &'c dyn Checkout,
    pub(crate) limits: Limits,
    /// Nodes that may still be copied.
    pub(crate) budget: usize,
    pub(crate) problems: Vec<Problem>,
    pub(crate) not_rendered: Vec<NotRendered>,
    pub(crate) read: BTreeSet<String>,
    /// Directories visited.
    pub(crate) visited: usize,
    /// A bound was reached, and told.
    pub(crate) stopped: bool,
}

/// Where a kustomization's paths start, and what they may mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    /// The directory whose files may be read.
    pub(crate) root: &'p str,
    /// The directory at which paths start.
    pub(crate) base: &'p str,
}

impl<'c> Builder<'c> {
    pub(crate) fn new(checkout: &'c dyn Checkout, limits: Limits) -> Self {
        Self {
            checkout,
            limits,
            budget: limits.nodes,
            problems: Vec::new(),
            not_rendered: Vec::new(),
            read: BTreeSet::new(),
            visited: 0,
            stopped: false,
        }
    }

    /// Tells a problem with which kustomize fails.
    pub(crate) fn fatal(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) {
        self.problem(kind, span, message.into(), Vec::new(), true);
    }

    pub(crate) fn problem(
        &mut self,
        kind: ProblemKind,
        span: Span,
        message: String,
        related: Vec<Span>,
        fatal: bool,
    ) {
        self.problems.push(Problem { kind, span, message, related, fatal });
    }

    /// Tells what is not rendered.
    pub(crate) fn skip(&mut self, kind: NotRenderedKind, span: Span, what: String) {
        self.not_rendered.push(NotRendered { kind, span, what, chart: None });
    }

    /// A copy, as long as not too much was copied.
    pub(crate) fn copy(&mut self, node: &Node, span: Span) -> Option<Node> {
        if let Some(left) = self.budget.checked_sub(tree::weight(node)) {
            self.budget = left;
            Some(node.clone())
        } else {
            self.stop(span, "the build is larger than is rendered");
            None
        }
    }

    /// Tells once that a bound is reached.
    pub(crate) fn stop(&mut self, span: Span, message: &str) {
        if !self.stopped {
            self.stopped = true;
            self.problem(ProblemKind::TooLarge, span, message.to_owned(), Vec::new(), false);
        }
    }

    /// The path of the checkout that a node names; what is wrong with it is told.
    pub(crate) fn path(&mut self, place: Place<'_>, node: &Node, text: &str) -> Option<String> {
        if paths::is_remote(text) {
            self.skip(NotRenderedKind::Remote, node.origin.span, format!("remote file {text}"));
            return None;
        }
        let path = paths::join(place.base, text);
        if path.is_none() {
            self.fatal(ProblemKind::Outside, node.origin.span, format!("{text} is outside of the checkout"));
        }
        path
    }

    /// A file that a kustomization names; what is wrong with it is told.
    pub(crate) fn file(
        &mut self,
        place: Place<'_>,
        node: &Node,
        text: &str,
    ) -> Option<(String, FileText<'c>)> {
        let path = self.path(place, node, text)?;
        let file = self.open(&path);
        if matches!(file, FileText::Absent) {
            self.fatal(ProblemKind::Missing, node.origin.span, format!("there is no file {path}"));
            return None;
        }
        self.check_place(place, node, &path);
        Some((path, file))
    }

    /// Tells a file outside of the kustomization's directory.
    pub(crate) fn check_place(&mut self, place: Place<'_>, node: &Node, path: &str) {
        if !self.limits.files_anywhere && !paths::is_under(path, place.root) {
            let message = format!("{path} is outside of the directory of its kustomization");
            self.fatal(ProblemKind::Outside, node.origin.span, message);
        }
    }

    /// What is at a path; it counts as read if it is a file.
    pub(crate) fn open(&mut self, path: &str) -> FileText<'c> {
        let file = self.checkout.file(path);
        if !matches!(file, FileText::Absent) {
            self.read.insert(path.to_owned());
        }
        file
    }

    /// The documents of a file that a kustomization names, where it can be read; `None` otherwise.
    pub(crate) fn documents(&mut self, place: Place<'_>, node: &Node, text: &str) -> Option<Vec<&'c Node>> {
        match self.file(place, node, text)? {
            (_, FileText::Text { documents, error: None, .. }) => Some(documents),
            (path, FileText::Text { error: Some(error), .. }) => {
                let message = format!("{path} cannot be read: {error}");
                self.fatal(ProblemKind::Unreadable, node.origin.span, message);
                None
            }
            _ => Some(Vec::new()),
        }
    }
}

/// A node for what no file says.
pub(crate) fn nowhere(span: Span) -> Node {
    tree::string("", Origin { span, used_at: None })
}
