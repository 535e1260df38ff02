//! Whom a rule of a policy is asked about: the operator, or the Cluster's own pods.

use crate::labels::PodLabels;
use crate::view::Known;

/// Something that wants to reach the pods of a Cluster.
pub(super) struct Caller<'c> {
    /// Where it runs; empty: not known.
    pub(super) namespaces: &'c [String],
    /// The policy's own namespace.
    pub(super) own: Option<&'c str>,
    /// Which pods it has.
    pub(super) pods: Pods<'c>,
}

/// The pods of a caller.
pub(super) enum Pods<'c> {
    /// Those of the operator.
    Operator,
    /// The instances of the Cluster.
    Instances(PodLabels<'c>),
}

/// Cilium's entities that are no pods of anybody.
const NO_PODS: &[&str] = &["health", "ingress", "init", "kube-apiserver", "none", "unmanaged"];

/// Cilium's entities for nodes: the operator may run in a node's own network, instances never do.
const NODES: &[&str] = &["host", "remote-node", "nodes"];

impl Caller<'_> {
    /// For people.
    pub(super) fn name(&self) -> &'static str {
        match self.pods {
            Pods::Operator => "the operator",
            Pods::Instances(_) => "the Cluster's own pods",
        }
    }

    /// Whether it can be what Cilium calls by that word.
    pub(super) fn may_be(&self, entity: &str) -> bool {
        !NO_PODS.contains(&entity) && (matches!(self.pods, Pods::Operator) || !NODES.contains(&entity))
    }

    /// Whether it runs in one of these namespaces.
    pub(super) fn is_in(&self, names: &[&str]) -> Known<bool> {
        if self.namespaces.is_empty() {
            return Known::Unknown(match self.pods {
                Pods::Operator => {
                    "not known: nothing in the repository says where the operator runs".to_owned()
                }
                Pods::Instances(_) => "the Cluster's namespace, which is not known".to_owned(),
            });
        }
        if names.iter().any(|name| self.namespaces.iter().any(|one| one == name)) {
            return Known::Known(true);
        }
        let unknown = names.iter().find(|name| name.contains("${"));
        match (unknown, names.is_empty()) {
            (Some(name), _) => Known::Unknown(format!("namespace {name}")),
            (None, true) => Known::Unknown("the policy's namespace, which is not known".to_owned()),
            (None, false) => Known::Known(false),
        }
    }

    /// Whether its pods have a label, with one of these values where any are given; `None`: not known.
    /// Of the operator's labels chart and manifests set one alike.
    pub(super) fn has(&self, key: &str, values: Option<&[String]>) -> Option<Known<bool>> {
        match &self.pods {
            Pods::Instances(labels) => Some(labels.has(key, values)),
            Pods::Operator if key != "app.kubernetes.io/name" => None,
            Pods::Operator => {
                let values = values.unwrap_or_default();
                let is_known = values.iter().all(|value| !value.contains("${"));
                let has = values.is_empty() || values.iter().any(|value| value == "cloudnative-pg");
                is_known.then_some(Known::Known(has))
            }
        }
    }
}
