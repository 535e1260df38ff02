//! Where a rule looks: JSONPath (RFC 9535) over nodes, without filters.
//!
//! A filter would skip what it cannot know in silence; names, indices, slices and wildcards
//! cannot. Where a path ends in nothing, that is an answer too: the place where it would be.

use jsonpath_rust::parser::model::{Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use manifest::{Lookup, Node, Origin, Value, pointer_token};

/// A compiled path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Select {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Step {
    Name(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Wildcard,
}

/// One place that a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selection<'n> {
    /// RFC 6901 pointer, even where nothing is there.
    pub(crate) pointer: String,
    /// The pointer with `*` for what a wildcard, index or slice chose.
    pub(crate) pattern: String,
    /// What is there.
    pub(crate) found: Found<'n>,
    /// The key of the value, or of its nearest parent that is there; `None` in a list.
    pub(crate) key: Option<Origin>,
}

/// What is at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found<'n> {
    /// This.
    Node(&'n Node),
    /// Nothing.
    Absent,
    /// It cannot be told; the pointer that is not known, and why.
    Unknown(String, String),
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
        Ok(Self { steps })
    }

    /// The pointer pattern it leads to, `*` for wildcards, indices and slices.
    pub(crate) fn pattern(&self) -> String {
        tail(&self.steps)
    }

    /// Every place it leads to in `root`, in order. A path whose last part is missing leads to
    /// the place where it would be, unless a wildcard is among what is missing: no list, no items.
    pub(crate) fn select<'n>(&self, root: &'n Node) -> Vec<Selection<'n>> {
        if let Some(selection) = self.names_only(root) {
            return vec![selection];
        }
        let start =
            Selection { pointer: String::new(), pattern: String::new(), found: Found::Node(root), key: None };
        let mut found = Vec::new();
        walk(&self.steps, start, &mut found);
        found
    }
}

impl Select {
    /// The place that a path of names leads to, without the strings of every step on the way; `None` for
    /// another path, or where something on the way is not known.
    fn names_only<'n>(&self, root: &'n Node) -> Option<Selection<'n>> {
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
        let pointer = self.pattern();
        let found = node.map_or(Found::Absent, Found::Node);
        Some(Selection { pattern: pointer.clone(), pointer, found, key })
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

/// The pointer pattern of steps.
fn tail(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |pattern, step| pattern + "/" + &step.pattern())
}

fn walk<'n>(steps: &[Step], at: Selection<'n>, found: &mut Vec<Selection<'n>>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(at);
        return;
    };
    let node = match at.found {
        Found::Node(node) => node,
        Found::Absent => return absent(steps, at, found),
        Found::Unknown(..) => {
            found.push(below(at, steps));
            return;
        }
    };
    match (&node.value, step) {
        (Value::Unknown(unknown), _) => {
            let because = Found::Unknown(at.pointer.clone(), unknown.reason.to_string());
            found.push(below(Selection { found: because, ..at }, steps));
        }
        (Value::Map(map), Step::Name(name)) => {
            let mut next = child(&at, &pointer_token(name), step);
            match map.lookup(name) {
                Lookup::Present(entry) => {
                    next.found = Found::Node(&entry.value);
                    next.key = Some(entry.key_origin);
                }
                Lookup::Absent => next.found = Found::Absent,
                Lookup::Unknown(reason) => {
                    next.found = Found::Unknown(next.pointer.clone(), reason.to_string());
                }
            }
            walk(rest, next, found);
        }
        (Value::Map(map), Step::Wildcard) => {
            for entry in &map.entries {
                let mut next = child(&at, &pointer_token(&entry.key), step);
                next.found = Found::Node(&entry.value);
                next.key = Some(entry.key_origin);
                walk(rest, next, found);
            }
            if let Some(reason) = &map.open {
                let because = Found::Unknown(at.pointer.clone(), reason.to_string());
                found.push(below(Selection { found: because, ..at }, steps));
            }
        }
        (Value::List(items), Step::Wildcard | Step::Index(_) | Step::Slice(..)) => {
            for index in chosen(step, items.len()) {
                let Some(item) = items.get(index) else { continue };
                let mut next = child(&at, &index.to_string(), step);
                next.found = Found::Node(item);
                next.key = None;
                walk(rest, next, found);
            }
        }
        // A scalar, or a list where a map should be: nothing is there.
        _ => absent(steps, Selection { found: Found::Absent, ..at }, found),
    }
}

fn child<'n>(at: &Selection<'n>, token: &str, step: &Step) -> Selection<'n> {
    Selection {
        pointer: format!("{}/{token}", at.pointer),
        pattern: format!("{}/{}", at.pattern, step.pattern()),
        found: at.found.clone(),
        key: at.key,
    }
}

/// The place that `steps` would lead to below something that is not known.
fn below<'n>(at: Selection<'n>, steps: &[Step]) -> Selection<'n> {
    let tail = tail(steps);
    let pattern = format!("{}{tail}", at.pattern);
    Selection { pointer: format!("{}{tail}", at.pointer), pattern, ..at }
}

fn absent<'n>(steps: &[Step], at: Selection<'n>, found: &mut Vec<Selection<'n>>) {
    if steps.iter().all(|step| matches!(step, Step::Name(_))) {
        found.push(below(at, steps));
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
