//! Both doors say the same: for the same objects, `check` and a review find the same rules broken at the same
//! places, in the same words.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod support;

use manifest::{Limits, Source, SourceId, Sources};
use rules::config::Config;
use rules::{Door as At, Finding, Input, Judgement, RuleSet, judge};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use topology::{
    Environment, EnvironmentId, EnvironmentKind, Inventory, Namespace, NamespaceFrom, Object, Placement,
    Settings, Topology, Wholeness,
};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::new(rulebook::rules()).expect("built-in rules"));
static BOTH: LazyLock<Both> = LazyLock::new(|| Both::new(""));

/// Both doors under one configuration.
struct Both {
    config: Config,
    engine: admission::Engine,
}

impl Both {
    fn new(text: &str) -> Self {
        let rules = RuleSet::new(rulebook::rules()).expect("built-in rules");
        let config = Config::load(text, &rules.table()).expect("a configuration");
        let settings = Settings { now: support::now(), ..Settings::default() };
        let engine = admission::Engine::new(rules, config.clone(), settings, text);
        Self { config, engine }
    }
}

/// Groups that the webhook judges.
const GROUPS: [&str; 4] =
    ["postgresql.cnpg.io", "barmancloud.cnpg.io", "external-secrets.io", "generators.external-secrets.io"];

/// What both must agree on: rule, severity, message, help, object, pointer.
type Said = BTreeSet<[String; 6]>;

/// Findings of rules of both doors.
fn said(findings: &[Finding], of: impl Fn(&Finding) -> bool) -> Said {
    let is_of_both = |finding: &&Finding| {
        let rule = RULES.get(&finding.rule);
        let doors = rule.map(|rule| rule.file().doors.as_slice()).unwrap_or_default();
        doors.contains(&At::Repo) && doors.contains(&At::Admission)
    };
    let row = |finding: &Finding| {
        [
            finding.rule.to_string(),
            finding.severity.to_string(),
            finding.message.clone(),
            finding.help.clone(),
            finding.object.as_ref().map(ToString::to_string).unwrap_or_default(),
            finding.location.pointer.clone(),
        ]
    };
    findings.iter().filter(is_of_both).filter(|finding| of(finding)).map(row).collect()
}

/// The objects of a text, in a namespace where they name none; those with variables or secrets are left out, as
/// a webhook reads every string as it stands.
fn objects(text: &str) -> Vec<Value> {
    let source = Source::new("objects.yaml", text.as_bytes().to_vec());
    let reading = manifest::read(&source, SourceId(0), &Limits::default());
    let readable = reading.documents.into_iter().filter(|document| document.content.is_ok());
    let manifests = readable.flat_map(manifest::Document::into_manifests);
    manifests.filter_map(|manifest| object(&manifest::to_json(&manifest.node))).collect()
}

fn object(text: &str) -> Option<Value> {
    if ["${", "ENC[", "<path:", "op://"].iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let mut object: Value = serde_json::from_str(text).ok()?;
    object["kind"].as_str()?;
    object["apiVersion"].as_str()?;
    object["metadata"]["name"].as_str()?;
    if is_namespaced(&object) && !object["metadata"]["namespace"].is_string() {
        object["metadata"]["namespace"] = json!("default");
    }
    Some(object)
}

fn is_namespaced(object: &Value) -> bool {
    let kind = object["kind"].as_str().unwrap_or_default();
    schema::kind(kind).is_some_and(|kind| kind.namespaced)
}

fn group(object: &Value) -> &str {
    object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
}

/// The objects as a checkout would hold them, each in a file of its own.
fn checkout(objects: &[Value]) -> (Sources, Inventory) {
    let mut sources = Sources::new();
    let mut found = Vec::new();
    for object in objects {
        let source = Source::new("object.json", object.to_string().into_bytes());
        let id = SourceId(u32::try_from(found.len()).expect("few objects"));
        let reading = manifest::read(&source, id, &Limits::default());
        sources.add(source);
        let document = reading.documents.into_iter().next().expect("a document");
        let manifest = document.into_manifests().into_iter().next().expect("an object");
        let namespace = match manifest.node.at(&["metadata", "namespace"]) {
            Some(node) if is_namespaced(object) => {
                let name = node.as_str().unwrap_or_default().to_owned();
                Namespace::Known(name, NamespaceFrom::Object(node.origin.span))
            }
            _ => Namespace::ClusterScoped,
        };
        let placements = vec![Placement { environment: EnvironmentId(0), namespace }];
        found.push(Object { manifest, source: id, wholeness: Wholeness::Whole, placements, made_by: None });
    }
    let environment =
        Environment { kind: EnvironmentKind::Directory, path: String::new(), root: None, opaque: Vec::new() };
    (sources, Inventory::new(vec![environment], found))
}

