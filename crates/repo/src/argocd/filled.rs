//! A text that is being filled in: known parts, holes, and where its first value was written.

use manifest::{Node, Origin, Part, Partial, Unknown, UnknownReason, Value};

/// Parts of a text so far.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    parts: Vec<Part>,
    /// With holes as they are written.
    raw: String,
    /// Why the first hole is not known.
    reason: Option<UnknownReason>,
    /// Where the first value that came in was written.
    origin: Option<Origin>,
}

impl Filled {
    /// Text of the template itself.
    pub(crate) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.raw.push_str(text);
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// A value's text.
    pub(crate) fn value(&mut self, text: &str, origin: Origin) {
        self.origin.get_or_insert(origin);
        self.text(text);
    }

    /// What `written` stands for is not known.
    pub(crate) fn hole(&mut self, written: &str, reason: UnknownReason) {
        self.raw.push_str(written);
        self.reason.get_or_insert(reason);
        self.parts.push(Part::Hole);
    }

    /// All that was filled in before, again.
    pub(crate) fn append(&mut self, node: &Node, text: &str) {
        match &node.value {
            Value::Partial(partial) => {
                self.origin.get_or_insert(node.origin);
                self.raw.push_str(&partial.raw);
                self.reason.get_or_insert_with(|| partial.reason.clone());
                self.parts.extend(partial.parts.iter().cloned());
            }
            Value::Unknown(unknown) => {
                self.origin.get_or_insert(node.origin);
                self.hole(&unknown.raw, unknown.reason.clone());
            }
            _ => self.value(text, node.origin),
        }
    }

    /// The text, if it is known whole.
    pub(crate) fn known(&self) -> Result<&str, &UnknownReason> {
        self.reason.as_ref().map_or(Ok(&self.raw), Err)
    }

    /// The value that a template at `here` makes.
    pub(crate) fn node(self, here: Origin) -> Node {
        let origin = match self.origin {
            Some(origin) if origin.span != here.span => {
                Origin { span: origin.span, used_at: Some(here.span) }
            }
            _ => here,
        };
        let raw = self.raw;
        let value = match self.reason {
            None => Value::String(raw),
            Some(reason) if self.parts.iter().all(|part| *part == Part::Hole) => {
                Value::Unknown(Unknown { raw, reason, value: None })
            }
            Some(reason) => Value::Partial(Partial { raw, parts: merged(self.parts), reason }),
        };
        Node { value, origin }
    }
}

/// No two texts side by side.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut merged: Vec<Part> = Vec::new();
    for part in parts {
        match (merged.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => merged.push(part),
        }
    }
    merged
}
