//! Where a rule looks: JSONPath (RFC 9535) over nodes, without filters.
//!
//! A filter would skip what it cannot know in silence; names, indices, slices and wildcards
//! cannot. Where a path ends in nothing, that is an answer too: the place where it would be.

use jsonpath_rust::parser::model::{Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use manifest::{Lookup, Node, Origin, UnknownReason, Value, pointer_token};

/// A compiled path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Select {
    steps: Vec<Step>,
    /// The pointer pattern it leads to.
    pattern: String,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Step {
    Name(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Wildcard,
}

/// One place that a path leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Selection<'s> {
    /// RFC 6901 pointer, even where nothing is there.
    pub(crate) pointer: &'s str,
    /// The pointer with `*` for what a wildcard, index or slice chose.
    pub(crate) pattern: &'s str,
    /// What is there.
    pub(crate) found: Found<'s>,
    /// The key of the value, or of its nearest parent that is there; `None` in a list.
    pub(crate) key: Option<Origin>,
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found<'s> {
    /// This.
    Node(&'s Node),
    /// Nothing.
    Absent,
    /// It cannot be told; the pointer that is not known, and why.
    Unknown(&'s str, &'s UnknownReason),
}

impl Select {
    /// Parses a path; the error is one sentence.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let query = parse_json_path(text).map_err(|_| format!("`{text}` is not a JSONPath (RFC 9535)"))?;
        let mut steps = Vec::new();
        for segment in query.segments {
            steps.push(match segment {
                Segment::Selector(Selector::Name(name)) => Step::Name(name),
                Segment::Selector(Selector::Index(index)) => Step::Index(index),
                Segment::Selector(Selector::Wildcard) => Step::Wildcard,
                Segment::Selector(Selector::Slice(start, end, None | Some(1))) => Step::Slice(start, end),
                Segment::Selector(Selector::Slice(..)) => return Err("a slice cannot have a step".to_owned()),
                Segment::Selector(Selector::Filter(_)) => {
                    return Err(
                        "a path cannot have a filter: it would skip what is not known; say it in `assert`"
                            .to_owned(),
                    );
                }
                Segment::Descendant(_) => return Err("a path cannot have `..`".to_owned()),
                Segment::Selectors(_) => {
                    return Err(
                        "a path cannot have several selectors in one bracket; write several paths".to_owned()
                    );
                }
            });
        }
        let pattern = steps.iter().fold(String::new(), |pattern, step| pattern + "/" + &step.pattern());
        Ok(Self { steps, pattern })
    }

    /// The pointer pattern it leads to, `*` for wildcards, indices and slices.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Visits every place it leads to in `root`, in order. A path whose last part is missing leads to
    /// the place where it would be, unless a wildcard is among what is missing: no list, no items.
    pub(crate) fn visit(&self, root: &Node, visit: &mut dyn FnMut(Selection<'_>)) {
        if let Some(selection) = self.names_only(root) {
            return visit(selection);
        }
        let (pointer, pattern) = (String::new(), String::new());
        Walk { pointer, pattern, visit }.node(&self.steps, root, None);
    }

    /// The place that a path of names leads to, without writing every step on the way; `None` for
    /// another path, or where something on the way is not known.
    fn names_only<'n>(&'n self, root: &'n Node) -> Option<Selection<'n>> {
        let (mut node, mut key) = (Some(root), None);
        for step in &self.steps {
            let Step::Name(name) = step else { return None };
            node = match node.map(|node| &node.value) {
                Some(Value::Map(map)) => match map.lookup(name) {
                    Lookup::Present(entry) => {
                        key = Some(entry.key_origin);
                        Some(&entry.value)
                    }
                    Lookup::Absent => None,
                    Lookup::Unknown(_) => return None,
                },
                Some(Value::Unknown(_)) => return None,
                _ => None,
            };
        }
        let found = node.map_or(Found::Absent, Found::Node);
        Some(Selection { pattern: &self.pattern, pointer: &self.pattern, found, key })
    }
}

impl Step {
    fn pattern(&self) -> String {
        match self {
            Self::Name(name) => pointer_token(name),
            _ => "*".to_owned(),
        }
    }
}

/// A walk down the steps of a path, with the pointer of where it is.
struct Walk<'w> {
    pointer: String,
    pattern: String,
    visit: &'w mut dyn FnMut(Selection<'_>),
}

