//! What is refused, what is warned of, and what passes, as the API server would do it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod support;

use dispatcher::{Outcome, Request, accepts, denies, warns};
use serde_json::{Value, json};
use support::{Door, ENFORCE, cluster, put_all, store, with};

/// The cluster that all but a few tests stand in.
fn door() -> Door {
    Door::enforcing(&[])
}

fn under(config: &str) -> Door {
    Door::new(config, &[])
}

fn single() -> Value {
    with(cluster(), &[("/spec/instances", json!(1))])
}

fn annotated(object: Value, key: &str, value: &str) -> Value {
    with(object, &[(&format!("/metadata/annotations/{}", key.replace('/', "~1")), json!(value))])
}

fn audit<'o>(outcome: &'o Outcome, key: &str) -> &'o str {
    outcome.audit_annotations.get(&format!("validate.cnpg-lint.dev/{key}")).map_or("", String::as_str)
}

/// It passes, perhaps with warnings, of which none is of the rule.
#[track_caller]
fn passes(door: &Door, request: impl Into<Request>, rule: &str) -> Outcome {
    let request = request.into();
    let outcome = dispatcher::dispatch(&[dispatcher::Hook::new("validate.cnpg-lint.dev", door)], &request);
    let is_named = outcome.warnings.iter().any(|warning| warning.contains(rule));
    assert!(outcome.is_admitted() && !is_named && outcome.failures.is_empty(), "{outcome:#?}");
    outcome
}

// Modes

#[test]
fn the_mode_is_the_most_that_a_finding_does() {
    denies(&door(), single(), "instances-min-2");
    warns(&under("admission: {mode: warn}\n"), single(), "instances-min-2");
    warns(&under(""), single(), "instances-min-2");
    let outcome = accepts(&under("admission: {mode: audit}\n"), single());
    assert!(audit(&outcome, "audited").contains("instances-min-2"));
    accepts(&door(), cluster());
}

#[test]
fn a_rule_that_only_warns_never_refuses() {
    let object = with(cluster(), &[("/spec/walStorage", Value::Null)]);
    warns(&door(), object, "wal-storage-missing");
}

#[test]
fn an_override_is_for_rules() {
    let config = "admission: {mode: enforce, overrides: [{rules: [instances-min-2], mode: warn}]}\n";
    warns(&under(config), single(), "instances-min-2");
    let latest = with(cluster(), &[("/spec/imageName", json!("ghcr.io/cloudnative-pg/postgresql:latest"))]);
    denies(&under(config), latest, "image-latest");
}

#[test]
fn an_override_is_for_namespaces() {
    let config = "admission: {mode: warn, overrides: [{namespaces: ['sh*'], mode: enforce}]}\n";
    denies(&under(config), single(), "instances-min-2");
    let elsewhere = with(single(), &[("/metadata/namespace", json!("market"))]);
    warns(&under(config), elsewhere, "instances-min-2");
}

const BY_LABEL: &str = "admission: {mode: warn, overrides: [{labels: {tier: gold}, mode: enforce}]}\n";
const BY_LABEL_MILDER: &str = "admission: {mode: enforce, overrides: [{labels: {tier: dev}, mode: warn}]}\n";

fn namespace(tier: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"tier": tier}}})
}

#[test]
fn an_override_is_for_labels_of_the_namespace() {
    denies(&Door::new(BY_LABEL, &[namespace("gold")]), single(), "instances-min-2");
    warns(&Door::new(BY_LABEL, &[namespace("tin")]), single(), "instances-min-2");
    warns(&Door::new(BY_LABEL_MILDER, &[namespace("dev")]), single(), "instances-min-2");
}

