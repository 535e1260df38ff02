//! Names in other objects follow when an object's name changes.

use crate::fieldspec::Made;
use crate::item::{Id, Item};
use crate::pool::Pool;
use crate::referrers::{Reference, built_in};
use crate::tree;
use manifest::{Map, Node, Origin, Span, Value};
use std::collections::HashMap;

/// What is known of an object that may be named, apart from its node.
struct Named {
    name: Node,
    namespace: Option<Node>,
    cluster_wide: bool,
    /// As it counts in comparisons: now, and at first.
    namespace_now: String,
    namespace_first: String,
    group: String,
    version: String,
    kind: String,
}

/// Who names.
struct Referrer {
    cluster_wide: bool,
    namespace: String,
    /// Namespaces of the service accounts that a `RoleBinding` names.
    accounts: Vec<String>,
    /// Group and kind of the role that a binding names.
    role: Option<(String, String)>,
    at: usize,
}

/// A reference that could mean several objects.
pub(crate) struct Ambiguous {
    pub(crate) span: Span,
    pub(crate) name: String,
    pub(crate) candidates: Vec<Span>,
}

/// Sets every name that an object is called by to its present name.
pub(crate) fn follow(pool: &mut Pool) -> Vec<Ambiguous> {
    let mut ambiguous = Vec::new();
    if pool.items().iter().all(|item| item.previous.is_empty()) {
        return ambiguous;
    }
    let more = std::mem::take(&mut pool.config.references);
    let named: Vec<Named> = pool.items().iter().map(Named::of).collect();
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, item) in pool.items().iter().enumerate() {
        for previous in &item.previous {
            let found = by_name.entry(previous.name.clone()).or_default();
            if found.last() != Some(&at) {
                found.push(at);
            }
        }
    }
    let none = Node { value: Value::Null, origin: Origin { span: EMPTY, used_at: None } };
    for at in 0..pool.items().len() {
        let Some(item) = pool.items().get(at) else { continue };
        let (first, referrer) = (item.first_id(), Referrer::of(item, at));
        let own = built_in().get(first.kind).into_iter().flatten();
        let references = own.chain(&more).filter(|one| one.field.selects(&first));
        let references: Vec<&Reference> = references.collect();
        if references.is_empty() {
            continue;
        }
        let Some(item) = pool.items_mut().get_mut(at) else { continue };
        let mut object = std::mem::replace(&mut item.node, none.clone());
        let seen = Seen { items: pool.items(), named: &named, by_name: &by_name, referrer: &referrer };
        let mut changed = Vec::new();
        for reference in references {
            let origin = object.origin;
            reference.field.visit(&mut object, Made::Nothing, origin, &mut |field| {
                seen.set(field, reference, &mut changed, &mut ambiguous);
            });
        }
        if let Some(item) = pool.items_mut().get_mut(at) {
            item.node = object;
            for span in changed {
                item.changed(span);
            }
        }
    }
    pool.config.references = more;
    ambiguous
}

/// Stands in the place of an object that is being changed.
const EMPTY: Span = Span { source: manifest::SourceId(0), start: 0, end: 0 };

impl Named {
    fn of(item: &Item) -> Self {
        let id = item.id();
        let meta = |key: &str| item.node.at(&["metadata", key]).cloned();
        Self {
            name: meta("name").unwrap_or_else(|| tree::string("", item.node.origin)),
            namespace: meta("namespace").filter(|node| tree::text(node).is_some_and(|text| !text.is_empty())),
            cluster_wide: id.is_cluster_wide(),
            namespace_now: id.namespace.to_owned(),
            namespace_first: item.first_id().namespace.to_owned(),
            group: id.group.to_owned(),
            version: id.version.to_owned(),
            kind: id.kind.to_owned(),
        }
    }
}

impl Referrer {
    fn of(item: &Item, at: usize) -> Self {
        let id = item.id();
        let mut accounts = Vec::new();
        if id.kind == "RoleBinding" {
            let subjects = tree::items(&item.node, "subjects").iter();
            let subjects =
                subjects.filter(|one| one.get("kind").and_then(Node::as_str) == Some("ServiceAccount"));
            accounts.extend(subjects.filter_map(|one| one.get("namespace")?.raw_text().map(str::to_owned)));
        }
        let role = |key| item.node.at(&["roleRef", key]).and_then(Node::raw_text).map(str::to_owned);
        let role = role("apiGroup").zip(role("kind"));
        Self { cluster_wide: id.is_cluster_wide(), namespace: id.namespace.to_owned(), accounts, role, at }
    }
}

/// What a field is resolved with.
struct Seen<'s> {
    items: &'s [Item],
    named: &'s [Named],
    by_name: &'s HashMap<String, Vec<usize>>,
    referrer: &'s Referrer,
}

