//! What a change makes of an object: the versions and volumes before and after, and what cannot be changed.

use crate::index::databases::CNPG;
use crate::lazy_view::lazy_view;
use crate::quantity::Quantity;
use crate::read::{Subject, place};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::postgres::runs;
use crate::views::sizes::{VolumeView, volumes};
use manifest::{Node, to_json};
use serde_json::{Map, Value as Json};
use std::sync::OnceLock;

crate::view! {
    /// A field that the API server lets nobody change once it is set, set before the change and after it.
    pub struct FixedFieldView {
        /// Its path: `spec.cluster`.
        pub field: String,
        /// What it was, numbers and maps as JSON; null where that is long.
        pub was: Option<String>,
        /// What it is after the change; null where that is long.
        pub now: Option<String>,
        /// Whether the change keeps it.
        pub is_kept: Known<bool>,
    }
}

lazy_view! {
    /// What a change makes of a Cluster.
    pub struct ClusterChangeView of Parts {
        /// The major version of PostgreSQL that its data is in: `status.pgDataImageInfo`, else that of the
        /// old image.
        pub was_major: Known<i64> =
            |view| data_major(view.parts.old).map_or_else(|| view.parts.was().0.clone(), Known::Known),
        /// The major version that it is asked to run.
        pub major: Known<i64> =
            |view| view.parts.is().0.clone(),
        /// Whether it goes to a later major version than its data is in.
        pub is_major_upgrade: Known<bool> =
            |view| is_major_upgrade(view.parts.old, view.parts.new, view.was_major(), view.major()),
        /// The distribution that the old image is built on: `bookworm`; null where its tag names none.
        pub was_distribution: Known<Option<String>> =
            |view| view.parts.was().1.clone(),
        /// The same of the new image.
        pub distribution: Known<Option<String>> =
            |view| view.parts.is().1.clone(),
        /// Whether `spec.bootstrap` means what it did, or a restore was taken out of it.
        pub keeps_bootstrap: Known<bool> =
            |view| keeps_bootstrap(view.parts.old, view.parts.new),
        /// The volumes that it had before, and what becomes of them.
        pub volumes: Vec<VolumeChangeView> =
            |view| volume_changes(view.parts.past, view.parts.context, view.parts.old, view.parts.new),
    }
}

crate::view! {
    /// A volume of every instance of a Cluster, before and after a change.
    pub struct VolumeChangeView {
        /// What it holds: `data`, `wal` or `tablespace`.
        pub purpose: String,
        /// The same in words: `the volume of the data`, `the tablespace fast`.
        pub title: String,
        /// Whether the change keeps it.
        pub is_kept: Known<bool>,
        /// Its size before, as written; null without one.
        pub was_size: Known<Option<String>>,
        /// Its size after; null without one, and where it is not kept.
        pub size: Known<Option<String>>,
        /// Whether it is at least as large as before; true where one of the sizes cannot be read.
        pub is_as_large: Known<bool>,
        /// Its storage class before; null: the Kubernetes cluster's default.
        pub was_class: Known<Option<String>>,
        /// Its storage class after.
        pub class: Known<Option<String>>,
        /// Whether that is the same.
        pub keeps_class: Known<bool>,
    }
}

/// More than this many letters are not repeated in a message.
const LONG: usize = 60;

/// The fields that the API server compares; none for kinds whose fields are not known.
pub(crate) fn fixed_fields(past: Context<'_>, context: Context<'_>) -> Vec<FixedFieldView> {
    let (Some(old), Some(new)) = (past.object(), context.object()) else { return Vec::new() };
    let manifest = &new.manifest;
    let (Some(group), Some(kind)) = (manifest.group(), manifest.kind()) else { return Vec::new() };
    let version = manifest.api_version().and_then(|version| version.rsplit('/').next()).unwrap_or_default();
    let operator = context.topology.operator().filter(|_| group == CNPG);
    let release = schema::release(group, kind, version, operator.map(|operator| operator.version.as_str()));
    let fields = release.map(|release| schema::fixed(release, &old.manifest.node, &manifest.node));
    let short = |text: String| (text.chars().count() <= LONG).then_some(text);
    let view = |field: schema::Fixed| FixedFieldView {
        was: short(field.was),
        now: short(field.now),
        is_kept: field.is_kept.map_or_else(Known::Unknown, Known::Known),
        place: Some(Place { span: field.span, pointer: field.pointer }),
        field: field.field,
    };
    fields.unwrap_or_default().into_iter().map(view).collect()
}

