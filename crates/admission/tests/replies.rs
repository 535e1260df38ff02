//! Whatever stands in an object, the reply is one that an API server takes whole, and no denial reads like one
//! that makes Flux delete and recreate the object.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod support;

use admission::{Cache, Reply};
use dispatcher::{AdmissionResponse, verify_reply};
use proptest::prelude::*;
use regex_lite::Regex;
use rules::{RuleSet, rule_file::Example};
use serde_json::{Value, json};
use std::sync::LazyLock;
use support::{ENFORCE, UID, now, with};

/// All rules may refuse: what they say of anything must do as the text of a denial.
static ENGINE: LazyLock<admission::Engine> = LazyLock::new(|| {
    let rules = rulebook::rules().into_iter().map(|rule| {
        // A rule file is YAML: the level is one line of it, or not there.
        let text = rulebook_text(&rule.id);
        let lines = text.lines().filter(|line| !line.starts_with("admission:"));
        let text = lines.chain(["admission: deny", ""]).collect::<Vec<_>>().join("\n");
        rules::Rule::load(&rule.id, &rule.category, &text).expect("a rule")
    });
    let rules = RuleSet::new(rules.collect()).expect("sound rules");
    let config = rules::config::Config::load(ENFORCE, &rules.table()).expect("a configuration");
    admission::Engine::new(rules, config, topology::Settings::default(), ENFORCE)
});

/// The file of a rule.
fn rulebook_text(id: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
    let mut folders = std::fs::read_dir(folder).expect("the rules");
    let path = folders.find_map(|entry| {
        let path = entry.expect("a folder").path().join(format!("{id}.yaml"));
        path.is_file().then_some(path)
    });
    std::fs::read_to_string(path.expect("a file of that name")).expect("a rule's file")
}

static FLUX: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?i)is immutable|immutable field|field is immutable").expect("a pattern"));

/// An example: all its objects, and what the one that is judged was.
struct Shown {
    objects: Vec<Value>,
    old: Vec<Value>,
}

static EXAMPLES: LazyLock<Vec<Shown>> = LazyLock::new(|| {
    let rules = rulebook::rules();
    let shown = |example: &Example| Shown {
        objects: objects(&example.manifest),
        old: example.old.as_deref().map(objects).unwrap_or_default(),
    };
    rules
        .iter()
        .flat_map(|rule| rule.documentation().examples.iter().map(shown).collect::<Vec<_>>())
        .collect()
});

fn objects(text: &str) -> Vec<Value> {
    let source = manifest::Source::new("example.yaml", text.as_bytes().to_vec());
    let reading = manifest::read(&source, manifest::SourceId(0), &manifest::Limits::default());
    let readable = reading.documents.into_iter().filter(|document| document.content.is_ok());
    let manifests = readable.flat_map(manifest::Document::into_manifests);
    manifests.filter_map(|manifest| serde_json::from_str(&manifest::to_json(&manifest.node)).ok()).collect()
}

/// The bodies that an example makes: each of its objects created, changed and deleted.
fn bodies(shown: &Shown) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for (index, object) in shown.objects.iter().enumerate() {
        bodies.push(body("CREATE", object, &Value::Null));
        bodies.push(body("DELETE", &Value::Null, object));
        if let Some(old) = shown.old.get(index) {
            bodies.push(body("UPDATE", object, old));
        }
    }
    bodies
}

fn body(operation: &str, object: &Value, old: &Value) -> Vec<u8> {
    let there = if object.is_null() { old } else { object };
    let text = |pointer: &str| there.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", text("/apiVersion")));
    let kind = json!({"group": group, "version": version, "kind": text("/kind")});
    let mut review = support::envelope();
    review["request"] = with(
        review["request"].take(),
        &[
            ("/kind", kind),
            ("/operation", json!(operation)),
            ("/name", json!(text("/metadata/name"))),
            ("/namespace", json!(text("/metadata/namespace"))),
        ],
    );
    review["request"]["object"] = object.clone();
    review["request"]["oldObject"] = old.clone();
    review.to_string().into_bytes()
}

