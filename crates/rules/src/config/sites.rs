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
