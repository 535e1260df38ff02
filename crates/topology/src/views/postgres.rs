//! Which PostgreSQL a Cluster runs, and the parameters it is given.

use crate::image::{ImageView, parse};
use crate::index::databases::CNPG;
use crate::index::reach::reaches;
use crate::postgres::{operator, value};
use crate::read::{Seen, Subject, place, with_holes};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::cluster::is_replica;
use manifest::{Entry, Node, Value, pointer_token};
use schema::postgres::{self as known, FIRST_MAJOR, LAST_MAJOR, Row};

crate::view! {
    /// Which PostgreSQL a Cluster runs.
    pub struct PostgresView {
        /// Whether there is a catalog of that name, where `spec.imageCatalogRef` names one, and it has an
        /// image for the version; true elsewhere.
        pub has_image: Known<bool>,
        /// What says it: `imageName`, `imageCatalogRef`, or `default` (the operator's own choice).
        pub source: Known<String>,
        /// The image; null where the operator chooses, or a catalog has none for the version.
        pub image: Known<Option<String>>,
        /// The major version.
        pub major: Known<i64>,
        /// The minor version; null where the tag names none.
        pub minor: Known<Option<i64>>,
        /// The kind of image that the tag names: `minimal`, `standard` or `system`; null where it names none.
        pub flavor: Known<Option<String>>,
        /// The last day on which its community mends it: `2026-11-12`; null where that is not known.
        pub supported_until: Known<Option<String>>,
        /// Whether that day is still to come.
        pub is_supported: Known<bool>,
        /// Whether a deployed Pooler stands before it.
        pub has_pooler: bool,
        /// The entries of `spec.postgresql.parameters`.
        pub parameters: Known<Vec<ParameterView>>,
    }
}

crate::view! {
    /// A parameter that a Cluster gives to PostgreSQL.
    pub struct ParameterView {
        /// Its name.
        pub name: String,
        /// Its value, as written.
        pub value: Known<String>,
        /// Whether this PostgreSQL knows it; a name with a dot is some extension's, and always taken.
        pub exists: Known<bool>,
        /// The versions that know it, in words: `13 to 15`; empty: none from 13 on.
        pub versions: String,
        /// The parameter that was probably meant; null: none is near.
        pub suggestion: Option<String>,
        /// What PostgreSQL wants instead of the value: a phrase after its name; null: it takes the value.
        pub problem: Known<Option<String>>,
        /// Whether the operator refuses it, because it sets it itself.
        pub is_fixed: Known<bool>,
        /// What a bare number counts, where the value is one and the parameter is a size: `8kB`;
        /// null elsewhere.
        pub counts: Known<Option<String>>,
    }
}

/// Where a Cluster says which PostgreSQL it runs.
struct Said<'n> {
    source: Known<String>,
    image: Option<ImageView>,
    text: Known<Option<String>>,
    major: Known<i64>,
    has_image: Known<bool>,
    place: Option<Place>,
    node: Option<&'n Node>,
}

pub(crate) fn view(context: Context<'_>) -> Option<PostgresView> {
    let cluster = context.subject()?;
    let said = said(context, cluster);
    let version = Version::new(&said);
    let major = said.major.clone();
    Some(PostgresView {
        has_image: said.has_image,
        source: said.source,
        minor: of_tag(said.image.as_ref(), &said.text, |tag| {
            let (_, rest) = tag.split_once('.')?;
            rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
        }),
        flavor: of_tag(said.image.as_ref(), &said.text, |tag| {
            let mut words = tag.split('-').skip(1);
            words.find(|word| matches!(*word, "minimal" | "standard" | "system")).map(str::to_owned)
        }),
        image: said.text,
        supported_until: major.clone().map(|major| known::supported_until(major).map(str::to_owned)),
        // Dates of that form stand in the order of their text.
        is_supported: major.clone().map(|major| {
            let today = context.topology.settings().now.date().to_string();
            known::supported_until(major).is_none_or(|last| today.as_str() <= last)
        }),
        has_pooler: has_pooler(context, cluster),
        parameters: parameters(cluster, &version),
        major,
        place: said.place.or_else(|| said.node.map(|node| place(node, "/spec"))),
    })
}

