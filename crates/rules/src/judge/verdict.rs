//! One rule, one object, one placement.

use super::place::{alias, location, subject};
use super::scope::{ObjectScope, Params, SelfScope};
use crate::compile::{Judging, Telling};
use crate::config::{RuleLevel, Settings};
use crate::expr::{Expr, Heap, Silence, Val};
use crate::finding::{Location, Related, Severity};
use crate::rule::Rule;
use crate::rule_file::WhenAbsent;
use crate::select::{Found, Selection};
use manifest::{Node, Number, UnknownReason, Value};

/// How one rule came out at one place.
#[derive(Debug)]
pub(super) struct Verdict<'r> {
    pub(super) rule: &'r Rule,
    pub(super) location: Location,
    pub(super) outcome: Outcome,
    /// Another rule says the same of the object: it counts as checked, but is not told.
    pub(super) is_said: bool,
    /// The rule is off: it only keeps rules silent that would say the same.
    pub(super) is_off: bool,
}

/// What all rules gave.
#[derive(Debug)]
pub(super) struct Verdicts<'r> {
    pub(super) found: Vec<Verdict<'r>>,
    /// Whether what holds is wanted too.
    pub(super) keeps_holds: bool,
    /// Whether something holds that was not kept.
    pub(super) any: bool,
}

impl<'r> Verdicts<'r> {
    /// Adds a verdict at a place, which is only made for one that is kept.
    fn add(&mut self, rule: &'r Rule, is_off: bool, outcome: Outcome, place: impl FnOnce() -> Location) {
        if !self.keeps_holds && matches!(outcome, Outcome::Holds) {
            self.any |= !is_off;
            return;
        }
        self.found.push(Verdict { rule, location: place(), outcome, is_said: false, is_off });
    }
}

/// How it came out.
#[derive(Debug)]
pub(super) enum Outcome {
    Holds,
    Broken(Broken),
    Undecided(String),
    Failed(String),
}

/// What there is to say of a broken rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) related: Vec<Related>,
}

impl<'r> Verdict<'r> {
    /// Of the whole object nothing can be said.
    pub(super) fn undecided(rule: &'r Rule, node: &Node, reason: String) -> Self {
        let outcome = Outcome::Undecided(reason);
        Self { rule, location: whole(node), outcome, is_said: false, is_off: false }
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.outcome, Outcome::Broken(_))
    }
}

/// Judges every place that the rule selects in the object, unless the rule is not about it.
pub(super) fn judge_rule<'r>(
    rule: &'r Rule,
    kind: &str,
    node: &Node,
    settings: &Settings<'_>,
    object: &ObjectScope<'_>,
    verdicts: &mut Verdicts<'r>,
) {
    // Most rules are not about the object, whatever their level.
    let level = || settings.severity(&rule.id, rule.file().enabled);
    let mut fail = |message: &str| {
        let is_off = level() == RuleLevel::Off;
        verdicts.add(rule, is_off, Outcome::Failed(message.to_owned()), || whole(node));
    };
    let compiled = match rule.judging() {
        Ok(compiled) => compiled,
        Err(message) => return fail(message),
    };
    let params = Params { rule, settings };
    let about = SelfScope { object, params, this: None, pointer: "" };
    let doubt = match compiled.applies.as_ref().map(|applies| applies.holds(&about)) {
        Some(Ok(false)) => return,
        Some(Err(Silence::Failed(message))) => return fail(&message),
        Some(Err(Silence::Undecided(reason))) => Some(reason),
        None | Some(Ok(true)) => None,
    };
    let level = level();
    let is_off = level == RuleLevel::Off;
    let judge = RuleJudge { rule, compiled, level, kind, node, object, params };
    let mut say = |outcome, place: &dyn Fn() -> Location| {
        verdicts.add(rule, is_off, doubtful(outcome, doubt.as_deref()), place);
    };
    match &compiled.each {
        Some(each) => judge.each(each, &mut say),
        None => judge.selections(&mut say),
    }
}

/// Takes an outcome, and how to make its place.
type Say<'s> = dyn FnMut(Outcome, &dyn Fn() -> Location) + 's;

/// Where it is not known whether the rule is about the object, only a pass is sure.
fn doubtful(outcome: Outcome, doubt: Option<&str>) -> Outcome {
    match (outcome, doubt) {
        (Outcome::Broken(_), Some(reason)) => Outcome::Undecided(reason.to_owned()),
        (outcome, _) => outcome,
    }
}

/// The object itself as a place.
fn whole(node: &Node) -> Location {
    Location { span: super::place::first_key(node), pointer: String::new() }
}

struct RuleJudge<'j, 'o> {
    rule: &'j Rule,
    compiled: &'j Judging,
    level: RuleLevel,
    kind: &'j str,
    node: &'j Node,
    object: &'j ObjectScope<'o>,
    params: Params<'j>,
}

