//! ExternalSecrets: where one reads, what it makes, and who reads that.

use crate::credential::is_postgres_password;
use crate::index::clients::CLIENT;
use crate::index::databases::{Database, application_secret, superuser_secret};
use crate::index::keys::keys;
use crate::index::reach::means;
use crate::read::{Subject, place, select};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::consumer::{ConsumerView, consumers};
use crate::views::remote_keys::{SharedKeyView, UndefinedNameView, shared_keys, undefined_names};
use manifest::Node;
use std::collections::BTreeSet;

crate::view! {
    /// Where an ExternalSecret reads, and who reads its Secret.
    pub struct ExternalSecretView {
        /// The kind of provider behind its store, as in the store's `spec.provider`:
        /// `bitwardensecretsmanager`, `webhook`, `vault`, … Unknown where the store is not in the repository.
        pub provider: Known<String>,
        /// The store's name; null where it names none.
        pub store_name: Known<Option<String>>,
        /// The store's kind: `SecretStore` unless it says `ClusterSecretStore`.
        pub store_kind: Known<String>,
        /// Whether it means a `SecretStore` for want of a kind, while only a `ClusterSecretStore` of that name exists.
        pub is_store_kind_missing: Known<bool>,
        /// Whether a store that asks a web service puts `remoteRef.property` into its request, or looks for
        /// it in the answer.
        pub store_reads_property: Known<bool>,
        /// The keys that ExternalSecrets of other namespaces fetch from the same `ClusterSecretStore`.
        pub shared_keys: Vec<SharedKeyView>,
        /// The names that its templates read and that nothing fetches.
        pub undefined_names: Vec<UndefinedNameView>,
        /// The name of the Secret it makes: `spec.target.name`, else its own. Unknown, as written,
        /// where a part of it is.
        pub target: Known<String>,
        /// The keys of its Secret that are named after a password of PostgreSQL, or a connection string with
        /// one: `POSTGRES_PASSWORD`, `DATABASE_URL`; unknown where it does not say its keys.
        pub password_keys: Known<Vec<String>>,
        /// The Clusters beside it whose application credentials it makes.
        pub app_clusters: Vec<String>,
        /// The Clusters beside it whose superuser credentials it makes.
        pub superuser_clusters: Vec<String>,
        /// The name of its Secret, if those are any: at most one, to point at.
        pub credentials: Vec<DatabaseCredentialsView>,
        /// Whether it only renews the password in a Secret that CloudNativePG made:
        /// `creationPolicy: Merge` and nothing but generators as sources.
        pub is_rotation: Known<bool>,
        /// What reads its Secret: CloudNativePG objects, and clients of their databases.
        pub consumers: Vec<ConsumerView>,
        /// Those that read something else there than the credentials of a database: storage
        /// keys, the password of a role, a chart's values. They lose it with the Secret.
        pub other_consumers: Vec<ConsumerView>,
    }
}

crate::view! {
    /// The name of a Secret that holds a database's credentials.
    pub struct DatabaseCredentialsView {
        /// The Clusters whose credentials it holds.
        pub clusters: Vec<String>,
        /// Whose they are: `application`, `superuser`, `application and superuser`.
        pub user: String,
        /// Whether it is the name that CloudNativePG itself would give, so that nothing else
        /// can be kept in a Secret of that name.
        pub is_generated_name: bool,
    }
}

pub(crate) fn view(context: Context<'_>) -> Option<ExternalSecretView> {
    let subject = context.subject()?;
    let target = target_node(subject.node);
    let raw = target.and_then(Node::raw_text).unwrap_or_default();
    let store = store(context, subject);
    let app_clusters = clusters_with(context, raw, application_secret);
    let superuser_clusters = clusters_with(context, raw, superuser_secret);
    let named = subject.raw(&["spec", "target", "name"]).is_some();
    let consumers = consumers(context, raw);
    let pointer = if named { "/spec/target/name" } else { "/metadata/name" };
    Some(ExternalSecretView {
        provider: store.provider,
        store_reads_property: store.reads_property,
        shared_keys: shared_keys(context),
        undefined_names: undefined_names(context),
        store_name: subject.text(&["spec", "secretStoreRef", "name"]),
        store_kind: store.kind,
        is_store_kind_missing: store.is_kind_missing,
        target: match target.and_then(Node::unknown_reason) {
            Some(_) => Known::Unknown(raw.to_owned()),
            None => Known::Known(raw.to_owned()),
        },
        credentials: target
            .and_then(|target| credentials(raw, &app_clusters, &superuser_clusters, place(target, pointer)))
            .into_iter()
            .collect(),
        password_keys: keys(context, raw)
            .map(|keys| keys.into_iter().filter(|key| is_postgres_password(key)).collect()),
        app_clusters,
        superuser_clusters,
        is_rotation: is_rotation(subject),
        other_consumers: consumers.iter().filter(|it| is_other(it)).cloned().collect(),
        consumers,
        place: subject.node.at(&["metadata", "name"]).map(|node| place(node, "/metadata/name")),
    })
}

