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

/// The site of a store with that endpoint and path, in which [`HOLE`] stands for what is not known.
pub(super) fn of(context: Context<'_>, endpoint: Option<&str>, destination: Option<&str>) -> SiteView {
    let destination = destination.unwrap_or_default();
    let Some(endpoint) = endpoint.or_else(|| destination.starts_with("http").then_some(destination)) else {
        return provider_of(destination);
    };
    let host = host_of(endpoint).to_lowercase();
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
    if let Some(why) = near(host) {
        return is("local", why);
    }
    if let Some(domain) = context.topology.served().domain_of(host) {
        let why = format!("this repository serves {domain} itself");
        return SiteView { is_assumed: true, ..is("local", &why) };
    }
    let shown = host.replace(HOLE, "…");
    let reason = format!("not known: nothing says where {shown} is (`sites` of the configuration can)");
    SiteView { name: Known::Unknown(reason), is_assumed: false, why: String::new(), place: None }
}

/// A store without endpoint is its provider's own.
fn provider_of(destination: &str) -> SiteView {
    match destination.split_once("://") {
        Some(("s3", _)) => is("offsite", "without an endpoint it is Amazon S3"),
        Some(("gs", _)) => is("offsite", "it is Google Cloud Storage"),
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
    if host.contains(HOLE) {
        return None;
    }
    if !host.is_empty() && !host.contains(['.', ':', '$', '{']) {
        return Some("a host without a domain is one of this network");
    }
    ENDS.iter().any(|end| host.ends_with(end)).then_some("the domain is one of this network")
}

/// The domains that the repository serves.
#[derive(Debug, Default)]
pub(crate) struct Served {
    domains: BTreeSet<String>,
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
        Self { domains }
    }

    /// The domain that the repository serves and that a host is under.
    fn domain_of(&self, host: &str) -> Option<&str> {
        let host = host.replace(HOLE, "");
        let is_under = |domain: &&String| {
            host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.domains.iter().find(is_under).map(String::as_str)
    }
}

/// What a host is under: `example.org` of `*.example.org` and of `www.example.org`. A public suffix
/// alone is none.
fn domain(host: &str) -> Option<String> {
    let host = host.to_lowercase();
    let under = match host.strip_prefix("*.") {
        Some(rest) => rest,
        None if host.matches('.').count() >= 2 || host.contains("${") => host.split_once('.')?.1,
        None => host.as_str(),
    };
    (under.contains('.') || under.contains("${")).then(|| under.to_owned())
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
        assert_eq!(domain("*.${DOMAIN}").as_deref(), Some("${domain}"));
        assert_eq!(domain("localhost"), None);
    }

    #[test]
    fn what_is_near() {
        for host in ["nas", "nas.lan", "10.0.0.4", "minio.home.arpa"] {
            assert!(near(host).is_some(), "{host}");
        }
        for host in ["s3.example.org", "1.1.1.1", "\0", "\0.example.org"] {
            assert!(near(host).is_none(), "{host}");
        }
    }
}
