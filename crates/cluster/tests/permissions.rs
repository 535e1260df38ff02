//! What is watched is what the chart asks permission for.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use cluster::WATCHED;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::{fs, path::Path};

#[derive(Deserialize)]
struct Role {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
}

#[test]
fn the_chart_permits_to_read_what_is_watched_and_no_more() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/cnpg-lint/templates/rbac.yaml");
    let template = fs::read_to_string(path).unwrap();
    let reader = template.split("\n---\n").next().unwrap();
    let plain: Vec<_> = reader.lines().filter(|line| !line.contains("{{")).collect();
    let role: Role = serde_saphyr::from_str(&plain.join("\n")).unwrap();

    let watched: BTreeSet<_> =
        WATCHED.iter().map(|kind| (kind.group.to_owned(), kind.plural.to_owned())).collect();
    let mut permitted = BTreeSet::new();
    for rule in role.rules {
        assert_eq!(rule.verbs, ["get", "list", "watch"], "{:?}", rule.resources);
        for group in &rule.api_groups {
            permitted.extend(rule.resources.iter().map(|resource| (group.clone(), resource.clone())));
        }
    }
    assert_eq!(permitted, watched);
}