/// Words of tags that name the distribution an image is built on.
const DISTRIBUTIONS: [&str; 8] =
    ["buster", "bullseye", "bookworm", "trixie", "forky", "ubi8", "ubi9", "ubi10"];

/// The major version that a Cluster is asked to run, and the distribution that its image is built on;
/// null where the tag names none.
pub(crate) fn runs(context: Context<'_>) -> Option<(Known<i64>, Known<Option<String>>)> {
    let said = said(context, context.subject()?);
    let distribution = of_tag(said.image.as_ref(), &said.text, |tag| {
        tag.split('-').find(|word| DISTRIBUTIONS.contains(word)).map(str::to_owned)
    });
    Some((said.major, distribution))
}

fn has_pooler(context: Context<'_>, cluster: Subject<'_>) -> bool {
    let name = cluster.raw(&["metadata", "name"]);
    context.topology.inventory.of_kind("Pooler").any(|(_, pooler)| {
        let of = pooler.manifest.node.at(&["spec", "cluster", "name"]).and_then(Node::raw_text);
        of.is_some() && of == name && pooler.placements.iter().any(|at| reaches(context.placement, at))
    })
}

/// A major version, or what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    major: Known<i64>,
    /// No older one.
    least: i64,
}

impl Version {
    fn new(said: &Said<'_>) -> Self {
        let is_default = said.source == Known::Known("default".to_owned());
        Self { major: said.major.clone(), least: if is_default { OLDEST_DEFAULT } else { FIRST_MAJOR } }
    }

    /// The version that a Cluster runs.
    pub(crate) fn of(context: Context<'_>) -> Self {
        let nothing = Self { major: Known::Unknown("not known".to_owned()), least: FIRST_MAJOR };
        context.subject().map_or(nothing, |cluster| Self::new(&said(context, cluster)))
    }

    /// What holds in that version, or in every version alike where it is not known.
    pub(crate) fn ask<T: PartialEq>(&self, read: impl Fn(i64) -> T) -> Known<T> {
        match &self.major {
            Known::Known(major) if (FIRST_MAJOR..=LAST_MAJOR).contains(major) => Known::Known(read(*major)),
            Known::Known(major) => self.every(read, &format!("not known for PostgreSQL {major}")),
            Known::Unknown(reason) => {
                self.every(read, &format!("not known: the version of PostgreSQL is {reason}"))
            }
        }
    }

    fn every<T: PartialEq>(&self, read: impl Fn(i64) -> T, reason: &str) -> Known<T> {
        let newest = read(LAST_MAJOR);
        if (self.least..LAST_MAJOR).all(|major| read(major) == newest) {
            Known::Known(newest)
        } else {
            Known::Unknown(reason.to_owned())
        }
    }
}

/// The oldest version that a supported operator, or the one before it was upgraded, chose by itself
/// (`pkg/versions/versions.go` since 1.18).
const OLDEST_DEFAULT: i64 = 15;

