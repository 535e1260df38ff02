//! Rules and configuration of the webhook, and the review of one request.

use crate::cache::{Cache, Surroundings};
use crate::effects::{self, Leniency};
use crate::envelope::{self, Request};
use crate::exemptions;
use crate::object::{self, JUDGED, LAST_APPLIED, OLD};
use crate::reply::{self, Draft, ExemptedBy, Reply};
use crate::world::{self, Case};
use crate::{scale, sweep};
use jiff::civil::DateTime;
use manifest::{Manifest, Node, Value};
use rules::config::{Config, RequestNamespace, RuleTable};
use rules::rule_file::Admission;
use rules::{RuleSet, SuppressedBy};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use topology::Settings;

/// What a review is judged by. Immutable: a new configuration is a new engine.
#[derive(Debug)]
pub struct Engine {
    pub(crate) rules: RuleSet,
    pub(crate) table: RuleTable,
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    hash: String,
}

/// The two objects of a request.
struct Pair<'r> {
    text: &'r [u8],
    object: Manifest,
    old: Option<Manifest>,
    is_deleted: bool,
}

/// Judged wherever they are told of; other kinds belong to a database only where something ties them to one.
const KINDS: [(&str, &[&str]); 4] = [
    ("postgresql.cnpg.io", &[]),
    ("barmancloud.cnpg.io", &["ObjectStore"]),
    (
        "external-secrets.io",
        &[
            "ExternalSecret",
            "ClusterExternalSecret",
            "SecretStore",
            "ClusterSecretStore",
            "PushSecret",
            "ClusterPushSecret",
        ],
    ),
    ("generators.external-secrets.io", &["Password", "ClusterGenerator"]),
];

