//! What the chart renders: the same bytes each time, no permission too many, no entry that blocks by
//! accident, values that are wrong refused.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends so")]

#[path = "chart/helm.rs"]
mod helm;
mod support;

use helm::{Helm, every_value_set};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Strings of a list; none where there is no list.
fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn of_kind<'o>(objects: &'o [Value], kinds: &[&str]) -> Vec<&'o Value> {
    let found: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"].as_str().is_some_and(|kind| kinds.contains(&kind)))
        .collect();
    assert!(!found.is_empty(), "no {kinds:?}");
    found
}

#[test]
fn every_value_set_is_linted_and_renders_the_same_bytes_twice() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        helm.lint(&values);
        assert_eq!(helm.template(&values), helm.template(&values), "{values:?}");
    }
}

#[test]
fn the_default_rendering() {
    let Some(helm) = Helm::find() else { return };
    insta::assert_snapshot!("chart_default", helm.template(&[]));
}

#[test]
fn only_named_objects_are_written_and_no_secret_is_listed() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        for role in of_kind(&objects, &["ClusterRole", "Role"]) {
            let role_name = role["metadata"]["name"].as_str().expect("a name");
            for rule in items(&role["rules"]) {
                allowed(role_name, role["kind"] == "ClusterRole", rule);
            }
        }
    }
}

/// Panics unless a rule of a role gives no more than it must.
fn allowed(of: &str, everywhere: bool, rule: &Value) {
    for part in ["apiGroups", "resources", "verbs", "resourceNames"] {
        assert!(strings(&rule[part]).iter().all(|word| !word.contains('*')), "{of}: {rule}");
    }
    assert_eq!(rule["nonResourceURLs"], Value::Null, "{of}: {rule}");
    let named = !strings(&rule["resourceNames"]).is_empty();
    let resources = strings(&rule["resources"]);
    let verbs: BTreeSet<_> = strings(&rule["verbs"]).into_iter().collect();
    let reads = verbs.iter().all(|verb| ["get", "list", "watch"].contains(verb));
    match resources.as_slice() {
        ["validatingwebhookconfigurations"] => {
            assert!(named && verbs == BTreeSet::from(["get", "patch"]), "{of}: {rule}");
        }
        ["secrets"] => {
            assert!(!everywhere && named && verbs == BTreeSet::from(["get", "update"]), "{of}: {rule}");
        }
        ["leases"] => {
            assert!(!everywhere && named && verbs == BTreeSet::from(["get", "patch"]), "{of}: {rule}");
        }
        ["admissions"] => {
            assert!(of.ends_with("-break-glass") && verbs == BTreeSet::from(["break-glass"]), "{of}: {rule}");
        }
        _ => assert!(reads && !resources.contains(&"secrets"), "{of}: {rule}"),
    }
}

#[test]
fn nobody_is_given_the_verb_that_breaks_the_glass() {
    let Some(helm) = Helm::find() else { return };
    let objects = helm.objects(&[]);
    for binding in of_kind(&objects, &["ClusterRoleBinding", "RoleBinding"]) {
        let role = binding["roleRef"]["name"].as_str().expect("a role");
        assert!(!role.ends_with("-break-glass"), "{binding}");
        assert_eq!(
            binding["subjects"],
            json!([{"kind": "ServiceAccount", "name": "cnpg-lint", "namespace": "databases"}])
        );
    }
}

/// A request that the API server could send: group, resource, operation, scope.
type Request = (String, String, String, String);

/// What an entry of the webhook configuration matches.
fn requests(entry: &Value) -> Vec<Request> {
    let mut requests = Vec::new();
    for rule in items(&entry["rules"]) {
        let scope = rule["scope"].as_str().expect("a scope");
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                for operation in strings(&rule["operations"]) {
                    requests.push((group.into(), resource.into(), operation.into(), scope.into()));
                }
            }
        }
    }
    requests
}

#[test]
fn only_changes_of_a_cluster_may_be_refused_while_we_are_down() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        let mut failing = 0;
        for entry in items(&of_kind(&objects, &["ValidatingWebhookConfiguration"])[0]["webhooks"]) {
            if entry["failurePolicy"] == "Ignore" {
                continue;
            }
            failing += 1;
            for (group, resource, operation, _) in requests(entry) {
                let change = (resource == "clusters" && ["UPDATE", "DELETE"].contains(&operation.as_str()))
                    || (resource == "clusters/scale" && operation == "UPDATE");
                assert!(group == "postgresql.cnpg.io" && change, "{operation} {resource}.{group} may block");
            }
        }
        let asked = values.iter().any(|file| file.contains("fail"));
        assert_eq!(failing, usize::from(asked), "{values:?}");
    }
}

