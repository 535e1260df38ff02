//! Checks every file under `rules/` and embeds it, so that the program reads none when it starts.

use rules::{Rule, RuleSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../rules").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut loaded = Vec::new();
    for category in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", category.display());
        for path in
            entries(&category)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        {
            println!("cargo::rerun-if-changed={}", path.display());
            loaded.push(load(&category, &path)?);
        }
    }
    let rules = RuleSet::new(loaded)?;
    rules.check_references()?;
    let mut code = String::from("pub static RULES: &[rules::Embedded] = &[\n");
    for rule in rules.iter() {
        let json = serde_json::to_string(rule.file())?;
        let documentation = serde_json::to_string(rule.documentation())?;
        let paths = rule.paths_json();
        let (id, category, kinds) = (&rule.id, &rule.category, rule.kinds());
        writeln!(
            code,
            "    rules::Embedded {{ id: {id:?}, category: {category:?}, kinds: &{kinds:?}, json: {json:?}, documentation: {documentation:?}, paths: {paths:?} }},"
        )?;
    }
    code.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("rules.rs"), code)?;
    Ok(())
}

fn load(category: &Path, path: &Path) -> Result<Rule, Box<dyn Error>> {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let shown = format!("rules/{}/{}.yaml", name(category), name(path));
    let rule = Rule::load(&shown, &name(category), &fs::read_to_string(path)?).map_err(|error| {
        format!("{error}{}", error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default())
    })?;
    if *rule.id != *name(path) {
        return Err(format!("{shown}: the id `{}` is not the name of the file", rule.id).into());
    }
    Ok(rule)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}
