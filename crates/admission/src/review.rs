//! The review of one request.

use crate::cache::{Cache, Surroundings};
use crate::effects::{self, Leniency};
use crate::engine::Engine;
use crate::envelope::{self, Body, Refusal, Request};
use crate::exemptions;
use crate::object::{self, JUDGED, OLD};
use crate::pair::{Pair, Unjudged};
use crate::reply::{self, Draft, ExemptedBy, Reply};
use crate::shelf::placed;
use crate::sweep;
use crate::world::{self, Case};
use jiff::civil::DateTime;
use manifest::Value;
use rules::SuppressedBy;
use rules::config::{Mode, RequestNamespace};
use rules::rule_file::Admission;
use std::sync::Arc;
use topology::Object;

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

/// When a review is answered, and how long that may take.
#[derive(Clone, Copy)]
struct Time<'t> {
    now: DateTime,
    is_late: &'t (dyn Fn() -> bool + Sync),
}

impl Engine {
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
            let object = Arc::new(placed(object, JUDGED, namespace));
            let (old, is_late) = (Some(&object), &|| false);
            let case = Case { object: &object, old, is_deleted: false, now, only: None, is_late };
            world::judge(self, &case, &Surroundings::none());
        }
    }

    /// The uid of a body, if it can be read at all.
    pub fn uid(body: &[u8]) -> Option<String> {
        envelope::uid(body)
    }

    /// Answers a review: `AdmissionReview` bytes in, reply out. `now` is in UTC.
    pub fn review(&self, cache: &Cache, body: &[u8], now: DateTime) -> Reply {
        self.review_in_time(cache, body, now, &|| false)
    }

    /// The same; what is not judged when the time is up is undecided.
    pub fn review_in_time(
        &self,
        cache: &Cache,
        body: &[u8],
        now: DateTime,
        is_late: &(dyn Fn() -> bool + Sync),
    ) -> Reply {
        match self.answer(cache, &Body::new(body), Time { now, is_late }) {
            Ok(draft) => draft.finish(),
            Err(refusal) => reply::refusal(refusal),
        }
    }

    fn answer(&self, cache: &Cache, body: &Body<'_>, time: Time<'_>) -> Result<Draft, Refusal> {
        let request = &body.request()?;
        let mut draft = Draft::new(request);
        draft.annotate("config", self.hash());
        draft.annotate("mode", self.mode(cache, request, time.now).name());
        if let Some(reason) = self.unexpected(request) {
            draft.record.is_unexpected = true;
            draft.annotate("not-judged", reason);
            return Ok(draft);
        }
        let pair = if request.sub_resource == "scale" {
            let kind = if request.resource.resource == "clusters" { "Cluster" } else { "Pooler" };
            kind.clone_into(&mut draft.record.kind);
            Pair::of_scale(kind, cache, request)
        } else {
            Pair::of_request(request)
        };
        match pair {
            Ok(pair) => match pair.unchanged() {
                Some(reason) => draft.annotate("not-judged", reason),
                None => self.judge(cache, request, pair, time, &mut draft),
            },
            Err(why) => {
                body.check()?;
                self.unjudged(cache, request, &why, time.now, &mut draft);
            }
        }
        Ok(draft)
    }

    /// What most findings do at most.
    fn mode(&self, cache: &Cache, request: &Request<'_>, now: DateTime) -> Mode {
        let facts = named(request).map(|namespace| cache.namespace(namespace)).unwrap_or_default();
        let labels = facts.labels();
        let at = RequestNamespace { name: named(request), labels: labels.as_deref() };
        self.config.admission().mode_of_most(at, now.date())
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

    /// Says why there is nothing to judge. What cannot be read is never passed over: it is refused where rules
    /// are enforced, unless it goes, or could not be read before either.
    fn unjudged(
        &self,
        cache: &Cache,
        request: &Request<'_>,
        why: &Unjudged,
        now: DateTime,
        draft: &mut Draft,
    ) {
        match why {
            Unjudged::NoObject => {
                draft.denial = Some((400, "the request holds no object to judge".to_owned()));
            }
            Unjudged::NothingDeleted => {
                let text = "cnpg-lint was not told which object is deleted, and judged nothing";
                draft.warnings.push(text.to_owned());
            }
            Unjudged::NoParent => {
                draft.record.undecided += 1;
                draft.annotate("undecided", "the object that is scaled is not known");
            }
            Unjudged::Unread { rule, why, is_new } => {
                let facts = cache.namespace(&request.namespace);
                let labels = facts.labels();
                let at = RequestNamespace { name: named(request), labels: labels.as_deref() };
                let mode = self.config.admission().mode(rule, at, now.date());
                draft.tell_unread(
                    rule,
                    why,
                    mode.cap(if *is_new { Admission::Deny } else { Admission::Warn }),
                );
            }
        }
    }

    fn judge(&self, cache: &Cache, request: &Request<'_>, pair: Pair<'_>, time: Time<'_>, draft: &mut Draft) {
        let Time { now, is_late } = time;
        let namespace = named(request);
        let facts = namespace.map(|namespace| cache.namespace(namespace)).unwrap_or_default();
        if pair.is_deleted
            && let Some(reason) = sweep::is_swept(
                &request.user_info,
                facts.is_terminating,
                self.config.admission().operator_namespace(),
            )
        {
            draft.annotate("not-judged", reason);
            return;
        }
        let kind = draft.record.kind.clone();
        let around = cache.around(namespace, &kind, &pair.object.node);
        let object = Arc::new(placed(pair.object, JUDGED, namespace));
        let old = pair.old.map(|old| Arc::new(placed(old, OLD, namespace)));
        let (old, is_deleted) = (old.as_ref(), pair.is_deleted);
        let case = Case { object: &object, old, is_deleted, now, only: None, is_late };
        let outcome = world::judge(self, &case, &around);
        undecided(&outcome, &around, &kind, draft);
        let exempted =
            exemptions::apply(self, &object.manifest, pair.text, namespace, now.date(), outcome.judgement);
        say_exempted(&exempted, draft);
        let labels = facts.labels();
        if labels.is_none() && namespace.is_some() && self.config.admission().reads_labels() {
            draft.record.undecided += 1;
            draft.annotate("undecided", "the labels of the namespace are not known");
        }
        let at = RequestNamespace { name: namespace, labels: labels.as_deref() };
        let mut told = effects::effects(self, &case, &around, at, exempted.judgement.findings);
        if let Some(leniency) = self.leniency(request, &object, pair.is_past_unread) {
            let spared = effects::spare(&mut told);
            say_spared(&leniency, &spared, draft);
        }
        draft.tell(self, told);
    }

    /// Whether anything may be refused.
    fn leniency(&self, request: &Request<'_>, object: &Object, is_past_unread: bool) -> Option<Leniency> {
        let user = &request.user_info;
        if let Some(who) = self.config.admission().exempts(&user.username, &user.groups) {
            return Some(Leniency::Exempt(who));
        }
        let recovery = object.manifest.node.at(&["spec", "bootstrap", "recovery"]);
        let is_recovery = recovery.is_some_and(|node| matches!(node.value, Value::Map(_)));
        match request.operation.as_ref() {
            "CREATE" if is_recovery => Some(Leniency::Recovery),
            _ if is_past_unread => Some(Leniency::PastUnread),
            _ => None,
        }
    }
}

