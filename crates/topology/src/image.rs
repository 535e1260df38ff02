//! Image references: repository, tag and digest, and whether they fix a version.

use crate::read::{HOLE, parts_with_holes};
use crate::view::{Known, View, ViewLookup};
use manifest::Partial;

crate::view! {
    /// An image reference, `repository[:tag][@digest]`.
    pub struct ImageView {
        /// What stands before the tag: `ghcr.io/cloudnative-pg/postgresql`.
        pub repository: Known<String>,
        /// The tag; null without one.
        pub tag: Known<Option<String>>,
        /// The digest, `sha256:…`; null without one.
        pub digest: Known<Option<String>>,
        /// Whether it follows whatever is newest: the tag is `latest`, or there is neither tag nor digest.
        pub is_latest: Known<bool>,
        /// Whether it names one version: a digest, or a tag with at least major and minor
        /// (`17.5`, `17.5-standard-bookworm`). `17`, `17-bookworm` and `17-0.5.3` fix the major version only.
        pub is_pinned: Known<bool>,
        /// Whether the tag counts as PostgreSQL does: it starts with a major version of 9 or more.
        /// `pg18-v1.1.1` is the version of an extension, `1.24.0` one of `PgBouncer`.
        pub is_postgresql: Known<bool>,
        /// The major version of PostgreSQL that the tag starts with; null where it starts with none.
        pub major: Known<Option<i64>>,
    }
}

/// `images[text]`: what an image reference says.
#[derive(Debug, Clone, Copy)]
pub struct Images;

impl ViewLookup for Images {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(parse(name, ""))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(parse(&parts_with_holes(&name.parts), &name.reason.to_string())))
    }
}

/// Reads a reference in which [`HOLE`] stands for what is not known for `reason`.
pub(crate) fn parse(text: &str, reason: &str) -> ImageView {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    // A colon before the last slash is the port of a registry.
    let name_starts = rest.rfind('/').map_or(0, |slash| slash + 1);
    let last = rest.get(name_starts..).unwrap_or_default();
    let (name, tag) = match last.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (last, None),
    };
    let repository = rest.get(..name_starts + name.len()).unwrap_or(rest);
    if tag.is_some_and(|tag| may_be_no_tag(repository, tag, digest)) {
        return Reference {
            repository: text,
            tag: None,
            digest: None,
            tag_is_open: true,
            digest_is_open: true,
            reason,
        }
        .view();
    }
    // A hole in the name may hold the tag too where none is seen (`${IMAGE}`, `${IMAGE}st`), and
    // one in what stands last the digest.
    let tag_is_open = tag.is_none() && name.contains(HOLE);
    let digest_is_open = digest.is_none() && tag.unwrap_or(name).contains(HOLE);
    Reference { repository, tag, digest, tag_is_open, digest_is_open, reason }.view()
}

/// Whether what stands like a tag may be the port of a registry (`registry.lan:50${REST}`) or
/// the end of a digest (`${IMAGE}:0123…`), by what is not known around it.
fn may_be_no_tag(repository: &str, tag: &str, digest: Option<&str>) -> bool {
    let is_port = repository.contains('.') && !repository.contains('/') && tag.contains(HOLE);
    let is_hex = tag.len() >= 32 && tag.chars().all(|it| it.is_ascii_hexdigit() || it == HOLE);
    is_port || (digest.is_none() && repository.contains(HOLE) && is_hex)
}

struct Reference<'t> {
    repository: &'t str,
    tag: Option<&'t str>,
    digest: Option<&'t str>,
    /// No tag is seen, but what is not known may hold one.
    tag_is_open: bool,
    /// The same of the digest.
    digest_is_open: bool,
    reason: &'t str,
}

impl Reference<'_> {
    fn view(&self) -> ImageView {
        ImageView {
            repository: self.known(self.repository),
            tag: match self.tag {
                Some(tag) => self.known(tag).map(Some),
                None if self.tag_is_open => self.unknown(),
                None => Known::Known(None),
            },
            digest: match self.digest {
                Some(digest) => self.known(digest).map(Some),
                None if self.digest_is_open => self.unknown(),
                None => Known::Known(None),
            },
            is_latest: self.is_latest(),
            is_pinned: self.is_pinned(),
            is_postgresql: if self.tag_is_open {
                self.unknown()
            } else {
                self.major().map(|major| major.is_some())
            },
            major: if self.tag_is_open { self.unknown() } else { self.major() },
            place: None,
        }
    }

    fn is_latest(&self) -> Known<bool> {
        match self.tag {
            _ if self.tag_is_open => self.unknown(),
            None => Known::Known(self.digest.is_none() && !self.repository.is_empty()),
            Some("latest") => Known::Known(true),
            // `la${X}` may be, `17${X}` cannot; what is not known may end the tag, too.
            Some(tag) if tag.split_once(HOLE).is_some_and(|(start, _)| "latest".starts_with(start)) => {
                self.unknown()
            }
            Some(_) => Known::Known(false),
        }
    }

    fn is_pinned(&self) -> Known<bool> {
        if self.digest.is_some() {
            return Known::Known(true);
        }
        let Some(tag) = self.tag else {
            return if self.tag_is_open { self.unknown() } else { Known::Known(false) };
        };
        let (start, hole) = match tag.split_once(HOLE) {
            Some((start, _)) => (start, true),
            None => (tag, false),
        };
        if names_a_version(start) {
            Known::Known(true)
        } else if hole {
            self.unknown()
        } else {
            Known::Known(false)
        }
    }

    /// The leading number of the tag, where it can be PostgreSQL's major version.
    fn major(&self) -> Known<Option<i64>> {
        let Some(tag) = self.tag else { return Known::Known(None) };
        let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
        if tag.get(digits.len()..).is_some_and(|rest| rest.starts_with(HOLE)) {
            return self.unknown();
        }
        Known::Known(digits.parse().ok().filter(|major| (9..100).contains(major)))
    }

    fn known(&self, text: &str) -> Known<String> {
        if text.contains(HOLE) { self.unknown() } else { Known::Known(text.to_owned()) }
    }

    fn unknown<T>(&self) -> Known<T> {
        Known::Unknown(self.reason.to_owned())
    }
}

