//! Events of the YAML parser to Nodes: anchors, merges, keys and bounds, as Go's composer
//! and decoder treat them.

use super::comments;
use super::frame::{Frame, Gone, Kind, MapFrame, Pending};
use super::notes::{Failure, Notes};
use super::resolve::{self, MERGE_TAG, YAML_TAG};
use crate::node::{Entry, Map, Node, Number, Origin, Unknown, Value};
use crate::read::{Limits, ProblemKind};
use crate::source::Span;
use crate::unknown::UnknownReason;
use libyaml_safer::ScalarStyle;
use std::collections::HashMap;
use std::ops::Range;

/// An anchored value, for its aliases.
struct Anchored {
    /// Which use of its name this is; a later one counts from where it starts.
    number: usize,
    /// `None` while it is not complete: an alias to it would contain itself.
    node: Option<Node>,
    /// How many nodes it is, aliases expanded.
    size: usize,
    /// How many levels of lists and maps it is.
    height: usize,
}

/// What a scalar, list or map carries before its content.
pub(super) struct Properties {
    pub(super) anchor: Option<String>,
    pub(super) tag: Option<String>,
    /// From the first property, or where the content starts if there is none.
    pub(super) start: usize,
}

/// Builds one document.
pub(super) struct Composer<'t, 'n> {
    text: &'t [u8],
    notes: &'n mut Notes,
    limits: Limits,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<String, Anchored>,
    registered: usize,
    /// What makes JSON of the document impossible, unless a later key overwrites it.
    deferred: Vec<Failure>,
    /// Nodes so far, aliases expanded.
    size: usize,
    /// Those of them that aliases brought.
    aliased: usize,
    /// Nodes copied for anchors.
    kept: usize,
    /// The end of the last token.
    cursor: usize,
}

