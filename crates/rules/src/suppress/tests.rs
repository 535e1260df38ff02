//! What people suppress, and what they are told about it.

use super::{Context, Subject, Suppression, apply};
use crate::config::tests::table;
use crate::config::{Config, RuleTable, parse_date};
use crate::finding::{
    Check, Finding, Judgement, Location, ObjectRef, Outcome, Severity, SuppressedBy, Undecided,
};
use insta::assert_snapshot;
use manifest::{Limits, Manifest, Node, Reading, Source, SourceId, Sources, manifests, read};
use std::fmt::Write as _;

/// A run over some texts with two rules: `instances-min-2`, and `backup-missing`, which is
/// undecided where `backup` is null. What is absent is placed at the nearest key.
struct Run<'a> {
    texts: &'a [(&'a str, &'a str)],
    config: &'a str,
    today: &'a str,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self { texts: &[], config: "", today: "2026-06-01" }
    }
}

fn one(text: &str) -> String {
    Run { texts: &[("db.yaml", text)], ..Run::default() }.show()
}

fn judge(objects: &[(SourceId, Manifest)], table: &RuleTable) -> Judgement {
    let mut judgement = Judgement::default();
    for (_, object) in objects.iter().filter(|(_, object)| object.kind() == Some("Cluster")) {
        let object_ref = ObjectRef {
            api_version: object.api_version().unwrap().to_owned(),
            kind: "Cluster".to_owned(),
            namespace: object.namespace().map(str::to_owned),
            name: object.name().map(str::to_owned),
        };
        let entry = object.node.as_map().unwrap().entry("spec").unwrap();
        let key = |pointer: &str| Location { span: entry.key_origin.span, pointer: pointer.to_owned() };
        let at =
            |node: &Node, pointer: &str| Location { span: node.origin.span, pointer: pointer.to_owned() };
        let backup = match entry.value.get("backup") {
            Some(node) if *node == Node { value: manifest::Value::Null, origin: node.origin } => {
                (at(node, "/spec/backup"), Outcome::Undecided)
            }
            Some(node) => (at(node, "/spec/backup"), Outcome::Holds),
            None => (key("/spec/backup"), Outcome::Broken),
        };
        let instances = entry.value.get("instances").map_or_else(
            || (key("/spec/instances"), Outcome::Broken),
            |node| {
                let outcome = if node.as_i64() == Some(1) { Outcome::Broken } else { Outcome::Holds };
                (at(node, "/spec/instances"), outcome)
            },
        );
        for (rule, (location, outcome)) in [("backup-missing", backup), ("instances-min-2", instances)] {
            let rule = table.get(rule).unwrap().id.clone();
            judgement.checks.push(Check {
                rule: rule.clone(),
                object: object_ref.clone(),
                location: location.clone(),
                outcome,
            });
            let object = object_ref.clone();
            match outcome {
                Outcome::Broken => judgement.findings.push(Finding {
                    rule,
                    category: "backup".into(),
                    severity: Severity::Error,
                    refused_by: None,
                    message: format!("{object} is bad"),
                    help: String::new(),
                    object: Some(object),
                    environments: Vec::new(),
                    location,
                    related: Vec::new(),
                }),
                Outcome::Undecided => {
                    judgement.undecided.push(Undecided { rule, object, location, reason: "null".to_owned() });
                }
                _ => {}
            }
        }
    }
    judgement
}

