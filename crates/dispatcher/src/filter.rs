//! What the API server keeps of warnings and audit annotations.

use std::collections::BTreeSet;

/// Once warnings together have more characters than this, each is cut.
const TOTAL_RUNES: usize = 4096;
/// To this many characters.
const ITEM_RUNES: usize = 256;

/// The `Warning` headers of one answer, and what did not make it into them.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    seen: BTreeSet<String>,
    added: Vec<String>,
    sent: Vec<String>,
    runes: usize,
    truncating: bool,
    pub(crate) dropped: Vec<String>,
}

impl Warnings {
    pub(crate) fn add(&mut self, text: &str) {
        if text.is_empty() || self.seen.contains(text) {
            return;
        }
        if self.truncating && self.runes >= TOTAL_RUNES {
            self.dropped.push(format!("warning past the limit: {text}"));
            return;
        }
        self.seen.insert(text.to_owned());
        self.added.push(text.to_owned());
        // Control characters cannot stand in a header, and nobody is told.
        if text.chars().any(char::is_control) {
            self.dropped.push(format!("warning with a control character: {text:?}"));
            return;
        }
        if !self.truncating && self.runes + text.chars().count() > TOTAL_RUNES {
            self.truncating = true;
            self.runes = 0;
            self.sent.clear();
            let again = std::mem::take(&mut self.added);
            for one in again.iter().filter(|one| !one.chars().any(char::is_control)) {
                self.send(one);
            }
            self.added = again;
        } else {
            self.send(text);
        }
    }

    fn send(&mut self, text: &str) {
        let cut: String =
            if self.truncating { text.chars().take(ITEM_RUNES).collect() } else { text.to_owned() };
        if cut.len() < text.len() {
            self.dropped.push(format!("the end of a warning: {text}"));
        }
        self.runes += cut.chars().count();
        self.sent.push(cut);
    }

    pub(crate) fn into_sent(self) -> (Vec<String>, Vec<String>) {
        (self.sent, self.dropped)
    }
}

/// Whether the audit log takes `key`, which is `<webhook>/<what the webhook sent>`: a qualified name
/// with a prefix.
pub(crate) fn is_annotation_key(key: &str) -> bool {
    let Some((prefix, name)) = key.split_once('/') else { return false };
    is_subdomain(prefix) && is_name(name)
}

fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let edge =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(warnings: &[&str]) -> Vec<String> {
        let mut filter = Warnings::default();
        for one in warnings {
            filter.add(one);
        }
        filter.into_sent().0
    }

    #[test]
    fn warnings_are_told_once_and_without_control_characters() {
        assert_eq!(sent(&["a", "b", "a", "", "two\nlines", "tab\there", "\u{7f}"]), ["a", "b"]);
    }

    #[test]
    fn up_to_the_total_nothing_is_cut() {
        let (long, rest) = ("é".repeat(4000), "x".repeat(96));
        assert_eq!(sent(&[&long, &rest]), [long, rest]);
    }

    #[test]
    fn past_the_total_every_warning_is_cut() {
        let (long, other) = ("é".repeat(4000), "x".repeat(300));
        assert_eq!(sent(&[&long, "short", &other]), ["é".repeat(256), "short".to_owned(), "x".repeat(256)]);
    }

    #[test]
    fn past_the_total_of_cut_warnings_the_tail_is_dropped() {
        let many: Vec<String> = (0..40).map(|index| format!("{index:0>300}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(sent(&many).len(), 4096 / 256);
    }

    #[test]
    fn annotation_keys_are_qualified_names() {
        for key in ["a.b.c/rules", "a/Rule_1.x", "a-b.c/0"] {
            assert!(is_annotation_key(key), "{key}");
        }
        let long = format!("a/{}", "x".repeat(64));
        for key in ["rules", "a/", "/a", "a/b/c", "a/-b", "a/b c", "A/b", "a..b/c", "a/ü", long.as_str()] {
            assert!(!is_annotation_key(key), "{key}");
        }
    }
}
