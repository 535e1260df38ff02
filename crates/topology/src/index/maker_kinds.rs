//! Which Secrets an object of each kind makes: the knowledge of operators and controllers.

use crate::index::databases::{CNPG, named_application_secret};
use crate::index::makers::Reach;
use crate::index::mirrors::mirrored;
use crate::inventory::Object;
use crate::read::{Subject, place, select};
use crate::view::{Known, Place};
use manifest::{Node, Value};

/// A Secret that an object makes.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    /// Its name as written; `None`: it cannot be told.
    pub(crate) secret: Option<String>,
    /// Where; `None`: in the object's own namespace.
    pub(crate) reach: Option<Reach>,
    pub(crate) place: Place,
}

/// Group, kind, and where an object of it says how its Secret is called, the first that is
/// there; none: as the object itself.
type Simple = (&'static str, &'static str, &'static [&'static str]);

/// Kinds that make a Secret under a name that stands in one field; from the API references of
/// the projects.
const SIMPLE: &[Simple] = &[
    ("", "Secret", &[]),
    ("bitnami.com", "SealedSecret", &["/spec/template/metadata/name"]),
    ("onepassword.com", "OnePasswordItem", &[]),
    ("secrets.hashicorp.com", "VaultStaticSecret", &["/spec/destination/name"]),
    ("secrets.hashicorp.com", "VaultDynamicSecret", &["/spec/destination/name"]),
    ("secrets.hashicorp.com", "VaultPKISecret", &["/spec/destination/name"]),
    ("secrets.hashicorp.com", "HCPVaultSecretsApp", &["/spec/destination/name"]),
    ("secrets.infisical.com", "InfisicalSecret", INFISICAL),
    ("secrets.infisical.com", "InfisicalDynamicSecret", INFISICAL),
    ("ricoberger.de", "VaultSecret", &[]),
    ("redhatcop.redhat.io", "VaultSecret", &["/spec/output/name"]),
    ("k8s.bitwarden.com", "BitwardenSecret", &["/spec/secretName"]),
    ("bitwarden-secret-operator.io", "BitwardenSecret", &["/spec/name"]),
    ("lerentis.uploadfilter24.eu", "BitwardenSecret", &["/spec/name"]),
    ("lerentis.uploadfilter24.eu", "BitwardenTemplate", &["/spec/name"]),
    ("passbolt.tagesspiegel.de", "PassboltSecret", &[]),
    ("kubernetes-client.io", "ExternalSecret", &[]),
    ("secrets.doppler.com", "DopplerSecret", &["/spec/managedSecret/name"]),
    ("isindir.github.com", "SopsSecret", &["/spec/secretTemplates/*/name"]),
    ("spv.no", "AzureKeyVaultSecret", &["/spec/output/secret/name"]),
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass", &["/spec/secretObjects/*/secretName"]),
    ("secretgenerator.mittwald.de", "StringSecret", &[]),
    ("secretgenerator.mittwald.de", "BasicAuth", &[]),
    ("secretgen.k14s.io", "Password", &[]),
    ("secretgen.carvel.dev", "SecretImport", &[]),
    ("secretgen.carvel.dev", "SecretTemplate", &[]),
    ("cert-manager.io", "Certificate", &["/spec/secretName"]),
    ("objectbucket.io", "ObjectBucketClaim", &[]),
    ("infra.contrib.fluxcd.io", "Terraform", &["/spec/writeOutputsToSecret/name"]),
];

const INFISICAL: &[&str] =
    &["/spec/managedSecretReference/secretName", "/spec/managedKubeSecretReferences/*/secretName"];

/// The Secrets that an object makes.
pub(crate) fn products(group: &str, kind: &str, object: &Object) -> Vec<Product> {
    let node = &object.manifest.node;
    let subject = Subject::new(object);
    let mut products = match (group, kind) {
        (CNPG, "Cluster") => cluster(subject),
        (CNPG, "DatabaseRole") => named(subject, |name| format!("{name}-client-cert")),
        ("external-secrets.io", "ExternalSecret") => external_secret(subject),
        ("external-secrets.io", "ClusterExternalSecret") => cluster_external_secret(subject),
        ("clustersecret.io" | "core.cs.sap.com", "ClusterSecret") => cluster_secret(subject),
        ("kyverno.io", "ClusterPolicy" | "Policy") => kyverno(node),
        _ => SIMPLE
            .iter()
            .find(|simple| (simple.0, simple.1) == (group, kind))
            .map(|simple| products_named_by(node, simple.2))
            .unwrap_or_default(),
    };
    // Crossplane: any managed resource or claim.
    products.extend(targets(node, "/spec/writeConnectionSecretToRef/name"));
    let mirrors = products.iter().filter_map(|product| {
        let reach = mirrored(node)?;
        Some(Product { reach: Some(reach), ..product.clone() })
    });
    let mirrors: Vec<_> = mirrors.collect();
    products.extend(mirrors);
    products
}

fn products_named_by(node: &Node, pointers: &[&str]) -> Vec<Product> {
    let found: Vec<_> = pointers.iter().flat_map(|pointer| targets(node, pointer)).collect();
    if found.is_empty() { named(Subject::whole(node), str::to_owned) } else { found }
}

/// The Secret named after the object itself.
fn named(subject: Subject<'_>, name: impl Fn(&str) -> String) -> Vec<Product> {
    let Some(own) = subject.node.at(&["metadata", "name"]) else { return Vec::new() };
    let secret = own.raw_text().map(name);
    vec![Product { secret, reach: None, place: place(own, "/metadata/name") }]
}

/// The Secrets named at a pointer, each in the namespace that stands beside its name, if one does.
fn targets(node: &Node, pattern: &str) -> Vec<Product> {
    let parent_of = |pointer: &str| pointer.rsplit_once('/').and_then(|(parent, _)| node.pointer(parent));
    select(node, pattern)
        .into_iter()
        .filter_map(|(name, pointer)| {
            let parent = parent_of(&pointer)?;
            let namespace = ["namespace", "secretNamespace"].iter().find_map(|key| parent.get(key)?.as_str());
            let reach = namespace.map(|namespace| Reach::Namespaces(vec![namespace.to_owned()]));
            Some(Product { secret: Some(name.raw_text()?.to_owned()), reach, place: place(name, pointer) })
        })
        .collect()
}

/// The Secrets that the operator makes for a Cluster (CloudNativePG, pkg/specs and "Connecting
/// from an application"): the application's unless one is named, the superuser's when access is
/// enabled and none is named, certificates.
fn cluster(subject: Subject<'_>) -> Vec<Product> {
    let mut ends = vec!["ca", "server", "replication", "pooler"];
    if named_application_secret(subject).is_none() {
        ends.push("app");
    }
    let superuser = subject.boolean(&["spec", "enableSuperuserAccess"], false);
    if superuser == Known::Known(true) && subject.raw(&["spec", "superuserSecret", "name"]).is_none() {
        ends.push("superuser");
    }
    ends.iter().flat_map(|end| named(subject, |name| format!("{name}-{end}"))).collect()
}

/// `target.name`, else the object's own name; `Merge` and `None` make no Secret (External
/// Secrets, "Ownership").
fn external_secret(subject: Subject<'_>) -> Vec<Product> {
    let policy = subject.raw(&["spec", "target", "creationPolicy"]);
    if matches!(policy, Some("Merge" | "None")) {
        return Vec::new();
    }
    products_named_by(subject.node, &["/spec/target/name"])
}

/// The name as an ExternalSecret's; the namespaces as listed, or by labels that only the live
/// cluster knows.
fn cluster_external_secret(subject: Subject<'_>) -> Vec<Product> {
    const NAMES: [&str; 2] = ["/spec/externalSecretSpec/target/name", "/spec/externalSecretName"];
    let listed = select(subject.node, "/spec/namespaces/*");
    let names: Vec<_> = listed.iter().filter_map(|(node, _)| node.as_str()).map(str::to_owned).collect();
    let selected = ["namespaceSelector", "namespaceSelectors"]
        .iter()
        .any(|key| subject.has(&["spec", key]) != Known::Known(false));
    let first = NAMES.iter().map(|pointer| targets(subject.node, pointer)).find(|found| !found.is_empty());
    let products = first.unwrap_or_else(|| named(subject, str::to_owned));
    let reaches =
        [(!names.is_empty()).then_some(Reach::Namespaces(names)), selected.then_some(Reach::Perhaps)];
    reaches
        .into_iter()
        .flatten()
        .flat_map(|reach| {
            products.iter().map(move |product| Product { reach: Some(reach.clone()), ..product.clone() })
        })
        .collect()
}

/// Under its own name, in namespaces that patterns or labels choose.
fn cluster_secret(subject: Subject<'_>) -> Vec<Product> {
    let products = named(subject, str::to_owned).into_iter();
    products.map(|product| Product { reach: Some(Reach::Perhaps), ..product }).collect()
}

/// Generate rules: for namespaces that a policy's conditions choose, so never surely.
fn kyverno(node: &Node) -> Vec<Product> {
    let generates = select(node, "/spec/rules/*/generate");
    generates
        .into_iter()
        .filter(|(generate, _)| makes_secrets(generate))
        .map(|(generate, pointer)| {
            let name = generate.get("name").filter(|name| matches!(name.value, Value::String(_)));
            Product {
                secret: name.and_then(Node::as_str).filter(|name| !name.contains("{{")).map(str::to_owned),
                reach: Some(Reach::Perhaps),
                place: place(generate, pointer),
            }
        })
        .collect()
}

fn makes_secrets(generate: &Node) -> bool {
    let kinds = select(generate, "/cloneList/kinds/*");
    let mut clones = kinds.iter().filter_map(|(kind, _)| kind.as_str());
    generate.get("kind").and_then(Node::as_str) == Some("Secret")
        || clones.any(|kind| kind.ends_with("Secret"))
}
