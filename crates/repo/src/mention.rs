//! A search of the files that name no judged kind, for what belongs to a database all the same.

use crate::kinds;
use crate::names::{Names, SUFFIXES};
use crate::parallel;
use crate::tree::{File, FileId, Tree};
use crate::unlinted::NotLintedReason;
use crate::walk::is_kustomization;
use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;
use std::collections::HashSet;

/// How many routes are asked whether this repository serves a domain: one tells as much as all.
const ROUTES: usize = 8;

/// How the operator's labels, annotations and kinds are told.
const LABEL: &str = "cnpg.io";

/// How the operator's metrics start.
const METRIC: &str = "cnpg_";

/// A file that may hold something that belongs to a database.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Which.
    pub(crate) file: FileId,
    /// Where it names something of a database, in bytes from its start, in order.
    pub(crate) named_at: Vec<u32>,
    /// Whether it holds kinds that matter to databases of every namespace. One that does not,
    /// and names nothing, holds kinds that matter to those of its own.
    pub(crate) everywhere: bool,
}

impl Candidate {
    /// Whether it may matter wherever it is deployed.
    pub(crate) fn is_sure(&self) -> bool {
        self.everywhere || !self.named_at.is_empty()
    }
}

/// Searches every file that holds objects.
pub(crate) fn search(tree: &Tree, names: &Names) -> Vec<Candidate> {
    let Some(search) = Search::new(names) else { return Vec::new() };
    let objects = |file: &File| {
        !file.bytes.is_empty() && !is_kustomization(&file.path) && NotLintedReason::of(tree, file).is_none()
    };
    let files: Vec<FileId> = tree.files().filter(|(_, file)| objects(file)).map(|(id, _)| id).collect();
    let mut found = parallel::map(&files, |id| tree.get(*id).map(|file| search.hits(&file.bytes)));
    let served =
        found.iter().flatten().any(|hits| hits.kinds.contains(&Meaning::Serves) && !hits.domains.is_empty());
    let mut routes = if served { 0 } else { ROUTES };
    files
        .into_iter()
        .zip(&mut found)
        .filter_map(|(file, hits)| hits.take()?.candidate(file, &mut routes))
        .collect()
}

struct Search<'n> {
    automaton: AhoCorasick,
    names: &'n Names,
    words: HashSet<&'n str>,
}

/// What was found in one file.
#[derive(Default)]
struct Hits {
    named: Vec<u32>,
    classes: Vec<u32>,
    metrics: Vec<u32>,
    domains: Vec<u32>,
    kinds: HashSet<Meaning>,
}

/// What kinds of objects a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Meaning {
    /// Some that serve a domain.
    Serves,
    /// Some that serve a host.
    Routes,
    /// Classes of storage.
    Classes,
    /// Some that raise alerts.
    Alerts,
    /// Some that matter to databases of every namespace.
    Everywhere,
    /// Some that matter to databases of their own namespace.
    Near,
}

impl Hits {
    /// Names of classes, domains and metrics count where the file holds kinds that they are names of.
    fn candidate(mut self, file: FileId, routes: &mut usize) -> Option<Candidate> {
        let holds = |meaning| self.kinds.contains(&meaning);
        if holds(Meaning::Classes) {
            self.named.append(&mut self.classes);
        }
        if holds(Meaning::Alerts) {
            self.named.append(&mut self.metrics);
        }
        let asked = holds(Meaning::Routes) && !self.domains.is_empty() && *routes > 0;
        if asked {
            *routes -= 1;
        }
        if holds(Meaning::Serves) || asked {
            self.named.append(&mut self.domains);
        }
        self.named.sort_unstable();
        let everywhere = holds(Meaning::Everywhere);
        let any = everywhere || holds(Meaning::Near) || !self.named.is_empty();
        any.then_some(Candidate { file, named_at: self.named, everywhere })
    }

    fn kind(&mut self, kind: &str) {
        let lists = [
            (kinds::SERVING.as_slice(), Meaning::Serves),
            (&kinds::ROUTING, Meaning::Routes),
            (&kinds::CLASSES, Meaning::Classes),
            (&kinds::ALERTING, Meaning::Alerts),
        ];
        self.kinds
            .extend(lists.into_iter().filter(|(list, _)| list.contains(&kind)).map(|(_, meaning)| meaning));
        if kinds::is_unnamed(kind) {
            // A namespace matters to what is in it only.
            let everywhere = kind != "Namespace" && kinds::is_cluster_scoped(kind);
            self.kinds.insert(if everywhere { Meaning::Everywhere } else { Meaning::Near });
        }
    }
}