#[test]
fn labels_that_are_not_known_yet_refuse_nothing() {
    for config in [BY_LABEL, BY_LABEL_MILDER] {
        let door = Door { engine: support::engine(config), cache: admission::Cache::new() };
        let outcome = warns(&door, single(), "instances-min-2");
        assert!(audit(&outcome, "undecided").contains("labels"), "{outcome:#?}");
    }
    // Labels that change nothing are not asked for.
    let config = "admission: {mode: enforce, overrides: [{labels: {tier: gold}, mode: enforce}]}\n";
    let door = Door { engine: support::engine(config), cache: admission::Cache::new() };
    denies(&door, single(), "instances-min-2");
}

#[test]
fn an_override_ends() {
    let config = |until: &str| {
        format!(
            "admission: {{mode: enforce, overrides: [{{rules: [instances-min-2], mode: warn, until: {until}}}]}}\n"
        )
    };
    warns(&under(&config("2026-03-01")), single(), "instances-min-2");
    denies(&under(&config("2026-02-28")), single(), "instances-min-2");
}

#[test]
fn the_last_override_counts() {
    let config = "admission: {mode: warn, overrides: [{namespaces: [shop], mode: enforce}, {rules: [instances-min-2], mode: audit}]}\n";
    let outcome = accepts(&under(config), single());
    assert!(audit(&outcome, "audited").contains("instances-min-2"));
}

// Changes

#[test]
fn what_changes_nothing_is_not_judged() {
    let old = single();
    accepts(&door(), Request::update(old.clone(), old.clone()));
    for (pointer, value) in [
        ("/status", json!({"phase": "Cluster in healthy state"})),
        ("/metadata/finalizers", json!(["example.org/hold"])),
        ("/metadata/managedFields", json!([{"manager": "kubectl"}])),
        ("/metadata/resourceVersion", json!("2")),
        ("/metadata/ownerReferences", json!([{"kind": "App", "name": "x"}])),
        ("/metadata/annotations", json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"})),
    ] {
        let outcome = accepts(&door(), Request::update(old.clone(), with(old.clone(), &[(pointer, value)])));
        assert!(audit(&outcome, "not-judged").contains("nothing"), "{pointer}");
    }
}

#[test]
fn the_order_of_keys_is_no_change() {
    let text = r#"{"apiVersion":"postgresql.cnpg.io/v1","kind":"Cluster","metadata":{"name":"orders","namespace":"shop"},"spec":{"instances":1,"storage":{"size":"1Gi","storageClass":"fast"}}}"#;
    let turned = text.replace(
        r#""instances":1,"storage":{"size":"1Gi","storageClass":"fast"}"#,
        r#""storage":{"storageClass":"fast","size":"1Gi"},"instances":1"#,
    );
    let review = |operation: &str| {
        let mut review = support::envelope();
        review["request"]["operation"] = json!(operation);
        review["request"]["object"] = json!("NEW");
        review["request"]["oldObject"] = json!("OLD");
        review.to_string().replace("\"NEW\"", &turned).replace("\"OLD\"", text)
    };
    let reply = door().reply(review("UPDATE").as_bytes());
    let response = dispatcher::verify_reply(support::UID, &reply.body).expect("a reply");
    assert!(response.allowed && response.warnings.is_empty(), "{response:#?}");
    assert!(response.audit_annotations["not-judged"].contains("nothing"));
}

#[test]
fn what_goes_may_lose_its_finalizers() {
    let going =
        |object: Value| with(object, &[("/metadata/deletionTimestamp", json!("2026-03-01T00:00:00Z"))]);
    let old = with(going(single()), &[("/metadata/finalizers", json!(["x"]))]);
    let new = annotated(going(single()), "example.org/note", "let go");
    accepts(&door(), Request::update(old.clone(), new));
    // A timestamp is no way around the rules.
    let other = with(going(cluster()), &[("/spec/instances", json!(1))]);
    denies(&door(), Request::update(going(cluster()), other), "instances-min-2");
}

#[test]
fn what_was_bad_before_is_warned_of() {
    let new = with(single(), &[("/spec/storage/size", json!("20Gi"))]);
    warns(&door(), Request::update(single(), new), "instances-min-2");
    let new = annotated(single(), "example.org/note", "x");
    warns(&door(), Request::update(single(), new), "instances-min-2");
}

#[test]
fn what_gets_worse_is_refused() {
    denies(&door(), Request::update(cluster(), single()), "instances-min-2");
    // Another rule is broken than before.
    let both = with(single(), &[("/spec/imageName", json!("ghcr.io/cloudnative-pg/postgresql:latest"))]);
    let outcome = denies(&door(), Request::update(single(), both), "image-latest");
    let message = &outcome.status().expect("refused").message;
    assert!(!message.contains("instances-min-2"), "{message}");
    assert!(audit(&outcome, "warned").contains("instances-min-2"));
}

#[test]
fn a_second_place_of_a_rule_is_new() {
    let catalog = |images: &[(u32, &str)]| {
        let images: Vec<_> = images
            .iter()
            .map(|(major, tag)| json!({"major": major, "image": format!("ghcr.io/cloudnative-pg/postgresql:{tag}")}))
            .collect();
        json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "ImageCatalog",
            "metadata": {"name": "images", "namespace": "shop"}, "spec": {"images": images}})
    };
    let old = catalog(&[(16, "16")]);
    denies(&door(), Request::update(old.clone(), catalog(&[(16, "16"), (17, "17")])), "image-not-pinned");
    denies(&door(), Request::update(old.clone(), catalog(&[(17, "17"), (16, "16")])), "image-not-pinned");
    // It is told which of them is new.
    let moved = catalog(&[(17, "17"), (16, "16")]);
    let outcome = denies(&door(), Request::update(old.clone(), moved), "postgresql:17");
    assert!(!outcome.status().expect("refused").message.contains("postgresql:16"), "{outcome:#?}");
    // Another one that is as bad, in the same place.
    warns(&door(), Request::update(old.clone(), catalog(&[(17, "17")])), "image-not-pinned");
    // It only moved.
    warns(&door(), Request::update(old, catalog(&[(17, "17.5"), (16, "16")])), "image-not-pinned");
}

