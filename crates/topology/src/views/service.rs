//! Services: which databases one leads to.

use crate::index::databases::Database;
use crate::index::reach::reaches;
use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::Context;
use manifest::{Entry, Value};

crate::view! {
    /// Which databases a Service leads to.
    pub struct ServiceView {
        /// The Clusters whose instances it selects.
        pub clusters: Known<Vec<String>>,
        /// The Poolers whose pods it selects.
        pub poolers: Known<Vec<String>>,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<ServiceView> {
    let subject = context.subject()?;
    Some(ServiceView {
        clusters: selected(context, subject, false),
        poolers: selected(context, subject, true),
        place: subject.node.at(&["spec", "selector"]).map(|node| place(node, "/spec/selector")),
    })
}

/// The databases in the Service's namespace whose pods its selector selects.
fn selected(context: Context<'_>, service: Subject<'_>, poolers: bool) -> Known<Vec<String>> {
    let selector = match service.seen(&["spec", "selector"]) {
        Seen::Present(node) => match node.unknown_reason() {
            Some(reason) => return Known::Unknown(reason.to_string()),
            None => node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default(),
        },
        Seen::Absent => &[],
        Seen::Unknown(reason) => return Known::Unknown(reason),
    };
    let mut names = Vec::new();
    if selector.is_empty() {
        return Known::Known(names);
    }
    for database in context.topology.databases().all.iter().filter(|database| database.is_pooler == poolers) {
        if !reaches(context.placement, &database.placement) {
            continue;
        }
        match selects(selector, database) {
            Known::Known(true) => names.push(database.name.clone()),
            Known::Known(false) => {}
            Known::Unknown(reason) => return Known::Unknown(reason),
        }
    }
    names.sort();
    names.dedup();
    Known::Known(names)
}

fn selects(selector: &[Entry], database: &Database) -> Known<bool> {
    selector.iter().fold(Known::Known(true), |all, entry| all.and(has_label(entry, database)))
}

/// Whether pods of a database have a label, as the operator sets them (pkg/specs/pods.go and
/// pkg/specs/pgbouncer/deployments.go; `role` and `postgresql` are of older versions).
fn has_label(entry: &Entry, database: &Database) -> Known<bool> {
    let own = &[database.name.as_str()][..];
    let cluster = &[database.cluster.as_str()][..];
    let values = match (entry.key.as_str(), database.is_pooler) {
        ("cnpg.io/cluster", _) => cluster,
        ("cnpg.io/podRole", false) => &["instance"][..],
        ("postgresql", false) | ("cnpg.io/poolerName", true) | ("app.kubernetes.io/instance", _) => own,
        ("cnpg.io/instanceRole" | "role", false) => &["primary", "replica"],
        ("app.kubernetes.io/name", false) => &["postgresql"],
        ("app.kubernetes.io/name", true) => &["pgbouncer"],
        ("app.kubernetes.io/component", false) => &["database"],
        ("cnpg.io/podRole" | "app.kubernetes.io/component", true) => &["pooler"],
        ("app.kubernetes.io/managed-by", _) => &["cloudnative-pg"],
        ("cnpg.io/instanceName", false) => {
            let text = entry.value.raw_text().unwrap_or_default();
            let number = text.strip_prefix(database.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            return Known::Known(number.is_some_and(|number| number.parse::<u32>().is_ok()));
        }
        _ => &[],
    };
    let text = entry.value.raw_text().unwrap_or_default();
    match (&entry.value.value, entry.value.unknown_reason()) {
        _ if values.contains(&text) => Known::Known(true),
        (Value::Partial(_) | Value::Unknown(_), Some(reason)) if !values.is_empty() => {
            Known::Unknown(reason.to_string())
        }
        _ => Known::Known(false),
    }
}
