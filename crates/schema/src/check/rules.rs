//! Checks that look at several fields: the validations of the CRDs in our own words.

use super::is_set;
use crate::tables::Check;
use crate::tree::{Bound, Type};
use manifest::{Lookup, Map, Node, Value};

/// How a value that breaks a check must be, behind "must be"; `None` if it keeps it, or if that
/// cannot be told.
pub(super) fn broken(node: &Node, of: Type, bound: Bound) -> Option<String> {
    if let Some(items) = node.as_list() {
        return list_broken(items, bound);
    }
    let fields = Fields { map: node.as_map()?, of };
    let names: Vec<&str> = bound.lines().collect();
    let set = || fields.count(&names);
    match (bound.check, names.as_slice()) {
        (Check::ExactlyOne, _) => (set()? != 1).then(|| format!("with exactly one of {}", list(&names))),
        (Check::AtMostOne, _) => (set()? > 1).then(|| format!("with at most one of {}", list(&names))),
        (Check::AtLeastOne, _) => (set()? == 0).then(|| format!("with at least one of {}", list(&names))),
        (Check::Without, [name]) => fields.has(name)?.then(|| format!("without `{name}`")),
        (Check::FieldIs, [name, values @ ..]) => {
            let value = fields.text(name)?;
            (!values.contains(&value.as_str())).then(|| format!("with `{name}: {}`", values.join("` or `")))
        }
        (Check::FieldIsNot, [name, bad]) => (fields.text(name)? == *bad).then(|| match *bad {
            "" => format!("with a `{name}` that is not empty"),
            bad => format!("without `{name}: {bad}`"),
        }),
        (Check::FieldStartsNot, [name, bad]) => {
            let wanted = || format!("with a `{name}` that does not start with `{bad}`");
            fields.text(name)?.starts_with(bad).then(wanted)
        }
        (Check::NeedsValue, [name, other, value]) => (fields.has(name)? && fields.text(other)? != *value)
            .then(|| format!("with `{other}: {value}` where `{name}` is set")),
        (check, _) => own(&fields, check),
    }
}

/// Checks that are like no other.
fn own(fields: &Fields<'_>, check: Check) -> Option<String> {
    let (is_broken, wanted) = match check {
        Check::PreferredWithoutNames => (
            fields.text("dataDurability")? == "preferred"
                && (fields.has_items("standbyNamesPre") || fields.has_items("standbyNamesPost")),
            "without `standbyNamesPre` and `standbyNamesPost` where `dataDurability` is `preferred`",
        ),
        Check::PasswordOrNone => (
            fields.has("passwordSecret")? && fields.boolean("disablePassword")?,
            "with `passwordSecret` or `disablePassword: true`, not both",
        ),
        Check::CertificateNeedsLogin => (
            fields.below("clientCertificate")?.boolean("enabled")? && !fields.boolean("login")?,
            "with `login: true` where there is a `clientCertificate`",
        ),
        Check::StoreRefNamed => {
            let store = fields.below("storeRef");
            let named = store.map_or(Some(0), |store| store.count(&["name", "labelSelector"]))?;
            (named == 0, "with `storeRef.name` or `storeRef.labelSelector`")
        }
        Check::RewriteWithoutKey => (
            fields.has("remoteKey")? && fields.has_items("rewrite"),
            "with `remoteKey` or `rewrite`, not both",
        ),
        Check::NoReservedTags => (
            fields.count(&["esoNamespace", "esoStoreName", "esoStoreKind"])? > 0,
            "without the tags that External Secrets sets itself",
        ),
        Check::TokenOrPassword => (
            !(fields.has("token")? || fields.has("username")? && fields.has("password")?),
            "with `token`, or with `username` and `password`",
        ),
        _ => return None,
    };
    is_broken.then(|| wanted.to_owned())
}

fn list_broken(items: &[Node], bound: Bound) -> Option<String> {
    match bound.check {
        Check::Unique => {
            let known = items.iter().filter_map(|item| item.get(bound.text));
            let known = known.filter(|node| node.unknown_reason().is_none());
            let values: Vec<String> = known.map(manifest::to_json).collect();
            let is_twice =
                |(index, value): (usize, &String)| values.iter().take(index).any(|one| one == value);
            let twice = values.iter().enumerate().any(is_twice);
            twice.then(|| format!("of items that differ in `{}`", bound.text))
        }
        Check::NoColumnsWithSchemas => {
            let columns = items.iter().any(|item| item.at(&["table", "columns"]).is_some());
            let schemas = items.iter().any(|item| item.get("tablesInSchema").is_some());
            (columns && schemas).then(|| "without lists of columns beside `tablesInSchema`".to_owned())
        }
        _ => None,
    }
}

/// A map, with what the API server fills in.
struct Fields<'n> {
    map: &'n Map,
    of: Type,
}

impl<'n> Fields<'n> {
    fn node(&self, name: &str) -> Option<&'n Node> {
        self.map.entry(name).map(|entry| &entry.value).filter(|value| value.value != Value::Null)
    }

    fn below(&self, name: &str) -> Option<Self> {
        Some(Self { map: self.node(name)?.as_map()?, of: self.of.field(name)?.of })
    }

    fn has_items(&self, name: &str) -> bool {
        self.node(name).and_then(Node::as_list).is_some_and(|items| !items.is_empty())
    }

    fn default(&self, name: &str) -> &'static str {
        self.of.field(name).map_or("", |field| field.default)
    }

    /// Whether a field is set; `None` if that cannot be told.
    fn has(&self, name: &str) -> Option<bool> {
        match self.map.lookup(name) {
            Lookup::Unknown(_) => None,
            _ => Some(is_set(self.map, self.of, name) || !self.default(name).is_empty()),
        }
    }

    fn count(&self, names: &[&str]) -> Option<usize> {
        let set: Option<Vec<bool>> = names.iter().map(|name| self.has(name)).collect();
        Some(set?.into_iter().filter(|set| *set).count())
    }

    /// A string; empty where it is not set.
    fn text(&self, name: &str) -> Option<String> {
        match self.node(name) {
            Some(node) if node.unknown_reason().is_some() => None,
            Some(node) => Some(node.as_str().unwrap_or_default().to_owned()),
            None if self.map.open.is_some() => None,
            None => Some(self.default(name).trim_matches('"').to_owned()),
        }
    }

    /// A boolean; false where it is not set.
    fn boolean(&self, name: &str) -> Option<bool> {
        match self.node(name) {
            Some(node) if node.unknown_reason().is_some() => None,
            Some(node) => Some(node.as_bool().unwrap_or_default()),
            None if self.map.open.is_some() => None,
            None => Some(self.default(name) == "true"),
        }
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