impl Run<'_> {
    fn apply(&self) -> (Sources, Suppression) {
        let table = table();
        let config = Config::load(self.config, &table).unwrap();
        let mut sources = Sources::new();
        for (path, text) in self.texts {
            sources.add(Source::new(*path, text.as_bytes().to_vec()));
        }
        let config_source = sources.add(Source::new(".cnpg-lint.yaml", self.config.as_bytes().to_vec()));
        let readings: Vec<(SourceId, Reading)> = sources
            .iter()
            .filter(|(id, _)| *id != config_source)
            .map(|(id, source)| (id, read(source, id, &Limits::default())))
            .collect();
        let objects: Vec<(SourceId, Manifest)> = readings
            .iter()
            .flat_map(|(id, reading)| reading.documents.iter().map(|document| (*id, document)))
            .flat_map(|(id, document)| manifests(document).into_iter().map(move |manifest| (id, manifest)))
            .collect();
        let subjects: Vec<_> = objects
            .iter()
            .map(|(source, manifest)| Subject {
                manifest,
                source: *source,
                namespaces: manifest.namespace().into_iter().collect(),
            })
            .collect();
        let comments: Vec<_> =
            readings.iter().map(|(id, reading)| (*id, reading.comments.as_slice())).collect();
        let ran = |rule: &str, object: Option<usize>| {
            ["backup-missing", "instances-min-2"].contains(&rule)
                && object.is_none_or(|index| objects[index].1.kind() == Some("Cluster"))
        };
        let suppression = apply(
            judge(&objects, &table),
            &Context {
                sources: &sources,
                comments: &comments,
                subjects: &subjects,
                config: &config,
                config_source: Some(config_source),
                table: &table,
                today: parse_date(self.today).unwrap(),
                path: &|id| Some(sources.get(id).map_or("", Source::path)),
                reported: &|id| !sources.get(id).is_some_and(|source| source.path().starts_with("other/")),
                ran: &ran,
            },
        );
        (sources, suppression)
    }

    fn show(&self) -> String {
        let (sources, suppression) = self.apply();
        let place = |location: &Location| {
            let (start, _) = sources.positions(location.span).unwrap();
            format!("{}:{}:{}", sources.get(location.span.source).unwrap().path(), start.line, start.column)
        };
        let mut out = String::new();
        for finding in &suppression.judgement.findings {
            let object = finding.object.as_ref().map_or_else(String::new, |object| format!(" ({object})"));
            let (at, severity, rule) = (place(&finding.location), finding.severity, &finding.rule);
            let _ = writeln!(out, "{at} {severity}[{rule}]{object} {} {}", finding.message, finding.help);
        }
        for suppressed in &suppression.judgement.suppressed {
            let (finding, reason) = (&suppressed.finding, &suppressed.reason);
            let (at, rule, by) = (place(&finding.location), &finding.rule, suppressed.by);
            let _ = writeln!(out, "{at} suppressed[{rule}] by {by:?}: {reason}");
        }
        let outcomes =
            |wanted| suppression.judgement.checks.iter().filter(|check| check.outcome == wanted).count();
        assert_eq!(
            outcomes(Outcome::Suppressed) + outcomes(Outcome::Broken),
            suppression.judgement.suppressed.len()
                + suppression.judgement.findings.iter().filter(|one| &*one.category != "suppression").count(),
        );
        assert_eq!(outcomes(Outcome::Suppressed), suppression.judgement.suppressed.len());
        if let Some(notice) = suppression.notice() {
            let _ = writeln!(out, "note: {notice}");
        }
        out
    }
}

#[test]
fn a_comment_on_the_line_or_above_it_or_above_the_object() {
    assert_snapshot!(one("\
# cnpg-lint: ignore[backup-missing] this one lies above the first object
# and so does this line
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: one}
spec:
  instances: 1 # cnpg-lint: ignore[instances-min-2] on the line
---
# Something else.
# cnpg-lint: ignore[instances-min-2] above, behind the separator
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: two}
# cnpg-lint: ignore[backup-missing] above the line
spec:
  instances: 1
"), @r#"
    db.yaml:6:1 suppressed[backup-missing] by Comment: this one lies above the first object
    db.yaml:7:14 suppressed[instances-min-2] by Comment: on the line
    db.yaml:15:1 suppressed[backup-missing] by Comment: above the line
    db.yaml:16:14 suppressed[instances-min-2] by Comment: above, behind the separator
    note: `backup-missing` and another rule are suppressed by a comment or by path, which the admission webhook cannot see; the annotation `cnpg-lint.dev/ignore` on the object counts at both
    "#);
}