impl Engine {
    /// Of rules and a configuration; `settings` are those of the configuration, `text` is its text, of which
    /// the hash is shown.
    pub fn new(rules: RuleSet, config: Config, settings: Settings, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(text);
        for rule in rules.iter() {
            hash.update(rule.id.as_bytes());
        }
        let hash = hash.finalize().iter().take(6).fold("sha256-".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let table = rules.table();
        Self { rules, table, config, settings, hash }
    }

    /// Which rules and configuration these are: `sha256-` and twelve hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The ids of all rules.
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.id.as_ref())
    }

    /// Compiles what the first requests would have to, by judging one of every kind.
    pub fn warm_up(&self, now: DateTime) {
        for kind in schema::kinds() {
            let version = if kind.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group) };
            let text = format!(
                r#"{{"apiVersion":"{version}","kind":"{}","metadata":{{"name":"warm","namespace":"up"}},"spec":{{}}}}"#,
                kind.name
            );
            let Ok(object) = object::read(text.as_bytes(), JUDGED, kind.name) else { continue };
            let namespace = kind.namespaced.then_some("up");
            let case = Case { object: &object, old: Some(&object), is_deleted: false, namespace, now };
            world::judge(self, &case, &Surroundings::none());
        }
    }

    /// The uid of a body, if it can be read at all.
    pub fn uid(body: &[u8]) -> Option<String> {
        envelope::uid(body)
    }

    /// Answers a review: `AdmissionReview` bytes in, reply out. `now` is in UTC.
    pub fn review(&self, cache: &Cache, body: &[u8], now: DateTime) -> Reply {
        match envelope::read(body) {
            Ok(request) => self.answer(cache, &request, now).finish(),
            Err(refusal) => reply::refusal(refusal),
        }
    }

    fn answer(&self, cache: &Cache, request: &Request<'_>, now: DateTime) -> Draft {
        let mut draft = Draft::new(request);
        draft.annotate("config", &self.hash);
        draft.annotate("mode", self.config.admission().base_mode().name());
        if let Some(reason) = self.unexpected(request) {
            draft.record.is_unexpected = true;
            draft.annotate("not-judged", reason);
            return draft;
        }
        let pair = if request.sub_resource == "scale" {
            self.scaled(cache, request, &mut draft)
        } else {
            self.pair(request, &mut draft)
        };
        let Some(pair) = pair else { return draft };
        if let Some(reason) = unchanged(&pair) {
            draft.annotate("not-judged", reason);
            return draft;
        }
        self.judge(cache, request, &pair, now, &mut draft);
        draft
    }

    /// Why a request should not have come here.
    fn unexpected(&self, request: &Request<'_>) -> Option<&'static str> {
        match (request.operation.as_ref(), request.sub_resource.as_ref()) {
            ("CREATE" | "UPDATE" | "DELETE", "") => {}
            ("UPDATE", "scale") => {
                let is_ours = request.resource.group == "postgresql.cnpg.io"
                    && matches!(request.resource.resource.as_ref(), "clusters" | "poolers");
                return (!is_ours).then_some("the subresource is not judged");
            }
            ("CONNECT", _) => return Some("the operation is not judged"),
            ("CREATE" | "UPDATE" | "DELETE", _) => return Some("the subresource is not judged"),
            _ => return Some("the operation is not known"),
        }
        let kind = schema::kind(&request.kind.kind).filter(|kind| kind.group == request.kind.group);
        let of_group = |kind: &schema::Kind| {
            let known = KINDS.iter().find(|(group, _)| *group == kind.group);
            known.is_some_and(|(_, kinds)| kinds.is_empty() || kinds.contains(&kind.name))
        };
        let is_secret = |kind: &schema::Kind| kind.group.is_empty() && kind.name == "Secret";
        let is_judged = kind.is_some_and(|kind| {
            of_group(kind) || (is_secret(kind) && self.config.admission().judges_secrets())
        });
        (!is_judged).then_some("the kind is not judged")
    }

    /// The objects of a request; what cannot be judged is said in the draft.
    fn pair<'r>(&self, request: &Request<'r>, draft: &mut Draft) -> Option<Pair<'r>> {
        let is_deleted = request.operation == "DELETE";
        let object = if is_deleted { request.old_object.or(request.object) } else { request.object };
        let Some(text) = object.map(RawValue::get) else {
            if is_deleted {
                draft
                    .warnings
                    .push("cnpg-lint was not told which object is deleted, and judged nothing".to_owned());
            } else {
                draft.denial = Some((400, "the request holds no object to judge".to_owned()));
            }
            return None;
        };
        let kind = &request.kind.kind;
        let object = self.readable(text, JUDGED, kind, draft)?;
        let old = request.old_object.filter(|_| request.operation == "UPDATE").map(RawValue::get);
        let old = match old {
            Some(old) => Some(self.readable(old, OLD, kind, draft)?),
            None => None,
        };
        Some(Pair { text: text.as_bytes(), object, old, is_deleted })
    }

    /// Reads an object; one that cannot be read is never passed over: it is refused where rules are enforced.
    fn readable(
        &self,
        text: &str,
        id: manifest::SourceId,
        kind: &str,
        draft: &mut Draft,
    ) -> Option<Manifest> {
        match object::read(text.as_bytes(), id, kind) {
            Ok(manifest) if matches!(manifest.node.value, Value::Map(_)) => Some(manifest),
            read => {
                let (rule, why) = match read {
                    Err((kind, error)) => (kind.rule(), error.message),
                    Ok(_) => ("yaml-syntax", "it is not a map".to_owned()),
                };
                let effect = self.config.admission().base_mode().cap(Admission::Deny);
                draft.record.findings.push((rule.to_owned(), effect));
                let message = format!("{rule}: the object cannot be judged: {why}");
                match effect {
                    Admission::Deny => draft.denial = Some((403, message)),
                    Admission::Warn => draft.warnings.push(message),
                    Admission::Audit => draft.annotate("audited", rule),
                }
                None
            }
        }
    }

    /// The parent of a scale, at the number that is asked for.
    fn scaled<'r>(&self, cache: &Cache, request: &Request<'r>, draft: &mut Draft) -> Option<Pair<'r>> {
        let kind = if request.resource.resource == "clusters" { "Cluster" } else { "Pooler" };
        kind.clone_into(&mut draft.record.kind);
        let Some(text) = request.object.map(RawValue::get) else {
            draft.denial = Some((400, "the request holds no object to judge".to_owned()));
            return None;
        };
        let parent = cache.text(kind, &request.namespace, &request.name);
        let pair = parent.as_deref().and_then(|parent| scale::parent(kind, parent, text.as_bytes()));
        let Some((old, object)) = pair else {
            draft.record.undecided += 1;
            draft.annotate("undecided", "the object that is scaled is not known");
            return None;
        };
        Some(Pair { text: text.as_bytes(), object, old: Some(old), is_deleted: false })
    }

    fn judge(&self, cache: &Cache, request: &Request<'_>, pair: &Pair<'_>, now: DateTime, draft: &mut Draft) {
        let namespace = Some(request.namespace.as_ref()).filter(|namespace| !namespace.is_empty());
        let facts = namespace.map(|namespace| cache.namespace(namespace)).unwrap_or_default();
        if pair.is_deleted
            && let Some(reason) = sweep::is_swept(&request.user_info, facts.is_terminating)
        {
            draft.annotate("not-judged", reason);
            return;
        }
        let kind = draft.record.kind.clone();
        let around = cache.around(namespace, &kind, &pair.object.node);
        let case = Case {
            object: &pair.object,
            old: pair.old.as_ref(),
            is_deleted: pair.is_deleted,
            namespace,
            now,
        };
        let outcome = world::judge(self, &case, &around);
        self.undecided(&outcome, &around, &kind, draft);
        let exempted =
            exemptions::apply(self, &pair.object, pair.text, namespace, now.date(), outcome.judgement);
        say_exempted(&exempted, draft);
        let labels: Vec<_> = facts.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let at = RequestNamespace { name: namespace, labels: &labels };
        let leniency = self.leniency(request, pair);
        if let Leniency::Exempt(who) = &leniency {
            draft.annotate("exempt-user", who);
            let rules = exempted.judgement.findings.iter().map(|finding| finding.rule.to_string());
            draft.record.exemptions.extend(rules.map(|rule| (rule, ExemptedBy::User)));
        }
        let told = effects::effects(self, &case, &around, at, &leniency, exempted.judgement.findings);
        draft.tell(self, &told);
    }

    /// Notes what could not be decided, and what failed.
    fn undecided(&self, outcome: &world::Outcome, around: &Surroundings, kind: &str, draft: &mut Draft) {
        for undecided in &outcome.judgement.undecided {
            draft.record.undecided += 1;
            draft.annotate("undecided", &undecided.rule);
        }
        for failure in &outcome.judgement.failures {
            draft.annotate("failed", &failure.rule);
            draft
                .warnings
                .push(format!("cnpg-lint could not evaluate {}: {}", failure.rule, failure.message));
        }
        if around.is_cut {
            draft.record.undecided += 1;
            draft.annotate("undecided", "too many namespaces share its archive");
        }
        if !outcome.is_tied
            && let Some(reason) = around.unseen("Cluster")
        {
            draft.record.undecided += 1;
            draft.annotate(
                "undecided",
                &format!("whether this {kind} belongs to a database: Clusters are {reason}"),
            );
        }
    }

    /// Whether anything may be refused.
    fn leniency(&self, request: &Request<'_>, pair: &Pair<'_>) -> Leniency {
        let user = &request.user_info;
        if let Some(who) = self.config.admission().exempts(&user.username, &user.groups) {
            return Leniency::Exempt(who);
        }
        let is_recovery = pair.object.node.at(&["spec", "bootstrap", "recovery"]).is_some();
        if request.operation == "CREATE" && is_recovery { Leniency::Recovery } else { Leniency::None }
    }
}