/// Holds what must hold of every reply.
fn sound(reply: &Reply) -> Result<AdmissionResponse, String> {
    if reply.status != 200 {
        return Err(format!("status {}", reply.status));
    }
    let response = verify_reply(UID, &reply.body)?;
    let wrong = |what: &str, text: &str| Err(format!("{what}: {text:?}"));
    let mut runes = 0;
    for warning in &response.warnings {
        runes += warning.chars().count();
        if warning.chars().count() > 256 || warning.is_empty() || warning.chars().any(char::is_control) {
            return wrong("a warning", warning);
        }
    }
    if runes > 4096 {
        return wrong("too many runes of warnings", &runes.to_string());
    }
    for (key, value) in &response.audit_annotations {
        let is_name = !key.is_empty()
            && key.len() <= 63
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && !key.starts_with('-')
            && !key.ends_with('-');
        if !is_name || value.chars().any(char::is_control) || value.chars().count() > 4096 {
            return wrong("an annotation", &format!("{key}: {value}"));
        }
    }
    match (&response.status, response.allowed) {
        (None, true) => {}
        (Some(status), false) => {
            if (status.code, status.reason.as_str()) != (403, "Forbidden") {
                return wrong("a code", &format!("{} {}", status.code, status.reason));
            }
            if let Some(bad) = forbidden(&status.message) {
                return wrong("what Flux takes for an immutable field", &bad);
            }
            if status.message.len() > 100_000 {
                return wrong("a long text", &status.message.len().to_string());
            }
        }
        _ => return wrong("a status", &format!("{:?}", response.status)),
    }
    Ok(response)
}

/// What of a denial must not be there.
fn forbidden(text: &str) -> Option<String> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [text, &flat] {
        if FLUX.is_match(text) || text.to_lowercase().contains("immutable") {
            return Some(text.to_owned());
        }
    }
    let head = text.get(..40.min(text.len())).unwrap_or(text).to_lowercase();
    let is_api =
        ["invalid", "conflict", "operation cannot be fulfilled"].iter().any(|word| head.starts_with(word))
            || text.contains("Invalid value:") && text.contains("is invalid:");
    is_api.then(|| text.to_owned())
}

#[test]
fn the_words_of_no_rule_read_like_an_immutable_field() {
    let (mut denials, mut rules) = (0, std::collections::BTreeSet::new());
    for shown in EXAMPLES.iter() {
        let cache = support::whole(&shown.objects);
        for body in bodies(shown) {
            let reply = ENGINE.review(&cache, &body, now());
            let response = sound(&reply).expect("a sound reply");
            denials += usize::from(!response.allowed);
            // Not only what had room: every word of every finding.
            for finding in &reply.findings {
                rules.insert(finding.rule.clone());
                for text in [&finding.message, &finding.help] {
                    assert_eq!(forbidden(text), None, "{}", finding.rule);
                }
            }
        }
    }
    println!("{denials} denials; findings of {} rules", rules.len());
    assert!(denials > 500 && rules.len() > 150, "{denials} denials of {} rules", rules.len());
    for rule in rulebook::rules() {
        let why = &rule.documentation().why;
        assert!(!FLUX.is_match(why), "{}", rule.id);
    }
}

/// Strings that somebody may put into an object to make a reply say what it should not.
const HOSTILE: [&str; 14] = [
    "field is immutable",
    "spec.x: Invalid value: \"y\": Field Is IMMUTABLE",
    "is\nimmutable",
    "immutable\u{a0}field",
    "imm\u{200b}utable field",
    "a\r\nWarning: 299 - forged",
    "\u{0}\u{1b}[31m\u{7f}\u{85}",
    "\u{2028}\u{202e}\u{feff}",
    "{{ object.metadata.name }}",
    "immutableimmutableimmutable field",
    "\"}],\"allowed\":true",
    "💥☃é",
    "",
    " ",
];

/// One change of an object.
#[derive(Debug, Clone)]
enum Change {
    Set(usize, Value),
    Drop(usize),
    Rename(usize, String),
    Copy(usize, usize),
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        3 => (0..HOSTILE.len()).prop_map(|at| HOSTILE[at].to_owned()),
        1 => (0..HOSTILE.len(), 1..3000usize).prop_map(|(at, times)| HOSTILE[at].repeat(times)),
        1 => any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-4..5i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
        (0..300usize).prop_map(|levels| (0..levels).fold(json!("deep"), |inner, _| json!([inner]))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((0..HOSTILE.len(), inner), 0..4).prop_map(|entries| {
                entries.into_iter().map(|(at, value)| (HOSTILE[at].to_owned(), value)).collect()
            }),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<usize>(), value()).prop_map(|(at, value)| Change::Set(at, value)),
        1 => any::<usize>().prop_map(Change::Drop),
        1 => (any::<usize>(), 0..HOSTILE.len()).prop_map(|(at, word)| Change::Rename(at, HOSTILE[word].to_owned())),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::Copy(from, to)),
    ]
}

fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            pointers(value, &format!("{pointer}/{key}"), found);
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, value)| pointers(value, &format!("{pointer}/{at}"), found)),
        _ => {}
    }
    found.push(pointer.to_owned());
}