#[test]
fn a_list_has_objects_too() {
    assert_snapshot!(one("\
apiVersion: v1
kind: List
items:
  # cnpg-lint: ignore[instances-min-2, backup-missing] the first item
  - apiVersion: postgresql.cnpg.io/v1
    kind: Cluster
    metadata: {name: one}
    spec: {instances: 1}
  - apiVersion: postgresql.cnpg.io/v1
    kind: Cluster
    metadata: {name: two}
    spec: {instances: 1}
"), @r#"
    db.yaml:12:5 error[backup-missing] (Cluster two) Cluster two is bad 
    db.yaml:12:23 error[instances-min-2] (Cluster two) Cluster two is bad 
    db.yaml:8:5 suppressed[backup-missing] by Comment: the first item
    db.yaml:8:23 suppressed[instances-min-2] by Comment: the first item
    note: `backup-missing` and another rule are suppressed by a comment or by path, which the admission webhook cannot see; the annotation `cnpg-lint.dev/ignore` on the object counts at both
    "#);
}

#[test]
fn what_covers_nothing_is_reported_where_it_can_be_told() {
    assert_snapshot!(one("\
# cnpg-lint: ignore[backup-missing] undecided, so nobody knows
# cnpg-lint: ignore[secret-in-git] not judged
# cnpg-lint: ignore[instances-min-2] there are three
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: one
  annotations:
    cnpg-lint.dev/ignore: |
      backup-missing: nobody knows
      instances-min-2, secret-in-git: there are three
spec:
  instances: 3 # cnpg-lint: ignore[instances-min-2, backup-missing] there are three
  backup: ~
# cnpg-lint: ignore[instances-min-2] nothing stands below
"), @r#"
    db.yaml:3:21 warning[suppression-unused] nothing in this object breaks `instances-min-2`: the suppression is not needed Remove it.
    db.yaml:11:7 warning[suppression-unused] (Cluster one) nothing in this object breaks `instances-min-2`: the suppression is not needed Remove `instances-min-2` from it.
    db.yaml:13:36 warning[suppression-unused] nothing on this line breaks `instances-min-2`: the suppression is not needed Remove `instances-min-2` from it.
    db.yaml:15:21 warning[suppression-unused] nothing on this line breaks `instances-min-2`: the suppression is not needed Remove it.
    "#);
}

#[test]
fn one_of_two_rules_is_not_needed() {
    assert_snapshot!(one("\
# cnpg-lint: ignore[backup-missing, instances-min-2] small
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: one}
spec: {instances: 2}
"), @r#"
    db.yaml:1:37 warning[suppression-unused] nothing in this object breaks `instances-min-2`: the suppression is not needed Remove `instances-min-2` from it.
    db.yaml:5:1 suppressed[backup-missing] by Comment: small
    note: `backup-missing` is suppressed by a comment or by path, which the admission webhook cannot see; the annotation `cnpg-lint.dev/ignore` on the object counts at both
    "#);
}

#[test]
fn annotations_cover_their_object_only() {
    let cluster = |reason: &str| {
        format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: db\n  namespace: prod\n  \
             annotations: {{cnpg-lint.dev/ignore: \"{reason}\"}}\nspec: {{instances: 1}}\n"
        )
    };
    let dev = cluster("backup-missing: made anew; instances-min-2: until=2026-05-31 small");
    let prod = cluster("backup-mising: typing error; instances-min-2");
    let texts = [("dev/db.yaml", dev.as_str()), ("prod/db.yaml", prod.as_str())];
    assert_snapshot!(Run { texts: &texts, ..Run::default() }.show(), @r#"
    dev/db.yaml:6:84 warning[suppression-expired] (Cluster prod/db) this suppression of `instances-min-2` ran out on 2026-05-31 Mend what it covered, or give it a later day and a reason that holds.
    dev/db.yaml:7:19 error[instances-min-2] (Cluster prod/db) Cluster prod/db is bad 
    prod/db.yaml:6:40 error[suppression-malformed] (Cluster prod/db) there is no rule `backup-mising` did you mean `backup-missing`?
    prod/db.yaml:6:69 error[suppression-malformed] (Cluster prod/db) `instances-min-2` has no reason write `rule-id: reason`; several entries stand on lines of their own, or between `;`
    prod/db.yaml:7:1 error[backup-missing] (Cluster prod/db) Cluster prod/db is bad 
    prod/db.yaml:7:19 error[instances-min-2] (Cluster prod/db) Cluster prod/db is bad 
    dev/db.yaml:7:1 suppressed[backup-missing] by Annotation: made anew
    "#);
}

#[test]
fn a_suppression_counts_through_its_last_day() {
    let text = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: one}
# cnpg-lint: ignore[backup-missing] until=2026-06-01 soon
spec:
  instances: 2 # cnpg-lint: ignore[instances-min-2] until=2026-06-01 soon
";
    let texts = [("db.yaml", text)];
    let show = |today| Run { texts: &texts, today, ..Run::default() }.show();
    assert_snapshot!(format!("{}\n{}", show("2026-06-01"), show("2026-06-02")), @r#"
    db.yaml:6:36 warning[suppression-unused] nothing on this line breaks `instances-min-2`: the suppression is not needed Remove it.
    db.yaml:5:1 suppressed[backup-missing] by Comment: soon
    note: `backup-missing` is suppressed by a comment or by path, which the admission webhook cannot see; the annotation `cnpg-lint.dev/ignore` on the object counts at both

    db.yaml:4:37 warning[suppression-expired] this suppression of `backup-missing` ran out on 2026-06-01 Mend what it covered, or give it a later day and a reason that holds.
    db.yaml:5:1 error[backup-missing] (Cluster one) Cluster one is bad 
    db.yaml:6:53 warning[suppression-expired] this suppression of `instances-min-2` ran out on 2026-06-01 It covers nothing any more: remove it.
    "#);
}

#[test]
fn the_configuration_suppresses_by_selectors() {
    let cluster = |namespace: &str| {
        format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: db, namespace: {namespace}}}\n\
             spec: {{instances: 1}}\n"
        )
    };
    let (dev, prod, ci) = (cluster("dev"), cluster("prod"), cluster("ci"));
    let texts = [("dev/db.yaml", dev.as_str()), ("k8s/ci.yaml", ci.as_str()), ("k8s/db.yaml", prod.as_str())];
    let config = "\
ignore:
  - {rules: [backup-missing, instances-min-2], paths: dev/, reason: for development}
  - {rules: instances-min-2, namespaces: [ci], kinds: [Cluster], reason: small}
  - {rules: [instances-min-2], names: nothing, reason: old}
  - {rules: [secret-in-git], names: nothing, reason: not judged}
  - {rules: [backup-missing], namespaces: [ci], reason: over, until: 2026-01-01}
";
    assert_snapshot!(Run { texts: &texts, config, ..Run::default() }.show(), @r#"
    .cnpg-lint.yaml:4:14 warning[suppression-unused] nothing that this entry selects breaks `instances-min-2`: the suppression is not needed Remove it.
    .cnpg-lint.yaml:6:70 warning[suppression-expired] this suppression of `backup-missing` ran out on 2026-01-01 Mend what it covered, or give it a later day and a reason that holds.
    k8s/ci.yaml:4:1 error[backup-missing] (Cluster ci/db) Cluster ci/db is bad 
    k8s/db.yaml:4:1 error[backup-missing] (Cluster prod/db) Cluster prod/db is bad 
    k8s/db.yaml:4:19 error[instances-min-2] (Cluster prod/db) Cluster prod/db is bad 
    dev/db.yaml:4:1 suppressed[backup-missing] by Configuration: for development
    dev/db.yaml:4:19 suppressed[instances-min-2] by Configuration: for development
    k8s/ci.yaml:4:19 suppressed[instances-min-2] by Configuration: small
    note: `backup-missing` and another rule are suppressed by a comment or by path, which the admission webhook cannot see; the annotation `cnpg-lint.dev/ignore` on the object counts at both
    "#);
}

#[test]
fn what_is_said_of_suppressions_can_be_configured() {
    let text = "\
# cnpg-lint: ignore[nothing] x
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: one}
spec: {instances: 3, backup: {}} # cnpg-lint: ignore[instances-min-2] x
";
    let texts = [("db.yaml", text), ("other/db.yaml", text)];
    let config = "rules: {suppression-unused: off, suppression-malformed: info}";
    assert_snapshot!(Run { texts: &texts, config, ..Run::default() }.show(), @r#"db.yaml:1:21 info[suppression-malformed] there is no rule `nothing` `cnpg-lint rules` lists them"#);
}

#[test]
fn the_key_of_a_value_below_counts_as_its_line() {
    let text = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: one}
spec:
  backup: {}
  instances: # cnpg-lint: ignore[instances-min-2] small
    1
";
    let (_, suppression) = Run { texts: &[("db.yaml", text)], ..Run::default() }.apply();
    assert_eq!(suppression.judgement.suppressed.len(), 1);
    assert_eq!(suppression.judgement.suppressed[0].by, SuppressedBy::Comment);
    assert_eq!(suppression.judgement.findings, []);
}

#[test]
fn an_entry_about_files_that_are_not_reported_is_not_unused() {
    let text = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 3, backup: {}}\n";
    let config = "\
ignore:
  - {rules: [instances-min-2], paths: other/, reason: small}
  - {rules: [instances-min-2], paths: k8s/, reason: small}
";
    let texts = [("k8s/db.yaml", text), ("other/db.yaml", text)];
    assert_snapshot!(Run { texts: &texts, config, ..Run::default() }.show(), @r#".cnpg-lint.yaml:3:14 warning[suppression-unused] nothing that this entry selects breaks `instances-min-2`: the suppression is not needed Remove it."#);
}
