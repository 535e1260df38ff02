//! A template filled in: every text and key of a value, in the set's language.

use super::filled::Filled;
use super::{fast, go};
use manifest::{Entry, Map, Node, Value};

/// In which language a set's templates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// `{{ name }}`
    Fast,
    /// Go's, with `goTemplate: true`; whether a value that is not there is an error
    /// (`missingkey=error`).
    Go { strict: bool },
}

/// Why Argo CD makes nothing of a set: one sentence.
pub(crate) type Refusal = String;

impl Language {
    /// The language of a set.
    pub(crate) fn of(spec: &Node) -> Self {
        if spec.get("goTemplate").and_then(Node::as_bool) != Some(true) {
            return Self::Fast;
        }
        let options = spec.get("goTemplateOptions").and_then(Node::as_list).unwrap_or_default();
        Self::Go { strict: options.iter().any(|option| option.as_str() == Some("missingkey=error")) }
    }

    /// Whether values keep their structure.
    pub(crate) fn is_go(self) -> bool {
        matches!(self, Self::Go { .. })
    }

    /// A text filled in; `None` if it has nothing to fill in.
    pub(crate) fn text(self, node: &Node, text: &str, parameters: &Map) -> Result<Option<Filled>, Refusal> {
        if !text.contains("{{") {
            return Ok(None);
        }
        match self {
            Self::Fast => fast::fill(text, parameters).map(Some),
            Self::Go { strict } => go::fill(text, node.origin, parameters, strict).map(Some),
        }
    }

    /// A value filled in. Without any parameter Argo CD takes the template as it is.
    pub(crate) fn fill(self, node: &Node, parameters: &Map) -> Result<Node, Refusal> {
        if parameters.entries.is_empty() && parameters.open.is_none() {
            return Ok(node.clone());
        }
        self.node(node, parameters)
    }

    fn node(self, node: &Node, parameters: &Map) -> Result<Node, Refusal> {
        let value = match &node.value {
            Value::String(_) | Value::Partial(_) | Value::Unknown(_) => {
                let text = node.raw_text().unwrap_or_default();
                let filled = self.text(node, text, parameters)?;
                return Ok(filled.map_or_else(|| node.clone(), |filled| filled.node(node.origin)));
            }
            Value::List(items) => {
                let items = items.iter().map(|item| self.node(item, parameters));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Value::Map(map) => Value::Map(self.map(map, parameters)?),
            other => other.clone(),
        };
        Ok(Node { value, origin: node.origin })
    }

    fn map(self, map: &Map, parameters: &Map) -> Result<Map, Refusal> {
        let mut filled = Map { entries: Vec::with_capacity(map.entries.len()), open: map.open.clone() };
        for entry in &map.entries {
            let key = Node { value: Value::String(entry.key.clone()), origin: entry.key_origin };
            let key = self.node(&key, parameters)?;
            filled.open = filled.open.or_else(|| key.unknown_reason().cloned());
            filled.entries.push(Entry {
                key: key.raw_text().unwrap_or_default().to_owned(),
                key_origin: key.origin,
                value: self.node(&entry.value, parameters)?,
            });
        }
        Ok(filled)
    }
}
