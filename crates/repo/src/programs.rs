//! Programs that make manifests instead of holding them: Pulumi and CDK8s. Their source files have the
//! extensions of any program, so they are looked for only below a project file.

use crate::paths;
use crate::tree::Tree;
use crate::unlinted::NotLintedReason;
use crate::walk::is_yaml_or_json;

/// Folders of dependencies: not what the author of the checkout wrote.
const DEPENDENCIES: [&str; 4] = ["node_modules", ".venv", "venv", "vendor"];

/// What a file of that name is the project file of.
fn project(file_name: &str) -> Option<NotLintedReason> {
    match file_name {
        "Pulumi.yaml" | "Pulumi.yml" => Some(NotLintedReason::Pulumi),
        "cdk8s.yaml" => Some(NotLintedReason::Cdk8s),
        _ => None,
    }
}

/// Whether a file holds a program, by its name.
pub(crate) fn is_program(file_name: &str) -> bool {
    matches!(
        file_name.rsplit_once('.'),
        Some((_, "ts" | "tsx" | "js" | "mjs" | "cjs" | "py" | "go" | "java" | "kt" | "cs" | "fs"))
    )
}

/// The project that a file is a part of, where it is a program or the project file itself.
pub(crate) fn of(tree: &Tree, path: &str) -> Option<NotLintedReason> {
    let name = paths::file_name(path);
    if name.starts_with("Pulumi.") && is_yaml_or_json(name) {
        // The project, or the settings of one of its stacks.
        return Some(NotLintedReason::Pulumi);
    }
    if !is_program(name) {
        return None;
    }
    let project_in = |dir: &str| {
        let files = ["Pulumi.yaml", "Pulumi.yml", "cdk8s.yaml"];
        files.into_iter().find(|file| tree.find(&paths::join(dir, file)).is_some()).and_then(project)
    };
    paths::ancestors(path).find_map(project_in)
}

/// The directories with a project file.
pub(crate) fn roots(tree: &Tree) -> Vec<String> {
    let projects = tree.files().filter(|(_, file)| project(paths::file_name(&file.path)).is_some());
    projects.map(|(_, file)| paths::parent(&file.path).to_owned()).collect()
}

/// Whether a directory may lead to a program of one of the projects.
pub(crate) fn leads_to(roots: &[String], dir: &str) -> bool {
    let related = |root: &String| paths::is_under(dir, root) || paths::is_under(root, dir);
    !DEPENDENCIES.contains(&paths::file_name(dir)) && roots.iter().any(related)
}

/// Whether a path is a program of one of the projects.
pub(crate) fn is_of(roots: &[String], path: &str) -> bool {
    let foreign = path.split('/').any(|part| DEPENDENCIES.contains(&part));
    is_program(paths::file_name(path)) && !foreign && roots.iter().any(|root| paths::is_under(path, root))
}