#[test]
fn what_improves_is_never_refused() {
    let bad = with(single(), &[("/spec/imageName", json!("ghcr.io/cloudnative-pg/postgresql:latest"))]);
    warns(&door(), Request::update(bad.clone(), single()), "instances-min-2");
    accepts(&door(), Request::update(bad, cluster()));
}

#[test]
fn rules_on_change_see_the_old_object() {
    let bare = with(cluster(), &[("/spec/plugins", Value::Null)]);
    let outcome = denies(&door(), Request::update(cluster(), bare.clone()), "backup-removed");
    assert!(audit(&outcome, "denied").contains("backup-removed"));
    // As long as nobody takes it away again, it was gone before.
    let more = with(bare.clone(), &[("/spec/storage/size", json!("20Gi"))]);
    passes(&door(), Request::update(bare, more), "backup-removed");
    let smaller = with(cluster(), &[("/spec/walStorage", Value::Null)]);
    denies(&door(), Request::update(cluster(), smaller), "update-wal-volume-removed");
}

#[test]
fn an_exemption_may_be_taken_away_but_not_a_declaration() {
    // Nothing of it gets worse.
    let exempt = annotated(single(), "cnpg-lint.dev/ignore", "instances-min-2: a lab");
    warns(&door(), Request::update(exempt, single()), "instances-min-2");
    let preview = annotated(single(), "cnpg-lint.dev/throw-away", "a preview");
    denies(&door(), Request::update(preview, single()), "instances-min-2");
}

// Deletion

#[test]
fn a_deletion_takes_two_steps() {
    denies(&door(), Request::delete(cluster()), "cluster-delete-unconfirmed");
    let confirmed = annotated(cluster(), "cnpg-lint.dev/allow-delete", "moved to orders-2");
    accepts(&door(), Request::update(cluster(), confirmed.clone()));
    accepts(&door(), Request::delete(confirmed));
    let blank = annotated(cluster(), "cnpg-lint.dev/allow-delete", " ");
    denies(&door(), Request::delete(blank), "cluster-delete-unconfirmed");
}

