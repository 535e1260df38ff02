//! A changed configuration or rule directory: read whole, checked, swapped whole; else the last good one stays.

use super::reviewer::Engines;
use crate::args::ConfigArgs;
use crate::setup;
use serde_json::json;
use serve::{Level, Log, Metrics};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often the files are looked at: the kubelet takes a minute to bring a change, so this is no delay.
const LOOK: Duration = Duration::from_secs(2);

/// The files, and what they held when they were last looked at.
pub(super) struct Reload {
    arguments: ConfigArgs,
    seen: Texts,
}

type Texts = BTreeMap<PathBuf, Vec<u8>>;

impl Reload {
    pub(super) fn new(config: Option<PathBuf>, rules: Vec<PathBuf>) -> Self {
        let arguments = ConfigArgs { config, rules };
        let seen = texts(&arguments);
        Self { arguments, seen }
    }

    /// Looks at the files for ever.
    pub(super) async fn run(mut self, engines: Arc<Engines>, metrics: Metrics, log: Log) {
        loop {
            tokio::time::sleep(LOOK).await;
            let now = texts(&self.arguments);
            if now == self.seen {
                continue;
            }
            self.seen = now;
            match setup::engine(&self.arguments, Path::new(".")) {
                Ok(engine) => {
                    engine.warm_up(crate::clock::now());
                    metrics.config_reloaded(true, engine.hash());
                    log.line(Level::Info, "configuration reloaded", &json!({"config": engine.hash()}));
                    engines.swap(engine);
                }
                Err(error) => {
                    metrics.config_reloaded(false, engines.current().hash());
                    let errors = json!({"errors": error.lines()});
                    log.line(Level::Error, "configuration kept: the new one cannot be used", &errors);
                }
            }
        }
    }
}

/// The texts of the configuration and of every rule file; what cannot be read is as good as not there, and
/// reading it again says why.
fn texts(arguments: &ConfigArgs) -> Texts {
    let mut paths: Vec<PathBuf> = arguments.config.iter().cloned().collect();
    let mut directories = arguments.rules.clone();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.path().is_dir() { directories.push(entry.path()) } else { paths.push(entry.path()) }
        }
    }
    paths.into_iter().filter_map(|path| fs::read(&path).ok().map(|text| (path, text))).collect()
}
