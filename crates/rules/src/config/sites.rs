//! What the configuration says of where stores are, as plain data.

/// Where a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteName {
    /// Inside this Kubernetes cluster.
    Cluster,
    /// On the same site, outside of this Kubernetes cluster.
    Local,
    /// Somewhere else.
    Offsite,
}

impl SiteName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cluster, Self::Local, Self::Offsite];

    /// `cluster`, `local` or `offsite`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Local => "local",
            Self::Offsite => "offsite",
        }
    }
}

/// Hosts that are at a site. Of several that match, the first one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSite {
    /// Host name in lower case, in which `*` stands for any characters (`*.backup.example.com`).
    pub host: String,
    /// Where they are.
    pub site: SiteName,
}

/// A store that something outside of the repository copies to somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Hosts of the endpoint of the mirrored store, lower case, `*` stands for any characters;
    /// `None`: any.
    pub host: Option<String>,
    /// `destinationPath` of the mirrored store, `*` stands for any characters; `None`: any.
    pub destination: Option<String>,
    /// Where the copy is.
    pub site: SiteName,
    /// What makes the copy, in the user's words.
    pub by: String,
}

/// Whether `text` is `pattern`, in which `*` stands for any characters, `/` and `.` too.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // `split` gives at least one part: what must stand at the very end.
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The leftmost place leaves the most for what follows.
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    text.ends_with(last)
}

impl HostSite {
    /// Whether it is about that host.
    pub fn matches(&self, host: &str) -> bool {
        matches_pattern(&self.host, &host.to_ascii_lowercase())
    }
}

impl Mirror {
    /// Whether it is about the store at that host (`None`: its provider's own) and path.
    pub fn matches(&self, host: Option<&str>, destination: &str) -> bool {
        let host_fits = self.host.as_ref().is_none_or(|pattern| {
            host.is_some_and(|host| matches_pattern(pattern, &host.to_ascii_lowercase()))
        });
        host_fits && self.destination.as_ref().is_none_or(|pattern| matches_pattern(pattern, destination))
    }
}

#[cfg(test)]
mod tests {
    use super::{HostSite, Mirror, SiteName, matches_pattern};

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(matches_pattern("*.example.com", "s3.eu.example.com"));
        assert!(!matches_pattern("*.example.com", "example.com"));
        assert!(matches_pattern("s3://pg/*", "s3://pg/a/b"));
        assert!(matches_pattern("a*b*b", "abb"));
        assert!(!matches_pattern("a*b*b", "ab"));
        assert!(!matches_pattern("ab*ba", "aba"));
        assert!(matches_pattern("*", ""));
        assert!(!matches_pattern("", "x"));
    }

    #[test]
    fn hosts_have_no_case() {
        let site = HostSite { host: "*.lan".to_owned(), site: SiteName::Local };
        assert!(site.matches("NAS.Lan"));
    }

    #[test]
    fn a_mirror_by_host_is_not_about_a_store_without_one() {
        let by = String::new();
        let host = Some("minio.lan".to_owned());
        let mirror = Mirror { host, destination: None, site: SiteName::Offsite, by };
        assert!(mirror.matches(Some("minio.lan"), "s3://pg"));
        assert!(!mirror.matches(None, "s3://pg"));
    }
}
