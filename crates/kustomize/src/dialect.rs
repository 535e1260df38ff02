//! Where kustomize reads a text otherwise than kubectl does.

use crate::tree;
use manifest::{Node, Span, Value};

/// The text in which an object stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'t> {
    /// The file.
    pub(crate) bytes: &'t [u8],
    /// Where the text ends in the middle of a line: there a block of text ends without a line break.
    pub(crate) cut: Option<u32>,
    /// Folded text is written folded and read again, by which an indented line in it is set off by one
    /// more line. Not so in the items of a list, which go through JSON.
    pub(crate) folds: bool,
}

impl<'t> Text<'t> {
    /// A whole file.
    pub(crate) fn file(bytes: &'t [u8]) -> Self {
        let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { bytes, cut: (!bytes.ends_with(b"\n")).then_some(end), folds: true }
    }

    /// Changes what kubectl reads there into what kustomize makes of it, which reads YAML 1.2: `yes` and
    /// `off` are texts.
    pub(crate) fn convert(self, object: &mut Node) {
        self.value(object, &[]);
    }

    fn value(self, node: &mut Node, above: &[&str]) {
        let span = node.origin.span;
        match &mut node.value {
            Value::Bool(_) => {
                if let Some(text) = self.old_bool(span) {
                    *node = tree::string(text, node.origin);
                }
            }
            Value::String(text) if text.contains('\n') => self.block(text, span),
            Value::List(items) => items.iter_mut().for_each(|item| self.value(item, &["", ""])),
            Value::Map(map) => {
                for entry in &mut map.entries {
                    if matches!(entry.key.as_str(), "true" | "false")
                        && let Some(text) = self.old_bool(entry.key_origin.span)
                    {
                        text.clone_into(&mut entry.key);
                    }
                    // Annotations are written anew in any case.
                    let written_anew = *above == ["metadata"] && entry.key == "annotations";
                    let inner = Self { folds: self.folds && !written_anew, ..self };
                    let path: &[&str] = match above {
                        [] => &[entry.key.as_str()],
                        _ => &["", ""],
                    };
                    inner.value(&mut entry.value, path);
                }
            }
            _ => {}
        }
    }

    fn block(self, text: &mut String, span: Span) {
        let sign = self.bytes.get(span.start as usize);
        if matches!(sign, Some(b'|' | b'>'))
            && text.ends_with('\n')
            && self.cut.is_some_and(|cut| cut <= span.end)
        {
            text.pop();
        }
        if self.folds && sign == Some(&b'>') {
            *text = folded(text);
        }
    }

    /// A boolean of YAML 1.1 only, as it is written.
    fn old_bool(self, span: Span) -> Option<&'t str> {
        let text = std::str::from_utf8(self.bytes.get(span.start as usize..span.end as usize)?).ok()?;
        ["y", "n", "yes", "no", "on", "off"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
            .then_some(text)
    }
}

/// kustomize writes every annotation as a text, and drops a map without any.
pub(crate) fn annotations_as_texts(object: &mut Node) {
    let Some(meta) = tree::get_mut(object, "metadata").and_then(tree::map_mut) else { return };
    let Some(entry) = tree::entry_mut(meta, "annotations") else { return };
    let is_empty = match &mut entry.value.value {
        Value::Null => true,
        Value::Map(map) => {
            for entry in &mut map.entries {
                if matches!(entry.value.value, Value::Null | Value::Bool(_) | Value::Number(_)) {
                    let text = tree::text(&entry.value).unwrap_or_default().into_owned();
                    entry.value.value = Value::String(text);
                }
            }
            map.entries.is_empty()
        }
        _ => false,
    };
    if is_empty {
        tree::remove(meta, "annotations");
    }
}

/// One more line break before lines that start with white space, unless they follow another such.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    let mut before_indented = true;
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if line.is_empty() {
            continue;
        }
        if is_indented(line) && !before_indented {
            out.push('\n');
        }
        before_indented = is_indented(line);
        out.push_str(line);
    }
    out
}
