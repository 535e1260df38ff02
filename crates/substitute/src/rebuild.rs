//! The object that comes out: Flux's text, read again, each place in it traced back.

use crate::evaluate::{From, Hole, Piece};
use crate::holes::{Gap, Marked, Marks, join};
use crate::sites::{Kind, Site, Sites};
use manifest::{Dialect, Entry, Map, Node, Origin, Span, Unknown, UnknownReason, Value, mark_unknowns};
use std::ops::Range;

/// The text that comes out, and where its pieces start.
pub(crate) struct Output<'t> {
    pub(crate) text: String,
    pieces: Vec<(usize, Piece<'t>)>,
    /// Indices of the pieces that are holes.
    holes: Vec<usize>,
}

impl<'t> Output<'t> {
    pub(crate) fn new(pieces: Vec<Piece<'t>>, marks: &Marks) -> Self {
        let mut output = Self { text: String::new(), pieces: Vec::new(), holes: Vec::new() };
        for mut piece in pieces {
            if matches!(piece.from, From::Hole(_)) {
                piece.text = marks.hole(output.holes.len());
                output.holes.push(output.pieces.len());
            }
            let start = output.text.len();
            output.text.push_str(&piece.text);
            output.pieces.push((start, piece));
        }
        output
    }

    /// Why the first hole is not known, if there is one.
    pub(crate) fn unknown(&self) -> Option<&UnknownReason> {
        self.hole(0).map(|hole| &hole.reason)
    }

    fn hole(&self, index: usize) -> Option<&Hole<'t>> {
        match &self.pieces.get(*self.holes.get(index)?)?.1.from {
            From::Hole(hole) => Some(hole),
            _ => None,
        }
    }

    /// The pieces that a range of the text touches; for a value of which nothing is left, the
    /// piece that left nothing.
    fn within(&self, range: &Range<usize>) -> &[(usize, Piece<'t>)] {
        if range.is_empty()
            && let Some(empty) = self.emptied(range.start)
        {
            return self.pieces.get(empty..=empty).unwrap_or_default();
        }
        let first = self.pieces.partition_point(|(start, piece)| start + piece.text.len() <= range.start);
        let behind = self.pieces.partition_point(|(start, _)| *start < range.end.max(range.start + 1));
        self.pieces.get(first..behind.max(first)).unwrap_or_default()
    }

    /// The piece without text at a place, or behind the blanks that follow it.
    fn emptied(&self, at: usize) -> Option<usize> {
        let blanks = self.text.get(at..)?.bytes().take_while(|byte| *byte == b' ').count();
        let first = self.pieces.partition_point(|(start, _)| *start < at);
        let mut pieces = self.pieces.iter().enumerate().skip(first);
        let near = pieces.find(|(_, (start, piece))| piece.text.is_empty() || *start > at + blanks);
        near.filter(|(_, (start, piece))| piece.text.is_empty() && *start <= at + blanks)
            .map(|(index, _)| index)
    }

    /// The byte of the text that went in for the first of a range.
    pub(crate) fn source(&self, range: &Range<usize>) -> usize {
        let Some((start, piece)) = self.within(range).first() else { return usize::MAX };
        match piece.from {
            From::Text | From::Default => piece.at + range.start.saturating_sub(*start),
            From::Value(_) | From::Hole(_) => piece.at,
        }
    }
}

/// Traces the places of the text that was read again.
pub(crate) struct Rebuild<'a, 'n, 't> {
    pub(crate) output: &'a Output<'t>,
    pub(crate) sites: &'a Sites<'n>,
    pub(crate) marks: &'a Marks,
    /// The place of the whole object, where there is no better one.
    pub(crate) origin: Origin,
}

impl<'n> Rebuild<'_, 'n, '_> {
    pub(crate) fn node(&self, node: Node) -> Node {
        let range = range(node.origin.span);
        match node.value {
            Value::List(items) => {
                let site =
                    self.sites.container(self.output.source(&(range.start..range.start + 1)), Kind::List);
                let value = Value::List(items.into_iter().map(|item| self.node(item)).collect());
                Node { value, origin: self.container_origin(site, range) }
            }
            Value::Map(map) => {
                let site =
                    self.sites.container(self.output.source(&(range.start..range.start + 1)), Kind::Map);
                let open = site.and_then(|site| site.node.as_map()).and_then(|map| map.open.clone());
                let value = Value::Map(self.map(map, open));
                Node { value, origin: self.container_origin(site, range) }
            }
            // A tag came from a variable; Flux ignores the ones that it does not know.
            Value::Unknown(Unknown { value: Some(inner), .. }) => self.node(*inner),
            value => self.scalar(value, range),
        }
    }