/// What the view of a Cluster's change is made of.
#[derive(Debug)]
struct Parts<'t> {
    past: Context<'t>,
    context: Context<'t>,
    old: Subject<'t>,
    new: Subject<'t>,
    was: OnceLock<Runs>,
    is: OnceLock<Runs>,
}

/// A major version of PostgreSQL, and the distribution of its image.
type Runs = (Known<i64>, Known<Option<String>>);

impl Parts<'_> {
    fn was(&self) -> &Runs {
        self.was.get_or_init(|| runs(self.past, self.old))
    }

    fn is(&self) -> &Runs {
        self.is.get_or_init(|| runs(self.context, self.new))
    }
}

pub(crate) fn of_cluster<'t>(past: Context<'t>, context: Context<'t>) -> Option<ClusterChangeView<'t>> {
    let (old, new) = (past.subject()?, context.subject()?);
    let place = new.node.at(&["spec"]).map(|node| place(node, "/spec"));
    let parts = Parts { past, context, old, new, was: OnceLock::new(), is: OnceLock::new() };
    Some(ClusterChangeView::new(parts, place))
}

/// The version that the operator says the data is in.
fn data_major(old: Subject<'_>) -> Option<i64> {
    old.node.at(&["status", "pgDataImageInfo", "majorVersion"]).and_then(Node::as_i64)
}

fn is_major_upgrade(old: Subject<'_>, new: Subject<'_>, was: &Known<i64>, major: &Known<i64>) -> Known<bool> {
    // Where both leave the image to the operator, or to the same variable, the change is no upgrade.
    let image = |of: Subject<'_>, key| of.node.at(&["spec", key]).map(to_json);
    let is_same = ["imageName", "imageCatalogRef"].into_iter().all(|key| image(old, key) == image(new, key));
    match (was, major) {
        (Known::Known(was), Known::Known(major)) => Known::Known(was < major),
        _ if is_same => Known::Known(false),
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
    }
}

/// What the operator's mutating webhook writes into a bootstrap where nothing stands, by method; the owner is
/// called like the database.
const METHODS: [(&str, &[(&str, &str)]); 3] = [
    ("initdb", &[("database", "app"), ("encoding", "UTF8"), ("localeCollate", "C"), ("localeCType", "C")]),
    ("recovery", &[("database", "app")]),
    ("pg_basebackup", &[("database", "app")]),
];

/// Whether the operator would bootstrap it in the same way, or in no other way than a new one, where it was
/// made from another Cluster before.
fn keeps_bootstrap(old: Subject<'_>, new: Subject<'_>) -> Known<bool> {
    let (old, new) = (old.node.at(&["spec", "bootstrap"]), new.node.at(&["spec", "bootstrap"]));
    let reason = [old, new].into_iter().flatten().find_map(schema::unknown_part);
    let text = |node: Option<&Node>| node.map_or_else(|| "{}".to_owned(), to_json);
    let (was, now) = (text(old), text(new));
    match reason {
        Some(reason) if was != now => Known::Unknown(reason),
        _ => {
            let plain = filled("{}");
            let (was, now) = (filled(&was), filled(&now));
            let was_copy = was.get("initdb").is_none();
            Known::Known(was == now || was_copy && now == plain)
        }
    }
}

/// A bootstrap with what the operator writes into it.
fn filled(text: &str) -> Json {
    let read: Json = serde_json::from_str(text).unwrap_or_default();
    let mut methods = read.as_object().cloned().unwrap_or_default();
    methods.retain(|_, options| options.is_object());
    if !METHODS.iter().any(|(method, _)| methods.contains_key(*method)) {
        methods = Map::from_iter([("initdb".to_owned(), Json::Object(Map::new()))]);
    }
    for (method, defaults) in METHODS {
        let Some(Json::Object(options)) = methods.get_mut(method) else { continue };
        options.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        for (key, value) in defaults {
            options.entry(*key).or_insert_with(|| Json::from(*value));
        }
        let database = options.get("database").cloned().unwrap_or_default();
        options.entry("owner").or_insert(database);
    }
    Json::Object(methods)
}

