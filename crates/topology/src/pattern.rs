//! Patterns of the configuration.

/// Whether `text` is `pattern`, in which `*` stands for any characters, `/` and `.` too.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // `split` gives at least one part: what must stand at the very end.
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The leftmost place leaves the most for what follows.
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(matches_pattern("*.example.com", "s3.eu.example.com"));
        assert!(!matches_pattern("*.example.com", "example.com"));
        assert!(matches_pattern("s3://pg/*", "s3://pg/a/b"));
        assert!(matches_pattern("a*b*b", "abb"));
        assert!(!matches_pattern("a*b*b", "ab"));
        assert!(!matches_pattern("ab*ba", "aba"));
        assert!(matches_pattern("*", ""));
        assert!(!matches_pattern("", "x"));
    }
}