    fn container_origin(&self, site: Option<&Site>, range: Range<usize>) -> Origin {
        site.map_or_else(|| self.trace(range.start..range.start + 1), |site| site.origin)
    }

    fn map(&self, map: Map, open: Option<UnknownReason>) -> Map {
        let mut open = map.open.or(open);
        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for Entry { key, key_origin, value } in map.entries {
            let range = range(key_origin.span);
            let site = self.site(&range).filter(|site| site.kind == Kind::Key);
            let order = site.map_or(usize::MAX, |site| site.order);
            let (key, reason) = self.key(key);
            open = open.or(reason);
            let entry = Entry { key, key_origin: self.trace(range), value: self.node(value) };
            entries.push((order, entry));
        }
        entries.sort_by_key(|(order, _)| *order);
        Map { entries: entries.into_iter().map(|(_, entry)| entry).collect(), open }
    }

    /// A key as it is written; why it is not known, if it has a hole.
    fn key(&self, key: String) -> (String, Option<UnknownReason>) {
        let Some(Marked::Parts(parts)) = self.marks.find(&key) else { return (key, None) };
        let Some(value) = join(&parts, false, |index| self.gap(index)) else { return (key, None) };
        let node = Node { value, origin: self.origin };
        (node.raw_text().unwrap_or_default().to_owned(), node.unknown_reason().cloned())
    }

    pub(crate) fn scalar(&self, value: Value, range: Range<usize>) -> Node {
        let site = self.site(&range);
        if let Some(site) = site.filter(|site| self.is_untouched(site, &range)) {
            return site.node.clone();
        }
        let origin = self.trace(range.clone());
        let marked = match &value {
            Value::String(text) => self.marks.find(text),
            _ => None,
        };
        let value = match marked {
            Some(Marked::Opaque(node)) => return node,
            Some(Marked::Parts(parts)) => {
                let first = self.output.text.as_bytes().get(range.start);
                let plain = !matches!(first, Some(b'"' | b'\'' | b'|' | b'>'));
                join(&parts, plain, |index| self.gap(index)).unwrap_or(value)
            }
            None => value,
        };
        let mut node = Node { value, origin };
        if site.is_some_and(|site| site.node.unknown_reason().is_some()) {
            // It was looked at before: what else is not known of it is not lost.
            mark_unknowns(&mut node, Dialect { variables: false, ..Dialect::FILE });
        }
        node
    }

    fn gap(&self, index: usize) -> Option<Gap<'_>> {
        self.output.hole(index).map(|hole| Gap { written: hole.written, reason: &hole.reason })
    }

    fn site(&self, range: &Range<usize>) -> Option<&Site<'n>> {
        self.sites.near(self.output.source(range))
    }

    /// Nothing was filled in, so the value is what it was.
    fn is_untouched(&self, site: &Site, range: &Range<usize>) -> bool {
        let [(start, piece)] = self.output.within(range) else { return false };
        site.kind == Kind::Scalar
            && matches!(piece.from, From::Text)
            && *start <= range.start
            && range.end <= start + piece.text.len()
            && piece.at + (range.start - start) == site.start
            && range.len() == site.end - site.start
    }

    /// Where a key or scalar was written: where the first variable in it has its value, else in
    /// the default that it is, else where it stands itself.
    fn trace(&self, range: Range<usize>) -> Origin {
        let here = self.site(&range).map_or(self.origin, |site| site.origin);
        let pieces = self.output.within(&range);
        let value = pieces.iter().find_map(|(_, piece)| match &piece.from {
            From::Value(origin) => *origin,
            From::Hole(hole) => hole.origin,
            _ => None,
        });
        if let Some(value) = value {
            return Origin { span: value.span, used_at: Some(here.span) };
        }
        match pieces {
            [(_, piece)] if matches!(piece.from, From::Default) => {
                let within = self.site(&range).and_then(|site| verbatim(site, piece));
                Origin { span: within.unwrap_or(here.span), used_at: here.used_at }
            }
            _ => here,
        }
    }
}

/// Where a default stands, if the text of its key or value is that of the file: as long as the
/// file's, or by the two quotes shorter.
fn verbatim(site: &Site, piece: &Piece) -> Option<Span> {
    let span = site.origin.span;
    let length = site.end.checked_sub(site.start)?;
    let quotes = match (span.end.checked_sub(span.start)? as usize).checked_sub(length)? {
        0 => 0,
        2 => 1,
        _ => return None,
    };
    let offset = u32::try_from(piece.at.checked_sub(site.start)?).ok()?;
    let start = span.start.checked_add(offset)?.checked_add(quotes)?;
    let end = start.checked_add(u32::try_from(piece.text.len()).ok()?)?;
    (end <= span.end).then_some(Span { start, end, ..span })
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
