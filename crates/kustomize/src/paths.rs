//! Paths of the checkout: `/` between parts, `""` is its top.

/// What `path`, as written in directory `dir`, means; `None` above the top or for an absolute path.
pub(crate) fn join(dir: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether `path` is `dir` or in it.
pub(crate) fn is_under(path: &str, dir: &str) -> bool {
    dir.is_empty() || path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The last part.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether it is not of this checkout: a URL, or what kustomize takes for a Git repository.
pub(crate) fn is_remote(path: &str) -> bool {
    let git = ["git@", "git::", "github.com/", "github.com:", "gh:"];
    path.contains("://")
        || path.contains("?ref=")
        || path.contains("_git/")
        || git.iter().any(|one| path.starts_with(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "x.yaml").as_deref(), Some("x.yaml"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../../b"), None);
        assert_eq!(join("a", "/etc/passwd"), None);
    }

    #[test]
    fn under() {
        assert!(is_under("a/b", "a") && is_under("a", "a") && is_under("a", ""));
        assert!(!is_under("ab", "a"));
    }
}
