//! A search of the files that name no judged kind, for what belongs to a database all the same.

use crate::kinds;
use crate::names::{Names, SUFFIXES};
use crate::tree::{File, FileId, Tree};
use crate::unlinted::NotLintedReason;
use crate::walk::is_kustomization;
use crate::words::{self, Filter, is_name};
use memchr::memmem;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many routes are asked whether this repository serves a domain: one tells as much as all.
const ROUTES: usize = 8;

/// How the operator's labels, annotations and kinds are told.
const LABEL: &[u8] = b"cnpg.io";

/// How the operator's metrics start.
const METRIC: &[u8] = b"cnpg_";

/// The operator's chart.
const CHART: &[u8] = b"cloudnative-pg";

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
    let search = Search::new(names);
    let objects = |file: &File| {
        !file.bytes.is_empty() && !is_kustomization(&file.path) && NotLintedReason::of(tree, file).is_none()
    };
    let files: Vec<FileId> = tree.files().filter(|(_, file)| objects(file)).map(|(id, _)| id).collect();
    let mut found: Vec<Option<Hits>> =
        files.par_iter().map(|id| tree.get(*id).map(|file| search.hits(&file.bytes))).collect();
    let served = found.iter().flatten().any(|hits| hits.holds(Meaning::Serves) && !hits.domains.is_empty());
    let mut routes = if served { 0 } else { ROUTES };
    files
        .into_iter()
        .zip(&mut found)
        .filter_map(|(file, hits)| hits.take()?.candidate(file, &mut routes))
        .collect()
}

struct Search<'n> {
    filter: Filter,
    names: &'n Names,
    /// Names that count as they are.
    words: HashSet<&'n str>,
    kinds: HashMap<&'static str, u8>,
    /// Names of more than one word (hosts, `${VAR}`), longest first, by their first word.
    phrases: HashMap<&'n str, Vec<&'n str>>,
}

/// What was found in one file.
#[derive(Default)]
struct Hits {
    named: Vec<u32>,
    classes: Vec<u32>,
    metrics: Vec<u32>,
    /// Bare names of Clusters.
    bare: Vec<u32>,
    domains: Vec<u32>,
    /// The operator's chart.
    charts: Vec<u32>,
    /// A set of [`Meaning`]s.
    kinds: u8,
}

/// What kinds of objects a file holds.
#[derive(Clone, Copy)]
enum Meaning {
    /// Some that serve a domain.
    Serves = 1,
    /// Some that serve a host.
    Routes = 2,
    /// Classes of storage.
    Classes = 4,
    /// Some that raise alerts.
    Alerts = 8,
    /// Some that talk to databases.
    Clients = 64,
    /// Some that install the operator.
    Installs = 128,
    /// Some that matter to databases of every namespace.
    Everywhere = 16,
    /// Some that matter to databases of their own namespace.
    Near = 32,
}

/// What each kind that matters means.
fn meanings() -> HashMap<&'static str, u8> {
    let lists = [
        (kinds::SERVING.as_slice(), Meaning::Serves),
        (&kinds::ROUTING, Meaning::Routes),
        (&kinds::CLASSES, Meaning::Classes),
        (&kinds::ALERTING, Meaning::Alerts),
        (&kinds::CLIENTS, Meaning::Clients),
        (&kinds::INSTALLING, Meaning::Installs),
    ];
    let unnamed = kinds::UNNAMED.into_iter().map(|kind| {
        // A namespace matters to what is in it only.
        let everywhere = kind != "Namespace" && kinds::is_cluster_scoped(kind);
        (kind, if everywhere { Meaning::Everywhere } else { Meaning::Near })
    });
    let mut meanings: HashMap<&'static str, u8> = HashMap::new();
    let listed = lists.into_iter().flat_map(|(list, meaning)| list.iter().map(move |kind| (*kind, meaning)));
    for (kind, meaning) in listed.chain(unnamed) {
        *meanings.entry(kind).or_default() |= meaning as u8;
    }
    meanings
}

impl Hits {
    fn holds(&self, meaning: Meaning) -> bool {
        self.kinds & meaning as u8 != 0
    }

    /// Names of classes, domains, metrics and hosts count where the file holds kinds that have such.
    fn candidate(mut self, file: FileId, routes: &mut usize) -> Option<Candidate> {
        if self.holds(Meaning::Classes) {
            self.named.append(&mut self.classes);
        }
        if self.holds(Meaning::Alerts) {
            self.named.append(&mut self.metrics);
        }
        if self.holds(Meaning::Clients) {
            self.named.append(&mut self.bare);
        }
        if self.holds(Meaning::Installs) {
            self.named.append(&mut self.charts);
        }
        let asked = self.holds(Meaning::Routes) && !self.domains.is_empty() && *routes > 0;
        if asked {
            *routes -= 1;
        }
        if self.holds(Meaning::Serves) || asked {
            self.named.append(&mut self.domains);
        }
        self.named.sort_unstable();
        let everywhere = self.holds(Meaning::Everywhere);
        let any = everywhere || self.holds(Meaning::Near) || !self.named.is_empty();
        any.then_some(Candidate { file, named_at: self.named, everywhere })
    }
}

