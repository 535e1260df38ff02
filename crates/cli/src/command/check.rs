//! `cnpg-lint check`: from a checkout to findings.

use super::before::{self, Base, Before};
use super::judgement::{Judge, Judged};
use crate::args::{CheckArgs, FailOn};
use crate::checkout::RootPaths;
use crate::exit::{Error, Exit};
use crate::progress::Progress;
use crate::{checkout, output, setup};
use manifest::{Limits, Source, SourceId};
use repo::{Files, Input, NotLintedReason, Scan};
use report::{Counts, Format, NotLinted, Options, Report, ReportInput, Tool};
use rules::{Rule, RuleDoc, RuleSet, Severity};
use std::path::{Path, PathBuf};

/// Judges, prints, and says how the program ends.
pub(crate) fn run(arguments: &CheckArgs) -> Result<Exit, Error> {
    let working_directory = std::env::current_dir()?;
    let first = arguments.paths.iter().find(|path| !is_stdin(path));
    let root = checkout::root(
        arguments.root.as_deref(),
        first.map_or(Path::new("."), PathBuf::as_path),
        &working_directory,
    );
    let rules = setup::rules(&arguments.config.rules)?;
    let config = setup::config(&arguments.config, &root, &rules)?;
    let base = before::commit(arguments, &root)?;
    let progress = Progress::start("reading the repository");
    let options = repo::Options {
        files: if arguments.staged { Files::Index } else { Files::WorkTree },
        first_source: SourceId(0),
        paths: arguments.paths.iter().map(PathBuf::as_path).map(input).collect(),
        root: arguments.root.clone(),
        limits: Limits { bytes: arguments.max_file_size, ..Limits::default() },
        working_directory: working_directory.clone(),
        everything: false,
        helm: setup::program(arguments.helm.as_deref().filter(|_| !arguments.staged))?,
    };
    let mut scan = repo::scan(&options)?;
    let parsed = scan.sources.iter().count();
    // Files of our own become texts of the run, so that findings can point into them.
    let config_source = config.source.map(|source| scan.sources.add(source));
    let baseline_source =
        arguments.baseline.as_deref().map(text_of).transpose()?.map(|text| scan.sources.add(text));
    let mut paths = RootPaths::new(&scan.sources, &root, &working_directory);
    let before = base.map(|commit| {
        let (config, working_directory) = (&config.config, working_directory.as_path());
        let base = Base { arguments, rules: &rules, config, commit, root: &root, working_directory };
        base.read(options, &mut scan, &mut paths)
    });
    let before = before.transpose()?;
    let Judged { judgement, notices } = Judge {
        arguments,
        scan: &scan,
        before: before.as_ref(),
        rules: &rules,
        config: &config.config,
        config_source,
        baseline_source,
        paths: &paths,
        is_whole: is_whole(arguments, &root, &working_directory),
    }
    .run()?;
    drop(progress);
    let docs = docs_for(arguments, &rules);
    let prefix = checkout::prefix(&root, &working_directory);
    let report = Report::new(ReportInput {
        tool: Tool { name: "cnpg-lint", version: env!("CARGO_PKG_VERSION") },
        sources: &scan.sources,
        judgement: &judgement,
        rules: &docs,
        counts: Counts { files: scan.files, parsed, documents: scan.documents, rules: rules.iter().count() },
        not_linted: not_linted(&scan, before.as_ref(), &arguments.paths, &working_directory),
        complete: !scan.unavailable.iter().any(|unavailable| unavailable.named),
        prefix: &prefix,
    });
    tell_unavailable(&scan);
    print(arguments, &report)?;
    for notice in notices {
        eprintln!("note: {notice}");
    }
    let exit = exit(arguments, &report);
    drop(report);
    // The program ends here; what was read need not be taken apart piece by piece before.
    std::mem::forget((scan, judgement, rules));
    Ok(exit)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn input(path: &Path) -> Input {
    if is_stdin(path) { Input::Stdin } else { Input::Path(path.to_path_buf()) }
}

fn text_of(path: &Path) -> Result<Source, Error> {
    let text = setup::read(path)?;
    Ok(Source::new(path.to_string_lossy().replace('\\', "/"), text.into_bytes()))
}

/// Whether the run is over all of the checkout.
fn is_whole(arguments: &CheckArgs, root: &Path, working_directory: &Path) -> bool {
    let root = root.canonicalize().ok();
    arguments.paths.iter().any(|path| working_directory.join(path).canonicalize().ok() == root)
}

/// Documentation of the rules, where an output holds it.
fn docs_for(arguments: &CheckArgs, rules: &RuleSet) -> Vec<RuleDoc> {
    let formats = arguments.output.iter().map(|output| output.format).chain([arguments.format]);
    if formats.into_iter().any(|format| format == Format::Sarif || format == Format::Github) {
        rules.iter().map(Rule::doc).collect()
    } else {
        Vec::new()
    }
}

/// What stands under the given paths and was not judged. Files that nothing deploys are left as
/// they are: they are listed, but nothing is wrong with them.
fn not_linted(
    scan: &Scan,
    before: Option<&Before>,
    given: &[PathBuf],
    working_directory: &Path,
) -> Vec<NotLinted> {
    let files = scan.not_linted.iter().filter(|file| !before.is_some_and(|before| before.knows_file(file)));
    let given = files.filter(|file| checkout::is_given(&file.path, given, working_directory));
    given.map(|file| NotLinted::new(file.path.clone(), file.reason.id())).collect()
}

fn tell_unavailable(scan: &Scan) {
    for unavailable in &scan.unavailable {
        let level = if unavailable.named { "error" } else { "warning" };
        eprintln!("{level}: {}: {}", unavailable.path, unavailable.message);
    }
}

fn print(arguments: &CheckArgs, report: &Report<'_>) -> Result<(), Error> {
    let options = Options {
        color: output::is_colored(arguments.color),
        width: terminal_width(),
        show_undecided: arguments.undecided || arguments.strict,
        show_not_linted: arguments.strict,
        checks: arguments.checks,
    };
    output::to_stdout(|out| report::render(arguments.format, report, &options, out))?;
    let options = Options { color: false, width: 100, ..options };
    for output in &arguments.output {
        output::to_file(&output.file, |out| report::render(output.format, report, &options, out))?;
    }
    Ok(())
}

/// Columns of the terminal: as it says itself, else 100.
fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.unwrap_or(100).clamp(60, 140)
}

fn exit(arguments: &CheckArgs, report: &Report<'_>) -> Exit {
    let threshold = match arguments.fail_on {
        FailOn::Info => Some(Severity::Info),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
        FailOn::Never => None,
    };
    if threshold.is_some_and(|threshold| report.worst().is_some_and(|worst| worst >= threshold)) {
        return Exit::Findings;
    }
    if arguments.require_objects && report.objects() == 0 {
        return Exit::NoObjects;
    }
    let is_open = |file: &NotLinted| file.reason != NotLintedReason::NotDeployed.id();
    let undone = report.undecided() > 0 || report.not_linted().iter().any(is_open);
    if !report.is_complete() || (arguments.strict && undone) {
        return Exit::Incomplete;
    }
    Exit::Clean
}
