//! `cnpg-lint inspect --rendered`: every object as it is deployed, and where each value is written.

use crate::args::{InspectArgs, TextFormat};
use crate::exit::{Error, Exit};
use crate::{output, setup};
use manifest::{Limits, Node, Span, Value as Kind};
use repo::Scan;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use topology::{Environment, EnvironmentKind, Object, Placement};

/// Prints every object of every environment of a path.
pub(crate) fn run(arguments: &InspectArgs) -> Result<Exit, Error> {
    let path = arguments.file.clone().unwrap_or_else(|| PathBuf::from("."));
    let scan = repo::scan(&repo::Options {
        paths: vec![repo::Input::Path(path)],
        root: arguments.root.clone(),
        limits: Limits::default(),
        working_directory: std::env::current_dir()?,
        everything: true,
        helm: setup::program(arguments.helm.as_deref())?,
        files: repo::Files::WorkTree,
        first_source: manifest::SourceId(0),
    })
    .map_err(|error| Error::Usage(error.to_string()))?;
    let show = Show { scan: &scan };
    let mut text = String::new();
    for (_, object) in scan.inventory.objects() {
        for placement in &object.placements {
            let Some(environment) = scan.inventory.environment(placement.environment) else { continue };
            match arguments.format {
                TextFormat::Json => _ = writeln!(text, "{}", show.object(environment, object, placement)),
                TextFormat::Human => show.human(environment, object, placement, &mut text),
            }
        }
    }
    for environment in scan.inventory.environments() {
        for (what, reason, span) in not_rendered(environment) {
            let place = show.place(span);
            let line = json!({"environment": identity(environment), "not_rendered": what, "reason": reason, "location": place});
            match arguments.format {
                TextFormat::Json => _ = writeln!(text, "{line}"),
                TextFormat::Human => {
                    _ = writeln!(text, "{}: not rendered: {what}: {reason}", environment.path);
                }
            }
        }
    }
    for problem in &scan.problems {
        let place = show.place(problem.span);
        let line = json!({"not_rendered": problem.message, "reason": problem.rule, "location": place});
        match arguments.format {
            TextFormat::Json => _ = writeln!(text, "{line}"),
            TextFormat::Human => _ = writeln!(text, "not rendered: {}", problem.message),
        }
    }
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(if scan.unavailable.iter().any(|one| one.named) { Exit::Incomplete } else { Exit::Clean })
}

struct Show<'s> {
    scan: &'s Scan,
}

impl Show<'_> {
    fn object(&self, environment: &Environment, object: &Object, placement: &Placement) -> Value {
        let manifest = &object.manifest;
        let mut origins = Map::new();
        self.origins(&manifest.node, &mut String::new(), &mut origins);
        let value: Value = serde_json::from_str(&manifest::to_json(&manifest.node)).unwrap_or_default();
        json!({
            "environment": identity(environment),
            "object": {
                "api_version": manifest.api_version(),
                "kind": manifest.kind(),
                "namespace": placement.namespace.name(),
                "name": manifest.name(),
            },
            "value": value,
            "origins": origins,
        })
    }

    /// Where each value is written, by its pointer.
    fn origins(&self, node: &Node, pointer: &mut String, found: &mut Map<String, Value>) {
        found.insert(pointer.clone(), self.place(node.origin.span));
        let before = pointer.len();
        match &node.value {
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    _ = write!(pointer, "/{index}");
                    self.origins(item, pointer, found);
                    pointer.truncate(before);
                }
            }
            Kind::Map(map) => {
                for entry in &map.entries {
                    _ = write!(pointer, "/{}", manifest::pointer_token(&entry.key));
                    self.origins(&entry.value, pointer, found);
                    pointer.truncate(before);
                }
            }
            _ => {}
        }
    }

    fn place(&self, span: Span) -> Value {
        let Some(source) = self.scan.sources.get(span.source) else { return Value::Null };
        let position = source.position(span.start);
        json!({"path": source.path(), "line": position.line, "column": position.column})
    }

    fn human(&self, environment: &Environment, object: &Object, placement: &Placement, text: &mut String) {
        let namespace = placement.namespace.name().map(|name| format!("{name}/")).unwrap_or_default();
        let (kind, name) = (object.manifest.kind().unwrap_or("(no kind)"), object.manifest.name());
        let path = self.scan.sources.get(object.source).map_or("", manifest::Source::path);
        _ = writeln!(
            text,
            "{}: {kind} {namespace}{} from {path}",
            environment.path,
            name.unwrap_or("(no name)")
        );
    }
}

/// What of an environment could not be rendered, why, and where it is named.
fn not_rendered(environment: &Environment) -> impl Iterator<Item = (&str, &str, Span)> {
    environment.opaque.iter().map(|one| (one.what.as_str(), one.why.as_str(), one.span))
}

fn identity(environment: &Environment) -> Value {
    let kind = match environment.kind {
        EnvironmentKind::Kustomize => "kustomize",
        EnvironmentKind::Flux => "flux",
        EnvironmentKind::ArgoCd => "argocd",
        EnvironmentKind::Directory => "directory",
        EnvironmentKind::Cluster => "cluster",
    };
    json!({"kind": kind, "path": environment.path})
}
