//! Which release of the chart it is.

use manifest::Node;

/// A release, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// The number after `0.`; `None`: none of the known releases, or a range.
    minor: Option<u32>,
}

/// Releases `0.1` to this are known.
const NEWEST: u32 = 9;

impl Version {
    pub(super) fn of(version: Option<&Node>) -> Self {
        Self { minor: version.and_then(Node::as_str).and_then(minor) }
    }

    /// Whether it is one of the known releases.
    pub(super) fn is_known(self) -> bool {
        self.minor.is_some()
    }

    /// Whether it is `0.minor` or newer; `None`: that is not known.
    pub(super) fn since(self, minor: u32) -> Option<bool> {
        self.minor.map(|own| own >= minor)
    }
}

/// The minor number of `0.3.1`, `v0.3.1`, `~0.3.0`, `0.3.x`.
fn minor(version: &str) -> Option<u32> {
    let version = version.trim().trim_start_matches(['v', '~', '=']);
    let mut numbers = version.split('.');
    let (major, minor, patch) = (numbers.next()?, numbers.next()?, numbers.next());
    let patched = patch.is_none_or(|patch| {
        matches!(patch, "x" | "X" | "*")
            || !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit())
    });
    let known = major == "0" && patched && numbers.next().is_none();
    let minor = minor.parse::<u32>().ok().filter(|minor| (1..=NEWEST).contains(minor))?;
    known.then_some(minor)
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn a_release_is_known_by_its_first_two_numbers() {
        for (version, expected) in [
            ("0.3.1", Some(3)),
            ("v0.5.0", Some(5)),
            ("~0.4.0", Some(4)),
            ("0.7.x", Some(7)),
            ("0.9", Some(9)),
            ("0.0.9", None),
            ("0.10.0", None),
            ("1.2.0", None),
            (">=0.3.0", None),
            ("^0.3.0", None),
            ("0.3.0 - 0.5.0", None),
            ("0.x", None),
            ("*", None),
        ] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }
}
