//! Paths as other programs want them: seen from the checkout, percent-encoded.

use std::fmt::Write as _;

/// `path`, which is relative to the directory `prefix`, as seen from where `prefix` starts.
/// `.` and `..` are resolved as far as they can be; an absolute path stays.
pub(crate) fn join(prefix: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in prefix.split('/').chain(path.split('/')) {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is
/// percent-encoded, `:` too, which would make a scheme of a first segment.
pub(crate) fn encode(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_checkout() {
        assert_eq!(join("", "k8s/db.yaml"), "k8s/db.yaml");
        assert_eq!(join("k8s/apps", "db.yaml"), "k8s/apps/db.yaml");
        assert_eq!(join("k8s/apps", "../infra/./db.yaml"), "k8s/infra/db.yaml");
        assert_eq!(join("", "../db.yaml"), "../db.yaml");
        assert_eq!(join("k8s", "/etc/db.yaml"), "/etc/db.yaml");
    }

    #[test]
    fn what_a_uri_cannot_hold_is_encoded() {
        assert_eq!(encode("a b/ü#1%:?.yaml"), "a%20b/%C3%BC%231%25%3A%3F.yaml");
    }
}
