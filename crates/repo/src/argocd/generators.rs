//! The generators of a set: one set of parameters for each `Application`.

use super::git;
use super::lookup::{Lookup, put_at};
use super::matching::selects;
use super::parameters::{Parameters, combined, filled_up, set};
use super::template::{Language, Refusal};
use manifest::{Entry, Limits, Map, Node, Origin, Source, SourceId, UnknownReason, Value, read};

/// What of a set is not known before something else is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undecided {
    /// Reads after "what this makes is not known: ".
    pub(crate) reason: String,
    /// Where it is written.
    pub(crate) origin: Origin,
}

/// Runs generators.
pub(crate) struct Generators<'a> {
    pub(crate) language: Language,
    pub(crate) checkout: &'a dyn Lookup,
    /// What was not known on the way.
    pub(crate) undecided: Vec<Undecided>,
}

impl Generators<'_> {
    /// The parameters that one generator gives. A generator that asks a cluster or a forge gives
    /// one open set: what it makes is not known, but what does not depend on it is.
    pub(crate) fn run(&mut self, generator: &Node) -> Result<Vec<Parameters>, Refusal> {
        let kinds = generator.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
        let mut made = Vec::new();
        for Entry { key, value, .. } in kinds.iter().filter(|entry| entry.key != "selector") {
            made.extend(match key.as_str() {
                "list" => self.list(value)?,
                "git" => self.git(value)?,
                "matrix" => self.matrix(value)?,
                "merge" => self.merge(value)?,
                _ => self.unknown(value, format!("the generator `{key}` asks a cluster or a forge")),
            });
        }
        let Some(selector) = generator.get("selector") else { return Ok(made) };
        if made.iter().any(|one| selects(selector, one).is_none()) {
            self.unknown(selector, "the selector asks for what is not known".to_owned());
        }
        made.retain(|one| selects(selector, one) != Some(false));
        Ok(made)
    }

    fn unknown(&mut self, node: &Node, reason: String) -> Vec<Parameters> {
        self.undecided.push(Undecided { reason: reason.clone(), origin: node.origin });
        vec![Parameters { entries: Vec::new(), open: Some(UnknownReason::Placeholder(reason)) }]
    }

    fn list(&mut self, list: &Node) -> Result<Vec<Parameters>, Refusal> {
        let mut made = Vec::new();
        match list.get("elements").map(|elements| (elements, elements.as_list())) {
            Some((_, Some(elements))) => {
                for element in elements {
                    made.push(self.element(element)?);
                }
            }
            Some((elements, None)) if elements.value != Value::Null => {
                made.extend(self.unknown(elements, "the elements are not known".to_owned()));
            }
            _ => {}
        }
        let Some(yaml) = list.get("elementsYaml") else { return Ok(made) };
        match yaml.as_str().filter(|text| !text.contains("{{")).map(|text| parsed(text, yaml.origin)) {
            Some(Some(elements)) => {
                let elements = elements.as_list().unwrap_or_default();
                made.extend(elements.iter().filter_map(Node::as_map).cloned());
            }
            Some(None) => return Err("elementsYaml holds no list".to_owned()),
            None => made.extend(self.unknown(yaml, "elementsYaml is not known".to_owned())),
        }
        Ok(made)
    }

    /// In the plain language all values are texts, and those of `values` have names of their own.
    fn element(&self, element: &Node) -> Result<Parameters, Refusal> {
        let Some(map) = element.as_map() else { return Err("an element is no map".to_owned()) };
        if self.language.is_go() {
            return Ok(map.clone());
        }
        let mut parameters = Parameters { entries: Vec::new(), open: map.open.clone() };
        for entry in &map.entries {
            let values = entry.value.as_map().filter(|_| entry.key == "values");
            let Some(values) = values else {
                add_text(&mut parameters, entry.key.clone(), &entry.value)?;
                continue;
            };
            for inner in &values.entries {
                add_text(&mut parameters, format!("values.{}", inner.key), &inner.value)?;
            }
        }
        Ok(parameters)
    }

    fn git(&mut self, generator: &Node) -> Result<Vec<Parameters>, Refusal> {
        let lists = ["directories", "files"].into_iter().filter_map(|key| generator.get(key)?.as_list());
        let unknown =
            lists.flatten().find_map(|item| item.get("path").filter(|path| path.as_str().is_none()));
        if let Some(path) = unknown {
            return Ok(self.unknown(path, "the path of a git generator is not known".to_owned()));
        }
        let made = git::parameters(generator, self.language, self.checkout)?;
        if made.is_empty() {
            let reason = "nothing in this checkout is what the git generator looks for".to_owned();
            self.undecided.push(Undecided { reason, origin: generator.origin });
        }
        Ok(made)
    }

    /// Every set of one generator with every set of the next, which may use the former's values.
    fn matrix(&mut self, matrix: &Node) -> Result<Vec<Parameters>, Refusal> {
        let generators = matrix.get("generators").and_then(Node::as_list).unwrap_or_default();
        let Some((first, others)) = generators.split_first().filter(|(_, others)| !others.is_empty()) else {
            return Err("a matrix needs two generators".to_owned());
        };
        let mut made = self.run(first)?;
        for generator in others {
            let mut next = Vec::new();
            for before in &made {
                let given = self.language.fill(generator, before)?;
                for parameters in self.run(&given)? {
                    next.push(self.both(before, &parameters)?);
                }
            }
            made = next;
        }
        Ok(made)
    }

    fn both(&self, one: &Parameters, two: &Parameters) -> Result<Parameters, Refusal> {
        if self.language.is_go() { Ok(overlaid(two, one)) } else { combined(one, two) }
    }

    /// The sets of the first generator, with what the others say of the same keys.
    fn merge(&mut self, merge: &Node) -> Result<Vec<Parameters>, Refusal> {
        let keys = merge.get("mergeKeys").and_then(Node::as_list).unwrap_or_default();
        let keys: Vec<&str> = keys.iter().filter_map(Node::as_str).collect();
        let generators = merge.get("generators").and_then(Node::as_list).unwrap_or_default();
        if keys.is_empty() || generators.len() < 2 {
            return Err("a merge needs mergeKeys and two generators".to_owned());
        }
        let mut runs = Vec::new();
        for generator in generators {
            runs.push(self.run(generator)?);
        }
        if runs.iter().flatten().any(|one| one.open.is_some()) {
            return Ok(self.unknown(merge, "one of the generators that are merged is not known".to_owned()));
        }
        let mut runs = runs.into_iter();
        let mut base = runs.next().unwrap_or_default();
        unique(&keys, &base)?;
        for others in runs {
            unique(&keys, &others)?;
            for one in &mut base {
                let same = others.iter().find(|other| identity(&keys, other) == identity(&keys, one));
                if let Some(other) = same {
                    *one = if self.language.is_go() { overlaid(one, other) } else { replaced(one, other) };
                }
            }
        }
        Ok(base)
    }
}