#[test]
fn what_controllers_delete_goes() {
    for user in [
        "system:serviceaccount:kube-system:generic-garbage-collector",
        "system:serviceaccount:kube-system:namespace-controller",
        "system:kube-controller-manager",
        "system:serviceaccount:cnpg-system:cnpg-manager",
        "system:serviceaccount:cnpg-system:release-cloudnative-pg",
    ] {
        let outcome = accepts(&door(), Request::delete(cluster()).by(user, &[]));
        assert!(!audit(&outcome, "not-judged").is_empty(), "{user}");
    }
    for user in [
        "cnpg-manager",
        "system:serviceaccount:kube-system:deployment-controller",
        "system:serviceaccount:databases:cnpg-manager",
        "jane",
    ] {
        denies(&door(), Request::delete(cluster()).by(user, &[]), "cluster-delete-unconfirmed");
    }
}

#[test]
fn the_operator_is_where_the_configuration_says() {
    let config = "admission: {mode: enforce, operator-namespace: databases}\n";
    let delete = |user| Request::delete(cluster()).by(user, &[]);
    accepts(&under(config), delete("system:serviceaccount:databases:cnpg-manager"));
    denies(&under(config), delete("system:serviceaccount:cnpg-system:cnpg-manager"), "cluster-delete");
}

#[test]
fn the_mode_that_is_noted_is_that_of_the_namespace() {
    let config = "admission: {mode: warn, overrides: [{namespaces: [shop], mode: enforce}, {rules: image-latest, mode: audit}]}\n";
    assert_eq!(audit(&denies(&under(config), single(), "instances-min-2"), "mode"), "enforce");
    let elsewhere = with(single(), &[("/metadata/namespace", json!("market"))]);
    assert_eq!(audit(&warns(&under(config), elsewhere, "instances-min-2"), "mode"), "warn");
}

#[test]
fn in_a_namespace_that_goes_all_goes() {
    let terminating = with(namespace("gold"), &[("/status", json!({"phase": "Terminating"}))]);
    accepts(&Door::enforcing(&[terminating]), Request::delete(cluster()));
    let deleted = with(namespace("gold"), &[("/metadata/deletionTimestamp", json!("2026-03-01T00:00:00Z"))]);
    accepts(&Door::enforcing(&[deleted]), Request::delete(cluster()));
    denies(&Door::enforcing(&[namespace("gold")]), Request::delete(cluster()), "cluster-delete");
}

// Scale

#[test]
fn a_scale_is_judged_as_its_parent() {
    let door = Door::enforcing(&[cluster()]);
    denies(&door, Request::scale(&cluster(), 1), "instances-min-2");
    denies(&door, Request::scale(&cluster(), 0), "instances-min-2");
    accepts(&door, Request::scale(&cluster(), 2));
    accepts(&door, Request::scale(&cluster(), 3));
    let small = Door::enforcing(&[single()]);
    accepts(&small, Request::scale(&single(), 3));
    let pooler = json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "Pooler",
        "metadata": {"name": "pool", "namespace": "shop"},
        "spec": {"cluster": {"name": "orders"}, "instances": 3, "type": "rw", "pgbouncer": {"poolMode": "session"}}});
    passes(
        &Door::enforcing(&[cluster(), store(), pooler.clone()]),
        Request::scale(&pooler, 1),
        "instances-min-2",
    );
}

#[test]
fn a_scale_whose_parent_is_not_known_is_undecided() {
    let outcome = accepts(&door(), Request::scale(&cluster(), 1));
    assert!(audit(&outcome, "undecided").contains("not known"));
}