impl<'n> Search<'n> {
    fn new(names: &'n Names) -> Option<Self> {
        let words: HashSet<&str> = names.exact.iter().chain(&names.hosts).map(String::as_str).collect();
        let kinds = [
            kinds::UNNAMED.as_slice(),
            &kinds::SERVING,
            &kinds::ROUTING,
            &kinds::CLASSES,
            &kinds::ALERTING,
            &[LABEL, METRIC],
        ];
        let mut needles: Vec<&str> =
            kinds.into_iter().flatten().copied().chain(words.iter().copied()).collect();
        let lists = [&names.clusters, &names.classes, &names.domains];
        needles.extend(lists.into_iter().flatten().map(String::as_str));
        needles.sort_unstable();
        needles.dedup();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&needles).ok()?;
        Some(Self { automaton, names, words })
    }

    fn hits(&self, bytes: &[u8]) -> Hits {
        let mut hits = Hits::default();
        for found in self.automaton.find_iter(bytes) {
            self.hit(bytes, found.start(), found.end(), &mut hits);
        }
        hits
    }

    /// Notes what the needle at `start..end` means where it stands. Names count as whole words
    /// only: `db` in `db-rw.media` is the Cluster `db`, in `mydb` it is nothing.
    fn hit(&self, bytes: &[u8], start: usize, end: usize, hits: &mut Hits) -> Option<()> {
        let needle = text(bytes, start, end)?;
        let at = u32::try_from(start).ok()?;
        match needle {
            LABEL => hits.named.push(at),
            METRIC => hits.metrics.push(at),
            _ => {}
        }
        let before = bytes.get(..start)?;
        if before.last().is_some_and(|byte| is_name(*byte)) {
            return None;
        }
        let tail = bytes.get(end..)?.iter().take_while(|byte| is_name(**byte)).count();
        let word = text(bytes, start, end + tail)?;
        if self.words.contains(word) || self.is_of_cluster(word) {
            hits.named.push(at);
        } else if self.names.classes.contains(word) {
            hits.classes.push(at);
        } else if tail == 0 && self.names.domains.contains(needle) {
            hits.domains.push(at);
        } else if follows_kind(bytes, before) {
            hits.kind(word);
        }
        Some(())
    }

    /// Whether a word is the name of a Cluster with what the operator puts behind it.
    fn is_of_cluster(&self, word: &str) -> bool {
        let of = |suffix| word.strip_suffix(suffix).is_some_and(|name| self.names.clusters.contains(name));
        SUFFIXES.into_iter().any(of)
    }
}

fn text(bytes: &[u8], start: usize, end: usize) -> Option<&str> {
    std::str::from_utf8(bytes.get(start..end)?).ok()
}

/// A byte of an object's name.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Whether the text before a kind ends in an object's `kind:`, quoted or not. A reference to an
/// object has a `kind`, too; but that is indented, unless it stands in a `List`.
fn follows_kind(bytes: &[u8], before: &[u8]) -> bool {
    let before = trim_end(before, b" \"'\t");
    let Some(before) = before.strip_suffix(b":") else { return false };
    let Some(before) = trim_end(before, b" \"'").strip_suffix(b"kind") else { return false };
    before.last().is_none_or(|byte| *byte == b'\n')
        || bytes.trim_ascii_start().starts_with(b"{")
        || memmem::find(bytes, b"items:").is_some()
}

fn trim_end<'b>(mut bytes: &'b [u8], marks: &[u8]) -> &'b [u8] {
    while let Some((last, rest)) = bytes.split_last()
        && marks.contains(last)
    {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str) -> Option<(usize, bool)> {
        let names = Names {
            clusters: ["db".to_owned(), "${APP}".to_owned()].into(),
            exact: ["db-backup-key".to_owned(), "db-r".to_owned()].into(),
            classes: ["fast".to_owned()].into(),
            hosts: ["s3.example.com".to_owned()].into(),
            domains: ["example.com".to_owned()].into(),
        };
        let candidate = Search::new(&names)?.hits(text.as_bytes()).candidate(FileId(0), &mut 1)?;
        Some((candidate.named_at.len(), candidate.everywhere))
    }

    #[test]
    fn a_name_counts_as_a_whole_word() {
        assert_eq!(hits("host: db-rw.media.svc"), Some((1, false)));
        assert_eq!(hits("name: db-backup-key"), Some((1, false)));
        assert_eq!(hits("name: \"${APP}-app\""), Some((1, false)));
        assert_eq!(hits("name: mydb-rw"), None);
        assert_eq!(hits("name: db-rwx"), None);
        assert_eq!(hits("name: db"), None);
    }

    #[test]
    fn a_domain_counts_where_something_serves_it() {
        assert_eq!(hits("kind: Gateway\nhostname: '*.example.com'"), Some((1, false)));
        assert_eq!(hits("x: s3.example.com"), Some((1, false)));
        assert_eq!(hits("kind: Gateway\nx: example.community"), None);
        assert_eq!(hits("kind: Ingress\nhost: www.example.com"), Some((1, false)));
        assert_eq!(hits("kind: Deployment\nx: www.example.com"), None);
    }

    #[test]
    fn a_kind_counts_behind_its_key() {
        assert_eq!(hits("kind: NetworkPolicy"), Some((0, false)));
        assert_eq!(hits("{\"kind\": \"ClusterPolicy\"}"), Some((0, true)));
        assert_eq!(hits("a: b\nkind: 'SecretStore'"), Some((0, false)));
        assert_eq!(hits("storeRef:\n  kind: ClusterSecretStore"), None);
        assert_eq!(hits("items:\n- kind: ClusterSecretStore"), Some((0, true)));
        assert_eq!(hits("# a NetworkPolicy"), None);
        assert_eq!(hits("kind: CiliumNetworkPolicyX"), None);
    }

    #[test]
    fn a_class_counts_beside_its_kind() {
        assert_eq!(hits("kind: StorageClass\nname: fast"), Some((1, false)));
        assert_eq!(hits("kind: PersistentVolumeClaim\nstorageClassName: fast"), None);
    }
}