/// Whether a tag names at least major and minor. For PostgreSQL's own tags they must stand at
/// the start; a tag that starts otherwise (`pg18-v1.1.1`, `v1.24.0`) is some other software's.
fn names_a_version(tag: &str) -> bool {
    let after_digits = tag.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if after_digits.len() == tag.len() {
        return has_dotted_number(tag);
    }
    let next_is_digit = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_digit());
    after_digits.strip_prefix('.').is_some_and(next_is_digit)
        // A beta or release candidate is one version: `18beta1`, `18rc1`.
        || ["beta", "rc"].iter().any(|word| after_digits.strip_prefix(word).is_some_and(next_is_digit))
}

fn has_dotted_number(text: &str) -> bool {
    text.as_bytes().windows(3).any(
        |window| matches!(window, [before, b'.', after] if before.is_ascii_digit() && after.is_ascii_digit()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use Known::Known as Is;

    fn with_variable(text: &str) -> ImageView {
        parse(&text.replace("${X}", "\0"), "${X}")
    }

    #[test]
    fn the_parts_of_a_reference() {
        let image = parse("registry.lan:5000/pg/postgresql:17.5-standard-bookworm@sha256:abc", "");
        assert_eq!(image.repository, Is("registry.lan:5000/pg/postgresql".to_owned()));
        assert_eq!(image.tag, Is(Some("17.5-standard-bookworm".to_owned())));
        assert_eq!(image.digest, Is(Some("sha256:abc".to_owned())));
        assert_eq!(image.major, Is(Some(17)));
        let image = parse("registry.lan:5000/postgresql", "");
        assert_eq!((image.tag, image.digest), (Is(None), Is(None)));
    }

    #[test]
    fn what_fixes_a_version() {
        for tag in ["17.5", "17.5-3", "17.5-standard-bookworm", "18.1-system-trixie", "18beta1-bookworm"] {
            assert_eq!(parse(&format!("p/postgresql:{tag}"), "").is_pinned, Is(true), "{tag}");
        }
        for tag in ["17", "17-bookworm", "17-0.5.3", "latest", "17.", "17-rc1"] {
            assert_eq!(parse(&format!("p/postgresql:{tag}"), "").is_pinned, Is(false), "{tag}");
        }
        assert_eq!(parse("p/postgresql@sha256:abc", "").is_pinned, Is(true));
        assert_eq!(parse("p/postgresql", "").is_pinned, Is(false));
    }

    #[test]
    fn latest_is_what_names_nothing() {
        assert_eq!(parse("p/postgresql:latest", "").is_latest, Is(true));
        assert_eq!(parse("p/postgresql", "").is_latest, Is(true));
        assert_eq!(parse("p/postgresql@sha256:abc", "").is_latest, Is(false));
        assert_eq!(parse("p/postgresql:17", "").is_latest, Is(false));
        // An empty reference is none: the operator fills in its own.
        assert_eq!(parse("", "").is_latest, Is(false));
    }

    #[test]
    fn tags_of_other_software_are_not_postgresql() {
        for image in ["tensorchord/vchord:pg18-v1.1.1", "cnpg/pgbouncer:1.24.0", "p/postgresql"] {
            assert_eq!(parse(image, "").is_postgresql, Is(false), "{image}");
        }
        assert_eq!(parse("rafa/cnpg-vectorchord:17-0.5.3", "").is_postgresql, Is(true));
    }

    #[test]
    fn a_variable_hides_only_what_it_can_hold() {
        let image = with_variable("p/postgresql:${X}");
        assert_eq!(image.repository, Is("p/postgresql".to_owned()));
        assert_eq!((image.is_latest, image.is_pinned.known()), (Known::Unknown("${X}".to_owned()), None));
        let image = with_variable("p/postgresql:17${X}");
        assert_eq!((image.is_latest, image.is_pinned.known()), (Is(false), None));
        assert_eq!(with_variable("p/postgresql:17.5${X}").is_pinned, Is(true));
        assert_eq!(with_variable("${X}/postgresql:17.5").is_pinned, Is(true));
        assert_eq!(with_variable("${X}").is_pinned.known(), None);
        assert_eq!(with_variable("p/postgresql:${X}@sha256:abc").is_pinned, Is(true));
    }
}