/// The annotation of the parent counts for its scale.
#[test]
fn a_scale_is_exempted_as_its_parent() {
    let exempt = annotated(cluster(), "cnpg-lint.dev/ignore", "instances-min-2: a lab");
    let door = Door::enforcing(std::slice::from_ref(&exempt));
    let outcome = warns(&door, Request::scale(&exempt, 1), "instances-min-2 is exempted");
    assert_eq!(audit(&outcome, "exempted"), "instances-min-2");
}

// Emergencies and experiments

#[test]
fn a_recovery_is_never_refused() {
    let restored = with(
        single(),
        &[
            ("/spec/plugins", Value::Null),
            ("/spec/bootstrap", json!({"recovery": {"source": "orders"}})),
            (
                "/spec/externalClusters",
                json!([{"name": "orders", "plugin": {"name": "barman-cloud.cloudnative-pg.io",
            "parameters": {"barmanObjectName": "offsite", "serverName": "orders"}}}]),
            ),
            ("/spec/imageName", json!("ghcr.io/cloudnative-pg/postgresql:latest")),
        ],
    );
    warns(&door(), restored.clone(), "image-latest");
    // A recovery that is none gives no way around.
    let not = with(single(), &[("/spec/bootstrap", json!({"recovery": "no"}))]);
    denies(&door(), not, "instances-min-2");
    // It is for the emergency, not for ever.
    let old = with(restored.clone(), &[("/spec/instances", json!(2))]);
    denies(&door(), Request::update(old, restored), "instances-min-2");
}

#[test]
fn a_cluster_that_may_be_lost_passes_without_a_word_about_backups() {
    let bare = with(single(), &[("/spec/plugins", Value::Null)]);
    denies(&door(), bare.clone(), "backup-missing");
    let preview = annotated(bare, "cnpg-lint.dev/throw-away", "a preview");
    let outcome = passes(&door(), preview, "backup");
    assert!(!outcome.warnings.iter().any(|warning| warning.contains("instances")), "{outcome:#?}");
    let nothing_said = annotated(single(), "cnpg-lint.dev/throw-away", "  ");
    denies(&door(), nothing_said, "instances-min-2");
}

// Exemptions

/// The exemptions in the record of a request.
fn exemptions(door: &Door, request: &Request) -> Vec<(String, admission::ExemptedBy)> {
    door.reply(&request.review().1).record.exemptions
}

#[test]
fn the_annotation_exempts_with_a_reason() {
    let object = annotated(single(), "cnpg-lint.dev/ignore", "instances-min-2: a lab");
    let outcome = warns(&door(), object.clone(), "instances-min-2 is exempted here: a lab");
    assert_eq!(audit(&outcome, "exempted"), "instances-min-2");
    let used = vec![("instances-min-2".to_owned(), admission::ExemptedBy::Annotation)];
    assert_eq!(exemptions(&door(), &Request::create(object)), used);
    let bare = annotated(single(), "cnpg-lint.dev/ignore", "instances-min-2");
    denies(&door(), bare, "instances-min-2");
}

#[test]
fn an_exemption_ends() {
    let object =
        |until| annotated(single(), "cnpg-lint.dev/ignore", &format!("instances-min-2: until={until} a lab"));
    warns(&door(), object("2026-03-01"), "exempted");
    let outcome = denies(&door(), object("2026-02-28"), "instances-min-2");
    assert!(audit(&outcome, "warned").contains("suppression-expired"));
}

/// An object of which the name is made by the API server.
#[test]
fn an_exemption_needs_no_name() {
    let object =
        with(single(), &[("/metadata/name", Value::Null), ("/metadata/generateName", json!("orders-"))]);
    denies(&door(), object.clone(), "instances-min-2");
    warns(&door(), annotated(object, "cnpg-lint.dev/ignore", "instances-min-2: a lab"), "exempted");
}

