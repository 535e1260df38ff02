//! What a patch or a replacement is aimed at.

use crate::item::{Id, Item};
use crate::tree;
use manifest::Node;
use regex_lite::Regex;

/// A pattern for a whole text. Most are plain text.
#[derive(Debug, Clone)]
enum Pattern {
    Any,
    Plain(String),
    Regex(Box<Regex>),
    /// Not a pattern that can be read here.
    Unreadable,
}

impl Pattern {
    fn new(node: Option<&Node>) -> Self {
        let Some(text) = node.and_then(tree::text).filter(|text| !text.is_empty()) else { return Self::Any };
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/:".contains(&byte)) {
            return Self::Plain(text.into_owned());
        }
        match Regex::new(&format!("^(?:{text})$")) {
            Ok(regex) => Self::Regex(Box::new(regex)),
            Err(_) => Self::Unreadable,
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Plain(plain) => plain == text,
            Self::Regex(regex) => regex.is_match(text),
            Self::Unreadable => false,
        }
    }

    fn is_readable(&self) -> bool {
        !matches!(self, Self::Unreadable)
    }
}

/// The `target` of a patch.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Option<Labels>,
    annotations: Option<Labels>,
}

impl Target {
    /// Reads a target; `None` where a pattern of it cannot be read.
    pub(crate) fn read(node: &Node) -> Option<Self> {
        let pattern = |key| Pattern::new(node.get(key));
        let labels = |key| match node.get(key).and_then(tree::text).filter(|text| !text.trim().is_empty()) {
            Some(text) => Labels::read(&text).map(Some),
            None => Some(None),
        };
        let target = Self {
            group: pattern("group"),
            version: pattern("version"),
            kind: pattern("kind"),
            name: pattern("name"),
            namespace: pattern("namespace"),
            labels: labels("labelSelector")?,
            annotations: labels("annotationSelector")?,
        };
        let patterns = [&target.group, &target.version, &target.kind, &target.name, &target.namespace];
        patterns.iter().all(|pattern| pattern.is_readable()).then_some(target)
    }

    /// Whether it is aimed at that resource. Name and namespace may be the first or the present ones.
    pub(crate) fn matches(&self, item: &Item) -> bool {
        let id = item.id();
        if !self.kind.matches(id.kind) || !self.group.matches(id.group) || !self.version.matches(id.version) {
            return false;
        }
        let first = item.first_id();
        (self.name.matches(first.name) || self.name.matches(id.name))
            && (self.namespace.matches(first.namespace) || self.namespace.matches(id.namespace))
            && self.labels.as_ref().is_none_or(|labels| labels.matches(&item.node, "labels"))
            && self.annotations.as_ref().is_none_or(|labels| labels.matches(&item.node, "annotations"))
    }
}

/// The `select` or `reject` of a replacement's target: texts, not patterns.
#[derive(Debug, Clone)]
pub(crate) struct Exact {
    group: String,
    version: String,
    kind: String,
    name: String,
    namespace: String,
    labels: Option<Labels>,
    annotations: Option<Labels>,
}

impl Exact {
    /// Reads a selector; `None` where its labels cannot be read.
    pub(crate) fn read(node: &Node) -> Option<Self> {
        let text = |key| node.get(key).and_then(tree::text).unwrap_or_default().into_owned();
        let labels = |key| match text(key).trim() {
            "" => Some(None),
            text => Labels::read(text).map(Some),
        };
        Some(Self {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
            name: text("name"),
            namespace: text("namespace"),
            labels: labels("labelSelector")?,
            annotations: labels("annotationSelector")?,
        })
    }

    /// Whether an identity is meant.
    pub(crate) fn matches_id(&self, id: &Id<'_>) -> bool {
        (self.name.is_empty() || self.name == id.name)
            && (self.namespace.is_empty() || self.namespace == id.namespace)
            && id.is_of(&self.group, &self.version, &self.kind)
    }

    /// Whether any identity that the resource had is meant.
    pub(crate) fn matches_any(&self, item: &Item) -> bool {
        item.ids_as_written().any(|id| self.matches_id(&id))
    }

    /// Whether labels and annotations are as asked.
    pub(crate) fn matches_labels(&self, item: &Item) -> bool {
        self.labels.as_ref().is_none_or(|labels| labels.matches(&item.node, "labels"))
            && self.annotations.as_ref().is_none_or(|labels| labels.matches(&item.node, "annotations"))
    }

    /// Whether it asks for labels or annotations.
    pub(crate) fn has_labels(&self) -> bool {
        self.labels.is_some() || self.annotations.is_some()
    }

    /// Whether it asks for an identity.
    pub(crate) fn has_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace]
            .iter()
            .any(|text| !text.is_empty())
    }
}

/// A label selector in Kubernetes' text form: `a=b,c!=d,e in (f,g),h,!i`.
#[derive(Debug, Clone)]
pub(crate) struct Labels(Vec<Requirement>);

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    is: Is,
}

#[derive(Debug, Clone)]
enum Is {
    Present,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Labels {
    fn read(text: &str) -> Option<Self> {
        pieces(text).into_iter().map(Requirement::read).collect::<Option<Vec<_>>>().map(Self)
    }

    fn matches(&self, object: &Node, map: &str) -> bool {
        let map = object.at(&["metadata", map]);
        self.0.iter().all(|one| {
            let value = map.and_then(|map| map.get(&one.key)).and_then(tree::text);
            match (&one.is, value) {
                (Is::Present, value) => value.is_some(),
                (Is::Absent, value) => value.is_none(),
                (Is::In(values), Some(value)) => values.iter().any(|one| *one == value),
                (Is::In(_), None) => false,
                (Is::NotIn(values), Some(value)) => !values.iter().any(|one| *one == value),
                (Is::NotIn(_), None) => true,
            }
        })
    }
}

impl Requirement {
    fn read(text: &str) -> Option<Self> {
        let made = |key: &str, is| {
            let key = key.trim();
            let fine = !key.is_empty() && !key.contains([' ', '(', ')', '=', '!']);
            fine.then(|| Self { key: key.to_owned(), is })
        };
        if let Some(key) = text.strip_prefix('!') {
            return made(key, Is::Absent);
        }
        let one = |value: &str| vec![value.trim().to_owned()];
        if let Some((key, value)) = text.split_once("!=") {
            return made(key, Is::NotIn(one(value)));
        }
        if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            return made(key, Is::In(one(value)));
        }
        let Some((key, rest)) = text.split_once(char::is_whitespace) else { return made(text, Is::Present) };
        let (word, rest) = rest.trim().split_once('(')?;
        let values = rest.strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        match word.trim() {
            "in" => made(key, Is::In(values)),
            "notin" => made(key, Is::NotIn(values)),
            _ => None,
        }
    }
}

/// The parts between commas outside of parentheses.
fn pieces(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let split = text.split(|char: char| {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ',' && depth == 0
    });
    split.map(str::trim).collect()
}
