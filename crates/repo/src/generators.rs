//! The generators of an Argo CD `ApplicationSet`: one set of parameters for each `Application`.

use crate::flux::resolve;
use crate::paths;
use crate::tree::Tree;
use globset::GlobBuilder;
use manifest::Node;
use std::collections::{BTreeMap, BTreeSet};

/// Values for the template, by the name that the template uses.
pub(crate) type Parameters = BTreeMap<String, String>;

/// The parameter sets of a list of generators. A generator that asks a cluster or a forge gives
/// one set without values: what it makes is not known, but a path that does not depend on it is.
pub(crate) fn parameters(tree: &Tree, file: &str, generators: &[Node]) -> Vec<Parameters> {
    generators.iter().flat_map(|generator| of_generator(tree, file, generator)).collect()
}

fn of_generator(tree: &Tree, file: &str, generator: &Node) -> Vec<Parameters> {
    if let Some(elements) = generator.at(&["list", "elements"]).and_then(Node::as_list) {
        return elements.iter().map(flat).collect();
    }
    if let Some(directories) = generator.at(&["git", "directories"]).and_then(Node::as_list) {
        return matching(tree, file, directories, true).iter().map(|dir| of_path(dir)).collect();
    }
    if let Some(files) = generator.at(&["git", "files"]).and_then(Node::as_list) {
        return matching(tree, file, files, false).iter().map(|path| of_path(paths::parent(path))).collect();
    }
    let inner = |kind| generator.at(&[kind, "generators"]).and_then(Node::as_list);
    if let Some(generators) = inner("matrix") {
        let sets = generators.iter().map(|one| of_generator(tree, file, one));
        return sets.reduce(|left, right| product(&left, &right)).unwrap_or_default();
    }
    match inner("merge") {
        Some(generators) => generators.first().map(|one| of_generator(tree, file, one)).unwrap_or_default(),
        None => vec![Parameters::new()],
    }
}

fn product(left: &[Parameters], right: &[Parameters]) -> Vec<Parameters> {
    let both = |one: &Parameters, two: &Parameters| {
        one.iter().chain(two).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    left.iter().flat_map(|one| right.iter().map(move |two| both(one, two))).collect()
}

/// The scalars of a value, keys joined by dots.
fn flat(node: &Node) -> Parameters {
    fn collect(prefix: &str, node: &Node, into: &mut Parameters) {
        for entry in node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default() {
            let key = if prefix.is_empty() { entry.key.clone() } else { format!("{prefix}.{}", entry.key) };
            if let Some(text) = entry.value.raw_text() {
                into.insert(key, text.to_owned());
            } else {
                collect(&key, &entry.value, into);
            }
        }
    }
    let mut parameters = Parameters::new();
    collect("", node, &mut parameters);
    parameters
}

/// What a path gives, for both template languages of Argo CD.
fn of_path(path: &str) -> Parameters {
    let mut parameters = Parameters::new();
    let mut set = |key: &str, value: &str| _ = parameters.insert(key.to_owned(), value.to_owned());
    set("path", path);
    set("path.path", path);
    set("path.basename", paths::file_name(path));
    set("path.basenameNormalized", &paths::file_name(path).replace(['_', '.'], "-").to_lowercase());
    for (index, part) in path.split('/').enumerate() {
        set(&format!("path[{index}]"), part);
        set(&format!("path.segments {index}"), part);
    }
    parameters
}

/// The directories or files that the globs of a generator mean, without those it excludes.
fn matching(tree: &Tree, file: &str, globs: &[Node], directories: bool) -> BTreeSet<String> {
    let excludes = |node: &&Node| node.get("exclude").and_then(Node::as_bool) == Some(true);
    let meant = |node: &Node| {
        let glob = node.get("path").and_then(Node::raw_text).unwrap_or_default();
        glob_in(tree, file, glob, directories)
    };
    let out: BTreeSet<String> = globs.iter().filter(excludes).flat_map(meant).collect();
    globs.iter().filter(|node| !excludes(node)).flat_map(meant).filter(|path| !out.contains(path)).collect()
}

/// What one glob means. Its part without marks says where to look, and must exist.
fn glob_in(tree: &Tree, file: &str, glob: &str, directories: bool) -> BTreeSet<String> {
    let fixed = glob.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let fixed = if fixed.len() < glob.len() || !directories { paths::parent(fixed) } else { fixed };
    let Some((top, dir)) = resolve(tree, file, fixed) else { return BTreeSet::new() };
    let glob = paths::join(top, glob);
    let Ok(matcher) = GlobBuilder::new(&glob).literal_separator(true).build() else { return BTreeSet::new() };
    let matcher = matcher.compile_matcher();
    let mut found = BTreeSet::new();
    for (_, file) in tree.under(&dir) {
        if directories {
            let inside = paths::ancestors(&file.path).take_while(|above| paths::is_under(above, &dir));
            found.extend(inside.filter(|above| !above.is_empty()));
        } else {
            found.insert(file.path.as_str());
        }
    }
    found.into_iter().filter(|path| matcher.is_match(path)).map(str::to_owned).collect()
}