/// The name of every volume with its view: those that are no tablespaces have none.
fn named(context: Context<'_>, cluster: Subject<'_>) -> Vec<(Option<String>, VolumeView)> {
    let spaces = cluster.list(&["spec", "tablespaces"]);
    let spaces = spaces.known().copied().unwrap_or_default();
    let mut names = spaces.iter().map(|space| Subject::whole(space).raw(&["name"]).map(str::to_owned));
    let of = |volume: VolumeView| match volume.purpose.as_str() {
        "tablespace" => (names.next().flatten(), volume),
        _ => (None, volume),
    };
    volumes(context).into_iter().map(of).collect()
}

fn volume_changes(
    past: Context<'_>,
    context: Context<'_>,
    old: Subject<'_>,
    new: Subject<'_>,
) -> Vec<VolumeChangeView> {
    let after = named(context, new);
    let before = named(past, old).into_iter();
    let change = |(name, was): (Option<String>, VolumeView)| {
        let found = after.iter().find(|(other, now)| *other == name && now.purpose == was.purpose);
        let now = found.map(|(_, now)| now);
        let is_kept = now.map_or_else(|| missing(new, &was.purpose), |_| Known::Known(true));
        VolumeChangeView {
            title: match (was.purpose.as_str(), name) {
                ("data", _) => "the volume of the data".to_owned(),
                ("wal", _) => "the volume of the WAL".to_owned(),
                (_, name) => format!("the tablespace {}", name.unwrap_or_default()),
            },
            is_as_large: now.map_or(Known::Known(true), |now| is_as_large(&was, now)),
            keeps_class: now.map_or(Known::Known(true), |now| same(&was.storage_class, &now.storage_class)),
            size: now.map_or(Known::Known(None), |now| now.size_text.clone()),
            class: now.map_or(Known::Known(None), |now| now.storage_class.clone()),
            place: now.map_or_else(|| gone_from(new, &was.purpose), |now| stands_at(new, &now.field)),
            is_kept,
            was_size: was.size_text,
            was_class: was.storage_class,
            purpose: was.purpose,
        }
    };
    before.map(change).collect()
}

/// Whether a volume is still there that was not found.
fn missing(new: Subject<'_>, purpose: &str) -> Known<bool> {
    if purpose == "wal" {
        return new.has(&["spec", "walStorage"]);
    }
    new.list(&["spec", "tablespaces"]).and_then(|spaces| {
        let names = spaces.iter().map(|space| match Subject::whole(space).text(&["name"]) {
            // It may be the one that was looked for.
            Known::Unknown(reason) => Known::Unknown(reason),
            Known::Known(_) => Known::Known(false),
        });
        names.fold(Known::Known(false), Known::or)
    })
}

/// Where a volume is configured.
fn stands_at(new: Subject<'_>, field: &str) -> Option<Place> {
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    Some(place(new.node.pointer(&pointer)?, pointer))
}

/// What a volume that is gone would stand in.
fn gone_from(new: Subject<'_>, purpose: &str) -> Option<Place> {
    let key = if purpose == "wal" { "walStorage" } else { "tablespaces" };
    let path = ["spec", key];
    let nearest = (0..=path.len()).rev().find_map(|length| new.node.at(path.get(..length)?))?;
    Some(place(nearest, format!("/spec/{key}")))
}

/// As the operator compares them (`validateStorageConfigurationChange`): sizes that it cannot read are not.
fn is_as_large(was: &VolumeView, now: &VolumeView) -> Known<bool> {
    if was.size_text == now.size_text {
        return Known::Known(true);
    }
    let read = |text: &Known<Option<String>>| text.as_ref().map(|text| Quantity::read(text.as_ref()?));
    read(&was.size_text).and_then(|was| {
        read(&now.size_text).map(|now| match (was, now) {
            (Some(was), Some(now)) => was <= now,
            _ => true,
        })
    })
}

/// The same words, variables and all, mean the same.
fn same(was: &Known<Option<String>>, now: &Known<Option<String>>) -> Known<bool> {
    if was == now {
        return Known::Known(true);
    }
    was.as_ref().and_then(|was| now.as_ref().map(|now| was == now))
}
