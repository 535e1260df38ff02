//! Types of fields, read from the generated tables.

use crate::generated::crds::{CHECKS, FIELDS, REQUIRED, ROOTS, TEXT, TYPES};
use crate::tables::{self, Check, Root, Shape, Span};
use regex_lite::Regex;
use std::sync::OnceLock;

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type(u16);

/// A field of a type.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub of: Type,
    /// What the API server fills in, as JSON; empty: nothing.
    pub default: &'static str,
}

/// A check of a type; its text holds one item a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) check: Check,
    pub(crate) number: i64,
    pub(crate) text: &'static str,
    /// Which of all checks it is.
    index: usize,
}

impl Type {
    fn row(self) -> &'static tables::Type {
        const NOTHING: &tables::Type = &tables::Type(Shape::Any, 1, 1, u16::MAX, (0, 0), (0, 0), (0, 0));
        TYPES.get(usize::from(self.0)).unwrap_or(NOTHING)
    }

    pub(crate) fn shape(self) -> Shape {
        self.row().0
    }

    /// Null is a value of it.
    pub(crate) fn is_nullable(self) -> bool {
        self.row().1 != 0
    }

    /// Unknown fields are kept.
    pub(crate) fn is_open(self) -> bool {
        self.row().2 != 0
    }

    /// The type of the items of a list, or of the values of a map.
    pub fn inner(self) -> Option<Type> {
        let inner = self.row().3;
        (inner != u16::MAX).then_some(Type(inner))
    }

    /// Its fields, by name.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        rows(FIELDS, self.row().4).iter().map(field)
    }

    /// The field of that name.
    pub fn field(self, name: &str) -> Option<Field> {
        let fields = rows(FIELDS, self.row().4);
        let at = fields.binary_search_by(|field| text(field.0).cmp(name)).ok()?;
        fields.get(at).map(field)
    }

    /// The fields that must be set.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static str> {
        rows(REQUIRED, self.row().5).iter().map(|span| text(*span))
    }

    pub(crate) fn bounds(self) -> impl Iterator<Item = Bound> {
        let (start, _) = self.row().6;
        let rows = rows(CHECKS, self.row().6).iter().enumerate();
        rows.map(move |(index, (check, number, span))| Bound {
            check: *check,
            number: *number,
            text: text(*span),
            index: index + start as usize,
        })
    }
}

impl Bound {
    /// The items of its text.
    pub(crate) fn lines(self) -> impl Iterator<Item = &'static str> {
        self.text.split('\n')
    }

    /// Its pattern, compiled once; `None` if it is none that can be compiled, which a test rules out.
    pub(crate) fn pattern(self) -> Option<&'static Regex> {
        static PATTERNS: OnceLock<Box<[OnceLock<Option<Regex>>]>> = OnceLock::new();
        let patterns = PATTERNS.get_or_init(|| CHECKS.iter().map(|_| OnceLock::new()).collect());
        patterns.get(self.index)?.get_or_init(|| Regex::new(self.text).ok()).as_ref()
    }
}

fn field(row: &tables::Field) -> Field {
    Field { name: text(row.0), of: Type(row.1), default: text(row.2) }
}

fn rows<T>(table: &'static [T], (start, count): (u32, u16)) -> &'static [T] {
    let start = start as usize;
    table.get(start..start + usize::from(count)).unwrap_or_default()
}

fn text((start, length): Span) -> &'static str {
    let start = start as usize;
    TEXT.get(start..start + usize::from(length)).unwrap_or_default()
}

/// A kind as a release of its program has it.
#[derive(Debug, Clone, Copy)]
pub struct Release {
    root: &'static Root,
}

impl Release {
    /// The type of the whole object; `None`: this version of its API is not served any more.
    pub fn root(self) -> Option<Type> {
        self.root.of.map(Type)
    }

    /// `v1`.
    pub fn api_version(self) -> &'static str {
        self.root.version
    }

    /// `1.30.0`, of the program that brings the kind.
    pub fn name(self) -> &'static str {
        self.root.release
    }
}

