//! Labels of a Cluster's instance pods, and selectors over them.

use crate::read::{Seen, Subject};
use crate::view::Known;
use manifest::{Map, Node};

/// The labels of the instance pods of a Cluster (CloudNativePG, `pkg/specs/pods.go`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct PodLabels<'n> {
    pub(crate) cluster: &'n str,
    pub(crate) namespace: Option<&'n str>,
    inherited: Option<&'n Map>,
}

/// What a pod has under a label.
enum Label<'l> {
    Is(&'l str),
    /// One of several values; which differs between pods, or with the version.
    Varies,
    Absent,
    Unknown(String),
}

impl<'n> PodLabels<'n> {
    pub(crate) fn new(cluster: Subject<'n>, namespace: Option<&'n str>) -> Self {
        let inherited = cluster.node.at(&["spec", "inheritedMetadata", "labels"]);
        Self {
            cluster: cluster.raw(&["metadata", "name"]).unwrap_or_default(),
            namespace,
            inherited: inherited.and_then(Node::as_map),
        }
    }

    fn label(&self, key: &str) -> Label<'n> {
        match key {
            "cnpg.io/cluster" | "app.kubernetes.io/instance" => Label::Is(self.cluster),
            "cnpg.io/podRole" => Label::Is("instance"),
            "app.kubernetes.io/name" => Label::Is("postgresql"),
            "app.kubernetes.io/component" => Label::Is("database"),
            "app.kubernetes.io/managed-by" => Label::Is("cloudnative-pg"),
            "cnpg.io/instanceRole" | "role" | "cnpg.io/instanceName" | "app.kubernetes.io/version" => {
                Label::Varies
            }
            "io.kubernetes.pod.namespace" => match self.namespace {
                Some(namespace) => Label::Is(namespace),
                None => Label::Unknown("the namespace, which is not known".to_owned()),
            },
            key => match self.inherited.and_then(|labels| labels.entry(key)) {
                Some(entry) => match (entry.value.as_str(), entry.value.unknown_reason()) {
                    (Some(text), _) => Label::Is(text),
                    (_, Some(reason)) => Label::Unknown(reason.to_string()),
                    _ => Label::Absent,
                },
                None => match self.inherited.and_then(|labels| labels.open.as_ref()) {
                    Some(reason) => Label::Unknown(reason.to_string()),
                    None => Label::Absent,
                },
            },
        }
    }

    /// Whether a selector (`matchLabels`, `matchExpressions`) selects at least one of the pods; an
    /// empty one selects all, an absent one is for the caller to judge.
    pub(crate) fn selected_by(&self, selector: &Node) -> Known<bool> {
        if let Some(reason) = selector.unknown_reason() {
            return Known::Unknown(reason.to_string());
        }
        let subject = Subject::whole(selector);
        for part in ["matchLabels", "matchExpressions"] {
            if let Seen::Unknown(reason) = subject.seen(&[part]) {
                return Known::Unknown(reason);
            }
        }
        let labels = selector.get("matchLabels").and_then(Node::as_map);
        let by_labels = labels
            .into_iter()
            .flat_map(|map| &map.entries)
            .map(|entry| self.equals(plain(&entry.key), &entry.value));
        let expressions = subject.list(&["matchExpressions"]);
        let by_expressions =
            expressions.known().copied().unwrap_or_default().iter().map(|one| self.fits(one));
        by_labels.chain(by_expressions).fold(Known::Known(true), Known::and)
    }

    fn equals(&self, key: &str, value: &Node) -> Known<bool> {
        match self.label(key) {
            // The same variable in both is the same value.
            Label::Is(own) if value.raw_text() == Some(own) => Known::Known(true),
            Label::Is(own) => match (value.unknown_reason(), own.contains("${")) {
                (Some(reason), _) => Known::Unknown(reason.to_string()),
                (None, true) => Known::Unknown(own.to_owned()),
                (None, false) => Known::Known(false),
            },
            Label::Varies => Known::Known(true),
            Label::Absent => Known::Known(false),
            Label::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// Whether at least one of the pods has a label, with one of these values where any are given.
    pub(crate) fn has(&self, key: &str, values: Option<&[String]>) -> Known<bool> {
        match (self.label(key), values) {
            (Label::Is(_) | Label::Varies, None) | (Label::Varies, Some(_)) => Known::Known(true),
            (Label::Is(own), Some(values)) if values.iter().any(|value| value == own) => Known::Known(true),
            (Label::Is(own), Some(values)) => {
                let unknown = values.iter().map(String::as_str).chain([own]).find(|text| text.contains("${"));
                unknown.map_or(Known::Known(false), |text| Known::Unknown(text.to_owned()))
            }
            (Label::Absent, _) => Known::Known(false),
            (Label::Unknown(reason), _) => Known::Unknown(reason),
        }
    }

    fn fits(&self, expression: &Node) -> Known<bool> {
        let key = plain(expression.get("key").and_then(Node::as_str).unwrap_or_default());
        let values = expression.get("values").and_then(Node::as_list).unwrap_or_default();
        let among =
            || values.iter().map(|value| self.equals(key, value)).fold(Known::Known(false), Known::or);
        let exists = || match self.label(key) {
            Label::Is(_) | Label::Varies => Known::Known(true),
            Label::Absent => Known::Known(false),
            Label::Unknown(reason) => Known::Unknown(reason),
        };
        match expression.get("operator").and_then(Node::as_str) {
            Some("In") => among(),
            // Some of the pods may have another value.
            Some("NotIn") if matches!(self.label(key), Label::Varies) => Known::Known(true),
            Some("NotIn") => among().not(),
            Some("Exists") => exists(),
            Some("DoesNotExist") => exists().not(),
            _ => Known::Unknown("an operator that is not known".to_owned()),
        }
    }
}

/// A label without the source that Cilium puts in front: `k8s:`, `any:`.
pub(crate) fn plain(key: &str) -> &str {
    ["k8s:", "any:"].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key)
}