impl<'n> Search<'n> {
    fn new(names: &'n Names) -> Self {
        let words: HashSet<&str> = names.exact.iter().chain(&names.hosts).map(String::as_str).collect();
        let kinds = meanings();
        let mut phrases: HashMap<&str, Vec<&str>> = HashMap::new();
        let lists = [&names.exact, &names.hosts, &names.clusters, &names.classes, &names.domains];
        for name in lists.into_iter().flatten().filter(|name| !name.bytes().all(is_name)) {
            phrases.entry(first_word(name).1).or_default().push(name);
        }
        for same in phrases.values_mut() {
            same.sort_unstable_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        }
        let made = names
            .clusters
            .iter()
            .flat_map(|name| SUFFIXES.map(|suffix| [name.as_bytes(), suffix.as_bytes()].concat()));
        let plain = words.iter().chain(kinds.keys()).chain(phrases.keys()).copied();
        let plain = plain
            .chain(names.classes.iter().chain(&names.clusters).map(String::as_str))
            .map(|word| word.as_bytes().to_vec());
        Self { filter: Filter::new(plain.chain(made)), names, words, kinds, phrases }
    }

    fn hits(&self, bytes: &[u8]) -> Hits {
        let mut hits = Hits::default();
        if memmem::find(bytes, b"cnpg").is_some() {
            hits.named.extend(memmem::find_iter(bytes, LABEL).filter_map(|at| u32::try_from(at).ok()));
            hits.metrics.extend(memmem::find_iter(bytes, METRIC).filter_map(|at| u32::try_from(at).ok()));
        }
        hits.charts.extend(memmem::find_iter(bytes, CHART).filter_map(|at| u32::try_from(at).ok()));
        words::each(bytes, |start, end| {
            let may_be = bytes.get(start..end).is_some_and(|word| self.filter.may_hold(word));
            may_be.then(|| self.hit(bytes, start, end, &mut hits)).flatten().unwrap_or(end)
        });
        hits
    }

    /// Notes what the word at `start..end` means where it stands, and gives the end of what was
    /// looked at. Names count as whole words only: `db` in `db-rw.media` is the Cluster `db`, in
    /// `mydb` it is nothing.
    fn hit(&self, bytes: &[u8], start: usize, end: usize, hits: &mut Hits) -> Option<usize> {
        let word = text(bytes, start, end)?;
        if let Some((start, end)) = self.phrase(bytes, start, word) {
            let tail = bytes.get(end..)?.iter().take_while(|byte| is_name(**byte)).count();
            let (at, before) = (u32::try_from(start).ok()?, bytes.get(..start)?);
            let whole = text(bytes, start, end + tail)?;
            if !self.name(whole, at, before, hits) && tail == 0 && self.names.domains.contains(whole) {
                hits.domains.push(at);
            }
            return Some(end + tail);
        }
        let (at, before) = (u32::try_from(start).ok()?, bytes.get(..start)?);
        if !self.name(word, at, before, hits)
            && let Some(meaning) = self.kinds.get(word)
            && follows_kind(bytes, before)
        {
            hits.kinds |= meaning;
        }
        Some(end)
    }

    /// Notes a name, if it is one, with what stands before it.
    fn name(&self, name: &str, at: u32, before: &[u8], hits: &mut Hits) -> bool {
        if self.words.contains(name) || self.is_of_cluster(name) {
            hits.named.push(at);
        } else if self.names.classes.contains(name) {
            hits.classes.push(at);
        } else if name.contains('-') && self.names.clusters.contains(name) {
            if may_be_host(before) {
                hits.bare.push(at);
            }
        } else {
            return false;
        }
        true
    }

    /// The name of several words whose first stands at `start`.
    fn phrase(&self, bytes: &[u8], start: usize, word: &str) -> Option<(usize, usize)> {
        self.phrases.get(word)?.iter().find_map(|phrase| {
            let start = start.checked_sub(first_word(phrase).0)?;
            let end = start + phrase.len();
            let here = bytes.get(start..end) == Some(phrase.as_bytes());
            let joined = start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| is_name(*byte));
            (here && !joined).then_some((start, end))
        })
    }

    /// Whether a word is the name of a Cluster with what the operator puts behind it.
    fn is_of_cluster(&self, word: &str) -> bool {
        let of = |suffix| word.strip_suffix(suffix).is_some_and(|name| self.names.clusters.contains(name));
        SUFFIXES.into_iter().any(of)
    }
}

/// The first word of a name, and where it starts.
fn first_word(name: &str) -> (usize, &str) {
    let is_not = |char: char| !u8::try_from(char).is_ok_and(is_name);
    let rest = name.trim_start_matches(is_not);
    (name.len() - rest.len(), rest.split(is_not).next().unwrap_or_default())
}

fn text(bytes: &[u8], start: usize, end: usize) -> Option<&str> {
    std::str::from_utf8(bytes.get(start..end)?).ok()
}

/// Whether a host may stand behind a text: what follows a single `/` is a part of a path.
fn may_be_host(before: &[u8]) -> bool {
    !before.ends_with(b"/") || before.ends_with(b"//")
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
            clusters: ["db".to_owned(), "shop-db".to_owned(), "${APP}".to_owned()].into(),
            exact: ["db-backup-key".to_owned(), "db-r".to_owned()].into(),
            classes: ["fast".to_owned()].into(),
            hosts: ["s3.example.com".to_owned()].into(),
            domains: ["example.com".to_owned()].into(),
        };
        let candidate = Search::new(&names).hits(text.as_bytes()).candidate(FileId(0), &mut 1)?;
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
    fn a_bare_name_counts_as_a_host_where_something_talks_to_databases() {
        assert_eq!(hits("kind: Deployment\nvalue: shop-db"), Some((1, false)));
        assert_eq!(hits("kind: Deployment\nvalue: postgresql://shop-db:5432/app"), Some((1, false)));
        assert_eq!(hits("kind: Deployment\nimage: ghcr.io/me/shop-db"), None);
        assert_eq!(hits("kind: Deployment\nvalue: db"), None);
        assert_eq!(hits("kind: ConfigMap\nvalue: shop-db"), None);
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
