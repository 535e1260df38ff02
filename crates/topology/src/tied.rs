//! Which objects are tied to a CloudNativePG database of the repository: only those are judged.

use crate::index::databases::Via;
use crate::index::mentions::Mention;
use crate::index::reach::reaches;
use crate::inventory::{Namespace, Object, ObjectId, Placement};
use crate::read::{Subject, select, walk};
use crate::topology::Topology;
use crate::views::external_secret::target_node;
use crate::views::secret_keys::far_secrets;
use crate::views::{Context, WORKLOADS, service};
use manifest::Node;
use schema::Judged;

/// Kinds that protect what is in their namespace, or in all.
const POLICIES: [&str; 4] =
    ["NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"];

impl Topology<'_> {
    /// Whether an object is to be judged: always for CloudNativePG's and its Barman plugin's own
    /// kinds; for others only where, at that placement, it is tied to a database of the
    /// repository by name, selector, Secret, host or namespace.
    pub fn is_tied(&self, object: ObjectId, placement: &Placement) -> bool {
        let context = Context { topology: self, object, placement };
        let Some(found) = self.inventory.object(object) else { return false };
        let (Some(group), Some(kind)) = (found.manifest.group(), found.manifest.kind()) else { return false };
        match schema::kind(kind) {
            Some(known) if known.group == group => {
                known.judged == Judged::Always || context.is_tied(found, kind)
            }
            _ => false,
        }
    }
}

