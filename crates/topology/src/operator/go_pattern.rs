//! Regular expressions of Go, as far as it can be told without Go whether one is.

use crate::view::Known;
use regex_lite::Regex;

/// Whether Go compiles a regular expression (package regexp, "Syntax"). Not known where it has what
/// Go and the library here read differently.
pub(super) fn compiles(text: &str) -> Known<bool> {
    let compiles = Regex::new(text).is_ok();
    let differs = if compiles { accepts_more(text) } else { accepts_less(text) };
    if differs || groups_differ(text) {
        return Known::Unknown("not known: Go reads it in its own way".to_owned());
    }
    Known::Known(compiles)
}

/// What Go takes and the library here does not: other classes, quoting, octal digits, a brace that
/// stands for itself.
fn accepts_less(text: &str) -> bool {
    const ESCAPES: [&str; 6] = ["\\Q", "\\p", "\\P", "\\C", "\\0", "[[:"];
    let octal = |pair: &[u8]| pair.iter().all(u8::is_ascii_digit);
    text.contains('{')
        || ESCAPES.iter().any(|escape| text.contains(escape))
        || text.match_indices('\\').any(|(at, _)| text.as_bytes().get(at + 1..at + 3).is_some_and(octal))
}

/// What the library here takes and Go does not: repetitions of repetitions, great counts, other escapes.
fn accepts_more(text: &str) -> bool {
    const REPEATED: [&str; 9] = ["**", "*+", "+*", "++", "?*", "?+", "}*", "}+", "???"];
    const ESCAPES: [&str; 4] = ["\\u", "\\U", "\\b{", "\\x{"];
    let greatest = 1000;
    let counts = text.split(['{', ',', '}']).filter_map(|count| count.parse::<u32>().ok());
    REPEATED.iter().chain(&ESCAPES).any(|part| text.contains(part))
        || counts.into_iter().any(|count| count > greatest)
}

/// Whether a group says more of itself than both understand: `(?:`, a name, `(?i)`, or what neither has.
fn groups_differ(text: &str) -> bool {
    let marks = text.match_indices("(?").filter_map(|(at, mark)| text.get(at + mark.len()..)?.chars().next());
    marks.into_iter().any(|mark| !":P<i=!".contains(mark))
}

#[cfg(test)]
mod tests {
    use super::compiles;
    use crate::view::Known;

    #[test]
    fn what_both_take_is_a_pattern() {
        for text in ["^tmp_", "a|b", "(?:x)+?", "(?i)slot[0-9]{3}$", "(?P<n>a)", ""] {
            assert_eq!(compiles(text), Known::Known(true), "{text}");
        }
    }

    #[test]
    fn what_neither_takes_is_none() {
        for text in ["([a-z]+", "*", "a)", "[z", "(?!tmp)", "(?<=a)b", "\\1", "a\\"] {
            assert_eq!(compiles(text), Known::Known(false), "{text}");
        }
    }

    #[test]
    fn where_they_differ_it_is_not_known() {
        for text in ["\\pL+", "a{,5}", "a**", "a{2000}", "(?x)a b", "\\Qa.b\\E(", "\\101("] {
            assert!(matches!(compiles(text), Known::Unknown(_)), "{text}");
        }
    }
}