fn said<'n>(context: Context<'n>, cluster: Subject<'n>) -> Said<'n> {
    let nothing = |reason: String| Said {
        source: Known::Unknown(reason.clone()),
        image: None,
        text: Known::Unknown(reason.clone()),
        has_image: Known::Unknown(reason.clone()),
        major: Known::Unknown(reason),
        place: None,
        node: None,
    };
    match cluster.seen(&["spec", "imageCatalogRef"]) {
        Seen::Present(node) => return of_catalog(context, cluster, node),
        Seen::Unknown(reason) => return nothing(reason),
        Seen::Absent => {}
    }
    match cluster.seen(&["spec", "imageName"]) {
        Seen::Present(node) if with_holes(node).is_some_and(|text| !text.is_empty()) => {
            let reason = node.unknown_reason().map(ToString::to_string).unwrap_or_default();
            let image = parse(&with_holes(node).unwrap_or_default(), &reason);
            Said {
                source: Known::Known("imageName".to_owned()),
                text: cluster.text(&["spec", "imageName"]),
                major: image.major.clone().and_then(|major| {
                    major.map_or_else(|| Known::Unknown("not in the image's tag".to_owned()), Known::Known)
                }),
                image: Some(image),
                has_image: Known::Known(true),
                place: Some(place(node, "/spec/imageName")),
                node: None,
            }
        }
        Seen::Unknown(reason) => nothing(reason),
        _ => Said {
            source: Known::Known("default".to_owned()),
            image: None,
            text: Known::Known(None),
            major: Known::Unknown("the operator's choice".to_owned()),
            has_image: Known::Known(true),
            place: None,
            node: cluster.node.at(&["spec"]),
        },
    }
}

fn of_catalog<'n>(context: Context<'n>, cluster: Subject<'n>, reference: &'n Node) -> Said<'n> {
    let major = match cluster.seen(&["spec", "imageCatalogRef", "major"]) {
        Seen::Present(node) => match (node.as_i64(), node.unknown_reason()) {
            (Some(major), _) => Known::Known(major),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Unknown("not a number".to_owned()),
        },
        Seen::Absent => Known::Unknown("not set".to_owned()),
        Seen::Unknown(reason) => Known::Unknown(reason),
    };
    let image = catalog_image(context, cluster, &major);
    let text = match &image {
        Known::Known(Some(node)) => match node.unknown_reason() {
            Some(reason) => Known::Unknown(reason.to_string()),
            None => Known::Known(node.as_str().map(str::to_owned)),
        },
        Known::Known(None) => Known::Known(None),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    };
    let node = image.known().copied().flatten();
    Said {
        has_image: image.as_ref().map(Option::is_some),
        source: Known::Known("imageCatalogRef".to_owned()),
        image: node.and_then(with_holes).map(|text| parse(&text, "not known")),
        text,
        major,
        place: Some(place(reference, "/spec/imageCatalogRef")),
        node: None,
    }
}

/// The image that the catalog has for the version; none where it has none.
fn catalog_image<'n>(
    context: Context<'n>,
    cluster: Subject<'n>,
    major: &Known<i64>,
) -> Known<Option<&'n Node>> {
    let at = |key| cluster.text(&["spec", "imageCatalogRef", key]);
    let (kind, name, major) = match (at("kind"), at("name"), major) {
        (Known::Known(Some(kind)), Known::Known(Some(name)), Known::Known(major)) => (kind, name, *major),
        (Known::Unknown(reason), ..) | (_, Known::Unknown(reason), _) => return Known::Unknown(reason),
        _ => return Known::Unknown("not known: the reference is not complete".to_owned()),
    };
    let found = context.topology.inventory.resolve(context.placement, CNPG, &kind, &name);
    let mut missing = Known::Unknown(format!("not known: {kind} {name} is not in the repository"));
    // One directory may hold several of the name, for different places.
    for catalog in found {
        let images = Subject::new(catalog.object).list(&["spec", "images"]).map(|images| {
            let is_meant = |image: &&Node| image.at(&["major"]).and_then(Node::as_i64) == Some(major);
            images.iter().find(is_meant).and_then(|image| image.at(&["image"]))
        });
        match images {
            Known::Known(Some(image)) => return Known::Known(Some(image)),
            other => missing = other,
        }
    }
    missing
}

/// What a tag says, where it is one of PostgreSQL.
fn of_tag<T>(
    image: Option<&ImageView>,
    text: &Known<Option<String>>,
    read: impl Fn(&str) -> Option<T>,
) -> Known<Option<T>> {
    let Some(image) = image else { return text.as_ref().map(|_| None) };
    image.tag.as_ref().map(|tag| tag.as_deref().and_then(&read))
}

