//! Paths as text: relative to the root of the checkout, with `/`, without `.` and `..` inside.

use memchr::memrchr;
use std::path::{Component, Path, PathBuf};

/// Makes a path absolute and takes `.` and `..` out by their text; no file is looked at.
pub(crate) fn absolute(working_directory: &Path, path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in working_directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// `to` as seen from the directory `from`, both absolute and clean; `.` for the same place.
pub(crate) fn relative(from: &Path, to: &Path) -> String {
    let from: Vec<_> = from.components().collect();
    let to: Vec<_> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(one, two)| one == two).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len().saturating_sub(common));
    let down = to.iter().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// What of `path` stands below `dir`, where plain text tells: both clean, `/` between parts.
pub(crate) fn below<'p>(dir: &Path, path: &'p Path) -> Option<&'p str> {
    let rest = path.to_str()?.strip_prefix(dir.to_str()?)?.strip_prefix('/')?;
    (!rest.is_empty() && !rest.contains('\\')).then_some(rest)
}

/// `path` as written in a file of directory `dir`, as a path of the checkout. The root is `""`;
/// what leads out of the checkout starts with `../`.
pub(crate) fn join(dir: &str, path: &str) -> String {
    let mut joined = String::with_capacity(dir.len() + path.len() + 1);
    for part in dir.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if !joined.is_empty() && file_name(&joined) != ".." => {
                joined.truncate(parent(&joined).len());
            }
            part => {
                if !joined.is_empty() {
                    joined.push('/');
                }
                joined.push_str(part);
            }
        }
    }
    joined
}

/// The directory of a path; `""` for what stands in the root.
pub(crate) fn parent(path: &str) -> &str {
    memrchr(b'/', path.as_bytes()).and_then(|at| path.get(..at)).unwrap_or_default()
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    memrchr(b'/', path.as_bytes()).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

/// The directories above a path, nearest first, the root (`""`) last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| parent(path))).skip(1)
}

/// Whether `path` is `dir` or below it.
pub(crate) fn is_under(path: &str, dir: &str) -> bool {
    if dir.is_empty() {
        return !path.starts_with("../");
    }
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Directories whose content is kept, not deployed: no root starts there. What a root outside
/// reaches there is deployed all the same.
pub(crate) fn is_set_aside(path: &str) -> bool {
    path.split('/').any(|part| {
        (part.starts_with('.') && part != "..")
            || matches!(part, "archive" | "archived" | "_archive" | "attic" | "disabled" | "deprecated")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_by_its_text() {
        assert_eq!(join("a/b", "../c/./d.yaml"), "a/c/d.yaml");
        assert_eq!(join("", "./kubernetes/apps/"), "kubernetes/apps");
        assert_eq!(join("a", "../../x"), "../x");
        assert_eq!(join("a/b", "../.."), "");
        assert_eq!(join("../x", "../../y"), "../../y");
    }

    #[test]
    fn a_path_is_shown_from_the_working_directory() {
        let show = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(show("/r/a", "/r/a/b.yaml"), "b.yaml");
        assert_eq!(show("/r/a", "/r/c/b.yaml"), "../c/b.yaml");
        assert_eq!(show("/r", "/r"), ".");
    }

    #[test]
    fn ancestors_end_at_the_root() {
        assert_eq!(ancestors("a/b/c.yaml").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("c.yaml").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn hidden_and_archive_directories_are_set_aside() {
        assert!(is_set_aside(".archive/apps"));
        assert!(is_set_aside("k8s/archive/x"));
        assert!(!is_set_aside("../k8s/apps"));
        assert!(!is_set_aside(""));
    }
}