fn changed(mut object: Value, changes: &[Change]) -> Value {
    for change in changes {
        let mut places = Vec::new();
        pointers(&object, "", &mut places);
        let at = |index: usize| places[index % places.len()].clone();
        match change {
            Change::Set(index, value) => {
                if let Some(place) = object.pointer_mut(&at(*index)) {
                    *place = value.clone();
                }
            }
            Change::Copy(from, to) => {
                let value = object.pointer(&at(*from)).cloned().unwrap_or_default();
                if let Some(place) = object.pointer_mut(&at(*to)) {
                    *place = value;
                }
            }
            Change::Drop(index) | Change::Rename(index, _) => {
                let place = at(*index);
                let Some((parent, key)) = place.rsplit_once('/') else { continue };
                let key = key.replace("~1", "/").replace("~0", "~");
                let Some(Value::Object(parent)) = object.pointer_mut(parent) else { continue };
                let value = parent.remove(&key);
                if let (Change::Rename(_, name), Some(value)) = (change, value) {
                    parent.insert(name.clone(), value);
                }
            }
        }
    }
    object
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_reply_is_sound(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..5),
        operation in 0..4usize,
        is_cached in any::<bool>(),
    ) {
        let shown = which.get(&EXAMPLES);
        let Some(first) = shown.objects.first() else { return Ok(()) };
        let object = changed(first.clone(), &changes);
        let old = shown.old.first().unwrap_or(first);
        // The kind is the API server's word, whatever the object says.
        let body = |operation: &str, object: &Value, old: &Value| {
            let mut review: Value = serde_json::from_slice(&body(operation, first, first)).expect("a review");
            review["request"]["object"] = object.clone();
            review["request"]["oldObject"] = old.clone();
            review
        };
        let mut review = match operation {
            0 => body("CREATE", &object, &Value::Null),
            1 => body("UPDATE", &object, old),
            2 => body("UPDATE", old, &object),
            _ => body("DELETE", &Value::Null, &object),
        };
        if object.is_null() && operation < 2 || old.is_null() && operation == 2 {
            return Ok(());
        }
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or("x");
        review["request"]["name"] = json!(text("/metadata/name"));
        review["request"]["namespace"] = json!(text("/metadata/namespace"));
        let cache = if is_cached { support::whole(&shown.objects) } else { Cache::new() };
        if is_cached {
            support::put(&cache, &object);
        }
        let bytes = review.to_string().into_bytes();
        let reply = ENGINE.review(&cache, &bytes, now());
        prop_assert!(sound(&reply).is_ok(), "{:?}", sound(&reply).err());
        prop_assert_eq!(&reply, &ENGINE.review(&cache, &bytes, now()), "the same bytes, another reply");
    }

    /// The scale of any parent.
    #[test]
    fn every_scale_is_sound(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 0..4),
        replicas in value(),
    ) {
        let shown = which.get(&EXAMPLES);
        let Some(first) = shown.objects.first() else { return Ok(()) };
        let ignore = json!("instances-min-2: until=2027-01-01 a lab");
        let first = changed(first.clone(), &changes);
        let place = |pointer: &str| first.pointer(pointer).is_none_or(Value::is_object);
        if !["", "/metadata", "/metadata/annotations"].iter().all(|pointer| place(pointer)) {
            return Ok(());
        }
        let parent = with(first, &[("/metadata/annotations/cnpg-lint.dev~1ignore", ignore)]);
        let parent = with(parent, &[("/metadata/name", json!("orders")), ("/metadata/namespace", json!("shop"))]);
        let mut review = support::envelope();
        review["request"]["kind"] = json!({"group": "autoscaling", "version": "v1", "kind": "Scale"});
        review["request"]["subResource"] = json!("scale");
        review["request"]["operation"] = json!("UPDATE");
        review["request"]["object"] = json!({"kind": "Scale", "spec": {"replicas": replicas}});
        let reply = ENGINE.review(&support::whole(&[parent]), review.to_string().as_bytes(), now());
        prop_assert!(sound(&reply).is_ok(), "{:?}", sound(&reply).err());
    }

    /// Any bytes at all, and bytes that are nearly a review.
    #[test]
    fn any_bytes_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        length in 0..20usize,
    ) {
        let mut body = support::envelope().to_string().into_bytes();
        let start = at.index(body.len());
        let end = (start + length).min(body.len());
        body.splice(start..end, bytes.iter().copied());
        for body in [&bytes, &body] {
            let reply = ENGINE.review(&Cache::new(), body, now());
            match admission::Engine::uid(body) {
                None => prop_assert_eq!(reply.status, 400),
                Some(uid) => prop_assert!(verify_reply(&uid, &reply.body).is_ok()),
            }
        }
    }
}