/// The namespace of a request; `None` for objects that are in none.
fn named<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    Some(request.namespace.as_ref()).filter(|namespace| !namespace.is_empty())
}

/// Says why findings that would refuse only warn.
fn say_spared(leniency: &Leniency, spared: &[Arc<str>], draft: &mut Draft) {
    if spared.is_empty() {
        return;
    }
    let rules = spared.join(", ");
    match leniency {
        Leniency::Exempt(who) => {
            draft.annotate("exempt-user", who);
            draft.warnings.push(format!("not refused, as {who} is exempt: {rules}"));
            let rules = spared.iter().map(|rule| (rule.to_string(), ExemptedBy::User));
            draft.record.exemptions.extend(rules);
        }
        Leniency::Recovery => draft.annotate("spared", "a recovery is never refused"),
        Leniency::PastUnread => {
            draft.record.undecided += 1;
            draft.annotate("undecided", "the object as it was cannot be read");
        }
    }
}

/// Notes what could not be decided, and what failed.
fn undecided(outcome: &world::Outcome, around: &Surroundings, kind: &str, draft: &mut Draft) {
    for undecided in &outcome.judgement.undecided {
        draft.record.undecided += 1;
        draft.annotate("undecided", &undecided.rule);
    }
    for failure in &outcome.judgement.failures {
        draft.annotate("failed", &failure.rule);
        draft.record.failures.push(failure.rule.to_string());
        draft.warnings.push(format!("cnpg-lint could not evaluate {}: {}", failure.rule, failure.message));
    }
    if around.is_cut {
        draft.record.undecided += 1;
        draft.annotate("undecided", "too many namespaces are tied to it");
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
