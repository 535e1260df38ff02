//! Rules and configuration, before anything is judged.

use crate::args::ConfigArgs;
use crate::exit::Error;
use admission::Engine;
use jiff::civil::DateTime;
use manifest::Source;
use rules::config::{Config, HostSite, Mirror};
use rules::{Rule, RuleSet};
use std::path::{Path, PathBuf};
use std::{fs, io};
use topology::{MirrorSetting, SiteSetting};

/// The name of the configuration file at the root of a checkout.
pub(crate) const CONFIG_FILE: &str = ".cnpg-lint.yaml";

/// The built-in rules and those of the given directories.
pub(crate) fn rules(directories: &[PathBuf]) -> Result<RuleSet, Error> {
    let mut rules = rulebook::rules();
    for directory in directories {
        rules.extend(rules_of(directory)?);
    }
    let rules = RuleSet::new(rules).map_err(Error::Usage)?;
    if !directories.is_empty() {
        rules.check_references().map_err(Error::Usage)?;
    }
    Ok(rules)
}

/// The rules of a directory and the directories in it: a rule's category is the directory it is in.
pub(crate) fn rules_of(directory: &Path) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for path in entries(directory)? {
        if is_hidden(&path) {
            continue;
        }
        if path.is_dir() {
            rules.extend(rules_of(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let text = read(&path)?;
            let name = directory.canonicalize().ok();
            let category = name
                .as_deref()
                .and_then(Path::file_name)
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let rule = Rule::load(&shown(&path), &category, &text);
            rules.push(rule.map_err(|error| Error::Rule { text, error: Box::new(error) })?);
        }
    }
    Ok(rules)
}

/// The kubelet keeps what it mounts in a directory `..2026_11_24…` and shows it by links beside that one.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".."))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let named = |error| Error::File { path: shown(directory), error };
    let entries = fs::read_dir(directory).map_err(named)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, io::Error>>().map_err(named)?;
    paths.sort();
    Ok(paths)
}

/// The configuration: the file named, else the one at the root of the checkout, else none.
pub(crate) fn config(arguments: &ConfigArgs, root: &Path, rules: &RuleSet) -> Result<Configuration, Error> {
    let found = root.join(CONFIG_FILE);
    let path = match &arguments.config {
        Some(path) => path.clone(),
        None if found.is_file() => found,
        None => return Ok(Configuration::default()),
    };
    let text = read(&path)?;
    let here = std::env::current_dir()?;
    let shown = shown(path.strip_prefix(here).unwrap_or(&path));
    match Config::load(&text, &rules.table()) {
        Ok(config) => Ok(Configuration { config, source: Some(Source::new(shown, text.into_bytes())) }),
        Err(error) => Err(Error::Config { path: shown, text, error }),
    }
}

/// What the configuration says about the world around the repository.
pub(crate) fn topology(config: &Config, now: DateTime) -> topology::Settings {
    let site = |site: &HostSite| SiteSetting { hosts: site.host.clone(), site: site.site.name().to_owned() };
    let mirror = |mirror: &Mirror| MirrorSetting {
        host: mirror.host.clone(),
        destination: mirror.destination.clone(),
        site: mirror.site.name().to_owned(),
        by: mirror.by.clone(),
    };
    topology::Settings {
        sites: config.sites().iter().map(site).collect(),
        mirrors: config.mirrors().iter().map(mirror).collect(),
        operator_version: config.operator_version().map(str::to_owned),
        now,
    }
}

/// What the webhook judges by.
pub(crate) fn engine(arguments: &ConfigArgs, root: &Path) -> Result<Engine, Error> {
    let rules = rules(&arguments.rules)?;
    let Configuration { config, source } = config(arguments, root, &rules)?;
    let settings = topology(&config, crate::clock::now());
    let text = source.as_ref().and_then(Source::text).unwrap_or_default();
    Ok(Engine::new(rules, config, settings, text))
}

/// A configuration and the text it was read from.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) config: Config,
    pub(crate) source: Option<Source>,
}

/// Reads a text file; says which if it cannot.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::File { path: shown(path), error })
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// A program that is named: itself where it is a path, else as it is found on the PATH.
pub(crate) fn program(name: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    let Some(name) = name else { return Ok(None) };
    let is_path = name.components().count() > 1;
    let found = if is_path {
        std::path::absolute(name).ok()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file())
    };
    let found = found.filter(|program| program.is_file());
    found.map(Some).ok_or_else(|| Error::Usage(format!("{} is not to be found", name.display())))
}
