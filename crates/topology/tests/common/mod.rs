//! A small repository for tests, and a way to ask it what a rule would.

#![allow(dead_code, unreachable_pub, missing_docs)] // each test file uses a part of it
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot be set up fails

use manifest::{Dialect, Limits, Part, Partial, Source, SourceId, Sources, UnknownReason};
use topology::view::{Field, View};
use topology::{
    Environment, EnvironmentId, EnvironmentKind, Inventory, Namespace, NamespaceFrom, Object, ObjectId,
    Opaque, Placement, Settings, Topology, Wholeness,
};

#[derive(Default)]
pub struct Repository {
    sources: Sources,
    environments: Vec<Environment>,
    objects: Vec<Object>,
}

impl Repository {
    /// One environment with these objects.
    pub fn of(yaml: &str) -> Self {
        Self::default().environment("apps").file(yaml)
    }

    /// Starts an environment; files that follow are in it.
    pub fn environment(mut self, path: &str) -> Self {
        self.environments.push(Environment {
            kind: EnvironmentKind::Kustomize,
            path: path.to_owned(),
            root: None,
            opaque: Vec::new(),
        });
        self
    }

    pub fn file(self, yaml: &str) -> Self {
        self.add(yaml, true)
    }

    /// A file that nothing deploys.
    pub fn undeployed(self, yaml: &str) -> Self {
        self.add(yaml, false)
    }

    /// Deploys every object to a further namespace.
    pub fn deploy_also(&mut self, namespace: &str) {
        for object in &mut self.objects {
            let further = object.placements.iter().map(|at| {
                let from = NamespaceFrom::Object(object.manifest.node.origin.span);
                Placement {
                    namespace: Namespace::Known(namespace.to_owned(), from),
                    environment: at.environment,
                }
            });
            let further: Vec<_> = further.collect();
            object.placements.extend(further);
        }
    }

    pub fn opaque(mut self, what: &str) -> Self {
        let span = manifest::Span { source: SourceId(0), start: 0, end: 0 };
        self.environments.last_mut().unwrap().opaque.push(Opaque {
            why: String::new(),
            what: what.to_owned(),
            version: None,
            namespace: None,
            span,
        });
        self
    }

    fn add(mut self, yaml: &str, deployed: bool) -> Self {
        let id = self.sources.add(Source::new("x.yaml", yaml.as_bytes().to_vec()));
        let reading = manifest::read(self.sources.get(id).unwrap(), id, &Limits::default());
        let environment = EnvironmentId(u32::try_from(self.environments.len() - 1).unwrap());
        for document in &reading.documents {
            for mut manifest in manifest::manifests(document) {
                topology::mark_unknowns(&mut manifest.node, Dialect::FILE);
                let span = manifest.node.origin.span;
                let namespace = manifest.namespace().map_or(Namespace::Unset, |name| {
                    Namespace::Known(name.to_owned(), NamespaceFrom::Object(span))
                });
                let is_namespaced = manifest.kind().and_then(schema::kind).is_none_or(|kind| kind.namespaced);
                let namespace = if is_namespaced { namespace } else { Namespace::ClusterScoped };
                let placements =
                    if deployed { vec![Placement { environment, namespace }] } else { Vec::new() };
                self.objects.push(Object {
                    manifest,
                    source: id,
                    wholeness: Wholeness::Whole,
                    placements,
                    made_by: None,
                });
            }
        }
        self
    }

    /// What a rule would read about an object: `cluster.archiver`, `secrets[web-app].made`,
    /// `cluster.schedules.0.method`.
    pub fn ask(self, kind: &str, name: &str, question: &str) -> String {
        self.ask_all(kind, name, &[question]).remove(0)
    }

    pub fn ask_all(self, kind: &str, name: &str, questions: &[&str]) -> Vec<String> {
        let inventory = Inventory::new(self.environments, self.objects);
        let topology = Topology::new(&inventory, Settings::default());
        let (id, placement) = find(&inventory, kind, name);
        let views = topology.views(id, &placement);
        let answer = |question: &&str| {
            let (variable, rest) = question.split_at(question.find(['.', '[']).unwrap_or(question.len()));
            let value = views.get(variable).unwrap_or_else(|| panic!("no variable {variable} for {kind}"));
            answer(value, rest)
        };
        questions.iter().map(answer).collect()
    }

    pub fn tied(self, kind: &str, name: &str) -> bool {
        let inventory = Inventory::new(self.environments, self.objects);
        let (id, placement) = find(&inventory, kind, name);
        Topology::new(&inventory, Settings::default()).is_tied(id, &placement)
    }
}

fn find(inventory: &Inventory, kind: &str, name: &str) -> (ObjectId, Placement) {
    let (id, object) =
        inventory.of_kind(kind).find(|(_, object)| object.manifest.name() == Some(name)).unwrap();
    let made_up = Placement { environment: EnvironmentId(u32::MAX), namespace: Namespace::Unset };
    (id, object.placements.first().cloned().unwrap_or(made_up))
}

fn answer(value: Field<'_>, rest: &str) -> String {
    if rest.is_empty() {
        return show(value);
    }
    if let Some((name, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let Field::Lookup(lookup) = value else { panic!("no lookup") };
        let view = match name.split_once("${") {
            Some((before, after)) => {
                let (variable, after) = after.split_once('}').unwrap();
                let text = |text: &str| (!text.is_empty()).then(|| Part::Text(text.to_owned()));
                let parts = [text(before), Some(Part::Hole), text(after)].into_iter().flatten().collect();
                let reason = UnknownReason::Variable(format!("${{{variable}}}"));
                lookup.find_partial(&Partial { raw: name.to_owned(), parts, reason }).unwrap()
            }
            None => lookup.find(name),
        };
        return answer_of_view(view.as_ref(), rest);
    }
    let (first, rest) = rest[1..].split_at(rest[1..].find('.').unwrap_or(rest.len() - 1));
    match value {
        Field::View(view) => answer_of_view(view, &format!(".{first}{rest}")),
        Field::List(items) => answer(items.get(first.parse().unwrap()).unwrap(), rest),
        other => panic!("no {first} in {other:?}"),
    }
}

fn answer_of_view(view: &dyn View, rest: &str) -> String {
    if rest.is_empty() {
        return show_view(view);
    }
    let (field, rest) = rest[1..].split_at(rest[1..].find('.').unwrap_or(rest.len() - 1));
    answer(view.get(field).unwrap_or_else(|| panic!("no field {field}")), rest)
}

fn show(value: Field<'_>) -> String {
    match value {
        Field::Null => "null".to_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::String(text) => text.to_owned(),
        Field::Unknown(reason) => format!("unknown: {reason}"),
        Field::Node(_, pointer) => format!("node {pointer}"),
        Field::View(view) => show_view(view),
        Field::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Field::Lookup(_) => "lookup".to_owned(),
    }
}

/// The fields of a view and the pointer of its place.
fn show_view(view: &dyn View) -> String {
    let fields = view.schema().fields.iter().map(|field| show(view.get(field.name).unwrap()));
    let place = view.place().map(|place| format!(" @{}", place.pointer)).unwrap_or_default();
    format!("{}{place}", fields.collect::<Vec<_>>().join(" "))
}
