//! `cnpg-lint inspect --topology`: what the operator would make of a repository, Cluster by Cluster.

use crate::args::{InspectArgs, TextFormat};
use crate::checkout;
use crate::exit::{Error, Exit};
use crate::{output, setup};
use manifest::{Limits, Sources};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use topology::view::{Field, Place, View};
use topology::{Inventory, Object, ObjectId, Placement, Topology};

/// Prints every deployed Cluster of a path.
pub(crate) fn run(arguments: &InspectArgs) -> Result<Exit, Error> {
    let path = arguments.file.clone().unwrap_or_else(|| PathBuf::from("."));
    let working_directory = std::env::current_dir()?;
    let root = checkout::root(arguments.root.as_deref(), &path, &working_directory);
    let rules = setup::rules(&arguments.config.rules)?;
    let config = setup::config(&arguments.config, &root, &rules)?;
    let scan = repo::scan(&repo::Options {
        files: repo::Files::WorkTree,
        first_source: manifest::SourceId(0),
        paths: vec![repo::Input::Path(path)],
        root: arguments.root.clone(),
        limits: Limits::default(),
        working_directory,
        everything: false,
        helm: None,
    })
    .map_err(|error| Error::Usage(error.to_string()))?;
    let topology = Topology::new(&scan.inventory, setup::topology(&config.config, crate::clock::now()));
    let show = Show { sources: &scan.sources, inventory: &scan.inventory, topology: &topology };
    let clusters = scan.inventory.of_kind("Cluster").filter(|(_, object)| {
        object.manifest.group() == Some("postgresql.cnpg.io") && scan.is_named(object.source)
    });
    let mut text = String::new();
    for (id, object) in clusters {
        for placement in once_a_namespace(object) {
            match arguments.format {
                TextFormat::Human => text.push_str(&show.human(id, object, placement)),
                TextFormat::Json => _ = writeln!(text, "{}", show.json(id, object, placement)),
            }
        }
    }
    output::to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(if scan.unavailable.iter().any(|one| one.named) { Exit::Incomplete } else { Exit::Clean })
}

/// The first placement in each namespace.
fn once_a_namespace(object: &Object) -> Vec<&Placement> {
    let mut found: Vec<&Placement> = Vec::new();
    for placement in &object.placements {
        if found.iter().all(|other| other.namespace.name() != placement.namespace.name()) {
            found.push(placement);
        }
    }
    found
}

struct Show<'s> {
    sources: &'s Sources,
    inventory: &'s Inventory,
    topology: &'s Topology<'s>,
}