/// What `check` finds in these objects.
fn checked(both: &Both, objects: &[Value]) -> Judgement {
    let (sources, inventory) = checkout(objects);
    let topology = Topology::new(&inventory, Settings { now: support::now(), ..Settings::default() });
    let judgement = judge(&Input {
        path: &|_| Some("object.json"),
        ..Input::new(&inventory, &topology, &sources, &RULES, &both.config)
    });
    assert!(judgement.failures.is_empty(), "{:?}", judgement.failures);
    judgement
}

/// What a review of the creation of the object finds in a cluster that holds the objects.
fn reviewed(both: &Both, object: &Value, cache: &admission::Cache) -> Vec<Finding> {
    let (_, body) = dispatcher::Request::create(object.clone()).review();
    let reply = both.engine.review(cache, &body, support::now());
    assert_eq!(reply.status, 200);
    assert!(!reply.record.is_unexpected, "{object}");
    reply.findings
}

/// Whether a rule of one door only, which was broken there, speaks for that rule.
fn is_silenced(rule: &str, told: &[&str]) -> bool {
    let is_of_repo = |id: &str| RULES.get(id).is_some_and(|rule| !rule.file().doors.contains(&At::Admission));
    let unless = RULES.get(rule).map(|rule| rule.file().unless.as_slice()).unwrap_or_default();
    unless.iter().any(|cause| told.contains(&&**cause) && is_of_repo(cause))
}

/// What was compared.
#[derive(Default)]
struct Tally {
    objects: usize,
    findings: usize,
    rules: BTreeSet<String>,
    wrong: BTreeMap<String, Vec<String>>,
}

impl Tally {
    /// Compares what both doors say of each of these objects.
    fn compare(&mut self, both: &Both, title: &str, objects: &[Value]) {
        let findings = checked(both, objects).findings;
        let cache = support::whole(objects);
        for object in objects.iter().filter(|object| GROUPS.contains(&group(object))) {
            let (kind, name, namespace) =
                (&object["kind"], &object["metadata"]["name"], &object["metadata"]["namespace"]);
            let is_of = |finding: &Finding| {
                finding.object.as_ref().is_some_and(|of| {
                    of.kind == *kind
                        && of.name.as_deref() == name.as_str()
                        && of.namespace.as_deref() == namespace.as_str().filter(|_| is_namespaced(object))
                })
            };
            let mut review = said(&reviewed(both, object, &cache), |_| true);
            // What the API server refuses or drops is told of in a checkout only, and instead of what follows.
            let told: Vec<&str> = findings.iter().filter(|one| is_of(one)).map(|one| &*one.rule).collect();
            review.retain(|row| !is_silenced(&row[0], &told));
            self.add(title, &said(&findings, is_of), &review);
        }
    }

    fn add(&mut self, title: &str, check: &Said, review: &Said) {
        self.objects += 1;
        self.findings += check.len();
        self.rules.extend(check.iter().map(|row| row[0].clone()));
        for row in check.symmetric_difference(review) {
            let side = if check.contains(row) { "check" } else { "review" };
            self.wrong.entry(row[0].clone()).or_default().push(format!("{title}: only {side}: {row:?}"));
        }
    }

