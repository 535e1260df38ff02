//! Parts of the tree to values; what does not fit becomes a problem and is left out.

use super::date::parse_date;
use super::error::{Bytes, Problems};
use super::nearest::did_you_mean;
use super::table::RuleTable;
use super::targets::{Targets, glob_set, name_glob, path_glob};
use super::yaml::{Entry, Value, Yaml};
use globset::{Glob, GlobSet};
use jiff::civil::Date;

/// Decodes one file.
#[derive(Debug)]
pub(crate) struct Decoder<'t> {
    pub(crate) text: &'t str,
    pub(crate) table: &'t RuleTable,
    pub(crate) problems: Problems,
}

/// The keys of a map that are known to be allowed.
#[derive(Debug)]
pub(crate) struct Fields<'y> {
    entries: &'y [Entry],
    /// Place of the map.
    pub(crate) at: Bytes,
}

impl<'y> Fields<'y> {
    /// The value of a key; a key without a value is as good as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'y Yaml> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&'y Entry> {
        self.entries.iter().find(|entry| entry.key == key && entry.value.value != Value::Null)
    }
}

/// Words with backquotes, between commas.
pub(crate) fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl<'t> Decoder<'t> {
    /// The text as written; for numbers that were meant as text.
    pub(crate) fn raw(&self, at: &Bytes) -> &'t str {
        self.text.get(at.start as usize..at.end as usize).unwrap_or_default()
    }

    fn wrong_type(&mut self, node: &Yaml, what: &str, wanted: &str) {
        let help = match node.value {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) if wanted.contains("string") => {
                format!("put it in quotes: \"{}\"", self.raw(&node.at))
            }
            _ => String::new(),
        };
        self.problems.add(&node.at, format!("{what} is {wanted}, not {}", node.phrase()), help);
    }

    /// A map that has no keys but `known`; `what` is its name with an article.
    pub(crate) fn fields<'y>(&mut self, node: &'y Yaml, what: &str, known: &[&str]) -> Option<Fields<'y>> {
        let Value::Map(entries) = &node.value else {
            self.wrong_type(node, what, "a map");
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = did_you_mean(&entry.key, known.iter().copied(), || {
                format!("its keys are {}", quoted(known.iter().copied()))
            });
            self.problems.add(&entry.key_at, format!("{what} has no key `{}`", entry.key), help);
        }
        Some(Fields { entries, at: node.at.clone() })
    }

    /// The entries of a map with free keys.
    pub(crate) fn entries<'y>(&mut self, node: &'y Yaml, what: &str) -> &'y [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, "a map");
                &[]
            }
        }
    }

    /// The items of a list.
    pub(crate) fn items<'y>(&mut self, node: &'y Yaml, what: &str) -> &'y [Yaml] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, "a list");
                &[]
            }
        }
    }

    /// A string that says something.
    pub(crate) fn string<'y>(&mut self, node: &'y Yaml, what: &str) -> Option<&'y str> {
        match &node.value {
            Value::String(text) if text.trim().is_empty() => {
                self.problems.add(&node.at, format!("{what} is empty"), "");
                None
            }
            Value::String(text) => Some(text),
            _ => {
                self.wrong_type(node, what, "a string");
                None
            }
        }
    }

    /// A string that must be there; `why` says what it is for.
    pub(crate) fn required<'y>(
        &mut self,
        fields: &Fields<'y>,
        key: &str,
        what: &str,
        why: &str,
    ) -> Option<&'y str> {
        let Some(node) = fields.get(key) else {
            self.problems.add(&fields.at, format!("{what} has no `{key}`"), why);
            return None;
        };
        self.string(node, &format!("`{key}`"))
    }

    /// One word out of a few.
    pub(crate) fn one_of<T: Copy>(&mut self, node: &Yaml, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = || words.iter().map(|(word, _)| *word);
        let help = did_you_mean(text, known(), || format!("write one of {}", quoted(known())));
        self.problems.add(&node.at, format!("`{text}` is not {what}"), help);
        None
    }

    /// A list of strings that is not empty; one string alone is a list of one.
    pub(crate) fn strings<'y>(&mut self, node: &'y Yaml, what: &str) -> Vec<(&'y str, Bytes)> {
        match &node.value {
            Value::String(_) => {
                self.string(node, what).map(|text| (text, node.at.clone())).into_iter().collect()
            }
            Value::List(items) if items.is_empty() => {
                self.problems.add(&node.at, format!("{what} is empty, so nothing would match"), "");
                Vec::new()
            }
            Value::List(items) => {
                let item = format!("an item of {what}");
                items.iter().filter_map(|node| Some((self.string(node, &item)?, node.at.clone()))).collect()
            }
            _ => {
                self.wrong_type(node, what, "a list of strings");
                Vec::new()
            }
        }
    }

    /// A list of rule ids that exist.
    pub(crate) fn rule_ids(&mut self, node: &Yaml, what: &str) -> Vec<(String, Bytes)> {
        let ids = self.strings(node, what);
        let known = ids.into_iter().filter(|(id, at)| self.known_rule(id, at));
        known.map(|(id, at)| (id.to_owned(), at)).collect()
    }

    /// Whether there is such a rule; a problem if not.
    pub(crate) fn known_rule(&mut self, id: &str, at: &Bytes) -> bool {
        let table = self.table;
        if table.get(id).is_some() {
            return true;
        }
        let help = did_you_mean(id, table.ids(), || "`cnpg-lint rules` lists them".to_owned());
        self.problems.add(at, format!("there is no rule `{id}`"), help);
        false
    }

    /// A day.
    pub(crate) fn date(&mut self, node: &Yaml, what: &str) -> Option<Date> {
        let text = self.string(node, what)?;
        let date = parse_date(text);
        if date.is_none() {
            self.problems.add(&node.at, format!("`{text}` is not a day"), "write it as 2027-01-31");
        }
        date
    }

    /// The selectors among the fields, of which there must be one.
    pub(crate) fn targets(&mut self, fields: &Fields<'_>, what: &str, allowed: &[&str]) -> Targets {
        let mut targets = Targets::default();
        if let Some(node) = fields.get("paths") {
            targets.paths = self.globs(node, "`paths`", path_glob);
        }
        if let Some(node) = fields.get("namespaces") {
            targets.namespaces = self.globs(node, "`namespaces`", name_glob);
        }
        if let Some(node) = fields.get("names") {
            targets.names = self.globs(node, "`names`", name_glob);
        }
        if let Some(node) = fields.get("kinds") {
            let kinds = self.strings(node, "`kinds`");
            targets.kinds = Some(kinds.into_iter().map(|(kind, _)| kind.to_owned()).collect());
        }
        if let Some(node) = fields.get("labels") {
            for entry in self.entries(node, "`labels`") {
                let what = format!("the label `{}`", entry.key);
                let Some(value) = self.string(&entry.value, &what) else { continue };
                let Some(glob) = self.glob(value, &entry.value.at, name_glob) else { continue };
                targets.labels.push((entry.key.clone(), glob.compile_matcher()));
            }
        }
        let given = allowed.iter().any(|key| fields.get(key).is_some());
        if targets.is_empty() && !given {
            let help = format!("say which with {}", quoted(allowed.iter().copied()));
            self.problems.add(&fields.at, format!("{what} selects nothing"), help);
        }
        targets
    }

    /// Patterns for names.
    pub(crate) fn names(&mut self, node: &Yaml, what: &str) -> Option<GlobSet> {
        self.globs(node, what, name_glob)
    }

    /// `true` or `false`.
    pub(crate) fn one_bool(&mut self, node: &Yaml, what: &str) -> Option<bool> {
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        self.wrong_type(node, what, "`true` or `false`");
        None
    }

    fn globs(
        &mut self,
        node: &Yaml,
        what: &str,
        read: impl Fn(&str) -> Result<Glob, globset::Error>,
    ) -> Option<GlobSet> {
        let patterns = self.strings(node, what);
        let globs: Vec<_> = patterns.iter().filter_map(|(text, at)| self.glob(text, at, &read)).collect();
        match glob_set(globs) {
            Ok(set) => Some(set),
            Err(error) => {
                self.problems.add(&node.at, format!("{what} cannot be used: {}", error.kind()), "");
                None
            }
        }
    }

    fn glob(
        &mut self,
        text: &str,
        at: &Bytes,
        read: impl Fn(&str) -> Result<Glob, globset::Error>,
    ) -> Option<Glob> {
        if let Some(positive) = text.strip_prefix('!') {
            let help = format!("a pattern says what is meant; leave what matches `{positive}` out instead");
            self.problems.add(at, format!("`{text}` negates, which patterns here cannot"), help);
            return None;
        }
        match read(text) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.problems.add(at, format!("`{text}` is not a pattern: {}", error.kind()), "");
                None
            }
        }
    }
}
