//! Which repository is this checkout: a guess from the URLs that its objects name.

use std::collections::BTreeMap;

/// The repository that most name, in the spelling of [`canonical`]; of several, the first.
#[allow(dead_code, reason = "only who has seen every root can tell")]
pub(crate) fn own<'u>(urls: impl Iterator<Item = &'u str>) -> Option<String> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for url in urls.filter_map(canonical) {
        *uses.entry(url).or_default() += 1;
    }
    let most = uses.values().copied().max()?;
    uses.into_iter().find(|(_, count)| *count == most).map(|(url, _)| url)
}

/// One spelling for the ways to reach a repository: `host/owner/name`, in small letters.
/// `None` for a URL that is not known.
#[allow(dead_code, reason = "only who has seen every root can tell")]
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
        assert_eq!(own(urls.into_iter()).as_deref(), Some("b.example/me/lab"));
        assert_eq!(own([].into_iter()), None);
    }
}