impl Show<'_> {
    fn json(&self, id: ObjectId, object: &Object, placement: &Placement) -> Value {
        let views = self.topology.views(id, placement);
        let mut value = match views.get("cluster") {
            Some(field) => self.value(field),
            None => Value::Null,
        };
        if let Some(map) = value.as_object_mut() {
            map.insert("name".to_owned(), object.manifest.name().into());
            map.insert("namespace".to_owned(), placement.namespace.name().into());
            map.insert("environments".to_owned(), self.environments(object, placement).into());
            map.insert(
                "exposures".to_owned(),
                views.get("exposures").map_or(Value::Null, |field| self.value(field)),
            );
        }
        value
    }

    /// A field as JSON: a view is a map with its place, what is not known is `{"unknown": why}`.
    fn value(&self, field: Field<'_>) -> Value {
        match field {
            Field::Null | Field::Lookup(_) => Value::Null,
            Field::Bool(value) => value.into(),
            Field::Int(value) => value.into(),
            Field::String(text) => text.into(),
            Field::Unknown(reason) => json!({"unknown": reason}),
            Field::Node(node, _) => serde_json::from_str(&manifest::to_json(node)).unwrap_or_default(),
            Field::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Field::View(view) => {
                let fields = view.schema().fields.iter();
                let mut map: serde_json::Map<String, Value> = fields
                    .filter_map(|field| Some((field.name.to_owned(), self.value(view.get(field.name)?))))
                    .collect();
                if let Some(place) = view.place() {
                    map.insert("place".to_owned(), self.place(place).into());
                }
                map.into()
            }
        }
    }

    /// `path:line:column`.
    fn place(&self, place: &Place) -> String {
        let Some(source) = self.sources.get(place.span.source) else { return String::new() };
        let position = source.position(place.span.start);
        format!("{}:{}:{}", source.path(), position.line, position.column)
    }

    fn environments(&self, object: &Object, placement: &Placement) -> Vec<String> {
        let same =
            object.placements.iter().filter(|other| other.namespace.name() == placement.namespace.name());
        let mut paths: Vec<String> =
            same.filter_map(|one| Some(self.inventory.environment(one.environment)?.path.clone())).collect();
        paths.dedup();
        paths
    }

    fn human(&self, id: ObjectId, object: &Object, placement: &Placement) -> String {
        let views = self.topology.views(id, placement);
        let Some(Field::View(cluster)) = views.get("cluster") else { return String::new() };
        let name = object.manifest.name().unwrap_or("?");
        let namespace =
            placement.namespace.name().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let mut text = format!("Cluster {namespace}{name}");
        if let Some(place) = cluster.place() {
            let _ = write!(text, "  {}", self.place(place));
        }
        text.push('\n');
        let mut row = |title: &str, value: String| {
            if !value.is_empty() {
                let _ = writeln!(text, "  {title:<12} {value}");
            }
        };
        row("is", what(cluster));
        row("image", image(object));
        row("WAL", archive(cluster));
        for schedule in list(cluster, "schedules") {
            row("base backups", self.schedule(schedule, cluster));
        }
        row("kept", kept(cluster));
        for copy in list(cluster, "copies") {
            row("copy", copy_words(copy));
        }
        for illusion in list(cluster, "illusions") {
            row("only named", format!("{}: nothing writes to it", read(illusion, "store")));
        }
        for dump in list(cluster, "dumps") {
            row(
                "dumped by",
                format!("{} {} ({})", read(dump, "kind"), read(dump, "name"), read(dump, "tool")),
            );
        }
        for source in list(cluster, "external_clusters") {
            row("reads", source_words(source));
        }
        row("used by", names(cluster, "applications"));
        row("reached by", reach(cluster, views.get("exposures")));
        row("watched by", names(cluster, "watchers"));
        row("credentials", read(cluster, "app_secret"));
        text.push('\n');
        text
    }

    fn schedule(&self, schedule: &dyn View, cluster: &dyn View) -> String {
        let spec = read(schedule, "schedule");
        let times = match topology::cron::Schedule::parse(&spec) {
            Ok(parsed) => {
                let next = parsed.next(self.topology.settings().now);
                let next = next.map(|next| format!(", next {next}Z")).unwrap_or_default();
                format!("{}{next}", parsed.words())
            }
            Err(error) => error,
        };
        let method = read(schedule, "method");
        let to = match method.as_str() {
            "volumeSnapshot" => "volume snapshots".to_owned(),
            _ => read_at(cluster, &["archive", "store", "title"]),
        };
        let suspended = if read(schedule, "is_suspended") == "true" { ", suspended" } else { "" };
        format!("{} by {method} to {to}: {times}{suspended}", read(schedule, "name"))
    }
}

/// Who reaches it.
fn reach(cluster: &dyn View, exposures: Option<Field<'_>>) -> String {
    let mut parts = Vec::new();
    if let Some(Field::List(items)) = exposures {
        for item in items.iter() {
            if let Field::View(view) = item {
                let private = if read(view, "is_private") == "true" { ", private" } else { "" };
                parts.push(format!("{}{private}", read(view, "kind")));
            }
        }
    }
    parts.push(match read(cluster, "is_closed").as_str() {
        "true" => "what its network policies let in".to_owned(),
        "false" => "every pod".to_owned(),
        other => other.to_owned(),
    });
    for policy in list(cluster, "policies") {
        let peers: Vec<String> =
            list(policy, "admits").into_iter().map(|rule| list_of_texts(rule, "peers").join(", ")).collect();
        let admits = if peers.is_empty() { String::new() } else { format!(" ({})", peers.join("; ")) };
        parts.push(format!("{} {}{admits}", read(policy, "kind"), read(policy, "name")));
    }
    parts.join("; ")
}

/// What a Cluster is, beside a plain one.
fn what(cluster: &dyn View) -> String {
    let words = [
        ("is_replica", "a replica cluster"),
        ("is_hibernated", "hibernated"),
        ("is_recovery", "made from a backup"),
    ];
    let mut is: Vec<&str> =
        words.iter().filter(|(field, _)| read(cluster, field) == "true").map(|(_, word)| *word).collect();
    if !matches!(read(cluster, "throw_away").as_str(), "" | "-") {
        is.push("may be lost");
    }
    is.join(", ")
}

