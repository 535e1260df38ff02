//! Places, objects and suppressions in the words of SARIF.

use super::format::NotificationLocation;
use super::format::{ArtifactLocation, LogicalLocation, PhysicalLocation, Region, Suppression, Text};
use crate::model::{Place, Report};
use crate::uri;
use rules::{ObjectRef, Suppressed, SuppressedBy};

/// A place in a file.
pub(super) fn physical(report: &Report<'_>, place: &Place<'_>) -> PhysicalLocation {
    PhysicalLocation { region: Some(region(place)), ..file(&report.checkout_path(place)) }
}

/// A file, as seen from the root of the checkout; an absolute path is outside of it.
pub(super) fn file(path: &str) -> PhysicalLocation {
    let encoded = uri::encode(path);
    let artifact_location = if path.starts_with('/') {
        ArtifactLocation { uri: format!("file://{encoded}"), uri_base_id: None }
    } else {
        ArtifactLocation { uri: encoded, uri_base_id: Some("%SRCROOT%") }
    };
    PhysicalLocation { artifact_location, region: None }
}

fn region(place: &Place<'_>) -> Region {
    let (start, end) = (place.start, place.end);
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_offset: start.byte,
        byte_length: end.byte.saturating_sub(start.byte),
    }
}

/// The object that a place is in, and where in it.
pub(super) fn logical(object: &ObjectRef, place: &Place<'_>) -> LogicalLocation {
    LogicalLocation {
        name: object.name.clone().unwrap_or_else(|| object.kind.clone()),
        fully_qualified_name: format!(
            "{object}{}{}",
            if place.pointer.is_empty() { "" } else { " " },
            place.pointer
        ),
        kind: "object",
    }
}

/// What is written in a manifest is `inSource`, what the configuration or a baseline says is not.
pub(super) fn suppression<'r>(report: &Report<'_>, suppressed: &'r Suppressed) -> Suppression<'r> {
    let place = suppressed.span.map(|span| Place::of_span(span, "", report.sources));
    Suppression {
        kind: match suppressed.by {
            SuppressedBy::Comment | SuppressedBy::Annotation => "inSource",
            SuppressedBy::Configuration | SuppressedBy::Baseline => "external",
        },
        status: "accepted",
        justification: (!suppressed.reason.is_empty()).then_some(suppressed.reason.as_str()),
        location: place.map(|place| NotificationLocation { physical_location: physical(report, &place) }),
    }
}

impl<'r> Text<'r> {
    /// A message without arguments or Markdown.
    pub(super) fn plain(text: impl Into<std::borrow::Cow<'r, str>>) -> Self {
        Self { text: text.into() }
    }
}
