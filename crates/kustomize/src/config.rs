//! `configurations`: more field specs than the built-in ones.

use crate::fieldspec::FieldSpec;
use crate::referrers::Reference;
use crate::specs::spec;
use crate::tree;
use manifest::Node;

/// More field specs than the built-in ones. Those of a base hold for what includes it, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) annotations: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
    pub(crate) references: Vec<Reference>,
}

impl Config {
    /// Adds what a configuration file says.
    pub(crate) fn read(&mut self, file: &Node) {
        let specs = |key| tree::items(file, key).iter().map(read_spec);
        self.name_prefix.extend(specs("namePrefix"));
        self.name_suffix.extend(specs("nameSuffix"));
        self.namespace.extend(specs("namespace"));
        self.common_labels.extend(specs("commonLabels"));
        self.labels.extend(specs("labels"));
        self.template_labels.extend(specs("templateLabels"));
        self.annotations.extend(specs("commonAnnotations"));
        self.images.extend(specs("images"));
        self.replicas.extend(specs("replicas"));
        for named in tree::items(file, "nameReference") {
            let fields = tree::items(named, "fieldSpecs").iter().map(|field| Reference {
                group: text(named, "group"),
                version: text(named, "version"),
                kind: text(named, "kind"),
                field: read_spec(field),
            });
            self.references.extend(fields);
        }
    }

    /// Adds what another one has more.
    pub(crate) fn merge(&mut self, other: Self) {
        fn more<T: PartialEq>(into: &mut Vec<T>, from: Vec<T>) {
            for one in from {
                if !into.contains(&one) {
                    into.push(one);
                }
            }
        }
        more(&mut self.name_prefix, other.name_prefix);
        more(&mut self.name_suffix, other.name_suffix);
        more(&mut self.namespace, other.namespace);
        more(&mut self.common_labels, other.common_labels);
        more(&mut self.labels, other.labels);
        more(&mut self.template_labels, other.template_labels);
        more(&mut self.annotations, other.annotations);
        more(&mut self.images, other.images);
        more(&mut self.replicas, other.replicas);
        more(&mut self.references, other.references);
    }
}

/// A field spec as it is written in a configuration or under `fields`.
pub(crate) fn read_spec(node: &Node) -> FieldSpec {
    let create = node.get("create").and_then(Node::as_bool) == Some(true);
    spec(&text(node, "group"), &text(node, "version"), &text(node, "kind"), &text(node, "path"), create)
}

fn text(node: &Node, key: &str) -> String {
    node.get(key).and_then(tree::text).unwrap_or_default().into_owned()
}
