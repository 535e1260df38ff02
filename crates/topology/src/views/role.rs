//! Roles that CloudNativePG makes: which powers they have.

use crate::read::{Subject, place, select};
use crate::view::Known;
use crate::views::Context;
use manifest::Node;

crate::view! {
    /// A role that a Cluster or a `DatabaseRole` declares.
    pub struct RoleView {
        /// Its name in the database; null without one.
        pub name: Known<Option<String>>,
        /// Whether it is removed: `ensure: absent`.
        pub is_absent: Known<bool>,
        /// Whether it is a superuser.
        pub superuser: Known<bool>,
        /// Whether it passes row security.
        pub bypassrls: Known<bool>,
        /// Whether it may copy every database.
        pub replication: Known<bool>,
    }
}

/// Powers, the worst first.
const POWERS: [&str; 3] = ["superuser", "bypassrls", "replication"];

/// The roles of a Cluster, or the one of a `DatabaseRole`; each stands at its worst power, if
/// it has any.
pub(crate) fn roles(context: Context<'_>) -> Vec<RoleView> {
    declared(context).iter().map(|(role, pointer)| view(*role, role.node, pointer)).collect()
}

/// The roles that an object declares, each with its pointer.
pub(super) fn declared(context: Context<'_>) -> Vec<(Subject<'_>, String)> {
    let Some(object) = context.object() else { return Vec::new() };
    let node = &object.manifest.node;
    match object.manifest.kind() {
        Some("Cluster") => {
            let roles = select(node, "/spec/managed/roles/*").into_iter();
            roles.map(|(role, pointer)| (Subject::whole(role), pointer)).collect()
        }
        Some("DatabaseRole") => {
            let spec = node.at(&["spec"]).into_iter();
            spec.map(|spec| (Subject::new(object).below(spec), "/spec".to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

fn view(role: Subject<'_>, node: &Node, pointer: &str) -> RoleView {
    let power = |name: &str| role.boolean(&[name], false);
    let worst = POWERS.into_iter().find(|name| power(name) == Known::Known(true));
    let found = worst.and_then(|name| Some(place(node.get(name)?, format!("{pointer}/{name}"))));
    RoleView {
        name: role.text(&["name"]),
        is_absent: role.text(&["ensure"]).map(|ensure| ensure.as_deref() == Some("absent")),
        superuser: power("superuser"),
        bypassrls: power("bypassrls"),
        replication: power("replication"),
        place: Some(found.unwrap_or_else(|| place(node, pointer))),
    }
}
