//! `--base`: what the checkout was in a commit, judged the same way.

use super::judgement::Judge;
use super::known::Known;
use crate::args::CheckArgs;
use crate::checkout::RootPaths;
use crate::exit::Error;
use manifest::{SourceId, Sources};
use repo::git::{Commit, Git};
use repo::{Files, Input, NotLinted, NotLintedReason, Options, Scan, Unavailable};
use rules::config::Config;
use rules::{Judgement, RuleSet};
use std::collections::HashSet;
use std::path::Path;
use topology::Inventory;

/// The commit to compare with, if there is to be one.
pub(super) fn commit(arguments: &CheckArgs, root: &Path) -> Result<Option<Commit>, Error> {
    if arguments.base.is_none() && !arguments.changed {
        return Ok(None);
    }
    let git = Git::open(root)?;
    let commit = match arguments.base.as_deref().filter(|base| !base.is_empty()) {
        Some(base) => git.commit(base)?,
        None if arguments.staged => git.head()?,
        None => git.default_commit()?,
    };
    Ok(Some(commit))
}

/// How the commit is scanned: as the files of now were, into texts that are numbered after theirs.
pub(super) fn options(now: Options, commit: Commit, scan: &Scan) -> Options {
    let paths = now.paths.into_iter().filter(|path| *path != Input::Stdin).collect();
    Options { files: Files::Commit(commit), first_source: scan.sources.next_id(), paths, ..now }
}

/// The checkout as it was, scanned.
pub(super) struct Read {
    scan: Scan,
    paths: RootPaths,
    before: Before,
}

/// What was there before.
pub(super) struct Before {
    pub(super) inventory: Inventory,
    /// The texts in which findings are wanted.
    named: HashSet<SourceId>,
    /// With `--changed`: what was found in it.
    known: Option<Known>,
    /// The commit as the user named it.
    name: String,
}

impl Before {
    /// Scans the commit, and judges it where only what is new is to be told.
    pub(super) fn read(
        options: &Options,
        commit: &Commit,
        rules: &RuleSet,
        config: &Config,
        arguments: &CheckArgs,
        root_paths: impl Fn(&Sources) -> RootPaths,
    ) -> Result<Read, Error> {
        let mut scan = repo::scan(options)?;
        let paths = root_paths(&scan.sources);
        let judge = Judge {
            arguments,
            scan: &scan,
            before: None,
            rules,
            config,
            config_source: None,
            baseline_source: None,
            paths: &paths,
            is_whole: true,
        };
        let known = arguments.changed.then(|| Known::new(&judge.found().0, &scan));
        let sources = scan.sources.iter().map(|(source, _)| source);
        let named = sources.filter(|source| scan.is_named(*source)).collect();
        let inventory = std::mem::take(&mut scan.inventory);
        Ok(Read { scan, paths, before: Self { inventory, named, known, name: commit.name().to_owned() } })
    }

    /// Whether findings in that text of before are wanted.
    pub(super) fn is_named(&self, source: SourceId) -> bool {
        self.named.contains(&source)
    }

    /// Whether that was not linted before either, and only what is new is to be told.
    pub(super) fn knows_file(&self, file: &NotLinted) -> bool {
        self.known.as_ref().is_some_and(|known| known.has_file(file))
    }

    /// Leaves only what is new, if that is asked for; says what it left out.
    pub(super) fn leave_new(&self, judgement: &mut Judgement, sources: &Sources) -> Option<String> {
        let left_out = self.known.as_ref()?.leave_new(judgement, sources);
        let findings = if left_out == 1 { "finding was" } else { "findings were" };
        (left_out > 0).then(|| format!("{left_out} {findings} there at {} already", self.name))
    }
}

impl Read {
    /// Makes its texts ones of the run, known by their path and the commit.
    pub(super) fn join(self, scan: &mut Scan, paths: &mut RootPaths) -> Before {
        let Self { scan: past, paths: past_paths, before } = self;
        let named_at = |path: &str| format!("{path}@{}", before.name);
        let unread = past.not_linted.iter().filter(|file| file.reason == NotLintedReason::Unparsable);
        scan.unavailable.extend(unread.map(|file| Unavailable {
            path: named_at(&file.path),
            message: "it is no YAML: nothing is compared with what it held".to_owned(),
            named: false,
        }));
        let unavailable = past.unavailable.into_iter();
        scan.unavailable.extend(unavailable.map(|one| Unavailable { path: named_at(&one.path), ..one }));
        scan.sources.append(past.sources, named_at);
        paths.append(past_paths);
        before
    }
}