#[test]
fn the_configuration_says_which_exemptions_count() {
    let object = annotated(single(), "cnpg-lint.dev/ignore", "instances-min-2: a lab");
    let none = under("admission: {mode: enforce, exemptions: none}\n");
    let outcome = denies(&none, object.clone(), "instances-min-2");
    assert!(outcome.warnings.iter().any(|warning| warning.contains("does not count")), "{outcome:#?}");
    assert!(exemptions(&none, &Request::create(object.clone())).is_empty());
    let others = under("admission: {mode: enforce, exemptions: [image-latest]}\n");
    denies(&others, object.clone(), "instances-min-2");
    let this = under("admission: {mode: enforce, exemptions: [instances-min-2]}\n");
    warns(&this, object, "exempted");
}

#[test]
fn the_configuration_exempts() {
    let config = "admission: {mode: enforce}\nignore: [{rules: [instances-min-2], namespaces: [shop], reason: a lab}]\n";
    let outcome = warns(&under(config), single(), "instances-min-2 is exempted here: a lab");
    assert_eq!(audit(&outcome, "exempted"), "instances-min-2");
    let used = vec![("instances-min-2".to_owned(), admission::ExemptedBy::Configuration)];
    assert_eq!(exemptions(&under(config), &Request::create(single())), used);
    let elsewhere = with(single(), &[("/metadata/namespace", json!("market"))]);
    denies(&under(config), elsewhere, "instances-min-2");
    // What the configuration says counts, whatever it says of annotations.
    let config = config.replace("enforce}", "enforce, exemptions: none}");
    warns(&under(&config), single(), "exempted");
}

#[test]
fn users_and_groups_are_exempt() {
    let door =
        under("admission: {mode: enforce, users: ['system:serviceaccount:flux-system:*'], groups: [dba]}\n");
    for (user, groups, who) in [
        (
            "system:serviceaccount:flux-system:kustomize-controller",
            &[][..],
            "user system:serviceaccount:flux-system:kustomize-controller",
        ),
        ("jane", &["staff", "dba"][..], "group dba"),
    ] {
        let request = Request::create(single()).by(user, groups);
        let outcome = warns(&door, &request, "exempt");
        warns(&door, &request, "instances-min-2 at spec.instances");
        assert_eq!(audit(&outcome, "exempt-user"), who);
        let used = vec![("instances-min-2".to_owned(), admission::ExemptedBy::User)];
        assert_eq!(exemptions(&door, &request), used);
        // What would not be refused needs no exemption.
        let outcome = accepts(&door, Request::create(cluster()).by(user, groups));
        assert_eq!(audit(&outcome, "exempt-user"), "");
        let warned = Request::update(single(), with(single(), &[("/spec/storage/size", json!("20Gi"))]))
            .by(user, groups);
        assert!(exemptions(&door, &warned).is_empty());
    }
    denies(&door, Request::create(single()).by("jane", &["staff"]), "instances-min-2");
}

// Other objects

#[test]
fn what_a_sibling_may_still_mend_only_warns() {
    let alone = Door { engine: support::engine(ENFORCE), cache: support::whole(&[]) };
    let outcome = dispatcher::dispatch(&[dispatcher::Hook::new("a.b.c", &alone)], &cluster().into());
    assert!(outcome.is_admitted(), "{outcome:#?}");
    assert!(outcome.warnings.iter().any(|warning| warning.contains("objectstore-missing")), "{outcome:#?}");
}

/// A Cluster of the same name elsewhere, which archives to the same place.
fn twin() -> [Value; 2] {
    [cluster(), store()].map(|object| with(object, &[("/metadata/namespace", json!("market"))]))
}

#[test]
fn what_a_sibling_breaks_is_refused() {
    let [other, other_store] = twin();
    let door = Door::enforcing(&[other.clone(), other_store.clone()]);
    denies(&door, cluster(), "archive-path-collision");
    let named = with(
        cluster(),
        &[(
            "/spec/plugins",
            json!([{"name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true,
        "parameters": {"barmanObjectName": "offsite", "serverName": "shop-orders"}}]),
        )],
    );
    accepts(&door, named);
    let elsewhere =
        with(other_store, &[("/spec/configuration/destinationPath", json!("s3://market-backups"))]);
    accepts(&Door::enforcing(&[other, elsewhere]), cluster());
}

