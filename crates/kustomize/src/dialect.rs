//! Where kustomize reads a text otherwise than kubectl does.

use crate::tree;
use manifest::{Node, Value};

/// Changes what kubectl reads at these places of a file into what kustomize makes of it:
///
/// - it reads YAML 1.2, in which `yes` and `off` are texts;
/// - a block of text at the very end of a file without a line break there has none either;
/// - it writes folded text and reads it again, by which an indented line in it is set off by one more line.
pub(crate) fn as_kustomize_reads(node: &mut Node, bytes: &[u8]) {
    let span = node.origin.span;
    let first = || bytes.get(span.start as usize);
    match &mut node.value {
        Value::Bool(_) => {
            let written = bytes.get(span.start as usize..span.end as usize).unwrap_or_default();
            if let Some(text) = std::str::from_utf8(written).ok().filter(|text| is_old_bool(text)) {
                *node = tree::string(text, node.origin);
            }
        }
        Value::String(text) if text.contains('\n') => match first() {
            Some(b'>') => {
                *text = folded(text.strip_suffix('\n').filter(|_| is_cut(span.end, bytes)).unwrap_or(text));
            }
            Some(b'|') if is_cut(span.end, bytes) => _ = text.pop(),
            _ => {}
        },
        Value::List(items) => items.iter_mut().for_each(|item| as_kustomize_reads(item, bytes)),
        Value::Map(map) => {
            for entry in &mut map.entries {
                as_kustomize_reads(&mut entry.value, bytes);
            }
        }
        _ => {}
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

/// A boolean of YAML 1.1 only.
fn is_old_bool(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a block ends where the file does, in the middle of a line.
fn is_cut(end: u32, bytes: &[u8]) -> bool {
    end as usize >= bytes.len() && !bytes.ends_with(b"\n")
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
