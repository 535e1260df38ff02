//! Which PostgreSQL a Cluster runs, and the parameters it is given.

use crate::image::{ImageView, parse};
use crate::index::databases::CNPG;
use crate::index::reach::reaches;
use crate::lazy_view::lazy_view;
use crate::read::{Seen, Subject, place, with_holes};
use crate::view::{Known, Place};
use crate::views::Context;
use crate::views::parameter::{ParameterView, parameters};
use manifest::Node;
use schema::postgres::{self as known, FIRST_MAJOR, LAST_MAJOR};

lazy_view! {
    /// Which PostgreSQL a Cluster runs.
    pub struct PostgresView of PostgresParts {
        /// Whether there is a catalog of that name, where `spec.imageCatalogRef` names one, and it has an
        /// image for the version; true elsewhere.
        pub has_image: Known<bool> =
            |view| view.parts.said.has_image.clone(),
        /// What says it: `imageName`, `imageCatalogRef`, or `default` (the operator's own choice).
        pub source: Known<String> =
            |view| view.parts.said.source.clone(),
        /// The image; null where the operator chooses, or a catalog has none for the version.
        pub image: Known<Option<String>> =
            |view| view.parts.said.text.clone(),
        /// The major version.
        pub major: Known<i64> =
            |view| view.parts.said.major.clone(),
        /// The minor version; null where the tag names none.
        pub minor: Known<Option<i64>> =
            |view| view.parts.said.of_tag(minor),
        /// The kind of image that the tag names: `minimal`, `standard` or `system`; null where it names none.
        pub flavor: Known<Option<String>> =
            |view| view.parts.said.of_tag(flavor),
        /// The last day on which its community mends it: `2026-11-12`; null where that is not known.
        pub supported_until: Known<Option<String>> =
            |view| view.major().clone().map(|major| known::supported_until(major).map(str::to_owned)),
        /// Whether that day is still to come.
        pub is_supported: Known<bool> =
            PostgresView::is_supported_today,
        /// Whether a deployed Pooler stands before it.
        pub has_pooler: bool =
            |view| has_pooler(view.parts.context, view.parts.cluster),
        /// The entries of `spec.postgresql.parameters`.
        pub parameters: Known<Vec<ParameterView<'t>>> =
            |view| parameters(view.parts.cluster, &Version::new(&view.parts.said)),
    }
}

/// Where a Cluster says which PostgreSQL it runs.
#[derive(Debug)]
struct Said<'n> {
    source: Known<String>,
    image: Option<ImageView>,
    text: Known<Option<String>>,
    major: Known<i64>,
    has_image: Known<bool>,
    place: Option<Place>,
    node: Option<&'n Node>,
}

/// What the view of a Cluster's PostgreSQL is made of.
#[derive(Debug)]
struct PostgresParts<'t> {
    context: Context<'t>,
    cluster: Subject<'t>,
    said: Said<'t>,
}

pub(crate) fn view(context: Context<'_>) -> Option<PostgresView<'_>> {
    let cluster = context.subject()?;
    let said = said(context, cluster);
    let place = said.place.clone().or_else(|| said.node.map(|node| place(node, "/spec")));
    Some(PostgresView::new(PostgresParts { context, cluster, said }, place))
}

impl PostgresView<'_> {
    /// Dates of that form stand in the order of their text.
    fn is_supported_today(&self) -> Known<bool> {
        let today = self.parts.context.topology.settings().now.date().to_string();
        let until = self.supported_until().clone();
        until.map(|until| until.is_none_or(|last| today <= last))
    }
}

fn minor(tag: &str) -> Option<i64> {
    let (_, rest) = tag.split_once('.')?;
    rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

fn flavor(tag: &str) -> Option<String> {
    let mut words = tag.split('-').skip(1);
    words.find(|word| matches!(*word, "minimal" | "standard" | "system")).map(str::to_owned)
}

/// Words of tags that name the distribution an image is built on.
const DISTRIBUTIONS: [&str; 8] =
    ["buster", "bullseye", "bookworm", "trixie", "forky", "ubi8", "ubi9", "ubi10"];

/// The major version that a Cluster is asked to run, and the distribution that its image is built on;
/// null where the tag names none.
pub(crate) fn runs(context: Context<'_>, cluster: Subject<'_>) -> (Known<i64>, Known<Option<String>>) {
    let said = said(context, cluster);
    let distribution =
        said.of_tag(|tag| tag.split('-').find(|word| DISTRIBUTIONS.contains(word)).map(str::to_owned));
    (said.major, distribution)
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
    pub(crate) major: Known<i64>,
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

impl Said<'_> {
    /// What a tag says, where it is one of PostgreSQL.
    fn of_tag<T>(&self, read: impl Fn(&str) -> Option<T>) -> Known<Option<T>> {
        let Some(image) = &self.image else { return self.text.as_ref().map(|_| None) };
        image.tag.as_ref().map(|tag| tag.as_deref().and_then(&read))
    }
}
