//! Events of the YAML parser to Nodes: keys, merges and tags, as Go's composer and decoder
//! treat them.

use super::anchors::{Anchors, Copy};
use super::budget::{Budget, Cost};
use super::frame::{Frame, Gone, Kind, MapFrame, Pending};
use super::notes::{Failure, Notes, short};
use super::resolve::{self, MERGE_TAG, YAML_TAG};
use super::{comments, layout};
use crate::node::{Entry, Node, Number, Origin, Unknown, Value};
use crate::read::{Limits, ProblemKind};
use crate::source::Span;
use crate::unknown::UnknownReason;
use libyaml_safer::ScalarStyle;
use std::ops::Range;

/// More failures than this are not put off: the document is refused at once.
const MOST_DEFERRED: usize = 1000;

/// What a scalar, list or map carries before its content.
pub(super) struct Properties {
    pub(super) anchor: Option<String>,
    pub(super) tag: Option<String>,
    /// From the first property, or where the content starts if there is none.
    pub(super) start: usize,
}

/// A scalar as the parser gives it.
pub(super) struct Scalar {
    pub(super) properties: Properties,
    pub(super) text: String,
    /// What it is shows in its text: it has neither quotes nor a tag.
    pub(super) plain: bool,
    pub(super) style: ScalarStyle,
    pub(super) end: usize,
}

/// Builds one document.
pub(super) struct Composer<'t, 'n> {
    text: &'t [u8],
    notes: &'n mut Notes,
    budget: Budget,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: Anchors,
    /// What makes JSON of the document impossible, unless a later key overwrites it.
    deferred: Vec<Failure>,
    /// The end of the last token.
    cursor: usize,
    /// A gap behind the last token in which nothing but white space and comments was seen.
    blank: Range<usize>,
}

impl<'t, 'n> Composer<'t, 'n> {
    pub(super) fn new(text: &'t [u8], start: usize, limits: Limits, notes: &'n mut Notes) -> Self {
        Self {
            text,
            notes,
            budget: Budget::new(limits),
            frames: Vec::new(),
            root: None,
            anchors: Anchors::default(),
            deferred: Vec::new(),
            cursor: start,
            blank: start..start,
        }
    }

    /// The end of the last token that was read.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// The document; `None` if there is none.
    pub(super) fn finish(&mut self) -> Result<Option<Node>, Failure> {
        if !self.deferred.is_empty() {
            return Err(self.deferred.swap_remove(0));
        }
        Ok(self.root.take())
    }

    /// Finds the comments up to `to`, where the next token starts.
    pub(super) fn skip_to(&mut self, to: usize) {
        if self.cursor < to {
            let notes = &mut *self.notes;
            comments::find(self.text, self.cursor..to, |comment| notes.comment(comment));
            self.cursor = to;
        }
    }

    pub(super) fn scalar(&mut self, scalar: Scalar) -> Result<(), Failure> {
        let Scalar { properties, text, plain, style, end } = scalar;
        let range = self.scalar_range(&properties, style, end);
        if text == "<<" && self.expects_key() && (plain || properties.tag.as_deref() == Some(MERGE_TAG)) {
            return self.merge_key(properties.anchor, text, range);
        }
        self.refused_by_kubectl(style, &text, range.clone())?;
        let origin = Origin { span: self.notes.span(range.start, range.end), used_at: None };
        if properties.anchor.is_none() && properties.tag.is_none() {
            return self.bare_scalar(plain, text, origin);
        }
        let tag_span = self.notes.span(properties.start, range.end);
        let tag = properties.tag.filter(|tag| !tag.is_empty());
        let before = self.budget.spent();
        self.budget.node(text.len().saturating_add(tag.as_ref().map_or(0, String::len)), origin.span)?;
        let value = resolve::scalar(tag.as_deref(), plain, text)
            .map_err(|message| Failure::new(ProblemKind::Syntax, message, origin.span))?;
        let node = self.tagged(Node { value, origin }, tag, tag_span);
        let anchor = self.anchors.start(properties.anchor);
        let cost = self.budget.spent().since(before);
        self.anchors.complete(anchor, &node, 0, cost, &mut self.budget)?;
        self.place(node, 0)
    }

