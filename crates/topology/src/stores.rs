//! Where backups land and recoveries read: stores, the names they are archived under, and their site.

pub mod archive;
pub mod copies;
mod providers;
pub mod recovery;
pub mod site;

use crate::read::{Subject, with_holes};
use crate::view::Known;
use crate::views::Context;
use crate::views::reference::resolve;
use manifest::Node;
use site::SiteView;

crate::view! {
    /// An object store, as an ObjectStore or a `barmanObjectStore` describes it.
    pub struct StoreView {
        /// The ObjectStore's name; null for a `barmanObjectStore`.
        pub name: Option<String>,
        /// What to call it: the ObjectStore's name, else the path.
        pub title: String,
        /// `s3`, `azure`, `google`, or null where it names no credentials.
        pub provider: Option<String>,
        /// The host of its endpoint; null without one.
        pub host: Known<Option<String>>,
        /// `destinationPath`, without slashes at its end; null without one.
        pub destination: Known<Option<String>>,
        /// Endpoint and path as written: two stores with the same are the same.
        pub path: String,
        /// Where it is.
        pub site: SiteView,
    }
}

impl StoreView {
    /// The last directory of its path; none where that is a bucket.
    pub(crate) fn directory(&self) -> Option<&str> {
        let destination = self.destination.known()?.as_deref()?;
        let path = destination.split_once("://").map_or(destination, |(_, path)| path);
        path.rsplit_once('/').map(|(_, last)| last)
    }

    /// Whether a part of what tells stores apart is not known.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let of = |known: &Known<Option<String>>| match known {
            Known::Unknown(reason) => Some(reason.clone()),
            Known::Known(_) => None,
        };
        let reason = of(&self.host).or_else(|| of(&self.destination));
        reason.is_some().then_some(self.path.as_str())
    }
}

/// The store that an ObjectStore of that name describes; unknown where it cannot be found.
pub(crate) fn named(context: Context<'_>, name: &str) -> Known<StoreView> {
    let target = resolve(context, "barmancloud.cnpg.io", "ObjectStore", name, None);
    match (target.object, target.found) {
        (Some(found), _) => {
            let subject = Subject::new(found.object);
            let configuration = subject.node.at(&["spec", "configuration"]);
            match configuration {
                Some(node) => Known::Known(store(context, subject.below(node), Some(name))),
                None => Known::Unknown(format!("not known: ObjectStore {name} says nothing of it")),
            }
        }
        (None, Known::Unknown(reason)) => Known::Unknown(reason),
        (None, Known::Known(_)) => Known::Unknown(format!("not known: there is no ObjectStore {name}")),
    }
}

/// The store of a `barmanObjectStore`, or of the configuration of an ObjectStore.
pub(crate) fn store(context: Context<'_>, subject: Subject<'_>, name: Option<&str>) -> StoreView {
    let raw = |keys: &[&str]| subject.raw(keys).unwrap_or_default();
    let destination = raw(&["destinationPath"]).trim_end_matches('/');
    let endpoint = plain_endpoint(raw(&["endpointURL"]));
    let provider = ["s3", "azure", "google"]
        .into_iter()
        .find(|provider| subject.node.get(&format!("{provider}Credentials")).is_some());
    let path =
        if endpoint.is_empty() { destination.to_owned() } else { format!("{destination} at {endpoint}") };
    StoreView {
        name: name.map(str::to_owned),
        title: name.map_or_else(|| path.clone(), str::to_owned),
        provider: provider.map(str::to_owned),
        host: subject.text(&["endpointURL"]).map(|url| url.map(|url| host_of(&url).to_owned())),
        destination: subject
            .text(&["destinationPath"])
            .map(|path| path.map(|path| path.trim_end_matches('/').to_owned())),
        site: site::of(
            context,
            &site::Address {
                endpoint: text(subject, "endpointURL").as_deref(),
                written: subject.raw(&["endpointURL"]),
                destination: text(subject, "destinationPath").as_deref().unwrap_or_default(),
                provider,
            },
        ),
        path,
        place: subject
            .node
            .get("destinationPath")
            .map(|node| crate::read::place(node, "/spec/configuration/destinationPath")),
    }
}

/// An endpoint in one way of writing: no slash at its end, no port that goes without saying, the
/// host in lower case unless it holds a variable.
fn plain_endpoint(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let url = [("https://", ":443"), ("http://", ":80")]
        .iter()
        .find_map(|(scheme, port)| url.strip_suffix(port).filter(|rest| rest.starts_with(scheme)))
        .unwrap_or(url);
    if url.contains("${") { url.to_owned() } else { url.to_lowercase() }
}

/// A field with holes for what is not known of it.
fn text<'n>(subject: Subject<'n>, key: &str) -> Option<std::borrow::Cow<'n, str>> {
    subject
        .node
        .get(key)
        .filter(|node: &&Node| node.raw_text().is_some_and(|text| !text.is_empty()))
        .and_then(with_holes)
}

/// The host of a URL, without port and user.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{host_of, plain_endpoint};

    #[test]
    fn endpoints_are_written_in_one_way() {
        for url in ["https://NAS.lan", "https://nas.lan/", "https://nas.lan:443"] {
            assert_eq!(plain_endpoint(url), "https://nas.lan", "{url}");
        }
        assert_eq!(plain_endpoint("http://nas.lan:443"), "http://nas.lan:443");
        assert_eq!(plain_endpoint("https://s3.${DOMAIN}"), "https://s3.${DOMAIN}");
    }

    #[test]
    fn hosts_of_urls() {
        for (url, host) in [
            ("https://s3.example.com:9000/bucket", "s3.example.com"),
            ("http://user:pass@minio", "minio"),
            ("https://[fd00::1]:9000", "fd00::1"),
            ("s3.example.com", "s3.example.com"),
            ("", ""),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