/// Whether it reads the Secret for something else than a database's credentials.
fn is_other(consumer: &ConsumerView) -> bool {
    !matches!(consumer.why.as_str(), "application credentials" | "superuser credentials" | CLIENT)
}

fn credentials(
    secret: &str,
    app: &[String],
    superuser: &[String],
    place: Place,
) -> Option<DatabaseCredentialsView> {
    let user = match (app.is_empty(), superuser.is_empty()) {
        (true, true) => return None,
        (false, true) => "application",
        (true, false) => "superuser",
        (false, false) => "application and superuser",
    };
    let clusters: BTreeSet<_> = app.iter().chain(superuser).cloned().collect();
    let generated = |cluster: &String| {
        let end = secret.strip_prefix(cluster.as_str());
        matches!(end, Some("-app" | "-superuser"))
    };
    Some(DatabaseCredentialsView {
        is_generated_name: clusters.iter().any(generated),
        clusters: clusters.into_iter().collect(),
        user: user.to_owned(),
        place: Some(place),
    })
}

/// Where the name of the Secret that an ExternalSecret makes stands.
pub(crate) fn target_node(node: &Node) -> Option<&Node> {
    let named =
        node.at(&["spec", "target", "name"]).filter(|name| name.raw_text().is_some_and(|it| !it.is_empty()));
    named.or_else(|| node.at(&["metadata", "name"]))
}

struct Store {
    provider: Known<String>,
    reads_property: Known<bool>,
    kind: Known<String>,
    is_kind_missing: Known<bool>,
}

const GROUP: &str = "external-secrets.io";

/// Follows `secretStoreRef`; its kind is `SecretStore` where it says none (External Secrets,
/// apis/externalsecrets/v1, `SecretStoreRef`).
fn store(context: Context<'_>, subject: Subject<'_>) -> Store {
    let said = subject.text(&["spec", "secretStoreRef", "kind"]);
    let kind = said.clone().map(|kind| kind.unwrap_or_else(|| "SecretStore".to_owned()));
    let Some(name) = subject.raw(&["spec", "secretStoreRef", "name"]) else {
        let nothing = "not named: it has no secretStoreRef".to_owned();
        let reads_property = Known::Unknown(nothing.clone());
        let is_kind_missing = Known::Known(false);
        return Store { provider: Known::Unknown(nothing), reads_property, kind, is_kind_missing };
    };
    let of = |kind: &str| provider(context, kind, name);
    let reads = |kind: &str| reads_property(context, kind, name);
    let meant = kind.as_ref().and_then(|kind| of(kind).map_or_else(not_in_repository, Known::Known));
    let other =
        (said == Known::Known(None) && meant.known().is_none()).then(|| of("ClusterSecretStore")).flatten();
    let reads_property = kind.as_ref().and_then(|kind| {
        reads(kind).or_else(|| reads("ClusterSecretStore")).map_or_else(not_in_repository, Known::Known)
    });
    Store {
        reads_property,
        is_kind_missing: said.map(|said| said.is_none() && other.is_some()),
        provider: other.map_or(meant, Known::Known),
        kind,
    }
}

fn not_in_repository<T>() -> Known<T> {
    Known::Unknown("not in the repository".to_owned())
}

/// The one key of `spec.provider` of a store.
fn provider(context: Context<'_>, kind: &str, name: &str) -> Option<String> {
    let stores = context.topology.inventory.resolve(context.placement, GROUP, kind, name);
    let provider = stores.first()?.object.manifest.node.at(&["spec", "provider"])?;
    Some(provider.as_map()?.entries.first()?.key.clone())
}

/// Whether a store's `webhook` provider speaks of `remoteRef.property`.
fn reads_property(context: Context<'_>, kind: &str, name: &str) -> Option<bool> {
    let stores = context.topology.inventory.resolve(context.placement, GROUP, kind, name);
    let webhook = stores.first()?.object.manifest.node.at(&["spec", "provider", "webhook"])?;
    Some(manifest::to_json(webhook).contains("remoteRef.property"))
}

fn clusters_with(
    context: Context<'_>,
    secret: &str,
    of: impl Fn(Subject<'_>, &str) -> String,
) -> Vec<String> {
    let Context { topology, placement, .. } = context;
    let is_its = |cluster: &&Database| {
        let object = topology.inventory.object(cluster.object);
        let names = object.is_some_and(|object| of(Subject::new(object), &cluster.name) == secret);
        names && means(placement, secret, &cluster.placement)
    };
    let mut names: Vec<_> =
        topology.databases().clusters().filter(is_its).map(|it| it.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// CloudNativePG's documentation ("External Secrets Operator") rotates passwords so.
fn is_rotation(subject: Subject<'_>) -> Known<bool> {
    let policy = subject.text(&["spec", "target", "creationPolicy"]);
    let sources = ["/spec/data/*", "/spec/dataFrom/*"];
    let sources: Vec<_> = sources.iter().flat_map(|pattern| select(subject.node, pattern)).collect();
    let generated = |(source, _): &(&Node, String)| source.at(&["sourceRef", "generatorRef"]).is_some();
    let only_generators = !sources.is_empty() && sources.iter().all(generated);
    policy.map(|policy| policy.as_deref() == Some("Merge") && only_generators)
}