/// What a set says of the keys by which sets are merged.
fn identity<'p>(keys: &[&str], parameters: &'p Parameters) -> Vec<Option<&'p Value>> {
    keys.iter().map(|key| parameters.entry(key).map(|entry| &entry.value.value)).collect()
}

fn unique(keys: &[&str], sets: &[Parameters]) -> Result<(), Refusal> {
    for (at, one) in sets.iter().enumerate() {
        if sets.iter().take(at).any(|other| identity(keys, other) == identity(keys, one)) {
            return Err(format!("two sets of parameters have the same {}", keys.join(", ")));
        }
    }
    Ok(())
}

/// The first with what the second says otherwise; what it says as empty counts for nothing.
fn overlaid(one: &Parameters, two: &Parameters) -> Parameters {
    let node = |parameters: &Parameters| {
        let origin = parameters.entries.first().map(|entry| entry.key_origin);
        origin.map(|origin| Node { value: Value::Map(parameters.clone()), origin })
    };
    let (Some(first), Some(second)) = (node(one), node(two)) else {
        let mut either = if one.entries.is_empty() { two.clone() } else { one.clone() };
        either.open = one.open.clone().or_else(|| two.open.clone());
        return either;
    };
    match filled_up(&second, &first).value {
        Value::Map(map) => map,
        _ => Map::default(),
    }
}

fn replaced(one: &Parameters, two: &Parameters) -> Parameters {
    let mut both = one.clone();
    for entry in &two.entries {
        set(&mut both, entry.key.clone(), entry.value.clone());
    }
    both
}

fn add_text(parameters: &mut Parameters, key: String, value: &Node) -> Result<(), Refusal> {
    if value.raw_text().is_none() {
        return Err(format!("the element's `{key}` is no text; without goTemplate all must be"));
    }
    set(parameters, key, value.clone());
    Ok(())
}

/// A YAML text in a text, at the place of that.
pub(crate) fn parsed(text: &str, origin: Origin) -> Option<Node> {
    let source = Source::new("", text.as_bytes().to_vec());
    let first = read(&source, SourceId(0), &Limits::default()).documents.into_iter().next()?;
    let mut node = first.content.ok()?;
    put_at(&mut node, origin);
    Some(node)
}
