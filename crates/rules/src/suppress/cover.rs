//! Which findings a suppression covers.

use super::collect::Scope;
use super::{Context, Subject};
use crate::config::{Ignore, Selector};
use crate::finding::{Location, ObjectRef};
use manifest::{Node, SourceId, Span};
use std::collections::HashMap;

/// Finds the objects that a finding is about.
pub(super) struct Owners<'c, 'a> {
    context: &'c Context<'a>,
    /// By kind and name.
    by_name: HashMap<(&'c str, &'c str), Vec<usize>>,
    by_source: HashMap<SourceId, Vec<usize>>,
}

impl<'c, 'a> Owners<'c, 'a> {
    pub(super) fn new(context: &'c Context<'a>) -> Self {
        let mut owners = Self { context, by_name: HashMap::new(), by_source: HashMap::new() };
        for (index, subject) in context.subjects.iter().enumerate() {
            let key =
                (subject.manifest.kind().unwrap_or_default(), subject.manifest.name().unwrap_or_default());
            owners.by_name.entry(key).or_default().push(index);
            owners.by_source.entry(subject.source).or_default().push(index);
        }
        owners
    }

    pub(super) fn subject(&self, index: usize) -> Option<&'c Subject<'a>> {
        self.context.subjects.get(index)
    }

    /// Whether `scope` covers a finding of `object` (`None`: of a text) at `location`.
    pub(super) fn covers(&self, scope: &Scope<'_>, object: Option<&ObjectRef>, location: &Location) -> bool {
        match scope {
            Scope::Line { source, line, objects } => {
                self.is_on_line(*source, *line, object, location)
                    || objects.iter().any(|index| self.is_about(*index, object, location))
            }
            Scope::Object(index) => self.is_about(*index, object, location),
            Scope::Entry(entry) => entry.targets.matches(&Selector {
                path: (self.context.path)(location.span.source),
                namespace: object.and_then(|object| object.namespace.as_deref()),
                kind: object.map_or("", |object| &object.kind),
                name: object.and_then(|object| object.name.as_deref()),
                labels: &[],
            }),
        }
    }

    /// The line on which the place starts, or that of the key it is the value of: of
    /// `plugins: # comment` with a list below, the list is the place.
    fn is_on_line(
        &self,
        source: SourceId,
        line: usize,
        object: Option<&ObjectRef>,
        location: &Location,
    ) -> bool {
        let Some(text) = self.context.sources.get(source) else { return false };
        let is_there = |span: Span| span.source == source && text.position(span.start).line == line;
        if is_there(location.span) {
            return true;
        }
        if location.span.source != source || location.pointer.is_empty() {
            return false;
        }
        let Some(object) = object else { return false };
        let owners = self.named(object).filter(|index| self.is_about(*index, Some(object), location));
        owners
            .filter_map(|index| key_span(&self.subject(index)?.manifest.node, &location.pointer))
            .any(is_there)
    }

    /// Whether a finding is about that object. Identity alone does not tell: the same object may
    /// stand in the folders of two environments. So the place must lie in it, or, where patches
    /// and bases mix, in a text that it is made of.
    pub(super) fn is_about(&self, index: usize, object: Option<&ObjectRef>, location: &Location) -> bool {
        let Some(subject) = self.subject(index) else { return false };
        let Some(object) = object else { return contains(subject, location.span) };
        if !is_same(subject, object) {
            return false;
        }
        if self.holds(index, location.span) {
            return true;
        }
        // A place outside of its own object tells nothing; then it is all that are named so.
        !self.named(object).any(|other| self.holds(other, location.span))
    }

    fn holds(&self, index: usize, span: Span) -> bool {
        self.subject(index).is_some_and(|subject| {
            contains(subject, span)
                || (subject.source != span.source && mixes(&subject.manifest.node, span.source))
        })
    }

    fn named<'s>(&'s self, object: &'s ObjectRef) -> impl Iterator<Item = usize> + 's {
        let key = (object.kind.as_str(), object.name.as_deref().unwrap_or_default());
        let indices = self.by_name.get(&key).map(Vec::as_slice).unwrap_or_default();
        indices.iter().copied().filter(move |index| self.is_named(*index, object))
    }

    /// Whether a finding is about that object as far as identity tells.
    pub(super) fn is_named(&self, index: usize, object: &ObjectRef) -> bool {
        self.subject(index).is_some_and(|subject| is_same(subject, object))
    }

    /// Whether an entry of the configuration selects something of which nothing is reported.
    pub(super) fn selects_hidden(&self, entry: &Ignore) -> bool {
        let hidden = |subject: &&Subject<'_>| !(self.context.reported)(subject.source);
        self.context.subjects.iter().filter(hidden).any(|subject| {
            let selects = |namespace: Option<&str>| {
                entry.targets.matches(&Selector {
                    path: (self.context.path)(subject.source),
                    namespace,
                    kind: subject.manifest.kind().unwrap_or_default(),
                    name: subject.manifest.name(),
                    labels: &[],
                })
            };
            selects(None) || subject.namespaces.iter().any(|namespace| selects(Some(namespace)))
        })
    }

    /// The object that spans a line.
    pub(super) fn at_line(&self, source: SourceId, line: usize) -> Option<usize> {
        let text = self.context.sources.get(source)?;
        let start = *text.line_starts().get(line.checked_sub(1)?)?;
        let end = text.line_starts().get(line).copied().unwrap_or(u32::MAX);
        let indices = self.by_source.get(&source)?;
        let spans = |index: &&usize| {
            let span = self.subject(**index).map(|subject| subject.manifest.node.origin.span);
            span.is_some_and(|span| span.source == source && span.start < end && span.end >= start)
        };
        indices.iter().find(spans).copied()
    }
}

/// The place starts within the object's own text.
fn contains(subject: &Subject<'_>, span: Span) -> bool {
    let whole = subject.manifest.node.origin.span;
    whole.source == span.source && (whole.start..=whole.end).contains(&span.start)
}

fn is_same(subject: &Subject<'_>, object: &ObjectRef) -> bool {
    let manifest = subject.manifest;
    let namespace_fits = object.namespace.as_ref().is_none_or(|namespace| {
        subject.namespaces.is_empty() || subject.namespaces.iter().any(|one| one == namespace)
    });
    manifest.kind() == Some(object.kind.as_str())
        && manifest.name() == object.name.as_deref()
        && manifest.api_version().unwrap_or_default() == object.api_version
        && namespace_fits
}

/// Something at or below the node is written in that text.
fn mixes(node: &Node, source: SourceId) -> bool {
    node.origin.span.source == source || node.children().any(|child| mixes(child, source))
}

/// Where the key stands whose value is at the pointer.
fn key_span(node: &Node, pointer: &str) -> Option<Span> {
    let (parent, token) = pointer.rsplit_once('/')?;
    let map = node.pointer(parent)?.as_map()?;
    let key = token.replace("~1", "/").replace("~0", "~");
    map.entry(&key).map(|entry| entry.key_origin.span)
}
