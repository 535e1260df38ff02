//! Alerts on metrics that never move.

use crate::read::{place, select};
use crate::view::Place;
use crate::views::Context;

crate::view! {
    /// An alert or a record on a metric that the operator sets for in-tree backups only.
    pub struct BlindAlertView {
        /// The alert's name.
        pub alert: String,
        /// The metric.
        pub metric: String,
        /// The Clusters of the repository that archive by plugin: the metric says nothing of them.
        pub blind_for: Vec<String>,
        /// The other Clusters of the repository, of which it may.
        pub works_for: Vec<String>,
    }
}

/// Metrics that stay at zero with plugin backups (CloudNativePG, release notes of 1.26.1).
const METRICS: [&str; 3] = [
    "cnpg_collector_first_recoverability_point",
    "cnpg_collector_last_available_backup_timestamp",
    "cnpg_collector_last_failed_backup_timestamp",
];

/// The alerts of a `PrometheusRule` on those metrics.
pub(crate) fn blind_alerts(context: Context<'_>) -> Vec<BlindAlertView> {
    let Some(object) = context.object() else { return Vec::new() };
    let mut found = Vec::new();
    for (rule, pointer) in select(&object.manifest.node, "/spec/groups/*/rules/*") {
        let Some(expression) = rule.get("expr") else { continue };
        let text = expression.raw_text().unwrap_or_default();
        let Some(metric) = METRICS.iter().find(|metric| text.contains(**metric)) else { continue };
        let name = rule.get("alert").or_else(|| rule.get("record")).and_then(|name| name.raw_text());
        let at = place(expression, format!("{pointer}/expr"));
        found.push(blind_alert(context, name.unwrap_or_default(), metric, at));
    }
    found
}

fn blind_alert(context: Context<'_>, alert: &str, metric: &str, at: Place) -> BlindAlertView {
    let (mut blind_for, mut works_for) = (Vec::new(), Vec::new());
    for archived in context.topology.archives().all() {
        let by_plugin =
            archived.archive.known().and_then(Option::as_ref).is_some_and(|one| one.by == "plugin");
        if by_plugin { &mut blind_for } else { &mut works_for }.push(archived.name.clone());
    }
    for names in [&mut blind_for, &mut works_for] {
        names.sort();
        names.dedup();
    }
    BlindAlertView {
        alert: alert.to_owned(),
        metric: metric.to_owned(),
        blind_for,
        works_for,
        place: Some(at),
    }
}