impl Walk<'_> {
    /// `key` is that of the node, or of its nearest parent that has one.
    fn node(&mut self, steps: &[Step], node: &Node, key: Option<Origin>) {
        let Some((step, rest)) = steps.split_first() else { return self.tell(Found::Node(node), key) };
        match (&node.value, step) {
            (Value::Unknown(unknown), _) => self.unknown(steps, &unknown.reason, key),
            (Value::Map(map), Step::Name(name)) => {
                self.below(name, step, |walk| match map.lookup(name) {
                    Lookup::Present(entry) => walk.node(rest, &entry.value, Some(entry.key_origin)),
                    Lookup::Absent => walk.absent(rest, key),
                    Lookup::Unknown(reason) => walk.unknown(rest, reason, key),
                });
            }
            (Value::Map(map), Step::Wildcard) => {
                for entry in &map.entries {
                    self.below(&entry.key, step, |walk| {
                        walk.node(rest, &entry.value, Some(entry.key_origin));
                    });
                }
                if let Some(reason) = &map.open {
                    self.unknown(steps, reason, key);
                }
            }
            (Value::List(items), Step::Wildcard | Step::Index(_) | Step::Slice(..)) => {
                for index in chosen(step, items.len()) {
                    let Some(item) = items.get(index) else { continue };
                    self.below(&index.to_string(), step, |walk| walk.node(rest, item, None));
                }
            }
            // A scalar, or a list where a map should be: nothing is there.
            _ => self.absent(steps, key),
        }
    }

    /// Goes on below the node where the walk is.
    fn below(&mut self, key: &str, step: &Step, go_on: impl FnOnce(&mut Self)) {
        let (pointer, pattern) = (self.pointer.len(), self.pattern.len());
        push(&mut self.pointer, key);
        match step {
            Step::Name(_) => push(&mut self.pattern, key),
            _ => self.pattern.push_str("/*"),
        }
        go_on(self);
        self.pointer.truncate(pointer);
        self.pattern.truncate(pattern);
    }

    /// What `steps` would lead to below something that is not known.
    fn unknown(&mut self, steps: &[Step], reason: &UnknownReason, key: Option<Origin>) {
        let at = self.pointer.clone();
        self.rest(steps, |walk| walk.tell(Found::Unknown(&at, reason), key));
    }

    fn absent(&mut self, steps: &[Step], key: Option<Origin>) {
        if steps.iter().all(|step| matches!(step, Step::Name(_))) {
            self.rest(steps, |walk| walk.tell(Found::Absent, key));
        }
    }

    /// Goes to where `steps` would lead.
    fn rest(&mut self, steps: &[Step], go_on: impl FnOnce(&mut Self)) {
        let (pointer, pattern) = (self.pointer.len(), self.pattern.len());
        for step in steps {
            let token = step.pattern();
            for text in [&mut self.pointer, &mut self.pattern] {
                text.push('/');
                text.push_str(&token);
            }
        }
        go_on(self);
        self.pointer.truncate(pointer);
        self.pattern.truncate(pattern);
    }

    fn tell(&mut self, found: Found<'_>, key: Option<Origin>) {
        (self.visit)(Selection { pointer: &self.pointer, pattern: &self.pattern, found, key });
    }
}

/// Adds a key to a pointer.
fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    if key.contains(['~', '/']) {
        pointer.push_str(&pointer_token(key));
    } else {
        pointer.push_str(key);
    }
}

/// The indices that a step chooses of a list.
fn chosen(step: &Step, len: usize) -> std::ops::Range<usize> {
    let from_end = |index: i64| {
        let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        if index < 0 { len.saturating_sub(back) } else { back.min(len) }
    };
    match *step {
        Step::Wildcard | Step::Name(_) => 0..len,
        Step::Slice(start, end) => start.map_or(0, from_end)..end.map_or(len, from_end),
        Step::Index(index) => {
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let at = if index < 0 { len.checked_sub(back) } else { Some(back) };
            at.filter(|at| *at < len).map_or(0..0, |at| at..at + 1)
        }
    }
}
