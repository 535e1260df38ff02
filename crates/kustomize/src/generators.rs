//! The generators of a kustomization: their objects are added to, or merged into, what is there.

use crate::accumulate::{Target, first_line};
use crate::build::{Chart, NotRendered, NotRenderedKind, ProblemKind, UncertainKind};
use crate::builder::Builder;
use crate::checkout::FileText;
use crate::generate::{Behavior, Content, Generated, generate};
use crate::item::{From, Item};
use crate::pool::Pool;
use crate::tree;
use manifest::{Node, Span};
use std::rc::Rc;

impl Builder<'_> {
    pub(crate) fn generators(&mut self, target: &Target<'_>, pool: &mut Pool) {
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for args in target.items(key) {
                self.generator(target, pool, kind, args);
            }
        }
        let charts = target.items("helmCharts").iter().chain(target.items("helmChartInflationGenerator"));
        for chart in charts {
            pool.partial = true;
            self.chart(target, chart);
        }
        for entry in target.items("generators") {
            pool.partial = true;
            let what = format!("generator {}", first_line(entry));
            self.skip(NotRenderedKind::Generator, entry.origin.span, what);
        }
    }

    fn chart(&mut self, target: &Target<'_>, chart: &Node) {
        let text = |key| chart.get(key).and_then(Node::raw_text).map(str::to_owned);
        let name = text("name").or_else(|| text("chartName"));
        let namespace = target.node.get("namespace").and_then(Node::raw_text).map(str::to_owned);
        let version = text("version").or_else(|| text("chartVersion"));
        let namespace = namespace.or_else(|| text("namespace")).or_else(|| text("releaseNamespace"));
        self.not_rendered.push(NotRendered {
            kind: NotRenderedKind::Chart,
            span: chart.origin.span,
            what: format!("chart {}", name.as_deref().unwrap_or("without a name")),
            chart: Some(Chart { name, version, namespace }),
        });
    }

    fn generator(&mut self, target: &Target<'_>, pool: &mut Pool, kind: &str, args: &Node) {
        let place = target.place();
        let global = target.node.get("generatorOptions");
        let generated = generate(kind, args, global, &mut |node, path| match self.file(place, node, path) {
            Some((_, FileText::Text { source, bytes, .. })) => {
                let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                match self.budget.checked_sub(bytes.len() / 16) {
                    Some(left) => self.budget = left,
                    None => return Content::Unread,
                }
                Content::Known(bytes.to_vec(), Span { source, start: 0, end })
            }
            Some(_) => Content::Unread,
            None => Content::Missing,
        });
        match generated {
            Ok(generated) => self.add_generated(target, pool, args, generated),
            Err(refused) => self.fatal(ProblemKind::Generator, refused.span, refused.message),
        }
    }

    fn add_generated(&mut self, target: &Target<'_>, pool: &mut Pool, args: &Node, generated: Generated) {
        let Generated { node, hashed, behavior, unread } = generated;
        let from =
            From { path: Rc::clone(&target.file), source: target.source, document: 0, base: String::new() };
        let mut item = Item::new(node, from);
        item.hashed = hashed;
        if unread {
            item.doubt(UncertainKind::Unread, args.origin.span);
        }
        let found = pool.find_any(&item.id());
        let name = item.id().name.to_owned();
        match (found.as_slice(), behavior) {
            ([], Behavior::Merge | Behavior::Replace) if !pool.partial => {
                let message = format!("there is no {name} that it could be merged into or replace");
                self.fatal(ProblemKind::Generator, args.origin.span, message);
                self.push(pool, item, args);
            }
            ([], _) => self.push(pool, item, args),
            ([at], Behavior::Merge | Behavior::Replace) => {
                if let Some(old) = pool.items_mut().get_mut(*at) {
                    take_over(old, item, behavior, args.origin.span);
                }
            }
            (found, _) => {
                let related = found.iter().filter_map(|at| pool.items().get(*at)).map(Item::span).collect();
                let message = format!("{name} is there already: `behavior` must be merge or replace");
                self.problem(ProblemKind::Generator, args.origin.span, message, related, true);
            }
        }
    }
}

/// Puts a generated object in the place of the one that it is merged into or replaces: labels and
/// annotations are merged, names stay.
fn take_over(old: &mut Item, mut new: Item, behavior: Behavior, span: Span) {
    for key in ["labels", "annotations"] {
        merge_below(&mut new.node, &old.node, "metadata", key);
    }
    for key in ["name", "namespace"] {
        let Some(meta) = tree::get_mut(&mut new.node, "metadata").and_then(tree::map_mut) else { continue };
        match old.node.get("metadata").and_then(Node::as_map).and_then(|meta| meta.entry(key)) {
            Some(entry) => tree::put(meta, entry.clone()),
            None => _ = tree::remove(meta, key),
        }
    }
    if behavior == Behavior::Merge {
        for key in ["data", "binaryData"] {
            let Some(was) = old.node.get(key).filter(|node| node.as_map().is_some()) else { continue };
            let Some(map) = tree::map_mut(&mut new.node) else { continue };
            let own = tree::remove(map, key).map(|entry| entry.value);
            tree::set(map, key, was.origin, laid_over(was, own.as_ref()));
        }
    }
    old.node = new.node;
    // As kustomize: neither one that was written by hand nor one without a hash gets one.
    old.hashed &= new.hashed;
    old.changed(span);
    for doubt in new.uncertain {
        old.doubt(doubt.kind, doubt.span);
    }
}

/// Keys of `old` that `new` does not have are added to the map at `outer`/`key`.
fn merge_below(new: &mut Node, old: &Node, outer: &str, key: &str) {
    let Some(was) = old.get(outer).and_then(|outer| outer.get(key)).filter(|node| node.as_map().is_some())
    else {
        return;
    };
    let Some(map) = tree::get_mut(new, outer).and_then(tree::map_mut) else { return };
    let own = tree::remove(map, key).map(|entry| entry.value);
    tree::set(map, key, was.origin, laid_over(was, own.as_ref()));
}

fn laid_over(base: &Node, over: Option<&Node>) -> Node {
    let mut all = base.clone();
    if let (Some(map), Some(over)) = (tree::map_mut(&mut all), over) {
        for entry in tree::entries(over) {
            tree::put(map, entry.clone());
        }
        let open = over.as_map().and_then(|map| map.open.clone());
        map.open = map.open.take().or(open);
    }
    all
}