    /// A scalar without anchor and tag, as nearly all are.
    fn bare_scalar(&mut self, plain: bool, text: String, origin: Origin) -> Result<(), Failure> {
        self.budget.node(text.len(), origin.span)?;
        let value = if plain { resolve::plain(text) } else { Value::String(text) };
        match (self.frames.last_mut(), value) {
            (
                Some(Frame { kind: Kind::Map(MapFrame { pending: pending @ Pending::Key, .. }), .. }),
                Value::String(text),
            ) => {
                *pending = Pending::Value(text, origin);
                Ok(())
            }
            (_, value) => self.place(Node { value, origin }, 0),
        }
    }

    /// Where a scalar's text stands; takes the comments before it, and the one behind the
    /// indicator of a block scalar.
    fn scalar_range(&mut self, properties: &Properties, style: ScalarStyle, end: usize) -> Range<usize> {
        if properties.start == end {
            let at = self.empty_place(end);
            self.skip_to(at);
            return at..at;
        }
        let bare = properties.anchor.is_none() && properties.tag.is_none();
        let start =
            if bare { properties.start } else { layout::scalar_start(self.text, properties.start..end) };
        self.skip_to(start);
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            self.cursor = self.cursor.max(end);
            return start..end;
        }
        let notes = &mut *self.notes;
        let header = layout::block_header(self.text, start..end);
        comments::find(self.text, header, |comment| notes.comment(comment));
        let end = layout::block_end(self.text, start..end);
        self.cursor = self.cursor.max(end);
        start..end
    }

    /// Where an empty scalar stands: behind the last token if only white space and comments
    /// are between.
    fn empty_place(&mut self, at: usize) -> usize {
        let gap = self.cursor..at;
        if self.blank != gap {
            if comments::content(self.text, gap.start, gap.end).is_some() {
                return at;
            }
            self.blank = gap;
        }
        self.cursor.min(at)
    }

    pub(super) fn alias(&mut self, name: &str, range: Range<usize>) -> Result<(), Failure> {
        self.skip_to(range.start);
        self.cursor = range.end;
        let span = self.notes.span(range.start, range.end);
        let Copy { node, height } = self.anchors.alias(name, span, self.frames.len(), &mut self.budget)?;
        self.place(node, height)
    }

    /// `first` is what the parser saw when the list started, from its properties on.
    pub(super) fn start_list(&mut self, properties: Properties, first: Range<usize>) -> Result<(), Failure> {
        let content = layout::collection_start(self.text, &first, b'-');
        self.start(properties, content, Kind::List(Vec::new()))
    }

    /// `first` is what the parser saw when the map started, from its properties on.
    pub(super) fn start_map(&mut self, properties: Properties, first: Range<usize>) -> Result<(), Failure> {
        let content = layout::collection_start(self.text, &first, b'?');
        self.start(properties, content, Kind::Map(MapFrame::default()))
    }

    fn start(&mut self, properties: Properties, content: usize, kind: Kind) -> Result<(), Failure> {
        self.skip_to(content);
        let span = self.notes.span(content, content.saturating_add(1));
        self.budget.depth(self.frames.len() + 1, span)?;
        if self.expects_key() {
            return Err(Failure::new(ProblemKind::Syntax, self.odd_key(&kind, content), span));
        }
        let tag = properties.tag.filter(|tag| !tag.is_empty());
        let spent_before = self.budget.spent();
        self.budget.node(tag.as_ref().map_or(0, String::len), span)?;
        let bracketed = matches!(self.text.get(content), Some(b'[' | b'{'));
        self.frames.push(Frame {
            kind,
            flow: bracketed || self.frames.last().is_some_and(|frame| frame.flow),
            start: content,
            property_start: properties.start,
            anchor: self.anchors.start(properties.anchor),
            tag,
            spent_before,
            height: 1,
        });
        Ok(())
    }

    fn odd_key(&self, kind: &Kind, at: usize) -> String {
        let rest = self.text.get(at.saturating_sub(1)..).unwrap_or_default();
        let what = if matches!(kind, Kind::List(_)) { "list" } else { "map" };
        if rest.starts_with(b"{{") || rest.get(1..).is_some_and(|rest| rest.starts_with(b"{{")) {
            "a map cannot be a key; a template `{{ … }}` must be quoted".to_owned()
        } else {
            format!("a {what} cannot be a key; a text that starts with a bracket or brace must be quoted")
        }
    }

    /// The list or map that was started last is complete; `last` is its bracket or brace if
    /// it has one, else whatever follows.
    pub(super) fn end(&mut self, last: Range<usize>) -> Result<(), Failure> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let opening = self.text.get(frame.start);
        let closing = self.text.get(last.start);
        let bracketed = matches!(
            (&frame.kind, opening, closing),
            (Kind::List(_), Some(b'['), Some(b']')) | (Kind::Map(_), Some(b'{'), Some(b'}'))
        );
        if bracketed {
            self.skip_to(last.end);
        }
        let end = self.cursor.max(frame.start);
        let origin = Origin { span: self.notes.span(frame.start, end), used_at: None };
        let cost = self.budget.spent().since(frame.spent_before);
        let value = match frame.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map(map) => Value::Map(map.finish()),
        };
        if frame.tag.is_none() && frame.anchor.is_none() {
            return self.place(Node { value, origin }, frame.height);
        }
        let tag_span = self.notes.span(frame.property_start, end);
        let node = self.tagged(Node { value, origin }, frame.tag, tag_span);
        self.anchors.complete(frame.anchor, &node, frame.height, cost, &mut self.budget)?;
        self.place(node, frame.height)
    }

    /// kubectl ignores a tag that it does not know; what it was to mean is not known.
    fn tagged(&mut self, node: Node, tag: Option<String>, span: Span) -> Node {
        let Some(tag) = tag.filter(|tag| tag != "!" && !tag.starts_with(YAML_TAG)) else { return node };
        let raw = match &node.value {
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        let message = format!("kubectl ignores the tag {}; what is meant is not known", short(&tag));
        self.notes.problem(ProblemKind::CustomTag, message, span, None);
        let origin = node.origin;
        let unknown = Unknown { raw, reason: UnknownReason::Tag(tag), value: Some(Box::new(node)) };
        Node { value: Value::Unknown(unknown), origin }
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, node: Node, height: usize) -> Result<(), Failure> {
        let infinite = matches!(node.value, Value::Number(Number::Float(value)) if !value.is_finite());
        if infinite && !self.expects_key() {
            let message =
                "JSON has neither infinity nor NaN, so kubectl refuses them; quote a text".to_owned();
            self.defer(Failure::new(ProblemKind::Syntax, message, node.origin.span))?;
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        frame.height = frame.height.max(height.saturating_add(1));
        let map = match &mut frame.kind {
            Kind::List(items) => {
                items.push(node);
                return Ok(());
            }
            Kind::Map(map) => map,
        };
        match std::mem::take(&mut map.pending) {
            Pending::Key => {
                let (pending, failure) = key(node)?;
                map.pending = pending;
                if let Some(failure) = failure {
                    self.defer(failure)?;
                }
            }
            Pending::Value(key, key_origin) => {
                let entry = Entry { key, key_origin, value: node };
                if let Some(gone) = map.insert(entry) {
                    self.overwritten(&gone);
                }
            }
            Pending::NoKey => {}
            Pending::Merge(at) => {
                for gone in map.merge(node, at)? {
                    self.merged_over(&gone, at);
                }
            }
        }
        Ok(())
    }

    /// A key stood there already: kubectl keeps the later one without a word.
    fn overwritten(&mut self, gone: &Gone) {
        self.forget(gone);
        if !gone.merged {
            self.notes.duplicate(gone);
        }
    }

    /// A merge overwrites what stands before it, which few expect.
    fn merged_over(&mut self, gone: &Gone, at: Span) {
        self.forget(gone);
        if !gone.merged {
            let message =
                format!("this merge overwrites the key `{}` that stands before it", short(&gone.key));
            let related = Some(("the key is here".to_owned(), gone.key_span));
            self.notes.problem(ProblemKind::DuplicateKey, message, at, related);
        }
    }

    /// What was wrong with a value that is overwritten does not matter to kubectl.
    fn forget(&mut self, gone: &Gone) {
        if !self.deferred.is_empty() && gone.used_at.is_none() {
            let gone = gone.value_span;
            self.deferred.retain(|failure| failure.span.start < gone.start || failure.span.end > gone.end);
        }
    }

    /// Go's copy of the parser refuses two things that ours takes.
    fn refused_by_kubectl(&self, style: ScalarStyle, text: &str, range: Range<usize>) -> Result<(), Failure> {
        let found = match style {
            ScalarStyle::Plain if self.frames.last().is_some_and(|frame| frame.flow) => {
                let message = "a text with `?` in brackets or braces must be quoted; kubectl refuses it";
                memchr::memchr(b'?', text.as_bytes()).map(|_| (range, message))
            }
            ScalarStyle::DoubleQuoted => {
                let message = "kubectl refuses the escape `\\/`; write `/`";
                layout::slash_escape(self.text, range).map(|at| (at..at + 2, message))
            }
            _ => None,
        };
        let Some((range, message)) = found else { return Ok(()) };
        let span = self.notes.span(range.start, range.end);
        Err(Failure::new(ProblemKind::Syntax, message.to_owned(), span))
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame { kind: Kind::Map(MapFrame { pending: Pending::Key, .. }), .. })
        )
    }

    fn merge_key(
        &mut self,
        anchor: Option<String>,
        text: String,
        range: Range<usize>,
    ) -> Result<(), Failure> {
        let span = self.notes.span(range.start, range.end);
        if let Some(Frame { kind: Kind::Map(map), .. }) = self.frames.last_mut() {
            map.pending = Pending::Merge(span);
        }
        let node = Node { value: Value::String(text), origin: Origin { span, used_at: None } };
        let anchor = self.anchors.start(anchor);
        let cost = Cost { nodes: 1, bytes: range.len() };
        self.anchors.complete(anchor, &node, 0, cost, &mut self.budget)
    }

    fn defer(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.deferred.len() >= MOST_DEFERRED {
            return Err(failure);
        }
        self.deferred.push(failure);
        Ok(())
    }
}

/// The key that a node is in JSON.
fn key(node: Node) -> Result<(Pending, Option<Failure>), Failure> {
    let origin = node.origin;
    let refuse = |message: &str| {
        Failure::new(ProblemKind::Syntax, message.to_owned(), origin.used_at.unwrap_or(origin.span))
    };
    let text = match node.value {
        Value::String(text) => text,
        Value::Bool(value) => value.to_string(),
        Value::Number(Number::Int(value)) => value.to_string(),
        Value::Number(Number::Float(value)) => resolve::float_key(value),
        Value::Number(Number::UInt(_)) => {
            return Ok((Pending::NoKey, Some(refuse("an integer this large cannot be a key; quote it"))));
        }
        Value::Null => return Ok((Pending::NoKey, Some(refuse("null cannot be a key")))),
        Value::Unknown(Unknown { value: Some(inner), .. }) => {
            return key(Node { value: inner.value, origin });
        }
        Value::Partial(partial) => partial.raw,
        Value::Unknown(unknown) => unknown.raw,
        Value::List(_) => return Err(refuse("a list cannot be a key")),
        Value::Map(_) => return Err(refuse("a map cannot be a key")),
    };
    Ok((Pending::Value(text, origin), None))
}
