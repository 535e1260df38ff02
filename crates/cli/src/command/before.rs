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
use std::path::{Path, PathBuf};
use topology::Inventory;

/// The commit to compare with, if there is to be one.
pub(super) fn commit(arguments: &CheckArgs, root: &Path) -> Result<Option<Commit>, Error> {
    // Where a variable of the pipeline is empty there is none.
    let base = arguments.base.as_deref().filter(|base| !base.is_empty());
    if base.is_none() && !arguments.changed {
        return Ok(None);
    }
    let git = Git::open(root)?;
    let commit = match base {
        Some(base) => git.commit(base)?,
        None if arguments.staged => git.head()?,
        None => git.default_commit()?,
    };
    Ok(Some(commit))
}

/// What it takes to read and judge a commit as the files of now are.
pub(super) struct Base<'a> {
    pub(super) arguments: &'a CheckArgs,
    pub(super) rules: &'a RuleSet,
    pub(super) config: &'a Config,
    pub(super) commit: Commit,
    pub(super) root: &'a Path,
    pub(super) working_directory: &'a Path,
}

impl Base<'_> {
    /// Scans the commit, and judges it where only what is new is to be told. Its texts become ones of the run,
    /// numbered after those of now and known by their path and the commit.
    pub(super) fn read(&self, now: Options, scan: &mut Scan, paths: &mut RootPaths) -> Result<Before, Error> {
        let is_file = |path: &Input| *path != Input::Stdin;
        let past = repo::scan(&Options {
            files: Files::Commit(self.commit.clone()),
            first_source: scan.sources.next_id(),
            paths: now.paths.into_iter().filter(is_file).collect(),
            ..now
        })?;
        let past_paths = RootPaths::new(&past.sources, self.root, self.working_directory);
        let known = self.arguments.changed.then(|| self.known(&past, &past_paths));
        let sources = past.sources.iter().map(|(source, _)| source);
        let before = Before {
            named: sources.filter(|source| past.is_named(*source)).collect(),
            known,
            name: self.commit.name().to_owned(),
            work_tree: (!self.arguments.staged).then(|| self.root.to_owned()),
            inventory: self.join(past, scan),
        };
        paths.append(past_paths);
        Ok(before)
    }

    fn known(&self, past: &Scan, paths: &RootPaths) -> Known {
        let judge = Judge {
            arguments: self.arguments,
            scan: past,
            before: None,
            rules: self.rules,
            config: self.config,
            config_source: None,
            baseline_source: None,
            paths,
            is_whole: true,
        };
        Known::new(&judge.found().0, past)
    }

    /// Hands over the texts of a scan and says what could not be read; gives its objects.
    fn join(&self, past: Scan, scan: &mut Scan) -> Inventory {
        let named_at = |path: &str| format!("{path}@{}", self.commit.name());
        let unread = past.not_linted.iter().filter(|file| file.reason == NotLintedReason::Unparsable);
        scan.unavailable.extend(unread.map(|file| Unavailable {
            path: named_at(&file.path),
            message: "it is no YAML: nothing is compared with what it held".to_owned(),
            named: false,
        }));
        let unavailable = past.unavailable.into_iter();
        scan.unavailable.extend(unavailable.map(|one| Unavailable { path: named_at(&one.path), ..one }));
        scan.sources.append(past.sources, named_at);
        past.inventory
    }
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
    /// The work tree, where that is what it is compared with.
    work_tree: Option<PathBuf>,
}

impl Before {
    /// Whether findings in that text of before are wanted.
    pub(super) fn is_named(&self, source: SourceId) -> bool {
        self.named.contains(&source)
    }

    /// Why a file that Git has is not among those of the work tree.
    pub(super) fn withheld(&self, path: &str) -> Option<&'static str> {
        repo::git::withheld(self.work_tree.as_deref()?, path).ok()?
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
