//! A search for the namespaces of databases, in texts that are not parsed.

use crate::paths;
use aho_corasick::AhoCorasick;
use memchr::memmem;
use topology::Namespace;

/// The namespaces that hold databases.
pub(crate) struct Neighbours<'n> {
    names: Vec<&'n str>,
    search: AhoCorasick,
}

impl<'n> Neighbours<'n> {
    /// `None` where the namespace of a database is not known: it may be any.
    pub(crate) fn new(databases: &'n [Namespace]) -> Option<Self> {
        let names = databases.iter().map(Namespace::name).collect::<Option<Vec<_>>>()?;
        let search = AhoCorasick::new(&names).ok()?;
        Some(Self { names, search })
    }

    /// Whether a file may hold objects of one of these namespaces by itself: it names one, it
    /// stands in a directory that is called like one (templates make namespaces of directory
    /// names), or the namespace that it names is a variable.
    pub(crate) fn may_be_of(&self, path: &str, bytes: &[u8]) -> bool {
        paths::parent(path).split('/').any(|part| self.names.contains(&part))
            || self.words(bytes).next().is_some()
            || sets_variable(bytes)
    }

    /// Whether a kustomization or a Flux object sets one of these namespaces on what it deploys.
    pub(crate) fn may_be_set_by(&self, bytes: &[u8]) -> bool {
        let key = b"amespace";
        let mut keys = memmem::find_iter(bytes, key);
        let set = keys.any(|at| {
            let behind = bytes.get(at + key.len()..).unwrap_or_default();
            let line = behind.split(|byte| *byte == b'\n').next().unwrap_or_default();
            self.words(line).next().is_some()
        });
        set || sets_variable(bytes)
    }

    /// Where a whole word is one of the names.
    fn words(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        let is_name = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        };
        self.search
            .find_overlapping_iter(bytes)
            .filter(move |found| !is_name(found.start().checked_sub(1)) && !is_name(Some(found.end())))
            .map(|found| found.start())
    }
}

/// Whether a text sets a namespace to a variable.
fn sets_variable(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"amespace:").any(|at| {
        let behind = bytes.get(at + "amespace:".len()..).unwrap_or_default();
        behind.trim_ascii_start().trim_ascii_start().iter().find(|byte| !b"\"'".contains(byte)) == Some(&b'$')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use manifest::UnknownReason;
    use topology::NamespaceFrom;

    #[test]
    fn a_namespace_counts_where_it_is_set() {
        let databases = [Namespace::Known("media".to_owned(), NamespaceFrom::Implied)];
        let neighbours = Neighbours::new(&databases).unwrap();
        assert!(neighbours.may_be_set_by(b"namespace: media\n"));
        assert!(neighbours.may_be_set_by(b"  targetNamespace: \"${NS}\"\n"));
        assert!(!neighbours.may_be_set_by(b"resources: [media]\nnamespace: other\n"));
        assert!(neighbours.may_be_of("x.yaml", b"name: media"));
        assert!(!neighbours.may_be_of("x.yaml", b"name: media-server"));
        assert!(neighbours.may_be_of("apps/media/x.yaml", b""));
    }

    #[test]
    fn an_unknown_namespace_may_be_any() {
        assert!(Neighbours::new(&[Namespace::Unset]).is_none());
        assert!(Neighbours::new(&[Namespace::Unknown(UnknownReason::Encrypted)]).is_none());
    }
}
