//! Where a store is: in this Kubernetes cluster, on this site, or somewhere else.

use super::{host_of, providers};
use crate::address::all_private;
use crate::inventory::Inventory;
use crate::pattern::matches_pattern;
use crate::read::{HOLE, select};
use crate::topology::{Settings, Topology};
use crate::view::Known;
use crate::views::Context;
use std::collections::BTreeSet;

crate::view! {
    /// Where a store is.
    pub struct SiteView {
        /// `cluster` (inside this Kubernetes cluster), `local` or `offsite`.
        pub name: Known<String>,
        /// Whether that is concluded from the repository's own domain only.
        pub is_assumed: bool,
        /// Why, behind "because": `the configuration says so`.
        pub why: String,
    }
}

fn is(name: &str, why: &str) -> SiteView {
    SiteView { name: Known::Known(name.to_owned()), is_assumed: false, why: why.to_owned(), place: None }
}

/// What tells where a store is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address<'a> {
    /// Its endpoint, in which [`HOLE`] stands for what is not known.
    pub(super) endpoint: Option<&'a str>,
    /// The same as it is written.
    pub(super) written: Option<&'a str>,
    /// Its path, with holes.
    pub(super) destination: &'a str,
    /// What its credentials are for: `s3`, `azure`, `google`.
    pub(super) provider: Option<&'a str>,
}

/// The site of a store.
pub(super) fn of(context: Context<'_>, address: &Address<'_>) -> SiteView {
    let destination = address.destination;
    let endpoint = address.endpoint.or_else(|| destination.starts_with("http").then_some(destination));
    let Some(endpoint) = endpoint else {
        return provider_of(address);
    };
    let host = host_of(endpoint).to_lowercase();
    let written = host_of(address.written.unwrap_or(endpoint));
    let host = host.as_str();
    if let Some(site) = configured(context.topology.settings(), host) {
        return is(site, "the configuration says so");
    }
    if providers::is_public(host) {
        return is("offsite", "the host is a public object store's");
    }
    if host.rsplit('.').next() == Some("svc") || host.contains(".svc.") {
        return is("cluster", "the host is a Service of this Kubernetes cluster");
    }
    if is_service(context, host) {
        let why = "the host is called like a Service of this Kubernetes cluster";
        return SiteView { is_assumed: true, ..is("cluster", why) };
    }
    if let Some(why) = near(host) {
        return is("local", why);
    }
    if let Some(domain) = context.topology.served().domain_of(written) {
        let why = format!("this repository serves {domain} itself");
        return SiteView { is_assumed: true, ..is("local", &why) };
    }
    let reason = format!("not known: nothing says where {written} is (`sites` of the configuration can)");
    SiteView { name: Known::Unknown(reason), is_assumed: false, why: String::new(), place: None }
}

/// Whether the name server of Kubernetes would find a Service: in the namespace of the one who
/// asks, or in the one behind the dot.
fn is_service(context: Context<'_>, host: &str) -> bool {
    let Context { topology, placement, .. } = context;
    match host.split_once('.') {
        Some((_, namespace)) => topology.served().namespaces.contains(namespace),
        None => !topology.inventory.resolve(placement, "", "Service", host).is_empty(),
    }
}

/// A store without endpoint is its provider's own.
fn provider_of(address: &Address<'_>) -> SiteView {
    let scheme = address.destination.split_once("://").map(|(scheme, _)| scheme);
    match (scheme, address.provider) {
        (Some("s3"), _) | (None, Some("s3")) => is("offsite", "without an endpoint it is Amazon S3"),
        (Some("gs"), _) | (None, Some("google")) => is("offsite", "it is Google Cloud Storage"),
        _ => {
            let reason = "not known: neither an endpoint nor the path says where it is".to_owned();
            SiteView { name: Known::Unknown(reason), is_assumed: false, why: String::new(), place: None }
        }
    }
}

fn configured<'s>(settings: &'s Settings, host: &str) -> Option<&'s str> {
    let found = settings.sites.iter().find(|site| matches_pattern(&site.hosts, host));
    found.map(|site| site.site.as_str())
}

/// Why a host can only be reached from nearby.
fn near(host: &str) -> Option<&'static str> {
    const ENDS: [&str; 6] = [".local", ".lan", ".home.arpa", ".internal", ".home", ".localdomain"];
    if all_private(host) == Some(true) {
        return Some("the address is a private one");
    }
    if !host.is_empty() && !host.contains(['.', ':', '$', '{', HOLE]) {
        return Some("a host without a domain is one of this network");
    }
    ENDS.iter().any(|end| host.ends_with(end)).then_some("the domain is one of this network")
}