    /// Ends the test.
    fn assert(&self, title: &str) {
        println!(
            "{title}: {} objects, {} findings of {} rules",
            self.objects,
            self.findings,
            self.rules.len()
        );
        let lines: Vec<_> = self
            .wrong
            .iter()
            .map(|(rule, lines)| {
                format!("{rule}: {}\n  {}", lines.len(), lines[..lines.len().min(3)].join("\n  "))
            })
            .collect();
        assert!(self.wrong.is_empty(), "{}", lines.join("\n"));
        assert!(self.objects > 0 && self.findings > 0, "nothing was compared");
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn over_the_fixtures() {
    let mut tally = Tally::default();
    for fixture in ["bad", "good", "guideline"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
        let mut paths = Vec::new();
        files(&folder, &mut paths);
        // A folder is what is applied together; an object that is in two is the same only once.
        let mut folders: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("a file");
            folders.entry(path.parent().expect("its folder").to_owned()).or_default().extend(objects(&text));
        }
        for (folder, objects) in folders {
            tally.compare(&BOTH, &folder.display().to_string(), &distinct(objects));
        }
    }
    tally.assert("fixtures");
}

/// A cluster holds one object of a name.
fn distinct(objects: Vec<Value>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let key = |object: &Value| {
        format!("{} {} {}", object["kind"], object["metadata"]["namespace"], object["metadata"]["name"])
    };
    objects.into_iter().filter(|object| seen.insert(key(object))).collect()
}

#[test]
fn over_the_examples_of_every_rule() {
    let mut tally = Tally::default();
    for rule in RULES.iter() {
        for example in &rule.documentation().examples {
            let title = format!("{} ({})", rule.id, example.title.as_deref().unwrap_or_default());
            let objects = distinct(objects(&example.manifest));
            if example.params.is_empty() && rule.file().enabled {
                tally.compare(&BOTH, &title, &objects);
            } else {
                let params: Vec<_> =
                    example.params.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                let params = params.join(", ");
                let text = format!("rules: {{{}: {{severity: on, params: {{{params}}}}}}}\n", rule.id);
                tally.compare(&Both::new(&text), &title, &objects);
            }
        }
    }
    tally.assert("examples");
    let both = RULES.iter().filter(|rule| {
        let file = rule.file();
        file.doors.contains(&At::Repo)
            && file.doors.contains(&At::Admission)
            && file.judged_by == rules::rule_file::JudgedBy::Itself
            && !file.needs.contains(&rules::rule_file::Need::Old)
            && file.is_on(rules::rule_file::Operation::Create)
            && rule
                .kinds()
                .iter()
                .any(|kind| schema::kind(kind).is_some_and(|kind| GROUPS.contains(&kind.group)))
    });
    let silent: Vec<_> = both.filter(|rule| !tally.rules.contains(&*rule.id)).map(|rule| &rule.id).collect();
    assert!(silent.is_empty(), "rules of both doors that no example broke: {silent:?}");
}

#[test]
fn over_what_a_real_api_server_was_told() {
    let Some(rows) = oracle::rows("admission") else { return };
    let mut tally = Tally::default();
    for row in &rows {
        for side in ["written", "seen"] {
            let Some(object) = row.get(side).and_then(|object| self::object(&object.to_string())) else {
                continue;
            };
            tally.compare(&BOTH, &format!("{} {side}", row["id"]), &[object]);
        }
    }
    tally.assert("oracle");
}

/// What is written to a repository, and what the webhook sees of it after the API server and the operator
/// filled it in.
#[test]
fn over_what_admission_fills_in() {
    let Some(rows) = oracle::rows("admission") else { return };
    let mut tally = Tally::default();
    for row in rows.iter().filter(|row| row["seen"].is_object()) {
        let [written, seen] = ["written", "seen"].map(|side| object(&row[side].to_string()));
        let (Some(written), Some(seen)) = (written, seen) else { continue };
        let cache = support::whole(&[]);
        let check = checked(&BOTH, std::slice::from_ref(&written));
        let told: Vec<&str> = check.findings.iter().map(|one| &*one.rule).collect();
        // What is not written need not be known: the version of an image that the operator chooses.
        let is_open = |rule: &str| check.undecided.iter().any(|one| *one.rule == *rule);
        // Words quote the values: 2.5Gi in the one, 2560Mi in the other.
        let bare = |said: Said| -> Said {
            let rows = said.into_iter();
            rows.map(|[rule, severity, _, _, object, pointer]| {
                [rule, severity, String::new(), String::new(), object, pointer]
            })
            .collect()
        };
        let mut review = bare(said(&reviewed(&BOTH, &seen, &cache), |_| true));
        review.retain(|row| !is_silenced(&row[0], &told) && !is_open(&row[0]));
        tally.add(&row["id"].to_string(), &bare(said(&check.findings, |_| true)), &review);
    }
    tally.assert("filled in");
}