impl Context<'_> {
    fn is_tied(self, object: &Object, kind: &str) -> bool {
        let Context { topology, object: id, placement } = self;
        let node = &object.manifest.node;
        match kind {
            "Secret" => self.is_read(node.at(&["metadata", "name"])) || self.speaks(id),
            "ExternalSecret" => self.is_read(target_node(node)) || self.speaks(id),
            "ClusterExternalSecret" => self.makes_read_secrets(node),
            "PushSecret" => self.is_read(node.at(&["spec", "selector", "secret", "name"])),
            "SecretStore" | "ClusterSecretStore" => self.is_used_by_tied("/spec/secretStoreRef", node, kind),
            "Password" | "ClusterGenerator" => {
                self.is_used_by_tied("/spec/dataFrom/*/sourceRef/generatorRef", node, kind)
            }
            "Service" => self.leads_to_database() || self.speaks(id),
            "ConfigMap" => self.speaks(id) || self.is_config_of_client(node),
            "StorageClass" => self.stores_database(node),
            "Kustomization" | "Application" => self.deploys_database(object) || self.is_client(),
            "PodMonitor" | "ServiceMonitor" | "PrometheusRule" => self.speaks(id) || says_cnpg(node),
            kind if POLICIES.contains(&kind) => {
                let mut clusters = topology.databases().clusters();
                clusters.any(|cluster| everywhere(placement) || reaches(placement, &cluster.placement))
            }
            kind if WORKLOADS.contains(&kind) => self.is_client() || self.reads_far_secret(),
            _ => self.speaks(id),
        }
    }

    fn is_client(self) -> bool {
        !self.topology.databases_of(self.object, self.placement).is_empty()
    }

    /// Whether it reads the Secret of a database of another namespace, as if it were in its own.
    fn reads_far_secret(self) -> bool {
        let is_secret = |mention: &Mention| matches!(mention.via, Via::AppSecret | Via::SuperuserSecret);
        self.topology.mentions(self.object).iter().any(is_secret) && !far_secrets(self).is_empty()
    }

    /// Whether a database, or a client of one, reads the Secret of that name, or it is one that
    /// the operator would make.
    fn is_read(self, name: Option<&Node>) -> bool {
        let Some(name) = name.and_then(Node::raw_text) else { return false };
        let databases = self.topology.databases();
        let is_credentials = |via: Via| matches!(via, Via::AppSecret | Via::SuperuserSecret);
        let mut named = databases.named(name).iter().filter(|(_, via)| is_credentials(*via));
        named.any(|(index, _)| databases.get(*index).is_some_and(|it| reaches(self.placement, &it.placement)))
            || self.topology.clients().readers(name, self.placement).next().is_some()
    }

    fn makes_read_secrets(self, node: &Node) -> bool {
        let names = ["/spec/externalSecretSpec/target/name", "/spec/externalSecretName", "/metadata/name"];
        let name = names.iter().find_map(|pointer| node.pointer(pointer)?.raw_text());
        name.is_some_and(|name| !self.topology.clients().readers_anywhere(name).is_empty())
    }

    /// Whether it names a host, the credentials or the label of a database.
    fn speaks(self, id: ObjectId) -> bool {
        let databases = self.topology.databases();
        let means =
            |mention: &Mention| everywhere(self.placement) || mention.means(databases, self.placement);
        self.topology.mentions(id).iter().any(means)
    }

    fn leads_to_database(self) -> bool {
        service::view(self).is_some_and(|view| {
            let named =
                |names: crate::view::Known<Vec<String>>| names.known().is_none_or(|names| !names.is_empty());
            !self.topology.databases().all.is_empty() && (named(view.clusters) || named(view.poolers))
        })
    }

    fn is_config_of_client(self, node: &Node) -> bool {
        let name = node.at(&["metadata", "name"]).and_then(Node::raw_text);
        name.is_some_and(|name| {
            self.topology.clients().config_map_readers(name, self.placement).next().is_some()
        })
    }

    /// Whether an ExternalSecret that is tied itself refers to this at `pattern`.
    fn is_used_by_tied(self, pattern: &str, node: &Node, kind: &str) -> bool {
        let Some(name) = node.at(&["metadata", "name"]).and_then(Node::raw_text) else { return false };
        let refers = |node: &Node| {
            let reference = Subject::whole(node);
            let default = if pattern.contains("generatorRef") { "Password" } else { "SecretStore" };
            reference.raw(&["name"]) == Some(name) && reference.raw(&["kind"]).unwrap_or(default) == kind
        };
        self.topology.inventory.of_kind("ExternalSecret").any(|(id, object)| {
            select(&object.manifest.node, pattern).iter().any(|(node, _)| refers(node))
                && object.placements.iter().any(|placement| {
                    let near = everywhere(self.placement) || reaches(placement, self.placement);
                    near && self.topology.is_tied(id, placement)
                })
        })
    }

    fn stores_database(self, node: &Node) -> bool {
        const CLASSES: [&str; 4] = [
            "/spec/*/storageClass",
            "/spec/*/pvcTemplate/storageClassName",
            "/spec/tablespaces/*/storage/storageClass",
            "/spec/tablespaces/*/storage/pvcTemplate/storageClassName",
        ];
        let name = node.at(&["metadata", "name"]).and_then(Node::raw_text);
        let mut clusters = self.topology.databases().clusters();
        clusters.any(|cluster| {
            let cluster = self.topology.inventory.object(cluster.object).map(|object| &object.manifest.node);
            let classes = cluster.into_iter().flat_map(|node| CLASSES.iter().flat_map(|it| select(node, it)));
            name.is_some() && classes.into_iter().any(|(class, _)| class.raw_text() == name)
        })
    }

    /// Whether this is the root of an environment that deploys a database.
    fn deploys_database(self, object: &Object) -> bool {
        let inventory = self.topology.inventory;
        let own = object.manifest.node.origin.span;
        let mut databases = self.topology.databases().all.iter();
        databases.any(|database| {
            let root = inventory.environment(database.placement.environment).and_then(|it| it.root);
            root.is_some_and(|root| {
                root.source == own.source && own.start <= root.start && root.end <= own.end
            })
        })
    }
}

fn everywhere(placement: &Placement) -> bool {
    placement.namespace == Namespace::ClusterScoped
}

/// Whether it speaks of CloudNativePG's metrics or labels.
fn says_cnpg(node: &Node) -> bool {
    let mut says = false;
    walk(node, &mut |node, keys, _| {
        says |= keys.last().is_some_and(|key| key.contains("cnpg"))
            || node.raw_text().is_some_and(|text| text.contains("cnpg"));
    });
    says
}