#[test]
fn before_the_caches_are_filled_a_sibling_is_undecided() {
    let door = Door { engine: support::engine(ENFORCE), cache: admission::Cache::new() };
    for kind in ["Cluster", "ObjectStore"] {
        door.cache.begin(kind);
    }
    put_all(&door.cache, &twin());
    let outcome = passes(&door, cluster(), "archive-path-collision");
    assert!(audit(&outcome, "undecided").contains("archive-path-collision"), "{outcome:#?}");
    put_all(&door.cache, &support::siblings());
    door.cache.synced("Cluster");
    let outcome = passes(&door, cluster(), "archive-path-collision");
    assert!(audit(&outcome, "undecided").contains("archive-path-collision"), "one kind is not there yet");
    door.cache.synced("ObjectStore");
    let outcome = denies(&door, cluster(), "archive-path-collision");
    assert!(!audit(&outcome, "undecided").contains("archive-path-collision"));
    door.cache.unavailable("ObjectStore", "not permitted");
    let outcome = passes(&door, cluster(), "archive-path-collision");
    assert!(audit(&outcome, "undecided").contains("archive-path-collision"));
}

fn external_secret() -> Value {
    json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "orders-app", "namespace": "shop"},
        "spec": {"secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"}, "target": {"name": "orders-app"}}})
}

#[test]
fn an_external_secret_is_judged_where_a_database_reads_it() {
    let reading =
        with(cluster(), &[("/spec/bootstrap", json!({"initdb": {"secret": {"name": "orders-app"}}}))]);
    let door = Door::enforcing(&[reading]);
    denies(&door, external_secret(), "eso-no-data");
    let outcome = accepts(&self::door(), external_secret());
    assert_eq!(audit(&outcome, "undecided"), "");
}

#[test]
fn while_clusters_are_unseen_nobody_knows_whether_it_belongs_to_one() {
    let door = Door { engine: support::engine(ENFORCE), cache: admission::Cache::new() };
    let outcome = accepts(&door, external_secret());
    assert!(audit(&outcome, "undecided").contains("belongs to a database"), "{outcome:#?}");
}

#[test]
fn secrets_are_judged_where_the_configuration_says_so() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/basic-auth",
        "metadata": {"name": "orders-app", "namespace": "shop"}, "stringData": {"username": "app", "password": "app"}});
    let reading =
        with(cluster(), &[("/spec/bootstrap", json!({"initdb": {"secret": {"name": "orders-app"}}}))]);
    let objects = [reading];
    let closed = accepts(&Door::enforcing(&objects), secret.clone());
    assert!(audit(&closed, "not-judged").contains("kind"));
    let open = Door::new("admission: {mode: enforce, secrets: true}\n", &objects);
    let outcome = passes(&open, secret, "no-such-rule");
    assert_eq!(audit(&outcome, "not-judged"), "", "{outcome:#?}");
}

// Failures

#[test]
fn a_rule_that_fails_is_never_silent() {
    let text = "
id: fails
title: It fails
severity: error
admission: deny
kinds: [Cluster]
select: $.spec.instances
assert: 1 / (self - self) > 0
message: it fails
why: it does.
help: none
examples:
  - holds: false
    manifest: |
      apiVersion: postgresql.cnpg.io/v1
      kind: Cluster
      metadata: {name: orders, namespace: shop}
";
    let rule = rules::Rule::load("fails.yaml", "custom", text).expect("a rule");
    let door = Door {
        engine: support::engine_with(ENFORCE, vec![rule]),
        cache: support::whole(&support::siblings()),
    };
    let outcome = warns(&door, cluster(), "could not evaluate fails");
    assert_eq!(audit(&outcome, "failed"), "fails");
    // The others are judged all the same.
    denies(&door, single(), "instances-min-2");
}
