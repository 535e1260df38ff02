//! What many builds of one checkout read once.

use manifest::{Node, Span};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Patches that stand in strings, read before: a component's are the same in every build that uses it.
/// Whoever builds many kustomizations keeps one for all of them.
#[derive(Debug, Default)]
pub struct Memory {
    patches: Mutex<HashMap<Span, Arc<Inline>>>,
}

/// A patch in a string.
#[derive(Debug)]
pub(crate) struct Inline {
    /// Its text as it was read.
    text: String,
    /// Its documents.
    pub(crate) documents: Vec<Node>,
}

impl Memory {
    /// The documents of a patch; `read` reads them where that was not done before. What cannot be read is
    /// not remembered.
    pub(crate) fn inline<E>(
        &self,
        span: Span,
        text: &str,
        read: impl FnOnce() -> Result<Vec<Node>, E>,
    ) -> Result<Arc<Inline>, E> {
        let known = self.patches.lock().ok().and_then(|patches| patches.get(&span).cloned());
        // One place gives several texts where variables are filled in.
        if let Some(known) = known.filter(|known| known.text == text) {
            return Ok(known);
        }
        let inline = Arc::new(Inline { text: text.to_owned(), documents: read()? });
        if let Ok(mut patches) = self.patches.lock() {
            patches.insert(span, Arc::clone(&inline));
        }
        Ok(inline)
    }
}
