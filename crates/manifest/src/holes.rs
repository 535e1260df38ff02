//! What in a text something else fills in: `${VAR}`, `{{ … }}`, `<path:…>`, `ENC[…]`.

use crate::node::{Part, Partial, Unknown, Value};
use crate::unknown::{Dialect, UnknownReason};
use memchr::{memchr2_iter, memchr3};
use std::ops::Range;

/// The value of a text that is not known whole; `None` if it is.
pub(crate) fn understand(text: &str, dialect: Dialect) -> Option<Value> {
    if let Some(reason) = whole(text, dialect) {
        return Some(Value::Unknown(Unknown { raw: text.to_owned(), reason, value: None }));
    }
    let mut search = Search { text, dialect, variables: None, no_template: false, no_placeholder: false };
    let mut parts = Vec::new();
    let mut reason = None;
    let mut known = 0;
    let mut at = 0;
    while let Some(next) = text.as_bytes().get(at..).and_then(|rest| memchr3(b'$', b'{', b'<', rest)) {
        let start = at + next;
        match search.hole(start) {
            Found::Hole(end, why) => {
                push_text(&mut parts, text.get(known..start));
                parts.push(Part::Hole);
                reason.get_or_insert(why);
                at = end;
                known = end;
            }
            Found::Literal(end) => at = end,
        }
    }
    let reason = reason?;
    push_text(&mut parts, text.get(known..));
    let raw = text.to_owned();
    Some(if parts.iter().all(|part| *part == Part::Hole) {
        Value::Unknown(Unknown { raw, reason, value: None })
    } else {
        Value::Partial(Partial { raw, parts, reason })
    })
}

fn push_text(parts: &mut Vec<Part>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// Why a text as a whole stands for something else.
fn whole(text: &str, dialect: Dialect) -> Option<UnknownReason> {
    if !dialect.placeholders {
        return None;
    }
    if text.starts_with("ENC[AES256_GCM,") && text.trim_end().ends_with(']') {
        return Some(UnknownReason::Encrypted);
    }
    let looked_up = text.starts_with("op://")
        || text.strip_prefix("ref+").is_some_and(|rest| {
            let scheme = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            scheme > 0 && rest.get(scheme..).is_some_and(|rest| rest.starts_with("://"))
        });
    if looked_up { Some(UnknownReason::Placeholder(text.to_owned())) } else { None }
}

enum Found {
    /// A hole that ends here, and why.
    Hole(usize, UnknownReason),
    /// None; the next to look at is here.
    Literal(usize),
}

/// Looks for holes in one text, in time that grows with its length only.
struct Search<'t> {
    text: &'t str,
    dialect: Dialect,
    /// Where each `${` starts and its `}` ends, once somebody asked.
    variables: Option<Vec<(usize, usize)>>,
    /// No `}}` stands further on.
    no_template: bool,
    /// No `>` stands further on.
    no_placeholder: bool,
}

impl Search<'_> {
    /// What starts at `start`, which is a `$`, `{` or `<`.
    fn hole(&mut self, start: usize) -> Found {
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.starts_with("$${") {
            // Flux makes `${…}` of it and looks no further.
            return Found::Literal(self.variable(start + 1).unwrap_or(start + 3));
        }
        if self.dialect.variables
            && let Some(end) = self.variable(start)
        {
            return self.found(start..end, UnknownReason::Variable);
        }
        if self.dialect.templates && !self.no_template && rest.starts_with("{{") {
            match rest.find("}}") {
                Some(end) => return self.found(start..start + end + 2, UnknownReason::Template),
                None => self.no_template = true,
            }
        }
        let placeholder = rest.starts_with("<path:") || rest.starts_with("<secret:");
        if self.dialect.placeholders && !self.no_placeholder && placeholder {
            match rest.find('>') {
                Some(end) => return self.found(start..start + end + 1, UnknownReason::Placeholder),
                None => self.no_placeholder = true,
            }
        }
        Found::Literal(start + 1)
    }

    fn found(&self, range: Range<usize>, reason: fn(String) -> UnknownReason) -> Found {
        let written = self.text.get(range.clone()).unwrap_or_default().to_owned();
        Found::Hole(range.end, reason(written))
    }

    /// The end of the `${NAME}`, `${NAME:=default}`, `${NAME/a/b}`, … that starts there. A
    /// default may hold variables.
    fn variable(&mut self, start: usize) -> Option<usize> {
        let body = self.text.get(start..)?.strip_prefix("${")?;
        let body = body.strip_prefix('#').unwrap_or(body);
        let starts = body.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
        let name = body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let operator = body.as_bytes().get(name).copied()?;
        if !starts || !b"}:=-+?^,/#%@".contains(&operator) {
            return None;
        }
        let variables = self.variables.get_or_insert_with(|| braces(self.text.as_bytes()));
        let found = variables.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        variables.get(found).map(|(_, end)| *end)
    }
}

/// Where each `${` starts and its `}` ends, in order of the start.
fn braces(text: &[u8]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut closed = Vec::new();
    for at in memchr2_iter(b'$', b'}', text) {
        if text.get(at) == Some(&b'}') {
            closed.extend(open.pop().map(|start| (start, at + 1)));
        } else if text.get(at + 1) == Some(&b'{') {
            open.push(at);
        }
    }
    closed.sort_unstable();
    closed
}
