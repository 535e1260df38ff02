//! The fields that the API server lets nobody change once they are set, and whether a change keeps them.

use crate::defaults::fill;
use crate::tables::Check;
use crate::tree::{Release, Type};
use manifest::{Lookup, Map, Node, Span, Value, pointer_token, to_json};
use serde_json::Value as Json;

/// A field that cannot be changed, and that is set before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The field as the API server writes it: `spec.cluster`.
    pub field: String,
    /// RFC 6901 pointer in the object.
    pub pointer: String,
    /// Where it is written in the object as it is now.
    pub span: Span,
    /// What it was, as JSON, with what the API server fills in.
    pub was: String,
    /// What it is now.
    pub now: String,
    /// Whether it is the same; else why that is not known, which reads after "… is".
    pub is_kept: Result<bool, String>,
}

/// The fields of `new` that the API server compares with those of `old`. What is not set on both sides
/// it does not compare.
pub fn fixed(release: Release, old: &Node, new: &Node) -> Vec<Fixed> {
    let mut walker = Walker { keys: Vec::new(), found: Vec::new() };
    if let Some(root) = release.root() {
        walker.walk(root, old, new);
    }
    walker.found
}

struct Walker {
    keys: Vec<&'static str>,
    found: Vec<Fixed>,
}

impl Walker {
    fn walk(&mut self, of: Type, old: &Node, new: &Node) {
        for bound in of.bounds().filter(|bound| bound.check == Check::Immutable) {
            match bound.text {
                "" => self.compare(of, old, new),
                name => self.below(of, name, old, new, Self::compare),
            }
        }
        if is_unknown(old) || is_unknown(new) {
            if has_fixed(of) {
                self.compare(of, old, new);
            }
            return;
        }
        for field in of.fields() {
            self.below(of, field.name, old, new, Self::walk);
        }
    }

    /// Visits a field that is set on both sides.
    fn below(
        &mut self,
        of: Type,
        name: &str,
        old: &Node,
        new: &Node,
        visit: fn(&mut Self, Type, &Node, &Node),
    ) {
        let (Some(before), Some(after), Some(field)) = (old.as_map(), new.as_map(), of.field(name)) else {
            return;
        };
        self.keys.push(field.name);
        match (set(before, name), set(after, name)) {
            (Ok(Some(old)), Ok(Some(new))) => visit(self, field.of, old, new),
            (Ok(None), _) | (_, Ok(None)) => {}
            // A patch may have set it to anything.
            (Err(reason), _) | (_, Err(reason)) => {
                if is_fixed(field.of) || has_fixed(field.of) {
                    let node = after.entry(name).map_or(new, |entry| &entry.value);
                    self.found
                        .push(Fixed { is_kept: Err(reason), ..compared(field.of, node, node, &self.keys) });
                }
            }
        }
        self.keys.pop();
    }

    fn compare(&mut self, of: Type, old: &Node, new: &Node) {
        self.found.push(compared(of, old, new, &self.keys));
    }
}

/// The value of a field; null counts as none.
fn set<'n>(map: &'n Map, name: &str) -> Result<Option<&'n Node>, String> {
    match map.lookup(name) {
        Lookup::Present(entry) => Ok(Some(&entry.value).filter(|node| node.value != Value::Null)),
        Lookup::Absent => Ok(None),
        Lookup::Unknown(reason) => Err(reason.to_string()),
    }
}

fn is_unknown(node: &Node) -> bool {
    node.as_map().is_none() && node.unknown_reason().is_some()
}

fn is_fixed(of: Type) -> bool {
    of.bounds().any(|bound| bound.check == Check::Immutable)
}

/// Whether something below it cannot be changed.
fn has_fixed(of: Type) -> bool {
    of.fields().any(|field| is_fixed(field.of) || has_fixed(field.of))
}

fn compared(of: Type, old: &Node, new: &Node, keys: &[&str]) -> Fixed {
    let (was, now) = (whole(of, old), whole(of, new));
    let is_kept = match unknown_part(old).or_else(|| unknown_part(new)) {
        // The same words, variables and all, are the same value.
        Some(reason) if was != now => Err(reason),
        _ => Ok(was == now),
    };
    let tokens: Vec<_> = keys.iter().map(|key| pointer_token(key)).collect();
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Fixed {
        field: keys.join("."),
        pointer: format!("/{}", tokens.join("/")),
        span: new.origin.span,
        was: text(&was),
        now: text(&now),
        is_kept,
    }
}

/// The value with what the API server fills in.
fn whole(of: Type, node: &Node) -> Json {
    let mut value = serde_json::from_str(&to_json(node)).unwrap_or_default();
    drop_nulls(&mut value);
    fill(of, &mut value);
    value
}

fn drop_nulls(value: &mut Json) {
    match value {
        Json::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Why a value, or a part of it, is not known.
pub fn unknown_part(node: &Node) -> Option<String> {
    let open = node.as_map().and_then(|map| map.open.as_ref());
    let own = node.unknown_reason().or(open).map(ToString::to_string);
    own.or_else(|| node.children().find_map(unknown_part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::release;

    fn paths(of: Type, at: &str, found: &mut Vec<String>) {
        let own = of.bounds().filter(|bound| bound.check == Check::Immutable);
        found.extend(own.map(|bound| match bound.text {
            "" => at.to_owned(),
            name => format!("{at}.{name}"),
        }));
        for field in of.fields() {
            paths(field.of, &format!("{at}.{}", field.name), found);
        }
    }

    fn fixed_of(kind: &str, operator: &str) -> String {
        let root = release("postgresql.cnpg.io", kind, "v1", Some(operator)).and_then(Release::root);
        let mut found = Vec::new();
        if let Some(root) = root {
            paths(root, "", &mut found);
        }
        found.join(" ")
    }

    #[test]
    fn the_fields_that_the_released_crds_fix() {
        assert_eq!(fixed_of("Backup", "1.28"), ".spec");
        assert_eq!(fixed_of("ScheduledBackup", "1.28"), ".spec.cluster");
        assert_eq!(fixed_of("Pooler", "1.28"), ".spec.cluster");
        assert_eq!(fixed_of("Pooler", "1.29"), ".spec.cluster .spec.serviceAccountName");
        assert_eq!(fixed_of("Cluster", "1.28"), "");
        assert_eq!(fixed_of("Cluster", "1.29"), ".spec.serviceAccountName");
        assert_eq!(fixed_of("DatabaseRole", "1.30"), ".spec.name .spec.cluster");
        assert_eq!(
            fixed_of("Publication", "1.30"),
            ".spec.cluster .spec.dbname .spec.name .spec.target.allTables"
        );
        assert_eq!(fixed_of("Subscription", "1.30"), ".spec.cluster .spec.dbname .spec.name");
        assert_eq!(fixed_of("Database", "1.30").split(' ').count(), 12);
    }
}