#[test]
fn an_entry_has_no_side_effects_little_time_and_not_its_own_namespace() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        for entry in items(&of_kind(&objects, &["ValidatingWebhookConfiguration"])[0]["webhooks"]) {
            assert_eq!(entry["sideEffects"], "None");
            assert_eq!(entry["timeoutSeconds"], 3);
            assert_eq!(entry["matchPolicy"], "Equivalent");
            assert_eq!(entry["admissionReviewVersions"], json!(["v1"]));
            assert_eq!(entry["clientConfig"]["service"]["path"], "/validate");
            let excluded = &entry["namespaceSelector"]["matchExpressions"][0];
            assert_eq!(excluded["operator"], "NotIn");
            assert!(strings(&excluded["values"]).contains(&"databases"), "{entry}");
        }
    }
}

#[test]
fn a_request_is_sent_to_one_entry_at_most() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        let entries = items(&of_kind(&objects, &["ValidatingWebhookConfiguration"])[0]["webhooks"]);
        let all: Vec<_> = entries.iter().flat_map(requests).collect();
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len(), "{values:?}");
    }
}

#[test]
fn every_kind_of_cloudnativepg_is_judged_when_it_is_made_and_changed() {
    let Some(helm) = Helm::find() else { return };
    let objects = helm.objects(&[]);
    let entries = items(&of_kind(&objects, &["ValidatingWebhookConfiguration"])[0]["webhooks"]);
    let matched: BTreeSet<_> = entries.iter().flat_map(requests).collect();
    // The operator alone writes FailoverQuorums, during a failover.
    let kinds = schema::kinds()
        .iter()
        .filter(|kind| kind.judged == schema::Judged::Always && kind.name != "FailoverQuorum");
    for kind in kinds {
        let resource = format!("{}s", kind.name.to_lowercase());
        let scope = if kind.namespaced { "Namespaced" } else { "Cluster" };
        for operation in ["CREATE", "UPDATE"] {
            let request = (kind.group.to_owned(), resource.clone(), operation.to_owned(), scope.to_owned());
            assert!(matched.contains(&request), "{operation} {}", kind.name);
        }
    }
    for resource in ["clusters/scale", "poolers/scale"] {
        let request = (
            "postgresql.cnpg.io".to_owned(),
            resource.to_owned(),
            "UPDATE".to_owned(),
            "Namespaced".to_owned(),
        );
        assert!(matched.contains(&request), "{resource}");
    }
    assert!(matched.iter().all(|(_, resource, ..)| resource != "secrets"), "Secrets only if asked for");
}

#[test]
fn a_pod_runs_without_rights() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        let deployment = of_kind(&objects, &["Deployment"])[0];
        assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        for container in items(&pod["containers"]) {
            let context = &container["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true);
            assert_eq!(context["allowPrivilegeEscalation"], false);
            assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
            // The image has no shell to run anything in.
            assert_eq!(container["lifecycle"], Value::Null);
            assert_eq!(container["command"], Value::Null);
            assert!(container["resources"]["limits"]["memory"].is_string());
        }
    }
}

#[test]
fn nothing_stays_and_nothing_runs_when_it_is_removed() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        for object in helm.objects(&values) {
            let metadata = &object["metadata"];
            assert_eq!(metadata["finalizers"], Value::Null, "{object}");
            let annotations = metadata["annotations"].as_object().into_iter().flatten();
            assert!(annotations.map(|(name, _)| name).all(|name| !name.starts_with("helm.sh/")), "{object}");
        }
    }
}

#[test]
fn names_stay_valid_for_the_longest_release_name() {
    let Some(helm) = Helm::find() else { return };
    let long = "a-release-whose-name-takes-all-that-helm-permits-12345"; // 53 characters is Helm's limit
    let rendered = helm.template_as(&long[..53], &["ci/cert-manager-enforce-fail-values.yaml".to_owned()]);
    for object in helm::parse(&rendered) {
        let name = object["metadata"]["name"].as_str().expect("a name");
        assert!(name.len() <= 63 && name.ends_with(|c: char| c.is_ascii_alphanumeric()), "{name}");
    }
}

