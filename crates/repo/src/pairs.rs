//! The objects of a checkout and what they were in another: paired by identity, whatever file they moved to.

use manifest::SourceId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use topology::{Environment, EnvironmentId, EnvironmentKind, Found, Inventory, ObjectId, Wholeness};

/// What each object was before, and what is no longer there.
#[derive(Debug, Default)]
pub struct Pairs<'b> {
    /// By the object of now and the environment that it is in.
    pub past: HashMap<(ObjectId, EnvironmentId), Found<'b>>,
    /// Those of before that are nothing now, in the order of before. What became a part of an object only is
    /// not among them.
    pub gone: Vec<Found<'b>>,
}

/// Leftovers are only compared each with each up to so many comparisons; beyond, they are paired in order.
const MOST_COMPARED: usize = 10_000;

/// What objects of the same meaning share wherever they are: group, kind and name.
type Name<'i> = (&'i str, &'i str, &'i str);

/// Where an object is: its environment and namespace, and its file where that is asked for.
type PlaceOf<'i, 'p> = ((EnvironmentKind, &'i str), Option<&'i str>, Option<&'p str>);

/// A whole object where something deploys it.
#[derive(Debug, Clone, Copy)]
struct Deployed<'i> {
    found: Found<'i>,
    environment: &'i Environment,
}

impl<'b> Pairs<'b> {
    /// Pairs objects of one environment (its kind and path) and namespace first; where a name stands there
    /// twice, those of the same file. What is left is paired across environments where the namespace is the
    /// same: one was renamed, or handed the object to another. Last come those of one environment whose
    /// namespace was or is not known. `path` says where a text of either is in the checkout.
    pub fn new<'p>(
        now: &Inventory,
        before: &'b Inventory,
        path: &dyn Fn(SourceId) -> Option<&'p str>,
    ) -> Self {
        let parts = by_name(now, |wholeness| *wholeness != Wholeness::Whole);
        let (mut now, mut before) = (by_name(now, is_whole), by_name(before, is_whole));
        let mut pairs = Self::default();
        for (name, pasts) in &mut before {
            let Some(here) = now.get_mut(name) else { continue };
            pairs.take_same(here, pasts, |one| (one.home(), one.namespace(), path(one.found.object.source)));
            pairs.take_same(here, pasts, |one| (one.home(), one.namespace(), None));
            pairs.take_alike(here, pasts, |now, past| {
                (now.namespace() == past.namespace()).then(|| now.alike(past))
            });
            pairs.take_alike(here, pasts, |now, past| {
                let may_be = now.found.placement.namespace.may_be_same(&past.found.placement.namespace);
                (may_be && now.home() == past.home()).then_some(0)
            });
        }
        let gone = before.iter().flat_map(|(name, pasts)| {
            let parts = parts.get(name).map(Vec::as_slice).unwrap_or_default();
            pasts.iter().filter(|past| !parts.iter().any(|part| part.home() == past.home()))
        });
        pairs.gone = gone.map(|past| past.found).collect();
        pairs.gone.sort_by_key(|found| (found.id, found.placement.environment));
        pairs
    }

    /// Pairs those of the same place; what is left stays.
    fn take_same<'n, 'p>(
        &mut self,
        now: &mut Vec<Deployed<'n>>,
        pasts: &mut Vec<Deployed<'b>>,
        place: impl for<'i> Fn(&Deployed<'i>) -> PlaceOf<'i, 'p>,
    ) {
        let mut by_place: HashMap<_, Deployed<'b>> = pasts.iter().map(|past| (place(past), *past)).collect();
        now.retain(|one| match by_place.remove(&place(one)) {
            Some(past) => {
                self.put(one, &past);
                false
            }
            None => true,
        });
        pasts.retain(|past| by_place.contains_key(&place(past)));
    }

    /// Pairs those that have a rank, the highest first; what is left stays.
    fn take_alike(
        &mut self,
        now: &mut Vec<Deployed<'_>>,
        pasts: &mut Vec<Deployed<'b>>,
        rank: impl Fn(&Deployed<'_>, &Deployed<'b>) -> Option<usize>,
    ) {
        let mut ranked = Vec::new();
        let is_small = now.len().saturating_mul(pasts.len()) <= MOST_COMPARED;
        for (index, one) in now.iter().enumerate() {
            let others = pasts.iter().enumerate().filter(|(other, _)| is_small || *other == index);
            let ranks = others.filter_map(|(other, past)| Some((Reverse(rank(one, past)?), index, other)));
            ranked.extend(ranks);
        }
        ranked.sort_unstable();
        let (mut taken, mut taken_pasts) = (HashSet::new(), HashSet::new());
        for (_, index, other) in ranked {
            let (Some(one), Some(past)) = (now.get(index), pasts.get(other)) else { continue };
            if !taken.contains(&index) && taken_pasts.insert(other) {
                taken.insert(index);
                self.put(one, past);
            }
        }
        keep_others(now, &taken);
        keep_others(pasts, &taken_pasts);
    }

    fn put(&mut self, now: &Deployed<'_>, past: &Deployed<'b>) {
        self.past.insert((now.found.id, now.found.placement.environment), past.found);
    }
}

