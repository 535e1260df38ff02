//! Which PostgreSQL a Cluster runs, and the parameters it is given.

use crate::image::{ImageView, parse};
use crate::index::databases::CNPG;
use crate::index::reach::reaches;
use crate::postgres::{operator, value};
use crate::read::{Seen, Subject, place, with_holes};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::reference::resolve;
use manifest::{Entry, Node, Value, pointer_token};
use schema::postgres::{self as known, FIRST_MAJOR, LAST_MAJOR, Row};

crate::view! {
    /// Which PostgreSQL a Cluster runs.
    pub struct PostgresView {
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
    place: Option<Place>,
    node: Option<&'n Node>,
}

pub(crate) fn view(context: Context<'_>) -> Option<PostgresView> {
    let cluster = context.subject()?;
    let said = said(context, cluster);
    let major = said.major.clone();
    Some(PostgresView {
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
        parameters: parameters(cluster, &major),
        major,
        place: said.place.or_else(|| said.node.map(|node| place(node, "/spec"))),
    })
}

fn has_pooler(context: Context<'_>, cluster: Subject<'_>) -> bool {
    let name = cluster.raw(&["metadata", "name"]);
    context.topology.inventory.of_kind("Pooler").any(|(_, pooler)| {
        let of = pooler.manifest.node.at(&["spec", "cluster", "name"]).and_then(Node::raw_text);
        of.is_some() && of == name && pooler.placements.iter().any(|at| reaches(context.placement, at))
    })
}

/// The major version alone.
pub(crate) fn major(context: Context<'_>) -> Known<i64> {
    context.subject().map_or(Known::Unknown("not known".to_owned()), |cluster| said(context, cluster).major)
}

fn said<'n>(context: Context<'n>, cluster: Subject<'n>) -> Said<'n> {
    let nothing = |reason: String| Said {
        source: Known::Unknown(reason.clone()),
        image: None,
        text: Known::Unknown(reason.clone()),
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
    let Some(catalog) = resolve(context, CNPG, &kind, &name, None).object else {
        return Known::Unknown(format!("not known: {kind} {name} is not in the repository"));
    };
    Subject::new(catalog.object).list(&["spec", "images"]).map(|images| {
        let of_major = images.iter().find(|image| image.at(&["major"]).and_then(Node::as_i64) == Some(major));
        of_major.and_then(|image| image.at(&["image"]))
    })
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

fn parameters(cluster: Subject<'_>, major: &Known<i64>) -> Known<Vec<ParameterView>> {
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
                    .map(|entry| parameter(entry, major))
                    .collect(),
            ),
            (None, Some(reason)) => Known::Unknown(reason.to_string()),
            (None, None) => Known::Known(Vec::new()),
        },
    }
}

fn parameter(entry: &Entry, major: &Known<i64>) -> ParameterView {
    let name = entry.key.as_str();
    let text = scalar(&entry.value);
    let is_extensions = name.contains('.');
    let majors = known::majors(name);
    let exists = |major: i64| is_extensions || majors.contains(&major);
    let of_value = |read: &dyn Fn(&Row, &str) -> Option<String>| {
        text.as_ref().and_then(|text| {
            in_version(major, |major| known::parameter(name, major).and_then(|row| read(row, text)))
        })
    };
    ParameterView {
        name: name.to_owned(),
        exists: in_version(major, exists),
        versions: in_words(&majors),
        suggestion: if majors.is_empty() && !is_extensions {
            schema::did_you_mean(name, known::names(major.known().copied().unwrap_or(LAST_MAJOR)))
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

/// What holds in that version of PostgreSQL, or in every version alike where it is not known.
pub(crate) fn in_version<T: PartialEq>(major: &Known<i64>, read: impl Fn(i64) -> T) -> Known<T> {
    match major {
        Known::Known(major) if (FIRST_MAJOR..=LAST_MAJOR).contains(major) => Known::Known(read(*major)),
        Known::Known(major) => every_version(read, &format!("not known for PostgreSQL {major}")),
        Known::Unknown(reason) => {
            every_version(read, &format!("not known: the version of PostgreSQL is {reason}"))
        }
    }
}

fn every_version<T: PartialEq>(read: impl Fn(i64) -> T, reason: &str) -> Known<T> {
    let newest = read(LAST_MAJOR);
    if (FIRST_MAJOR..LAST_MAJOR).all(|major| read(major) == newest) {
        Known::Known(newest)
    } else {
        Known::Unknown(reason.to_owned())
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