impl Seen<'_> {
    /// Sets a field: a name, a list of names, a map with `name` and `namespace`, or a list of those.
    fn set(
        &self,
        field: &mut Node,
        reference: &Reference,
        changed: &mut Vec<Span>,
        ambiguous: &mut Vec<Ambiguous>,
    ) {
        match &mut field.value {
            Value::List(items) => {
                for item in items.iter_mut() {
                    self.set(item, reference, changed, ambiguous);
                }
            }
            Value::Map(map) => self.set_map(map, reference, changed, ambiguous),
            _ => {
                let Some(old) = tree::text(field).map(std::borrow::Cow::into_owned) else { return };
                let found = self.select(&old, reference, field.origin.span, |_| true, false, ambiguous);
                let Some(named) = found.and_then(|at| self.named.get(at)) else { return };
                rename(field, &old, named, changed);
            }
        }
    }

    fn set_map(
        &self,
        map: &mut Map,
        reference: &Reference,
        changed: &mut Vec<Span>,
        ambiguous: &mut Vec<Ambiguous>,
    ) {
        let Some(name) = map.entry("name") else { return };
        let (Some(old), span) =
            (tree::text(&name.value).map(std::borrow::Cow::into_owned), name.value.origin.span)
        else {
            return;
        };
        let namespace = map.entry("namespace").and_then(|entry| tree::text(&entry.value));
        let known = |now: bool| {
            let of = |one: &Named| if now { one.namespace_now.clone() } else { one.namespace_first.clone() };
            namespace.as_deref().is_some_and(|wanted| self.named.iter().any(|one| of(one) == wanted))
        };
        let by_first = known(false);
        let fits = |one: &Named| match namespace.as_deref() {
            None => true,
            Some(wanted) if by_first => one.namespace_first == wanted,
            Some(wanted) => one.namespace_now == wanted,
        };
        let found = self.select(&old, reference, span, fits, true, ambiguous);
        let Some(named) = found.and_then(|at| self.named.get(at)) else { return };
        if let Some(name) = tree::entry_mut(map, "name") {
            rename(&mut name.value, &old, named, changed);
        }
        if let Some(namespace) = &named.namespace {
            tree::set(map, "namespace", namespace.origin, namespace.clone());
        }
    }

    /// The object that a name means.
    fn select(
        &self,
        old: &str,
        reference: &Reference,
        span: Span,
        fits: impl Fn(&Named) -> bool,
        with_namespace: bool,
        ambiguous: &mut Vec<Ambiguous>,
    ) -> Option<usize> {
        let all = self.by_name.get(old)?;
        let is_candidate = |at: &usize| {
            self.named.get(*at).is_some_and(|one| fits(one) && self.can_mean(*at, one, reference))
        };
        let mut found: Vec<usize> = all.iter().copied().filter(is_candidate).collect();
        if found.len() > 1 {
            found.retain(|at| self.same_affixes(*at, true));
        }
        if found.len() > 1 {
            found.retain(|at| self.same_affixes(*at, false));
        }
        let first = *found.first()?;
        let text = |at: usize| {
            let one = self.named.get(at)?;
            let namespace = one.namespace.as_ref().filter(|_| with_namespace).and_then(tree::text);
            Some((tree::text(&one.name)?, namespace))
        };
        if found.iter().all(|at| text(*at) == text(first)) {
            return Some(first);
        }
        let candidates = found.iter().filter_map(|at| self.named.get(*at)).map(|one| one.name.origin.span);
        ambiguous.push(Ambiguous { span, name: old.to_owned(), candidates: candidates.collect() });
        None
    }

    fn can_mean(&self, at: usize, one: &Named, reference: &Reference) -> bool {
        let referrer = self.referrer;
        let same = one.namespace_now == referrer.namespace;
        let account = one.namespace.as_ref().and_then(tree::text);
        let account = account.is_some_and(|namespace| referrer.accounts.iter().any(|one| *one == namespace));
        let account = account && one.kind == "ServiceAccount";
        if !(referrer.cluster_wide || one.cluster_wide || same || account) {
            return false;
        }
        self.was(at, one, &reference.group, &reference.version, &reference.kind)
            && match &referrer.role {
                Some((group, kind))
                    if reference.field.path.ends_with(&["roleRef".to_owned(), "name".to_owned()]) =>
                {
                    self.was(at, one, group, "", kind)
                }
                _ => true,
            }
    }

    /// Whether the object was of that kind.
    fn was(&self, at: usize, one: &Named, group: &str, version: &str, kind: &str) -> bool {
        let id = |kind| Id { group: &one.group, version: &one.version, kind, name: "", namespace: "" };
        let previous = self.items.get(at).map(|item| item.previous.as_slice()).unwrap_or_default();
        previous.iter().any(|previous| id(&previous.kind).is_of(group, version, kind))
    }

    /// Whether the object's name was changed like the referrer's.
    fn same_affixes(&self, at: usize, empty_fits: bool) -> bool {
        let (Some(one), Some(other)) = (self.items.get(at), self.items.get(self.referrer.at)) else {
            return false;
        };
        let same = |one: &[std::rc::Rc<str>], other: &[std::rc::Rc<str>]| {
            if one.is_empty() || other.is_empty() {
                return empty_fits || one.len() == other.len();
            }
            one.iter().rev().zip(other.iter().rev()).all(|(one, other)| one == other)
        };
        same(&one.prefixes, &other.prefixes) && same(&one.suffixes, &other.suffixes)
    }
}

fn rename(field: &mut Node, old: &str, named: &Named, changed: &mut Vec<Span>) {
    let name = tree::text(&named.name).unwrap_or_default();
    if name == old {
        return;
    }
    let by = named.name.origin.used_at.unwrap_or(named.name.origin.span);
    let origin = Origin { span: field.origin.span, used_at: Some(by) };
    // Part of the name may not be known.
    *field = Node { value: named.name.value.clone(), origin };
    changed.push(by);
}
