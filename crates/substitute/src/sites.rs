//! Where in Flux's text each key and value of the object stands.

use crate::emit::sorted;
use manifest::{Node, Origin, Value};

/// A key or value in the text.
#[derive(Debug)]
pub(crate) struct Site<'n> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The value; for a key, that of its entry.
    pub(crate) node: &'n Node,
    /// How many entries stand before a key in its map, in the order of its own text.
    pub(crate) order: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Scalar,
    List,
    Map,
}

/// Every key and value, in the order of the text.
pub(crate) struct Sites<'n>(Vec<Site<'n>>);

impl<'n> Sites<'n> {
    /// `read` is the text of `node` as it was read again; `None` if they do not agree.
    pub(crate) fn new(node: &'n Node, read: &Node) -> Option<Self> {
        let mut sites = Vec::new();
        collect(node, read, &mut sites)?;
        sites.sort_by_key(|site| (site.start, site.kind != Kind::List, site.kind != Kind::Map));
        Some(Self(sites))
    }

    /// That of one scalar, which is all the text.
    pub(crate) fn alone(node: &'n Node, text: &str) -> Self {
        let (origin, end) = (node.origin, text.len());
        Self(vec![Site { start: 0, end, kind: Kind::Scalar, origin, node, order: 0 }])
    }

    /// The list or map that starts there.
    pub(crate) fn container(&self, start: usize, kind: Kind) -> Option<&Site<'n>> {
        let first = self.0.partition_point(|site| site.start < start);
        let here = self.0.get(first..)?.iter().take_while(|site| site.start == start);
        here.into_iter().find(|site| site.kind == kind)
    }

    /// The last key or scalar that starts there or before.
    pub(crate) fn near(&self, at: usize) -> Option<&Site<'n>> {
        let behind = self.0.partition_point(|site| site.start <= at);
        let before = self.0.get(..behind)?.iter().rev();
        before.into_iter().find(|site| matches!(site.kind, Kind::Key | Kind::Scalar))
    }
}

fn collect<'n>(node: &'n Node, read: &Node, sites: &mut Vec<Site<'n>>) -> Option<()> {
    let kind = match (&node.value, &read.value) {
        (Value::List(items), Value::List(again)) if items.len() == again.len() => {
            for (item, again) in items.iter().zip(again) {
                collect(item, again, sites)?;
            }
            Kind::List
        }
        (Value::Map(map), Value::Map(again)) if map.entries.len() == again.entries.len() => {
            for ((order, entry), again) in sorted(map).into_iter().zip(&again.entries) {
                sites.push(site(again.key_origin, Kind::Key, entry.key_origin, &entry.value, order));
                collect(&entry.value, &again.value, sites)?;
            }
            Kind::Map
        }
        (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => return None,
        _ => Kind::Scalar,
    };
    sites.push(site(read.origin, kind, node.origin, node, 0));
    Some(())
}

fn site(read: Origin, kind: Kind, origin: Origin, node: &Node, order: usize) -> Site<'_> {
    Site { start: read.span.start as usize, end: read.span.end as usize, kind, origin, node, order }
}
