//! Passes over JSON without reading it.

use memchr::{memchr_iter, memchr2};

/// The byte behind the JSON value that starts at `start`, whatever its depth; `None` where the text ends
/// before the value does. Only brackets and strings are looked at: what is passed over may be no JSON.
pub fn pass_json(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => at = string(text, at)?,
            byte @ (b'[' | b'{') => {
                let flat = if *byte == b'[' { flat_list(text.get(at..)?) } else { None };
                depth += usize::from(flat.is_none());
                at += flat.unwrap_or(1);
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            b',' | b'}' | b']' if depth == 0 => return Some(at),
            _ => at += 1,
        }
        if depth == 0 && matches!(text.get(at), Some(b',' | b'}' | b']') | None) {
            return Some(at);
        }
    }
}

/// The byte behind the string that starts at `start`.
fn string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let rest = text.get(at..)?;
        let run = memchr2(b'"', b'\\', rest)?;
        if rest.get(run) == Some(&b'"') {
            return Some(at + run + 1);
        }
        at += run + 2;
    }
}

/// The length of a list that `text` starts with, where it holds no other list: many bytes at a time, as
/// `managedFields` are half of what an API server sends. No byte is looked at again for a list within.
fn flat_list(text: &[u8]) -> Option<usize> {
    let inner = text.get(1..)?;
    let end = memchr2(b'[', b']', inner)?;
    let (inner, behind) = inner.split_at_checked(end)?;
    // A bracket in a string closes nothing.
    let quotes = memchr_iter(b'"', inner).count() - escaped_quotes(inner);
    (behind.first() == Some(&b']') && quotes.is_multiple_of(2)).then_some(end + 2)
}

/// How many quotes stand behind a backslash that is not escaped itself.
fn escaped_quotes(text: &[u8]) -> usize {
    let (mut count, mut behind) = (0, 0);
    for at in memchr_iter(b'\\', text) {
        if at >= behind {
            behind = at + 2;
            count += usize::from(text.get(at + 1) == Some(&b'"'));
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::pass_json;
    use proptest::prelude::*;

    /// Any JSON, with brackets and escapes in its strings.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            r#"[\[\]{}"\\,:a]{0,6}"#.prop_map(serde_json::Value::from),
            any::<i32>().prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::btree_map(r#"[\[\]{}"\\a]{0,4}"#, inner, 0..6)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_passed_over_to_its_end(value in json(), behind in "[,}\\]].{0,9}") {
            let text = value.to_string();
            let longer = format!("{text}{behind}");
            prop_assert_eq!(pass_json(longer.as_bytes(), 0), Some(text.len()));
            prop_assert_eq!(pass_json(text.as_bytes(), 0), Some(text.len()));
        }
    }

    #[test]
    fn what_never_ends_is_not_passed_over() {
        for text in ["", "[", "[1", "[\"]", "{\"a\": \"\\\"}", "[[]", "\"", "{\"a\": [\"\\\\\"]"] {
            assert_eq!(pass_json(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn lists_in_lists_are_looked_at_once() {
        let text = format!("{}1{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        assert_eq!(pass_json(text.as_bytes(), 0), Some(text.len()));
    }
}
