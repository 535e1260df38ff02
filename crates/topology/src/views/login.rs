//! Roles that may log in, and where their passwords come from.

use crate::hba::method;
use crate::index::databases::BOOTSTRAPS;
use crate::read::{Seen, Subject, place};
use crate::view::Known;
use crate::views::Context;
use crate::views::role::declared;
use manifest::Node;

crate::view! {
    /// A role that may log in.
    pub struct LoginView {
        /// Its name in the database; null without one.
        pub role: Known<Option<String>>,
        /// Whether anything gives it a password, or it can do without one: its Secret, `disablePassword`,
        /// a client certificate, a line of `pg_hba` or LDAP, the backup that the database came from,
        /// SQL at the start; or it is the application's own role.
        pub has_password: Known<bool>,
    }
}

/// The roles that an object declares and that may log in.
pub(crate) fn logins(context: Context<'_>) -> Vec<LoginView> {
    declared(context).into_iter().filter_map(|(role, pointer)| login(context, role, &pointer)).collect()
}

/// How a role can log in; `None`: it cannot.
fn login(context: Context<'_>, role: Subject<'_>, pointer: &str) -> Option<LoginView> {
    let may = role.boolean(&["login"], false);
    let is_absent = role.text(&["ensure"]).map(|ensure| ensure.as_deref() == Some("absent"));
    if may == Known::Known(false) || is_absent == Known::Known(true) {
        return None;
    }
    let found = may.and(is_absent.not()).not();
    let named = role.text(&["name"]);
    let own = role.has(&["passwordSecret"]).or(role.boolean(&["disablePassword"], false));
    let has_password = found.or(own).or(elsewhere(context, role, &named));
    Some(LoginView {
        role: named,
        has_password,
        place: role.node.get("login").map(|node| place(node, format!("{pointer}/login"))),
    })
}

/// Whether the password comes from elsewhere, or none is asked for.
fn elsewhere(context: Context<'_>, role: Subject<'_>, name: &Known<Option<String>>) -> Known<bool> {
    let Some(object) = context.subject() else { return Known::Known(false) };
    if object.raw(&["spec", "cluster", "name"]).is_some() {
        // Fields of `DatabaseRole` (CloudNativePG 1.30): a certificate is made unless that is off.
        return role.boolean(&["clientCertificate", "enabled"], true);
    }
    let from_backup = ["recovery", "pg_basebackup"].map(|way| object.has(&["spec", "bootstrap", way]));
    let others = [
        object.has(&["spec", "bootstrap", "initdb", "import"]),
        object.has(&["spec", "postgresql", "ldap"]),
        by_other_method(object),
        is_owner(object, name),
        by_sql(object, name),
    ];
    from_backup.into_iter().chain(others).fold(Known::Known(false), Known::or)
}

/// Whether a line of `pg_hba` lets clients in by something else than a password of PostgreSQL's own.
fn by_other_method(cluster: Subject<'_>) -> Known<bool> {
    const PASSWORDS: [&str; 4] = ["scram-sha-256", "md5", "password", "reject"];
    let lines = cluster.list(&["spec", "postgresql", "pg_hba"]);
    lines.and_then(|lines| {
        let other = |line: &Node| match (line.as_str(), line.unknown_reason()) {
            (Some(text), _) => method(text).map(|method| method.is_some_and(|it| !PASSWORDS.contains(&&*it))),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Known(false),
        };
        lines.iter().map(other).fold(Known::Known(false), Known::or)
    })
}

/// Whether it is the application's own role, whose password is in `<cluster>-app`: `owner`, else as
/// the database is called, else `app`.
fn is_owner(cluster: Subject<'_>, name: &Known<Option<String>>) -> Known<bool> {
    let said = |field| {
        BOOTSTRAPS
            .iter()
            .map(|way| cluster.text(&["spec", "bootstrap", way, field]))
            .fold(Known::Known(None), |known, next| {
                known.and_then(|known| if known.is_some() { Known::Known(known) } else { next })
            })
    };
    let owner = said("owner").and_then(|owner| match owner {
        Some(owner) => Known::Known(owner),
        None => said("database").map(|database| database.unwrap_or_else(|| "app".to_owned())),
    });
    owner.and_then(|owner| name.as_ref().map(|name| name.as_ref() == Some(&owner)))
}

/// Whether SQL at the start could set it: a statement that names the role, or statements that stand elsewhere.
fn by_sql(cluster: Subject<'_>, name: &Known<Option<String>>) -> Known<bool> {
    const STATEMENTS: [&str; 3] = ["postInitSQL", "postInitApplicationSQL", "postInitTemplateSQL"];
    let Seen::Present(initdb) = cluster.seen(&["spec", "bootstrap", "initdb"]) else {
        return Known::Known(false);
    };
    let initdb = cluster.below(initdb);
    let references = STATEMENTS.iter().map(|key| initdb.has(&[&format!("{key}Refs")]));
    let statements = STATEMENTS.iter().map(|key| {
        let known = initdb.list(&[key]);
        known.and_then(|statements| {
            let names = |node: &Node| match (node.as_str(), node.unknown_reason()) {
                (None, Some(reason)) => Known::Unknown(reason.to_string()),
                (text, _) => name.as_ref().map(|name| {
                    let name = name.as_deref().unwrap_or_default();
                    text.is_some_and(|text| text.contains(name))
                }),
            };
            statements.iter().map(names).fold(Known::Known(false), Known::or)
        })
    });
    references.chain(statements).fold(Known::Known(false), Known::or)
}