/// The domains that the repository serves, and its namespaces.
#[derive(Debug, Default)]
pub(crate) struct Served {
    domains: BTreeSet<String>,
    /// Its namespaces: `<service>.<namespace>` is a host in them.
    namespaces: BTreeSet<String>,
}

/// Kinds that serve hosts, and where they name them.
const SERVING: &[(&str, &[&str])] = &[
    ("Ingress", &["/spec/rules/*/host"]),
    ("HTTPRoute", &["/spec/hostnames/*"]),
    ("TLSRoute", &["/spec/hostnames/*"]),
    ("Gateway", &["/spec/listeners/*/hostname"]),
    ("Certificate", &["/spec/dnsNames/*", "/spec/commonName"]),
];

impl Served {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut domains = BTreeSet::new();
        for (kind, pointers) in SERVING {
            let objects = inventory.of_kind(kind).filter(|(_, object)| object.is_deployed());
            for (_, object) in objects {
                for (node, _) in pointers.iter().flat_map(|pointer| select(&object.manifest.node, pointer)) {
                    domains.extend(node.raw_text().and_then(domain));
                }
            }
        }
        let placements = inventory.objects().flat_map(|(_, object)| &object.placements);
        let namespaces = placements.filter_map(|to| to.namespace.name()).map(str::to_owned).collect();
        Self { domains, namespaces }
    }

    /// The domain that the repository serves and that a host, as written, is under.
    fn domain_of(&self, host: &str) -> Option<&str> {
        let host = lower(host);
        let is_under = |domain: &&String| {
            host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.domains.iter().find(is_under).map(String::as_str)
    }
}

/// In lower case, but for names of variables.
fn lower(host: &str) -> String {
    if host.contains("${") { host.to_owned() } else { host.to_lowercase() }
}

/// What a host is under: `example.org` of `*.example.org` and of `www.example.org`. What is under
/// `co.uk` and the like has nothing in common.
fn domain(host: &str) -> Option<String> {
    let host = lower(host);
    if let Some(rest) = host.strip_prefix("*.") {
        return is_own(rest).then(|| rest.to_owned());
    }
    let parent = host.split_once('.').map(|(_, parent)| parent).filter(|parent| is_own(parent));
    parent.map(str::to_owned).or_else(|| is_own(&host).then_some(host))
}

/// Labels below which anybody may have a name, in the domain of a country.
const PUBLIC: [&str; 9] = ["ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"];

/// Whether a domain is somebody's own: a variable, or two labels and no public ones.
fn is_own(domain: &str) -> bool {
    if domain.starts_with("${") {
        return true;
    }
    domain.split_once('.').is_some_and(|(first, rest)| {
        !first.is_empty() && (rest.contains('.') || rest.len() > 2 || !PUBLIC.contains(&first))
    })
}

impl Topology<'_> {
    /// The domains that the repository serves.
    pub(crate) fn served(&self) -> &Served {
        self.served.get_or_init(|| Served::new(self.inventory))
    }
}

#[cfg(test)]
mod tests {
    use super::{domain, near};

    #[test]
    fn domains_of_hosts() {
        assert_eq!(domain("*.example.org").as_deref(), Some("example.org"));
        assert_eq!(domain("www.example.org").as_deref(), Some("example.org"));
        assert_eq!(domain("example.org").as_deref(), Some("example.org"));
        assert_eq!(domain("*.${DOMAIN}").as_deref(), Some("${DOMAIN}"));
        assert_eq!(domain("app.${DOMAIN}").as_deref(), Some("${DOMAIN}"));
        assert_eq!(domain("example.co.uk").as_deref(), Some("example.co.uk"));
        assert_eq!(domain("*.co.uk"), None);
        assert_eq!(domain("localhost"), None);
    }

    #[test]
    fn what_is_near() {
        for host in ["nas", "nas.lan", "10.0.0.4", "minio.home.arpa", "s3.\0.internal"] {
            assert!(near(host).is_some(), "{host}");
        }
        for host in ["s3.example.org", "1.1.1.1", "\0", "\0.example.org"] {
            assert!(near(host).is_none(), "{host}");
        }
    }
}
