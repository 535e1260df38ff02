//! The plain template language: `{{ name }}` is the value of that name.

use super::filled::Filled;
use super::template::Refusal;
use manifest::{Lookup, Map, UnknownReason};

/// Fills in the values. A name without one stays as it is written.
pub(crate) fn fill(template: &str, parameters: &Map) -> Result<Filled, Refusal> {
    let mut filled = Filled::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            // A text without any name is none of its templates.
            let whole = rest.len() == template.len();
            return if whole { Ok(plain(template)) } else { Err("`}}` is missing in a template".to_owned()) };
        };
        filled.text(before);
        let written = format!("{{{{{name}}}}}");
        match parameters.lookup(name.trim()) {
            Lookup::Present(entry) => match entry.value.raw_text() {
                Some(text) => filled.append(&entry.value, text),
                None => filled.text(&written),
            },
            Lookup::Unknown(_) => filled.hole(&written, UnknownReason::Template(written.clone())),
            Lookup::Absent => filled.text(&written),
        }
        rest = behind;
    }
    filled.text(rest);
    Ok(filled)
}

fn plain(text: &str) -> Filled {
    let mut filled = Filled::default();
    filled.text(text);
    filled
}
