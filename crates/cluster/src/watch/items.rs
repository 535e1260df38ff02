//! The items of a list, one after another while the answer comes in.
//!
//! An answer of the API server is megabytes, an item kilobytes. Only one item is ever in memory, and
//! what is left of the list without its items.

use memchr::memchr2;

/// Splits the JSON of a list into its items and the rest. What is not JSON comes out as an item or
/// as a rest that is none either, so whoever reads those need not fear what was not looked at here.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    depth: usize,
    string: bool,
    escaped: bool,
    /// Inside an array that stands directly in the list: no other field of a list is one.
    items: bool,
    item: Vec<u8>,
    rest: Vec<u8>,
}

impl Splitter {
    /// Reads on, and calls `each` with every item that ends in `chunk`.
    pub(super) fn feed<E>(
        &mut self,
        mut chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((&byte, after)) = chunk.split_first() {
            if self.string {
                chunk = self.in_string(chunk);
                continue;
            }
            chunk = after;
            match byte {
                b'[' if self.depth == 1 => {
                    self.rest.push(byte);
                    self.items = true;
                    self.depth = 2;
                    continue;
                }
                b']' if self.items && self.depth == 2 => {
                    self.items = false;
                    self.depth = 1;
                    // What stands there and is no item spoils the list: this makes it no JSON.
                    if !self.item.is_empty() {
                        self.rest.push(b',');
                    }
                }
                b',' | b' ' | b'\n' | b'\r' | b'\t' if self.items && self.depth == 2 => continue,
                b'"' => self.string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.out().push(byte);
            if self.items && self.depth == 2 && matches!(byte, b'}' | b']') {
                each(&self.item)?;
                self.item.clear();
            }
        }
        Ok(())
    }

    /// The list without its items.
    pub(super) fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Takes what belongs to the string that `chunk` begins in, and returns what follows.
    fn in_string<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let end = if self.escaped {
            self.escaped = false;
            1
        } else {
            match memchr2(b'"', b'\\', chunk) {
                None => chunk.len(),
                Some(at) => {
                    self.escaped = chunk.get(at) == Some(&b'\\');
                    self.string = self.escaped;
                    at + 1
                }
            }
        };
        let (taken, after) = chunk.split_at_checked(end).unwrap_or((chunk, &[]));
        self.out().extend_from_slice(taken);
        after
    }

    fn out(&mut self) -> &mut Vec<u8> {
        if self.items { &mut self.item } else { &mut self.rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::convert::Infallible;

    /// The items and the rest of `text`, fed in pieces of `size` bytes.
    fn split(text: &str, size: usize) -> (Vec<Value>, Option<Value>) {
        let (mut splitter, mut items) = (Splitter::default(), Vec::new());
        for chunk in text.as_bytes().chunks(size) {
            let each = |item: &[u8]| {
                items.push(serde_json::from_slice(item).unwrap_or(Value::Null));
                Ok::<_, Infallible>(())
            };
            let Ok(()) = splitter.feed(chunk, each);
        }
        (items, serde_json::from_slice(splitter.rest()).ok())
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            r#"[\["\\{},\]a:é ]{0,8}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"["\\{\]a]{0,3}"#, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn object() -> impl Strategy<Value = Value> {
        prop::collection::btree_map(r#"["\\{\]a]{0,3}"#, value(), 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn items_come_out_whole_however_they_come_in(
            items in prop::collection::vec(object(), 0..5),
            metadata in object(),
            size in 1_usize..40,
            pretty: bool,
        ) {
            let list = json!({"kind": "List", "items": items, "metadata": metadata});
            let text = if pretty { format!("{list:#}\n") } else { list.to_string() };
            let (found, rest) = split(&text, size);
            prop_assert_eq!(found, items);
            prop_assert_eq!(rest, Some(json!({"kind": "List", "items": [], "metadata": metadata})));
        }

        #[test]
        fn a_list_that_is_cut_off_has_no_rest(items in prop::collection::vec(object(), 1..4), share in 0.0..1.0) {
            let text = json!({"items": items, "metadata": {}}).to_string();
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let mut cut = (text.len() as f64 * share) as usize;
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            let (_, rest) = split(&text[..cut], 7);
            prop_assert_eq!(rest, None);
        }
    }

    #[test]
    fn what_is_no_item_spoils_the_list() {
        for text in [
            r#"{"items":[1]}"#,
            r#"{"items":[{},x]}"#,
            r#"{"items":["a"]}"#,
            r#"{"items":[{}"#,
            "}}]]",
            "[{}]",
        ] {
            let (_, rest) = split(text, 3);
            assert!(rest.is_none_or(|rest| rest.get("items").is_none()), "{text}");
        }
        assert_eq!(split(r#"{"items":null}"#, 3), (vec![], Some(json!({"items": null}))));
    }
}