#[test]
fn a_wrong_value_is_refused_and_said() {
    let Some(helm) = Helm::find() else { return };
    // Values, and what the refusal must name.
    let wrong = [
        ("webhook: {failurePolicy: fail}", "'/webhook/failurePolicy'"),
        ("webhook: {timeoutSeconds: 30}", "'/webhook/timeoutSeconds'"),
        ("webhook: {timeout: 3}", "'timeout' not allowed"),
        ("config: {admission: {mode: deny}}", "'/config/admission/mode'"),
        ("config: {admission: {overrides: [{mode: enforce}]}}", "'/config/admission/overrides/0'"),
        ("config: {rules: {instances-min-2: off}}", "'/config/rules/instances-min-2'"),
        (
            "config: {overrides: [{rules: {instances-min-2: off}}]}",
            "'/config/overrides/0/rules/instances-min-2'",
        ),
        ("config: {operator-version: 1.30}", "'/config/operator-version'"),
        ("config: {admision: {mode: warn}}", "'admision' not allowed"),
        ("tls: {mode: selfsigned}", "'/tls/mode'"),
        ("tls: {mode: secret}", "'/tls/secret/name'"),
        ("replicas: 0", "'/replicas'"),
        ("replica: 3", "'replica' not allowed"),
        ("{replicas: 1, webhook: {failurePolicy: Fail}}", "'/replicas'"),
        ("image: {digest: latest}", "'/image/digest'"),
        ("terminationGracePeriodSeconds: 5", "'/terminationGracePeriodSeconds'"),
        ("networkPolicy: {apiServerCIDRs: [anywhere]}", "'/networkPolicy/apiServerCIDRs/0'"),
        ("webhook: {secrets: {enabled: true, matchLabels: null}}", "'/webhook/secrets'"),
    ];
    for (values, named) in wrong {
        let refusal = helm.refusal(values);
        assert!(refusal.contains(named), "{values}: {refusal}");
    }
}

#[test]
fn the_image_is_built_with_the_rust_that_the_workspace_asks_for() {
    let root = helm::chart().join("../..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("a file");
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
    let image = format!("ARG RUST_IMAGE=rust:{}-", version.trim_matches('"'));
    assert!(read("Containerfile").contains(&image), "{image}");
}

#[test]
fn the_chart_is_of_the_version_of_the_workspace() {
    let chart = std::fs::read_to_string(helm::chart().join("Chart.yaml")).expect("Chart.yaml");
    assert!(chart.contains(concat!("appVersion: ", env!("CARGO_PKG_VERSION"), "\n")), "{chart}");
}

#[test]
fn the_program_takes_the_configuration_and_the_rules() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        let folder = support::Repository::new(&[]);
        let mut arguments = vec!["check", "--root", ".", "."];
        for map in of_kind(&objects, &["ConfigMap"]) {
            for (name, text) in map["data"].as_object().into_iter().flatten() {
                let text = text.as_str().expect("text").as_bytes();
                if name == ".cnpg-lint.yaml" {
                    folder.write(name, text);
                    arguments.extend(["--config", ".cnpg-lint.yaml"]);
                } else {
                    folder.write(&format!("custom/{name}"), text);
                    arguments.extend(["--rules", "custom"]);
                }
            }
        }
        let run = folder.run(&arguments);
        assert_eq!(run.code, 0, "{values:?}: {}{}", run.out, run.err);
    }
}

#[test]
fn secrets_are_judged_where_they_are_sent() {
    let Some(helm) = Helm::find() else { return };
    for values in every_value_set() {
        let objects = helm.objects(&values);
        let entries = items(&of_kind(&objects, &["ValidatingWebhookConfiguration"])[0]["webhooks"]);
        let sent = entries.iter().flat_map(requests).any(|(_, resource, ..)| resource == "secrets");
        let maps = of_kind(&objects, &["ConfigMap"]);
        let config =
            maps.iter().find_map(|map| map["data"][".cnpg-lint.yaml"].as_str()).expect("a configuration");
        let config: Value = serde_saphyr::from_str(config).expect("YAML");
        assert_eq!(config["admission"]["secrets"] == true, sent, "{values:?}");
    }
}

#[test]
fn alerts_are_about_metrics_that_there_are() {
    let Some(helm) = Helm::find() else { return };
    let rendered = helm.template(&["ci/self-signed-monitoring-values.yaml".to_owned()]);
    let exported =
        std::fs::read_to_string(helm::chart().join("../../crates/serve/src/metrics.rs")).expect("a file");
    let mut seen = 0;
    for (_, rest) in
        rendered.match_indices("cnpg_lint_").map(|(at, prefix)| rendered.split_at(at + prefix.len()))
    {
        let name = rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().expect("a name");
        let registered = format!("metric!(\"{}\"", name.trim_end_matches("_total"));
        assert!(exported.contains(&registered), "cnpg_lint_{name}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}
