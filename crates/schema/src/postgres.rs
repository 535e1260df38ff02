//! PostgreSQL's parameters, by major version.

use crate::generated::parameters::ROWS;
use std::borrow::Cow;

/// The first major known.
pub const FIRST_MAJOR: i64 = 13;
/// The last major known.
pub const LAST_MAJOR: i64 = 18;

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// `on`, `off` and their other names.
    Bool,
    /// A whole number, perhaps with a unit.
    Integer,
    /// A number, perhaps with a unit.
    Real,
    /// One of a few words.
    Enum,
    /// Any text.
    String,
}

/// A parameter as some majors have it; as in the view `pg_settings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name, in PostgreSQL's own spelling; it is compared without case.
    pub name: &'static str,
    /// One bit for each major that has it so, from [`FIRST_MAJOR`] on.
    pub(crate) majors: u16,
    /// What it holds.
    pub kind: ParameterType,
    /// The unit of a bare number: `8kB`, `B`, `kB`, `MB`, `ms`, `s`, `min`; empty: none.
    pub unit: &'static str,
    /// `postmaster`: a change needs a restart; `internal`: it cannot be set; …
    pub context: &'static str,
    /// The built-in default, in that unit.
    pub default: &'static str,
    /// The least value, empty: none.
    pub min: &'static str,
    /// The greatest value, empty: none.
    pub max: &'static str,
    /// The words of an enumeration, with commas.
    pub values: &'static str,
}

/// The parameter of that name in that major.
pub fn parameter(name: &str, major: i64) -> Option<&'static Row> {
    rows(name).find(|row| has(row, major))
}

/// The majors that have a parameter of that name.
pub fn majors(name: &str) -> Vec<i64> {
    (FIRST_MAJOR..=LAST_MAJOR).filter(|major| parameter(name, *major).is_some()).collect()
}

/// The last day on which the community mends a major version (postgresql.org, "Versioning Policy").
pub fn supported_until(major: i64) -> Option<&'static str> {
    match major {
        9 => Some("2021-11-11"),
        10 => Some("2022-11-10"),
        11 => Some("2023-11-09"),
        12 => Some("2024-11-21"),
        13 => Some("2025-11-13"),
        14 => Some("2026-11-12"),
        15 => Some("2027-11-11"),
        16 => Some("2028-11-09"),
        17 => Some("2029-11-08"),
        18 => Some("2030-11-14"),
        _ => None,
    }
}

/// The names of the parameters of a major, sorted.
pub fn names(major: i64) -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter(move |row| has(row, major)).map(|row| row.name)
}

/// The rows of a name: found by halves among the names in lower case, which come after the few others.
fn rows(name: &str) -> impl Iterator<Item = &'static Row> {
    let is_odd = |row: &Row| row.name.starts_with(|first: char| first.is_ascii_uppercase());
    let (odd, rest) = ROWS.split_at(ROWS.partition_point(is_odd));
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower: Cow<'_, str> = if is_lower { name.into() } else { name.to_ascii_lowercase().into() };
    let rest = rest.get(rest.partition_point(|row| *row.name < *lower)..).unwrap_or_default();
    let is_named = move |row: &&Row| row.name.eq_ignore_ascii_case(name);
    odd.iter().filter(is_named).chain(rest.iter().take_while(is_named))
}

fn has(row: &Row, major: i64) -> bool {
    u32::try_from(major - FIRST_MAJOR).is_ok_and(|bit| bit < 16 && row.majors & (1 << bit) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_found_in_any_case() {
        for row in ROWS {
            for name in [row.name.to_owned(), row.name.to_ascii_uppercase()] {
                assert!(rows(&name).any(|found| found == row), "{name}");
                assert!(rows(&name).all(|found| found.name == row.name), "{name}");
            }
        }
    }

    #[test]
    fn parameters_come_and_go() {
        assert_eq!(majors("vacuum_defer_cleanup_age"), [13, 14, 15]);
        assert_eq!(majors("io_method"), [18]);
        assert_eq!(majors("SHARED_BUFFERS").len(), 6);
        assert_eq!(
            parameter("shared_buffers", 17).map(|row| (row.unit, row.context)),
            Some(("8kB", "postmaster"))
        );
        assert_eq!(parameter("shared_bufers", 17), None);
        assert!(names(17).any(|name| name == "work_mem"));
    }
}
