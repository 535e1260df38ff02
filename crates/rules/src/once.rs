//! What is wrong where it is written is told once, though many environments render it.

use crate::finding::{Finding, Judgement, Location, ObjectRef, Related, Severity};
use crate::judge::object_ref;
use manifest::{Source, SourceId, Sources, Span};
use std::collections::HashMap;
use std::sync::Arc;
use topology::{Inventory, Object};

/// How many overlays are shown as places of their own: all of them are named by the finding.
const MOST_OVERLAYS: usize = 3;

/// Where an object is written: source, document, pointer in the document.
type Written = (SourceId, usize, String);

/// What findings about renderings of one object have in common: rule, place, pointer, severity.
type Alike<'w> = (&'w Written, Arc<str>, Span, String, Severity);

/// Of one written object that is rendered into several (a base, a component), what all of them have
/// at the same place is left once, with all their environments. What only some have stays as it is:
/// a finding for each.
pub fn told_once(judgement: &mut Judgement, inventory: &Inventory) {
    let renderings = Renderings::of(inventory);
    if renderings.is_trivial() {
        return;
    }
    let key = |finding: &Finding| {
        let written = renderings.written(finding.object.as_ref()?)?;
        let location = &finding.location;
        Some((written, Arc::clone(&finding.rule), location.span, location.pointer.clone(), finding.severity))
    };
    let mut told: HashMap<Alike<'_>, Vec<usize>> = HashMap::new();
    for (index, finding) in judgement.findings.iter().enumerate() {
        if let Some(key) = key(finding) {
            told.entry(key).or_default().push(index);
        }
    }
    let mut gone = vec![false; judgement.findings.len()];
    let everywhere =
        told.iter().filter(|((written, ..), all)| all.len() > 1 && all.len() == renderings.count(written));
    for (_, all) in everywhere {
        let Some((first, others)) = all.split_first() else { continue };
        let mut environments = Vec::new();
        for other in others {
            environments
                .extend(judgement.findings.get(*other).into_iter().flat_map(|one| one.environments.clone()));
            gone.iter_mut().skip(*other).take(1).for_each(|gone| *gone = true);
        }
        if let Some(first) = judgement.findings.get_mut(*first) {
            first.environments.append(&mut environments);
            first.environments.sort();
            first.environments.dedup();
        }
    }
    let mut gone = gone.into_iter();
    judgement.findings.retain(|_| gone.next() != Some(true));
    undecided_once(judgement, &renderings);
}

/// Says what made an object that is not written as it is, and of what is absent which overlay renders it so, where that does not stand above the file.
pub fn name_overlays(judgement: &mut Judgement, inventory: &Inventory, sources: &Sources) {
    let mut by_name: HashMap<ObjectRef, Vec<&Object>> = HashMap::new();
    for (_, object) in inventory.objects().filter(|(_, object)| object.is_deployed()) {
        by_name.entry(object_ref(object)).or_default().push(object);
    }
    for finding in &mut judgement.findings {
        let Some([object]) = finding.object.as_ref().and_then(|one| by_name.get(one)).map(Vec::as_slice)
        else {
            continue;
        };
        if let Some((made_by, span)) = &object.made_by {
            let location = Location { span: *span, pointer: String::new() };
            finding.related.push(Related { message: made_by.clone(), location });
            continue;
        }
        let location = &finding.location;
        if object.manifest.node.pointer(&location.pointer).is_some() {
            continue;
        }
        let Some(file) = sources.get(location.span.source).map(Source::path) else { continue };
        let is_above =
            |dir: &str| dir == "." || file.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        let environments = object.placements.iter().filter_map(|one| inventory.environment(one.environment));
        let elsewhere = environments.filter(|environment| !is_above(&environment.path));
        for environment in elsewhere.take(MOST_OVERLAYS) {
            let Some(span) = environment.root else { continue };
            finding.related.push(Related {
                message: format!("rendered by {}", environment.path),
                location: Location { span, pointer: String::new() },
            });
        }
    }
}

/// The same for what is not known.
fn undecided_once(judgement: &mut Judgement, renderings: &Renderings) {
    let mut told: HashMap<(&Written, Arc<str>, Span, String), usize> = HashMap::new();
    let mut first = Vec::new();
    for one in &judgement.undecided {
        let written = renderings.written(&one.object);
        let seen = written.map(|written| {
            let key = (written, Arc::clone(&one.rule), one.location.span, one.reason.clone());
            let seen = told.entry(key).or_default();
            *seen += 1;
            *seen
        });
        first.push(seen.is_none_or(|seen| seen == 1));
    }
    let mut first = first.into_iter();
    judgement.undecided.retain(|_| first.next() != Some(false));
}

/// Which objects are renderings of the same written one.
struct Renderings {
    written: HashMap<ObjectRef, Option<Written>>,
    counts: HashMap<Written, usize>,
}

impl Renderings {
    fn of(inventory: &Inventory) -> Self {
        let mut counts: HashMap<Written, usize> = HashMap::new();
        let mut written: HashMap<ObjectRef, Option<Written>> = HashMap::new();
        for (_, object) in inventory.objects().filter(|(_, object)| object.is_deployed()) {
            let key = key(object);
            *counts.entry(key.clone()).or_default() += 1;
            // Two files may hold an object of the same name: then a finding does not say which it is of.
            let known = written.entry(object_ref(object)).or_insert_with(|| Some(key.clone()));
            if known.as_ref().is_some_and(|known| *known != key) {
                *known = None;
            }
        }
        Self { written, counts }
    }

    fn is_trivial(&self) -> bool {
        self.counts.values().all(|count| *count < 2)
    }

    fn written(&self, object: &ObjectRef) -> Option<&Written> {
        self.written.get(object)?.as_ref()
    }

    fn count(&self, written: &Written) -> usize {
        self.counts.get(written).copied().unwrap_or_default()
    }
}

fn key(object: &Object) -> Written {
    (object.source, object.manifest.document, object.manifest.base.clone())
}
