//! What an `ApplicationSet` makes.

use super::generators::{Generators, Undecided, parsed};
use super::lookup::Lookup;
use super::parameters::{Parameters, filled_up, set, text};
use super::template::{Language, Refusal};
use manifest::{Entry, Manifest, Map, Node, Origin, Value};

/// What a set makes, or why that is not known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Made {
    /// An `Application`. Values of a generator have its place, the template's is `used_at`.
    Application(Node),
    /// There may be others, or none of those given beside it.
    Unknown(Undecided),
}

/// What a set makes of a checkout. Where Argo CD would refuse it, it makes nothing at all.
pub(crate) fn applications(set: &Manifest, checkout: &dyn Lookup) -> Vec<Made> {
    let undecided =
        |reason: &str, origin| vec![Made::Unknown(Undecided { reason: reason.to_owned(), origin })];
    let Some(spec) = set.node.get("spec") else { return undecided("it has no spec", set.node.origin) };
    let Some(generators) = spec.get("generators").filter(|node| node.as_list().is_some()) else {
        return undecided("its generators are not known", spec.origin);
    };
    let Some(template) = spec.get("template").filter(|node| node.as_map().is_some()) else {
        return undecided("its template is not known", spec.origin);
    };
    let maker = Maker { set: &set.node, spec, template, language: Language::of(spec) };
    let mut run = Generators { language: maker.language, checkout, undecided: Vec::new() };
    match maker.all(generators.as_list().unwrap_or_default(), &mut run) {
        Ok(nodes) => {
            let unknown = run.undecided.into_iter().map(Made::Unknown);
            nodes.into_iter().map(Made::Application).chain(unknown).collect()
        }
        Err((reason, origin)) => undecided(&format!("Argo CD refuses it: {reason}"), origin),
    }
}

struct Maker<'s> {
    set: &'s Node,
    spec: &'s Node,
    template: &'s Node,
    language: Language,
}

/// A refusal with its place.
type Refused = (Refusal, Origin);

impl Maker<'_> {
    fn all(&self, generators: &[Node], run: &mut Generators) -> Result<Vec<Node>, Refused> {
        let mut made = Vec::new();
        for generator in generators {
            let at = |refusal| (refusal, generator.origin);
            let sets = run.run(generator).map_err(at)?;
            let template = self.template_of(generator);
            for parameters in &sets {
                match self.application(&template, parameters).map_err(at)? {
                    Ok(application) => made.push(application),
                    Err(unknown) => run.undecided.push(unknown),
                }
            }
        }
        Ok(made)
    }

    /// A generator may have a template of its own, which the set's fills up.
    fn template_of(&self, generator: &Node) -> Node {
        let entries = generator.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
        let own = entries.iter().find_map(|entry| entry.value.get("template"));
        own.map_or_else(|| self.template.clone(), |own| filled_up(own, self.template))
    }

    fn application(
        &self,
        template: &Node,
        parameters: &Parameters,
    ) -> Result<Result<Node, Undecided>, Refusal> {
        let filled = self.language.fill(template, parameters)?;
        let mut application = Map::default();
        let own = |key: &str| self.set.as_map().and_then(|map| map.entry(key));
        application.entries.extend(own("apiVersion").cloned());
        if let Some(kind) = own("kind") {
            let value = text("Application", kind.value.origin);
            application.entries.push(Entry { value, ..kind.clone() });
        }
        let parts = filled.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
        application.entries.extend(parts.iter().cloned());
        self.add_namespace(&mut application);
        let application = Node { value: Value::Map(application), origin: template.origin };
        self.patched(application, parameters)
    }

    /// An `Application` without a namespace is made in the set's own.
    fn add_namespace(&self, application: &mut Map) {
        let Some(own) = self.set.at(&["metadata", "namespace"]) else { return };
        let metadata = application.entries.iter_mut().find(|entry| entry.key == "metadata");
        if let Some(Value::Map(metadata)) = metadata.map(|entry| &mut entry.value.value)
            && metadata.entry("namespace").is_none()
        {
            set(metadata, "namespace".to_owned(), own.clone());
        }
    }

    fn patched(
        &self,
        application: Node,
        parameters: &Parameters,
    ) -> Result<Result<Node, Undecided>, Refusal> {
        let Some(patch) = self.spec.get("templatePatch") else { return Ok(Ok(application)) };
        let unknown = |reason: &str| Undecided { reason: reason.to_owned(), origin: patch.origin };
        let Some(written) = patch.as_str() else { return Ok(Err(unknown("templatePatch is not known"))) };
        let filled = self.language.text(patch, written, parameters)?;
        let known = match &filled {
            None => written,
            Some(filled) => match filled.known() {
                Ok(text) => text,
                Err(reason) => return Ok(Err(unknown(&format!("templatePatch depends on {reason}")))),
            },
        };
        if known.trim().is_empty() {
            return Ok(Ok(application));
        }
        match parsed(known, patch.origin) {
            Some(Node { value: Value::Null, .. }) => Ok(Ok(application)),
            Some(node) if node.as_map().is_some() => Ok(Ok(merged(application, &node))),
            _ => Err("templatePatch makes no map".to_owned()),
        }
    }
}

/// A value with a merge patch: maps key by key, `null` takes away, all else replaces.
fn merged(node: Node, patch: &Node) -> Node {
    let (Value::Map(mut map), Some(changes)) = (node.value, patch.as_map()) else { return patch.clone() };
    for change in &changes.entries {
        if change.value.value == Value::Null {
            map.entries.retain(|entry| entry.key != change.key);
            continue;
        }
        let empty = Node { value: Value::Map(Map::default()), origin: change.value.origin };
        let before = map.entry(&change.key).map_or(empty, |entry| entry.value.clone());
        set(&mut map, change.key.clone(), merged(before, &change.value));
    }
    Node { value: Value::Map(map), origin: node.origin }
}
