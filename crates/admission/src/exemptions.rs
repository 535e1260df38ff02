//! Findings that somebody gave a reason for: the annotation on the object, and the configuration.

use crate::engine::Engine;
use crate::object::JUDGED;
use jiff::civil::Date;
use manifest::{Manifest, Source, Sources};
use rules::suppress::{self, ANNOTATION, Context, Subject};
use rules::{Judgement, Suppressed, SuppressedBy};

/// A judgement without what is exempted, and what is.
pub(crate) struct Exempted {
    pub(crate) judgement: Judgement,
    pub(crate) suppressed: Vec<Suppressed>,
    /// Rules that the annotation names in vain: the configuration does not let it count.
    pub(crate) refused: Vec<String>,
}

/// Applies the exemptions.
pub(crate) fn apply(
    engine: &Engine,
    object: &Manifest,
    text: &[u8],
    namespace: Option<&str>,
    today: Date,
    judgement: Judgement,
) -> Exempted {
    let has_annotation = object.node.at(&["metadata", "annotations", ANNOTATION]).is_some();
    if !has_annotation && !engine.config.has_ignores() {
        return Exempted { judgement, suppressed: Vec::new(), refused: Vec::new() };
    }
    let mut sources = Sources::new();
    sources.add(Source::new("request", text.to_vec()));
    let subjects =
        [Subject { manifest: object, source: JUDGED, namespaces: namespace.into_iter().collect() }];
    let mut judgement = suppress::apply(
        judgement,
        &Context {
            sources: &sources,
            comments: &[],
            subjects: &subjects,
            config: &engine.config,
            config_source: None,
            table: &engine.table,
            today,
            path: &|_| None,
            reported: &|_| true,
            // What is not judged at this door is not in vain.
            ran: &|_, _| false,
        },
    )
    .judgement;
    let mut refused = Vec::new();
    let (kept, back): (Vec<_>, Vec<_>) =
        std::mem::take(&mut judgement.suppressed).into_iter().partition(|one| {
            one.by != SuppressedBy::Annotation || engine.config.admission().honours(&one.finding.rule)
        });
    for one in back {
        refused.push(one.finding.rule.to_string());
        judgement.findings.push(one.finding);
    }
    refused.dedup();
    Exempted { judgement, suppressed: kept, refused }
}