fn archive(cluster: &dyn View) -> String {
    let by = read(cluster, "archiver");
    if by == "none" {
        return "goes nowhere".to_owned();
    }
    let at = |path: &[&str]| read_at(cluster, path);
    match cluster.get("archive") {
        Some(Field::View(_)) => format!(
            "by {by} to {} as {}: {}{}",
            store(&at(&["archive", "store", "title"]), &at(&["archive", "store", "path"])),
            at(&["archive", "server_name"]),
            at(&["archive", "store", "site", "name"]),
            assumed(&at(&["archive", "store", "site", "is_assumed"])),
        ),
        Some(Field::Unknown(reason)) => format!("by {by}, {reason}"),
        _ => format!("by {by}"),
    }
}

/// A store's name and path; without a name the path is its title.
fn store(title: &str, path: &str) -> String {
    if title == path { path.to_owned() } else { format!("{title} ({path})") }
}

/// What says which PostgreSQL it runs.
fn image(cluster: &Object) -> String {
    let text = |keys: &[&str]| cluster.manifest.node.at(keys).and_then(manifest::Node::raw_text);
    if let Some(image) = text(&["spec", "imageName"]) {
        return image.to_owned();
    }
    match text(&["spec", "imageCatalogRef", "name"]) {
        Some(name) => {
            let major = text(&["spec", "imageCatalogRef", "major"]).unwrap_or("?");
            format!(
                "PostgreSQL {major} of {} {name}",
                text(&["spec", "imageCatalogRef", "kind"]).unwrap_or("catalog")
            )
        }
        None => "the operator's default".to_owned(),
    }
}

fn kept(cluster: &dyn View) -> String {
    match cluster.get("archive") {
        Some(Field::View(archive)) => match read(archive, "retention").as_str() {
            "-" => "for ever".to_owned(),
            retention => retention.to_owned(),
        },
        _ => String::new(),
    }
}

fn copy_words(copy: &dyn View) -> String {
    let site = format!("{}{}", read(copy, "site"), assumed(&read(copy, "is_assumed")));
    let holds = match (read(copy, "has_wal").as_str(), read(copy, "has_base").as_str()) {
        ("true", "true") => "WAL and base backups".to_owned(),
        ("true", "false") => "WAL only, which cannot be restored".to_owned(),
        ("false", "true") => "base backups only".to_owned(),
        ("false", "false") => "nothing".to_owned(),
        (wal, base) => format!("WAL: {wal}, base backups: {base}"),
    };
    format!("{site}: {} ({}), {holds}", read(copy, "title"), read(copy, "by"))
}

fn source_words(source: &dyn View) -> String {
    let name = read(source, "name");
    let used = match read(source, "used_by").as_str() {
        "-" => String::new(),
        used => format!(" for {used}"),
    };
    if read(source, "by") == "connection" {
        return format!("{name}{used}: a running server");
    }
    let store = read_at(source, &["store", "title"]);
    let written = match read(source, "is_written").as_str() {
        "true" if read(source, "is_own_archive") == "true" => "its own archive".to_owned(),
        "true" => "written by another Cluster".to_owned(),
        "false" => "nothing writes there".to_owned(),
        other => other.to_owned(),
    };
    format!("{name}{used}: {store} as {}: {written}", read(source, "server_name"))
}

fn assumed(is_assumed: &str) -> &'static str {
    if is_assumed == "true" { " (assumed)" } else { "" }
}

fn names(view: &dyn View, field: &str) -> String {
    list(view, field)
        .into_iter()
        .map(|one| format!("{} {}", read(one, "kind"), read(one, "name")))
        .collect::<Vec<_>>()
        .join(", ")
}

fn list<'v>(view: &'v dyn View, field: &str) -> Vec<&'v dyn View> {
    let Some(Field::List(items)) = view.get(field) else { return Vec::new() };
    items.iter().filter_map(|item| if let Field::View(view) = item { Some(view) } else { None }).collect()
}

fn list_of_texts(view: &dyn View, field: &str) -> Vec<String> {
    let Some(Field::List(items)) = view.get(field) else { return Vec::new() };
    items.iter().map(show).collect()
}

fn read(view: &dyn View, field: &str) -> String {
    view.get(field).map(show).unwrap_or_default()
}

fn read_at(view: &dyn View, path: &[&str]) -> String {
    match path {
        [] => String::new(),
        [last] => read(view, last),
        [first, rest @ ..] => match view.get(first) {
            Some(Field::View(inner)) => read_at(inner, rest),
            Some(other) => show(other),
            None => String::new(),
        },
    }
}

fn show(field: Field<'_>) -> String {
    match field {
        Field::Bool(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::String(text) => text.to_owned(),
        Field::Unknown(reason) => reason.to_owned(),
        _ => "-".to_owned(),
    }
}