/// Every version and release of a kind, the newest release last.
pub fn releases(group: &str, kind: &str) -> impl Iterator<Item = Release> {
    ROOTS.iter().filter(move |root| root.group == group && root.kind == kind).map(|root| Release { root })
}

/// The release that a version of the program means: the nearest minor, else the newest.
pub fn release(group: &str, kind: &str, api_version: &str, program: Option<&str>) -> Option<Release> {
    let all = || releases(group, kind).filter(|release| release.api_version() == api_version);
    match program.and_then(minor) {
        Some(wanted) => all().min_by_key(|release| minor(release.name()).map(|minor| minor.abs_diff(wanted))),
        None => all().last(),
    }
}

/// The first release that has a kind, where a known release of its program before has not.
pub fn since(group: &str, kind: &str) -> Option<&'static str> {
    let first = releases(group, kind).min_by_key(|release| minor(release.name()))?.name();
    let of_program = ROOTS.iter().filter(|root| root.group == group).filter_map(|root| minor(root.release));
    (of_program.min() < minor(first)).then_some(first)
}

/// Whether a version of the program is before another; false where one of them is no version.
pub fn is_before(program: &str, other: &str) -> bool {
    minor(program).zip(minor(other)).is_some_and(|(program, other)| program < other)
}

/// Whether a version of the program is newer than the newest of which the fields are known.
pub fn is_newer(group: &str, kind: &str, program: &str) -> bool {
    let known = releases(group, kind).filter_map(|release| minor(release.name())).max();
    minor(program) > known
}

/// 30 of `v1.30.0`, after so many of the major.
fn minor(version: &str) -> Option<u32> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.').map(str::parse::<u32>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some(major.saturating_mul(MINORS).saturating_add(minor))
}

/// More minors than a major will ever have.
const MINORS: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Check;

    #[test]
    fn every_pattern_compiles() {
        for (index, (check, number, span)) in CHECKS.iter().enumerate() {
            let bound = Bound { check: *check, number: *number, text: text(*span), index };
            assert!(*check != Check::Pattern || bound.pattern().is_some(), "{}", bound.text);
        }
    }

    #[test]
    fn a_release_is_found_by_its_minor() {
        let name = |program| release("postgresql.cnpg.io", "Cluster", "v1", program).map(Release::name);
        assert_eq!(name(None), Some("1.30.0"));
        assert_eq!(name(Some("1.29.0")), Some("1.29.2"));
        assert_eq!(name(Some("v1.28")), Some("1.28.4"));
        assert_eq!(name(Some("1.99.0")), Some("1.30.0"));
        assert_eq!(name(Some("1.25.1")), Some("1.28.4"));
        assert_eq!(name(Some("main")), Some("1.30.0"));
    }

    #[test]
    fn what_is_newer_than_all_is_told() {
        let is_newer = |program| is_newer("postgresql.cnpg.io", "Cluster", program);
        assert!(is_newer("1.31") && is_newer("v2.0.0"));
        assert!(!is_newer("1.30.9") && !is_newer("1.27") && !is_newer("main"));
    }

    #[test]
    fn a_kind_that_came_later_says_since_when() {
        assert_eq!(since("postgresql.cnpg.io", "DatabaseRole"), Some("1.30.0"));
        assert_eq!(since("postgresql.cnpg.io", "Cluster"), None);
        assert_eq!(since("postgresql.cnpg.io", "NoSuchKind"), None);
        assert!(
            is_before("1.28", "1.30.0") && !is_before("v1.30.1", "1.30.0") && !is_before("main", "1.30.0")
        );
    }

    #[test]
    fn fields_are_found() {
        let root = release("postgresql.cnpg.io", "Cluster", "v1", None).and_then(Release::root).unwrap();
        let spec = root.field("spec").unwrap().of;
        assert_eq!(spec.field("instances").unwrap().default, "1");
        assert!(spec.field("instance").is_none());
        assert_eq!(
            spec.field("plugins").unwrap().of.inner().unwrap().required().collect::<Vec<_>>(),
            ["name"]
        );
    }
}