fn parameters(cluster: Subject<'_>, version: &Version) -> Known<Vec<ParameterView>> {
    let archive_mode = archive_mode(cluster);
    match cluster.seen(&["spec", "postgresql", "parameters"]) {
        Seen::Absent => Known::Known(Vec::new()),
        Seen::Unknown(reason) => Known::Unknown(reason),
        Seen::Present(node) => match (node.as_map(), node.unknown_reason()) {
            (Some(map), _) => Known::Known(
                map.entries
                    .iter()
                    // What is no string the API server refuses, or drops.
                    .filter(|entry| {
                        entry.value.raw_text().is_some() || matches!(entry.value.value, Value::Unknown(_))
                    })
                    .map(|entry| parameter(entry, version, &archive_mode))
                    .collect(),
            ),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Known(Vec::new()),
        },
    }
}

/// What the operator sets `archive_mode` to; it lets that value through.
fn archive_mode(cluster: Subject<'_>) -> Known<&'static str> {
    let skips =
        cluster.annotation("cnpg.io/skipWalArchiving").map(|value| value.as_deref() == Some("enabled"));
    let name = cluster.raw(&["metadata", "name"]).unwrap_or_default();
    skips.and_then(|skips| {
        if skips {
            return Known::Known("off");
        }
        is_replica(cluster, name).map(|is_replica| if is_replica { "always" } else { "on" })
    })
}

/// Names that PostgreSQL takes and does not list: older ones of other parameters, and one without effect.
const UNLISTED: [&str; 5] =
    ["force_parallel_mode", "sort_mem", "ssl_ecdh_curve", "ssl_renegotiation_limit", "vacuum_mem"];

fn parameter(entry: &Entry, version: &Version, archive_mode: &Known<&str>) -> ParameterView {
    let name = entry.key.as_str();
    let text = scalar(&entry.value);
    let is_extensions = name.contains('.') || UNLISTED.contains(&name.to_ascii_lowercase().as_str());
    let majors = known::majors(name);
    let exists = |major: i64| is_extensions || majors.contains(&major);
    let of_value = |read: &dyn Fn(&Row, &str) -> Option<String>| {
        text.as_ref().and_then(|text| {
            version.ask(|major| known::parameter(name, major).and_then(|row| read(row, text)))
        })
    };
    ParameterView {
        name: name.to_owned(),
        exists: version.ask(exists),
        versions: in_words(&majors),
        suggestion: if majors.is_empty() && !is_extensions {
            schema::did_you_mean(name, known::names(version.major.known().copied().unwrap_or(LAST_MAJOR)))
                .map(str::to_owned)
        } else {
            None
        },
        problem: of_value(&|row, text| value::read(row, text).err()),
        counts: of_value(&|row, text| {
            let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text != "0";
            (is_bare && row.unit.len() > 1 && row.unit.ends_with('B')).then(|| row.unit.to_owned())
        }),
        is_fixed: match &text {
            Known::Known(text) if name == "archive_mode" => archive_mode.as_ref().map(|mode| text != *mode),
            Known::Known(text) => Known::Known(operator::is_refused(name, text)),
            Known::Unknown(_) if !operator::is_refused(name, "\0") => Known::Known(false),
            Known::Unknown(reason) => Known::Unknown(reason.clone()),
        },
        value: text,
        place: Some(place(&entry.value, format!("/spec/postgresql/parameters/{}", pointer_token(name)))),
    }
}

/// A scalar as text, numbers too.
pub(crate) fn scalar(node: &Node) -> Known<String> {
    match node.unknown_reason() {
        Some(reason) => Known::Unknown(reason.to_string()),
        None => Known::Known(match (node.raw_text(), node.as_i64()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(number)) => number.to_string(),
            (None, None) => String::new(),
        }),
    }
}

/// `13 to 15` of those.
fn in_words(majors: &[i64]) -> String {
    match majors {
        [] => String::new(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first} to {last}"),
    }
}