impl<'o> RuleJudge<'_, 'o> {
    fn scope<'s>(&'s self, this: Option<Val<'s>>, pointer: &'s str) -> SelfScope<'s, 'o> {
        SelfScope { object: self.object, params: self.params, this, pointer }
    }

    /// Each place that the paths lead to.
    fn selections(&self, say: &mut Say<'_>) {
        let mut judged = false;
        for select in self.compiled.paths(self.kind) {
            select.visit(self.node, &mut |selection| {
                judged = true;
                let mut outcome = self.selection(&selection);
                if let (Outcome::Broken(broken), Some((place, span))) = (&mut outcome, alias(&selection)) {
                    let is_elsewhere = place.source != span.source;
                    let message =
                        if is_elsewhere { "it takes effect here" } else { "the value is written here" };
                    let location = Location { span, pointer: String::new() };
                    broken.related.push(Related { message: message.to_owned(), location });
                }
                say(outcome, &|| location(&selection, self.node));
            });
        }
        if !judged {
            // No list, no items: there is nothing that could break the rule.
            say(Outcome::Holds, &|| whole(self.node));
        }
    }

    fn selection(&self, selection: &Selection<'_>) -> Outcome {
        let default;
        let this = match selection.found {
            Found::Unknown(pointer, reason) => {
                return Outcome::Undecided(format!("{} is {reason}", subject(pointer)));
            }
            Found::Node(node) if is_maybe_absent(node) && self.rule.file().assert.is_none() => {
                let reason = node.unknown_reason().map(ToString::to_string).unwrap_or_default();
                return Outcome::Undecided(format!("{} is {reason}", subject(selection.pointer)));
            }
            Found::Node(node) if node.value != Value::Null => Some(node),
            // `null` is dropped by the API server, as if it were not there.
            _ => match self.rule.file().when_absent {
                WhenAbsent::Holds => return Outcome::Holds,
                WhenAbsent::Broken => None,
                WhenAbsent::Default => {
                    default = schema::default(self.kind, selection.pattern)
                        .map(|value| default_node(value, self.node));
                    default.as_ref()
                }
            },
        };
        self.holds(&self.scope(this.map(Val::from), selection.pointer))
    }

    /// Each view that `each` gives, at its place; the object where there is none.
    fn each(&self, each: &Expr, say: &mut Say<'_>) {
        let here = || whole(self.node);
        let (scope, heap) = (self.scope(None, ""), Heap::default());
        let items = match each.items(&scope, &heap) {
            Ok(items) if items.is_empty() => return say(Outcome::Holds, &here),
            Ok(items) => items,
            Err(Silence::Undecided(reason)) => return say(Outcome::Undecided(reason), &here),
            Err(Silence::Failed(message)) => return say(Outcome::Failed(message), &here),
        };
        for view in items {
            let place = view.place();
            let pointer = place.as_ref().map_or("", |place| &place.pointer);
            let outcome = self.holds(&self.scope(Some(view), pointer));
            say(outcome, &|| match &place {
                Some(place) => Location { span: place.span, pointer: place.pointer.clone() },
                None => whole(self.node),
            });
        }
    }

    /// Whether `assert` holds of `self`; without `self` it does not.
    fn holds(&self, scope: &SelfScope<'_, '_>) -> Outcome {
        let holds = match self.compiled.assert(self.rule.file()) {
            _ if scope.this.is_none() => Ok(false),
            Err(message) => Err(Silence::Failed(message.to_owned())),
            Ok(None) => Ok(true),
            Ok(Some(assert)) => assert.holds(scope),
        };
        match holds {
            Ok(true) => Outcome::Holds,
            Ok(false) => self.broken(scope).map_or_else(Outcome::Failed, Outcome::Broken),
            Err(Silence::Undecided(reason)) => Outcome::Undecided(reason),
            Err(Silence::Failed(message)) => Outcome::Failed(message),
        }
    }

    fn broken(&self, scope: &SelfScope<'_, '_>) -> Result<Broken, String> {
        let telling = self.rule.telling()?;
        let mut related = Vec::new();
        for (at, message) in &telling.related {
            // What is shown beside a finding never decides it: without a place, nothing is shown.
            for place in at.places(scope).unwrap_or_default() {
                let location = Location { span: place.span, pointer: place.pointer };
                related.push(Related { message: message.render(scope), location });
            }
        }
        Ok(Broken {
            severity: self.severity(telling, scope)?,
            message: telling.message.render(scope),
            help: telling.help.render(scope),
            related,
        })
    }

    /// The configured severity, else the first whose condition holds. Where a condition is not
    /// known, the milder of what it could be.
    fn severity(&self, telling: &Telling, scope: &SelfScope<'_, '_>) -> Result<Severity, String> {
        if let RuleLevel::Severity(severity) = self.level {
            return Ok(severity);
        }
        let mut at_most = Severity::Error;
        for (when, severity) in &telling.severity {
            match when.as_ref().map(|when| when.holds(scope)) {
                None | Some(Ok(true)) => return Ok((*severity).min(at_most)),
                Some(Ok(false)) => {}
                Some(Err(Silence::Undecided(_))) => at_most = at_most.min(*severity),
                Some(Err(Silence::Failed(message))) => return Err(message),
            }
        }
        Ok(at_most)
    }
}

/// Whether a patch may have removed the value altogether.
fn is_maybe_absent(node: &Node) -> bool {
    matches!(node.unknown_reason(), Some(UnknownReason::Patched(_)))
}

/// What the API server fills in, as if it stood where the object does.
fn default_node(value: serde_json::Value, object: &Node) -> Node {
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => Value::Number(match number.as_i64() {
            Some(number) => Number::Int(number),
            None => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => {
            Value::List(items.into_iter().map(|item| default_node(item, object)).collect())
        }
        serde_json::Value::Object(fields) => {
            let entries = fields.into_iter().map(|(key, value)| manifest::Entry {
                key,
                key_origin: object.origin,
                value: default_node(value, object),
            });
            Value::Map(manifest::Map { entries: entries.collect(), open: None })
        }
    };
    Node { value, origin: object.origin }
}
