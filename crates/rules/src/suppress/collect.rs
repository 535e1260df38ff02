//! Every suppression of a run, wherever it is written.

use super::text::{self, Directive, Parsed};
use super::{ANNOTATION, Context, Subject};
use crate::config::{Bytes, Ignore};
use crate::finding::{Location, ObjectRef, SuppressedBy};
use jiff::civil::Date;
use manifest::{Comment, Node, Source, SourceId, Span, pointer_token};
use std::collections::HashMap;
use std::ops::Range;

/// A suppression and what became of it.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) rules: Vec<Target>,
    /// The last day on which it counts, and where it says so.
    pub(super) until: Option<(Date, Option<Span>)>,
    pub(super) reason: String,
    pub(super) by: SuppressedBy,
    /// Where it is written, if in a text of the run.
    pub(super) span: Option<Span>,
    pub(super) scope: Scope<'a>,
}

/// A rule that is suppressed.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) id: String,
    /// Where it is named.
    pub(super) span: Option<Span>,
    /// It covers a finding, or would if it had not run out.
    pub(super) used: bool,
}

/// What a suppression covers.
#[derive(Debug)]
pub(super) enum Scope<'a> {
    /// Findings on a line, and those of the objects (indices) that start on it if the comment
    /// stands above.
    Line { source: SourceId, line: usize, objects: Vec<usize> },
    /// Findings of one object.
    Object(usize),
    /// What an entry of the configuration selects.
    Entry(&'a Ignore),
}

/// A part of a suppression that cannot be understood.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) location: Location,
    pub(super) object: Option<ObjectRef>,
    pub(super) message: String,
    pub(super) help: String,
}

impl Given<'_> {
    pub(super) fn is_expired(&self, today: Date) -> bool {
        self.until.as_ref().is_some_and(|(until, _)| *until < today)
    }

    /// The webhook, that sees neither comments nor paths, applies it too.
    pub(super) fn reaches_webhook(&self) -> bool {
        match &self.scope {
            Scope::Line { .. } => false,
            Scope::Object(_) => true,
            Scope::Entry(entry) => !entry.targets.by_path(),
        }
    }
}

/// Comments first, then annotations, then the configuration: where several cover a finding, the
/// nearest one is named.
pub(super) fn collect<'a>(context: &Context<'a>) -> (Vec<Given<'a>>, Vec<Malformed>) {
    let mut collector = Collector { context, given: Vec::new(), malformed: Vec::new(), first_lines: None };
    for (id, comments) in context.comments {
        collector.comments(*id, comments);
    }
    for (index, subject) in context.subjects.iter().enumerate() {
        collector.annotation(index, subject);
    }
    collector.given.extend(context.config.ignores.iter().map(|entry| from_entry(entry, context)));
    (collector.given, collector.malformed)
}

struct Collector<'c, 'a> {
    context: &'c Context<'a>,
    given: Vec<Given<'a>>,
    malformed: Vec<Malformed>,
    /// Which objects start on a line; made when the first comment asks.
    first_lines: Option<HashMap<(SourceId, usize), Vec<usize>>>,
}

impl Collector<'_, '_> {
    fn comments(&mut self, id: SourceId, comments: &[Comment]) {
        let Some(source) = self.context.sources.get(id) else { return };
        for (index, comment) in comments.iter().enumerate() {
            let bytes = source.bytes().get(comment.span.start as usize..comment.span.end as usize);
            let Some(text) = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) else { continue };
            let parsed = text::comment(text, self.context.table);
            if parsed == Parsed::default() {
                continue;
            }
            let place = |at: &Range<usize>| within(comment.span, at);
            for bad in parsed.malformed {
                let location = Location { span: place(&bad.at), pointer: String::new() };
                self.malformed.push(Malformed {
                    location,
                    object: None,
                    message: bad.message,
                    help: bad.help,
                });
            }
            for directive in parsed.directives {
                let below = comments.get(index + 1..).unwrap_or_default();
                let scope = self.comment_scope(id, comment, below);
                let span = Some(comment.span);
                self.given.push(from_directive(directive, SuppressedBy::Comment, scope, span, &place));
            }
        }
    }

    /// Behind something, a comment is about its own line; alone, about the first line below it
    /// that is no comment, and the object that starts there.
    fn comment_scope(&mut self, source: SourceId, comment: &Comment, below: &[Comment]) -> Scope<'static> {
        if !comment.alone {
            return Scope::Line { source, line: comment.line, objects: Vec::new() };
        }
        let mut line = comment.line + 1;
        for other in below {
            if other.line != line || !other.alone {
                break;
            }
            line += 1;
        }
        let context = self.context;
        let starts = self.first_lines.get_or_insert_with(|| first_lines(context));
        let objects = starts.get(&(source, line)).cloned().unwrap_or_default();
        Scope::Line { source, line, objects }
    }

    fn annotation(&mut self, index: usize, subject: &Subject<'_>) {
        let Some(node) = subject.manifest.node.at(&["metadata", "annotations", ANNOTATION]) else { return };
        // Of what is partly known nothing can be said; what is no string the API server refuses.
        let Some(value) = node.as_str() else { return };
        let parsed = text::annotation(value, self.context.table);
        let place = |at: &Range<usize>| in_value(node, value, at, self.context);
        for bad in parsed.malformed {
            self.malformed.push(Malformed {
                location: annotation_location(place(&bad.at)),
                object: Some(object_ref(subject)),
                message: bad.message,
                help: bad.help,
            });
        }
        for directive in parsed.directives {
            let span = Some(node.origin.span);
            let scope = Scope::Object(index);
            self.given.push(from_directive(directive, SuppressedBy::Annotation, scope, span, &place));
        }
    }
}

