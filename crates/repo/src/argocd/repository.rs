//! Which repository is this checkout: a guess from the URLs that its objects name.

use std::collections::BTreeMap;

/// The repository that most name, each in the spelling of [`canonical`]; of several, the first.
pub(crate) fn own<'u>(repositories: impl Iterator<Item = &'u str>) -> Option<String> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for repository in repositories {
        *uses.entry(repository).or_default() += 1;
    }
    let most = uses.values().copied().max()?;
    uses.into_iter().find(|(_, count)| *count == most).map(|(repository, _)| repository.to_owned())
}

/// One spelling for the ways to reach a repository: `host/owner/name`, in small letters.
/// `None` for a URL that is not known.
pub(crate) fn canonical(url: &str) -> Option<String> {
    if url.contains("{{") || url.contains("${") {
        return None;
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    let (host, path) = rest.split_once(['/', ':'])?;
    // A port is none of the name.
    let path = path.split_once('/').filter(|(port, _)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let path = path.map_or_else(|| rest.get(host.len() + 1..).unwrap_or_default(), |(_, path)| path);
    Some(format!("{host}/{path}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{canonical, own};

    #[test]
    fn a_repository_has_many_spellings() {
        for url in [
            "https://github.com/me/Lab.git",
            "https://github.com/me/lab/",
            "git@github.com:me/lab.git",
            "ssh://git@github.com:22/me/lab",
            "https://token@github.com/me/lab",
        ] {
            assert_eq!(canonical(url).as_deref(), Some("github.com/me/lab"), "{url}");
        }
        assert_eq!(canonical("{{ .url }}"), None);
    }

    #[test]
    fn the_one_that_most_name_is_this() {
        let urls = ["https://a.example/x/y", "git@b.example:me/lab", "https://b.example/me/lab.git"];
        let spelled: Vec<String> = urls.into_iter().filter_map(canonical).collect();
        assert_eq!(own(spelled.iter().map(String::as_str)).as_deref(), Some("b.example/me/lab"));
        assert_eq!(own([].into_iter()), None);
    }
}