impl<'t, 'n> Composer<'t, 'n> {
    pub(super) fn new(text: &'t [u8], start: usize, limits: Limits, notes: &'n mut Notes) -> Self {
        Self {
            text,
            notes,
            limits,
            frames: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            registered: 0,
            deferred: Vec::new(),
            size: 1,
            aliased: 0,
            kept: 0,
            cursor: start,
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

    pub(super) fn scalar(
        &mut self,
        properties: Properties,
        text: String,
        plain: bool,
        style: ScalarStyle,
        end: usize,
    ) -> Result<(), Failure> {
        let empty_at = if properties.start == end { Some(self.empty_place(end)) } else { None };
        let start = empty_at.unwrap_or_else(|| self.content_start(&properties, end));
        let end = empty_at.unwrap_or(end);
        self.skip_to(start);
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let end = if block { self.block_end(start..end) } else { end };
        self.cursor = self.cursor.max(end);
        if self.is_merge_key(&properties, plain, &text) {
            return self.take_merge_key(properties.anchor, text, start..end);
        }
        self.refused_by_kubectl(style, &text, start..end)?;
        let Properties { anchor, tag, .. } = properties;
        let tag_span = self.notes.span(properties.start, end);
        let origin = Origin { span: self.notes.span(start, end), used_at: None };
        // `!` alone says "no plain scalar", and Go keeps the text.
        let tag = tag.filter(|tag| !tag.is_empty());
        let value = resolve::scalar(tag.as_deref(), plain, text)
            .map_err(|message| Failure::new(ProblemKind::Syntax, message, origin.span))?;
        let node = self.tagged(Node { value, origin }, tag, tag_span);
        self.count(1, origin.span)?;
        let anchor = self.register(anchor);
        self.fill(anchor, &node, 1, 0)?;
        self.place(node, 0)
    }

    pub(super) fn alias(&mut self, name: &str, range: Range<usize>) -> Result<(), Failure> {
        self.skip_to(range.start);
        self.cursor = range.end;
        let span = self.notes.span(range.start, range.end);
        let (node, height) = match self.anchors.get(name) {
            None => {
                let message = format!("no anchor `&{name}` stands before this alias");
                return Err(Failure::new(ProblemKind::Syntax, message, span));
            }
            Some(Anchored { node: None, .. }) => {
                let message = format!("the value of anchor `&{name}` contains itself");
                return Err(Failure::new(ProblemKind::Syntax, message, span));
            }
            Some(Anchored { node: Some(node), size, height, .. }) => {
                let (size, height) = (*size, *height);
                self.check_depth(height, span)?;
                self.size = self.size.saturating_add(size);
                self.aliased = self.aliased.saturating_add(size);
                self.check_size(span)?;
                (used(node, span), height)
            }
        };
        self.count(1, span)?;
        self.place(node, height)
    }

    /// `first` is what the parser saw when the list started, from its properties on.
    pub(super) fn start_list(&mut self, properties: Properties, first: Range<usize>) -> Result<(), Failure> {
        let content = self.collection_start(&first, b'-');
        self.start(properties, content, Kind::List(Vec::new()))
    }

    /// `first` is what the parser saw when the map started, from its properties on.
    pub(super) fn start_map(&mut self, properties: Properties, first: Range<usize>) -> Result<(), Failure> {
        let content = self.collection_start(&first, b'?');
        self.start(properties, content, Kind::Map(MapFrame::default()))
    }

    fn start(&mut self, properties: Properties, content: usize, kind: Kind) -> Result<(), Failure> {
        self.skip_to(content);
        let span = self.notes.span(content, content.saturating_add(1));
        self.check_depth(1, span)?;
        if self.expects_key() {
            return Err(Failure::new(ProblemKind::Syntax, self.odd_key(&kind, content), span));
        }
        self.count(1, span)?;
        let anchor = self.register(properties.anchor);
        let bracketed = matches!(self.text.get(content), Some(b'[' | b'{'));
        let flow = bracketed || self.frames.last().is_some_and(|frame| frame.flow);
        self.frames.push(Frame {
            kind,
            flow,
            start: content,
            property_start: properties.start,
            anchor,
            tag: properties.tag.filter(|tag| !tag.is_empty()),
            size_before: self.size.saturating_sub(1),
            height: 1,
        });
        Ok(())
    }

    fn odd_key(&self, kind: &Kind, at: usize) -> String {
        let rest = self.text.get(at..).unwrap_or_default();
        let what = if matches!(kind, Kind::List(_)) { "list" } else { "map" };
        if rest.starts_with(b"{{") {
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
        let size = self.size.saturating_sub(frame.size_before);
        let value = match frame.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map(map) => Value::Map(map.finish()),
        };
        let tag_span = self.notes.span(frame.property_start, end);
        let node = self.tagged(Node { value, origin }, frame.tag, tag_span);
        self.fill(frame.anchor, &node, size, frame.height)?;
        self.place(node, frame.height)
    }

    /// kubectl ignores a tag that it does not know; what it was to mean is not known.
    fn tagged(&mut self, node: Node, tag: Option<String>, span: Span) -> Node {
        let Some(tag) = tag.filter(|tag| tag != "!" && !tag.starts_with(YAML_TAG)) else { return node };
        let raw = match &node.value {
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        let message = format!("kubectl ignores the tag {tag}; what is meant is not known");
        self.notes.problem(ProblemKind::CustomTag, message, span, None);
        let origin = node.origin;
        let unknown = Unknown { raw, reason: UnknownReason::Tag(tag), value: Some(Box::new(node)) };
        Node { value: Value::Unknown(unknown), origin }
    }

    /// Says that a value under an anchor starts here.
    fn register(&mut self, name: Option<String>) -> Option<(String, usize)> {
        let name = name?;
        self.registered += 1;
        let number = self.registered;
        self.anchors.insert(name.clone(), Anchored { number, node: None, size: 0, height: 0 });
        Some((name, number))
    }

    /// Keeps a complete value under its anchor, unless the name was used anew within it.
    fn fill(
        &mut self,
        anchor: Option<(String, usize)>,
        node: &Node,
        size: usize,
        height: usize,
    ) -> Result<(), Failure> {
        let Some((name, number)) = anchor else { return Ok(()) };
        let Some(anchored) = self.anchors.get_mut(&name).filter(|anchored| anchored.number == number) else {
            return Ok(());
        };
        self.kept = self.kept.saturating_add(size);
        if self.kept > self.limits.nodes {
            let message = format!("more than {} values stand under anchors", self.limits.nodes);
            return Err(Failure::new(ProblemKind::Limit, message, node.origin.span));
        }
        *anchored = Anchored { number, node: Some(node.clone()), size, height };
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, node: Node, height: usize) -> Result<(), Failure> {
        let expects_key = self.expects_key();
        if !expects_key && matches!(node.value, Value::Number(Number::Float(value)) if !value.is_finite()) {
            let message =
                "JSON has neither infinity nor NaN, so kubectl refuses them; quote a text".to_owned();
            self.deferred.push(Failure::new(ProblemKind::Syntax, message, node.origin.span));
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
                self.deferred.extend(failure);
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
            let message =
                format!("the key `{}` stands twice in this map; kubectl keeps the later one", gone.key);
            let related = Some(("the first is here".to_owned(), gone.key_span));
            self.notes.problem(ProblemKind::DuplicateKey, message, gone.by, related);
        }
    }

    /// A merge overwrites what stands before it, which few expect.
    fn merged_over(&mut self, gone: &Gone, at: Span) {
        self.forget(gone);
        if !gone.merged {
            let message = format!("this merge overwrites the key `{}` that stands before it", gone.key);
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

    fn is_merge_key(&self, properties: &Properties, plain: bool, text: &str) -> bool {
        text == "<<" && self.expects_key() && (plain || properties.tag.as_deref() == Some(MERGE_TAG))
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
                self.slash_escape(range).map(|at| (at..at + 2, message))
            }
            _ => None,
        };
        let Some((range, message)) = found else { return Ok(()) };
        let span = self.notes.span(range.start, range.end);
        Err(Failure::new(ProblemKind::Syntax, message.to_owned(), span))
    }

    /// The first `\/` in a text in double quotes.
    fn slash_escape(&self, range: Range<usize>) -> Option<usize> {
        let mut at = range.start;
        while let Some(found) = self.text.get(at..range.end).and_then(|rest| memchr::memchr(b'\\', rest)) {
            let escape = at + found;
            if self.text.get(escape + 1) == Some(&b'/') {
                return Some(escape);
            }
            at = escape + 2;
        }
        None
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame { kind: Kind::Map(MapFrame { pending: Pending::Key, .. }), .. })
        )
    }

    fn take_merge_key(
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
        let anchor = self.register(anchor);
        self.fill(anchor, &node, 1, 0)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Failure> {
        self.size = self.size.saturating_add(nodes);
        self.check_size(span)
    }

    fn check_size(&self, span: Span) -> Result<(), Failure> {
        if self.size > self.limits.nodes {
            let message =
                format!("the document has more than {} values with its aliases expanded", self.limits.nodes);
            return Err(Failure::new(ProblemKind::Limit, message, span));
        }
        if self.aliased > 100 && self.size > 1000 && excessive(self.aliased, self.size) {
            let message = "kubectl refuses a document of which aliases make this much".to_owned();
            return Err(Failure::new(ProblemKind::Limit, message, span));
        }
        Ok(())
    }

    fn check_depth(&self, more: usize, span: Span) -> Result<(), Failure> {
        if self.frames.len().saturating_add(more) <= self.limits.depth {
            return Ok(());
        }
        let message = format!("lists and maps are nested more than {} levels deep", self.limits.depth);
        Err(Failure::new(ProblemKind::Limit, message, span))
    }

    /// Where a list or map starts behind its anchor and tag. The parser has gone to its
    /// bracket, to its first key or `-`, or behind its first `-` if that is not indented.
    fn collection_start(&self, first: &Range<usize>, sign: u8) -> usize {
        if first.start == first.end {
            return first.start;
        }
        let before = first.end.saturating_sub(1);
        match self.text.get(before) {
            Some(b'[' | b'{') => before,
            Some(byte) if *byte == sign => before,
            _ => first.end,
        }
    }

    /// Where an empty scalar stands: behind the last token if only white space and comments
    /// are between.
    fn empty_place(&self, at: usize) -> usize {
        let between = comments::content(self.text, self.cursor, at);
        if between.is_none() { self.cursor.min(at) } else { at }
    }

    /// Where a scalar's text starts behind its anchor and tag.
    fn content_start(&self, properties: &Properties, end: usize) -> usize {
        let mut at = properties.start;
        if properties.anchor.is_none() && properties.tag.is_none() {
            return at;
        }
        while let Some(found) = comments::content(self.text, at, end) {
            let rest = self.text.get(found..end).unwrap_or_default();
            if !matches!(rest.first(), Some(b'&' | b'!')) {
                return found;
            }
            let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            at = found + length;
        }
        end
    }

    /// A block scalar ends behind its last character that is no white space. The comment
    /// behind its indicator is one.
    fn block_end(&mut self, range: Range<usize>) -> usize {
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let header = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
        let notes = &mut *self.notes;
        comments::find(self.text, range.start..range.start + header, |comment| notes.comment(comment));
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let last = bytes.iter().rposition(|byte| !blank(byte)).unwrap_or(0);
        range.start + (last + 1).min(bytes.len())
    }
}

/// Go's measure of an alias bomb: of a small document 99 % may come from aliases, of one of
/// 4,000,000 nodes 10 %.
fn excessive(aliased: usize, size: usize) -> bool {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    let (aliased, size) = (aliased as u64, size as u64);
    // Both sides of `aliased / size > 0.99 - 0.89 * beyond / (HIGH - LOW)`, in integers.
    let beyond = size.clamp(LOW, HIGH) - LOW;
    let allowed = 99 * (HIGH - LOW) - 89 * beyond;
    aliased.saturating_mul(100 * (HIGH - LOW)) > allowed.saturating_mul(size)
}

/// The key that a node is in JSON.
fn key(node: Node) -> Result<(Pending, Option<Failure>), Failure> {
    let origin = node.origin;
    let refuse = |message: &str| Failure::new(ProblemKind::Syntax, message.to_owned(), origin.span);
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

/// A copy of an anchored value for an alias at `at`.
fn used(node: &Node, at: Span) -> Node {
    let mut node = node.clone();
    mark_used(&mut node, at);
    node
}

/// Says of a value and all in it that something at `at` brought it here.
pub(super) fn mark_used(node: &mut Node, at: Span) {
    node.origin.used_at = Some(at);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| mark_used(item, at)),
        Value::Map(Map { entries, .. }) => {
            for entry in entries {
                entry.key_origin.used_at = Some(at);
                mark_used(&mut entry.value, at);
            }
        }
        Value::Unknown(Unknown { value: Some(value), .. }) => mark_used(value, at),
        _ => {}
    }
}