fn from_directive<'a>(
    directive: Directive,
    by: SuppressedBy,
    scope: Scope<'a>,
    span: Option<Span>,
    place: &dyn Fn(&Range<usize>) -> Span,
) -> Given<'a> {
    let target = |(id, at): (String, Range<usize>)| Target { id, span: Some(place(&at)), used: false };
    Given {
        rules: directive.rules.into_iter().map(target).collect(),
        until: directive.until.map(|(date, at)| (date, Some(place(&at)))),
        reason: directive.reason,
        by,
        span,
        scope,
    }
}

fn from_entry<'a>(entry: &'a Ignore, context: &Context<'_>) -> Given<'a> {
    let place = |at: &Bytes| {
        let source = context.config_source?;
        Some(Span { source, start: at.start, end: at.end })
    };
    let target = |(id, at): &(String, Bytes)| Target { id: id.clone(), span: place(at), used: false };
    Given {
        rules: entry.rules.iter().map(target).collect(),
        until: entry.until.as_ref().map(|(date, at)| (*date, place(at))),
        reason: entry.reason.clone(),
        by: SuppressedBy::Configuration,
        span: place(&entry.at),
        scope: Scope::Entry(entry),
    }
}

/// The place of the annotation, in its object.
pub(super) fn annotation_location(span: Span) -> Location {
    Location { span, pointer: format!("/metadata/annotations/{}", pointer_token(ANNOTATION)) }
}

/// The identity of an object, as findings have it.
pub(super) fn object_ref(subject: &Subject<'_>) -> ObjectRef {
    // Several placements in one namespace are one namespace.
    let first = subject.namespaces.first().copied();
    let namespace =
        first.filter(|first| subject.namespaces.iter().all(|one| one == first)).map(str::to_owned);
    ObjectRef {
        api_version: subject.manifest.api_version().unwrap_or_default().to_owned(),
        kind: subject.manifest.kind().unwrap_or_default().to_owned(),
        namespace,
        name: subject.manifest.name().map(str::to_owned),
    }
}

fn within(span: Span, at: &Range<usize>) -> Span {
    let byte =
        |offset: usize| span.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)).min(span.end);
    Span { source: span.source, start: byte(at.start), end: byte(at.end) }
}

/// The place of a part of a string, where it is written as it reads; else the whole string. A
/// string in the text may have quotes, escapes and folds, so the part is looked for.
fn in_value(node: &Node, value: &str, at: &Range<usize>, context: &Context<'_>) -> Span {
    let whole = node.origin.span;
    let written = context.sources.get(whole.source).and_then(Source::text);
    let written = written.and_then(|text| text.get(whole.start as usize..whole.end as usize));
    let part = value.get(at.clone()).filter(|part| !part.is_empty());
    let found = written.zip(part).and_then(|(written, part)| {
        // The same word may stand there before; as many of them as in the value are passed over.
        let earlier = value.get(..at.start).map_or(0, |before| before.matches(part).count());
        let (start, _) = written.match_indices(part).nth(earlier)?;
        Some(within(whole, &(start..start + part.len())))
    });
    found.unwrap_or(whole)
}

/// The objects that start on each line.
fn first_lines(context: &Context<'_>) -> HashMap<(SourceId, usize), Vec<usize>> {
    let mut lines: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, subject) in context.subjects.iter().enumerate() {
        let start = subject.manifest.node.origin.span;
        let Some(source) = context.sources.get(start.source) else { continue };
        let line = source.position(start.start).line;
        lines.entry((start.source, line)).or_default().push(index);
    }
    lines
}