/// Drops what stands at the indexes.
fn keep_others<T>(all: &mut Vec<T>, dropped: &HashSet<usize>) {
    let mut index = 0..;
    all.retain(|_| index.next().is_none_or(|index| !dropped.contains(&index)));
}

impl<'i> Deployed<'i> {
    /// What an environment is known by.
    fn home(&self) -> (EnvironmentKind, &'i str) {
        (self.environment.kind, &self.environment.path)
    }

    fn namespace(&self) -> Option<&'i str> {
        self.found.placement.namespace.name()
    }

    /// How many parts of the paths of their environments are the same.
    fn alike(&self, other: &Deployed<'_>) -> usize {
        let theirs = &other.environment.path;
        self.environment.path.split('/').filter(|part| theirs.split('/').any(|their| their == *part)).count()
    }
}

fn is_whole(wholeness: &Wholeness) -> bool {
    *wholeness == Wholeness::Whole
}

fn by_name(
    inventory: &Inventory,
    is_wanted: impl Fn(&Wholeness) -> bool,
) -> BTreeMap<Name<'_>, Vec<Deployed<'_>>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, object) in inventory.objects().filter(|(_, object)| is_wanted(&object.wholeness)) {
        let manifest = &object.manifest;
        let (Some(group), Some(kind), Some(name)) = (manifest.group(), manifest.kind(), manifest.name())
        else {
            continue;
        };
        for placement in &object.placements {
            let Some(environment) = inventory.environment(placement.environment) else { continue };
            let found = Found { id, object, placement };
            all.entry((group, kind, name)).or_default().push(Deployed { found, environment });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifest::{Limits, Manifest, Source};
    use topology::{Namespace, NamespaceFrom, Object, Placement};

    /// An environment and the objects `namespace/name` in it; `?` for a namespace that nothing says, a name
    /// that ends with `~` is of a part of an object.
    type Written<'w> = (&'w str, &'w [&'w str]);

    fn inventory(written: &[Written<'_>]) -> Inventory {
        let environment = |(path, _): &Written<'_>| Environment {
            kind: EnvironmentKind::Directory,
            path: (*path).to_owned(),
            root: None,
            opaque: Vec::new(),
        };
        let environments = written.iter().map(environment).collect();
        let objects = written.iter().zip(0u32..).flat_map(|((_, objects), at)| {
            objects.iter().map(move |object| self::object(object, EnvironmentId(at)))
        });
        Inventory::new(environments, objects.collect())
    }

    fn object(written: &str, environment: EnvironmentId) -> Object {
        let (namespace, name) = written.split_once('/').unwrap();
        let text = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: {}}}\n",
            name.trim_end_matches('~')
        );
        let source = Source::new("db.yaml", text.into_bytes());
        let reading = manifest::read(&source, SourceId(0), &Limits::default());
        let manifests = reading.documents.into_iter().flat_map(manifest::Document::into_manifests);
        let manifest: Manifest = manifests.last().unwrap();
        let namespace = match namespace {
            "?" => Namespace::Unset,
            name => Namespace::Known(name.to_owned(), NamespaceFrom::Implied),
        };
        let wholeness =
            if name.ends_with('~') { Wholeness::Partial(String::new()) } else { Wholeness::Whole };
        Object {
            manifest,
            source: SourceId(0),
            wholeness,
            made_by: None,
            placements: vec![Placement { environment, namespace }],
        }
    }

    /// `now <- before` for each pair, `- before` for each that is gone, by environment.
    fn pairs(before: &[Written<'_>], now: &[Written<'_>]) -> Vec<String> {
        let (before, now) = (inventory(before), inventory(now));
        let pairs = Pairs::new(&now, &before, &|_| None);
        let path = |inventory: &Inventory, id| inventory.environment(id).unwrap().path.clone();
        let pair = |((_, environment), found): (&(ObjectId, EnvironmentId), &Found<'_>)| {
            format!("{} <- {}", path(&now, *environment), path(&before, found.placement.environment))
        };
        let mut lines: Vec<_> = pairs.past.iter().map(pair).collect();
        lines.sort();
        let gone = pairs.gone.iter().map(|found| format!("- {}", path(&before, found.placement.environment)));
        lines.extend(gone);
        lines
    }

    #[test]
    fn each_environment_is_compared_with_itself() {
        let both: &[Written<'_>] = &[("prod", &["shop/db"]), ("test", &["shop/db"])];
        assert_eq!(pairs(both, both), ["prod <- prod", "test <- test"]);
        assert_eq!(pairs(both, &[("prod", &["shop/db"])]), ["prod <- prod", "- test"]);
    }

    #[test]
    fn what_is_renamed_is_found_by_what_is_most_alike() {
        let before: &[Written<'_>] = &[("apps/prod/db", &["shop/db"]), ("apps/test/db", &["shop/db"])];
        let now: &[Written<'_>] = &[("k8s/test/db", &["shop/db"]), ("k8s/prod/db", &["shop/db"])];
        assert_eq!(pairs(before, now), ["k8s/prod/db <- apps/prod/db", "k8s/test/db <- apps/test/db"]);
    }

    #[test]
    fn another_namespace_is_another_object_unless_it_was_not_known() {
        assert_eq!(pairs(&[("a", &["shop/db"])], &[("a", &["web/db"])]), ["- a"]);
        assert_eq!(pairs(&[("a", &["?/db"])], &[("a", &["web/db"])]), ["a <- a"]);
        assert_eq!(pairs(&[("a", &["?/db"])], &[("b", &["web/db"])]), ["- a"]);
    }

    #[test]
    fn a_part_of_an_object_is_neither_paired_nor_gone() {
        assert_eq!(pairs(&[("a", &["?/db"])], &[("a", &["?/db~"])]), Vec::<String>::new());
        assert_eq!(pairs(&[("a", &["?/db~"])], &[]), Vec::<String>::new());
    }

    #[test]
    fn a_thousand_that_moved_are_paired_in_order() {
        const ONE: &[&str] = &["shop/db"];
        let paths: Vec<String> = (0..1000).map(|at| format!("{at:04}")).collect();
        let moved: Vec<String> = paths.iter().map(|path| format!("moved/{path}")).collect();
        let before: Vec<Written<'_>> = paths.iter().map(|path| (path.as_str(), ONE)).collect();
        let now: Vec<Written<'_>> = moved.iter().map(|path| (path.as_str(), ONE)).collect();
        let expected: Vec<String> = paths.iter().map(|path| format!("moved/{path} <- {path}")).collect();
        assert_eq!(pairs(&before, &now), expected);
    }
}
