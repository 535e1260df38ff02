//! Which objects an entry of the configuration is about.

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// An object, as far as a configuration can select it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selector<'o> {
    /// Path of its file from the directory of the configuration, with `/`; `None` at the
    /// webhook, where no path selector matches.
    pub path: Option<&'o str>,
    /// Its effective namespace; `None` where that is not known, and no namespace matches.
    pub namespace: Option<&'o str>,
    /// Its kind; empty for findings about a text.
    pub kind: &'o str,
    /// Its name, if it is known.
    pub name: Option<&'o str>,
    /// Its labels, as far as they are known.
    pub labels: &'o [(&'o str, &'o str)],
}

/// The selectors of one entry. All that are given must match; of each, any one of its list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets {
    pub(crate) paths: Option<GlobSet>,
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) namespaces: Option<GlobSet>,
    pub(crate) names: Option<GlobSet>,
    pub(crate) labels: Vec<(String, GlobMatcher)>,
}

impl Targets {
    /// Whether all that is asked for is known of the object, and matches.
    pub(crate) fn matches(&self, object: &Selector<'_>) -> bool {
        self.matches_but_for_labels(object)
            && self
                .labels
                .iter()
                .all(|(key, value)| object.labels.iter().any(|(have, is)| have == key && value.is_match(is)))
    }

    /// The same where the labels are not known.
    pub(crate) fn matches_but_for_labels(&self, object: &Selector<'_>) -> bool {
        let fits = |set: &Option<GlobSet>, value: Option<&str>| {
            set.as_ref().is_none_or(|set| value.is_some_and(|value| set.is_match(value)))
        };
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == object.kind))
            && fits(&self.namespaces, object.namespace)
            && fits(&self.names, object.name)
            && fits(&self.paths, object.path)
    }

    /// No selector at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_none()
            && self.kinds.is_none()
            && self.namespaces.is_none()
            && self.names.is_none()
            && self.labels.is_empty()
    }

    /// It selects by label.
    pub(crate) fn by_label(&self) -> bool {
        !self.labels.is_empty()
    }

    /// It selects by path, which the webhook does not know.
    pub(crate) fn by_path(&self) -> bool {
        self.paths.is_some()
    }
}

/// A pattern for paths. As in `.gitignore`, one without `/` matches in every directory and one
/// that ends in `/` means all below it; `*` does not match `/`, `**` does.
pub(crate) fn path_glob(pattern: &str) -> Result<Glob, globset::Error> {
    let rooted = pattern.strip_prefix("./").or_else(|| pattern.strip_prefix('/'));
    let mut glob = rooted.unwrap_or(pattern).to_owned();
    if glob.ends_with('/') {
        glob.push_str("**");
    }
    if rooted.is_none() && !glob.contains('/') {
        glob.insert_str(0, "**/");
    }
    GlobBuilder::new(&glob).literal_separator(true).build()
}

/// A pattern for names, namespaces, label values and hosts: `*` matches anything.
pub(crate) fn name_glob(pattern: &str) -> Result<Glob, globset::Error> {
    Glob::new(pattern)
}

/// Any of several patterns.
pub(crate) fn glob_set(globs: impl IntoIterator<Item = Glob>) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob);
    }
    set.build()
}

#[cfg(test)]
mod tests {
    use super::{Selector, Targets, glob_set, path_glob};

    fn by_path(pattern: &str, path: &str) -> bool {
        let paths = Some(glob_set([path_glob(pattern).unwrap()]).unwrap());
        Targets { paths, ..Targets::default() }.matches(&Selector { path: Some(path), ..Selector::default() })
    }

    #[test]
    fn paths_are_matched_as_gitignore_does() {
        assert!(by_path("dev/**", "dev/a/b.yaml"));
        assert!(by_path("dev/", "dev/a/b.yaml"));
        assert!(by_path("./dev/*.yaml", "dev/a.yaml"));
        assert!(!by_path("dev/*.yaml", "dev/a/b.yaml"));
        assert!(by_path("*-secret.yaml", "k8s/app/db-secret.yaml"));
        assert!(!by_path("/secret.yaml", "k8s/secret.yaml"));
        assert!(by_path("/secret.yaml", "secret.yaml"));
    }

    #[test]
    fn what_is_not_known_does_not_match() {
        let namespaces = Some(glob_set([super::name_glob("*").unwrap()]).unwrap());
        let targets = Targets { namespaces, ..Targets::default() };
        assert!(!targets.matches(&Selector::default()));
        assert!(targets.matches(&Selector { namespace: Some("any"), ..Selector::default() }));
        assert!(
            !Targets { paths: Some(glob_set([path_glob("**").unwrap()]).unwrap()), ..Targets::default() }
                .matches(&Selector::default())
        );
    }
}