/// Each use of an exemption is a warning, an audit annotation and counted.
fn say_exempted(exempted: &exemptions::Exempted, draft: &mut Draft) {
    for one in &exempted.suppressed {
        let by = match one.by {
            SuppressedBy::Configuration => ExemptedBy::Configuration,
            _ => ExemptedBy::Annotation,
        };
        let rule = &one.finding.rule;
        draft.annotate("exempted", rule);
        draft.warnings.push(format!("{rule} is exempted here: {}", one.reason));
        draft.record.exemptions.push((rule.to_string(), by));
    }
    for rule in &exempted.refused {
        draft.warnings.push(format!("the annotation that exempts from {rule} does not count here"));
    }
}

/// Why a change is not judged: nothing of it is what rules read.
fn unchanged(pair: &Pair<'_>) -> Option<&'static str> {
    let old = pair.old.as_ref()?;
    let spec = |manifest: &'_ Manifest| manifest.node.get("spec").cloned();
    if !object::same(spec(&pair.object).as_ref(), spec(old).as_ref()) {
        return None;
    }
    if pair.object.node.at(&["metadata", "deletionTimestamp"]).is_some() {
        return Some("the object is being deleted");
    }
    let rest = ["data", "stringData", "type", "provisioner"];
    let is_same = |key: &&str| object::same(pair.object.node.get(key), old.node.get(key));
    let same = rest.iter().all(|key| is_same(&key))
        && same_texts(&pair.object.node, &old.node, "annotations")
        && same_texts(&pair.object.node, &old.node, "labels");
    same.then_some("nothing that rules read is changed")
}

/// Whether the annotations or labels of two objects are the same, but for the last-applied one.
fn same_texts(one: &Node, other: &Node, key: &str) -> bool {
    let entries = |node: &'_ Node| -> Vec<(String, Option<String>)> {
        let map = node.at(&["metadata", key]).and_then(Node::as_map);
        let entries = map.map(|map| map.entries.as_slice()).unwrap_or_default();
        let entries = entries.iter().filter(|entry| entry.key != LAST_APPLIED);
        let mut entries: Vec<_> =
            entries.map(|entry| (entry.key.clone(), entry.value.as_str().map(str::to_owned))).collect();
        entries.sort();
        entries
    };
    entries(one) == entries(other)
}
